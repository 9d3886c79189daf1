"""Points of a draft from the slots of a robot's body: what can be measured there, and what not."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.calibration.bodypoints import COPIED, Group, needs_of, of_slot
from app.calibration.drafts import fill
from app.calibration.procedure_models import ProcedurePoint, ProcedureVersion
from app.kernel.actor import Actor
from app.kernel.errors import Refused
from app.kernel.text import Text, msg
from app.robots.bodyplan import SlotClass
from app.robots.slot_models import BodyPlan, Slot
from app.robots.slotnames import CLASS_LABELS


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something that got no points: a slot's path, or a class that the body does not have."""

    what: Text | str
    why: Text


@dataclass(frozen=True, slots=True)
class Look:
    """What a body would give a draft: points by slot, and what gives none."""

    groups: tuple[tuple[Slot, Group], ...]
    skipped: tuple[Skipped, ...]

    @property
    def points(self) -> int:
        return sum(len(group) for _, group in self.groups)


@dataclass(frozen=True, slots=True)
class Copied:
    points: tuple[ProcedurePoint, ...]
    skipped: tuple[Skipped, ...]


def from_model(
    session: Session,
    actor: Actor,
    version: ProcedureVersion,
    plan: BodyPlan,
    *,
    classes: Collection[SlotClass] = COPIED,
) -> Copied:
    """Points for the slots of a plan that the draft has none for yet.

    One joint zero for each actuated joint with nominal 0, six positions for an inertial unit,
    reprojection for a camera, force without load for a force sensor. What got none is said, with
    why.
    """
    actor.require("calibration.procedures")
    if version.model_id is not None and version.model_id != plan.model_id:
        raise Refused(msg("This draft is for another model than the body's."), field="plan")
    look = look_at(session, version, plan, classes=classes)
    if not look.groups:
        return Copied((), look.skipped)
    groups = [group for _, group in look.groups]
    return Copied(tuple(fill(session, actor, version, needs_of(groups), groups)), look.skipped)


def look_at(
    session: Session,
    version: ProcedureVersion,
    plan: BodyPlan,
    *,
    classes: Collection[SlotClass] = COPIED,
) -> Look:
    """What `from_model` would do with a loaded version."""
    measured = {(point.target, point.method) for point in version.points}
    groups: list[tuple[Slot, Group]] = []
    skipped: list[Skipped] = []
    seen: set[SlotClass] = set()
    for slot in session.scalars(select(Slot).where(Slot.plan_id == plan.id).order_by(Slot.place)):
        seen.add(slot.slot_class)
        if slot.slot_class not in COPIED:
            skipped.append(Skipped(slot.path, msg("No point is made for such a slot.")))
            continue
        if slot.slot_class not in classes:
            continue
        group = of_slot(slot)
        if any((one.point.target, one.point.method) in measured for one in group):
            skipped.append(Skipped(slot.path, msg("The draft has a point there already.")))
        else:
            groups.append((slot, group))
    skipped.extend(
        Skipped(CLASS_LABELS[slot_class], msg("The body has no such slot."))
        for slot_class in COPIED
        if slot_class in classes and slot_class not in seen
    )
    return Look(tuple(groups), tuple(skipped))
