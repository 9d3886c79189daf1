"""Money back: each payment is given back by the way that it came, and never more than it was.

What may be refunded of a bill is what the store holds of its owner: a deposit of a sale that does
not come about, what a return credited, what came too much. Whoever refunds has made sure of that by
the journal alone; returns and cancellations first credit the bill, then call `start`.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.kernel import audit, clock, events, outbox
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, NotFound, Refused
from app.kernel.money import Money
from app.kernel.searchkeys import clean
from app.kernel.text import msg
from app.payments import booking, cardamounts, journal, rounding, standing, tills
from app.payments.events import RefundPaidOut
from app.payments.models import Account, Bill, EntryKind, PaymentAttempt, Tender, TillSession
from app.payments.refund_models import Refund
from app.payments.standing import Standing
from app.payments.states import REFUND_MOVES, REFUND_OPEN, AttemptState, RefundState

# The outbox's word for a refund that the card service has to make (`cardrefunds`).
BY_CARD_SERVICE = "refund.present"
# What has gone back of a payment, or is on its way.
COUNTS = frozenset({*REFUND_OPEN, RefundState.PAID_OUT})
_BY_SERVICE = frozenset({Tender.CARD, Tender.ONLINE})
# Who gives back a tender that is no money: what was used up is restored. See `given_back_by`.
GiveBack = Callable[[Session, Actor, Refund, PaymentAttempt], None]
_give_back: dict[Tender, GiveBack] = {}


@dataclass(frozen=True, slots=True)
class Returnable:
    """A payment of a bill, and what of it has not been given back yet."""

    attempt: PaymentAttempt
    left: Money


def given_back_by(tender: Tender, give_back: GiveBack) -> None:
    """Say (in `app.wiring`) what is done, in the refund's transaction, when this tender goes back:
    a voucher's claim shrinks, a gift card is charged again.
    """
    _give_back[tender] = give_back


def refundable(session: Session, bill: Bill) -> Money:
    """What the store holds of the bill's owner, less what is already on its way back."""
    return held_of(standing.of(session, bill), of_bill(session, bill))


def held_of(stands: Standing, made: Sequence[Refund]) -> Money:
    """The same by how the bill stands and the refunds that were made of it."""
    currency = stands.held.currency
    under_way = sum(one.amount_minor for one in made if one.state in REFUND_OPEN)
    return max(stands.held - Money(under_way, currency), Money(0, currency))


def returnable(session: Session, bill: Bill) -> list[Returnable]:
    """The bill's booked payments with what is left of each, the newest first."""
    rows = session.execute(
        select(PaymentAttempt, func.coalesce(func.sum(Refund.amount_minor), 0))
        .outerjoin(Refund, (Refund.attempt_id == PaymentAttempt.id) & Refund.state.in_(COUNTS))
        .where(
            PaymentAttempt.bill_id == bill.id,
            PaymentAttempt.state == AttemptState.CAPTURED,
            PaymentAttempt.entry_id.is_not(None),
        )
        .group_by(PaymentAttempt.id)
        .order_by(PaymentAttempt.id.desc())
    )
    return [
        Returnable(attempt, Money(attempt.amount_minor - int(back), attempt.currency))
        for attempt, back in rows
    ]


def of_bill(session: Session, bill: Bill) -> list[Refund]:
    """Every refund of a bill, oldest first."""
    return list(
        session.scalars(select(Refund).where(Refund.bill_id == bill.id).order_by(Refund.number))
    )


def by_id(session: Session, actor: Actor, refund_id: int) -> Refund:
    """A refund of the actor's store; raises NotFound."""
    found = session.get(Refund, refund_id)
    if found is None or found.store_id != actor.store_id:
        raise NotFound(msg("There is no such refund in this store."))
    return found


def by_provider(session: Session, provider_id: str) -> int | None:
    """The refund that the card service knows by this id."""
    return session.scalar(select(Refund.id).where(Refund.provider_id == provider_id))


def open_of_attempt(session: Session, attempt_id: int) -> list[int]:
    """Refunds of a payment whose outcome is open."""
    rows = session.scalars(
        select(Refund.id).where(Refund.attempt_id == attempt_id, Refund.state.in_(REFUND_OPEN))
    )
    return list(rows)


def start(
    session: Session,
    actor: Actor,
    bill: Bill,
    attempt: PaymentAttempt,
    amount: Money,
    *,
    reason: str,
    till_session: TillSession | None = None,
    tender: Tender | None = None,
    note: str = "",
) -> Refund:
    """Give back a part of one payment: by the way it came, or by another `tender` that the caller
    has allowed. Cash needs the open drawer; a card's money goes back through the card service after
    the commit, everything else at once.

    Raises Refused when it is more than is held, or than is left of this payment.
    """
    actor.require("payments.refund")
    reason, way = clean(reason)[:200], tender or attempt.tender
    if not reason:
        raise Refused(msg("Say why the money goes back."), field="reason")
    _check_amount(session, bill, attempt, amount)
    if way in _BY_SERVICE:
        cardamounts.check_last_digit(amount)
    handed = rounding.to_pay(session, bill.store_id, amount) if way is Tender.CASH else amount
    _check_drawer(session, actor, way, till_session, handed)
    refund = Refund(
        store_id=bill.store_id,
        bill_id=bill.id,
        number=_next_number(session, bill),
        attempt_id=attempt.id,
        tender=way,
        state=RefundState.STARTED,
        amount_minor=amount.minor,
        rounding_minor=(handed - amount).minor,
        currency=amount.currency,
        reason=reason,
        note=clean(note)[:200],
        till_session_id=till_session.id if till_session else None,
        started_at=clock.now(),
        started_by=actor.name,
    )
    session.add(refund)
    session.flush()
    audit.record(
        session,
        actor,
        "refund.started",
        subject=subject_of(bill, refund),
        after={"tender": way, "amount": amount, "of_payment": attempt.number},
        reason=reason,
    )
    _send(session, actor, refund, attempt)
    return refund


def _send(session: Session, actor: Actor, refund: Refund, attempt: PaymentAttempt) -> None:
    """By the card service after the commit, or out of the house now."""
    if refund.tender in _BY_SERVICE:
        payload: dict[str, object] = {"refund_id": refund.id}
        outbox.post(session, store_id=refund.store_id, kind=BY_CARD_SERVICE, payload=payload)
        return
    if refund.tender in _give_back:
        _give_back[refund.tender](session, actor, refund, attempt)
    pay_out(session, actor, refund)


def pay_out(session: Session, actor: Actor, refund: Refund) -> None:
    """The money is out: into the journal with it, once. `refund` is locked by its store's queue."""
    if refund.state is RefundState.PAID_OUT:
        return
    bill = session.get_one(Bill, refund.bill_id)
    amount = Money(refund.amount_minor, refund.currency)
    rounding = Money(refund.rounding_minor, refund.currency)
    move(session, actor, refund, RefundState.PAID_OUT)
    _to_open_session(session, refund)
    entry = journal.post(
        session,
        store_id=refund.store_id,
        kind=EntryKind.REFUND,
        sides={
            Account.DEPOSITS: amount,
            booking.ACCOUNT_OF[refund.tender]: -amount - rounding,
            Account.ROUNDING: rounding,
        },
        bill_id=refund.bill_id,
        till_session_id=refund.till_session_id,
        memo=bill.reference,
    )
    refund.entry_id = entry.id
    session.flush()
    events.announce(session, RefundPaidOut(bill.id, bill.reference, bill.store_id, refund.id))


def take_back(session: Session, actor: Actor, refund: Refund, *, failure: str) -> None:
    """What was paid out has come back to the card service, so the customer has it with us again. No
    till gave it this time: what a Z report said of the day of the refund stays true.
    """
    bill = session.get_one(Bill, refund.bill_id)
    amount = Money(refund.amount_minor, refund.currency)
    entry = journal.post(
        session,
        store_id=refund.store_id,
        kind=EntryKind.REFUND,
        sides={booking.ACCOUNT_OF[refund.tender]: amount, Account.DEPOSITS: -amount},
        bill_id=refund.bill_id,
        memo=bill.reference,
    )
    refund.return_entry_id = entry.id
    move(session, actor, refund, RefundState.CAME_BACK, failure=failure)


def _to_open_session(session: Session, refund: Refund) -> None:
    """A Z report that was made meanwhile is frozen: the till's next session gives the money, or
    none where the till is closed.
    """
    if refund.till_session_id is None:
        return
    begun_in = session.get_one(TillSession, refund.till_session_id)
    if begun_in.closed_at is not None:
        now_open = booking.open_session_at(session, begun_in.till_id)
        refund.till_session_id = now_open.id if now_open else None


def move(
    session: Session, actor: Actor, refund: Refund, to: RefundState, *, failure: str = ""
) -> None:
    """Change the state, if it is another one, and say so in the audit."""
    before = refund.state
    if before is to:
        return
    refund.state = REFUND_MOVES.check(before, to)
    refund.failure = failure[:200]
    refund.settled_at = None if to in REFUND_OPEN else clock.now()
    session.flush()
    bill = session.get_one(Bill, refund.bill_id)
    audit.record(
        session,
        actor,
        f"refund.{to.value}",
        subject=subject_of(bill, refund),
        before={"state": before},
        after={"state": to, "failure": failure or None},
    )


def subject_of(bill: Bill, refund: Refund) -> str:
    """How the audit names a refund: `refund:order:1042:1`."""
    return f"refund:{bill.reference}:{refund.number}"


def back_of(session: Session, attempt_ids: Collection[int]) -> dict[int, int]:
    """What of each of many payments is back or on its way, in minor units."""
    if not attempt_ids:
        return {}
    rows = session.execute(
        select(Refund.attempt_id, func.sum(Refund.amount_minor))
        .where(Refund.attempt_id.in_(attempt_ids), Refund.state.in_(COUNTS))
        .group_by(Refund.attempt_id)
    )
    return {attempt_id: int(minor) for attempt_id, minor in rows}


def _check_amount(session: Session, bill: Bill, attempt: PaymentAttempt, amount: Money) -> None:
    if attempt.bill_id != bill.id or bill.currency != amount.currency:
        raise Refused(msg("This payment belongs to another bill."), field="amount")
    if attempt.entry_id is None:
        raise Conflict(msg("This payment is not booked yet, so nothing of it can go back."))
    if amount.minor <= 0:
        raise Refused(msg("An amount to give back is more than nothing."), field="amount")
    left = amount_left(session, attempt)
    if amount > left:
        raise Refused(
            msg("Of this payment only {left} is left to give back.", left=left), field="amount"
        )
    held = refundable(session, bill)
    if amount > held:
        raise Refused(msg("Only {held} may be given back here.", held=held), field="amount")


def amount_left(session: Session, attempt: PaymentAttempt) -> Money:
    """What of a payment has not been given back and is not on its way."""
    back = back_of(session, [attempt.id]).get(attempt.id, 0)
    return Money(attempt.amount_minor - back, attempt.currency)


def _check_drawer(
    session: Session, actor: Actor, way: Tender, till_session: TillSession | None, amount: Money
) -> None:
    if till_session is not None:
        tills.require_taking(actor, till_session, amount.currency)
    if way is not Tender.CASH:
        return
    if till_session is None:
        raise Refused(msg("Say from which till's drawer the cash is given."), field="till")
    if journal.cash_in_drawer(session, till_session.id, amount.currency) < amount:
        raise Refused(msg("There is not so much in the drawer."), field="amount")


def _next_number(session: Session, bill: Bill) -> int:
    last = session.scalar(select(func.max(Refund.number)).where(Refund.bill_id == bill.id))
    return (last or 0) + 1
