"""What every page of one ticket shares: which is meant, its head, its tabs."""

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity import staff
from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.errors import StoreError
from app.kernel.text import Text, msg
from app.robots import addresses, concerned
from app.service import board, comebacks, promise, queries, tickets
from app.service.models import Ticket
from app.service.states import STATE_LABELS, WAITING_LABELS, TicketState

# The last word of a tab's address, and what is written on it. One for each part of the job.
TABS: list[tuple[str, Text]] = [
    ("", msg("Overview")),
    ("diagnosis", msg("Diagnosis")),
    ("estimate", msg("Estimate")),
    ("work", msg("Work")),
    ("return", msg("Return")),
]
STATE_TONES: dict[TicketState, str] = {
    TicketState.DIAGNOSING: "warn",
    TicketState.ESTIMATED: "hold",
    TicketState.APPROVED: "info",
    TicketState.WAITING_PARTS: "hold",
    TicketState.IN_WORK: "info",
    TicketState.CHECKING: "info",
    TicketState.READY: "ok",
    TicketState.RETURNED: "ok",
    TicketState.CLOSED: "ok",
    TicketState.DECLINED: "bad",
    TicketState.CANCELLED: "bad",
}


def asked_ticket(session: Session, actor: Actor, number: int) -> Ticket:
    """The ticket that an address names; raises NotFound."""
    actor.require("service.view")
    return tickets.by_number(session, actor, number)


def act_on(
    session: Session,
    actor: Actor,
    number: int,
    act: Callable[[Ticket], object],
    *,
    then: str,
    refused: Callable[[Ticket, StoreError], Response],
) -> Response:
    """Let a verb act on a ticket and go on to `then` below its page; refused, show it as it is."""
    ticket = asked_ticket(session, actor, number)
    try:
        act(ticket)
    except StoreError as refusal:
        session.rollback()
        return refused(asked_ticket(session, actor, number), refusal)
    return RedirectResponse(tickets.page(ticket) + then, 303)


def frame(session: Session, actor: Actor, ticket: Ticket, *, tab: str) -> dict[str, Any]:
    """What `service/ticket.html` shows around a tab: three statements."""
    now = clock.now()
    people = staff.of_store(session, actor.store_id)
    technician = next((one.name for one in people if one.id == ticket.technician_id), "")
    here = tickets.page(ticket)
    return {
        "ticket": ticket,
        "label": tickets.label(ticket),
        "title": queries.title_of(ticket),
        "state_label": STATE_LABELS[ticket.state],
        "state_tone": STATE_TONES.get(ticket.state, ""),
        "waits": WAITING_LABELS[ticket.waiting] if ticket.waiting else None,
        "promise": promise.of(ticket, now),
        "now": now,
        "technician": technician,
        "people": [one for one in people if one.disabled_at is None],
        "robot_link": addresses.robot_page(ticket.unit.serial),
        "open_bulletins": concerned.calling(concerned.of_unit(session, ticket.unit)),
        "bulletins_page": addresses.page_below(ticket.unit.serial, "bulletins"),
        "is_open": ticket.ended_at is None,
        "before": ticket.comeback_of,
        "came_back": comebacks.of_ticket(session, ticket) if ticket.ended_at else [],
        "here": here,
        "news": None,
        "stream": f"/live?topics=ticket:{ticket.number}="
        + board.ticket_mark(session, actor, str(ticket.number)),
        "tabs": [
            {
                "href": f"{here}/{word}" if word else here,
                "label": said,
                "current": word == tab,
            }
            for word, said in TABS
        ],
    }
