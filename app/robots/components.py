"""Components with serial numbers of their own: what they are, where they are and have been.

A component is one physical thing. It keeps its passport when it leaves a robot.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.kernel import audit, clock, events
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, NotFound, Refused
from app.kernel.searchkeys import clean, search_key
from app.kernel.text import Text, msg
from app.robots import addresses
from app.robots.bodyplan import SlotClass
from app.robots.events import ComponentCorrected
from app.robots.models import Unit
from app.robots.serials import read_serial
from app.robots.slot_models import Component, Occupant
from app.robots.slotnames import CLASS_LABELS, name_of
from app.robots.versions import version_key

LONGEST_PART_NUMBER = 64
_LONGEST_LOT = 100
_LONGEST_VERSION = 64
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Identity:
    """What is printed on a component. Without part number its numbering is maker's and class's."""

    serial: str
    slot_class: SlotClass
    part_number: str = ""
    maker_id: int | None = None
    name: str = ""
    lot: str = ""
    firmware: str = ""
    made_on: date | None = None

    @property
    def series(self) -> str:
        return series_of(self.part_number, maker_id=self.maker_id, slot_class=self.slot_class)


def series_of(part_number: str, *, maker_id: int | None, slot_class: SlotClass) -> str:
    """Whose numbering a serial is of: two components with one serial in one series are one."""
    key = search_key(part_number)
    return f"part:{key}" if key else f"maker:{maker_id or 0}:{slot_class}"


def read_part_number(text: str, *, field: str = "part_number") -> str:
    """A part number as printed; text for ever. Empty for none."""
    number = clean(text)
    if max(len(number), len(search_key(number))) > LONGEST_PART_NUMBER or "\n" in number:
        raise Refused(
            msg("A part number has at most {most} characters.", most=LONGEST_PART_NUMBER),
            field=field,
        )
    return number


def read_lot(text: str, *, field: str = "lot") -> str:
    lot = clean(text)
    if max(len(lot), len(search_key(lot))) > _LONGEST_LOT or "\n" in lot:
        raise Refused(
            msg("A lot number has at most {most} characters.", most=_LONGEST_LOT), field=field
        )
    return lot


def read_version(text: str, *, field: str = "firmware") -> str:
    """A version that can be compared with others, or the empty text."""
    version = clean(text)
    if not version:
        return ""
    if len(version) > _LONGEST_VERSION or "\n" in version:
        raise Refused(
            msg("A version has at most {most} characters.", most=_LONGEST_VERSION), field=field
        )
    version_key(version)
    return version


def register(session: Session, actor: Actor, identity: Identity) -> Component:
    """A component that nobody has seen before. Raises Conflict if its serial is known."""
    actor.require("robots.fit")
    component = new(actor.store_id, identity)
    known = in_series(session, [(component.series, component.serial_key)])
    if known:
        raise already_known(actor, next(iter(known.values())))
    session.add(component)
    session.flush()
    audit.record(
        session,
        actor,
        "component.registered",
        subject=f"component:{component.id}",
        after=facts_of(component),
    )
    return component


def new(store_id: int, identity: Identity) -> Component:
    """The row of a component, its texts read; raises Refused for what cannot be."""
    serial = read_serial(identity.serial)
    part_number = read_part_number(identity.part_number)
    lot = read_lot(identity.lot)
    return Component(
        store_id=store_id,
        series=identity.series,
        serial=serial,
        serial_key=search_key(serial),
        slot_class=identity.slot_class,
        part_number=part_number,
        part_key=search_key(part_number),
        name=clean(identity.name)[:_LONGEST_NAME],
        lot=lot,
        lot_key=search_key(lot),
        maker_id=identity.maker_id,
        firmware=read_version(identity.firmware),
        made_on=identity.made_on,
        registered_at=clock.now(),
    )


def by_id(session: Session, actor: Actor, component_id: int) -> Component:
    found = session.get(Component, component_id)
    if found is None or found.store_id != actor.store_id:
        raise NotFound(msg("There is no such component in this store."), field="component")
    return found


def in_series(
    session: Session, wanted: Collection[tuple[str, str]]
) -> dict[tuple[str, str], Component]:
    """Known components by series and serial key, of any store of the house."""
    rows = session.scalars(
        select(Component).where(
            Component.series.in_({series for series, _ in wanted}),
            Component.serial_key.in_({key for _, key in wanted}),
        )
    )
    found = {(row.series, row.serial_key): row for row in rows}
    return {pair: found[pair] for pair in wanted if pair in found}


def find(
    session: Session, actor: Actor, serial: str, *, slot_class: SlotClass | None = None
) -> list[Component]:
    """The store's components with exactly this serial in any writing, of one class or of all."""
    query = select(Component).where(
        Component.store_id == actor.store_id, Component.serial_key == search_key(serial)
    )
    if slot_class is not None:
        query = query.where(Component.slot_class == slot_class)
    return list(session.scalars(query.order_by(Component.id)))


def stays(session: Session, component_id: int) -> list[tuple[Occupant, Unit]]:
    """Every place that a component has been in, the present or last one first."""
    rows = session.execute(
        select(Occupant, Unit)
        .join(Unit, Unit.id == Occupant.unit_id)
        .where(Occupant.component_id == component_id)
        .order_by(Occupant.since.desc(), Occupant.id.desc())
        .options(joinedload(Occupant.slot), joinedload(Occupant.component))
    )
    return [(stay, unit) for stay, unit in rows]


def identify(session: Session, actor: Actor, component: Component, identity: Identity) -> None:
    """Correct what is on record of a component: part number, lot, name, day of making.

    Serial and class stay. Raises Conflict when the part number makes it the same as another one.
    """
    actor.require("robots.fit")
    before = facts_of(component)
    part_number = read_part_number(identity.part_number)
    series = series_of(part_number, maker_id=component.maker_id, slot_class=component.slot_class)
    other = in_series(session, [(series, component.serial_key)])
    for twin in other.values():
        if twin is not component:
            raise already_known(actor, twin)
    component.series = series
    component.part_number, component.part_key = part_number, search_key(part_number)
    component.lot = read_lot(identity.lot)
    component.lot_key = search_key(component.lot)
    component.name = clean(identity.name)[:_LONGEST_NAME]
    component.made_on = identity.made_on
    session.flush()
    events.announce(
        session,
        ComponentCorrected(actor=actor, store_id=component.store_id, component_id=component.id),
    )
    audit.record(
        session,
        actor,
        "component.corrected",
        subject=f"component:{component.id}",
        before=before,
        after=facts_of(component),
    )


def facts_of(component: Component) -> dict[str, object]:
    """What the audit keeps of a component."""
    return {
        "part_number": component.part_number,
        "serial": component.serial,
        "lot": component.lot,
        "name": component.name,
        "made_on": component.made_on,
    }


def already_known(actor: Actor, twin: Component) -> Conflict:
    if twin.store_id != actor.store_id:
        return Conflict(
            msg("Another store of the house has the component {serial}.", serial=twin.serial),
            field="serial",
        )
    return Conflict(
        msg("The component {serial} is on record already.", serial=twin.serial),
        field="serial",
        link=addresses.component_page(twin.id),
    )


def label_of(component: Component) -> Text:
    """`AK-80 AK80-24-11702`: part number, or what kind it is, and serial."""
    return msg(
        "{part} {serial}",
        part=component.part_number or CLASS_LABELS[component.slot_class],
        serial=component.serial,
    )


def occupant_label(occupant: Occupant) -> Text:
    """What sits in a slot, in few words; its component must be loaded."""
    if occupant.component is not None:
        return label_of(occupant.component)
    if occupant.lot:
        return msg("{part}, lot {lot}", part=occupant.part_number, lot=occupant.lot)
    return msg("{part}", part=occupant.part_number)


def place_label(occupant: Occupant, unit: Unit) -> Text:
    """`G1-0001, left knee`; the occupant's slot must be loaded."""
    return msg("{serial}, {slot}", serial=unit.serial, slot=name_of(occupant.slot.path))


def listed(numbers: Iterable[str]) -> str:
    """Part numbers as a sentence names them."""
    return ", ".join(sorted(numbers)) or "–"
