"""Bringing the starting set into a store: once, by whoever asks; what stands there stays."""

from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.calibration import procedures
from app.calibration.bodypoints import needs_of, of_slot
from app.calibration.drafts import fill
from app.calibration.procedure_models import Procedure, ProcedureVersion
from app.calibration.seedbook import SEEDS, Seed
from app.kernel.actor import Actor
from app.kernel.searchkeys import search_key
from app.robots.slot_models import BodyPlan, Slot

CODES = tuple(seed.code for seed in SEEDS)


def seed(session: Session, store_id: int, actor: Actor) -> list[ProcedureVersion]:
    """Release what the store has not: for all models, and for those whose slots are known.

    A code that the store uses already is left alone, whatever stands behind it.
    """
    actor.require("calibration.procedures")
    known = set(session.scalars(select(Procedure.code_key).where(Procedure.store_id == store_id)))
    wanted = [one for one in SEEDS if search_key(one.code) not in known]
    bodies = _bodies(session) if wanted else {}
    return [made for one in wanted for made in _release(session, actor, one, bodies)]


def is_seeded(session: Session, store_id: int) -> bool:
    """Whether every procedure of the starting set has its place in the store."""
    keys = [search_key(code) for code in CODES]
    known = session.scalars(
        select(Procedure.code_key).where(
            Procedure.store_id == store_id, Procedure.code_key.in_(keys)
        )
    )
    return len(list(known)) == len(keys)


def _release(
    session: Session, actor: Actor, one: Seed, bodies: dict[int, list[Slot]]
) -> Iterable[ProcedureVersion]:
    draft = procedures.add(session, actor, code=one.code, wanted=one.version)
    fill(session, actor, draft, one.needs, one.groups)
    released = procedures.release(session, actor, draft)
    yield released
    for model_id, slots in bodies.items():
        groups = [of_slot(slot) for slot in slots if slot.slot_class in one.copied]
        if not groups:
            continue
        own = procedures.new_draft(
            session, actor, released.procedure, wanted=replace(one.version, model_id=model_id)
        )
        fill(session, actor, own, needs_of(groups), groups)
        yield procedures.release(session, actor, own)


def _bodies(session: Session) -> dict[int, list[Slot]]:
    """The slots of each model, of its plan for all revisions or else of its newest one."""
    plans: dict[int, BodyPlan] = {}
    for plan in session.scalars(select(BodyPlan).order_by(BodyPlan.model_id, BodyPlan.id)):
        standing = plans.get(plan.model_id)
        if standing is None or standing.revision_key:
            plans[plan.model_id] = plan
    slots: dict[int, list[Slot]] = {model_id: [] for model_id in plans}
    models = {plan.id: plan.model_id for plan in plans.values()}
    for slot in session.scalars(
        select(Slot).where(Slot.plan_id.in_(models)).order_by(Slot.plan_id, Slot.place)
    ):
        slots[models[slot.plan_id]].append(slot)
    return slots
