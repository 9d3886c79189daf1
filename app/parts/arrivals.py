"""Components that come in by serial number: new ones, and those that had gone back."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.kernel import audit
from app.kernel.actor import Actor
from app.kernel.errors import Conflict
from app.kernel.searchkeys import search_key
from app.kernel.text import Text, msg
from app.parts import places
from app.parts.models import Balance, Movement, Part, Place, PlaceKind
from app.robots import addresses
from app.robots.bodyplan import SlotClass
from app.robots.components import (
    Identity,
    already_known,
    facts_of,
    in_series,
    new,
    place_label,
    stays,
)
from app.robots.serials import read_serial
from app.robots.slot_models import Component

Serial = tuple[Part, str, str]


def components(
    session: Session, actor: Actor, wanted: Collection[Serial]
) -> dict[tuple[int, str], Component]:
    """By part and serial key the component of each (part, serial, lot): known and not here, or new.

    Raises Conflict for one that is here, saying where it is; it cannot have come in again.
    """
    made = {
        (part.id, search_key(serial)): new(actor.store_id, _identity(part, serial, lot))
        for part, serial, lot in wanted
    }
    known = in_series(session, [(row.series, row.serial_key) for row in made.values()])
    fresh = []
    for key, row in made.items():
        twin = known.get((row.series, row.serial_key))
        if twin is None:
            fresh.append(row)
        else:
            _require_gone(session, actor, twin)
            made[key] = twin
    session.add_all(fresh)
    try:
        session.flush()
    except IntegrityError:
        raise Conflict(msg("Somebody has just booked one of these serials.")) from None
    for row in fresh:
        audit.record(
            session,
            actor,
            "component.registered",
            subject=f"component:{row.id}",
            after=facts_of(row),
        )
    return made


def require_new(session: Session, actor: Actor, part: Part, serial: str) -> None:
    """The same question when a serial is scanned: may it come in? Raises Conflict if it is here."""
    row = new(actor.store_id, _identity(part, serial, ""))
    twin = in_series(session, [(row.series, row.serial_key)]).get((row.series, row.serial_key))
    if twin is not None:
        _require_gone(session, actor, twin)


def where(session: Session, component: Component) -> Text | None:
    """Where a component is, in words; None when its supplier has it, or nobody knows it."""
    inside = next(iter(stays(session, component.id)), None)
    if inside is not None and inside[0].until is None:
        return place_label(*inside)
    lying = session.scalar(
        select(Place)
        .join(Balance, Balance.place_id == Place.id)
        .where(Balance.component_id == component.id, Balance.quantity > 0)
    )
    if lying is not None:
        return places.label_of(lying)
    last = session.scalar(
        select(Place)
        .join(Movement, Movement.to_place_id == Place.id)
        .where(Movement.component_id == component.id)
        .order_by(Movement.id.desc())
        .limit(1)
    )
    if last is None or last.kind is PlaceKind.SUPPLIER:
        return None
    return places.label_of(last)


def _require_gone(session: Session, actor: Actor, twin: Component) -> None:
    if twin.store_id != actor.store_id:
        raise already_known(actor, twin)
    there = where(session, twin)
    if there is not None:
        raise Conflict(
            msg("{serial} came in before. It is here: {where}.", serial=twin.serial, where=there),
            field="serial",
            link=addresses.component_page(twin.id),
        )


def _identity(part: Part, serial: str, lot: str) -> Identity:
    return Identity(
        read_serial(serial),
        part.slot_class or SlotClass.OTHER,
        part.number,
        maker_id=part.maker_id,
        name=part.name,
        lot=lot,
    )
