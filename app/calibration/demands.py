"""What a robot has to pass before it leaves, because of what happened to it.

One demand is open per procedure and target. It settles by a pass whose readings are newer than
what happened, or by somebody who answers for measurement and says why it is not needed.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from app.calibration.bodytargets import named
from app.calibration.job_models import CalibrationJob
from app.calibration.validity_models import CalibrationDemand, Change
from app.kernel import audit, clock, queueing, words
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, NotFound
from app.kernel.text import Text, msg
from app.robots import timeline

_LONGEST_REASON = 200


class Cause(Protocol):
    """What happened, when, and for which ticket."""

    @property
    def change(self) -> Change: ...
    @property
    def why(self) -> Text: ...
    @property
    def at(self) -> datetime: ...
    @property
    def reference(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Asked:
    """A procedure at a target."""

    procedure_id: int
    target: str


@dataclass(frozen=True, slots=True)
class Robot:
    """Whose demand it is, by ids."""

    store_id: int
    unit_id: int


def open_of(session: Session, unit_id: int) -> list[CalibrationDemand]:
    """What a robot has to pass, with the procedures."""
    return list(
        session.scalars(
            select(CalibrationDemand)
            .where(CalibrationDemand.unit_id == unit_id, CalibrationDemand.settled_at.is_(None))
            .options(joinedload(CalibrationDemand.procedure))
            .order_by(CalibrationDemand.id)
        )
    )


def ask(
    session: Session, actor: Actor, robot: Robot, wanted: Collection[Asked], cause: Cause
) -> None:
    """Ask for these; one that is open already is asked for again since what happened now."""
    standing = {
        Asked(row.procedure_id, row.target): row
        for row in session.scalars(
            select(CalibrationDemand).where(
                CalibrationDemand.unit_id == robot.unit_id, CalibrationDemand.settled_at.is_(None)
            )
        )
    }
    kept = timeline.written(cause.why)
    fresh = sorted(
        (one for one in wanted if one not in standing),
        key=lambda one: (one.procedure_id, one.target),
    )
    session.add_all(
        CalibrationDemand(
            store_id=robot.store_id,
            unit_id=robot.unit_id,
            procedure_id=one.procedure_id,
            target=one.target,
            change=cause.change,
            why=kept,
            reference=cause.reference,
            at=cause.at,
        )
        for one in fresh
    )
    for one in wanted:
        row = standing.get(one)
        if row is not None and row.at <= cause.at:
            row.change, row.why, row.at = cause.change, kept, cause.at
            row.reference = cause.reference or row.reference
    session.flush()
    if fresh:
        audit.record(
            session,
            actor,
            "calibration.asked",
            subject=f"unit:{robot.unit_id}",
            after={
                "by": cause.change,
                "asked": [[one.procedure_id, one.target] for one in fresh],
            },
            reason=cause.reference or None,
        )


def last_asked(session: Session, unit_id: int, procedure_id: int) -> dict[str, datetime]:
    """When something last happened that asked for a procedure, by target; settled or not."""
    rows = session.execute(
        select(CalibrationDemand.target, func.max(CalibrationDemand.at))
        .where(CalibrationDemand.unit_id == unit_id, CalibrationDemand.procedure_id == procedure_id)
        .group_by(CalibrationDemand.target)
    )
    return {row.target: row[1] for row in rows}


def settle(
    session: Session, actor: Actor, job: CalibrationJob, passed: Mapping[str, datetime]
) -> None:
    """A job passed at these targets by readings since these moments."""
    if not passed:
        return
    rows = session.scalars(
        select(CalibrationDemand).where(
            CalibrationDemand.unit_id == job.unit_id,
            CalibrationDemand.procedure_id == job.procedure_version.procedure_id,
            CalibrationDemand.settled_at.is_(None),
        )
    )
    for row in rows:
        if row.target in passed and row.at <= passed[row.target]:
            row.settled_at, row.settled_by, row.job_id = clock.now(), actor.name, job.id
    session.flush()


def by_id(session: Session, actor: Actor, demand_id: int) -> CalibrationDemand:
    found = session.scalar(
        select(CalibrationDemand)
        .where(CalibrationDemand.id == demand_id, CalibrationDemand.store_id == actor.store_id)
        .options(joinedload(CalibrationDemand.procedure))
    )
    if found is None:
        raise NotFound(msg("There is no such demand in this store."))
    return found


def waive(session: Session, actor: Actor, demand: CalibrationDemand, *, reason: str) -> None:
    """It is not needed, says who answers for measurement; the reason stays on record."""
    actor.require("calibration.review")
    queueing.enter(session, actor.store_id)
    session.refresh(demand, ["settled_at"])
    if demand.settled_at is not None:
        raise Conflict(msg("It is settled already."))
    why = words.why(reason, most=_LONGEST_REASON)
    demand.settled_at, demand.settled_by, demand.settled_why = clock.now(), actor.name, why
    session.flush()
    audit.record(
        session,
        actor,
        "calibration.waived",
        subject=f"unit:{demand.unit_id}",
        after={"procedure": demand.procedure.code, "target": demand.target},
        reason=why,
    )
    timeline.note(
        session,
        demand.unit_id,
        kind="calibration",
        summary=msg(
            "Not calibrated, {procedure}, {target}: {reason}",
            procedure=demand.procedure.code,
            target=named(demand.target),
            reason=why,
        ),
        actor_name=actor.name,
    )
