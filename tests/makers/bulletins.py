"""Bulletins of makers, and components to be found by them."""

from datetime import date

from sqlalchemy.orm import Session

from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.searchkeys import search_key
from app.robots import bodies, bulletins
from app.robots.bodyplan import SlotClass
from app.robots.bulletin_models import Bulletin, BulletinKind
from app.robots.bulletincriteria import Criterion
from app.robots.bulletins import BulletinInput
from app.robots.models import Maker, Unit
from app.robots.slot_models import Component, Occupant, Slot


def a_bulletin(
    session: Session,
    actor: Actor,
    maker: Maker,
    *criteria: Criterion,
    code: str = "SB-25-07",
    kind: BulletinKind = BulletinKind.MANDATORY,
    issued_on: date = date(2025, 11, 1),
    due_on: date | None = None,
    title: str = "Knee actuator: check the torque",
) -> Bulletin:
    """A bulletin in force that means the robots of any of these criteria."""
    typed = BulletinInput(
        maker_id=maker.id,
        code=code,
        title=title,
        kind=kind,
        issued_on=issued_on,
        due_on=due_on,
        text="Tighten the screws of the left knee to 4 Nm.",
        criteria=criteria,
    )
    return bulletins.publish(session, actor, typed)


def a_component(
    session: Session,
    unit: Unit,
    serial: str,
    *,
    part_number: str = "AK-80",
    lot: str = "",
    slot_class: SlotClass = SlotClass.ACTUATOR,
    maker_id: int | None = None,
) -> Component:
    """A component on record in the unit's store, in no robot yet."""
    component = Component(
        store_id=unit.store_id,
        series=f"part:{search_key(part_number)}",
        serial=serial,
        serial_key=search_key(serial),
        slot_class=slot_class,
        part_number=part_number,
        part_key=search_key(part_number),
        lot=lot,
        lot_key=search_key(lot),
        maker_id=maker_id,
        registered_at=clock.now(),
    )
    session.add(component)
    session.flush()
    return component


def sitting(
    session: Session, unit: Unit, slot: Slot, component: Component, *, as_built: bool = False
) -> Occupant:
    """The component sits in the slot from now on."""
    row = Occupant(
        store_id=unit.store_id,
        unit_id=unit.id,
        slot_id=slot.id,
        component_id=component.id,
        as_built=as_built,
        since=clock.now(),
        fitted_by="Emre Aydın",
    )
    session.add(row)
    session.flush()
    return row


def lotted(session: Session, unit: Unit, slot: Slot, *, part_number: str, lot: str) -> Occupant:
    """A part without a serial sits in the slot from now on."""
    row = Occupant(
        store_id=unit.store_id,
        unit_id=unit.id,
        slot_id=slot.id,
        part_number=part_number,
        part_key=search_key(part_number),
        lot=lot,
        lot_key=search_key(lot),
        since=clock.now(),
        fitted_by="Emre Aydın",
    )
    session.add(row)
    session.flush()
    return row


def taken_out(session: Session, occupant: Occupant) -> None:
    occupant.until = clock.now()
    session.flush()


def a_knee(session: Session, unit: Unit) -> None:
    place = bodies.slot_called(session, unit, "left_knee.actuator")
    sitting(session, unit, place, a_component(session, unit, "K1", lot="24-11"), as_built=True)
