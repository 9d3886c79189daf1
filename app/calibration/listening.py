"""What happens to robots and references ends exactly the calibrations that it touches.

Everything here runs in the transaction of what happened: a part that is in the robot without its
calibration having ended cannot be seen by anybody.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.calibration import demands, jobbook, rules, tainted, validity
from app.calibration.bodytargets import Body, body_of
from app.calibration.demands import Asked
from app.calibration.events import EquipmentFoundBad, JobEnded, JobReviewed
from app.calibration.job_models import JobState
from app.calibration.procedure_models import ProcedurePoint, ProcedureVersion, VersionState
from app.calibration.rules import CHANGE_LABELS
from app.calibration.validity import Cause
from app.calibration.validity_models import Change, Reach, Validity, ValidityRule
from app.kernel.actor import Actor
from app.kernel.text import msg
from app.robots.events import (
    ComponentFitted,
    ComponentRemoved,
    CounterRead,
    FirmwareChanged,
    UnitShaken,
)
from app.robots.models import Unit
from app.robots.slot_models import Counter, Occupant, Slot, VersionOf
from app.robots.slotnames import name_of

# These ask for a procedure even where it was never passed: the robot is not what it was. The
# others ask only where something held, so that a new robot is not held up by its first update.
_ALWAYS = frozenset({Change.PART, Change.FALL})
_OF_ROBOT = frozenset({VersionOf.ROBOT, VersionOf.CONTROLLER})


def on_fitted(session: Session, event: ComponentFitted) -> None:
    why = msg("a part was fitted, {slot}", slot=name_of(event.slot_path))
    _part(session, event, Cause(Change.PART, why, event.at, event.reference))


def on_removed(session: Session, event: ComponentRemoved) -> None:
    why = msg("a part was taken out, {slot}", slot=name_of(event.slot_path))
    _part(session, event, Cause(Change.PART, why, event.at, event.reference))


def on_firmware(session: Session, event: FirmwareChanged) -> None:
    """Another version than the one on record; the first one that is read is no change."""
    if event.unit_id is None or not event.before:
        return
    versions = {"before": event.before, "after": event.after}
    if event.part is VersionOf.COMPONENT:
        slot = session.scalar(
            select(Slot)
            .join(Occupant, Occupant.slot_id == Slot.id)
            .where(Occupant.component_id == event.component_id, Occupant.until.is_(None))
        )
        if slot is None:
            return  # it is about to be fitted, which ends what it touches anyway
        why = msg("firmware {before} → {after}, {slot}", slot=name_of(slot.path), **versions)
    elif event.part in _OF_ROBOT:
        slot, why = None, msg("firmware {before} → {after}", **versions)
    else:
        return
    unit = session.get_one(Unit, event.unit_id)
    happened(session, event.actor, unit, Cause(Change.FIRMWARE, why, event.at), slot=slot)


def on_counter_read(session: Session, event: CounterRead) -> None:
    """The robot has fallen since its counter was last read."""
    if event.counter is not Counter.FALLS or event.before is None or event.after <= event.before:
        return
    why = msg("{count} falls since the last look", count=event.after - event.before)
    unit = session.get_one(Unit, event.unit_id)
    happened(session, event.actor, unit, Cause(Change.FALL, why, event.at))


def on_shaken(session: Session, event: UnitShaken) -> None:
    change = Change.SHIPPING if event.shipped else Change.FALL
    unit = session.get_one(Unit, event.unit_id)
    happened(session, event.actor, unit, Cause(change, CHANGE_LABELS[change], event.at))


def on_reviewed(session: Session, event: JobReviewed) -> None:
    validity.pass_by(session, event.actor, jobbook.by_id(session, event.actor, event.job_id))


def on_ended(session: Session, event: JobEnded) -> None:
    if event.state is JobState.VOIDED:
        job = jobbook.by_id(session, event.actor, event.job_id)
        validity.take_back(session, event.actor, job, reason=event.reason)


def on_found_bad(session: Session, event: EquipmentFoundBad) -> None:
    """What was measured with a bad reference, or with one that was calibrated by it."""
    rows = tainted.validities(session, event)
    if rows:
        why = msg("reference found bad: {reason}", reason=event.reason)
        validity.end_and_ask(session, event.actor, rows, Cause(Change.REFERENCE, why, event.until))


def happened(
    session: Session, actor: Actor, unit: Unit, cause: Cause, *, slot: Slot | None = None
) -> None:
    """End what a change in a slot, or of the whole robot, touches, and ask for it."""
    slot_class = slot.slot_class.value if slot is not None else ""
    found = rules.for_change(session, unit.store_id, cause.change, slot_class)
    held = validity.current(session, unit.id)
    if not found and not held:
        return
    body = body_of(session, unit, slot)
    touched = [row for row in held if _touches(row, found, body, cause, slot)]
    gone = [row for row in touched if row.valid_from <= cause.at]
    if gone:
        validity.end(session, actor, gone, cause)
    asked = {Asked(row.procedure_id, row.target) for row in gone}
    if cause.change in _ALWAYS and found:
        asked |= _ruled(session, unit, found, body, slot)
        # measured after what is only now written down
        asked -= {Asked(row.procedure_id, row.target) for row in touched if row not in gone}
    if asked:
        robot = demands.Robot(unit.store_id, unit.id)
        demands.ask(session, actor, robot, asked, cause)


def _part(session: Session, event: ComponentFitted | ComponentRemoved, cause: Cause) -> None:
    unit = session.get_one(Unit, event.unit_id)
    slot = session.get_one(Slot, event.slot_id)
    happened(session, event.actor, unit, cause, slot=slot)


def _touches(
    row: Validity, found: Sequence[ValidityRule], body: Body, cause: Cause, slot: Slot | None
) -> bool:
    if cause.change is Change.PART and slot is not None and slot in body.at(row.target):
        return True
    return any(
        rule.procedure_id == row.procedure_id and reaches(rule, body, row.target, slot)
        for rule in found
    )


def reaches(rule: ValidityRule, body: Body, target: str, slot: Slot | None) -> bool:
    """Whether a change in a slot reaches a target by a rule.

    A rule for a kind of slot means what was measured of the robot as a whole too.
    """
    if target == "robot" and rule.slot_class and rule.reach is Reach.TARGET:
        return True
    return body.is_reached(target, rule.reach, slot)


def _ruled(
    session: Session,
    unit: Unit,
    found: Collection[ValidityRule],
    body: Body,
    slot: Slot | None,
) -> set[Asked]:
    """What the rules ask for at the points of the procedures in force for this model."""
    points = targets_of(session, unit, {rule.procedure_id for rule in found})
    return {
        Asked(rule.procedure_id, target)
        for rule in found
        for target in points.get(rule.procedure_id, ())
        if reaches(rule, body, target, slot)
    }


def targets_of(
    session: Session, unit: Unit, procedure_ids: Iterable[int]
) -> Mapping[int, frozenset[str]]:
    """Where procedures measure a robot of this model, by its own version or the common one."""
    rows = session.execute(
        select(ProcedureVersion.procedure_id, ProcedureVersion.model_key, ProcedurePoint.target)
        .join(ProcedurePoint, ProcedurePoint.version_id == ProcedureVersion.id)
        .where(
            ProcedureVersion.procedure_id.in_(set(procedure_ids)),
            ProcedureVersion.model_key.in_([0, unit.model_id]),
            ProcedureVersion.state == VersionState.RELEASED,
        )
        .distinct()
    )
    found: dict[int, dict[int, set[str]]] = {}
    for procedure_id, model_key, target in rows:
        found.setdefault(procedure_id, {}).setdefault(model_key, set()).add(target)
    return {
        procedure_id: frozenset(by_model.get(unit.model_id) or by_model[0])
        for procedure_id, by_model in found.items()
    }
