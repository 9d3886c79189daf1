"""Where a robot stands: what holds and until when, what ended and by what, what is asked for."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import IntEnum

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, aliased

from app.calibration import listening
from app.calibration.bodytargets import body_of, named
from app.calibration.job_models import CalibrationJob, JobState
from app.calibration.procedure_models import Procedure, ProcedureVersion, VersionState
from app.calibration.states import ENDED, JOB_LABELS
from app.calibration.validity import SUPERSEDED
from app.calibration.validity_models import CalibrationDemand, Change, Validity
from app.kernel.text import Text, msg
from app.robots import counters, timeline
from app.robots.counters import SECONDS_PER_HOUR
from app.robots.models import Unit
from app.robots.slot_models import Counter, Slot
from app.stores import desk

SOON_DAYS = 30
SOON_HOURS = 50


class Holds(IntEnum):
    """The most pressing first."""

    ASKED = 0
    OVER = 1
    ENDED = 2
    SOON = 3
    VALID = 4
    NEVER = 5


HOLDS_LABELS: dict[Holds, Text] = {
    Holds.ASKED: msg("Has to pass"),
    Holds.OVER: msg("Overdue"),
    Holds.ENDED: msg("Ended"),
    Holds.SOON: msg("Due soon"),
    Holds.VALID: msg("In force"),
    Holds.NEVER: msg("Never measured"),
}
HOLDS_TONES: dict[Holds, str] = {
    Holds.ASKED: "bad",
    Holds.OVER: "bad",
    Holds.ENDED: "warn",
    Holds.SOON: "warn",
    Holds.VALID: "ok",
    Holds.NEVER: "plain",
}
BLOCKS = frozenset({Holds.ASKED, Holds.OVER})


@dataclass(frozen=True, slots=True)
class Running:
    """A job that is measuring a robot by a procedure now."""

    number: int
    state: JobState
    reference: str

    @property
    def label(self) -> str:
        return f"K-{self.number}"

    @property
    def page(self) -> str:
        return f"/calibration/jobs/{self.number}"

    @property
    def said(self) -> Text:
        return JOB_LABELS[self.state]


@dataclass(frozen=True, slots=True)
class TargetRow:
    """One target by one procedure. `target` is empty where a procedure was never passed at all."""

    procedure_id: int
    code: str
    title: str
    target: str
    holds: Holds
    why: Text | None = None
    change: Change | None = None
    since: datetime | None = None
    due_on: date | None = None
    due_hours: int | None = None
    reference: str = ""
    demand_id: int | None = None
    job_number: int | None = None
    running: Running | None = None
    # how many more points of the procedure were never measured at this robot
    further: int = 0

    @property
    def name(self) -> Text:
        if self.further:
            return msg("{count} of its places", count=self.further)
        return named(self.target) if self.target else msg("all of its points")

    @property
    def label(self) -> Text:
        return HOLDS_LABELS[self.holds]

    @property
    def tone(self) -> str:
        return HOLDS_TONES[self.holds]

    @property
    def blocks(self) -> bool:
        return self.holds in BLOCKS


@dataclass(frozen=True, slots=True)
class Now:
    """What due days and hours are compared with."""

    today: date
    hours_s: int | None

    def of(self, due_on: date | None, due_hours_s: int | None) -> Holds:
        """A day counts through its end, hours until they are reached."""
        if due_on is not None and self.today > due_on:
            return Holds.OVER
        left = None
        if due_hours_s is not None and self.hours_s is not None:
            left = due_hours_s - self.hours_s
            if left <= 0:
                return Holds.OVER
        if due_on is not None and self.today + timedelta(days=SOON_DAYS) >= due_on:
            return Holds.SOON
        if left is not None and left <= SOON_HOURS * SECONDS_PER_HOUR:
            return Holds.SOON
        return Holds.VALID


def now_for(session: Session, unit: Unit, *, by_hours: bool) -> Now:
    """Today in the robot's store, and the robot's hours where something is due by them."""
    hours = counters.latest(session, unit.id).get(Counter.HOURS) if by_hours else None
    today = desk.business_day_of(desk.store_of(session, unit.store_id))
    return Now(today, hours.total if hours is not None else None)


def standing(session: Session, unit: Unit) -> list[TargetRow]:
    """Every target of a robot by every procedure, the most pressing first; seven statements."""
    asked = {(row.procedure_id, row.target): row for row in _demands(session, unit.id)}
    held = {(row.procedure_id, row.target): row for row in _validities(session, unit.id)}
    procedures = _procedures(session, unit)
    running = running_of(session, unit.id)
    today = now_for(session, unit, by_hours=any(row.due_hours_s for row in held.values()))
    jobs = _numbers(session, {row.job_id for row in held.values()})
    rows = []
    for key in sorted({*asked, *held}):
        code, title = procedures.get(key[0], ("", ""))
        base = TargetRow(key[0], code, title, key[1], Holds.VALID, running=running.get(key[0]))
        demand = asked.get(key)
        row = held.get(key)
        rows.append(_row(base, demand, row, today, jobs.get(row.job_id) if row else None))
    known = {row.procedure_id for row in rows}
    rows.extend(_never_there(session, unit, rows))
    rows.extend(
        TargetRow(at, code, title, "", Holds.NEVER, running=running.get(at))
        for at, (code, title) in procedures.items()
        if at not in known and title
    )
    return sorted(rows, key=lambda row: (row.holds, row.code, row.target))


def _never_there(session: Session, unit: Unit, rows: Collection[TargetRow]) -> Iterator[TargetRow]:
    """Of procedures that were measured only in part, how much of them never was."""
    if not rows:
        return
    points = listening.targets_of(session, unit, {row.procedure_id for row in rows})
    for procedure_id, targets in points.items():
        own = [row for row in rows if row.procedure_id == procedure_id]
        further = len(targets - {row.target for row in own})
        if further:
            first = own[0]
            yield replace(
                TargetRow(procedure_id, first.code, first.title, "", Holds.NEVER, further=further),
                running=first.running,
            )


def running_of(session: Session, unit_id: int) -> dict[int, Running]:
    """Open jobs of a robot by their procedures' ids; one statement."""
    rows = session.execute(
        select(
            ProcedureVersion.procedure_id,
            CalibrationJob.number,
            CalibrationJob.state,
            CalibrationJob.reference,
        )
        .join(ProcedureVersion, ProcedureVersion.id == CalibrationJob.version_id)
        .where(
            CalibrationJob.unit_id == unit_id,
            CalibrationJob.state.not_in([*ENDED, JobState.REVIEWED]),
        )
        .order_by(CalibrationJob.id)
    )
    return {
        procedure_id: Running(number, state, reference)
        for procedure_id, number, state, reference in rows
    }


def swapped(session: Session, unit: Unit, rows: Collection[TargetRow]) -> list[Slot]:
    """Slots whose actuator was swapped and whose joint has not passed since."""
    targets = {
        row.target
        for row in rows
        if row.holds is Holds.ASKED and row.change is Change.PART and row.code == "JOINT-ZERO"
    }
    if not targets:
        return []
    body = body_of(session, unit)
    found = {slot.id: slot for target in targets for slot in body.at(target)}
    return sorted(found.values(), key=lambda slot: slot.place)


def worst(rows: Iterable[TargetRow]) -> TargetRow | None:
    """The most pressing of some rows."""
    return min(rows, key=lambda row: row.holds, default=None)


def _row(
    base: TargetRow,
    demand: CalibrationDemand | None,
    row: Validity | None,
    today: Now,
    job_number: int | None,
) -> TargetRow:
    if row is not None:
        base = replace(
            base,
            due_on=row.due_on,
            due_hours=row.due_hours_s // SECONDS_PER_HOUR if row.due_hours_s else None,
            job_number=job_number,
        )
    if demand is not None:
        return replace(
            base,
            holds=Holds.ASKED,
            why=timeline.said(demand.why),
            change=demand.change,
            since=demand.at,
            reference=demand.reference,
            demand_id=demand.id,
        )
    if row is None:
        return base
    if row.ended_at is not None:
        return replace(
            base,
            holds=Holds.ENDED,
            why=timeline.said(row.ended_why) if row.ended_why else None,
            change=Change(row.ended_by) if row.ended_by != SUPERSEDED else None,
            since=row.ended_at,
            reference=row.reference,
        )
    return replace(base, holds=today.of(row.due_on, row.due_hours_s), since=row.valid_from)


def _demands(session: Session, unit_id: int) -> Collection[CalibrationDemand]:
    return session.scalars(
        select(CalibrationDemand).where(
            CalibrationDemand.unit_id == unit_id, CalibrationDemand.settled_at.is_(None)
        )
    ).all()


def _validities(session: Session, unit_id: int) -> Collection[Validity]:
    """The last word on each target: what holds, else what ended last."""
    later = aliased(Validity)
    newer = exists().where(
        later.unit_id == Validity.unit_id,
        later.procedure_id == Validity.procedure_id,
        later.target == Validity.target,
        later.id > Validity.id,
    )
    return session.scalars(select(Validity).where(Validity.unit_id == unit_id, ~newer)).all()


def _procedures(session: Session, unit: Unit) -> dict[int, tuple[str, str]]:
    """Code and title of the store's procedures: the title of what this model is measured by."""
    rows = session.execute(
        select(Procedure.id, Procedure.code, ProcedureVersion.title)
        .outerjoin(
            ProcedureVersion,
            (ProcedureVersion.procedure_id == Procedure.id)
            & (ProcedureVersion.state == VersionState.RELEASED)
            & ProcedureVersion.model_key.in_([0, unit.model_id]),
        )
        .where(Procedure.store_id == unit.store_id)
        .order_by(Procedure.code_key, ProcedureVersion.model_key)
    )
    return {procedure_id: (code, title or "") for procedure_id, code, title in rows}


def _numbers(session: Session, job_ids: Collection[int]) -> dict[int, int]:
    if not job_ids:
        return {}
    rows = session.execute(
        select(CalibrationJob.id, CalibrationJob.number).where(CalibrationJob.id.in_(job_ids))
    )
    return {row.id: row.number for row in rows}
