"""A supplier with a price list, and orders to it."""

from collections.abc import Mapping
from datetime import date

from sqlalchemy.orm import Session

from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.money import Money
from app.parts import catalogue, cores, places, prices, purchasing, stock, suppliers
from app.parts.buying_models import PurchaseOrder, Supplier
from app.parts.catalogue import Particulars
from app.parts.models import Part, Place, PlaceKind
from app.parts.moves import Move
from app.parts.prices import PriceInput
from app.parts.suppliers import SupplierInput
from app.robots.bodyplan import SlotClass
from app.robots.events import ComponentRemoved
from app.robots.slot_models import Control

LONG_AGO = date(2020, 1, 1)


def a_supplier(
    session: Session,
    actor: Actor,
    name: str = "Tendon Works",
    *,
    currency: str = "EUR",
    return_days: int = 0,
) -> Supplier:
    wanted = SupplierInput(name=name, currency=currency, lead_days=14, return_days=return_days)
    return suppliers.add(session, actor, wanted)


def a_price(
    session: Session,
    actor: Actor,
    supplier: Supplier,
    part: Part,
    minor: int = 1_000,
    *,
    number: str = "",
    minimum: int = 1,
    pack: int = 1,
) -> None:
    price = PriceInput(Money(minor, supplier.currency), LONG_AGO, number, minimum, pack)
    prices.set_price(session, actor, supplier, part, price)


def a_part(
    session: Session,
    actor: Actor,
    number: str,
    *,
    control: Control = Control.NONE,
    minimum: int = 0,
    maximum: int = 0,
    core_days: int | None = None,
    gtin: str = "",
) -> Part:
    slot_class = SlotClass.ACTUATOR if control is Control.SERIAL else None
    particulars = Particulars(
        control=control,
        slot_class=slot_class,
        minimum=minimum,
        maximum=maximum,
        core_days=core_days,
    )
    return catalogue.add_part(
        session,
        actor,
        number=number,
        name=f"Part {number}",
        gtin=gtin,
        particulars=particulars,
    )


def a_sent_order(
    session: Session,
    actor: Actor,
    supplier: Supplier,
    quantities: Mapping[Part, int],
    *,
    minor: int = 1_000,
) -> PurchaseOrder:
    order = purchasing.draft(session, actor, supplier)
    for part, quantity in quantities.items():
        price = Money(minor, supplier.currency)
        purchasing.add_line(session, actor, order, part, quantity=quantity, price=price)
    purchasing.send(session, actor, order)
    return order


def a_bin(session: Session, actor: Actor, code: str, kind: PlaceKind = PlaceKind.BIN) -> Place:
    return places.add(session, actor, kind=kind, name=f"Bin {code}", code=code)


def taken_out(actor: Actor, part: Part, reference: str) -> ComponentRemoved:
    """The news that a job took a part out of a robot."""
    return ComponentRemoved(
        actor=actor,
        store_id=actor.store_id,
        unit_id=1,
        slot_id=1,
        slot_path="left_knee.actuator",
        occupant_id=1,
        component_id=None,
        part_number=part.number,
        lot="",
        at=clock.now(),
        reference=reference,
    )


def an_old_part(session: Session, actor: Actor, part: Part, owner: str) -> None:
    """One piece on the bench of a job, taken out of a robot, that may have to go back."""
    found = places.standards(session, actor.store_id, (PlaceKind.OPENING, PlaceKind.BENCH))
    move = Move(part.id, 1, found[PlaceKind.OPENING], found[PlaceKind.BENCH])
    stock.book(session, actor, [move], reason="taken out", reference=owner)
    cores.on_removed(session, taken_out(actor, part, owner))
