"""Jobs as lists show them."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session, joinedload

from app.calibration import jobbook
from app.calibration.job_models import CalibrationJob, JobReason, JobState
from app.calibration.procedure_models import Procedure, ProcedureVersion
from app.calibration.states import JOB_LABELS, JOB_TONES, REASON_LABELS
from app.kernel.actor import Actor
from app.kernel.searchkeys import clean, like_pattern, search_key
from app.kernel.text import Text
from app.robots.models import Unit
from app.web import paging
from app.web.paging import Page

_OPEN = (JobState.PLANNED, JobState.MEASURING, JobState.ON_HOLD)
_MOST_ON_DESK = 20
_LONGEST_NUMBER = 10


@dataclass(frozen=True, slots=True)
class JobRow:
    """A job with its robot and its procedure."""

    job: CalibrationJob
    unit: Unit
    code: str
    title: str

    @property
    def label(self) -> str:
        return jobbook.label(self.job)

    @property
    def page(self) -> str:
        return jobbook.page(self.job)

    @property
    def state_label(self) -> Text:
        return JOB_LABELS[self.job.state]

    @property
    def tone(self) -> str:
        return JOB_TONES[self.job.state]

    @property
    def reason(self) -> Text:
        return REASON_LABELS[self.job.reason]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which jobs: by number, serial or procedure; by state and reason."""

    text: str = ""
    state: JobState | None = None
    reason: JobReason | None = None


def listed(
    session: Session,
    actor: Actor,
    wanted: Wanted | None = None,
    *,
    cursor: str | None = None,
    most: int = paging.PAGE,
) -> Page[JobRow]:
    """The store's jobs, the newest first; one statement."""
    actor.require("calibration.view")
    asked = wanted or Wanted()
    query = (
        select(CalibrationJob, Unit, Procedure.code, ProcedureVersion.title)
        .join(Unit, Unit.id == CalibrationJob.unit_id)
        .join(ProcedureVersion, ProcedureVersion.id == CalibrationJob.version_id)
        .join(Procedure, Procedure.id == ProcedureVersion.procedure_id)
        .where(CalibrationJob.store_id == actor.store_id)
        .options(joinedload(Unit.model))
        .order_by(CalibrationJob.id.desc())
        .limit(most + 1)
    )
    if asked.state is not None:
        query = query.where(CalibrationJob.state == asked.state)
    if asked.reason is not None:
        query = query.where(CalibrationJob.reason == asked.reason)
    if asked.text.strip():
        query = query.where(_says(asked.text))
    if cursor:
        (before,) = paging.decode(cursor, int)
        query = query.where(CalibrationJob.id < before)
    rows = [JobRow(job, unit, code, title) for job, unit, code, title in session.execute(query)]
    after = paging.encode(rows[most - 1].job.id) if len(rows) > most else None
    return Page(rows[:most], after)


def _says(text: str) -> ColumnElement[bool]:
    key = search_key(clean(text))
    bare = key.removeprefix("k-")
    conditions: list[ColumnElement[bool]] = [
        Unit.serial_key.like(f"{like_pattern(key)}%", escape="\\"),
        Procedure.code_key.like(f"{like_pattern(key)}%", escape="\\"),
    ]
    if bare.isdecimal() and len(bare) < _LONGEST_NUMBER:
        conditions.append(CalibrationJob.number == int(bare))
    return or_(*conditions)


@dataclass(frozen=True, slots=True)
class Bench:
    """The desk of measurement: what is open, what waits for a second person."""

    open: list[JobRow]
    to_review: list[JobRow]
    to_certify: list[JobRow]
    counts: dict[JobState, int]

    @property
    def open_count(self) -> int:
        return sum(self.counts.get(state, 0) for state in _OPEN)


def bench(session: Session, actor: Actor) -> Bench:
    """The newest of each kind, and how many there are; two statements."""
    actor.require("calibration.view")
    states = (*_OPEN, JobState.MEASURED, JobState.REVIEWED)
    rows = [
        JobRow(job, unit, code, title)
        for job, unit, code, title in session.execute(
            select(CalibrationJob, Unit, Procedure.code, ProcedureVersion.title)
            .join(Unit, Unit.id == CalibrationJob.unit_id)
            .join(ProcedureVersion, ProcedureVersion.id == CalibrationJob.version_id)
            .join(Procedure, Procedure.id == ProcedureVersion.procedure_id)
            .where(
                CalibrationJob.store_id == actor.store_id,
                CalibrationJob.ended_at.is_(None),
                CalibrationJob.state.in_(states),
            )
            .options(joinedload(Unit.model))
            .order_by(CalibrationJob.id.desc())
            .limit(3 * _MOST_ON_DESK)
        )
    ]
    counted = session.execute(
        select(CalibrationJob.state, func.count())
        .where(CalibrationJob.store_id == actor.store_id, CalibrationJob.state.in_(states))
        .group_by(CalibrationJob.state)
    )
    counts = {row[0]: row[1] for row in counted}
    return Bench(
        open=[row for row in rows if row.job.state in _OPEN][:_MOST_ON_DESK],
        to_review=[row for row in rows if row.job.state is JobState.MEASURED][:_MOST_ON_DESK],
        to_certify=[row for row in rows if row.job.state is JobState.REVIEWED][:_MOST_ON_DESK],
        counts=counts,
    )
