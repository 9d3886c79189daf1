"""Reading imported files behind the requests, one at a time, with its progress for all to see.

Rows are read without a transaction and without the writers' queue; only progress is noted in
between. What the file says is held against the store, and written, in one transaction at the end.
A process that dies leaves its file to the next that looks.
"""

import threading
from collections.abc import Callable
from datetime import timedelta

import structlog
from sqlalchemy import or_, select, text, update
from sqlalchemy.orm import Session

from app.kernel import audit, clock, queueing
from app.kernel.actor import Actor
from app.kernel.db import Database
from app.kernel.errors import StoreError
from app.kernel.text import msg
from app.parts import importfiles, importparts, importprices, imports, importstock
from app.parts.import_models import AT_WORK, ImportKind, ImportState, PartImport
from app.parts.importfiles import Layout
from app.parts.importplan import Plan
from app.parts.importrows import Problem, Reader, Said
from app.stores import desk

log = structlog.get_logger("imports")

_NOTED_EVERY = 1_000
_CLAIM = timedelta(minutes=5)
# A file with so many bad rows is the wrong file, or has the wrong columns.
_MOST_PROBLEMS = 20_000
_PLANS: dict[ImportKind, Callable[[Session, Actor, list[Said], list[Problem]], Plan]] = {
    ImportKind.PARTS: importparts.plan,
    ImportKind.PRICES: importprices.plan,
    ImportKind.STOCK: importstock.plan,
}


class _Interrupted(Exception):
    """Somebody gave the file up, or the process is about to stop."""


def run_due(database: Database, stopping: threading.Event) -> bool:
    """Do the oldest work that is due; False when there is none."""
    job_id = _claimed(database)
    if job_id is None:
        return False
    try:
        _work(database, job_id, stopping)
    except _Interrupted:
        _let_go(database, job_id)
    except StoreError as refusal:
        _fail(database, job_id, Problem(0, refusal.field or "", refusal.message))
    except Exception:
        log.exception("import broke", job=job_id)
        sentence = msg("This did not work, and nothing was imported. Tell who runs this.")
        _fail(database, job_id, Problem(0, "", sentence))
    return True


def _claimed(database: Database) -> int | None:
    """The oldest file at work that nobody reads; a glance first, so that idling takes no lock."""
    due = (
        select(PartImport.id)
        .where(
            text(AT_WORK),
            or_(PartImport.claimed_until.is_(None), PartImport.claimed_until < clock.now()),
        )
        .order_by(PartImport.id)
        .limit(1)
    )
    with database.reading() as session:
        if session.scalar(due) is None:
            return None
    with database.transaction() as session:
        job_id = session.scalar(due.with_for_update(skip_locked=True))
        if job_id is not None:
            _update(session, job_id, claimed_until=clock.now() + _CLAIM)
        return job_id


def _work(database: Database, job_id: int, stopping: threading.Event) -> None:
    with database.reading() as session:
        job = session.get_one(PartImport, job_id)
        data = imports.content_of(session, job)
        currency = desk.store_of(session, job.store_id).currency
    actor = imports.asker(job)
    actor.require(imports.PERMISSIONS[job.kind])
    said, problems = _read(database, job, data, currency, stopping)
    found = Plan()
    if job.state is ImportState.CHECKING:
        # without the writers' queue: the tills go on while this is held against the store
        with database.reading() as session:
            found = _PLANS[job.kind](session, actor, said, problems)
    with database.transaction() as session:
        queueing.enter(session, job.store_id)
        if session.scalar(select(PartImport.state).where(PartImport.id == job_id)) is not job.state:
            raise _Interrupted
        if job.state is ImportState.IMPORTING:
            found = _PLANS[job.kind](session, actor, said, problems)
            if not problems:
                _take_in(session, actor, job, found)
        _conclude(session, job, len(said), found, problems)


def _read(
    database: Database, job: PartImport, data: bytes, currency: str, stopping: threading.Event
) -> tuple[list[Said], list[Problem]]:
    """Every row as what it says, and what it should not say; progress is noted on the way."""
    reader = Reader(job.kind, imports.columns_of(job), currency)
    layout = Layout(job.encoding, job.separator)
    said: list[Said] = []
    problems: list[Problem] = []
    for number, cells in importfiles.body(data, layout, title_row=imports.title_row_of(job)):
        said.append(reader.read(number, cells, problems))
        if len(said) % _NOTED_EVERY == 0:
            _note(database, job, len(said), stopping)
        if len(problems) >= _MOST_PROBLEMS:
            break
    return said, problems


def _note(database: Database, job: PartImport, done: int, stopping: threading.Event) -> None:
    """How far it is; raises when it should not go on."""
    if stopping.is_set():
        raise _Interrupted
    with database.transaction() as session:
        state = session.scalar(select(PartImport.state).where(PartImport.id == job.id))
        if state is not job.state:
            raise _Interrupted
        _update(
            session,
            job.id,
            rows_done=min(done, job.rows_total),
            claimed_until=clock.now() + _CLAIM,
        )


def _take_in(session: Session, actor: Actor, job: PartImport, found: Plan) -> None:
    """Everything that the file says, in this transaction."""
    found.apply(session, actor, reference=f"import:{job.number}")
    audit.record(
        session,
        actor,
        f"import.{job.kind}",
        subject=f"import:{job.number}",
        after={
            "file": job.file_name,
            "sha256": job.file_sha256,
            "new": found.rows_new,
            "changed": found.rows_changed,
            "same": found.same,
        },
    )
    _update(
        session,
        job.id,
        content=None,
        ended_at=clock.now(),
        ended_by=actor.name,
    )


def _conclude(
    session: Session, job: PartImport, rows: int, found: Plan, problems: list[Problem]
) -> None:
    """The verdict on the file, in its row."""
    is_done = job.state is ImportState.IMPORTING and not problems
    _update(
        session,
        job.id,
        state=ImportState.DONE if is_done else ImportState.CHECKED,
        rows_total=rows,
        rows_done=rows,
        rows_new=found.rows_new,
        rows_changed=found.rows_changed,
        rows_same=found.same,
        problem_count=len({problem.row for problem in problems}),
        problems=imports.kept(problems),
        claimed_until=None,
    )


def _let_go(database: Database, job_id: int) -> None:
    with database.transaction() as session:
        _update(session, job_id, claimed_until=None)


def _fail(database: Database, job_id: int, problem: Problem) -> None:
    with database.transaction() as session:
        _update(
            session,
            job_id,
            state=ImportState.CHECKED,
            claimed_until=None,
            problem_count=1,
            problems=imports.kept([problem]),
        )


def _update(session: Session, job_id: int, **facts: object) -> None:
    session.execute(
        update(PartImport)
        .where(PartImport.id == job_id)
        .values(**facts)
        .execution_options(synchronize_session=False)
    )
