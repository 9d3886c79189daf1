"""One robot: the first page of its passport."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.identity.guard import SignedIn
from app.robots import queries, registry, timeline
from app.robots.pages.passport import asked_robot, frame
from app.web.rendering import render
from app.web.sessions import ReadSession

router = APIRouter(prefix="/robots")

_LINES_SHOWN = 20


@router.get("/unit")
def show_named_robot(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    *,
    serial: str = "unit",
    maker: str = "",
    before: str = "",
) -> Response:
    """A robot whose serial cannot stand in the path (`..`, `models`); see `addresses`."""
    return show_robot(request, session, actor, serial=serial, maker=maker, before=before)


@router.get("/{serial:path}")
def show_robot(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    *,
    serial: str,
    maker: str = "",
    before: str = "",
) -> Response:
    """A robot by serial; where two makers share it, the choice between them."""
    try:
        row = asked_robot(session, actor, serial, maker)
    except registry.SharedSerial:
        found = registry.find_by_code(session, actor, serial)
        rows = queries.of_ids(session, actor, [unit.id for unit in found])
        return render(request, "robots/chooser.html", rows=rows)
    return render(
        request,
        "robots/robot.html",
        block="timeline",
        components=queries.components(session, row.unit.id),
        lines=timeline.of_unit(session, row.unit.id, cursor=before or None, most=_LINES_SHOWN),
        before=before,
        **frame(session, actor, row, maker=maker, tab=""),
    )
