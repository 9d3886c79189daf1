"""What customers are told, and when: each listener hears what happened and writes one letter.

All of them listen in `app.wiring`. What is about one repair goes out in the order in which it
happened, and in the customer's language.
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel import clock
from app.kernel.db import at_hand
from app.kernel.money import Money
from app.kernel.text import Text, msg
from app.messaging import delivery
from app.payments import bills, links
from app.payments.card_models import PaymentLink
from app.payments.events import BillSettled, PaymentLinkMade
from app.payments.models import Bill
from app.portal import documentlinks, letters, ownerkeys
from app.portal.letters import Words
from app.portal.ownerbooking import OWNER
from app.robots.models import Unit
from app.sales import orders
from app.sales.events import HandedOver
from app.sales.models import Order
from app.service import billing, promise, standing, tickets, visits
from app.service.events import (
    AppointmentChanged,
    EstimateRecalled,
    EstimateSent,
    Planned,
    PromiseChanged,
    TicketMoved,
    TicketOpened,
    TicketWaits,
)
from app.service.models import Ticket
from app.service.planning_models import Appointment
from app.service.states import PROMISE_MET, TicketState, WaitingReason

_SEE = msg("How far it is you see here at any time:")


def on_opened(session: Session, event: TicketOpened) -> None:
    """A robot that came in unbooked; one that is only booked gets its appointment's letter."""
    ticket = session.get_one(Ticket, event.ticket_id)
    if ticket.state is TicketState.RECEIVED:
        _received(session, ticket)


def on_moved(session: Session, event: TicketMoved) -> None:
    ticket = session.get_one(Ticket, event.ticket_id)
    match event.after:
        case TicketState.RECEIVED:
            _received(session, ticket)
        case TicketState.WAITING_PARTS:
            _waits(session, ticket, WaitingReason.PART)
        case TicketState.IN_WORK:
            letters.take_back(session, ticket, "waits")
        case TicketState.READY:
            _ready(session, ticket)
        case TicketState.RETURNED:
            _returned(session, ticket)
        case TicketState.CANCELLED if ticket.received_at is not None:
            _cancelled(session, ticket)
        case _:
            pass


def on_waits(session: Session, event: TicketWaits) -> None:
    """What a repair waits for; that it waits for the customer, they were told with the estimate."""
    ticket = session.get_one(Ticket, event.ticket_id)
    if event.reason is None:
        letters.take_back(session, ticket, "waits")
    elif not (
        event.reason is WaitingReason.CUSTOMER and ticket.state is TicketState.ESTIMATED
    ) and ticket.state not in {TicketState.BOOKED, *PROMISE_MET}:
        _waits(session, ticket, event.reason)


def on_promise_changed(session: Session, event: PromiseChanged) -> None:
    ticket = session.get_one(Ticket, event.ticket_id)
    if event.promised_at is None or ticket.received_at is None or ticket.state in PROMISE_MET:
        return
    robot = letters.robot_of(session, ticket.unit_id)
    words = Words(
        msg("{number}: new date", number=tickets.label(ticket)),
        [
            msg("We now expect {robot} to be ready by {when}.", robot=robot, when=_due(ticket)),
            _SEE,
        ],
        letters.repair_link(session, ticket),
    )
    letters.about_ticket(session, ticket, "promised", ticket.version, words)


def on_estimate_sent(session: Session, event: EstimateSent) -> None:
    ticket = session.get_one(Ticket, event.ticket_id)
    robot = letters.robot_of(session, ticket.unit_id)
    words = Words(
        msg("{number}: your estimate", number=tickets.label(ticket)),
        [
            msg("We have found what {robot} needs, and what it costs.", robot=robot),
            msg("We go on when you have decided. Look it over and answer here:"),
        ],
        letters.repair_link(session, ticket, "/estimate"),
    )
    # sent, recalled and sent again is one version
    mark = f"{event.version}-{ticket.version}-{clock.now():%H%M%S%f}"
    letters.about_ticket(session, ticket, "estimate", mark, words)


def on_estimate_recalled(session: Session, event: EstimateRecalled) -> None:
    letters.take_back(session, session.get_one(Ticket, event.ticket_id), "estimate")


def on_appointment(session: Session, event: AppointmentChanged) -> None:
    """When to come; called off within the minute, nothing is said of it at all, unless to an owner
    who did it: they see that it worked.
    """
    ticket = session.get_one(Ticket, event.ticket_id)
    row = session.get_one(Appointment, event.appointment_id)
    if event.change is Planned.CALLED_OFF:
        unsent = letters.take_back(session, ticket, "appointment")
        never_told = unsent and row.version <= _ONCE_CHANGED and event.actor.name != OWNER
        if never_told or ticket.state is TicketState.RETURNED:
            return
    elif ticket.received_at is not None:
        return  # the robot is here already: when it is on which bench is our affair
    words = Words(
        msg("{number}: your appointment", number=tickets.label(ticket)),
        [*_appointment(session, ticket, row, event.change), _SEE],
        letters.repair_link(session, ticket),
    )
    mark = f"{row.id}-{event.version}"
    letters.about_ticket(session, ticket, "appointment", mark, words)


def on_bill_settled(session: Session, event: BillSettled) -> None:
    """Thanks, and where the receipt is."""
    bill = session.get_one(Bill, event.bill_id)
    total = bills.total_of(bill)
    if not total or bill.customer_id is None:
        return
    ticket = billing.ticket_of(session, event.actor, event.reference)
    if ticket is not None:
        words = _paid(
            tickets.label(ticket), total, letters.repair_link(session, ticket), msg("Repair")
        )
        letters.about_ticket(session, ticket, "paid", bill.id, words)
        return
    order = _order_of(session, event.store_id, event.reference)
    if order is None:
        return
    receipt = documentlinks.of_reference(session, order.store_id, orders.reference(order))
    words = _paid(f"S-{order.number}", total, receipt, msg("Sale"))
    letters.about_sale(
        session,
        store_id=order.store_id,
        customer_id=bill.customer_id,
        key=(event.reference, "paid", bill.id),
        words=words,
    )


def on_payment_link(session: Session, event: PaymentLinkMade) -> None:
    """Staff made a link by which somebody pays from home: it goes to them at once."""
    link = session.get_one(PaymentLink, event.link_id)
    bill = session.get_one(Bill, event.bill_id)
    number = event.reference.partition(":")[2]
    label = number if number.startswith("T-") else f"S-{number}"
    words = Words(
        msg("{number}: pay online", number=label),
        [
            msg("{amount} is to be paid.", amount=links.asks(session, link)),
            msg("You can pay here until {day}:", day=link.expires_at),
        ],
        lambda: f"{delivery.start_of(session)}/pay/{event.key}",
    )
    letters.about_sale(
        session,
        store_id=event.store_id,
        customer_id=bill.customer_id,
        key=(event.reference, "payment-link", link.id),
        words=words,
    )


def on_handed_over(session: Session, event: HandedOver) -> None:
    """The robot is theirs: where its passport is, by a key for its owner alone."""
    order = session.get_one(Order, event.order_id)
    units = [session.get_one(Unit, unit_id) for unit_id in event.unit_ids]
    ownerkeys.welcome(
        session,
        units,
        customer_id=event.customer_id,
        key=(orders.reference(order), "handed-over", order.id),
        subject=msg("{number}: your robot", number=f"S-{order.number}"),
        first=msg("Thank you. From today on the robot is yours."),
    )


def store_answered(session: Session, ticket: Ticket, *, mark: object, words: str = "") -> None:
    """Staff have written on a ticket: the customer gets it at once, with the page to answer on.

    `mark` names the message (its id): the same one is told once.
    """
    said = [msg("{words}", words=words)] if words else []
    letter = Words(
        msg("{number}: a message for you", number=tickets.label(ticket)),
        [*said, msg("Read and answer here:")],
        letters.repair_link(session, ticket),
    )
    letters.about_ticket(session, ticket, "answer", mark, letter, at_once=True)


_ONCE_CHANGED = 2  # the version of an appointment that was made and called off


def _received(session: Session, ticket: Ticket) -> None:
    robot = letters.robot_of(session, ticket.unit_id)
    lines = [msg("We have taken in {robot}.", robot=robot)]
    if (due := _due(ticket)) is not None:
        lines.append(msg("We expect it to be ready by {when}.", when=due))
    words = Words(
        msg("{number}: your robot is here", number=tickets.label(ticket)),
        [*lines, _SEE],
        letters.repair_link(session, ticket),
    )
    letters.about_ticket(session, ticket, "received", ticket.id, words)


def _waits(session: Session, ticket: Ticket, reason: WaitingReason) -> None:
    given = promise.of(ticket, clock.now())
    lines = [
        msg("This is about {robot}.", robot=letters.robot_of(session, ticket.unit_id)),
        standing.WAITS[reason],
    ]
    if given.due is not None and given.stands:
        lines.append(msg("{when} was promised. That moves by as long as we wait.", when=given.due))
    elif given.due is not None:
        lines.append(msg("We expect it to be ready by {when}.", when=given.due))
    words = Words(
        msg("{number}: why it waits", number=tickets.label(ticket)),
        [*lines, _SEE],
        letters.repair_link(session, ticket),
    )
    letters.about_ticket(session, ticket, "waits", ticket.version, words)


def _ready(session: Session, ticket: Ticket) -> None:
    robot = letters.robot_of(session, ticket.unit_id)
    lines = [msg("{robot} can be collected.", robot=robot)]
    owed = billing.owed(session, ticket)
    if not owed.settled:
        lines.append(msg("{amount} is to be paid.", amount=owed.due))
    words = Words(
        msg("{number}: your robot is ready", number=tickets.label(ticket)),
        [*lines, _SEE],
        letters.repair_link(session, ticket),
    )
    letters.about_ticket(session, ticket, "ready", ticket.version, words)


def _returned(session: Session, ticket: Ticket) -> None:
    robot = letters.robot_of(session, ticket.unit_id)
    words = Words(
        msg("{number}: given back", number=tickets.label(ticket)),
        [msg("{robot} has been given back.", robot=robot), msg("Its papers are here:")],
        letters.repair_link(session, ticket),
    )
    letters.about_ticket(session, ticket, "returned", ticket.version, words)


def _cancelled(session: Session, ticket: Ticket) -> None:
    robot = letters.robot_of(session, ticket.unit_id)
    words = Words(
        msg("{number}: cancelled", number=tickets.label(ticket)),
        [msg("Nothing is done to {robot}. You can collect it.", robot=robot)],
        letters.repair_link(session, ticket),
    )
    letters.about_ticket(session, ticket, "cancelled", ticket.version, words)


def _appointment(session: Session, ticket: Ticket, row: Appointment, change: Planned) -> list[Text]:
    robot = letters.robot_of(session, ticket.unit_id)
    if change is Planned.CALLED_OFF:
        return [
            msg("Your appointment on {when} does not take place.", when=row.starts_at),
            msg("It was for {robot}.", robot=robot),
        ]
    moved = [msg("Your appointment has been moved.")] if change is Planned.MOVED else []
    if visits.of_ticket(session, ticket) is not None:
        return [*moved, msg("We come to {robot} on {when}.", robot=robot, when=row.starts_at)]
    return [*moved, msg("Please bring {robot} on {when}.", robot=robot, when=row.starts_at)]


def _paid(label: str, total: Money, link: documentlinks.Link, about: Text) -> Words:
    return Words(
        msg("{number}: paid", number=label),
        [
            msg("{about} {number}: {amount} is paid. Thank you.",
                about=about, number=label, amount=total),
            msg("The receipt is here:"),
        ],
        link,
    )  # fmt: skip


def _due(ticket: Ticket) -> datetime | None:
    return promise.of(ticket, clock.now()).due


def _order_of(session: Session, store_id: int, reference: str) -> Order | None:
    kind, _, number = reference.partition(":")
    if kind != "order" or not number.isdecimal():
        return None
    facts = {"store_id": store_id, "number": int(number)}
    return at_hand(session, Order, **facts) or session.scalar(select(Order).filter_by(**facts))
