"""Looking after batteries: checks on record, set aside and let go, how each kind is kept."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel import audit, clock, words
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, NotFound, Refused
from app.kernel.searchkeys import clean
from app.kernel.text import Text, msg
from app.parts import places, stock, storage
from app.parts.battery_models import Battery, BatteryCheck, BatteryRule, Condition
from app.parts.models import PICKABLE, VALUED, Part, Place, PlaceKind
from app.parts.moves import Move
from app.parts.storage import Kept
from app.robots import components
from app.robots.bodyplan import SlotClass
from app.robots.slot_models import Component

MOST_CYCLES = 100_000
MOST_VOLTAGE_MV = 1_000_000
MOST_DAYS = 730
MOST_WATT_HOURS = 100_000
_LONGEST_NOTE = 2_000
_LONGEST_REASON = 200
_WHOLE = 100

CONDITION_LABELS: dict[Condition, Text] = {
    Condition.SOUND: msg("Sound"),
    Condition.SWOLLEN: msg("Swollen"),
    Condition.LEAKING: msg("Leaking"),
    Condition.DENTED: msg("Dented"),
    Condition.HOT: msg("Hot"),
    Condition.OTHER: msg("Damaged otherwise"),
}


@dataclass(frozen=True, slots=True)
class CheckInput:
    """What a look at a battery found."""

    soc_percent: int
    condition: Condition = Condition.SOUND
    cycles: int | None = None
    voltage_mv: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class RuleInput:
    """How batteries are to be kept: looked at so often, charged between two bounds."""

    interval_days: int
    soc_low: int
    soc_high: int
    watt_hours: int | None = None


def kept(session: Session, actor: Actor, component_id: int) -> Kept:
    """What is known of one battery; raises NotFound for what is none."""
    component = components.by_id(session, actor, component_id)
    found = storage.of(session, actor.store_id, [component.id])
    if component.id not in found:
        raise NotFound(msg("{what} is no battery.", what=components.label_of(component)))
    return found[component.id]


def by_serial(session: Session, actor: Actor, serial: str) -> Component:
    """The battery with this serial, in any writing."""
    found = components.find(session, actor, serial, slot_class=SlotClass.BATTERY)
    if not found:
        raise NotFound(msg("No battery {serial}.", serial=clean(serial)[:100]), field="code")
    if len(found) > 1:
        raise Conflict(
            msg("Several batteries have the serial {serial}. Choose one in the list.",
                serial=clean(serial)[:100]), field="code"
        )  # fmt: skip
    return found[0]


def checks_of(session: Session, component: Component, *, most: int = 50) -> list[BatteryCheck]:
    """What was found at each look, the last one first."""
    return list(
        session.scalars(
            select(BatteryCheck)
            .where(BatteryCheck.component_id == component.id)
            .order_by(BatteryCheck.id.desc())
            .limit(most)
        )
    )


def check(session: Session, actor: Actor, component: Component, found: CheckInput) -> BatteryCheck:
    """Write down a look at a battery. One that is not sound is set aside at once."""
    actor.require("stock.move")
    one = kept(session, actor, component.id)
    note = _read(one, found)
    now = clock.now()
    row = BatteryCheck(
        store_id=actor.store_id,
        component_id=component.id,
        at=now,
        by=actor.name,
        soc_percent=found.soc_percent,
        condition=found.condition,
        cycles=found.cycles,
        voltage_mv=found.voltage_mv,
        note=note,
    )
    session.add(row)
    battery = _row_of(session, actor, one)
    battery.checked_at, battery.checked_by = now, actor.name
    battery.condition, battery.soc_percent = found.condition, found.soc_percent
    battery.cycles = battery.cycles if found.cycles is None else found.cycles
    session.flush()
    audit.record(
        session,
        actor,
        "battery.checked",
        subject=f"component:{component.id}",
        after={
            "soc_percent": found.soc_percent,
            "cycles": found.cycles,
            "condition": found.condition,
            "next_on": one.today + timedelta(days=one.keeping.interval_days),
        },
    )
    if found.condition is not Condition.SOUND and not battery.quarantined:
        reason = str(CONDITION_LABELS[found.condition]).lower()
        _set_aside(session, actor, one, battery, note[:_LONGEST_REASON] or reason)
    return row


def set_aside(session: Session, actor: Actor, component: Component, *, reason: str) -> None:
    """Into quarantine: the battery goes to nobody until it is let go."""
    actor.require("stock.move")
    reason = _reason(reason)
    one = kept(session, actor, component.id)
    if one.is_quarantined:
        raise Conflict(msg("Battery {serial} is set aside already.", serial=component.serial))
    _set_aside(session, actor, one, _row_of(session, actor, one), reason)


def let_go(
    session: Session, actor: Actor, component: Component, *, reason: str, place: Place | None = None
) -> None:
    """Out of quarantine, back to the shelf; it must have been found sound since."""
    actor.require("stock.approve")
    reason = _reason(reason)
    one = kept(session, actor, component.id)
    if one.battery is None or not one.battery.quarantined:
        raise Conflict(msg("Battery {serial} is not set aside.", serial=component.serial))
    if one.battery.condition is not Condition.SOUND:
        raise Conflict(
            msg("The last check found battery {serial} damaged. Check it again first.",
                serial=component.serial)
        )  # fmt: skip
    one.battery.quarantined, one.battery.quarantine_reason = False, ""
    end = place or places.standard(session, actor.store_id, PlaceKind.BIN)
    if end.kind not in PICKABLE:
        raise Refused(msg("Choose a bin."), field="place")
    _move(session, actor, one, end, reason)
    session.flush()
    audit.record(
        session, actor, "battery.let_go", subject=f"component:{component.id}", reason=reason
    )


def set_rule(session: Session, actor: Actor, part: Part | None, wanted: RuleInput) -> BatteryRule:
    """How the batteries of a part are kept, or all that have no rule of their own."""
    actor.require("parts.edit")
    _check_rule(wanted)
    rule = _rule(session, actor, part)
    before = None if rule is None else _facts(rule)
    if rule is None:
        rule = BatteryRule(
            store_id=actor.store_id,
            part_id=part.id if part is not None else None,
            interval_days=wanted.interval_days,
            soc_low=wanted.soc_low,
            soc_high=wanted.soc_high,
        )
        session.add(rule)
    rule.interval_days = wanted.interval_days
    rule.soc_low, rule.soc_high = wanted.soc_low, wanted.soc_high
    rule.watt_hours = wanted.watt_hours
    session.flush()
    audit.record(
        session,
        actor,
        "battery.rule_set",
        subject=f"part:{part.number}" if part is not None else "batteries",
        before=before,
        after=_facts(rule),
    )
    return rule


def drop_rule(session: Session, actor: Actor, part: Part) -> None:
    """The part's batteries are kept as all others."""
    actor.require("parts.edit")
    rule = _rule(session, actor, part)
    if rule is None:
        raise NotFound(msg("{number} has no rule of its own.", number=part.number))
    session.delete(rule)
    session.flush()
    audit.record(
        session, actor, "battery.rule_dropped", subject=f"part:{part.number}", before=_facts(rule)
    )


def battery_parts(session: Session, actor: Actor) -> list[Part]:
    """The parts that are batteries, by name."""
    return list(
        session.scalars(
            select(Part)
            .where(
                Part.store_id == actor.store_id,
                Part.slot_class == SlotClass.BATTERY,
                Part.archived.is_(False),
            )
            .order_by(Part.name_key, Part.id)
            .limit(200)
        )
    )


def _read(one: Kept, found: CheckInput) -> str:
    """The note, cleaned; raises Refused for what no battery shows."""
    for field, value, most in (
        ("soc_percent", found.soc_percent, _WHOLE),
        ("cycles", found.cycles, MOST_CYCLES),
        ("voltage_mv", found.voltage_mv, MOST_VOLTAGE_MV),
    ):
        if value is not None and not 0 <= value <= most:
            raise Refused(msg("A number from 0 to {most}.", most=most), field=field)
    before = one.battery.cycles if one.battery is not None else None
    if found.cycles is not None and before is not None and found.cycles < before:
        raise Refused(
            msg("It had {before} cycles already, and they do not become fewer.", before=before),
            field="cycles",
        )
    return words.fitting(found.note, most=_LONGEST_NOTE, field="note")


def _row_of(session: Session, actor: Actor, one: Kept) -> Battery:
    if one.battery is not None:
        return one.battery
    row = Battery(
        store_id=actor.store_id,
        component_id=one.component.id,
        checked_at=one.component.registered_at,
        checked_by="",
    )
    session.add(row)
    session.flush()
    return row


def _set_aside(session: Session, actor: Actor, one: Kept, battery: Battery, reason: str) -> None:
    battery.quarantined, battery.quarantine_reason = True, reason
    if one.place is not None and one.place.kind in VALUED - {PlaceKind.QUARANTINE}:
        _move(
            session,
            actor,
            one,
            places.standard(session, actor.store_id, PlaceKind.QUARANTINE),
            reason,
        )
    session.flush()
    audit.record(
        session,
        actor,
        "battery.set_aside",
        subject=f"component:{one.component.id}",
        reason=reason,
    )


def _move(session: Session, actor: Actor, one: Kept, end: Place, reason: str) -> None:
    """Where the ledger knows the battery in one of our places, it goes along."""
    if one.part is None or one.place is None or one.place.kind not in VALUED:
        return
    if one.place.id != end.id:
        moves = [Move(one.part.id, 1, one.place, end, component=one.component)]
        stock.book(session, actor, moves, reason=reason)


def _reason(text: str) -> str:
    reason = clean(text)
    if not 1 <= len(reason) <= _LONGEST_REASON:
        raise Refused(
            msg("Say why, in up to {most} characters.", most=_LONGEST_REASON), field="reason"
        )
    return reason


def _check_rule(wanted: RuleInput) -> None:
    if not 1 <= wanted.interval_days <= MOST_DAYS:
        raise Refused(
            msg("A number of days from 1 to {most}.", most=MOST_DAYS), field="interval_days"
        )
    if not 0 <= wanted.soc_low < wanted.soc_high <= _WHOLE:
        raise Refused(
            msg("The lower bound is below the upper one, both from 0 to 100."), field="soc_low"
        )
    if wanted.watt_hours is not None and not 1 <= wanted.watt_hours <= MOST_WATT_HOURS:
        raise Refused(msg("A number from 1 to {most}.", most=MOST_WATT_HOURS), field="watt_hours")


def _rule(session: Session, actor: Actor, part: Part | None) -> BatteryRule | None:
    is_it = BatteryRule.part_id.is_(None) if part is None else BatteryRule.part_id == part.id
    return session.scalar(select(BatteryRule).where(BatteryRule.store_id == actor.store_id, is_it))


def _facts(rule: BatteryRule) -> dict[str, object]:
    return {
        "interval_days": rule.interval_days,
        "soc_low": rule.soc_low,
        "soc_high": rule.soc_high,
        "watt_hours": rule.watt_hours,
    }
