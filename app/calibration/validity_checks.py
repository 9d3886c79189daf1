"""Whether nothing holds that a change has ended, and nothing is settled by what came before it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.calibration import listening
from app.calibration.bodytargets import Body
from app.calibration.job_models import CalibrationJob
from app.calibration.states import STANDS
from app.calibration.validity_models import (
    CalibrationDemand,
    Change,
    Recalibration,
    Validity,
    ValidityRule,
)
from app.robots.models import Unit
from app.robots.slot_models import Occupant, Slot

_Moment = tuple[int, datetime]


def breaches(session: Session) -> Iterator[str]:
    yield from _held_through_a_change(session)
    yield from _held_without_a_job(session)
    yield from _settled_by_nothing(session)
    yield from _held_by_one(session)


def _held_through_a_change(session: Session) -> Iterator[str]:
    """A part swap later than the result, on its target or where a rule reaches it from."""
    held: dict[int, list[Validity]] = defaultdict(list)
    for row in session.scalars(select(Validity).where(Validity.ended_at.is_(None))):
        held[row.unit_id].append(row)
    if not held:
        return
    rules = session.scalars(
        select(ValidityRule).where(
            ValidityRule.change == Change.PART, ValidityRule.archived.is_(False)
        )
    ).all()
    units = {unit.id: unit for unit in session.scalars(select(Unit).where(Unit.id.in_(list(held))))}
    changes = _changes(session, held)
    bodies = _bodies(session, {slot_id for each in changes.values() for slot_id, _ in each})
    for unit_id, rows in held.items():
        of_store = [rule for rule in rules if rule.store_id == units[unit_id].store_id]
        for slot_id, at in changes.get(unit_id, ()):
            body, slot = bodies[slot_id]
            for row in rows:
                if at > row.valid_from and _reached(row, of_store, body, slot, at):
                    yield (
                        f"calibration: {row.target} of {units[unit_id].serial} holds"
                        f" although {slot.path} was changed since"
                    )


def _reached(
    row: Validity, rules: Iterable[ValidityRule], body: Body, slot: Slot, at: datetime
) -> bool:
    if slot in body.at(row.target):
        return True
    return any(
        rule.procedure_id == row.procedure_id
        and rule.slot_class in {"", slot.slot_class.value}
        # made, or changed, after that swap: it was not asked then
        and rule.made_at <= at
        and listening.reaches(rule, body, row.target, slot)
        for rule in rules
    )


def _changes(session: Session, unit_ids: Iterable[int]) -> dict[int, list[_Moment]]:
    """When something went into or out of which slot; what came with a robot is no change."""
    found: dict[int, list[_Moment]] = defaultdict(list)
    for stay in session.scalars(select(Occupant).where(Occupant.unit_id.in_(list(unit_ids)))):
        if not stay.as_built:
            found[stay.unit_id].append((stay.slot_id, stay.since))
        if stay.until is not None:
            found[stay.unit_id].append((stay.slot_id, stay.until))
    return found


def _bodies(session: Session, slot_ids: set[int]) -> dict[int, tuple[Body, Slot]]:
    plans = select(Slot.plan_id).where(Slot.id.in_(slot_ids))
    by_plan: dict[int, list[Slot]] = defaultdict(list)
    for slot in session.scalars(
        select(Slot).where(Slot.plan_id.in_(plans)).order_by(Slot.plan_id, Slot.place)
    ):
        by_plan[slot.plan_id].append(slot)
    found: dict[int, tuple[Body, Slot]] = {}
    for slots in by_plan.values():
        body = Body(tuple(slots))
        found |= {slot.id: (body, slot) for slot in slots if slot.id in slot_ids}
    return found


def _held_without_a_job(session: Session) -> Iterator[str]:
    """What holds was proved by a job of this robot that stands."""
    rows = session.execute(
        select(Validity.id, CalibrationJob.number)
        .join(CalibrationJob, CalibrationJob.id == Validity.job_id)
        .where(
            Validity.ended_at.is_(None),
            or_(
                CalibrationJob.state.not_in(list(STANDS)),
                CalibrationJob.unit_id != Validity.unit_id,
            ),
        )
    )
    for validity_id, number in rows:
        yield f"calibration: validity {validity_id} rests on K-{number}, which does not stand"


def _settled_by_nothing(session: Session) -> Iterator[str]:
    """A demand settles by a pass whose readings are newer than what happened, or by a reason."""
    unproved = or_(Validity.id.is_(None), Validity.valid_from < CalibrationDemand.at)
    waived = CalibrationDemand.job_id.is_(None) & (CalibrationDemand.settled_why != "")
    rows = session.scalars(
        select(CalibrationDemand.id)
        .outerjoin(
            Validity,
            (Validity.job_id == CalibrationDemand.job_id)
            & (Validity.target == CalibrationDemand.target)
            & (Validity.procedure_id == CalibrationDemand.procedure_id)
            & (Validity.unit_id == CalibrationDemand.unit_id),
        )
        .where(CalibrationDemand.settled_at.is_not(None), ~waived, unproved)
    )
    for demand_id in rows:
        yield f"calibration: demand {demand_id} is settled by no pass newer than its cause"


def _held_by_one(session: Session) -> Iterator[str]:
    for row in session.scalars(select(Recalibration).where(Recalibration.held_at.is_not(None))):
        if row.held_by == row.held_with:
            yield f"calibration: recalibration {row.id} was held by {row.held_by} alone"
