"""Tables of parts, stock, movements and prices to take along; parts can be imported again."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from app.kernel.actor import Actor
from app.kernel.errors import Refused
from app.kernel.money import Money, half_up
from app.kernel.text import Text, msg
from app.parts import countlists
from app.parts.buying_models import Supplier, SupplierPrice
from app.parts.catalogue_models import Supersession
from app.parts.models import VALUED, Balance, Movement, Part, Place
from app.robots.models import Maker
from app.robots.slot_models import Component, Control
from app.stores import desk

Cell = str | int | Decimal
MOST_MOVEMENTS = 200_000
_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class Period:
    """From a moment on, until before another; None for open ends."""

    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """One kind of file: its columns, and its rows."""

    label: Text
    titles: Sequence[str]
    rows: Callable[[Session, Actor, Period], Iterator[Sequence[Cell]]]


def _parts(session: Session, actor: Actor, _period: Period) -> Iterator[Sequence[Cell]]:
    currency = desk.store_of(session, actor.store_id).currency
    new = aliased(Part)
    rows = session.execute(
        select(Part, Maker.name, new.number)
        .outerjoin(Maker, Maker.id == Part.maker_id)
        .outerjoin(Supersession, Supersession.old_part_id == Part.id)
        .outerjoin(new, new.id == Supersession.new_part_id)
        .where(Part.store_id == actor.store_id, Part.archived.is_(False))
        .order_by(Part.number_key, Part.id)
        .execution_options(yield_per=_AT_ONCE)
    )
    for part, maker, successor in rows:
        yield (
            part.number,
            part.name,
            part.gtin,
            part.control.value,
            part.slot_class.value if part.slot_class else "",
            maker or "",
            part.revision,
            part.description,
            _amount(part.price_minor, currency),
            part.tax_code,
            part.minimum,
            part.maximum,
            part.core_days if part.core_days is not None else "",
            part.un_number,
            successor or "",
            part.on_hand,
        )


def _stock(session: Session, actor: Actor, _period: Period) -> Iterator[Sequence[Cell]]:
    currency = desk.store_of(session, actor.store_id).currency
    rows = session.execute(
        select(Balance, Part, Place, Component.serial)
        .join(Part, Part.id == Balance.part_id)
        .join(Place, Place.id == Balance.place_id)
        .outerjoin(Component, Component.id == Balance.component_id)
        .where(Place.store_id == actor.store_id, Place.kind.in_(VALUED), Balance.quantity > 0)
        .order_by(Place.code_key, Place.name, Part.number_key, Balance.id)
        .execution_options(yield_per=_AT_ONCE)
    )
    for balance, part, place, serial in rows:
        cost = balance.cost_minor
        if part.control is not Control.SERIAL:
            pieces = part.valued_quantity
            cost = half_up(part.valued_minor, pieces) if pieces else 0
        yield (
            part.number,
            part.name,
            place.code or place.name,
            balance.lot,
            serial or "",
            balance.quantity,
            _amount(cost, currency),
        )


def _movements(session: Session, actor: Actor, period: Period) -> Iterator[Sequence[Cell]]:
    currency = desk.store_of(session, actor.store_id).currency
    start, end = aliased(Place), aliased(Place)
    query = (
        select(Movement, Part.number, start, end, Component.serial)
        .join(Part, Part.id == Movement.part_id)
        .join(start, start.id == Movement.from_place_id)
        .join(end, end.id == Movement.to_place_id)
        .outerjoin(Component, Component.id == Movement.component_id)
        .where(Movement.store_id == actor.store_id)
        .order_by(Movement.id)
        .limit(MOST_MOVEMENTS + 1)
        .execution_options(yield_per=_AT_ONCE)
    )
    if period.since is not None:
        query = query.where(Movement.at >= period.since)
    if period.until is not None:
        query = query.where(Movement.at < period.until)
    for count, (row, number, left, came, serial) in enumerate(session.execute(query)):
        if count == MOST_MOVEMENTS:
            raise Refused(
                msg(
                    "These are more than {most} movements. Choose fewer days.", most=MOST_MOVEMENTS
                ),
                field="since",
            )
        yield (
            row.at.isoformat(timespec="seconds"),
            number,
            row.quantity,
            left.code or left.name,
            came.code or came.name,
            row.lot,
            serial or "",
            _amount(row.value_minor, currency),
            row.actor,
            row.reason,
            row.reference,
        )


def _prices(session: Session, actor: Actor, _period: Period) -> Iterator[Sequence[Cell]]:
    currency = desk.store_of(session, actor.store_id).currency
    rows = session.execute(
        select(Part, SupplierPrice, Supplier)
        .outerjoin(SupplierPrice, SupplierPrice.part_id == Part.id)
        .outerjoin(Supplier, Supplier.id == SupplierPrice.supplier_id)
        .where(Part.store_id == actor.store_id, Part.archived.is_(False))
        .order_by(Part.number_key, Part.id, Supplier.name_key, SupplierPrice.minimum,
                  SupplierPrice.valid_from)
        .execution_options(yield_per=_AT_ONCE)
    )  # fmt: skip
    for part, price, supplier in _loosely(rows):
        selling = _amount(part.price_minor, currency)
        if price is None or supplier is None:
            yield (part.number, selling, "", "", "", "", "", "", "")
            continue
        yield (
            part.number,
            selling,
            supplier.name,
            _amount(price.price_minor, supplier.currency),
            supplier.currency,
            price.number,
            price.minimum,
            price.pack,
            price.valid_from.isoformat(),
        )


def _loosely(rows: Iterable[Any]) -> Iterator[tuple[Part, SupplierPrice | None, Supplier | None]]:
    """An outer join may leave its right side out, which its type does not say."""
    yield from rows


def _counts(session: Session, actor: Actor, _period: Period) -> Iterator[Sequence[Cell]]:
    cursor: str | None = None
    while True:
        page = countlists.listed(session, actor, cursor=cursor, most=_AT_ONCE)
        for row in page.items:
            ended = row.count.ended_at
            yield (
                row.label,
                row.count.title,
                row.count.state.value,
                row.bins,
                row.count.started_at.isoformat(timespec="seconds"),
                row.count.started_by,
                ended.isoformat(timespec="seconds") if ended else "",
                row.count.ended_by,
                Decimal(row.found.plain),
                Decimal(row.missing.plain),
                row.found.currency,
            )
        if page.next is None:
            return
        cursor = page.next


def _amount(minor: int, currency: str) -> Decimal:
    return Decimal(Money(minor, currency).plain)


TABLES: Mapping[str, Table] = {
    "parts": Table(
        msg("Parts"),
        (
            *("number", "name", "gtin", "control", "kind", "maker", "revision", "description"),
            *("price", "tax_code", "minimum", "maximum", "core_days", "un_number", "successor"),
            "on_hand",
        ),
        _parts,
    ),
    "stock": Table(
        msg("What lies where"),
        ("number", "name", "place", "lot", "serial", "quantity", "cost"),
        _stock,
    ),
    "movements": Table(
        msg("Movements"),
        (
            *("at", "number", "quantity", "from", "to", "lot", "serial", "value", "by", "reason"),
            "reference",
        ),
        _movements,
    ),
    "prices": Table(
        msg("Prices"),
        (
            *("number", "price", "supplier", "cost", "currency", "supplier_number"),
            *("from_quantity", "pack", "valid_from"),
        ),
        _prices,
    ),
    "counts": Table(
        msg("Stocktakes"),
        (
            *("number", "title", "state", "bins", "started_at", "started_by", "ended_at"),
            *("ended_by", "found", "missing", "currency"),
        ),
        _counts,
    ),
}
