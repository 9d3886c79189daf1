"""The screen on which a bin is counted: scans and typed quantities, and nothing of the ledger."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity.guard import Acting, SignedIn
from app.kernel.actor import Actor
from app.kernel.errors import Refused, StoreError
from app.kernel.quantity import parse_quantity, row_number
from app.kernel.text import Text, msg
from app.parts import counting, counts, places, scanned
from app.parts.count_models import CountLine, CountPlace, StockCount
from app.parts.countforms import CountedForm, CountScanForm
from app.parts.counting import NextBin, Wanted
from app.parts.pages.going import go
from app.web.errors import status_of
from app.web.forms import problems_of
from app.web.idempotent import once
from app.web.rendering import is_htmx, render
from app.web.sessions import ReadSession, WriteSession
from app.web.submitted import Submitted
from app.web.wire import Number, RowId

router = APIRouter(prefix="/parts/counts/{number}/bins/{place_id}")


@router.get("")
def show_bin(
    request: Request, session: ReadSession, actor: SignedIn, *, number: Number, place_id: RowId
) -> Response:
    actor.require("stock.count")
    count, spot = _asked(session, actor, number, place_id)
    return _answer(request, session, count, spot)


@router.post("/scan")
@once
def scan(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    place_id: RowId,
    form: Annotated[CountScanForm, Form()],
) -> Response:
    """One scan; sent twice it counts once."""
    count, spot = _asked(session, actor, number, place_id)
    quantity = scanned.read(form.code).quantity
    if quantity:
        line_id = row_number(form.last)
        if line_id is None:
            raise Refused(msg("Scan the part first, then its quantity."), field="code")
        counted = parse_quantity(quantity, field="code")
        line = counting.put(session, actor, count, spot, line_id, counted=counted)
        return _scanned(request, session, count, spot, line=line)
    done = counting.scan(session, actor, count, spot, form.code, part_id=form.part_id)
    if isinstance(done, NextBin):
        return go(request, f"{counts.page_of(count)}/bins/{done.place.id}")
    if isinstance(done, Wanted):
        return _scanned(request, session, count, spot, awaited=done)
    # the next serial of the same new part needs no second scan of the part
    keeps = Wanted(done.part) if form.part_id == done.part.id and done.line.serial_key else None
    return _scanned(request, session, count, spot, line=done.line, awaited=keeps)


@router.post("/lines/{line_id}")
@once
def put_counted(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    place_id: RowId,
    line_id: RowId,
    form: Annotated[CountedForm, Form()],
) -> Response:
    """What was counted of a line, typed."""
    count, spot = _asked(session, actor, number, place_id)
    try:
        line = counting.put(session, actor, count, spot, line_id, counted=form.read(line_id))
    except Refused as refusal:
        session.rollback()
        count, spot = _asked(session, actor, number, place_id)
        return _answer(
            request,
            session,
            count,
            spot,
            typed={line_id: form.counted},
            refusal=refusal,
        )
    if not is_htmx(request):
        return RedirectResponse(str(request.url.path).partition("/lines/")[0], 303)
    return _answer(request, session, count, spot, line=line)


@router.post("/finish")
@once
def finish(
    request: Request,  # noqa: ARG001 - `once` reads its key
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    place_id: RowId,
    form: Submitted,  # noqa: ARG001 - `once` reads its token
) -> Response:
    """All of the bin was counted; on to the stocktake and its next bin."""
    count, spot = _asked(session, actor, number, place_id)
    counting.finish(session, actor, count, spot)
    return RedirectResponse(counts.page_of(count), 303)


def _asked(
    session: Session, actor: Actor, number: int, place_id: int
) -> tuple[StockCount, CountPlace]:
    count = counts.by_number(session, actor, number)
    return count, counts.spot_of(session, count, place_id)


def _scanned(
    request: Request,
    session: Session,
    count: StockCount,
    spot: CountPlace,
    *,
    line: CountLine | None = None,
    awaited: Wanted | None = None,
) -> Response:
    if not is_htmx(request):
        return RedirectResponse(str(request.url.path).removesuffix("/scan"), 303)
    response = _answer(request, session, count, spot, line=line, awaited=awaited)
    response.headers["X-Scan"] = "hit"
    return response


def _answer(
    request: Request,
    session: Session,
    count: StockCount,
    spot: CountPlace,
    *,
    line: CountLine | None = None,
    awaited: Wanted | None = None,
    typed: dict[int, str] | None = None,
    refusal: StoreError | None = None,
) -> Response:
    lines = counting.lines_of(session, spot)
    problems: dict[str, Text] = problems_of(refusal) if refusal else {}
    last = line or (lines[0] if lines and not awaited else None)
    return render(
        request,
        "parts/counting.html",
        block="answer",
        status=status_of(refusal) if refusal else 200,
        count=count,
        label=counts.label_of(count),
        page=counts.page_of(count),
        spot=spot,
        here=f"{counts.page_of(count)}/bins/{spot.place_id}",
        place=places.label_of(spot.place),
        lines=lines,
        last=last,
        just=line,
        awaited=awaited,
        pieces=sum(one.counted for one in lines),
        typed=typed or {},
        problems=problems,
        fragment=is_htmx(request),
    )
