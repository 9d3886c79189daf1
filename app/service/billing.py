"""The customer's bill of a repair: its share of what was approved, paid like any other bill.

The bill's reference is the ticket's. With its last payment, or when it is put on terms, the repair
becomes revenue and the invoice is issued (`invoicing`).
"""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.customers.models import Customer, CustomerKind
from app.kernel import audit
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, Refused
from app.kernel.money import Money
from app.kernel.text import msg
from app.payments import bills, printing, rounding, standing, tenders, terms, tills
from app.payments.events import BillSettled
from app.payments.models import (
    Bill,
    IssuedDocument,
    PaymentAttempt,
    Tender,
    TillSession,
)
from app.service import estimates, invoicing, taxchoice, tickets
from app.service.invoicing import Portion
from app.service.models import Ticket
from app.service.payers import Payer
from app.service.states import STATE_LABELS, TicketState
from app.stores import desk

TERMS_DAYS = 14
MOST_TERMS_DAYS = 90
# Only when the work is done: before, a new version could still change the amount.
_BILLABLE = frozenset({TicketState.READY, TicketState.RETURNED})
_KIND = "ticket"


@dataclass(frozen=True, slots=True)
class Owed:
    """What the customer owes for a ticket. `on_terms`: invoiced, to be paid later.

    `settled`: the robot may go as far as money is concerned.
    """

    total: Money
    paid: Money
    bill: Bill | None
    is_recognised: bool

    @property
    def due(self) -> Money:
        return max(self.total - self.paid, Money(0, self.total.currency))

    @property
    def settled(self) -> bool:
        return self.is_recognised or not self.due

    @property
    def on_terms(self) -> bool:
        return self.is_recognised and bool(self.due)


def owed(session: Session, ticket: Ticket) -> Owed:
    """How it is with the customer's share of what was approved."""
    bill = bills.by_reference(session, ticket.store_id, tickets.reference(ticket))
    if bill is not None:
        stands = standing.of(session, bill)
        if stands.is_recognised or stands.paid:
            return Owed(bills.total_of(bill), stands.paid, bill, stands.is_recognised)
    total = _portion(session, ticket).total.gross
    return Owed(total, Money(0, total.currency), bill, is_recognised=False)


def pay_cash(
    session: Session,
    actor: Actor,
    ticket: Ticket,
    *,
    till_id: int,
    amount: Money | None = None,
    tendered: Money | None = None,
) -> PaymentAttempt:
    """Cash, with change; without an amount all that is due."""
    bill, drawer, due = place(session, actor, ticket, till_id)
    cash = rounding.said(session, bill.store_id, due=due, amount=amount, tendered=tendered)
    return tenders.take_cash(
        session, actor, bill, drawer, amount=cash.settles, tendered=cash.tendered
    )


def pay_transfer(
    session: Session,
    actor: Actor,
    ticket: Ticket,
    *,
    till_id: int,
    note: str,
    amount: Money | None = None,
) -> PaymentAttempt:
    """Money that a bank statement shows."""
    bill, drawer, due = place(session, actor, ticket, till_id)
    return tenders.take_transfer(
        session, actor, bill, drawer, amount=due if amount is None else amount, note=note
    )


def start_card(
    session: Session,
    actor: Actor,
    ticket: Ticket,
    *,
    till_id: int,
    amount: Money | None = None,
) -> PaymentAttempt:
    """Begin a card payment; the reader is spoken to after this transaction (`cards.refresh`)."""
    bill, drawer, due = place(session, actor, ticket, till_id)
    till = desk.till_by_id(session, actor, drawer.till_id)
    if not till.reader_id:
        raise Refused(
            msg("No card reader stands at {till}. Choose one in the settings.", till=till.name),
            link="/settings/tills",
        )
    return tenders.start_card(
        session,
        actor,
        bill,
        drawer,
        amount=due if amount is None else amount,
        reader_id=till.reader_id,
    )


def put_on_terms(
    session: Session, actor: Actor, ticket: Ticket, *, days: int = TERMS_DAYS
) -> IssuedDocument:
    """A company pays later: the invoice is issued now, what is not paid yet stands as owed. A limit
    that was set for the customer holds here too.
    """
    actor.require("service.override")
    customer = session.get(Customer, ticket.customer_id) if ticket.customer_id else None
    if customer is None or customer.kind is not CustomerKind.COMPANY:
        raise Refused(msg("Only a company pays on terms. Choose who is billed on the ticket."))
    if not 1 <= days <= MOST_TERMS_DAYS:
        raise Refused(msg("Terms are 1 to {most} days.", most=MOST_TERMS_DAYS), field="days")
    bill = raise_bill(session, actor, ticket)
    bills.require_quiet(session, bill)
    terms.require_room_if_limited(session, bill)
    terms.due_after(session, bill, days)
    return _finish(session, actor, ticket, bill, days=days)


def raise_bill(session: Session, actor: Actor, ticket: Ticket) -> Bill:
    """The ticket's bill over the customer's share. Raises Conflict before the work is done,
    Refused where the customer owes nothing.
    """
    if ticket.state not in _BILLABLE:
        raise Conflict(
            msg(
                "{number} is {state}. It is paid when the work is done.",
                number=tickets.label(ticket),
                state=STATE_LABELS[ticket.state],
            ),
            link=tickets.page(ticket),
        )
    # the customer's country or VAT ID may have been mended since
    taxchoice.follow(session, actor, ticket)
    stands = owed(session, ticket)
    if stands.settled:
        raise Refused(msg("Nothing is due for {number}.", number=tickets.label(ticket)))
    if stands.bill is not None and stands.paid:
        return stands.bill
    return bills.raise_bill(
        session,
        actor,
        reference=tickets.reference(ticket),
        customer_id=ticket.customer_id,
        total=stands.total,
    )


def on_bill_settled(session: Session, event: BillSettled) -> None:
    """Listens in `app.wiring`; bills of others (sales) are none of our business."""
    ticket = ticket_of(session, event.actor, event.reference)
    if ticket is None:
        return
    bill = session.get_one(Bill, event.bill_id)
    if not standing.of(session, bill).is_recognised:
        _finish(session, event.actor, ticket, bill)


def ticket_of(session: Session, actor: Actor, reference: str) -> Ticket | None:
    """The ticket that a bill's reference names; None when it names something else."""
    kind, _, label = reference.partition(":")
    digits = label.removeprefix("T-")
    if kind != _KIND or not digits.isdecimal():
        return None
    return tickets.by_number(session, actor, int(digits))


def _finish(
    session: Session, actor: Actor, ticket: Ticket, bill: Bill, *, days: int | None = None
) -> IssuedDocument:
    """Revenue, invoice and receipt of a repair; once per bill."""
    portion = _portion(session, ticket)
    bills.recognise(
        session,
        actor,
        bill,
        revenue=invoicing.revenue(portion),
        tax_minor=portion.total.tax.minor,
        taxes=portion.total.taxes,
    )
    attempts = bills.attempts_of(session, bill)
    document = invoicing.issue(session, actor, ticket, portion, attempts, days=days)
    booked = [attempt for attempt in attempts if attempt.entry_id is not None]
    if booked and booked[-1].till_session_id is not None:
        drawer = session.get_one(TillSession, booked[-1].till_session_id)
        took_cash = any(attempt.tender is Tender.CASH for attempt in booked)
        printing.post_slip(session, document, till_id=drawer.till_id, open_drawer=took_cash)
    audit.record(
        session,
        actor,
        "ticket.billed",
        subject=tickets.reference(ticket),
        after={"total": bills.total_of(bill), "invoice": document.label, "terms_days": days},
    )
    return document


def place(
    session: Session, actor: Actor, ticket: Ticket, till_id: int
) -> tuple[Bill, TillSession, Money]:
    """The bill, who takes the money, and what is due. An invoiced bill is paid off as it stands."""
    actor.require("counter.sell")
    drawer = tills.place(session, actor, till_id).open_session
    if drawer is None:
        raise Conflict(msg("The till is closed. Open it with its float first."), link="/till")
    stands = owed(session, ticket)
    if stands.bill is not None and stands.on_terms:
        return stands.bill, drawer, stands.due
    bill = raise_bill(session, actor, ticket)
    return bill, drawer, bills.due(session, bill)


def _portion(session: Session, ticket: Ticket) -> Portion:
    """The customer's part of what was approved."""
    currency = desk.store_of(session, ticket.store_id).currency
    in_force = estimates.in_force(session, ticket)
    return invoicing.portion_of(in_force, Payer.CUSTOMER, currency=currency)
