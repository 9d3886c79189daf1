"""Who keeps pieces back as JSON: seen, put aside by hand, given back."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from app.identity.guard import ApiReading, ApiWriting
from app.parts import aside, catalogue, ledgerlines
from app.parts.api.ledgershapes import Lot, Number, Pieces, Serial, component_of
from app.parts.ledgerlines import Promise
from app.web.idempotent import once
from app.web.problems import refusals, refusals_of_writing
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import Cursor, PageOut, RowId, Sent

router = APIRouter(prefix="/api/v1/stock/reservations", tags=["stock"])

_MOST_MINUTES = 60 * 24 * 366


class ReservationOut(BaseModel):
    id: int
    part: str
    quantity: int
    serial: str
    lot: str
    owner: str
    holder: str
    made_at: datetime
    expires_at: datetime | None


class ReservationIn(Sent):
    """Kept back by hand for `purpose`, for so many minutes."""

    part: Number
    quantity: Pieces = 1
    serial: Serial = ""
    lot: Lot = ""
    purpose: Annotated[str, Field(min_length=1, max_length=58)]
    minutes: Annotated[int, Field(ge=1, le=_MOST_MINUTES)] = 60


@router.get("", responses=refusals(404))
def list_reservations(
    session: ReadSession,
    actor: ApiReading,
    *,
    part: Annotated[str, Query(max_length=64)] = "",
    owner: Annotated[str, Query(max_length=64, description="As `ticket:T-1001`.")] = "",
    cursor: Cursor = "",
) -> PageOut[ReservationOut]:
    """What is promised now, the newest first."""
    actor.require("stock.view")
    page = ledgerlines.promises(
        session,
        actor,
        part_id=catalogue.by_number(session, actor, part).id if part else None,
        owner=owner,
        cursor=cursor or None,
    )
    return PageOut(items=[promise_out(one) for one in page.items], next=page.next)


@router.post("", status_code=201, responses=refusals_of_writing(404))
@once
def put_aside(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    sent: ReservationIn,
) -> ReservationOut:
    """Keep pieces back for a while."""
    actor.require("stock.move")
    part = catalogue.by_number(session, actor, sent.part)
    component = component_of(session, actor, part, sent.serial, is_new=False)
    promise = aside.put_aside(
        session,
        actor,
        part.id,
        quantity=sent.quantity,
        purpose=sent.purpose,
        minutes=sent.minutes,
        component_id=component.id if component else None,
        lot=sent.lot,
    )
    return promise_out(Promise(promise, part, component))


@router.delete(
    "/{reservation_id}",
    status_code=204,
    responses=refusals_of_writing(404),
    response_class=Response,
)
@once
def give_back_reservation(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    reservation_id: RowId,
) -> Response:
    """Free again. What sales and tickets keep ends there."""
    aside.give_back(session, actor, aside.by_id(session, actor, reservation_id))
    return Response(status_code=204)


def promise_out(promise: Promise) -> ReservationOut:
    kept = promise.reservation
    return ReservationOut(
        id=kept.id,
        part=promise.part.number,
        quantity=kept.quantity,
        serial=promise.component.serial if promise.component else "",
        lot=kept.lot_key,
        owner=kept.owner,
        holder=kept.holder,
        made_at=kept.made_at,
        expires_at=kept.expires_at,
    )
