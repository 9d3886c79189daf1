"""Which slots a robot has.

It follows the plan of its hardware revision, else its model's plan for all revisions. Once
something has been fitted, it stays with the plan in which that was done.
"""

from collections.abc import Collection, Iterable

from sqlalchemy import ScalarSelect, select
from sqlalchemy.orm import Session, joinedload, selectinload

from app.kernel.errors import NotFound
from app.kernel.searchkeys import clean, search_key
from app.kernel.text import msg
from app.robots.models import RobotModel, Unit
from app.robots.slot_models import LONGEST_PATH, BodyPlan, Occupant, Slot


def chosen(plans: Iterable[BodyPlan], hardware_revision: str) -> BodyPlan | None:
    """The plan that a robot of this revision follows, among those of its model."""
    by_revision = {plan.revision_key: plan for plan in plans}
    revision = search_key(hardware_revision)
    if not revision and len(by_revision) == 1:
        return next(iter(by_revision.values()))
    return by_revision.get(revision) or by_revision.get("")


def plan_of(session: Session, unit: Unit) -> BodyPlan | None:
    """A robot's plan; None while its model has none that fits."""
    rows = session.execute(
        select(BodyPlan, _plan_in_use(unit)).where(BodyPlan.model_id == unit.model_id)
    ).all()
    return _followed([row[0] for row in rows], unit, rows[0][1] if rows else None)


def plan_with_slots(session: Session, unit: Unit) -> tuple[BodyPlan | None, list[Slot]]:
    """A robot's plan, see `plan_of`, and its slots by their place; one statement."""
    rows = session.execute(
        select(BodyPlan, Slot, _plan_in_use(unit))
        .outerjoin(Slot, Slot.plan_id == BodyPlan.id)
        .where(BodyPlan.model_id == unit.model_id)
        .order_by(Slot.place, Slot.id)
    ).all()
    plans = {row[0].id: row[0] for row in rows}
    plan = _followed(plans.values(), unit, rows[0][2] if rows else None)
    if plan is None:
        return None, []
    slots: list[Slot | None] = [row[1] for row in rows]
    return plan, [slot for slot in slots if slot is not None and slot.plan_id == plan.id]


def plans_followed(session: Session, units: Collection[Unit]) -> dict[int, BodyPlan]:
    """The plans of many robots by the robot's id, in two statements; see `plan_of`."""
    plans = plans_of(session, {unit.model_id for unit in units})
    by_id = {plan.id: plan for listed in plans.values() for plan in listed}
    used = session.execute(
        select(Occupant.unit_id, Slot.plan_id)
        .join(Slot, Slot.id == Occupant.slot_id)
        .where(Occupant.unit_id.in_([unit.id for unit in units]))
        .distinct()
    )
    followed = {unit_id: by_id[plan_id] for unit_id, plan_id in used if plan_id in by_id}
    for unit in units:
        plan = chosen(plans.get(unit.model_id, ()), unit.hardware_revision)
        if plan is not None:
            followed.setdefault(unit.id, plan)
    return followed


def plan_by_id(session: Session, plan_id: int) -> BodyPlan:
    """A plan with its model."""
    found = session.scalar(
        select(BodyPlan)
        .where(BodyPlan.id == plan_id)
        .options(joinedload(BodyPlan.model).joinedload(RobotModel.maker))
    )
    if found is None:
        raise NotFound(msg("There is no such plan of slots."))
    return found


def plans_of(session: Session, model_ids: Collection[int]) -> dict[int, list[BodyPlan]]:
    """Plans by model, each model's by revision."""
    found: dict[int, list[BodyPlan]] = {}
    rows = session.scalars(
        select(BodyPlan)
        .where(BodyPlan.model_id.in_(model_ids))
        .order_by(BodyPlan.model_id, BodyPlan.revision_key)
    )
    for plan in rows:
        found.setdefault(plan.model_id, []).append(plan)
    return found


def slots_of(session: Session, plan_ids: Collection[int]) -> list[Slot]:
    """Slots with their allowed part numbers, each plan's parents first."""
    return list(
        session.scalars(
            select(Slot)
            .where(Slot.plan_id.in_(plan_ids))
            .order_by(Slot.plan_id, Slot.place, Slot.id)
            .options(selectinload(Slot.parts))
        )
    )


def slot_called(session: Session, unit: Unit, path: str) -> Slot:
    """A robot's slot by its path, with its allowed part numbers; raises NotFound."""
    wanted = search_key(path)
    rows = session.execute(
        select(BodyPlan, Slot, _plan_in_use(unit))
        .outerjoin(Slot, (Slot.plan_id == BodyPlan.id) & (Slot.path == wanted))
        .where(BodyPlan.model_id == unit.model_id)
        .options(joinedload(Slot.parts))
    ).unique()
    slots: dict[int, Slot | None] = {}
    plans: list[BodyPlan] = []
    in_use = None
    for plan, slot, used in rows:
        plans.append(plan)
        slots[plan.id], in_use = slot, used
    followed = _followed(plans, unit, in_use)
    found = slots[followed.id] if followed is not None else None
    if found is None:
        raise NotFound(
            msg(
                "{serial} has no slot “{path}”.",
                serial=unit.serial,
                path=clean(path)[:LONGEST_PATH] or "–",
            ),
            field="slot",
        )
    return found


def _plan_in_use(unit: Unit) -> ScalarSelect[int]:
    """SQL for the plan in which something has been fitted in a robot."""
    return (
        select(Slot.plan_id)
        .join(Occupant, Occupant.slot_id == Slot.id)
        .where(Occupant.unit_id == unit.id)
        .limit(1)
        .scalar_subquery()
    )


def _followed(plans: Collection[BodyPlan], unit: Unit, in_use: int | None) -> BodyPlan | None:
    stays_with = next((plan for plan in plans if plan.id == in_use), None)
    return stays_with or chosen(plans, unit.hardware_revision)
