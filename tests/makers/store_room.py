"""A store room with bins, parts in them, and people who count."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.identity.roles import Role, permissions_of
from app.kernel.actor import Actor
from app.kernel.money import Money
from app.parts import catalogue, places, stock
from app.parts.catalogue import Particulars
from app.parts.models import Part, Place, PlaceKind
from app.robots import components
from app.robots.bodyplan import SlotClass
from app.robots.components import Identity
from app.robots.slot_models import Component, Control
from app.stores.models import Store
from tests.makers.stores import a_store


@dataclass(slots=True)
class StoreRoom:
    """Ten cables at 5.00 in A-1, one battery of 900.00 in A-2, lot L1 of 20 pads at 1.00 in A-1."""

    store: Store
    clerk: Actor
    manager: Actor
    a1: Place
    a2: Place
    cable: Part
    battery: Part
    pad: Part
    pack: Component


def an_actor_of(store: Store, role: Role, name: str) -> Actor:
    return Actor(
        store_id=store.id, name=name, role=role.value, permissions=permissions_of(role), staff_id=1
    )


def a_store_room(session: Session) -> StoreRoom:
    store = a_store(session)
    manager = an_actor_of(store, Role.MANAGER, "Petra Krause")
    a1 = places.add(session, manager, kind=PlaceKind.BIN, name="Shelf A, 1", code="A-1")
    a2 = places.add(session, manager, kind=PlaceKind.BIN, name="Shelf A, 2", code="A-2")
    cable = catalogue.add_part(session, manager, number="CAB-1", name="Cable")
    battery = catalogue.add_part(
        session,
        manager,
        number="BAT-9",
        name="Battery",
        particulars=Particulars(
            control=Control.SERIAL, slot_class=SlotClass.BATTERY, un_number="UN3480"
        ),
    )
    pad = catalogue.add_part(
        session, manager, number="PAD-7", name="Foot pad", particulars=Particulars(Control.LOT)
    )
    pack = a_battery(session, manager, "B-001", place=a2)
    stock.receive(
        session, manager, cable.id, quantity=10, reason="", place=a1, cost=Money(500, "EUR")
    )
    stock.receive(
        session, manager, pad.id, quantity=20, reason="", place=a1, lot="L1", cost=Money(100, "EUR")
    )
    return StoreRoom(
        store,
        an_actor_of(store, Role.PARTS, "Mei Lin"),
        manager,
        a1,
        a2,
        cable,
        battery,
        pad,
        pack,
    )


def a_battery(
    session: Session, actor: Actor, serial: str, *, place: Place, part: str = "BAT-9"
) -> Component:
    """A battery that came in for 900.00 and lies in a bin."""
    component = components.register(
        session, actor, Identity(serial=serial, slot_class=SlotClass.BATTERY, part_number=part)
    )
    stock.receive(
        session,
        actor,
        catalogue.by_number(session, actor, part).id,
        quantity=1,
        reason="",
        place=place,
        component=component,
        cost=Money(90_000, "EUR"),
    )
    return component
