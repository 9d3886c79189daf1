"""Gift cards: sold for an amount, handed out with a code, spent at any till of the store.

The moves of a card are a ledger beside the journal; whoever adds one holds the card's row, and
posts the journal's side in the same transaction (`giftcard_checks` compares the two).
"""

import re
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, NotFound, Refused
from app.kernel.money import Money
from app.kernel.searchkeys import clean
from app.kernel.text import msg
from app.payments import creditrules, giftcodes, giftguard, giftledger, tenders
from app.payments.gift_card_models import CardCause, CardMove, GiftCard
from app.payments.models import Bill, PaymentAttempt, Tender, TillSession
from app.payments.refund_models import Refund

_NUMBER = re.compile(r"gc-?0*([0-9]{1,9})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Coming:
    """What a card or a row on it came from: `order:1042`, and its line."""

    reference: str
    line: int


def by_number(session: Session, actor: Actor, number: int) -> GiftCard:
    """A card of the actor's store; raises NotFound."""
    card = session.scalar(
        select(GiftCard).where(GiftCard.store_id == actor.store_id, GiftCard.number == number)
    )
    if card is None:
        raise NotFound(msg("There is no gift card {number} in this store.", number=number))
    return card


def by_code(session: Session, actor: Actor, text: str) -> GiftCard:
    """The card of a code, in any writing. Raises Refused for what is mistyped, UnknownCode for a
    code that no card of this store has, TooMany for who tried too many of those.
    """
    giftguard.require_open(session, actor)
    code = giftcodes.read(text)
    if code is None:
        raise Refused(
            msg("This is no code of a gift card: it has GC and 18 more signs. Look again."),
            field="code",
        )
    card = session.scalar(
        select(GiftCard).where(
            GiftCard.store_id == actor.store_id, GiftCard.code_hash == giftcodes.hashed(code)
        )
    )
    if card is None:
        raise giftguard.UnknownCode(msg("No gift card of this store has this code."), field="code")
    return card


def meant(session: Session, actor: Actor, text: str) -> GiftCard:
    """The card of a code, or of a number as people say it (`GC-12`); raises as `by_code` does."""
    number = _NUMBER.fullmatch(clean(text))
    return by_number(session, actor, int(number[1])) if number else by_code(session, actor, text)


def require_spendable(session: Session, card: GiftCard) -> None:
    """Raises Conflict for a card that is blocked, replaced, or whose last day is over."""
    if card.replaced_by_id is not None:
        new = session.get_one(GiftCard, card.replaced_by_id)
        raise Conflict(
            msg(
                "Gift card {card} was replaced by {new}.",
                card=giftledger.label(card),
                new=giftledger.label(new),
            ),
            field="code",
            link=giftledger.page_of(new),
        )
    if card.blocked_at is not None:
        raise Conflict(
            msg(
                "Gift card {card} is blocked: {reason}",
                card=giftledger.label(card),
                reason=card.block_reason,
            ),
            field="code",
            link=giftledger.page_of(card),
        )
    if giftledger.is_expired(session, card):
        raise Conflict(
            msg(
                "Gift card {card} was good until {day}.",
                card=giftledger.label(card),
                day=card.expires_on,
            ),
            field="code",
            link=giftledger.page_of(card),
        )


def require_amount(session: Session, store_id: int, amount: Money, *, there: Money) -> None:
    """Raises Refused for nothing, and for more than a card may hold."""
    most = creditrules.of_store(session, store_id).card_most
    if amount.minor <= 0 or amount.currency != most.currency:
        raise Refused(
            msg("A gift card holds an amount in {currency}.", currency=most.currency),
            field="amount",
        )
    if amount + there > most:
        raise Refused(msg("At most {most} fit on one card.", most=most), field="amount")


def make(session: Session, actor: Actor, amount: Money, *, source: Coming) -> GiftCard:
    """A card that was paid for; the sale has posted its amount. Its code is made when it is handed
    out. Once per line of a sale: the database has no second.
    """
    rules = creditrules.of_store(session, actor.store_id)
    card = giftledger.new(
        session,
        actor,
        amount.currency,
        source=f"{source.reference}:{source.line}",
        expires_on=creditrules.last_day(session, actor.store_id, rules.card_months),
    )
    giftledger.move(session, actor, card, amount, cause=CardCause.SOLD, reference=source.reference)
    return card


def load(session: Session, actor: Actor, card: GiftCard, amount: Money, *, reference: str) -> None:
    """More onto a card, by a sale that has posted it; its time begins anew, and never ends sooner.

    The money was taken: it comes onto whatever card stands for this one by now, blocked or not.
    """
    stands = giftledger.successor(session, card)
    giftledger.prolong(session, stands)
    giftledger.move(session, actor, stands, amount, cause=CardCause.LOADED, reference=reference)


def hand_out(session: Session, actor: Actor, card: GiftCard) -> str:
    """Make the code, which is said this once and kept as a hash. Raises Conflict after that."""
    actor.require("counter.sell")
    held = giftledger.hold(session, card)
    if held.handed_out_at is not None:
        raise Conflict(
            msg(
                "Gift card {card} was handed out. Whoever lost it gets another one.",
                card=giftledger.label(held),
            )
        )
    if held.blocked_at is not None:
        raise Conflict(
            msg(
                "Gift card {card} is blocked: {reason}",
                card=giftledger.label(held),
                reason=held.block_reason,
            )
        )
    code = giftcodes.new()
    held.code_hash, held.tail = giftcodes.hashed(code), giftcodes.tail(code)
    held.handed_out_at, held.handed_out_by = clock.now(), actor.name
    session.flush()
    audit.record(session, actor, "gift_card.handed_out", subject=giftledger.subject_of(held))
    return code


def worth(session: Session, card: GiftCard, due: Money) -> Money:
    """What a card pays of what is due. Raises Conflict for one that pays nothing."""
    require_spendable(session, card)
    left = giftledger.balance(session, card)
    if not left:
        raise Conflict(
            msg("Nothing is left on gift card {card}.", card=giftledger.label(card)), field="code"
        )
    return min(left, due) if left.currency == due.currency else left


def spend(
    session: Session,
    actor: Actor,
    bill: Bill,
    till_session: TillSession,
    *,
    card: GiftCard,
    amount: Money,
) -> PaymentAttempt:
    """Pay a part of a bill with a card. Raises Conflict for a card that does not pay, Refused for
    more than is on it, saying what is.
    """
    held = giftledger.hold(session, card)
    require_spendable(session, held)
    if held.currency != bill.currency:
        raise Refused(msg("This card is in {currency}.", currency=held.currency), field="amount")
    left = giftledger.balance(session, held)
    if amount > left:
        raise Refused(
            msg("Only {left} are on gift card {card}.", left=left, card=giftledger.label(held)),
            field="amount",
        )
    attempt = tenders.take_value(
        session,
        actor,
        bill,
        till_session,
        tender=Tender.STORE_CREDIT,
        amount=amount,
        source=giftledger.subject_of(held),
        note=giftledger.label(held),
    )
    giftledger.move(
        session,
        actor,
        held,
        -amount,
        cause=CardCause.SPENT,
        reference=bill.reference,
        attempt_id=attempt.id,
    )
    return attempt


def paid_by(session: Session, attempt: PaymentAttempt) -> GiftCard | None:
    """The card that made a payment."""
    if attempt.tender is not Tender.STORE_CREDIT or not attempt.source.startswith(
        giftledger.SOURCE
    ):
        return None
    return session.scalar(
        select(GiftCard)
        .join(CardMove, CardMove.card_id == GiftCard.id)
        .where(CardMove.attempt_id == attempt.id)
    )


def give_back(session: Session, actor: Actor, refund: Refund, card: GiftCard) -> None:
    """A purchase that a card paid for came back: onto the card that stands for it by now, whose
    time begins anew.
    """
    stands = giftledger.successor(session, card)
    bill = session.get_one(Bill, refund.bill_id)
    giftledger.prolong(session, stands)
    giftledger.move(
        session,
        actor,
        stands,
        Money(refund.amount_minor, refund.currency),
        cause=CardCause.REFUNDED,
        reference=bill.reference,
        refund_id=refund.id,
    )


def take_off(
    session: Session, actor: Actor, card: GiftCard, amount: Money, *, reference: str, ends: bool
) -> None:
    """The sale that brought this onto a card came back and is credited by the caller; what else is
    on a card that it made (`ends`) is blocked.

    Raises Refused where a part of it was spent.
    """
    stands = giftledger.successor(session, card)
    left = giftledger.balance(session, giftledger.hold(session, stands))
    if left < amount:
        raise Refused(
            msg(
                "Of gift card {card} only {left} are left.",
                card=giftledger.label(stands),
                left=left,
            )
        )
    giftledger.move(session, actor, stands, -amount, cause=CardCause.RETURNED, reference=reference)
    if ends and stands.blocked_at is None:
        _block(session, actor, stands, reason=f"{reference} returned")


def block(session: Session, actor: Actor, card: GiftCard, *, reason: str) -> None:
    """Nothing is paid with it until somebody opens it again."""
    actor.require("counter.sell")
    reason = clean(reason)[:200]
    if not reason:
        raise Refused(msg("Say why the card is blocked."), field="reason")
    held = giftledger.hold(session, card)
    if held.blocked_at is not None:
        raise Conflict(msg("Gift card {card} is blocked already.", card=giftledger.label(held)))
    _block(session, actor, held, reason=reason)


def unblock(session: Session, actor: Actor, card: GiftCard) -> None:
    """Found again. A card that was replaced stays dead."""
    actor.require("credit.approve")
    held = giftledger.hold(session, card)
    if held.blocked_at is None or held.replaced_by_id is not None:
        raise Conflict(msg("Gift card {card} cannot be opened again.", card=giftledger.label(held)))
    before = held.block_reason
    held.blocked_at, held.blocked_by, held.block_reason = None, "", ""
    session.flush()
    audit.record(
        session,
        actor,
        "gift_card.unblocked",
        subject=giftledger.subject_of(held),
        before={"reason": before},
    )


def replace(session: Session, actor: Actor, card: GiftCard, *, reason: str) -> GiftCard:
    """A lost card's rest onto a new one, which is handed out next; the old code is dead.

    Raises Conflict for a card with nothing on it, or that was replaced or has expired.
    """
    actor.require("credit.approve")
    reason = clean(reason)[:200]
    if not reason:
        raise Refused(msg("Say why the card is replaced."), field="reason")
    held = giftledger.hold(session, card)
    left = giftledger.balance(session, held)
    if held.replaced_by_id is not None or giftledger.is_expired(session, held) or not left:
        raise Conflict(
            msg("Nothing of gift card {card} can go onto another one.", card=giftledger.label(held))
        )
    new = giftledger.new(
        session,
        actor,
        held.currency,
        source=giftledger.subject_of(held),
        expires_on=held.expires_on,
    )
    giftledger.move(
        session, actor, held, -left, cause=CardCause.MOVED, reference=giftledger.subject_of(new)
    )
    giftledger.move(
        session, actor, new, left, cause=CardCause.MOVED, reference=giftledger.subject_of(held)
    )
    if held.blocked_at is None:
        _block(session, actor, held, reason=reason)
    held.replaced_by_id = new.id
    session.flush()
    audit.record(
        session,
        actor,
        "gift_card.replaced",
        subject=giftledger.subject_of(held),
        after={"by": new.number, "left": left},
        reason=reason,
    )
    return new


def expire(session: Session, actor: Actor, card: GiftCard) -> Money:
    """Take off what is left of a card whose last day is over; the caller books it."""
    held = giftledger.hold(session, card)
    left = giftledger.balance(session, held)
    if left and giftledger.is_expired(session, held):
        giftledger.move(
            session,
            actor,
            held,
            -left,
            cause=CardCause.EXPIRED,
            reference=giftledger.subject_of(held),
        )
        return left
    return Money(0, held.currency)


def _block(session: Session, actor: Actor, card: GiftCard, *, reason: str) -> None:
    card.blocked_at, card.blocked_by, card.block_reason = clock.now(), actor.name, reason
    session.flush()
    audit.record(
        session, actor, "gift_card.blocked", subject=giftledger.subject_of(card), reason=reason
    )
