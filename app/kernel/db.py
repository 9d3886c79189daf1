"""Tables' common ground, and the two ways to reach the database: to read, to write."""

import sqlite3
import time
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from enum import Enum, StrEnum
from functools import cache
from typing import Annotated, Any, TypeVar, dataclass_transform

from sqlalchemy import (
    BigInteger,
    Date,
    DateTime,
    Engine,
    Integer,
    MetaData,
    String,
    Text,
    create_engine,
    event,
    func,
    inspect,
    make_url,
    select,
    text,
)
from sqlalchemy import Enum as EnumColumn
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, InvalidatePoolError
from sqlalchemy.orm import (
    DeclarativeBase,
    MappedAsDataclass,
    Session,
    mapped_column,
    relationship,
    sessionmaker,
)
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.sql.dml import ReturningInsert
from sqlalchemy.types import TypeDecorator

from app.kernel.gate import Gate

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """Aware in, aware UTC out. SQLite forgets zones, so naive times are refused at the door."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        return dialect.type_descriptor(DateTime(timezone=dialect.name == "postgresql"))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored time needs a time zone")
        moment = value.astimezone(UTC)
        return moment if dialect.name == "postgresql" else moment.replace(tzinfo=None)

    def process_result_value(
        self,
        value: datetime | None,
        dialect: Dialect,  # noqa: ARG002 - SQLAlchemy's signature
    ) -> datetime | None:
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


def _words(kind: type[Enum]) -> list[str]:
    return [str(member.value) for member in kind]


# States live in the database as plain words: a new one needs no migration.
STATE_WORD = EnumColumn(
    StrEnum, native_enum=False, create_constraint=False, length=32, values_callable=_words
)

Minor = Annotated[int, mapped_column(BigInteger)]
LongText = Annotated[str, mapped_column(Text)]
Key = Annotated[int, mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)]


@dataclass_transform(kw_only_default=True, field_specifiers=(mapped_column, relationship))
class Base(MappedAsDataclass, DeclarativeBase, kw_only=True, eq=False, repr=False):
    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {
        datetime: UtcDateTime(),
        date: Date(),
        str: String(200),
        StrEnum: STATE_WORD,
    }


Row = TypeVar("Row", bound=Base)


class Database:
    """One database, opened to read or to write.

    Readers cannot write. On SQLite writers of one process queue at a gate before BEGIN IMMEDIATE,
    since SQLite's own waiting is unfair (p99 ten times longer).
    """

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        self.url = make_url(url)
        self.writer = open_engine(url, writing=True, pool_size=pool_size)
        self.reader = open_engine(url, writing=False, pool_size=pool_size)
        self._writing = session_factory(self.writer)
        self._reading = session_factory(self.reader)

    @property
    def is_sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    def reading(self) -> Session:
        return self._reading(info={_KEPT: set(), _ANSWERS: {}})

    def writing(self) -> Session:
        """A session whose owner commits: `with database.writing() as session, session.begin()`."""
        return self._writing(info={_KEPT: set()})

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Everything in the block, or nothing: for the command line and background work."""
        with self._writing() as session, session.begin():
            yield session

    def close(self) -> None:
        self.writer.dispose()
        self.reader.dispose()


# Rows that a request's session has seen, held so that `session.get` finds them again: SQLAlchemy
# itself forgets a row that nobody holds. Background work reads too much for that.
_KEPT = "kept"


@event.listens_for(Session, "loaded_as_persistent")
@event.listens_for(Session, "pending_to_persistent")
def _keep(session: Session, row: object) -> None:
    kept = session.info.get(_KEPT)
    if kept is not None:
        kept.add(row)


_T = TypeVar("_T")
# What a request that only reads has asked already: nothing of it changes while it reads.
_ANSWERS = "answers"


def asked_once(session: Session, question: Hashable, ask: Callable[[], _T]) -> _T:
    """What `ask` says, in a request that only reads from the first time that it was asked."""
    answers = session.info.get(_ANSWERS)
    if answers is None:
        return ask()
    if question not in answers:
        answers[question] = ask()
    found: _T = answers[question]
    return found


def session_factory(engine: Engine) -> sessionmaker[Session]:
    return sessionmaker(engine, expire_on_commit=False)


def open_engine(url: str, *, writing: bool = True, pool_size: int = 10) -> Engine:
    target = make_url(url)
    if target.get_backend_name() == "sqlite":
        return _open_sqlite(url, writing=writing, pool_size=pool_size)
    engine = create_engine(url, pool_size=pool_size, max_overflow=5)
    _ping_after_idling(engine)
    return engine if writing else engine.execution_options(postgresql_readonly=True)


# A connection used so short a time ago is taken to be alive: a ping costs a way to the server.
_ALIVE_FOR_S = 1.0


def _ping_after_idling(engine: Engine) -> None:
    """Replace connections that died while they lay idle, before anybody uses them."""

    @event.listens_for(engine, "checkin")
    def note(_connection: object, record: ConnectionPoolEntry) -> None:
        record.info["used_at"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def ping(connection: DBAPIConnection, record: ConnectionPoolEntry, _proxy: object) -> None:
        if time.monotonic() - record.info.get("used_at", time.monotonic()) < _ALIVE_FOR_S:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as gone:
            raise InvalidatePoolError from gone


_SEVERAL = 2


def number(session: Session, rows: Sequence[Base]) -> None:
    """Say the ids of new rows, so that they go in with one statement; nothing is needed for one.

    Only on SQLite, which tells no ids of many rows at once, and whose one writer may give them.
    """
    if len(rows) < _SEVERAL or session.get_bind().dialect.name != "sqlite":
        return
    table = type(rows[0])
    (key,) = inspect(table).primary_key
    last = session.scalar(select(func.max(key))) or 0
    for position, row in enumerate(rows, start=1):
        setattr(row, key.name, last + position)


def add_if_new(
    session: Session,
    table: type[Row],
    row: Mapping[str, object],
    *,
    key: tuple[str, ...],
    where: str | None = None,
) -> Row | None:
    """Insert a row; None where one with this unique key stands already.

    `key` and `where` are the columns and the condition of the unique index, as it says them.
    """
    dialect = session.get_bind().dialect.name
    made: Row | None = session.scalar(_insert_if_new(table, key, where, dialect), row)
    return made


@cache
def _insert_if_new(
    table: type[Base], key: tuple[str, ...], where: str | None, dialect: str
) -> ReturningInsert[Any]:
    inserting = postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
    condition = None if where is None else text(where)
    adding = inserting.on_conflict_do_nothing(index_elements=key, index_where=condition)
    # a savepoint rolled back may have left an object behind whose id is given again
    return adding.returning(table).execution_options(populate_existing=True)


def at_hand(session: Session, table: type[Row], **key: object) -> Row | None:
    """A row that this session holds already, by columns that are not its id; nothing is asked.

    Asking again would not change what is held: a session keeps what it loaded.
    """
    for held in session.identity_map.values():
        if isinstance(held, table) and key.items() <= vars(held).items():
            return held
    return None


class GatedConnection(sqlite3.Connection):
    """A SQLite connection that leaves the writers' gate exactly when its transaction has ended."""

    gate: Gate | None = None
    inside = False

    def enter(self) -> None:
        if self.gate is not None and not self.inside:
            self.gate.enter()
            self.inside = True

    def _leave(self) -> None:
        if self.gate is not None and self.inside:
            self.inside = False
            self.gate.leave()

    def commit(self) -> None:
        super().commit()
        self._leave()

    def rollback(self) -> None:
        try:
            super().rollback()
        finally:
            self._leave()

    def close(self) -> None:
        super().close()
        self._leave()


def _open_sqlite(url: str, *, writing: bool, pool_size: int) -> Engine:
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=5,
        connect_args={"check_same_thread": False, "factory": GatedConnection},
    )
    gate = Gate() if writing else None

    @event.listens_for(engine, "connect")
    def prepare(connection: GatedConnection, _record: object) -> None:
        connection.isolation_level = None
        connection.gate = gate
        for pragma in _pragmas(writing=writing):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        _begin_sqlite(connection, writing=writing)

    return engine


def _pragmas(*, writing: bool) -> list[str]:
    common = ["journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=5000"]
    return [*common, "cache_size=-4000", f"query_only={'OFF' if writing else 'ON'}"]


def _begin_sqlite(connection: Connection, *, writing: bool) -> None:
    raw: object = connection.connection.dbapi_connection
    if not writing or not isinstance(raw, GatedConnection):
        connection.exec_driver_sql("BEGIN")
        return
    raw.enter()
    try:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    except BaseException:
        raw.rollback()
        raise


# SQLSTATE: serialization_failure, deadlock_detected
_TRY_AGAIN = {"40001", "40P01"}


def should_retry(error: BaseException) -> bool:
    """Did the database ask to run the same transaction once more?"""
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in _TRY_AGAIN


def is_busy(error: BaseException) -> bool:
    """Did SQLite wait its whole `busy_timeout` for another process?"""
    return isinstance(error, DBAPIError) and "database is locked" in str(error.orig)


def refusing_triggers(table: str, *, dialect: str) -> list[str]:
    """SQL that makes a table append-only: UPDATE and DELETE raise, whoever tries."""
    return [
        statement
        for verb in ("UPDATE", "DELETE")
        for statement in _refusing_trigger(table, verb, dialect=dialect)
    ]


def _refusing_trigger(table: str, verb: str, *, dialect: str) -> list[str]:
    name = f"tr_{table}_no_{verb.lower()}"
    if dialect == "sqlite":
        return [
            f"CREATE TRIGGER {name} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        ]
    return [
        f"CREATE TRIGGER {name} BEFORE {verb} ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    ]
