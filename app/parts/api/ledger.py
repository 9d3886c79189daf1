"""Stock as JSON: the ledger, what is promised, places, and what all of it is worth."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from app.identity.guard import ApiReading, ApiWriting
from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.errors import Refused
from app.kernel.text import msg
from app.parts import (
    catalogue,
    ledgerlines,
    moving,
    places,
    stock,
    valuation,
)
from app.parts.api.ledgershapes import (
    Lot,
    MovementOut,
    Number,
    Pieces,
    PlaceOut,
    Serial,
    Where,
    component_found,
    component_of,
    line_out,
    place_of,
    place_out,
)
from app.parts.ledgerlines import Wanted
from app.parts.models import VALUED, PlaceKind
from app.stores import desk
from app.stores.models import Store
from app.web.idempotent import once
from app.web.problems import refusals, refusals_of_writing
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import Cursor, MoneyOut, PageOut, PriceIn, RowId, Sent, Words

router = APIRouter(prefix="/api/v1/stock", tags=["stock"])


class PlacesOut(BaseModel):
    items: list[PlaceOut]


class PlaceIn(Sent):
    kind: PlaceKind = Field(strict=False)
    name: Annotated[str, Field(max_length=64)]
    code: Annotated[str, Field(max_length=32, description="What its label says.")] = ""
    room: Annotated[int | None, Field(ge=1, le=2**63 - 1)] = None


class MoveIn(Sent):
    """Pieces that go from one place to another, or come from a supplier: then `cost` is of one."""

    part: Number
    quantity: Pieces = 1
    start: Where = ""
    end: Where
    serial: Serial = ""
    lot: Lot = ""
    cost: PriceIn | None = None
    reason: Words = ""
    reference: Annotated[str, Field(max_length=64)] = ""


class WhyIn(Sent):
    reason: Words


class WorthOut(BaseModel):
    part: str
    name: str
    quantity: int
    value: MoneyOut


class ValuationOut(BaseModel):
    """What lay in the store's places when the business day was over, and what it had cost."""

    on: date
    quantity: int
    value: MoneyOut
    items: list[WorthOut]
    next: str | None


@router.get("/places", responses=refusals())
def list_places(session: ReadSession, actor: ApiReading) -> PlacesOut:
    """Places in use, by code and name."""
    actor.require("stock.view")
    return PlacesOut(items=[place_out(place) for place in places.listed(session, actor)])


@router.post("/places", status_code=201, responses=refusals_of_writing())
@once
def add_place(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    sent: PlaceIn,
) -> PlaceOut:
    """A room, bin, bench, van, or place for quarantine or transit."""
    return place_out(
        places.add(
            session, actor, kind=sent.kind, name=sent.name, code=sent.code, parent_id=sent.room
        )
    )


@router.get("/movements", responses=refusals(404))
def list_movements(
    session: ReadSession,
    actor: ApiReading,
    *,
    part: Annotated[str, Query(max_length=64)] = "",
    place: Annotated[str, Query(max_length=40)] = "",
    reference: Annotated[str, Query(max_length=64)] = "",
    serial: Annotated[str, Query(max_length=100)] = "",
    cursor: Cursor = "",
) -> PageOut[MovementOut]:
    """The ledger, the newest line first."""
    actor.require("stock.view")
    of = catalogue.by_number(session, actor, part) if part else None
    wanted = Wanted(
        part_id=of.id if of else None,
        place_id=place_of(session, actor, place).id if place else None,
        reference=reference,
        component_id=component_found(session, actor, serial, of).id if serial else None,
    )
    page = ledgerlines.movements(session, actor, wanted, cursor=cursor or None)
    currency = session.get_one(Store, actor.store_id).currency
    return PageOut(items=[line_out(line, currency) for line in page.items], next=page.next)


@router.post("/movements", status_code=201, responses=refusals_of_writing(404))
@once
def move_pieces(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    sent: MoveIn,
) -> MovementOut:
    """From place to place, to scrap, or in from `kind:supplier`. Left out, `start` is where all of
    it lies.
    """
    actor.require("stock.move")
    part = catalogue.by_number(session, actor, sent.part)
    start = place_of(session, actor, sent.start, field="start") if sent.start else None
    end = place_of(session, actor, sent.end, field="end")
    comes_in = start is not None and start.kind is PlaceKind.SUPPLIER
    if sent.cost is not None and not comes_in:
        raise Refused(msg("Only what comes in has a cost of its own."), field="cost")
    if sent.reference and not comes_in:
        raise Refused(msg("Only what comes in has a reference."), field="reference")
    component = component_of(session, actor, part, sent.serial, lot=sent.lot, is_new=comes_in)
    if comes_in:
        if end.kind not in VALUED:
            raise Refused(
                msg("Pieces do not go to {place} by hand.", place=places.label_of(end)),
                field="end",
            )
        line = stock.receive(
            session,
            actor,
            part.id,
            quantity=sent.quantity,
            reason=sent.reason or "received",
            reference=sent.reference,
            place=end,
            lot=sent.lot,
            component=component,
            cost=sent.cost.money() if sent.cost else None,
        )
    else:
        line = moving.move(
            session,
            actor,
            part.id,
            quantity=sent.quantity,
            to=end,
            start=start,
            component_id=component.id if component else None,
            lot=sent.lot,
            reason=sent.reason,
        )
    return _line(session, actor, line.id)


@router.post(
    "/movements/{movement_id}/reverse", status_code=201, responses=refusals_of_writing(404)
)
@once
def reverse_movement(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    movement_id: RowId,
    sent: WhyIn,
) -> MovementOut:
    """The opposite of a line that was wrong; lines are never changed."""
    line = stock.reverse(session, actor, movement_id, reason=sent.reason)
    return _line(session, actor, line.id)


@router.get("/value", responses=refusals())
def show_value(
    session: ReadSession, actor: ApiReading, *, on: date | None = None, cursor: Cursor = ""
) -> ValuationOut:
    """At the end of a business day; of today up to now."""
    actor.require("stock.view")
    day = on or desk.business_day_of(session.get_one(Store, actor.store_id), clock.now())
    before = valuation.end_of(session, actor, day)
    total = valuation.total(session, actor, before=before)
    page = valuation.listed(session, actor, before=before, cursor=cursor or None)
    return ValuationOut(
        on=day,
        quantity=total.quantity,
        value=MoneyOut.of(total.value),
        items=[
            WorthOut(
                part=worth.part.number,
                name=worth.part.name,
                quantity=worth.quantity,
                value=MoneyOut.of(worth.value),
            )
            for worth in page.items
        ],
        next=page.next,
    )


def _line(session: Session, actor: Actor, movement_id: int) -> MovementOut:
    line = ledgerlines.by_id(session, actor, movement_id)
    return line_out(line, session.get_one(Store, actor.store_id).currency)
