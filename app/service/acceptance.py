"""The robot goes back: taken over with a signature, paid for if something is due, then closed."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from app.customers.models import Customer
from app.kernel import audit, clock, words
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, Refused
from app.kernel.money import Money
from app.kernel.searchkeys import clean
from app.kernel.signatures import Signed
from app.kernel.text import msg
from app.parts import issuing as parts_issuing
from app.parts.issuing import Issued
from app.payments import invoiceparts, issuing
from app.payments.documents import (
    Accessory,
    Check,
    DocumentContent,
    DocumentKind,
    Fact,
    Handover,
    Signature,
    Totals,
)
from app.payments.models import IssuedDocument
from app.robots.gate import Reason
from app.service import billing, estimates, guards, invoicing, tickets
from app.service.claim_models import TicketReturn
from app.service.estimate_models import EstimateState
from app.service.models import Ticket
from app.service.states import STATE_LABELS, TicketState
from app.stores import desk
from app.web.i18n import Speech, speech

_LONGEST_NAME = 200
_LONGEST_NOTE = 2_000
_OF_TICKET = select(TicketReturn).where(TicketReturn.ticket_id == bindparam("ticket_id"))


def bill_page(ticket: Ticket) -> str:
    return f"{tickets.page(ticket)}/return"


def done(session: Session, ticket: Ticket) -> TicketReturn | None:
    """How the robot went back, if it has."""
    return session.scalar(_OF_TICKET, {"ticket_id": ticket.id})


def give_back(
    session: Session,
    actor: Actor,
    ticket: Ticket,
    *,
    signed: Signed,
    outcome: str = "",
    note: str = "",
) -> TicketReturn:
    """The customer takes the robot over and signs; the ticket closes if nothing is left to do.

    Raises Conflict before it is ready, and while something is due that is not on terms.
    """
    actor.require("service.release")
    _require_ready(session, ticket)
    signer = clean(signed.name)
    if not 1 <= len(signer) <= _LONGEST_NAME:
        raise Refused(msg("The customer’s name stands under the protocol."), field="signer")
    note = words.fitting(note, most=_LONGEST_NOTE, field="note")
    _require_settled(session, ticket)
    if clean(outcome) and clean(outcome) != ticket.outcome:
        tickets.edit(session, actor, ticket, {"outcome": clean(outcome)}, seen=ticket.version)
    document = _issue(session, actor, ticket, replace(signed, name=signer), note=note)
    row = TicketReturn(
        ticket_id=ticket.id,
        signer=signer,
        signature=signed.picture,
        note=note,
        at=clock.now(),
        by=actor.name,
        document_id=document.id,
    )
    session.add(row)
    session.flush()
    audit.record(
        session,
        actor,
        "ticket.given_back",
        subject=tickets.reference(ticket),
        after={"protocol": document.label},
    )
    tickets.move(session, actor, ticket, TicketState.RETURNED)
    if not guards.reasons(session, actor, ticket, TicketState.CLOSED):
        tickets.move(session, actor, ticket, TicketState.CLOSED)
    return row


def not_given_back(session: Session, actor: Actor, ticket: Ticket) -> Iterator[Reason]:  # noqa: ARG001
    """The guard before `returned`: nobody moves a robot out on the board."""
    if done(session, ticket) is None:
        yield Reason(
            msg("{number} is given back with a signature.", number=tickets.label(ticket)),
            bill_page(ticket),
        )


def unsettled_parts(session: Session, actor: Actor, ticket: Ticket) -> Iterator[Reason]:  # noqa: ARG001
    """The guard before `closed`: every piece handed out is fitted, given back, or scrapped."""
    lying = parts_issuing.outstanding(session, ticket.store_id, tickets.reference(ticket))
    return against(ticket, lying)


def against(ticket: Ticket, lying: Iterable[Issued]) -> Iterator[Reason]:
    """The same of who knows what lies on the bench."""
    for issued in lying:
        yield Reason(
            msg(
                "{quantity} of {part} still lie on the bench for {number}.",
                quantity=issued.quantity,
                part=issued.part.number,
                number=tickets.label(ticket),
            ),
            tickets.page(ticket),
        )


def not_sent(session: Session, actor: Actor, ticket: Ticket) -> Iterator[Reason]:  # noqa: ARG001
    """The guard before `estimated`."""
    shown = estimates.shown_to_customer(session, ticket)
    if shown is None or shown.state is not EstimateState.SENT:
        yield Reason(
            msg("Send the estimate of {number} first.", number=tickets.label(ticket)),
            estimates.page(ticket),
        )


def undecided(session: Session, actor: Actor, ticket: Ticket) -> Iterator[Reason]:  # noqa: ARG001
    """The guard before `approved` and `declined`."""
    shown = estimates.shown_to_customer(session, ticket)
    if shown is None or shown.state is not EstimateState.DECIDED:
        yield Reason(
            msg("The customer has not decided on {number} yet.", number=tickets.label(ticket)),
            estimates.page(ticket),
        )


def _require_ready(session: Session, ticket: Ticket) -> None:
    if done(session, ticket) is not None:
        raise Conflict(
            msg("{number} was given back already.", number=tickets.label(ticket)),
            link=tickets.page(ticket),
        )
    if ticket.state is not TicketState.READY:
        raise Conflict(
            msg(
                "{number} is {state}. It goes back when it is ready.",
                number=tickets.label(ticket),
                state=STATE_LABELS[ticket.state],
            ),
            link=tickets.page(ticket),
        )


def _require_settled(session: Session, ticket: Ticket) -> None:
    stands = billing.owed(session, ticket)
    if not stands.settled:
        raise Conflict(
            msg(
                "{due} is due for {number}. Take the payment first, or put it on terms.",
                due=stands.due,
                number=tickets.label(ticket),
            ),
            link=bill_page(ticket),
        )


def _issue(
    session: Session, actor: Actor, ticket: Ticket, signed: Signed, *, note: str
) -> IssuedDocument:
    store = desk.store_of(session, ticket.store_id)
    customer = session.get(Customer, ticket.customer_id) if ticket.customer_id else None
    language = (customer.language if customer else "") or issuing.language_of(store)
    said = speech(language)
    nothing, moment = Money(0, store.currency), clock.now()
    content = DocumentContent(
        kind=DocumentKind.HANDOVER,
        number="",
        series="",
        issued_at=moment,
        business_day=desk.business_day_of(store, moment),
        zone=store.zone,
        language=language,
        currency=store.currency,
        price_mode=store.price_mode,
        store=store.name,
        seller=issuing.seller_of(store),
        buyer=invoiceparts.buyer(customer) if customer else None,
        totals=Totals(net=nothing, tax=nothing, gross=nothing),
        references=invoicing.references(session, ticket, said),
        notes=(note,) if note else (),
        handover=_protocol(session, ticket, signed, said),
    )
    return issuing.issue(
        session,
        actor,
        kind=DocumentKind.HANDOVER,
        reference=tickets.reference(ticket),
        build=lambda label: replace(content, number=label),
    )


def _protocol(session: Session, ticket: Ticket, signed: Signed, said: Speech) -> Handover:
    """What was done, what came back with the robot, and the signature."""
    unit = ticket.unit
    return Handover(
        unit=(
            Fact(said.say(msg("Model")), unit.model.name),
            Fact(said.say(msg("Serial number")), unit.serial),
            Fact(said.say(msg("Firmware")), unit.firmware or "–"),
            Fact(said.say(msg("Outcome")), ticket.outcome or "–"),
        ),
        checklist=tuple(
            Check(line.description, done=True) for line in estimates.approved_lines(session, ticket)
        ),
        accessories=tuple(Accessory(name, 1) for name in tickets.accessories_of(ticket)),
        signatures=(
            Signature(signed.name, said.say(msg("Customer")), clock.now(), signed.picture),
        ),
    )
