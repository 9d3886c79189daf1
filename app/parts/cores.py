"""Old parts that belong to their maker: what has to go back, by which day, and what need not."""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, NotFound, Refused
from app.kernel.searchkeys import bare_key, clean
from app.kernel.text import msg
from app.parts.buying_models import CoreReturn
from app.parts.models import Part
from app.robots.events import ComponentRemoved
from app.robots.slot_models import Component
from app.stores import desk

_OF_A_JOB = "ticket:"
MOST_LISTED = 100


@dataclass(frozen=True, slots=True)
class Core:
    """An old part that has to go back; `days_left` is below zero when it is overdue."""

    due: CoreReturn
    part: Part
    component: Component | None
    days_left: int


def on_removed(session: Session, event: ComponentRemoved) -> None:
    """What a job takes out of a robot belongs to the maker, where the part's terms say so."""
    if not event.reference.startswith(_OF_A_JOB) or not event.part_number:
        return
    part = session.scalar(
        select(Part).where(
            Part.store_id == event.store_id, Part.bare_key == bare_key(event.part_number)
        )
    )
    if part is None or part.core_days is None:
        return
    today = desk.business_day_of(desk.store_of(session, event.store_id))
    core = CoreReturn(
        store_id=event.store_id,
        part_id=part.id,
        component_id=event.component_id,
        lot=event.lot,
        owner=event.reference[:64],
        arose_at=clock.now(),
        due_on=today + timedelta(days=part.core_days),
    )
    session.add(core)
    session.flush()
    audit.record(
        session,
        event.actor,
        "core.arose",
        subject=f"core:{core.id}",
        after={"part": part.number, "owner": core.owner, "due_on": core.due_on},
    )


def due(session: Session, actor: Actor) -> list[Core]:
    """What still has to go back, the most overdue first."""
    today = desk.business_day_of(desk.store_of(session, actor.store_id))
    rows = session.execute(
        select(CoreReturn, Part, Component)
        .join(Part, Part.id == CoreReturn.part_id)
        .outerjoin(Component, Component.id == CoreReturn.component_id)
        .where(CoreReturn.store_id == actor.store_id, CoreReturn.ended_at.is_(None))
        .order_by(CoreReturn.due_on, CoreReturn.id)
        .limit(MOST_LISTED)
    )
    return [Core(core, part, thing, (core.due_on - today).days) for core, part, thing in rows]


def overdue(session: Session, actor: Actor, *, today: date | None = None) -> int:
    """How many should have gone back already."""
    day = today or desk.business_day_of(desk.store_of(session, actor.store_id))
    late = select(func.count()).where(
        CoreReturn.store_id == actor.store_id,
        CoreReturn.ended_at.is_(None),
        CoreReturn.due_on < day,
    )
    return session.scalar(late) or 0


def by_id(session: Session, actor: Actor, core_id: int) -> CoreReturn:
    """One that still has to go back; raises Conflict when it need not any more."""
    core = session.get(CoreReturn, core_id)
    if core is None or core.store_id != actor.store_id:
        raise NotFound(msg("There is no such old part in this store."))
    if core.ended_at is not None:
        raise Conflict(msg("This old part has gone back, or need not."))
    return core


def waive(session: Session, actor: Actor, core: CoreReturn, *, reason: str) -> None:
    """It need not go back: the maker does not want it, or it was the customer's to keep."""
    actor.require("purchases.edit")
    if not clean(reason):
        raise Refused(msg("Say why it need not go back."), field="reason")
    core.ended_at, core.waived_for = clock.now(), clean(reason)[:200]
    session.flush()
    audit.record(session, actor, "core.waived", subject=f"core:{core.id}", reason=core.waived_for)
