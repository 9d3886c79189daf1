"""What a customer's page, copy of data and erasure take from service."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.customers.events import CustomerErased
from app.customers.models import Customer
from app.customers.panels import Panel, PanelRow
from app.kernel.actor import Actor
from app.kernel.errors import Refused
from app.kernel.text import msg
from app.service import changes, queries, tickets, visits
from app.service.models import Ticket, TicketNote, TicketPhoto
from app.service.queries import Wanted
from app.service.states import ENDED, STATE_LABELS

_MOST_ROWS = 50


def panel(session: Session, actor: Actor, customer: Customer) -> Panel:
    """The customer's tickets, newest first."""
    rows = []
    if actor.may("service.view"):
        wanted = Wanted(customer_id=customer.id)
        rows = list(queries.listed(session, actor, wanted, most=_MOST_ROWS).items)
    return Panel(
        title=msg("Workshop"),
        nothing=msg("No robot of this customer was in service yet."),
        rows=[
            PanelRow(
                name=row.label,
                href=row.page,
                facts=(row.ticket.made_at, row.serial, row.title),
                state=(
                    STATE_LABELS[row.ticket.state],
                    "" if row.ticket.state in ENDED else "info",
                ),
            )
            for row in rows
        ],
    )


def chapter(session: Session, actor: Actor, customer: Customer) -> object:  # noqa: ARG001
    """Every ticket of the customer with what was said, for the copy of their data."""
    rows = list(
        session.scalars(select(Ticket).where(Ticket.customer_id == customer.id).order_by(Ticket.id))
    )
    photos = _counts(session, TicketPhoto, rows)
    notes = _counts(session, TicketNote, rows)
    sites = visits.told(session, [ticket.id for ticket in rows])
    return [
        {
            "number": tickets.label(ticket),
            "state": ticket.state,
            "made_at": ticket.made_at,
            "received_at": ticket.received_at,
            "ended_at": ticket.ended_at,
            "brought_by": ticket.brought_by,
            "complaint": ticket.complaint,
            "accessories": tickets.accessories_of(ticket),
            "outcome": ticket.outcome,
            "signed_by": ticket.signer,
            "has_signature": ticket.signature is not None,
            "photos": photos.get(ticket.id, 0),
            "notes": notes.get(ticket.id, 0),
            "visited_at": sites.get(ticket.id),
        }
        for ticket in rows
    ]


def on_customer_erased(session: Session, event: CustomerErased) -> None:
    """Nobody is forgotten while their robot is here; then names and signatures go.

    What was found on the robot stays with the robot.
    """
    theirs = session.scalars(
        select(Ticket).where(Ticket.customer_id == event.customer_id).order_by(Ticket.id)
    ).all()
    for ticket in theirs:
        if ticket.ended_at is None:
            number = tickets.label(ticket)
            raise Refused(
                msg("{number} of this customer is not finished yet.", number=number),
                link=tickets.page(ticket),
            )
        ticket.brought_by = ticket.signer = ""
        ticket.signature = None
    session.flush()
    changes.forget_names(session, [ticket.id for ticket in theirs])


def _counts(
    session: Session, table: type[TicketPhoto | TicketNote], rows: list[Ticket]
) -> dict[int, int]:
    found = session.execute(
        select(table.ticket_id, func.count())
        .where(table.ticket_id.in_([row.id for row in rows]))
        .group_by(table.ticket_id)
    )
    return {ticket_id: count for ticket_id, count in found}  # noqa: C416 - as above
