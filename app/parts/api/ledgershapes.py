"""What the store room says and hears as JSON: places, lines of the ledger, what names a piece."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.kernel.errors import NotFound, Refused
from app.kernel.quantity import MOST
from app.kernel.searchkeys import bare_key
from app.kernel.text import msg
from app.parts import arrivals, places
from app.parts.ledgerlines import Line
from app.parts.models import Part, Place, PlaceKind
from app.robots import components
from app.robots.slot_models import Component
from app.web.wire import MoneyOut

Number = Annotated[str, Field(min_length=1, max_length=64, description="The part's number.")]
Where = Annotated[
    str,
    Field(
        max_length=40,
        description="A place's code, or `kind:bench` for the store's standard place of a kind.",
    ),
]
Pieces = Annotated[int, Field(ge=1, le=MOST)]
Serial = Annotated[
    str, Field(max_length=100, description="Of the component, where the part is kept by serial.")
]
Lot = Annotated[str, Field(max_length=100, description="Where the part is kept by lot.")]


class PlaceOut(BaseModel):
    id: int
    kind: PlaceKind
    name: str
    code: str
    room: int | None = Field(description="The room that it lies in.")


class MovementOut(BaseModel):
    """`value` is the cost of all pieces; `stock_change` and `value_change` what it changed in all
    places of the store together, nothing for a move between two of them.
    """

    id: int
    part: str
    quantity: int
    start: PlaceOut
    end: PlaceOut
    serial: str
    lot: str
    value: MoneyOut
    stock_change: int
    value_change: MoneyOut
    at: datetime
    by: str
    reason: str
    reference: str
    reverses: int | None


def place_out(place: Place) -> PlaceOut:
    return PlaceOut(
        id=place.id, kind=place.kind, name=place.name, code=place.code, room=place.parent_id
    )


def line_out(line: Line, currency: str) -> MovementOut:
    movement = line.movement
    return MovementOut(
        id=movement.id,
        part=line.part.number,
        quantity=movement.quantity,
        start=place_out(line.start),
        end=place_out(line.end),
        serial=line.component.serial if line.component else "",
        lot=movement.lot,
        value=MoneyOut.minor(movement.value_minor, currency),
        stock_change=movement.stock_change,
        value_change=MoneyOut.minor(movement.value_change, currency),
        at=movement.at,
        by=movement.actor,
        reason=movement.reason,
        reference=movement.reference,
        reverses=movement.reverses_id,
    )


def place_of(session: Session, actor: Actor, where: str, *, field: str = "place") -> Place:
    """A place by its code, or the standard one of a kind."""
    prefix, _, word = where.partition(":")
    if prefix != "kind" or not word:
        return places.by_code(session, actor, where, field=field)
    if word not in set(PlaceKind) or word == PlaceKind.ROOM:
        raise NotFound(msg("No place {code}.", code=where), field=field)
    return places.standard(session, actor.store_id, PlaceKind(word))


def component_of(
    session: Session, actor: Actor, part: Part, serial: str, *, lot: str = "", is_new: bool
) -> Component | None:
    """The component that is meant; one that comes in may be unknown yet."""
    if not serial:
        return None
    if is_new:
        return next(iter(arrivals.components(session, actor, [(part, serial, lot)]).values()))
    return component_found(session, actor, serial, part)


def component_found(session: Session, actor: Actor, serial: str, part: Part | None) -> Component:
    """The one component with this serial, of this part if that is said."""
    alike = [
        one
        for one in components.find(session, actor, serial)
        if part is None or bare_key(one.part_number) == bare_key(part.number)
    ]
    if not alike:
        raise NotFound(msg("No component {serial}.", serial=serial), field="serial")
    if len(alike) > 1:
        raise Refused(
            msg("Several components have the serial {serial}. Say the part.", serial=serial),
            field="part",
        )
    return alike[0]
