"""The ledger of gift cards: who adds a row holds the card, and posts the journal's side.

Each row says what is left after it; the newest one is the balance.
"""

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel import audit, clock, numbers
from app.kernel.actor import Actor
from app.kernel.money import Money
from app.payments import creditrules
from app.payments.gift_card_models import CardCause, CardMove, GiftCard
from app.payments.models import PaymentAttempt
from app.stores import desk

SOURCE = "gift_card:"
_SERIES = "gift_card"


def label(card: GiftCard) -> str:
    """How people name a card: its number, and the end of its code once it is out."""
    return f"GC-{card.number} ••{card.tail}" if card.tail else f"GC-{card.number}"


def subject_of(card: GiftCard) -> str:
    return f"{SOURCE}{card.number}"


def page_of(card: GiftCard) -> str:
    return f"/gift-cards/{card.number}"


def balance(session: Session, card: GiftCard) -> Money:
    """What is on a card, whether it pays or not."""
    last = _last(session, card)
    return Money(last.balance_minor if last else 0, card.currency)


def left_after(session: Session, attempt: PaymentAttempt) -> Money:
    """What a card holds after it made a payment, also while that is being booked: the sale's paper
    is written before the card's row.
    """
    move = session.scalar(select(CardMove).where(CardMove.attempt_id == attempt.id))
    if move is not None:
        return Money(move.balance_minor, move.currency)
    card = session.scalars(
        select(GiftCard).where(
            GiftCard.store_id == attempt.store_id,
            GiftCard.number == int(attempt.source.removeprefix(SOURCE)),
        )
    ).one()
    return balance(session, card) - Money(attempt.amount_minor, attempt.currency)


def moves_of(session: Session, card: GiftCard) -> list[CardMove]:
    """A card's history, the newest first."""
    return list(
        session.scalars(
            select(CardMove).where(CardMove.card_id == card.id).order_by(CardMove.number.desc())
        )
    )


def is_expired(session: Session, card: GiftCard) -> bool:
    """By the store's day: a card pays to the end of its last one."""
    if card.expires_on is None:
        return False
    store = desk.store_of(session, card.store_id)
    return card.expires_on < desk.business_day_of(store, clock.now())


def successor(session: Session, card: GiftCard) -> GiftCard:
    """The card that stands for this one by now."""
    found = card
    while found.replaced_by_id is not None:
        found = session.get_one(GiftCard, found.replaced_by_id)
    return found


def new(
    session: Session, actor: Actor, currency: str, *, source: str, expires_on: date | None
) -> GiftCard:
    """A card with nothing on it yet, and without a code."""
    card = GiftCard(
        store_id=actor.store_id,
        number=numbers.allot(session, store_id=actor.store_id, series=_SERIES),
        currency=currency,
        source=source,
        made_at=clock.now(),
        made_by=actor.name,
        expires_on=expires_on,
    )
    session.add(card)
    session.flush()
    return card


def prolong(session: Session, card: GiftCard) -> None:
    """Something comes onto it: its time begins anew, and never ends sooner."""
    rules = creditrules.of_store(session, card.store_id)
    until = creditrules.last_day(session, card.store_id, rules.card_months)
    if card.expires_on is None:
        return
    card.expires_on = None if until is None else max(until, card.expires_on)
    session.flush()


def hold(session: Session, card: GiftCard) -> GiftCard:
    """The card, locked and as it stands."""
    return session.scalars(
        select(GiftCard)
        .where(GiftCard.id == card.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def _last(session: Session, card: GiftCard) -> CardMove | None:
    return session.scalar(
        select(CardMove)
        .where(CardMove.card_id == card.id)
        .order_by(CardMove.number.desc())
        .limit(1)
    )


def move(
    session: Session,
    actor: Actor,
    card: GiftCard,
    amount: Money,
    *,
    cause: CardCause,
    reference: str,
    attempt_id: int | None = None,
    refund_id: int | None = None,
) -> CardMove:
    """One row more; the database refuses what would go below nothing."""
    held = hold(session, card)
    last = _last(session, held)
    move = CardMove(
        store_id=held.store_id,
        card_id=held.id,
        number=last.number + 1 if last else 1,
        cause=cause,
        amount_minor=amount.minor,
        balance_minor=(last.balance_minor if last else 0) + amount.minor,
        currency=amount.currency,
        reference=reference,
        at=clock.now(),
        by=actor.name,
        attempt_id=attempt_id,
        refund_id=refund_id,
    )
    session.add(move)
    session.flush()
    audit.record(
        session,
        actor,
        f"gift_card.{cause.value}",
        subject=subject_of(held),
        after={"amount": amount, "left": Money(move.balance_minor, move.currency)},
        reason=reference,
    )
    return move
