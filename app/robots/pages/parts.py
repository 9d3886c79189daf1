"""One robot: the parts in it, as maintained and as built, on any day."""

from datetime import date, datetime

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.identity.guard import SignedIn
from app.kernel.errors import Refused
from app.kernel.text import Text
from app.robots import addresses, insides, queries
from app.robots.insides import CHANGE_LABELS, CHANGE_TONES, Inside
from app.robots.pages.passport import asked_robot, frame
from app.robots.slotforms import end_of, read_day
from app.robots.slotnames import CLASS_LABELS
from app.web.forms import problems_of
from app.web.rendering import render
from app.web.sessions import ReadSession
from app.web.viewer import viewer_of

router = APIRouter(prefix="/robots")


@router.get("/{serial:path}/parts")
@router.get("/unit/parts")
def show_parts(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    *,
    serial: str,
    maker: str = "",
    at: str = "",
    show: str = "",
) -> Response:
    """What is inside, changed parts first; `at` is a day, `show=changes` only what differs."""
    row = asked_robot(session, actor, serial, maker)
    day, problems = _day(at)
    moment = _moment(request, day)
    inside = insides.view(session, row.unit, at=moment)
    noted = queries.components(session, row.unit.id) if not moment else []
    page = frame(session, actor, row, maker=maker, tab="parts")
    page |= shown(inside, maker=maker, serial=row.unit.serial)
    page |= {
        "noted": insides.only_on_note(inside, noted),
        "day": day,
        "at": at,
        "only_changes": show == "changes",
        "problems": problems,
        "address_of": lambda **query: addresses.page_below(
            row.unit.serial, "parts", maker=maker, **query
        ),
    }
    return render(request, "robots/parts.html", **page)


def shown(inside: Inside, *, serial: str, maker: str) -> dict[str, object]:
    """What templates need to say of slots."""
    return {
        "inside": inside,
        "change_labels": CHANGE_LABELS,
        "change_tones": CHANGE_TONES,
        "class_labels": CLASS_LABELS,
        "slot_page": lambda path: addresses.page_below(serial, "slots", path, maker=maker),
        "component_page": addresses.component_page,
    }


def _day(at: str) -> tuple[date | None, dict[str, Text]]:
    try:
        return read_day(at, "at"), {}
    except Refused as refusal:
        return None, problems_of(refusal)


def _moment(request: Request, day: date | None) -> datetime | None:
    viewer = viewer_of(request)
    return end_of(day, viewer.zone if viewer else "UTC") if day else None
