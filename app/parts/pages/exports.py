"""Tables to take along, as CSV or XLSX."""

from datetime import timedelta

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.identity.guard import SignedIn
from app.kernel import clock
from app.kernel.errors import NotFound, StoreError
from app.kernel.text import Text, msg
from app.parts.exports import TABLES, Period
from app.parts.pages import tablefiles
from app.robots.daytext import read_day
from app.stores import desk
from app.stores.models import Store
from app.web.errors import status_of
from app.web.forms import problems_of
from app.web.rendering import render
from app.web.sessions import ReadSession

router = APIRouter(prefix="/parts/export")

_DAYS = 30


@router.get("")
def show_tables(request: Request, session: ReadSession, actor: SignedIn) -> Response:
    actor.require("stock.view")
    store = desk.store_of(session, actor.store_id)
    today = desk.business_day_of(store)
    return _page(
        request, since=(today - timedelta(days=_DAYS)).isoformat(), until=today.isoformat()
    )


@router.get("/{name}.{kind}")
def save_table(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    *,
    name: str,
    kind: str,
    since: str = "",
    until: str = "",
) -> Response:
    """One table; `since` and `until` are days, the last one included."""
    actor.require("stock.view")
    table = TABLES.get(name)
    if table is None:
        raise NotFound(msg("There is no such file."))
    try:
        period = _period(desk.store_of(session, actor.store_id), since, until)
        return tablefiles.answer(
            kind, name=name, titles=table.titles, rows=table.rows(session, actor, period)
        )
    except NotFound:
        raise
    except StoreError as refusal:
        return _page(
            request,
            since=since,
            until=until,
            problems=problems_of(refusal),
            status=status_of(refusal),
        )


def _period(store: Store, since: str, until: str) -> Period:
    first, last = read_day(since, field="since"), read_day(until, field="until")
    zone, cut_off = store.zone, store.day_starts_at
    return Period(
        clock.day_bounds(first, zone=zone, cut_off=cut_off)[0] if first else None,
        clock.day_bounds(last, zone=zone, cut_off=cut_off)[1] if last else None,
    )


def _page(
    request: Request,
    *,
    since: str,
    until: str,
    problems: dict[str, Text] | None = None,
    status: int = 200,
) -> Response:
    return render(
        request,
        "parts/export.html",
        status=status,
        tables=TABLES,
        since=since,
        until=until,
        problems=problems or {},
    )
