"""What the stock is worth, now and at any moment before: sums over the ledger's lines."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.errors import Refused
from app.kernel.money import Money
from app.kernel.text import msg
from app.parts.models import Movement, Part
from app.stores.models import Store
from app.web import paging
from app.web.paging import Page

_FIRST, _LAST = date(1970, 1, 1), date(2199, 12, 31)
_PAGE = 50
# Parts that came and went are left out; so many pages of them are passed over at most.
_MOST_LOOKS = 4
_QUANTITY = func.coalesce(func.sum(Movement.stock_change), 0)
_VALUE = func.coalesce(func.sum(Movement.value_change), 0)


@dataclass(frozen=True, slots=True)
class Worth:
    """Pieces of one part in valued places, and what they cost."""

    part: Part
    quantity: int
    value: Money


@dataclass(frozen=True, slots=True)
class Total:
    """The whole stock of a store at the end of a day."""

    quantity: int
    value: Money


def end_of(session: Session, actor: Actor, day: date) -> datetime:
    """The first moment after a business day of the store; raises Refused for one out of reach."""
    if not _FIRST <= day <= _LAST:
        raise Refused(
            msg("Choose a day between {first} and {last}.", first=_FIRST, last=_LAST), field="on"
        )
    store = session.get_one(Store, actor.store_id)
    return clock.day_bounds(day, zone=store.zone, cut_off=store.day_starts_at)[1]


def total(session: Session, actor: Actor, *, before: datetime) -> Total:
    """Pieces and cost of everything in valued places just before a moment."""
    actor.require("stock.view")
    quantity, value = session.execute(
        select(_QUANTITY, _VALUE).where(Movement.store_id == actor.store_id, Movement.at < before)
    ).one()
    return Total(int(quantity), Money(int(value), _currency(session, actor)))


def of_part(session: Session, actor: Actor, part: Part, *, before: datetime) -> Worth:
    """The same of one part."""
    actor.require("stock.view")
    quantity, value = _of_parts(session, actor, [part.id], before).get(part.id, (0, 0))
    return Worth(part, quantity, Money(value, _currency(session, actor)))


def listed(
    session: Session, actor: Actor, *, before: datetime, cursor: str | None = None
) -> Page[Worth]:
    """Fifty parts that were there, by number."""
    actor.require("stock.view")
    after = str(paging.decode(cursor, str)[0]) if cursor else ""
    currency = _currency(session, actor)
    items: list[Worth] = []
    for _ in range(_MOST_LOOKS):
        parts = list(session.scalars(_moved(actor, before, after).limit(_PAGE)))
        worth = _of_parts(session, actor, [part.id for part in parts], before)
        for part in parts:
            if len(items) == _PAGE:
                return Page(items, paging.encode(after))
            after = part.number_key
            quantity, value = worth[part.id]
            if quantity:
                items.append(Worth(part, quantity, Money(value, currency)))
        if len(parts) < _PAGE:
            return Page(items, None)
    return Page(items, paging.encode(after))


def every(session: Session, actor: Actor, *, before: datetime) -> Iterator[Worth]:
    """Every part that was there, by number: for a file."""
    actor.require("stock.view")
    currency = _currency(session, actor)
    sums = (
        select(Movement.part_id, _QUANTITY.label("quantity"), _VALUE.label("value"))
        .where(Movement.store_id == actor.store_id, Movement.at < before)
        .group_by(Movement.part_id)
        .having(_QUANTITY != 0)
        .subquery()
    )
    rows = session.execute(
        select(Part, sums.c.quantity, sums.c.value)
        .join(sums, sums.c.part_id == Part.id)
        .order_by(Part.number_key)
    )
    for part, quantity, value in rows:
        yield Worth(part, int(quantity), Money(int(value), currency))


def _moved(actor: Actor, before: datetime, after: str) -> Select[Part]:
    """Parts with any line before a moment."""
    line = select(Movement.id).where(
        Movement.store_id == actor.store_id, Movement.part_id == Part.id, Movement.at < before
    )
    return (
        select(Part)
        .where(Part.store_id == actor.store_id, Part.number_key > after, line.exists())
        .order_by(Part.number_key)
    )


def _of_parts(
    session: Session, actor: Actor, part_ids: Collection[int], before: datetime
) -> dict[int, tuple[int, int]]:
    """Pieces and cost in minor units by part; one statement for all."""
    rows = session.execute(
        select(Movement.part_id, _QUANTITY, _VALUE)
        .where(
            Movement.store_id == actor.store_id,
            Movement.part_id.in_(part_ids),
            Movement.at < before,
        )
        .group_by(Movement.part_id)
    )
    return {part_id: (int(quantity), int(value)) for part_id, quantity, value in rows}


def _currency(session: Session, actor: Actor) -> str:
    return session.get_one(Store, actor.store_id).currency
