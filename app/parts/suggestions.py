"""What to order: below its level, or lacking, with what is on its way counted, and why."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, exists, func, or_, select
from sqlalchemy.orm import Session

from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.money import Money
from app.kernel.text import Text, msg
from app.parts import buying, covering, prices, stock
from app.parts.buying import Incoming
from app.parts.buying_models import Demand, IncomingReservation, PurchaseLine
from app.parts.models import Part, Reservation
from app.parts.owners import owner_label
from app.parts.prices import Offer
from app.stores import desk

MOST_LINES = 200


def _sum(column: Any, *conditions: ColumnElement[bool]) -> Any:
    """Pieces of the part at hand; nothing is 0."""
    return select(func.coalesce(func.sum(column), 0)).where(*conditions).scalar_subquery()


_PROMISED = _sum(
    Reservation.quantity,
    Reservation.part_id == Part.id,
    Reservation.ended_at.is_(None),
    or_(Reservation.expires_at.is_(None), Reservation.expires_at > bindparam("now")),
)
_OPEN = _sum(
    PurchaseLine.quantity - PurchaseLine.accepted,
    PurchaseLine.part_id == Part.id,
    PurchaseLine.closed_at.is_(None),
)
_KEPT = (
    select(func.coalesce(func.sum(IncomingReservation.quantity), 0))
    .join(PurchaseLine, PurchaseLine.id == IncomingReservation.line_id)
    .where(
        PurchaseLine.part_id == Part.id,
        PurchaseLine.closed_at.is_(None),
        IncomingReservation.ended_at.is_(None),
    )
    .scalar_subquery()
)
_IS_LACKING = exists().where(
    Demand.store_id == bindparam("store_id"),
    Demand.part_id == Part.id,
    Demand.ended_at.is_(None),
)
_CANDIDATES = (
    select(Part)
    .where(
        Part.store_id == bindparam("store_id"),
        Part.archived.is_(False),
        or_(
            _IS_LACKING,
            and_(Part.minimum > 0, Part.minimum > Part.on_hand - _PROMISED + _OPEN - _KEPT),
        ),
    )
    .order_by(_IS_LACKING.desc(), Part.id)
    .limit(bindparam("most"))
)


@dataclass(frozen=True, slots=True)
class Need:
    """The figures of one part, before anybody is asked for a price."""

    part: Part
    free: int
    incoming: Incoming
    demands: tuple[Demand, ...] = ()

    @property
    def lacking(self) -> int:
        """What named owners lack; a bench that took the last one is a sign, not an owner."""
        return sum(demand.quantity for demand in self.demands if not demand.last_one)

    @property
    def projected(self) -> int:
        """What will be free when all is delivered and everybody has got what is lacking."""
        return self.free + self.incoming.free + self.incoming.drafted - self.lacking

    @property
    def quantity(self) -> int:
        """What to order: up to the maximum (the minimum without one); 0 for nothing."""
        last_one = sum(demand.quantity for demand in self.demands if demand.last_one)
        below = self.projected < self.part.minimum or self.projected < 0
        missing = max(self.part.maximum, self.part.minimum, 0) - self.projected if below else 0
        return max(missing, last_one)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A line of the list: how many, why, and who offers it, the best first."""

    need: Need
    quantity: int
    reasons: tuple[Text, ...]
    offers: tuple[Offer, ...]
    expected_on: date | None = None
    is_urgent: bool = field(default=False)

    @property
    def part(self) -> Part:
        return self.need.part

    @property
    def price(self) -> Money | None:
        return self.offers[0].price(self.quantity) if self.offers else None

    @property
    def total(self) -> Money | None:
        return self.price * self.quantity if self.price is not None else None


def suggestions(session: Session, actor: Actor) -> list[Suggestion]:
    """What to order now, those that somebody waits for first, then by how long they take."""
    actor.require("stock.view")
    needs = [need for need in _needs(session, actor) if need.quantity > 0]
    offers = prices.offers(session, actor, [need.part.id for need in needs])
    today = desk.business_day_of(desk.store_of(session, actor.store_id))
    found = [_suggestion(need, offers.get(need.part.id, []), today) for need in needs]
    return sorted(found, key=_urgency)


def reasons_of(need: Need) -> Iterator[Text]:
    """Why a part is on the list, in sentences."""
    for demand in need.demands:
        if demand.last_one:
            yield msg("{who} took the last one.", who=demand.made_by)
            if need.free > 0:
                yield msg("The figures still say {free} free: count it.", free=need.free)
        else:
            yield msg(
                "{quantity} lacking for {owner}.",
                quantity=demand.quantity,
                owner=owner_label(demand.owner),
            )
    if need.part.minimum and need.projected < need.part.minimum:
        yield msg(
            "{there} free or on the way, the minimum is {minimum}.",
            there=max(need.projected, 0),
            minimum=need.part.minimum,
        )
    elif need.projected < 0 and not need.lacking:
        yield msg("More is promised than there is.")


def _needs(session: Session, actor: Actor) -> list[Need]:
    """Every part that is low, or that somebody lacks; five statements however many."""
    facts = {"store_id": actor.store_id, "now": clock.now(), "most": MOST_LINES}
    parts = session.scalars(_CANDIDATES, facts).all()
    ids = [part.id for part in parts]
    frees = stock.frees(session, ids)
    incoming = buying.incoming(session, ids)
    demands: dict[int, list[Demand]] = defaultdict(list)
    for demand in covering.open_demands(session, actor.store_id, ids):
        demands[demand.part_id].append(demand)
    return [
        Need(part, frees[part.id], incoming.get(part.id, Incoming()), tuple(demands[part.id]))
        for part in parts
    ]


def _suggestion(need: Need, offers: Sequence[Offer], today: date) -> Suggestion:
    best = offers[0] if offers else None
    return Suggestion(
        need=need,
        quantity=best.orderable(need.quantity) if best else need.quantity,
        reasons=tuple(reasons_of(need)),
        offers=tuple(offers),
        expected_on=today + timedelta(days=best.supplier.lead_days) if best else None,
        is_urgent=need.lacking > 0 and need.projected < 0,
    )


def _urgency(suggestion: Suggestion) -> tuple[bool, int, str]:
    lead = suggestion.offers[0].supplier.lead_days if suggestion.offers else 0
    return not suggestion.is_urgent, -lead, suggestion.part.name_key
