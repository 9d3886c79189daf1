"""Which change at which kind of slot asks for which procedure, and how far it reaches.

Besides these rules one thing always holds: what was measured at a slot itself ends when the part
in it changes.
"""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.calibration.procedure_models import Procedure
from app.calibration.validity_models import Change, Reach, ValidityRule
from app.kernel import audit, clock, queueing
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, NotFound, Refused
from app.kernel.searchkeys import search_key
from app.kernel.text import Text, msg
from app.robots.bodyplan import SlotClass
from app.robots.slotnames import CLASS_LABELS

CHANGE_LABELS: dict[Change, Text] = {
    Change.PART: msg("Part changed"),
    Change.FIRMWARE: msg("Firmware changed"),
    Change.FALL: msg("Fall"),
    Change.SHIPPING: msg("Shipping"),
    Change.REFERENCE: msg("Reference found bad"),
    Change.RECALL: msg("Result taken back"),
    Change.FAILED: msg("Measured outside its limits"),
}
REACH_LABELS: dict[Reach, Text] = {
    Reach.TARGET: msg("What is measured there"),
    Reach.DESCENDANTS: msg("There and all that hangs below"),
    Reach.ROBOT: msg("Everywhere in the robot"),
}
# What a rule may be about: the others come from results and references, not from the body.
RULED = (Change.PART, Change.FIRMWARE, Change.FALL, Change.SHIPPING)
# Of the robot as a whole, whatever slot.
WHOLE = frozenset({Change.FALL, Change.SHIPPING})


@dataclass(frozen=True, slots=True)
class RuleInput:
    """An empty `slot_class` stands for every slot, and for changes of the robot as a whole."""

    slot_class: str
    change: str
    procedure: str
    reach: str = Reach.TARGET.value


_A, _C = SlotClass, Change
SEEDS: tuple[tuple[str, Change, str, Reach], ...] = (
    (_A.ACTUATOR.value, _C.PART, "JOINT-ZERO", Reach.TARGET),
    (_A.ACTUATOR.value, _C.PART, "POSE", Reach.DESCENDANTS),
    (_A.IMU.value, _C.PART, "IMU", Reach.TARGET),
    (_A.CAMERA.value, _C.PART, "CAMERA", Reach.TARGET),
    (_A.FORCE_TORQUE.value, _C.PART, "FOOT-FT", Reach.ROBOT),
    (_A.FOOT_SENSOR.value, _C.PART, "FOOT-FT", Reach.ROBOT),
    (_A.BATTERY.value, _C.PART, "BATTERY", Reach.TARGET),
    # a component's firmware reaches its own target, the robot's reaches all
    ("", _C.FIRMWARE, "JOINT-ZERO", Reach.TARGET),
    ("", _C.FIRMWARE, "IMU", Reach.TARGET),
    ("", _C.FALL, "IMU", Reach.ROBOT),
    ("", _C.FALL, "FOOT-FT", Reach.ROBOT),
    ("", _C.FALL, "POSE", Reach.ROBOT),
    ("", _C.SHIPPING, "IMU", Reach.ROBOT),
)


def listed(session: Session, store_id: int) -> list[ValidityRule]:
    """The rules in force with their procedures, by change and slot class; one statement."""
    return list(
        session.scalars(
            select(ValidityRule)
            .join(ValidityRule.procedure)
            .where(ValidityRule.store_id == store_id, ValidityRule.archived.is_(False))
            .options(joinedload(ValidityRule.procedure))
            .order_by(ValidityRule.change, ValidityRule.slot_class, Procedure.code_key)
        )
    )


def for_change(
    session: Session, store_id: int, change: Change, slot_class: str
) -> list[ValidityRule]:
    """The rules that a change at a slot of this class, or of the whole robot, brings up."""
    return list(
        session.scalars(
            select(ValidityRule).where(
                ValidityRule.store_id == store_id,
                ValidityRule.change == change,
                ValidityRule.archived.is_(False),
                ValidityRule.slot_class.in_({slot_class, ""}),
            )
        )
    )


def add(session: Session, actor: Actor, wanted: RuleInput) -> ValidityRule:
    """A rule, or an archived one in force again with its reach as wanted now.

    Raises Refused at the field, Conflict when it stands already.
    """
    actor.require("calibration.procedures")
    queueing.enter(session, actor.store_id)
    slot_class, change, reach = _read(wanted)
    procedure = _procedure(session, actor, wanted.procedure)
    standing = session.scalar(
        select(ValidityRule).where(
            ValidityRule.store_id == actor.store_id,
            ValidityRule.slot_class == slot_class,
            ValidityRule.change == change,
            ValidityRule.procedure_id == procedure.id,
        )
    )
    if standing is not None and not standing.archived and standing.reach is reach:
        raise Conflict(msg("There is this rule already."), field="procedure")
    rule = standing or ValidityRule(
        store_id=actor.store_id,
        slot_class=slot_class,
        change=change,
        procedure_id=procedure.id,
        made_at=clock.now(),
        made_by=actor.name,
    )
    rule.reach, rule.archived = reach, False
    # it holds for what happens from now on
    rule.made_at, rule.made_by = clock.now(), actor.name
    session.add(rule)
    session.flush()
    _record(session, actor, rule, procedure.code, "validity_rule.added")
    return rule


def archive(session: Session, actor: Actor, rule_id: int) -> ValidityRule:
    """The rule asks for nothing from now on; what it has ended stays ended."""
    actor.require("calibration.procedures")
    queueing.enter(session, actor.store_id)
    rule = session.scalar(
        select(ValidityRule)
        .where(ValidityRule.id == rule_id, ValidityRule.store_id == actor.store_id)
        .options(joinedload(ValidityRule.procedure))
    )
    if rule is None or rule.archived:
        raise NotFound(msg("There is no such rule."))
    rule.archived = True
    session.flush()
    _record(session, actor, rule, rule.procedure.code, "validity_rule.archived")
    return rule


def seed(session: Session, actor: Actor) -> list[ValidityRule]:
    """The starting rules whose procedures the store has; what stands, archived or not, stays."""
    actor.require("calibration.procedures")
    keys = {search_key(code): code for _, _, code, _ in SEEDS}
    rows = session.scalars(
        select(Procedure).where(
            Procedure.store_id == actor.store_id,
            Procedure.code_key.in_(keys),
        )
    )
    known = {keys[row.code_key]: row for row in rows}
    standing = {
        (row.slot_class, row.change, row.procedure_id)
        for row in session.scalars(
            select(ValidityRule).where(ValidityRule.store_id == actor.store_id)
        )
    }
    made = []
    for slot_class, change, code, reach in SEEDS:
        procedure = known.get(code)
        if procedure is None or (slot_class, change, procedure.id) in standing:
            continue
        made.append(
            ValidityRule(
                store_id=actor.store_id,
                slot_class=slot_class,
                change=change,
                procedure_id=procedure.id,
                reach=reach,
                made_at=clock.now(),
                made_by=actor.name,
            )
        )
    session.add_all(made)
    session.flush()
    if made:
        audit.record(
            session,
            actor,
            "validity_rules.seeded",
            subject=f"store:{actor.store_id}",
            after={"rules": len(made)},
        )
    return made


def _read(wanted: RuleInput) -> tuple[str, Change, Reach]:
    slot_class = wanted.slot_class.strip()
    if slot_class and slot_class not in CLASS_LABELS:
        raise Refused(msg("There is no such kind of slot."), field="slot_class")
    if wanted.change not in RULED:
        raise Refused(msg("Rules are about parts, firmware, falls and shipping."), field="change")
    change = Change(wanted.change)
    if wanted.reach not in set(Reach):
        raise Refused(msg("There is no such reach."), field="reach")
    if change in WHOLE and slot_class:
        raise Refused(
            msg("A fall or shipping happens to the robot as a whole: name no slot."),
            field="slot_class",
        )
    return slot_class, change, Reach(wanted.reach)


def _procedure(session: Session, actor: Actor, code: str) -> Procedure:
    found = session.scalar(
        select(Procedure).where(
            Procedure.store_id == actor.store_id, Procedure.code_key == search_key(code)
        )
    )
    if found is None:
        raise Refused(msg("There is no such procedure in this store."), field="procedure")
    return found


def _record(session: Session, actor: Actor, rule: ValidityRule, code: str, action: str) -> None:
    audit.record(
        session,
        actor,
        action,
        subject=f"validity_rule:{rule.id}",
        after={
            "slot_class": rule.slot_class,
            "change": rule.change,
            "procedure": code,
            "reach": rule.reach,
        },
    )
