"""Plans of preventive service: what the store does every so often, and what makes it due.

The store sets them; they are no word of a maker, and every page says so.
"""

import json
from dataclasses import asdict, dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.kernel import audit
from app.kernel.actor import Actor
from app.kernel.canonical import canonical
from app.kernel.errors import Conflict, NotFound
from app.kernel.text import msg
from app.robots import makers
from app.robots.models import RobotModel
from app.service.planning_models import Occasion, ServicePlan
from app.web.forms import Reading

_LONGEST = 200
_MOST_ITEMS = 60
_BOUNDS = {
    "every_months": (1, 240),
    "every_hours": (1, 1_000_000),
    "every_cycles": (1, 1_000_000),
    "minutes": (5, 2_880),
}


@dataclass(frozen=True, slots=True)
class PlanInput:
    """At least one of the intervals or an occasion; whichever comes first makes it due."""

    name: str
    model_id: int | None = None
    every_months: int | None = None
    every_hours: int | None = None
    every_cycles: int | None = None
    occasion: Occasion | None = None
    minutes: int = 60
    items: tuple[str, ...] = ()


def add(session: Session, actor: Actor, typed: PlanInput) -> ServicePlan:
    """Raises Invalid with a sentence by field."""
    actor.require("settings.edit")
    _check(session, typed)
    plan = ServicePlan(store_id=actor.store_id, name="", minutes=0)
    _fill(plan, typed)
    session.add(plan)
    session.flush()
    _record(session, actor, plan, "service_plan.added", after=asdict(typed))
    return plan


def edit(session: Session, actor: Actor, plan: ServicePlan, typed: PlanInput, *, seen: int) -> None:
    """Another rule from now on: what is due by it is reckoned anew. Raises Conflict when changed
    meanwhile.
    """
    actor.require("settings.edit")
    if plan.version != seen:
        raise Conflict(msg("Somebody has changed this plan meanwhile. Look again."))
    _check(session, typed)
    before = asdict(as_typed(plan))
    _fill(plan, typed)
    plan.version += 1
    session.flush()
    _record(session, actor, plan, "service_plan.changed", before=before, after=asdict(typed))


def archive(session: Session, actor: Actor, plan: ServicePlan) -> None:
    """Nothing is due by it any more."""
    _put(session, actor, plan, archived=True)


def restore(session: Session, actor: Actor, plan: ServicePlan) -> None:
    _put(session, actor, plan, archived=False)


def by_id(session: Session, actor: Actor, plan_id: int) -> ServicePlan:
    found = session.get(ServicePlan, plan_id)
    if found is None or found.store_id != actor.store_id:
        raise NotFound(msg("There is no such plan in this store."), field="plan")
    return found


def listed(session: Session, store_id: int, *, in_use: bool = False) -> list[ServicePlan]:
    """A store's plans in the order in which they were made, those no longer used last."""
    query = select(ServicePlan).where(ServicePlan.store_id == store_id)
    if in_use:
        query = query.where(ServicePlan.archived.is_(False))
    return list(
        session.scalars(
            query.order_by(ServicePlan.archived, ServicePlan.id).options(
                joinedload(ServicePlan.model).joinedload(RobotModel.maker)
            )
        )
    )


def items_of(plan: ServicePlan) -> list[str]:
    return [str(one) for one in json.loads(plan.items)]


def as_typed(plan: ServicePlan) -> PlanInput:
    return PlanInput(
        name=plan.name,
        model_id=plan.model_id,
        every_months=plan.every_months,
        every_hours=plan.every_hours,
        every_cycles=plan.every_cycles,
        occasion=plan.occasion,
        minutes=plan.minutes,
        items=tuple(items_of(plan)),
    )


def _check(session: Session, typed: PlanInput) -> None:
    seen = Reading()
    seen.text("name", typed.name, most=_LONGEST, required=True)
    for name, (least, most) in _BOUNDS.items():
        value = getattr(typed, name)
        if value is not None and not least <= value <= most:
            seen.refuse(name, msg("This is between {least} and {most}.", least=least, most=most))
    if typed.occasion is None and not any(
        (typed.every_months, typed.every_hours, typed.every_cycles)
    ):
        seen.refuse("every_months", msg("Say how often, or after what."))
    if len(typed.items) > _MOST_ITEMS:
        seen.refuse("items", msg("At most {most} lines fit here.", most=_MOST_ITEMS))
    for one in typed.items:
        seen.text("items", one, most=_LONGEST)
    seen.done()
    if typed.model_id is not None:
        makers.model_by_id(session, typed.model_id)


def _fill(plan: ServicePlan, typed: PlanInput) -> None:
    plan.name, plan.model_id, plan.minutes = typed.name, typed.model_id, typed.minutes
    plan.every_months, plan.every_hours = typed.every_months, typed.every_hours
    plan.every_cycles, plan.occasion = typed.every_cycles, typed.occasion
    plan.items = canonical(list(typed.items)).decode()


def _put(session: Session, actor: Actor, plan: ServicePlan, *, archived: bool) -> None:
    actor.require("settings.edit")
    if plan.archived is archived:
        return
    plan.archived = archived
    session.flush()
    action = "service_plan.archived" if archived else "service_plan.restored"
    _record(session, actor, plan, action)


def _record(
    session: Session,
    actor: Actor,
    plan: ServicePlan,
    action: str,
    *,
    before: dict[str, object] | None = None,
    after: dict[str, object] | None = None,
) -> None:
    subject = f"service_plan:{plan.id}"
    audit.record(session, actor, action, subject=subject, before=before, after=after)
