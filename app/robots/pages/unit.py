"""One robot: the first page of its passport."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.identity.guard import SignedIn
from app.robots import addresses, bodylook, insides, queries, registry, timeline
from app.robots.bodylook import LOOK_LABELS, Look
from app.robots.pages.parts import shown
from app.robots.pages.passport import asked_robot, frame
from app.web.rendering import render
from app.web.sessions import ReadSession

router = APIRouter(prefix="/robots")

_LINES_SHOWN = 12
_PARTS_SHOWN = 8


@router.get("/unit")
def show_named_robot(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    *,
    serial: str = "unit",
    maker: str = "",
    before: str = "",
    look: str = "",
) -> Response:
    """A robot whose serial cannot stand in the path (`..`, `models`); see `addresses`."""
    return show_robot(request, session, actor, serial=serial, maker=maker, before=before, look=look)


@router.get("/{serial:path}")
def show_robot(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    *,
    serial: str,
    maker: str = "",
    before: str = "",
    look: str = "",
) -> Response:
    """A robot by serial; where two makers share it, the choice between them."""
    try:
        row = asked_robot(session, actor, serial, maker)
    except registry.SharedSerial:
        found = registry.find_by_code(session, actor, serial)
        rows = queries.of_ids(session, actor, [unit.id for unit in found])
        return render(request, "robots/chooser.html", rows=rows)
    inside = insides.view(session, row.unit)
    chosen = Look(look) if look in set(Look) else Look.FITTED
    page = frame(session, actor, row, maker=maker, tab="")
    page |= shown(inside, serial=row.unit.serial, maker=maker)
    page |= {
        "body": bodylook.body(session, row.unit, inside, chosen),
        "looks": _looks(row.unit.serial, chosen, maker=maker),
        "first_parts": inside.changed_first[:_PARTS_SHOWN],
        "noted": [] if inside.plan else queries.components(session, row.unit.id),
        "lines": timeline.of_unit(session, row.unit.id, cursor=before or None, most=_LINES_SHOWN),
        "before": before,
    }
    return render(request, "robots/robot.html", block="timeline", **page)


def _looks(serial: str, chosen: Look, *, maker: str) -> list[dict[str, object]]:
    """The ways to look at a body, as links to the same page."""
    return [
        {
            "href": addresses.page_below(serial, maker=maker, look=look),
            "label": label,
            "current": look is chosen,
        }
        for look, label in LOOK_LABELS.items()
    ]
