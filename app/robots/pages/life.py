"""One robot: everything that ever happened to it."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.identity.guard import SignedIn
from app.kernel.text import Text, msg
from app.robots import addresses, timeline
from app.robots.pages.passport import asked_robot, frame
from app.robots.states import UnitState
from app.web.rendering import render
from app.web.sessions import ReadSession

router = APIRouter(prefix="/robots")
# The decorator nearest to its function is asked first: so `/unit/…` is never read as a serial.

# What can be chosen: its word in the address, its label, and the kinds of lines that it shows.
FILTERS: dict[str, tuple[Text, tuple[str, ...]]] = {
    "": (msg("Everything"), ()),
    "states": (msg("Sale and stock"), (*UnitState, "owner", "inspection", "registered", "data")),
    "service": (msg("Workshop"), ("service",)),
    "loans": (msg("Loans"), ("loan",)),
    "parts": (msg("Parts"), ("part",)),
    "versions": (msg("Versions"), ("firmware",)),
    "counters": (msg("Counters"), ("counter", "fall")),
    "duties": (
        msg("Warranty and duties"),
        ("bulletin", "evidence", "contract", "document", "data"),
    ),
}


@router.get("/{serial:path}/timeline")
@router.get("/unit/timeline")
def show_life(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    *,
    serial: str,
    maker: str = "",
    show: str = "",
    before: str = "",
) -> Response:
    row = asked_robot(session, actor, serial, maker)
    chosen = show if show in FILTERS else ""
    lines = timeline.of_unit(session, row.unit.id, kinds=FILTERS[chosen][1], cursor=before or None)
    page = frame(session, actor, row, maker=maker, tab="timeline")

    def address(word: str) -> str:
        return addresses.page_below(row.unit.serial, "timeline", maker=maker, show=word)

    kinds = [
        {"href": address(word), "label": label, "current": word == chosen}
        for word, (label, _) in FILTERS.items()
    ]
    mark = timeline.mark(session, actor, str(row.unit.id))
    page |= {"stream": f"/live?topics=robot:{row.unit.id}={mark}"}
    page |= {"kinds": kinds, "lines": lines, "before": before, "here": address(chosen)}
    return render(request, "robots/timeline.html", block="timeline", **page)
