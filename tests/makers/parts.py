"""Parts on shelves, with serials and lots where they have them."""

from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.kernel.money import Money
from app.parts import places, stock
from app.parts.catalogue import Particulars, add_part
from app.parts.models import Movement, Part, Place, PlaceKind
from app.robots import components
from app.robots.bodyplan import SlotClass
from app.robots.components import Identity
from app.robots.slot_models import Component, Control
from app.stores.models import Store


def a_part(
    session: Session,
    actor: Actor,
    number: str = "KNEE-L",
    *,
    name: str = "",
    control: Control = Control.NONE,
) -> Part:
    part = add_part(session, actor, number=number, name=name or f"Part {number}")
    part.control = control
    session.flush()
    return part


def shelved(
    session: Session, actor: Actor, number: str, *, pieces: int = 0, **facts: object
) -> Part:
    """A part of which such facts are known, committed with its pieces on the shelf."""
    made = add_part(
        session,
        actor,
        number=number,
        name=f"Part {number}",
        particulars=Particulars(**facts),  # type: ignore[arg-type]
    )
    if pieces:
        stock.receive(session, actor, made.id, quantity=pieces, reason="first stock")
    session.commit()
    return made


def a_component(
    session: Session,
    actor: Actor,
    part: Part,
    serial: str,
    *,
    slot_class: SlotClass = SlotClass.ACTUATOR,
) -> Component:
    return components.register(session, actor, Identity(serial, slot_class, part.number))


def stocked(
    session: Session,
    actor: Actor,
    part: Part,
    *,
    quantity: int = 1,
    cost_minor: int | None = None,
    place: Place | None = None,
    lot: str = "",
) -> Movement:
    """Pieces of a part on the shelf, for `cost_minor` each."""
    currency = session.get_one(Store, actor.store_id).currency
    return stock.receive(
        session,
        actor,
        part.id,
        quantity=quantity,
        reason="delivery",
        place=place,
        lot=lot,
        cost=None if cost_minor is None else Money(cost_minor, currency),
    )


def stocked_serials(
    session: Session,
    actor: Actor,
    part: Part,
    *serials: str,
    cost_minor: int | None = None,
    place: Place | None = None,
) -> list[Component]:
    """New components of a part on the shelf, for `cost_minor` each."""
    currency = session.get_one(Store, actor.store_id).currency
    made = [a_component(session, actor, part, serial) for serial in serials]
    for component in made:
        stock.receive(
            session,
            actor,
            part.id,
            quantity=1,
            reason="delivery",
            place=place,
            component=component,
            cost=None if cost_minor is None else Money(cost_minor, currency),
        )
    return made


def a_bin(
    session: Session, actor: Actor, code: str = "A-01-1", kind: PlaceKind = PlaceKind.BIN
) -> Place:
    return places.add(session, actor, kind=kind, name=code, code=code)
