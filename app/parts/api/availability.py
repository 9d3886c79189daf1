"""A part's stock as JSON: what is where, who waits, what moved."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel

from app.identity.guard import ApiReading
from app.parts import ledgerlook, partlook, queries, reservations
from app.parts.api.parts import asked
from app.parts.models import PlaceKind
from app.parts.places import label_of
from app.web import paging
from app.web.i18n import speech_of
from app.web.problems import refusals
from app.web.sessions import ReadSession
from app.web.wire import Cursor, PageOut

router = APIRouter(prefix="/api/v1/parts", tags=["parts"])

_Limit = Annotated[int, Query(ge=1, le=paging.MOST)]


class LyingOut(BaseModel):
    """Pieces in one place; of a serialised part some of the serials among them."""

    place: int
    kind: PlaceKind
    label: str
    quantity: int
    serials: list[str]


class PromiseOut(BaseModel):
    """Pieces that somebody waits for; without `until` they are not freed by time."""

    owner: str
    holder: str
    quantity: int
    serial: str
    until: datetime | None


class ComingOut(BaseModel):
    order: int
    supplier: str
    quantity: int
    expected_on: date | None


class AvailabilityOut(BaseModel):
    """`free` is on hand less what is promised; `places` also names what is not handed out."""

    on_hand: int
    reserved: int
    free: int
    incoming: int
    places: list[LyingOut]
    reservations: list[PromiseOut]
    orders: list[ComingOut]


class MovementOut(BaseModel):
    """`change` is what it adds to the pieces in the store, `left` what was left after it."""

    id: int
    at: datetime
    what: str
    start: str
    end: str
    quantity: int
    change: int
    left: int
    serial: str
    lot: str
    reason: str
    reference: str
    actor: str
    reverses: int | None


@router.get("/{number:path}/availability", responses=refusals(404))
def show_availability(
    request: Request, session: ReadSession, actor: ApiReading, number: str
) -> AvailabilityOut:
    """What of a part is where, for whom, and on its way."""
    part = asked(session, actor, number)
    (row,) = queries.of_ids(session, actor, [part.id])
    say = speech_of(request).say
    return AvailabilityOut(
        on_hand=row.on_hand,
        reserved=row.reserved,
        free=row.free,
        incoming=row.incoming.quantity if row.incoming else 0,
        places=[
            LyingOut(
                place=heap.place.id,
                kind=heap.place.kind,
                label=say(heap.label),
                quantity=heap.quantity,
                serials=[component.serial for component in heap.serials],
            )
            for heap in partlook.heaps(session, part)
        ],
        reservations=[
            PromiseOut(
                owner=one.reservation.owner,
                holder=one.reservation.holder,
                quantity=one.reservation.quantity,
                serial=one.component.serial if one.component else "",
                until=one.until,
            )
            for one in reservations.blockers(session, part.id)
        ],
        orders=[
            ComingOut(
                order=one.number, supplier=one.supplier, quantity=one.quantity, expected_on=one.on
            )
            for one in partlook.awaited(session, part)
        ],
    )


@router.get("/{number:path}/movements", responses=refusals(404))
def list_part_movements(
    request: Request,
    session: ReadSession,
    actor: ApiReading,
    *,
    number: str,
    cursor: Cursor | None = None,
    limit: _Limit = paging.PAGE,
) -> PageOut[MovementOut]:
    """A part's ledger, newest first, said in the caller's language."""
    part = asked(session, actor, number)
    page = ledgerlook.movements(session, part, cursor=cursor, most=limit)
    say = speech_of(request).say
    items = [
        MovementOut(
            id=line.movement.id,
            at=line.movement.at,
            what=say(line.what),
            start=say(label_of(line.start)),
            end=say(label_of(line.end)),
            quantity=line.movement.quantity,
            change=line.movement.stock_change,
            left=line.left,
            serial=line.component.serial if line.component else "",
            lot=line.movement.lot,
            reason=line.movement.reason,
            reference=line.movement.reference,
            actor=line.movement.actor,
            reverses=line.movement.reverses_id,
        )
        for line in page.items
    ]
    return PageOut(items=items, next=page.next)
