"""Fresh databases for tests: migrated once for each engine, then copied for each test."""

import fcntl
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Literal, Self
from uuid import uuid4

from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool

from app import demo
from app.kernel import migrating
from app.kernel.db import Database
from tests.throwaway_postgres import throwaway_postgres

EngineName = Literal["sqlite", "postgresql"]
ENGINES: tuple[EngineName, ...] = ("sqlite", "postgresql")


class Supply:
    """Where the databases of one test run come from; workers of a run share folder and server."""

    def __init__(self, folder: Path, server: str | None = None) -> None:
        self.folder = folder
        self._server = server
        self._owned = ExitStack()

    @classmethod
    def open(cls) -> Self:
        """Begin a run: a folder of its own, and a server once somebody asks for it."""
        folder = tempfile.TemporaryDirectory(prefix="quatrefoil-tests-")
        supply = cls(Path(folder.name))
        supply._owned.enter_context(folder)
        return supply

    def close(self) -> None:
        """Stop and remove what this run began."""
        for made, name in (
            ("postgresql-demo", self._postgres_demo),
            ("postgresql", self._postgres_template),
        ):
            if (self.folder / made).exists():
                self._administer(f"DROP DATABASE {name} WITH (FORCE)")
        self._owned.close()

    @property
    def server(self) -> str:
        """The PostgreSQL server's address, as somebody who may create databases."""
        if self._server is None:
            self._server = self._owned.enter_context(throwaway_postgres())
        return self._server

    @contextmanager
    def fresh(self, engine: EngineName, folder: Path, *, with_demo: bool = False) -> Iterator[str]:
        """Give the address of a migrated database, empty or with the demo store as `serve` would
        load it; a file of it would be in `folder`.
        """
        if engine == "sqlite":
            copy = folder / "quatrefoil.db"
            shutil.copyfile(self._sqlite_demo() if with_demo else self._sqlite_template(), copy)
            yield f"sqlite:///{copy}"
            return
        self._make_postgres_template()
        if with_demo:
            self._make_postgres_demo()
        name = f"quatrefoil_test_{uuid4().hex}"
        template = self._postgres_demo if with_demo else self._postgres_template
        self._copy_postgres(template, name)
        try:
            yield self._address(name)
        finally:
            self._administer(f"DROP DATABASE {name} WITH (FORCE)")

    @contextmanager
    def recurring(self) -> Iterator["Recurring"]:
        """For a test that needs many databases, one after another."""
        with ExitStack() as opened:
            yield Recurring(self, opened)

    def _sqlite_template(self) -> Path:
        template = self.folder / "template.db"
        with self._once("sqlite") as is_first:
            if is_first:
                migrating.upgrade(f"sqlite:///{template}")
                _empty_the_log_of(template)
        return template

    def _sqlite_demo(self) -> Path:
        furnished = self.folder / "demo.db"
        empty = self._sqlite_template()
        with self._once("sqlite-demo") as is_first:
            if is_first:
                shutil.copyfile(empty, furnished)
                _furnish(f"sqlite:///{furnished}")
                _empty_the_log_of(furnished)
        return furnished

    def _make_postgres_template(self) -> None:
        with self._once("postgresql") as is_first:
            if is_first:
                self._administer(f"CREATE DATABASE {self._postgres_template}")
                migrating.upgrade(self._address(self._postgres_template))

    def _make_postgres_demo(self) -> None:
        with self._once("postgresql-demo") as is_first:
            if is_first:
                self._copy_postgres(self._postgres_template, self._postgres_demo)
                _furnish(self._address(self._postgres_demo))

    @property
    def _postgres_template(self) -> str:
        return self.folder.name.replace("-", "_").lower()

    @property
    def _postgres_demo(self) -> str:
        return f"{self._postgres_template}_demo"

    def _copy_postgres(self, template: str, name: str) -> None:
        # copying files is twice as fast as copying through the log, which no flush makes durable
        self._administer(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")

    @contextmanager
    def _once(self, name: str) -> Iterator[bool]:
        """Tell one worker that it comes first; the others wait until its block has gone well."""
        done = self.folder / name
        if done.exists():
            yield False
            return
        with (self.folder / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield not done.exists()
            done.touch()

    def _address(self, name: str) -> str:
        return make_url(self.server).set(database=name).render_as_string(hide_password=False)

    def _administer(self, statement: str) -> None:
        """Run what PostgreSQL refuses inside a transaction."""
        engine = create_engine(self.server, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))


class Recurring:
    """Empty databases, one after another: PostgreSQL's is emptied for the next, for making one
    copies a file for each table and index. Its schema must be left as it is.
    """

    def __init__(self, supply: Supply, opened: ExitStack) -> None:
        self._supply = supply
        self._opened = opened
        self._kept: str | None = None

    @contextmanager
    def fresh(self, engine: EngineName, folder: Path) -> Iterator[str]:
        """As a supply gives it."""
        if engine == "sqlite":
            with self._supply.fresh(engine, folder) as url:
                yield url
            return
        if self._kept is None:
            self._kept = self._opened.enter_context(self._supply.fresh(engine, folder))
        try:
            yield self._kept
        finally:
            _empty(self._kept)


def _empty(url: str) -> None:
    """Rows go, whatever forbids it, and are swept out; numbers begin anew."""
    engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        tables = connection.scalars(
            text(
                "SELECT quote_ident(tablename) FROM pg_tables "
                "WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
            )
        ).all()
        asked = " UNION ALL ".join(
            f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {table})" for table in tables
        )
        filled = connection.scalars(text(asked)).all()
        connection.execute(text("SET session_replication_role = replica"))
        for table in filled:
            connection.execute(text(f"DELETE FROM {table}"))
        connection.execute(text(f"VACUUM {', '.join(filled)}"))
        connection.execute(
            text("SELECT count(setval(seqrelid::regclass, seqstart, false)) FROM pg_sequence")
        )


def _furnish(url: str) -> None:
    database = Database(url)
    demo.load(database)
    database.close()


def _empty_the_log_of(database: Path) -> None:
    """The copy is of one file: nothing may be left in the write-ahead log beside it."""
    connection = sqlite3.connect(database)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
