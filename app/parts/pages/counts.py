"""Stocktakes: the list, one of them with its bins and differences, and what is done with it."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity.guard import Acting, SignedIn
from app.kernel.actor import Actor
from app.kernel.errors import NotFound, StoreError
from app.kernel.quantity import row_number
from app.kernel.searchkeys import clean
from app.kernel.text import Text, msg
from app.parts import addresses, countlists, counts, differences, places, putaway, scanned
from app.parts.count_models import CountState, StockCount
from app.parts.countforms import CodeForm, NoteForm, WhyForm
from app.parts.models import Place, PlaceKind
from app.parts.pages import tablefiles
from app.parts.pages.going import go
from app.web.errors import status_of
from app.web.forms import problems_of
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession
from app.web.submitted import Submitted
from app.web.wire import Number, RowId

router = APIRouter(prefix="/parts/counts")

_CHOSEN = "place-"


@router.get("")
def list_counts(
    request: Request, session: ReadSession, actor: SignedIn, cursor: str = ""
) -> Response:
    page = countlists.listed(session, actor, cursor=cursor or None)
    return render(request, "parts/counts.html", page=page, cursor=cursor)


@router.get("/new")
def ask_count(request: Request, session: ReadSession, actor: SignedIn) -> Response:
    actor.require("stock.count")
    return _ask(request, session, actor)


@router.post("/new")
@once
def start_count(
    request: Request, session: WriteSession, actor: Acting, form: Submitted
) -> Response:
    chosen = {
        place_id
        for name in form.values
        if name.startswith(_CHOSEN)
        and (place_id := row_number(name.removeprefix(_CHOSEN))) is not None
    }
    title = form.values.get("title", "")
    try:
        count = counts.start(session, actor, place_ids=chosen, title=title)
    except StoreError as refusal:
        session.rollback()
        return _ask(request, session, actor, title=title, chosen=chosen, refusal=refusal)
    return RedirectResponse(counts.page_of(count), 303)


@router.get("/{number}")
def show_count(request: Request, session: ReadSession, actor: SignedIn, number: Number) -> Response:
    actor.require("stock.view")
    return _page(request, session, actor, counts.by_number(session, actor, number))


@router.post("/{number}/open")
def open_bin(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    form: Annotated[CodeForm, Form()],
) -> Response:
    """The scan of a bin leads to its counting screen."""
    actor.require("stock.count")
    count = counts.by_number(session, actor, number)
    place = putaway.place_called(session, actor, scanned.read(form.code).text)
    if place is None:
        raise NotFound(msg("No place {code}.", code=clean(form.code)[:60]), field="code")
    counts.spot_of(session, count, place.id)
    return go(request, f"{counts.page_of(count)}/bins/{place.id}")


@router.get("/{number}/differences.{kind}")
def save_differences(
    request: Request,  # noqa: ARG001 - not needed for a file
    session: ReadSession,
    actor: SignedIn,
    *,
    number: Number,
    kind: str,
) -> Response:
    """The list of differences as CSV or XLSX, for who may see what was expected."""
    count = counts.by_number(session, actor, number)
    if count.state is CountState.COUNTING:
        actor.require("stock.approve")
    actor.require("stock.view")
    found = differences.of(session, actor, count)
    return tablefiles.answer(
        kind,
        name=f"{counts.label_of(count)}-differences",
        titles=differences.titles(),
        rows=(differences.cells(each) for each in found),
    )


@router.post("/{number}/bins/{place_id}/again")
@once
def count_again(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    place_id: RowId,
    form: Submitted,  # noqa: ARG001 - `once` reads its token
) -> Response:
    def act(count: StockCount) -> None:
        counts.again(session, actor, count, place_id)

    return _act(request, session, actor, number, act)


@router.post("/{number}/approve")
@once
def approve(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    form: Annotated[NoteForm, Form()],
) -> Response:
    def act(count: StockCount) -> None:
        counts.approve(session, actor, count, note=form.note)

    return _act(request, session, actor, number, act, typed=form.typed())


@router.post("/{number}/cancel")
@once
def cancel(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    form: Annotated[WhyForm, Form()],
) -> Response:
    def act(count: StockCount) -> None:
        counts.cancel(session, actor, count, reason=form.reason)

    return _act(request, session, actor, number, act, typed=form.typed())


def _act(
    request: Request,
    session: Session,
    actor: Actor,
    number: int,
    act: Callable[[StockCount], None],
    *,
    typed: dict[str, str] | None = None,
) -> Response:
    """Do something with a stocktake; a refusal shows its page again with the sentence in it."""
    try:
        act(counts.by_number(session, actor, number))
    except StoreError as refusal:
        session.rollback()
        count = counts.by_number(session, actor, number)
        return _page(request, session, actor, count, refusal=refusal, typed=typed)
    return RedirectResponse(f"/parts/counts/{number}", 303)


def _ask(
    request: Request,
    session: Session,
    actor: Actor,
    *,
    title: str = "",
    chosen: set[int] | None = None,
    refusal: StoreError | None = None,
) -> Response:
    kinds = counts.COUNTED_KINDS | {PlaceKind.ROOM}
    listed = places.listed(session, actor, kinds=kinds)
    return render(
        request,
        "parts/count_new.html",
        status=status_of(refusal) if refusal else 200,
        rooms=_by_room(listed),
        place_label=places.label_of,
        title=title,
        chosen=chosen or set(),
        problems=problems_of(refusal) if refusal else {},
        link=refusal.link if refusal else None,
    )


def _by_room(listed: list[Place]) -> list[tuple[Place | None, list[Place]]]:
    """Bins under the room that they lie in; what lies in none comes last."""
    rooms = {place.id: place for place in listed if place.kind is PlaceKind.ROOM}
    bins: dict[int | None, list[Place]] = {}
    for place in listed:
        if place.kind is not PlaceKind.ROOM:
            room = place.parent_id if place.parent_id in rooms else None
            bins.setdefault(room, []).append(place)
    return [
        (rooms[room] if room is not None else None, inside)
        for room, inside in sorted(bins.items(), key=lambda one: (one[0] is None, one[0] or 0))
    ]


def _page(
    request: Request,
    session: Session,
    actor: Actor,
    count: StockCount,
    *,
    refusal: StoreError | None = None,
    typed: dict[str, str] | None = None,
) -> Response:
    row = countlists.row_of(session, actor, count)
    is_open = count.state is CountState.COUNTING
    problems: dict[str, Text] = problems_of(refusal) if refusal else {}
    shows = actor.may("stock.approve") if is_open else actor.may("stock.view")
    found = (
        differences.of(session, actor, count) if shows and (row.is_counted or not is_open) else []
    )
    return render(
        request,
        "parts/count.html",
        status=status_of(refusal) if refusal else 200,
        row=row,
        count=count,
        spots=counts.spots(session, count),
        place_label=places.label_of,
        part_page=addresses.part_page,
        is_open=is_open,
        shows=shows and (row.is_counted or not is_open),
        found=found[: differences.MOST_SHOWN],
        more=len(found) - differences.MOST_SHOWN,
        totals=differences.totals(found, differences.currency_of(session, actor)),
        unsure=[each for each in found if each.line.moved and is_open],
        problems=problems,
        typed=typed or {},
    )
