"""Tickets that are worked on where the robot stands: the address, and the way there."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.customers.events import CustomerErased
from app.customers.models import Customer
from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, Refused
from app.kernel.money import Money
from app.kernel.text import msg
from app.service import estimates, hands, lines, tickets
from app.service.estimate_models import EstimateLine, LineKind
from app.service.lineitems import LineInput
from app.service.models import Ticket
from app.service.planning_models import TicketVisit
from app.web.forms import Reading

_LONGEST_ADDRESS = 1_000
_LONGEST_LINE = 200


@dataclass(frozen=True, slots=True)
class VisitInput:
    """Where the robot stands, and who opens the door there."""

    address: str
    contact: str = ""


def go_there(session: Session, actor: Actor, ticket: Ticket, typed: VisitInput) -> TicketVisit:
    """The ticket is worked on at this address, or from now on at another one."""
    actor.require("service.plan")
    tickets.require_open(ticket)
    seen = Reading()
    address = seen.text("address", typed.address, most=_LONGEST_ADDRESS, required=True)
    contact = seen.text("contact", typed.contact, most=_LONGEST_LINE)
    seen.done()
    row = of_ticket(session, ticket)
    before = _told(row) if row else None
    if row is None:
        row = TicketVisit(ticket_id=ticket.id, address="", made_at=clock.now(), made_by=actor.name)
        session.add(row)
    row.address, row.contact = address, contact
    session.flush()
    if before is None:
        said = msg("{number}: worked on where it stands", number=tickets.label(ticket))
        hands.put_right(session, actor, ticket, why=said, link=tickets.page(ticket))
    audit.record(
        session,
        actor,
        "ticket.on_site",
        subject=tickets.reference(ticket),
        before=before,
        after=_told(row),
    )
    return row


def stay_here(session: Session, actor: Actor, ticket: Ticket) -> None:
    """The robot comes to the workshop after all. Raises Conflict where it was to anyway."""
    actor.require("service.plan")
    tickets.require_open(ticket)
    row = of_ticket(session, ticket)
    if row is None:
        raise Conflict(msg("{number} is not on site.", number=tickets.label(ticket)))
    before = _told(row)
    session.delete(row)
    session.flush()
    said = msg("{number}: taken along to the workshop", number=tickets.label(ticket))
    hands.put_right(session, actor, ticket, why=said, link=tickets.page(ticket))
    audit.record(
        session, actor, "ticket.in_workshop", subject=tickets.reference(ticket), before=before
    )


def _told(row: TicketVisit) -> dict[str, object]:
    """For the audit, which never forgets: that somebody is named, not who and where."""
    return {"address": bool(row.address), "contact": bool(row.contact)}


def add_travel(
    session: Session, actor: Actor, ticket: Ticket, *, price: Money, description: str
) -> EstimateLine:
    """The way there as a line of the ticket's estimate; payers may be set there as for any line.

    Raises Conflict where the ticket is not on site, or no estimate can be written now.
    """
    if of_ticket(session, ticket) is None:
        raise Conflict(msg("{number} is not on site.", number=tickets.label(ticket)))
    if price.minor <= 0:
        raise Refused(msg("Say what the way there costs."), field="price")
    said = Reading()
    text = said.text("description", description, most=_LONGEST_LINE, required=True)
    said.done()
    sheet = estimates.draft(session, actor, ticket)
    typed = LineInput(kind=LineKind.FREIGHT, description=text, price=price)
    return lines.add(session, actor, sheet, typed)


def of_ticket(session: Session, ticket: Ticket) -> TicketVisit | None:
    """Where a ticket is worked on; None: in the workshop."""
    return session.scalar(select(TicketVisit).where(TicketVisit.ticket_id == ticket.id))


def address_of(customer: Customer | None) -> str:
    """The customer's own address, as a visit begins with it."""
    if customer is None:
        return ""
    town = f"{customer.postcode} {customer.city}".strip()
    return "\n".join(line for line in (customer.street, town) if line)


def on_customer_erased(session: Session, event: CustomerErased) -> None:
    """Where somebody lives goes with them."""
    theirs = select(Ticket.id).where(Ticket.customer_id == event.customer_id)
    session.execute(
        update(TicketVisit).where(TicketVisit.ticket_id.in_(theirs)).values(address="", contact="")
    )


def told(session: Session, ticket_ids: Collection[int]) -> dict[int, tuple[str, str]]:
    """Address and contact by ticket, for the copy of a customer's data."""
    rows = session.execute(
        select(TicketVisit.ticket_id, TicketVisit.address, TicketVisit.contact).where(
            TicketVisit.ticket_id.in_(ticket_ids)
        )
    )
    return {ticket_id: (address, contact) for ticket_id, address, contact in rows}
