"""What others ask of a robot's calibrations: gate, page, body map, public page, ticket."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session, aliased

from app.calibration import robotaddresses, standing
from app.calibration.bodytargets import Body
from app.calibration.job_models import CalibrationJob, JobState
from app.calibration.procedure_models import Procedure, ProcedureVersion
from app.calibration.standing import Holds, Running, TargetRow
from app.calibration.validity import names_of
from app.calibration.validity_models import CalibrationDemand, Validity
from app.kernel.actor import Actor
from app.kernel.text import Text, msg
from app.robots import timeline
from app.robots.bodylook import Mark
from app.robots.callouts import Callout
from app.robots.gate import Reason
from app.robots.insides import Inside
from app.robots.models import Unit
from app.robots.openpassport import NO_DATA, Fact


@dataclass
class _Open:
    """What keeps a robot here by one procedure."""

    code: str
    asked: list[str] = field(default_factory=list)
    over: list[str] = field(default_factory=list)
    why: Text | None = None


def reasons(session: Session, actor: Actor, unit: Unit) -> Iterator[Reason]:  # noqa: ARG001
    """What the gate hears: each procedure that has to pass first.

    One statement for a robot of which nothing was ever asked, and nothing is then said.
    """
    found = _open(session, unit)
    if not found:
        return
    running = standing.running_of(session, unit.id)
    for procedure_id, one in found.items():
        job = running.get(procedure_id)
        link = job.page if job else robotaddresses.robot_page(unit.serial)
        if one.asked and one.why is not None:
            yield Reason(
                msg(
                    "{procedure} has to pass at {targets}: {why}.",
                    procedure=one.code,
                    targets=names_of(one.asked),
                    why=one.why,
                ),
                link,
            )
        if one.over:
            yield Reason(
                msg(
                    "{procedure} is overdue at {targets}.",
                    procedure=one.code,
                    targets=names_of(one.over),
                ),
                link,
            )


def _open(session: Session, unit: Unit) -> dict[int, _Open]:
    """By procedure: open demands, and what is over by its day or its hours."""
    held = select(
        Validity.procedure_id,
        Validity.target,
        Validity.due_on,
        Validity.due_hours_s,
        literal("").label("why"),
    ).where(Validity.unit_id == unit.id, Validity.ended_at.is_(None))
    asked = select(
        CalibrationDemand.procedure_id,
        CalibrationDemand.target,
        cast(null(), Date),
        cast(null(), BigInteger),
        CalibrationDemand.why,
    ).where(CalibrationDemand.unit_id == unit.id, CalibrationDemand.settled_at.is_(None))
    both = union_all(held, asked).subquery()
    rows = session.execute(
        select(both, Procedure.code)
        .join(Procedure, Procedure.id == both.c.procedure_id)
        .order_by(Procedure.code_key, both.c.target)
    ).all()
    dated = [row for row in rows if row.due_on is not None or row.due_hours_s is not None]
    now = None
    if dated:
        by_hours = any(row.due_hours_s is not None for row in dated)
        now = standing.now_for(session, unit, by_hours=by_hours)
    found: dict[int, _Open] = {}
    for row in rows:
        one = _Open(row.code)
        if row.why:
            found.setdefault(row.procedure_id, one).asked.append(row.target)
            found[row.procedure_id].why = timeline.said(row.why)
        elif now is not None and now.of(row.due_on, row.due_hours_s) is Holds.OVER:
            found.setdefault(row.procedure_id, one).over.append(row.target)
    for one in found.values():
        # asked for already: that it is over besides says nothing new
        one.over = [target for target in one.over if target not in one.asked]
    return found


def callouts_of(session: Session, actor: Actor, unit: Unit) -> Iterator[Callout]:
    """What a robot's page says: that something has to pass, or nothing."""
    if not actor.may("calibration.view"):
        return
    page = robotaddresses.robot_page(unit.serial)
    found = _open(session, unit)
    if found:
        listed = Text(
            ", ".join(f"{{p{at}}}" for at in range(len(found))),
            {f"p{at}": one.code for at, one in enumerate(found.values())},
        )
        yield Callout(
            name="calibration",
            link=page,
            button=msg("Calibrations"),
            said=msg("Has to be calibrated: {procedures}.", procedures=listed),
            tone="warn",
        )


def look(session: Session, unit: Unit, inside: Inside) -> dict[str, Mark]:
    """A mark for each slot at which something was measured or has to be."""
    body = Body(tuple(place.slot for place in inside.places))
    at: dict[str, list[TargetRow]] = {}
    for row in standing.standing(session, unit):
        for slot in body.at(row.target):
            at.setdefault(slot.path, []).append(row)
    return {path: _mark(rows) for path, rows in at.items()}


def _mark(rows: list[TargetRow]) -> Mark:
    row = standing.worst(rows) or rows[0]
    words = msg("{procedure}: {state}", procedure=row.code, state=row.label)
    return Mark("" if row.holds is Holds.NEVER else row.tone, row.label, words)


def public_fact(session: Session, unit: Unit) -> Fact:
    """The state alone: what led to it is the owner's and the store's."""
    label = msg("Calibration")
    rows = [row for row in standing.standing(session, unit) if row.holds is not Holds.NEVER]
    if not rows:
        return Fact(label, NO_DATA)
    if any(row.blocks or row.holds is Holds.ENDED for row in rows):
        return Fact(label, msg("Has to be renewed"), "warn")
    days = [row.due_on for row in rows if row.due_on is not None]
    if not days:
        return Fact(label, msg("In force"), "ok")
    return Fact(label, msg("In force until {day}", day=min(days)), "ok")


@dataclass(frozen=True, slots=True)
class Due:
    """A procedure that a ticket's parts made due: where, why, and the job that does it."""

    code: str
    targets: Text
    why: Text
    settled: bool
    job: Running | None


def panel(
    session: Session, actor: Actor, unit: Unit, *, reference: str, is_open: bool
) -> Mapping[str, object]:
    """What a ticket's page shows: the procedures that its parts made due; one statement."""
    job_of = aliased(CalibrationJob)
    rows = session.execute(
        select(CalibrationDemand, Procedure.code, job_of.number, job_of.state)
        .join(Procedure, Procedure.id == CalibrationDemand.procedure_id)
        .outerjoin(job_of, job_of.id == _job_of_demand(reference))
        .where(
            CalibrationDemand.unit_id == unit.id,
            or_(CalibrationDemand.settled_at.is_(None), CalibrationDemand.reference == reference),
        )
        .order_by(Procedure.code_key, CalibrationDemand.target)
    ).all()
    grouped: dict[tuple[str, bool], list[Any]] = {}
    for row in rows:
        key = row.code, row.CalibrationDemand.settled_at is not None
        grouped.setdefault(key, []).append(row)
    still = {code for code, settled in grouped if not settled}
    return {
        "due": [
            _due(code, settled, group)
            for (code, settled), group in grouped.items()
            if not settled or code not in still
        ],
        "may_plan": is_open and actor.may("calibration.measure"),
        "reference": reference,
        "plan_page": robotaddresses.plan_page(unit.serial),
        "page": robotaddresses.robot_page(unit.serial),
    }


def _job_of_demand(reference: str) -> ColumnElement[int]:
    """SQL: the job that settled a demand, else the newest that may settle it."""
    newest = (
        select(func.max(CalibrationJob.id))
        .join(ProcedureVersion, ProcedureVersion.id == CalibrationJob.version_id)
        .where(
            CalibrationJob.unit_id == CalibrationDemand.unit_id,
            ProcedureVersion.procedure_id == CalibrationDemand.procedure_id,
            CalibrationJob.state.not_in([JobState.CANCELLED, JobState.VOIDED]),
            or_(CalibrationJob.ended_at.is_(None), CalibrationJob.reference == reference),
            CalibrationJob.made_at >= CalibrationDemand.at,
        )
        .correlate(CalibrationDemand)
        .scalar_subquery()
    )
    return func.coalesce(CalibrationDemand.job_id, newest)


def _due(code: str, settled: bool, group: list[Any]) -> Due:  # noqa: FBT001 - a key's part
    last = group[-1]
    running = None
    if last.number is not None:
        running = Running(last.number, last.state, "")
    return Due(
        code=code,
        targets=names_of(row.CalibrationDemand.target for row in group),
        why=timeline.said(last.CalibrationDemand.why),
        settled=settled,
        job=running,
    )
