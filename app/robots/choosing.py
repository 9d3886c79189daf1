"""Which component is meant, and whether it belongs in a slot."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.kernel.errors import Conflict, Refused
from app.kernel.searchkeys import search_key
from app.kernel.text import msg
from app.robots import components
from app.robots.components import (
    Identity,
    already_known,
    label_of,
    listed,
    read_lot,
    read_part_number,
    read_version,
    series_of,
)
from app.robots.models import Unit
from app.robots.serials import read_serial
from app.robots.slot_models import Component, Control, Slot
from app.robots.slotnames import CLASS_LABELS, name_of

# Says whether a part number that a slot does not name may sit there all the same.
StandIn = Callable[[Session, Unit, Slot, str], bool]
_stand_ins: list[StandIn] = []


def stand_in_by(may: StandIn) -> None:
    """A room above knows successors and approved substitutes; asking twice is the same as once."""
    if may not in _stand_ins:
        _stand_ins.append(may)


@dataclass(frozen=True, slots=True)
class Part:
    """What is to be fitted, as people or programs say it.

    A component by id or by serial, its part number where that is not clear; else a part by number
    and lot. `firmware` is what it runs now, if that was looked at.
    """

    part_number: str = ""
    serial: str = ""
    lot: str = ""
    firmware: str = ""
    component_id: int | None = None


@dataclass(frozen=True, slots=True)
class Lotted:
    """A part that has no serial number of its own."""

    part_number: str
    lot: str = ""

    @property
    def part_key(self) -> str:
        return search_key(self.part_number)

    @property
    def lot_key(self) -> str:
        return search_key(self.lot)


def choose(
    session: Session, actor: Actor, unit: Unit, slot: Slot, part: Part
) -> Component | Lotted:
    """The component that is meant, registered if nobody knew it, or the part without serial.

    The slot's parts must be loaded. Raises Refused when it does not belong in this slot.
    """
    chosen = _chosen(session, actor, unit, slot, part)
    require_fits(session, unit, slot, chosen)
    return chosen


def require_fits(session: Session, unit: Unit, slot: Slot, chosen: Component | Lotted) -> None:
    """Raises Refused unless class, control and part number are what the slot takes."""
    if isinstance(chosen, Component):
        if chosen.slot_class is not slot.slot_class:
            raise Refused(
                msg(
                    "{what} is no {wanted}, so it does not belong in {slot}.",
                    what=label_of(chosen),
                    wanted=CLASS_LABELS[slot.slot_class],
                    slot=name_of(slot.path),
                ),
                field="serial",
            )
    elif slot.control is Control.SERIAL:
        raise Refused(
            msg("{slot} takes a component with its serial number.", slot=name_of(slot.path)),
            field="serial",
        )
    elif slot.control is Control.LOT and not chosen.lot_key:
        raise Refused(
            msg("{slot} takes a part with its lot.", slot=name_of(slot.path)), field="lot"
        )
    named = {part.part_key for part in slot.parts}
    if not named or chosen.part_key in named:
        return
    if not any(may(session, unit, slot, chosen.part_number) for may in _stand_ins):
        raise Refused(
            msg(
                "Part number {part} is not allowed in {slot}. Allowed: {allowed}.",
                part=chosen.part_number or "–",
                slot=name_of(slot.path),
                allowed=listed(part.part_number for part in slot.parts),
            ),
            field="part_number",
        )


def _chosen(
    session: Session, actor: Actor, unit: Unit, slot: Slot, part: Part
) -> Component | Lotted:
    if part.component_id is not None:
        return components.by_id(session, actor, part.component_id)
    if search_key(part.serial):
        return _by_serial(session, actor, unit, slot, part)
    if slot.control is Control.SERIAL:
        return Lotted("")  # refused by the slot, in its own words
    number = read_part_number(part.part_number) or _only_allowed(slot)
    if not search_key(number):
        raise Refused(msg("Please say the part number."), field="part_number")
    read_version(part.firmware)
    return Lotted(number, read_lot(part.lot))


def _by_serial(session: Session, actor: Actor, unit: Unit, slot: Slot, part: Part) -> Component:
    """A known component of the slot's class with this serial, or a new one."""
    serial = read_serial(part.serial)
    number = read_part_number(part.part_number)
    alike = components.find(session, actor, serial, slot_class=slot.slot_class)
    if number:
        known = [one for one in alike if one.part_key == search_key(number)]
        # the same thing, of which only the serial was on record: now its part number is known too
        nameless = [one for one in alike if not one.part_key]
        if not known and len(nameless) == 1:
            return _named(session, actor, nameless[0], number)
        alike = known
    if len(alike) > 1:
        raise Refused(
            msg(
                "Several components have the serial {serial}: {parts}. Say the part number.",
                serial=serial,
                parts=listed(one.part_number or "–" for one in alike),
            ),
            field="part_number",
        )
    if alike:
        return alike[0]
    return _registered(session, actor, unit, slot, part=part, number=number or _only_allowed(slot))


def _named(session: Session, actor: Actor, component: Component, number: str) -> Component:
    identity = Identity(
        component.serial,
        component.slot_class,
        number,
        name=component.name,
        lot=component.lot,
        made_on=component.made_on,
    )
    components.identify(session, actor, component, identity)
    return component


def _registered(
    session: Session, actor: Actor, unit: Unit, slot: Slot, *, part: Part, number: str
) -> Component:
    if not search_key(number):
        raise Refused(
            msg("{serial} is not known yet. Please say its part number.", serial=part.serial),
            field="part_number",
        )
    identity = Identity(
        part.serial,
        slot.slot_class,
        number,
        maker_id=unit.maker_id,
        lot=part.lot,
        firmware=part.firmware,
    )
    series = series_of(number, maker_id=unit.maker_id, slot_class=slot.slot_class)
    twins = components.in_series(session, [(series, search_key(part.serial))])
    for twin in twins.values():
        if twin.store_id != actor.store_id:
            raise already_known(actor, twin)
        raise Conflict(
            msg(
                "{what} is on record as {kind}, not as {wanted}.",
                what=label_of(twin),
                kind=CLASS_LABELS[twin.slot_class],
                wanted=CLASS_LABELS[slot.slot_class],
            ),
            field="serial",
        )
    return components.register(session, actor, identity)


def _only_allowed(slot: Slot) -> str:
    """The part number that must be meant, where a slot allows one alone."""
    return slot.parts[0].part_number if len(slot.parts) == 1 else ""
