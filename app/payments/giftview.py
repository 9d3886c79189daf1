"""What staff see of gift cards: the list by keyset, one card's history, and what a code names."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import ColumnElement, SQLColumnExpression, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.errors import StoreError
from app.kernel.findable import Found
from app.kernel.money import Money
from app.kernel.text import Text, msg
from app.payments import giftcards, giftledger
from app.payments.gift_card_models import CardCause, CardMove, GiftCard
from app.robots import addresses
from app.stores import desk
from app.web import paging
from app.web.paging import Page

CAUSE_LABELS: dict[CardCause, Text] = {
    CardCause.SOLD: msg("Sold"),
    CardCause.LOADED: msg("Loaded"),
    CardCause.SPENT: msg("Paid with it"),
    CardCause.REFUNDED: msg("Given back"),
    CardCause.RETURNED: msg("Its sale came back"),
    CardCause.MOVED: msg("Card replaced"),
    CardCause.EXPIRED: msg("Expired"),
}


class Show(StrEnum):
    """Which cards a list shows."""

    ALL = "all"
    GOOD = "good"
    WAITING = "waiting"
    BLOCKED = "blocked"
    EXPIRED = "expired"


class State(StrEnum):
    WAITING = "waiting"
    GOOD = "good"
    EMPTY = "empty"
    BLOCKED = "blocked"
    REPLACED = "replaced"
    EXPIRED = "expired"


STATE_LABELS: dict[State, tuple[Text, str]] = {
    State.WAITING: (msg("to hand out"), "hold"),
    State.GOOD: (msg("good"), "ok"),
    State.EMPTY: (msg("empty"), ""),
    State.BLOCKED: (msg("blocked"), "bad"),
    State.REPLACED: (msg("replaced"), ""),
    State.EXPIRED: (msg("expired"), "warn"),
}


@dataclass(frozen=True, slots=True)
class CardView:
    """A card with what is on it, and what it is good for today."""

    card: GiftCard
    balance: Money
    state: State

    @property
    def label(self) -> str:
        return giftledger.label(self.card)

    @property
    def page(self) -> str:
        return giftledger.page_of(self.card)

    @property
    def says(self) -> tuple[Text, str]:
        return STATE_LABELS[self.state]


@dataclass(frozen=True, slots=True)
class MoveView:
    """A row of a card's history, with the page of what it came from or paid for."""

    move: CardMove
    amount: Money
    left: Money
    page: str

    @property
    def says(self) -> Text:
        return CAUSE_LABELS[self.move.cause]


def page(session: Session, actor: Actor, *, show: Show, cursor: str | None) -> Page[CardView]:
    """Cards, the newest first, 50 at a time; each with its balance, in one statement."""
    actor.require("orders.view")
    today = desk.business_day_of(desk.store_of(session, actor.store_id), clock.now())
    last = aliased(CardMove)
    newest = (
        select(func.max(CardMove.number))
        .where(CardMove.card_id == GiftCard.id)
        .correlate(GiftCard)
        .scalar_subquery()
    )
    query = (
        select(GiftCard, last.balance_minor)
        .outerjoin(last, and_(last.card_id == GiftCard.id, last.number == newest))
        .where(GiftCard.store_id == actor.store_id, *_of(show, today, last.balance_minor))
        .order_by(GiftCard.number.desc())
        .limit(paging.PAGE + 1)
    )
    if cursor:
        (number,) = paging.decode(cursor, int)
        query = query.where(GiftCard.number < number)
    rows = [
        _view(card, Money(int(minor or 0), card.currency), today)
        for card, minor in session.execute(query)
    ]
    shown = rows[: paging.PAGE]
    following = paging.encode(shown[-1].card.number) if len(rows) > paging.PAGE else None
    return Page(shown, following)


def one(session: Session, card: GiftCard) -> CardView:
    today = desk.business_day_of(desk.store_of(session, card.store_id), clock.now())
    return _view(card, giftledger.balance(session, card), today)


def history(session: Session, card: GiftCard) -> list[MoveView]:
    """The newest first."""
    return [
        MoveView(
            move,
            Money(move.amount_minor, move.currency),
            Money(move.balance_minor, move.currency),
            page_of(move.reference),
        )
        for move in giftledger.moves_of(session, card)
    ]


def source_page(card: GiftCard) -> str:
    """The page of what a card came from: the sale of its line, or the card it stands for."""
    kind, number, *_ = card.source.split(":")
    return page_of(f"{kind}:{number}")


def page_of(reference: str) -> str:
    """The page of what a card came from or paid for: a sale, a repair, another card."""
    kind, _, number = reference.partition(":")
    if kind == "gift_card":
        return f"/gift-cards/{number}"
    return addresses.owner_page(reference)


def find(session: Session, actor: Actor, text: str) -> Iterable[Found]:
    """What a scan names: a card by its code, or by its number. For `findable`."""
    if not actor.may("orders.view"):
        return []
    if not text.lower().startswith("gc"):
        return []
    try:
        card = giftcards.meant(session, actor, text)
    except StoreError:
        return []
    view = one(session, card)
    return [Found("gift_card", view.label, "", f"GC-{card.number}", view.page)]


def _view(card: GiftCard, balance: Money, today: date) -> CardView:
    return CardView(card, balance, _state(card, balance, today))


def _state(card: GiftCard, balance: Money, today: date) -> State:
    if card.replaced_by_id is not None:
        return State.REPLACED
    if card.blocked_at is not None:
        return State.BLOCKED
    if card.expires_on is not None and card.expires_on < today:
        return State.EXPIRED
    if card.code_hash is None:
        return State.WAITING
    return State.GOOD if balance else State.EMPTY


def _of(show: Show, today: date, balance: SQLColumnExpression[int]) -> list[ColumnElement[bool]]:
    lives = or_(GiftCard.expires_on.is_(None), GiftCard.expires_on >= today)
    free = GiftCard.blocked_at.is_(None)
    match show:
        case Show.GOOD:
            return [free, lives, balance > 0]
        case Show.WAITING:
            return [free, lives, GiftCard.code_hash.is_(None)]
        case Show.BLOCKED:
            return [~free]
        case Show.EXPIRED:
            return [GiftCard.expires_on < today]
        case _:
            return []
