"""Transfers that a bank statement shows, taken at no till."""

from sqlalchemy.orm import Session

from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.errors import Refused
from app.kernel.money import Money
from app.kernel.searchkeys import clean
from app.kernel.text import msg
from app.payments import bills, booking, standing
from app.payments.errors import OverTender
from app.payments.models import Bill, PaymentAttempt, Tender
from app.payments.states import AttemptState


def receive(
    session: Session, actor: Actor, bill: Bill, *, amount: Money, note: str
) -> PaymentAttempt:
    """Money for a bill that came to the bank; `note` is its text, so that somebody can find it.

    Raises OverTender above what is due, PaymentUnderWay while another payment is not decided.
    """
    actor.require("payments.reconcile")
    if bill.store_id != actor.store_id or bill.currency != amount.currency:
        raise Refused(msg("This bill is in {currency}.", currency=bill.currency), field="amount")
    if amount.minor <= 0:
        raise Refused(msg("An amount to pay is more than nothing."), field="amount")
    note = clean(note)[:200]
    if not note:
        raise Refused(msg("Write the transfer's text or number."), field="note")
    bills.require_quiet(session, bill)
    stands = standing.of(session, bill)
    if amount > stands.due:
        raise OverTender(
            msg("Only {due} is due. Take that, or less.", due=stands.due), field="amount"
        )
    now = clock.now()
    attempt = PaymentAttempt(
        store_id=bill.store_id,
        bill_id=bill.id,
        number=stands.last_attempt + 1,
        tender=Tender.TRANSFER,
        state=AttemptState.CAPTURED,
        amount_minor=amount.minor,
        tendered_minor=amount.minor,
        currency=amount.currency,
        note=note,
        started_at=now,
        started_by=actor.name,
        settled_at=now,
    )
    audit.record(
        session,
        actor,
        "payment.started",
        subject=f"payment:{bill.reference}:{attempt.number}",
        after={"tender": Tender.TRANSFER, "amount": amount, "till_session": None},
    )
    booking.book(session, actor, attempt, bill, None, before=stands)
    return attempt
