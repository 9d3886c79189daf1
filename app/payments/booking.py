"""Bringing captured money into the journal, in the till session that is open at its till."""

from collections.abc import Sequence

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.kernel import audit, events
from app.kernel.actor import Actor
from app.kernel.errors import StoreError
from app.kernel.money import Money
from app.payments import journal, standing
from app.payments.events import BillSettled, MoneyCame, PaymentCaptured
from app.payments.models import (
    UNBOOKED_SQL,
    WITHOUT_TILL,
    Account,
    Bill,
    EntryKind,
    PaymentAttempt,
    Tender,
    TillSession,
)
from app.payments.standing import Standing

ACCOUNT_OF: dict[Tender, Account] = {
    Tender.CASH: Account.CASH,
    Tender.CARD: Account.CARD_CLEARING,
    Tender.TRANSFER: Account.BANK_CLEARING,
    Tender.ONLINE: Account.CARD_CLEARING,
    Tender.VOUCHER: Account.VOUCHERS,
    Tender.STORE_CREDIT: Account.STORE_CREDIT,
    Tender.TRADE_IN: Account.TRADE_INS,
    Tender.EXCHANGE: Account.EXCHANGES,
}


def amount_of(attempt: PaymentAttempt) -> Money:
    return Money(attempt.amount_minor, attempt.currency)


def card_service(store_id: int) -> Actor:
    """The house itself, where a card payment is decided without a person's hand."""
    return Actor(store_id=store_id, name="card service", role="house")


def open_session_at(session: Session, till_id: int) -> TillSession | None:
    """The open session of a till."""
    return session.scalar(
        select(TillSession).where(TillSession.till_id == till_id, TillSession.closed_at.is_(None))
    )


def book(
    session: Session,
    actor: Actor,
    attempt: PaymentAttempt,
    bill: Bill,
    till_session: TillSession | None,
    *,
    before: Standing,
) -> None:
    """Post a captured attempt and tell whoever waits for it; `before` is how the bill stands.

    Before the sale is recognised the money is a deposit, a liability; after it, it pays off what
    is owed on terms. `till_session` is None for what came at no till.
    """
    amount, rounding = amount_of(attempt), Money(attempt.rounding_minor, attempt.currency)
    entry = journal.post(
        session,
        store_id=bill.store_id,
        kind=EntryKind.PAYMENT,
        sides=sides_of(attempt.tender, amount, rounding, on_terms=before.on_terms),
        bill_id=bill.id,
        till_session_id=till_session.id if till_session else None,
        memo=bill.reference,
    )
    attempt.entry_id = entry.id
    attempt.till_session_id = till_session.id if till_session else None
    session.add(attempt)  # cash is written here for the first time
    session.flush()
    audit.record(
        session,
        actor,
        "payment.booked",
        subject=f"payment:{bill.reference}:{attempt.number}",
        after={
            "tender": attempt.tender,
            "amount": amount,
            "till_session": till_session.number if till_session else None,
        },
    )
    about = (bill.id, bill.reference, bill.store_id)
    settles = 0 < before.due.minor <= amount.minor
    events.announce(session, PaymentCaptured(*about, settles))
    if settles:
        events.announce(session, BillSettled(*about, actor, standing.with_payment(before, attempt)))


def sides_of(
    tender: Tender, amount: Money, rounding: Money, *, on_terms: Money
) -> dict[Account, Money]:
    """What a payment moves: what came (with its rounding), against what is owed on terms and, for
    the rest, what is held for the customer.
    """
    to_receivable = min(on_terms, amount)
    return {
        ACCOUNT_OF[tender]: amount + rounding,
        Account.ROUNDING: -rounding,
        Account.RECEIVABLE: -to_receivable,
        Account.DEPOSITS: to_receivable - amount,
    }


def book_if_possible(session: Session, actor: Actor, attempt: PaymentAttempt) -> bool:
    """Book a captured attempt in the session open at its till; False when that must wait.

    It waits while the till is closed, and when somebody who listens refuses: the card was charged
    whatever they say, so it stays captured, unbooked and listed, with their sentence.
    """
    till_session = _session_for(session, attempt)
    if till_session is None and attempt.tender not in WITHOUT_TILL:
        return False
    bill = session.get_one(Bill, attempt.bill_id)
    try:
        with session.begin_nested():
            events.announce(session, MoneyCame(bill.id, bill.reference, bill.store_id, actor))
            stands = standing.of(session, bill)
            book(session, actor, attempt, bill, till_session, before=stands)
    except StoreError as refusal:
        session.refresh(attempt)
        attempt.failure = str(refusal.message)[:200]
        return False
    attempt.failure = ""
    return True


def book_waiting(session: Session, actor: Actor, till_session: TillSession) -> int:
    """Book what was captured at this till while it was closed; returns how many were booked."""
    waiting = session.scalars(
        select(PaymentAttempt)
        .join(TillSession, TillSession.id == PaymentAttempt.till_session_id)
        .where(
            PaymentAttempt.store_id == till_session.store_id,
            text(UNBOOKED_SQL),
            TillSession.till_id == till_session.till_id,
        )
        .order_by(PaymentAttempt.id)
    )
    return sum(book_if_possible(session, actor, attempt) for attempt in list(waiting))


def unbooked_of(session: Session, store_id: int) -> Sequence[PaymentAttempt]:
    """Captured money of a store that stands in no till session yet, oldest first."""
    return list(
        session.scalars(
            select(PaymentAttempt)
            .where(PaymentAttempt.store_id == store_id, text(UNBOOKED_SQL))
            .order_by(PaymentAttempt.id)
        )
    )


def _session_for(session: Session, attempt: PaymentAttempt) -> TillSession | None:
    if attempt.till_session_id is None:
        return None
    till_id = session.scalar(
        select(TillSession.till_id).where(TillSession.id == attempt.till_session_id)
    )
    return open_session_at(session, till_id) if till_id is not None else None
