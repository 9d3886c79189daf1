"""How batteries are kept: when each has to be looked at again, and which go to nobody.

A battery that lies about loses charge, and one that is swollen burns. Each has a day by which
somebody looks at it; after that day, or set aside, it is neither issued nor fitted, and does not
leave in a new robot.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ScalarSelect, func, or_, select
from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.kernel.errors import Conflict
from app.kernel.searchkeys import bare_key
from app.kernel.text import Text, msg
from app.parts.battery_models import Battery, BatteryRule
from app.parts.models import VALUED, Balance, Movement, Part, Place
from app.robots.bodyplan import SlotClass
from app.robots.events import ComponentFitted
from app.robots.gate import Reason
from app.robots.models import Unit
from app.robots.slot_models import Component, Occupant
from app.robots.states import UnitState
from app.stores import desk
from app.stores.models import Store

# Without a rule of the store: makers mostly ask for a look every three months, half charged.
INTERVAL_DAYS, SOC_LOW, SOC_HIGH = 90, 30, 60
_NEW_ROBOTS = frozenset(UnitState) - {UnitState.HANDED_OVER, UnitState.RETIRED}


class BatteryBlocked(Conflict):
    """A battery that must not be used before somebody has looked at it."""

    code = "battery_blocked"


@dataclass(frozen=True, slots=True)
class Keeping:
    """How the batteries of a part are kept."""

    interval_days: int = INTERVAL_DAYS
    soc_low: int = SOC_LOW
    soc_high: int = SOC_HIGH
    watt_hours: int | None = None
    is_own: bool = False


@dataclass(frozen=True, slots=True)
class Kept:
    """A battery with its part, where it lies, its last check, and the day of the next."""

    component: Component
    part: Part | None
    place: Place | None
    battery: Battery | None
    keeping: Keeping
    due_on: date
    today: date

    @property
    def is_overdue(self) -> bool:
        return self.due_on < self.today

    @property
    def is_quarantined(self) -> bool:
        return self.battery is not None and self.battery.quarantined

    @property
    def days_left(self) -> int:
        return (self.due_on - self.today).days


def page_of(component_id: int) -> str:
    return f"/parts/batteries/{component_id}"


def keepings(session: Session, store_id: int, part_ids: Iterable[int]) -> dict[int | None, Keeping]:
    """The rule of each part; under None that of the store."""
    rows = session.scalars(
        select(BatteryRule).where(
            BatteryRule.store_id == store_id,
            or_(BatteryRule.part_id.is_(None), BatteryRule.part_id.in_(set(part_ids))),
        )
    )
    found: dict[int | None, Keeping] = {None: Keeping()}
    return found | {
        row.part_id: Keeping(
            row.interval_days, row.soc_low, row.soc_high, row.watt_hours, is_own=True
        )
        for row in rows
    }


def in_stock(session: Session, actor: Actor, *, most: int) -> list[Kept]:
    """The batteries that lie in the store, those to be looked at first; two statements."""
    rows = session.execute(
        select(Component, Part, Place, Battery, _arrived())
        .select_from(Part)
        .join(Balance, Balance.part_id == Part.id)
        .join(Place, Place.id == Balance.place_id)
        .join(Component, Component.id == Balance.component_id)
        .outerjoin(Battery, Battery.component_id == Component.id)
        .where(
            Part.store_id == actor.store_id,
            Part.slot_class == SlotClass.BATTERY,
            Balance.quantity > 0,
            Place.kind.in_(VALUED),
        )
        .limit(most)
    ).all()
    kept = _kept(session, actor.store_id, [tuple(row) for row in rows])
    return sorted(kept, key=lambda one: (one.due_on, one.component.id))


def of(session: Session, store_id: int, component_ids: Collection[int]) -> dict[int, Kept]:
    """What is known of these batteries, by component; others are left out."""
    if not component_ids:
        return {}
    rows = session.execute(
        select(Component, Place, Battery, _arrived())
        .outerjoin(Balance, (Balance.component_id == Component.id) & (Balance.quantity > 0))
        .outerjoin(Place, Place.id == Balance.place_id)
        .outerjoin(Battery, Battery.component_id == Component.id)
        .where(
            Component.store_id == store_id,
            Component.id.in_(component_ids),
            Component.slot_class == SlotClass.BATTERY,
        )
    ).all()
    if not rows:
        return {}
    keys = {bare_key(component.part_number) for component, *_ in rows}
    parts = {
        part.bare_key: part
        for part in session.scalars(
            select(Part).where(Part.store_id == store_id, Part.bare_key.in_(keys))
        )
    }
    told = [
        (component, parts.get(bare_key(component.part_number)), place, battery, arrived)
        for component, place, battery, arrived in rows
    ]
    return {one.component.id: one for one in _kept(session, store_id, told)}


def require_usable(session: Session, store_id: int, component_ids: Collection[int]) -> None:
    """Raises BatteryBlocked for a battery that is set aside, or whose look is overdue."""
    for one in of(session, store_id, component_ids).values():
        reason = blocked(one)
        if reason is not None:
            raise BatteryBlocked(reason, field="serial", link=page_of(one.component.id))


def blocked(one: Kept) -> Text | None:
    """Why a battery goes to nobody; None for one that may."""
    if one.battery is not None and one.battery.quarantined:
        return msg(
            "Battery {serial} is set aside: {reason}.",
            serial=one.component.serial,
            reason=one.battery.quarantine_reason,
        )
    if one.is_overdue:
        return msg(
            "Battery {serial} was to be checked by {day}. Check it first.",
            serial=one.component.serial,
            day=one.due_on,
        )
    return None


def on_fitted(session: Session, event: ComponentFitted) -> None:
    """A battery that goes to nobody does not go into a robot either."""
    if event.component_id is not None:
        require_usable(session, event.store_id, [event.component_id])


def reasons(session: Session, actor: Actor, unit: Unit) -> list[Reason]:
    """What the gate hears of the batteries inside a robot.

    Of one that its owner uses every day only what was found; of a new one that waits in the store
    also that nobody has looked.
    """
    inside = session.scalars(
        select(Battery.component_id)
        .join(Occupant, Occupant.component_id == Battery.component_id)
        .where(Occupant.unit_id == unit.id, Occupant.until.is_(None))
    ).all()
    found = of(session, actor.store_id, inside)
    return [
        Reason(reason, page_of(one.component.id))
        for one in found.values()
        if (reason := blocked(one)) is not None
        and (one.is_quarantined or unit.state in _NEW_ROBOTS)
    ]


def _arrived() -> ScalarSelect[datetime]:
    """When a component last came into the store's own places."""
    return (
        select(func.max(Movement.at))
        .where(Movement.component_id == Component.id, Movement.stock_change > 0)
        .correlate(Component)
        .scalar_subquery()
    )


def _kept(session: Session, store_id: int, rows: Iterable[tuple[Any, ...]]) -> list[Kept]:
    told = list(rows)
    store = desk.store_of(session, store_id)
    today = desk.business_day_of(store)
    rules = keepings(session, store_id, {part.id for _, part, *_ in told if part is not None})
    kept = []
    for component, part, place, battery, arrived in told:
        keeping = _keeping(rules, part)
        day = _seen_on(store, component, battery, arrived) + timedelta(days=keeping.interval_days)
        kept.append(Kept(component, part, place, battery, keeping, day, today))
    return kept


def _keeping(rules: Mapping[int | None, Keeping], part: Part | None) -> Keeping:
    return rules.get(part.id if part is not None else None, rules[None])


def _seen_on(
    store: Store, component: Component, battery: Battery | None, arrived: datetime | None
) -> date:
    """The day of the last look; one that came in or came out of a robot since was looked at."""
    moments = [moment for moment in (arrived, battery.checked_at if battery else None) if moment]
    return desk.business_day_of(store, max(moments, default=component.registered_at))
