"""One robot: its passport."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.identity.guard import SignedIn
from app.kernel.actor import Actor
from app.kernel.money import Money
from app.robots import addresses, makers, queries, registry, timeline
from app.robots.queries import RobotRow
from app.robots.states import CUSTODY_LABELS, HOLDING_LABELS
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
    actor.require("robots.view")
    maker_id = makers.maker_called(session, maker).id if maker else None
    try:
        unit = registry.by_serial(session, actor, serial, maker_id=maker_id)
    except registry.SharedSerial:
        found = registry.find_by_code(session, actor, serial)
        rows = queries.of_ids(session, actor, [unit.id for unit in found])
        return render(request, "robots/chooser.html", rows=rows)
    (row,) = queries.of_ids(session, actor, [unit.id])
    return render(
        request,
        "robots/robot.html",
        block="timeline",
        row=row,
        unit=row.unit,
        components=queries.components(session, unit.id),
        lines=timeline.of_unit(session, unit.id, cursor=before or None, most=_LINES_SHOWN),
        before=before,
        here=addresses.robot_page(unit.serial, maker=maker),
        inspection=addresses.inspection_page(unit.serial, maker=maker),
        holder_page=addresses.owner_page(row.claim.owner) if row.claim else "",
        holding=HOLDING_LABELS[unit.holding],
        custody=CUSTODY_LABELS[unit.custody],
        cost=_cost(actor, row),
    )


def _cost(actor: Actor, row: RobotRow) -> Money | None:
    """What the store paid: for those alone who may change the robot's record."""
    return Money(row.unit.cost_minor, row.unit.currency) if actor.may("robots.edit") else None
