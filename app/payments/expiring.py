"""What has expired: gift cards and credit whose last day is over become the store's.

It pays nothing from that day on, whether it is booked or not; the booking is made once a day. No
tax is in it: nothing was supplied for it.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.customers.models import Customer
from app.kernel import clock, queueing
from app.kernel.actor import Actor
from app.kernel.db import Database
from app.kernel.money import Money
from app.payments import credit, creditrules, giftcards, giftledger, journal
from app.payments.credit_models import CreditMove
from app.payments.gift_card_models import CardMove, CreditRules, GiftCard
from app.payments.models import Account, EntryKind
from app.stores import desk
from app.stores.models import Store

_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Expired:
    """One card, or one customer's credit, with what is over of it."""

    card: GiftCard | None
    customer: Customer | None
    amount: Money

    @property
    def label(self) -> str:
        if self.card is not None:
            return giftledger.label(self.card)
        return f"C-{self.customer.number}" if self.customer else ""

    @property
    def page(self) -> str:
        if self.card is not None:
            return giftledger.page_of(self.card)
        return f"/customers/{self.customer.number}/credit" if self.customer else ""

    @property
    def subject(self) -> str:
        if self.card is not None:
            return giftledger.subject_of(self.card)
        return f"customer:{self.customer.number}" if self.customer else ""


def due(session: Session, store: Store, *, most: int = _AT_ONCE) -> list[Expired]:
    """What is over by the store's day and not booked yet."""
    today = desk.business_day_of(store, clock.now())
    return [*_cards(session, store, today, most), *_credits(session, store, today, most)]


def listed(session: Session, actor: Actor) -> list[Expired]:
    """The same for whoever looks after the books."""
    actor.require("books.view")
    return due(session, desk.store_of(session, actor.store_id))


def book_listed(session: Session, actor: Actor) -> Money:
    """Book it now: by itself that happens once a day."""
    actor.require("credit.approve")
    store = desk.store_of(session, actor.store_id)
    return book(session, actor, due(session, store)) or Money(0, store.currency)


def book(session: Session, actor: Actor, found: Sequence[Expired]) -> Money | None:
    """Make it the store's. What is gone or good again by now is left out; None where all is."""
    total: Money | None = None
    for one in found:
        amount = _take_off(session, actor, one)
        if not amount:
            continue
        journal.post(
            session,
            store_id=actor.store_id,
            kind=EntryKind.STORE_CREDIT,
            sides={Account.STORE_CREDIT: amount, Account.EXPIRED_CREDIT: -amount},
            memo=one.subject,
        )
        total = amount if total is None else total + amount
    return total


def run_due(database: Database, stopping: threading.Event) -> bool:
    """Once a day and store, in the background; a glance first, so that idling takes no lock."""
    with database.reading() as session:
        waiting = [
            store.id for store, rules in _stores(session) if not _is_done(store, rules.expired_on)
        ]
    for store_id in waiting:
        if stopping.is_set():
            break
        with database.transaction() as session:
            queueing.enter(session, store_id)
            run(session, store_id)
    return bool(waiting)


def run(session: Session, store_id: int) -> Money | None:
    """The day's booking of one store, up to a bounded number; the day is done when none is left."""
    store = desk.store_of(session, store_id)
    found = due(session, store)
    booked = book(session, _house(store_id), found)
    rules = creditrules.row_of(session, store_id)
    if rules is not None and len(found) < _AT_ONCE:
        rules.expired_on = desk.business_day_of(store, clock.now())
        session.flush()
    return booked


def _stores(session: Session) -> list[tuple[Store, CreditRules]]:
    """Nothing expires where nobody has ever said so."""
    rows = session.execute(select(Store, CreditRules).join(CreditRules))
    return [(store, rules) for store, rules in rows]


def _is_done(store: Store, expired_on: date | None) -> bool:
    return expired_on is not None and expired_on >= desk.business_day_of(store, clock.now())


def _cards(session: Session, store: Store, today: date, most: int) -> list[Expired]:
    last = (
        select(CardMove.card_id, func.max(CardMove.number).label("number"))
        .join(GiftCard, GiftCard.id == CardMove.card_id)
        .where(GiftCard.store_id == store.id, GiftCard.expires_on < today)
        .group_by(CardMove.card_id)
        .subquery()
    )
    rows = session.execute(
        select(GiftCard, CardMove.balance_minor)
        .join(last, last.c.card_id == GiftCard.id)
        .join(CardMove, (CardMove.card_id == last.c.card_id) & (CardMove.number == last.c.number))
        .where(CardMove.balance_minor > 0)
        .order_by(GiftCard.id)
        .limit(most)
    )
    return [Expired(card, None, Money(minor, card.currency)) for card, minor in rows]


def _credits(session: Session, store: Store, today: date, most: int) -> list[Expired]:
    """Customers whose credit is over: what was used is taken from what expires first."""
    over = credit.over_by(today)
    rows = session.execute(
        select(Customer, over)
        .join(CreditMove, CreditMove.customer_id == Customer.id)
        .where(CreditMove.store_id == store.id, CreditMove.currency == store.currency)
        .group_by(Customer.id)
        .having(over > 0)
        .order_by(Customer.id)
        .limit(most)
    )
    return [Expired(None, customer, Money(int(minor), store.currency)) for customer, minor in rows]


def _take_off(session: Session, actor: Actor, one: Expired) -> Money:
    if one.card is not None:
        return giftcards.expire(session, actor, one.card)
    if one.customer is not None:
        return credit.expire(session, actor, one.customer.id, one.amount.currency)
    raise ValueError("what expires is a card's or a customer's")


def _house(store_id: int) -> Actor:
    """The house itself, when a day is over."""
    return Actor(store_id=store_id, name="expiry", role="house")
