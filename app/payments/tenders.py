"""Taking money for a bill: cash with change, a bank transfer, a card at a reader; in any split.

Over-tender is never cut down in silence: cash gives change, every other tender is refused.
"""

from sqlalchemy.orm import Session

from app.kernel import audit, clock, outbox
from app.kernel.actor import Actor
from app.kernel.errors import Refused
from app.kernel.money import Money
from app.kernel.searchkeys import clean
from app.kernel.text import msg
from app.payments import bills, booking, cards, drawers, rounding, standing, tills
from app.payments.cardamounts import check_charge
from app.payments.errors import OverTender
from app.payments.models import Bill, PaymentAttempt, Tender, TillSession
from app.payments.standing import Standing
from app.payments.states import AttemptState


def take_cash(
    session: Session,
    actor: Actor,
    bill: Bill,
    till_session: TillSession,
    *,
    amount: Money,
    tendered: Money,
    stands: Standing | None = None,
) -> PaymentAttempt:
    """Take `amount` of what is due out of `tendered`; the rest is change.

    What settles all that is due is rounded to the coins there are (`rounding`). `stands` is how
    the bill stands, where that is known already.
    """
    stands = _check(session, actor, bill, till_session, amount, stands=stands)
    kept = rounding.in_hand(session, bill.store_id, amount, due=stands.due, tendered=tendered)
    attempt = _attempt(
        session,
        actor,
        bill,
        till_session,
        number=stands.last_attempt + 1,
        tender=Tender.CASH,
        amount=amount,
        tendered=tendered,
        kept=kept,
    )
    _capture(session, actor, attempt, bill, till_session, stands=stands)
    if amount < stands.due:
        drawers.kick(session, till_session)  # else the slip of the sale opens it
    return attempt


def take_transfer(
    session: Session,
    actor: Actor,
    bill: Bill,
    till_session: TillSession,
    *,
    amount: Money,
    note: str,
) -> PaymentAttempt:
    """A bank transfer that has been seen; `note` is its text, so that somebody can find it."""
    stands = _check(session, actor, bill, till_session, amount)
    note = clean(note)
    if not note:
        raise Refused(msg("Write the transfer's text or number."), field="note")
    attempt = _attempt(
        session,
        actor,
        bill,
        till_session,
        number=stands.last_attempt + 1,
        tender=Tender.TRANSFER,
        amount=amount,
        note=note[:200],
    )
    return _capture(session, actor, attempt, bill, till_session, stands=stands)


def take_value(
    session: Session,
    actor: Actor,
    bill: Bill,
    till_session: TillSession,
    *,
    tender: Tender,
    amount: Money,
    source: str,
    note: str = "",
) -> PaymentAttempt:
    """Something of value that is no money: a voucher, store credit, a robot in trade.

    `source` names what stands behind it (`voucher:12`); whoever calls has used that up.
    """
    stands = _check(session, actor, bill, till_session, amount)
    attempt = _attempt(
        session,
        actor,
        bill,
        till_session,
        number=stands.last_attempt + 1,
        tender=tender,
        amount=amount,
        note=note[:200],
        source=source,
    )
    return _capture(session, actor, attempt, bill, till_session, stands=stands)


def start_card(
    session: Session,
    actor: Actor,
    bill: Bill,
    till_session: TillSession,
    *,
    amount: Money,
    reader_id: str,
) -> PaymentAttempt:
    """Begin a card payment; the card service is asked after the commit (`cards.refresh`)."""
    stands = _check(session, actor, bill, till_session, amount)
    if not reader_id:
        raise Refused(msg("No card reader stands at this till. Name one in the settings."))
    check_charge(amount)
    attempt = _attempt(
        session,
        actor,
        bill,
        till_session,
        number=stands.last_attempt + 1,
        tender=Tender.CARD,
        amount=amount,
        reader_id=reader_id,
    )
    session.add(attempt)
    session.flush()
    outbox.post(
        session,
        store_id=bill.store_id,
        kind=cards.PRESENT,
        payload={"attempt_id": attempt.id},
    )
    return attempt


def _check(
    session: Session,
    actor: Actor,
    bill: Bill,
    till_session: TillSession,
    amount: Money,
    *,
    stands: Standing | None = None,
) -> Standing:
    """Raises unless this amount may be taken here now; how the bill stands."""
    actor.require("counter.sell")
    tills.require_taking(actor, till_session, amount.currency)
    if bill.store_id != actor.store_id or bill.currency != amount.currency:
        raise Refused(msg("This bill is in {currency}.", currency=bill.currency), field="amount")
    if amount.minor <= 0:
        raise Refused(msg("An amount to pay is more than nothing."), field="amount")
    stands = stands or standing.of(session, bill)
    if stands.under_way_id is not None:
        raise bills.under_way(session.get_one(PaymentAttempt, stands.under_way_id))
    if amount > stands.due:
        raise OverTender(
            msg("Only {due} is due. Take that, or less.", due=stands.due), field="amount"
        )
    return stands


def _attempt(
    session: Session,
    actor: Actor,
    bill: Bill,
    till_session: TillSession,
    *,
    number: int,
    tender: Tender,
    amount: Money,
    tendered: Money | None = None,
    kept: Money | None = None,
    note: str = "",
    reader_id: str = "",
    source: str = "",
) -> PaymentAttempt:
    """An attempt that has begun; whoever asks for it writes it."""
    given = amount if tendered is None else tendered
    stays = amount if kept is None else kept
    attempt = PaymentAttempt(
        store_id=bill.store_id,
        bill_id=bill.id,
        number=number,
        tender=tender,
        state=AttemptState.STARTED,
        amount_minor=amount.minor,
        tendered_minor=given.minor,
        change_minor=(given - stays).minor,
        rounding_minor=(stays - amount).minor,
        currency=amount.currency,
        till_session_id=till_session.id,
        note=note,
        reader_id=reader_id,
        source=source,
        started_at=clock.now(),
        started_by=actor.name,
    )
    audit.record(
        session,
        actor,
        "payment.started",
        subject=f"payment:{bill.reference}:{attempt.number}",
        after={"tender": tender, "amount": amount, "till_session": till_session.number},
    )
    return attempt


def _capture(
    session: Session,
    actor: Actor,
    attempt: PaymentAttempt,
    bill: Bill,
    till_session: TillSession,
    *,
    stands: Standing,
) -> PaymentAttempt:
    """Money in hand is captured as it is taken."""
    attempt.state, attempt.settled_at = AttemptState.CAPTURED, attempt.started_at
    booking.book(session, actor, attempt, bill, till_session, before=stands)
    return attempt
