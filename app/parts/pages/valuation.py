"""What the stock was worth when a day was over."""

from collections.abc import Iterator
from datetime import date

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.identity.guard import SignedIn
from app.kernel.actor import Actor
from app.kernel.errors import StoreError
from app.parts import valuation
from app.parts.addresses import part_page
from app.parts.pages import tablefiles
from app.robots.daytext import read_day
from app.stores import desk
from app.web.errors import status_of
from app.web.forms import problems_of
from app.web.rendering import render
from app.web.sessions import ReadSession

router = APIRouter(prefix="/parts/valuation")

_TITLES = ("part", "name", "quantity", "value", "currency", "on")


@router.get("")
def show_value(
    request: Request, session: ReadSession, actor: SignedIn, on: str = "", cursor: str = ""
) -> Response:
    """Of today up to now; of another day `on` to its end."""
    actor.require("stock.view")
    today = desk.business_day_of(desk.store_of(session, actor.store_id))
    try:
        day = read_day(on, field="on") or today
    except StoreError as refusal:
        return _page(request, session, actor, today, refusal=refusal, on=on)
    return _page(request, session, actor, day, on=day.isoformat(), cursor=cursor)


@router.get("/{day}.{kind}")
def save_value(
    request: Request,  # noqa: ARG001 - as every page
    session: ReadSession,
    actor: SignedIn,
    *,
    day: str,
    kind: str,
) -> Response:
    """The same as a table to take along."""
    actor.require("stock.view")
    today = desk.business_day_of(desk.store_of(session, actor.store_id))
    on = read_day(day, field="on") or today
    return tablefiles.answer(
        kind,
        name=f"stock-value-{on.isoformat()}",
        titles=_TITLES,
        rows=_rows(session, actor, on),
    )


def _rows(session: Session, actor: Actor, on: date) -> Iterator[tuple[str | int, ...]]:
    for worth in valuation.every(session, actor, before=valuation.end_of(session, actor, on)):
        yield (
            worth.part.number,
            worth.part.name,
            worth.quantity,
            worth.value.plain,
            worth.value.currency,
            on.isoformat(),
        )


def _page(
    request: Request,
    session: Session,
    actor: Actor,
    day: date,
    *,
    on: str,
    cursor: str = "",
    refusal: StoreError | None = None,
) -> Response:
    before = valuation.end_of(session, actor, day)
    return render(
        request,
        "parts/valuation.html",
        status=status_of(refusal) if refusal else 200,
        day=day,
        on=on,
        total=valuation.total(session, actor, before=before),
        page=valuation.listed(session, actor, before=before, cursor=cursor or None),
        cursor=cursor,
        part_page=part_page,
        problems=problems_of(refusal) if refusal else {},
    )
