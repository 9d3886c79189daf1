"""What a stocktake found against what the ledger said at that moment, and what that is worth."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.kernel.money import Money, half_up
from app.parts.count_models import CountLine, CountPlace, StockCount
from app.parts.models import Balance, Part, Place
from app.stores import desk

MOST_SHOWN = 500


@dataclass(frozen=True, slots=True)
class Difference:
    """A line that was counted otherwise than expected; `value` has the difference's sign."""

    line: CountLine
    part: Part
    place: Place
    value: Money

    @property
    def difference(self) -> int:
        return self.line.counted - self.line.expected


@dataclass(frozen=True, slots=True)
class Totals:
    """What the pieces found and the pieces missing are worth, both as positive amounts."""

    found: Money
    missing: Money

    @property
    def net(self) -> Money:
        return self.found - self.missing


def of(session: Session, actor: Actor, count: StockCount) -> list[Difference]:
    """Every difference of a stocktake, and what moved while it was counted; by bin and part."""
    currency = currency_of(session, actor)
    rows = session.execute(
        select(CountLine, Part, Place, Balance.cost_minor, Balance.quantity)
        .join(CountPlace, CountPlace.id == CountLine.count_place_id)
        .join(Place, Place.id == CountPlace.place_id)
        .join(Part, Part.id == CountLine.part_id)
        .outerjoin(Balance, Balance.component_id == CountLine.component_id)
        .where(
            CountPlace.count_id == count.id,
            CountLine.round == CountPlace.round,
            or_(CountLine.counted != CountLine.expected, CountLine.moved.is_(True)),
        )
        .order_by(Place.code_key, Place.name, Part.number_key, CountLine.id)
    ).all()
    # a serial that lay in another bin is neither gained nor lost
    strayed = {
        line.component_id
        for line, _, _, _, quantity in rows
        if line.component_id is not None and line.counted > line.expected and quantity
    }
    return [
        Difference(
            line,
            part,
            place,
            Money(
                0
                if line.booked_minor is None and line.component_id in strayed
                else _worth(line, part, cost or 0),
                currency,
            ),
        )
        for line, part, place, cost, _ in rows
    ]


def totals(found: Iterable[Difference], currency: str) -> Totals:
    values = [each.value.minor for each in found]
    return Totals(
        found=Money(sum(value for value in values if value > 0), currency),
        missing=Money(-sum(value for value in values if value < 0), currency),
    )


def titles() -> Sequence[str]:
    """The columns of `cells`, as a file names them."""
    return (
        "bin",
        "part",
        "name",
        "lot",
        "serial",
        "counted",
        "expected",
        "difference",
        "value",
        "currency",
        "counted_by",
        "counted_at",
    )


def cells(each: Difference) -> Sequence[str | int | Decimal]:
    line = each.line
    return (
        each.place.code or each.place.name,
        each.part.number,
        each.part.name,
        line.lot,
        line.serial,
        line.counted,
        line.expected,
        each.difference,
        Decimal(each.value.plain),
        each.value.currency,
        line.by,
        line.last_at.isoformat(timespec="seconds"),
    )


def currency_of(session: Session, actor: Actor) -> str:
    return desk.store_of(session, actor.store_id).currency


def _worth(line: CountLine, part: Part, cost: int) -> int:
    """A serial's own cost, or the average of today; what was booked stays as it was booked."""
    if line.booked_minor is not None:
        return line.booked_minor
    difference = line.counted - line.expected
    if line.serial_key:
        return cost * difference
    if not part.valued_quantity:
        return 0
    return half_up(part.valued_minor * difference, part.valued_quantity)
