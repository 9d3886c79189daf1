"""What the maker pays of a ticket: the warranty of its robot and of each slot that was diagnosed.

A ticket's page and its estimate fetch it once they are there.
"""

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.identity.guard import SignedIn
from app.robots import addresses, warrantycover
from app.robots.slotnames import name_of
from app.robots.verdictwords import VERDICT_LABELS, VERDICT_TONES
from app.service import proposals, tickets
from app.service.pages.asked import asked_ticket, frame
from app.web.rendering import is_htmx, render
from app.web.sessions import ReadSession
from app.web.wire import Number

router = APIRouter(prefix="/service/tickets")


@router.get("/{number}/warranty")
def show_verdicts(
    request: Request, session: ReadSession, actor: SignedIn, *, number: Number
) -> Response:
    ticket = asked_ticket(session, actor, number)
    cover = warrantycover.cover_of(session, actor, ticket.unit)
    page = addresses.page_below(ticket.unit.serial, "warranty")
    faulty = {one.slot_path for one in proposals.faults(session, ticket)}
    around = {} if is_htmx(request) else frame(session, actor, ticket, tab="")
    return render(
        request,
        "service/warranty.html",
        block="verdicts",
        robot=cover.robot,
        slots=[
            (name_of(one.slot.path), one.verdict, f"{page}?slot={one.slot.path}")
            for one in cover.slots
            if one.slot.path in faulty
        ],
        warranty_page=page,
        verdicts=VERDICT_LABELS,
        tones=VERDICT_TONES,
        **(around or {"here": tickets.page(ticket)}),
    )
