"""Robots that came back with the same fault, by who repaired them."""

from datetime import timedelta

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.identity.guard import SignedIn
from app.kernel import clock
from app.service import comebacks, queries, tickets
from app.service.pages.faults import PERIODS
from app.web.rendering import render
from app.web.sessions import ReadSession

router = APIRouter(prefix="/service/comebacks")

_DEFAULT = "365"


@router.get("")
def show_comebacks(
    request: Request, session: ReadSession, actor: SignedIn, days: str = _DEFAULT
) -> Response:
    """Of what was closed in a time, how much came back within 90 days."""
    chosen = days if days in PERIODS else _DEFAULT
    since = clock.now() - timedelta(days=PERIODS[chosen][1])
    return render(
        request,
        "service/comebacks.html",
        path="/service/comebacks",
        report=comebacks.report(session, actor, since=since),
        label=tickets.label,
        page_of=tickets.page,
        title_of=queries.title_of,
        periods=[
            {"href": f"/service/comebacks?days={word}", "label": said, "current": word == chosen}
            for word, (said, _) in PERIODS.items()
        ],
    )
