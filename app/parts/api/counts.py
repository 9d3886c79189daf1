"""Stocktakes as JSON: begun, counted blind, approved by whoever may."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from app.identity.guard import ApiReading, ApiWriting
from app.kernel.actor import Actor
from app.kernel.errors import Forbidden
from app.kernel.quantity import MOST
from app.kernel.text import msg
from app.parts import catalogue, counting, countlists, counts, differences, places
from app.parts.api.ledgershapes import Lot, Serial
from app.parts.count_models import CountLine, CountPlace, CountState, StockCount
from app.parts.countlists import CountRow
from app.parts.counts import Spot
from app.web.idempotent import once
from app.web.problems import refusals, refusals_of_writing
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import Cursor, MoneyOut, Number, PageOut, Sent, Words

router = APIRouter(prefix="/api/v1/stock/counts", tags=["stock"])

_Code = Annotated[str, Field(min_length=1, max_length=40, description="A place's code.")]
_PartNumber = Annotated[str, Field(min_length=1, max_length=64, description="The part's number.")]


class CountIn(Sent):
    """A room stands for the bins in it."""

    places: Annotated[list[_Code], Field(min_length=1, max_length=counts.MOST_PLACES)]
    title: Words = ""


class EntryIn(Sent):
    """Pieces seen in a bin, on top of what was counted there before."""

    place: _Code
    part: _PartNumber
    quantity: Annotated[int, Field(ge=1, le=MOST)] = 1
    lot: Lot = ""
    serial: Serial = ""


class BinIn(Sent):
    place: _Code


class NoteIn(Sent):
    note: Words = ""


class WhyIn(Sent):
    reason: Words


class CountOut(BaseModel):
    """`found` and `missing` are what the booked differences were worth."""

    number: int
    title: str
    state: CountState
    bins: int
    finished: int
    started_at: datetime
    started_by: str
    ended_at: datetime | None
    ended_by: str
    found: MoneyOut
    missing: MoneyOut


class BinOut(BaseModel):
    place: str
    lines: int
    round: int
    finished_at: datetime | None
    finished_by: str


class CountWholeOut(CountOut):
    places: list[BinOut]


class LineOut(BaseModel):
    """What was counted; what was expected is not told here."""

    part: str
    lot: str
    serial: str
    counted: int
    by: str
    at: datetime


class DifferenceOut(LineOut):
    """`moved`: pieces came or went between the first and the last entry; count it again."""

    place: str
    expected: int
    difference: int
    value: MoneyOut
    moved: bool


class DifferencesOut(BaseModel):
    items: list[DifferenceOut]
    found: MoneyOut
    missing: MoneyOut


@router.get("", responses=refusals())
def list_counts(session: ReadSession, actor: ApiReading, cursor: Cursor = "") -> PageOut[CountOut]:
    """Stocktakes, the newest first."""
    page = countlists.listed(session, actor, cursor=cursor or None)
    return PageOut(items=[CountOut(**_facts(row)) for row in page.items], next=page.next)


@router.post("", status_code=201, responses=refusals_of_writing(404))
@once
def start_count(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    sent: CountIn,
) -> CountWholeOut:
    """Begin to count some bins; everybody goes on working meanwhile."""
    chosen = [places.by_code(session, actor, code).id for code in sent.places]
    count = counts.start(session, actor, place_ids=chosen, title=sent.title)
    return _whole(session, actor, count)


@router.get("/{number}", responses=refusals(404))
def get_count(session: ReadSession, actor: ApiReading, number: Number) -> CountWholeOut:
    actor.require("stock.view")
    return _whole(session, actor, counts.by_number(session, actor, number))


@router.post("/{number}/entries", status_code=201, responses=refusals_of_writing(404))
@once
def enter_counted(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    number: Number,
    sent: EntryIn,
) -> LineOut:
    """Pieces that were seen in a bin; what is in the ledger stays unsaid."""
    count, spot = _spot(session, actor, number, sent.place)
    part = catalogue.by_number(session, actor, sent.part)
    line = counting.enter(
        session,
        actor,
        count,
        spot,
        part,
        quantity=sent.quantity,
        lot=sent.lot,
        serial=sent.serial,
    )
    return LineOut(part=part.number, **_line(line))


@router.post("/{number}/finish", responses=refusals_of_writing(404))
@once
def finish_count_of_bin(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    number: Number,
    sent: BinIn,
) -> CountWholeOut:
    """All of this bin was counted: what nobody saw is missing."""
    count, spot = _spot(session, actor, number, sent.place)
    counting.finish(session, actor, count, spot)
    return _whole(session, actor, count)


@router.post("/{number}/again", responses=refusals_of_writing(404))
@once
def count_bin_again(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    number: Number,
    sent: BinIn,
) -> CountWholeOut:
    """Count this bin once more from the start."""
    count, spot = _spot(session, actor, number, sent.place)
    counts.again(session, actor, count, spot.place_id)
    return _whole(session, actor, count)


@router.get("/{number}/differences", responses=refusals(404))
def list_count_differences(
    session: ReadSession, actor: ApiReading, number: Number
) -> DifferencesOut:
    """What was found otherwise than expected, for who approves it or once it is over."""
    actor.require("stock.view")
    count = counts.by_number(session, actor, number)
    if count.state is CountState.COUNTING and not actor.may("stock.approve"):
        raise Forbidden(msg("Who counts does not see what is expected."))
    found = differences.of(session, actor, count)
    totals = differences.totals(found, differences.currency_of(session, actor))
    return DifferencesOut(
        items=[
            DifferenceOut(
                part=each.part.number,
                place=each.place.code or each.place.name,
                expected=each.line.expected,
                difference=each.difference,
                value=MoneyOut.of(each.value),
                moved=each.line.moved,
                **_line(each.line),
            )
            for each in found
        ],
        found=MoneyOut.of(totals.found),
        missing=MoneyOut.of(totals.missing),
    )


@router.post("/{number}/approve", responses=refusals_of_writing(404))
@once
def approve_count(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    number: Number,
    sent: NoteIn,
) -> CountWholeOut:
    """Book the differences; the stocktake is over."""
    count = counts.by_number(session, actor, number)
    counts.approve(session, actor, count, note=sent.note)
    return _whole(session, actor, count)


@router.post("/{number}/cancel", responses=refusals_of_writing(404))
@once
def cancel_count(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    number: Number,
    sent: WhyIn,
) -> CountWholeOut:
    """Give it up; nothing is booked."""
    count = counts.by_number(session, actor, number)
    counts.cancel(session, actor, count, reason=sent.reason)
    return _whole(session, actor, count)


def _spot(session: Session, actor: Actor, number: int, code: str) -> tuple[StockCount, CountPlace]:
    count = counts.by_number(session, actor, number)
    place = places.by_code(session, actor, code)
    return count, counts.spot_of(session, count, place.id)


def _whole(session: Session, actor: Actor, count: StockCount) -> CountWholeOut:
    row = countlists.row_of(session, actor, count)
    return CountWholeOut(
        places=[_bin(spot) for spot in counts.spots(session, count)], **_facts(row)
    )


def _bin(spot: Spot) -> BinOut:
    return BinOut(
        place=spot.place.code or spot.place.name,
        lines=spot.lines,
        round=spot.row.round,
        finished_at=spot.row.finished_at,
        finished_by=spot.row.finished_by,
    )


def _facts(row: CountRow) -> dict[str, object]:
    count = row.count
    return {
        "number": count.number,
        "title": count.title,
        "state": count.state,
        "bins": row.bins,
        "finished": row.finished,
        "started_at": count.started_at,
        "started_by": count.started_by,
        "ended_at": count.ended_at,
        "ended_by": count.ended_by,
        "found": MoneyOut.of(row.found),
        "missing": MoneyOut.of(row.missing),
    }


def _line(line: CountLine) -> dict[str, object]:
    return {
        "lot": line.lot,
        "serial": line.serial,
        "counted": line.counted,
        "by": line.by,
        "at": line.last_at,
    }
