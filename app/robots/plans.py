"""Plans of slots, one for each hardware revision of a model, imported from a description."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import PurePath

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.canonical import sha256_hex
from app.kernel.errors import Conflict, NotFound, Refused
from app.kernel.searchkeys import clean, search_key
from app.kernel.text import msg
from app.robots import asbuilt, bodies, makers
from app.robots.bodyplan import JointLimits, SlotSpec, UrdfModel
from app.robots.components import listed
from app.robots.makers import ModelInput
from app.robots.models import RobotModel
from app.robots.slot_models import BodyPlan, Occupant, Slot, SlotPart
from app.robots.urdf import read_urdf
from app.robots.urdfjoints import UrdfError

_LONGEST_REVISION = 64
# A robot whose parts stand farther from its root was not described in metres.
_FARTHEST_M = 100.0


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did. `as_built` counts components that delivery notes had named before."""

    plan: BodyPlan
    model: RobotModel
    slots: int
    added: tuple[str, ...]
    removed: tuple[str, ...]
    as_built: int


def import_urdf(
    session: Session,
    actor: Actor,
    *,
    maker: str,
    code: str,
    revision: str,
    file_name: str,
    data: bytes,
) -> Imported:
    """Make a model's slots from a robot description; maker and model are made if need be.

    The same file again changes nothing. Another one for the same revision adds and moves slots and
    takes away those that nothing was ever fitted in; what people decided about slots stays.
    Raises UrdfError with the line of a broken file.
    """
    actor.require("robots.edit")
    urdf = _read(data, name=clean(code), file_name=file_name)
    built_by = makers.maker(session, actor, maker)
    try:
        model = makers.model(session, actor, built_by, code)
    except NotFound:
        model = makers.add_model(session, actor, _as_model(maker, code, urdf, file_name))
    return import_for(
        session, actor, model, revision=revision, file_name=file_name, data=data, urdf=urdf
    )


def import_for(
    session: Session,
    actor: Actor,
    model: RobotModel,
    *,
    revision: str,
    file_name: str,
    data: bytes,
    urdf: UrdfModel | None = None,
) -> Imported:
    """The same for a model that is known; `urdf` is what `data` says, if it was read already."""
    actor.require("robots.edit")
    if urdf is None:
        urdf = _read(data, name=model.code, file_name=file_name)
    plan = plan_for(session, actor, model, revision)
    sha256 = sha256_hex(data)
    if plan.file_sha256 == sha256:
        return Imported(plan, model, len(urdf.slots), (), (), 0)
    added, removed = _apply(session, plan, urdf.slots)
    plan.file_name, plan.file_sha256 = clean(PurePath(file_name).name)[:200], sha256
    plan.made_at, plan.made_by = clock.now(), actor.name
    session.flush()
    audit.record(
        session,
        actor,
        "body_plan.imported",
        subject=f"robot_model:{model.code}",
        after={
            "revision": plan.revision,
            "file": plan.file_name,
            "sha256": sha256,
            "slots": len(urdf.slots),
            "added": added,
            "removed": removed,
        },
    )
    as_built = asbuilt.take_in_all(session, actor, plan)
    return Imported(plan, model, len(urdf.slots), tuple(added), tuple(removed), as_built)


def code_of(said: str, file_name: str, *, alone: bool) -> str:
    """A model's code as said for one file; else each is called after its file."""
    return clean(said) if alone and clean(said) else clean(PurePath(file_name).stem)


def _as_model(maker: str, code: str, urdf: UrdfModel, file_name: str) -> ModelInput:
    return ModelInput(
        maker=maker,
        code=code,
        name=f"{clean(maker)} {clean(code)}",
        axes=len(urdf.actuated) or None,
        source=f"URDF {PurePath(file_name).name}",
    )


def _read(data: bytes, *, name: str, file_name: str) -> UrdfModel:
    """What a file describes; raises UrdfError naming file and line."""
    file = clean(PurePath(file_name).name)
    try:
        urdf = read_urdf(data, name=name)
    except UrdfError as broken:
        named = UrdfError(msg("{file}: {problem}", file=file or "–", problem=broken.message))
        named.line = broken.line
        raise named from broken
    _check_size(urdf)
    return urdf


def _check_size(urdf: UrdfModel) -> None:
    for slot in urdf.slots:
        if max(map(abs, slot.position_m)) > _FARTHEST_M:
            raise Refused(
                msg(
                    "{path} stands more than {most} m from the robot’s root. "
                    "A description is in metres.",
                    path=slot.path,
                    most=int(_FARTHEST_M),
                ),
                field="file",
            )


def plan_for(session: Session, actor: Actor, model: RobotModel, revision: str) -> BodyPlan:
    """The plan of this revision, or a new one that is still empty."""
    actor.require("robots.edit")
    text = clean(revision)
    key = search_key(revision)
    if max(len(text), len(key)) > _LONGEST_REVISION or "\n" in text:
        raise Refused(
            msg("At most {most} characters fit here.", most=_LONGEST_REVISION), field="revision"
        )
    plan = session.scalar(
        select(BodyPlan).where(BodyPlan.model_id == model.id, BodyPlan.revision_key == key)
    )
    if plan is None:
        plan = BodyPlan(
            model_id=model.id,
            revision=text,
            revision_key=key,
            made_at=clock.now(),
            made_by=actor.name,
        )
        session.add(plan)
        session.flush()
    return plan


def _apply(
    session: Session, plan: BodyPlan, specs: Sequence[SlotSpec]
) -> tuple[list[str], list[str]]:
    """Bring the plan's slots to what a description says; paths that came, and that went."""
    known = {slot.path: slot for slot in bodies.slots_of(session, [plan.id])}
    wanted = {spec.path for spec in specs}
    # what people added by hand belongs to no link, and stays
    gone = [slot for slot in known.values() if slot.link_name and slot.path not in wanted]
    by_hand = [slot for slot in known.values() if not slot.link_name and slot.path not in wanted]
    forget(session, gone)
    fresh = [_new_slot(plan, spec) for spec in specs if spec.path not in known]
    session.add_all(fresh)
    session.flush()
    slots = known | {slot.path: slot for slot in fresh}
    for place, spec in enumerate(specs):
        slot = slots[spec.path]
        parent = slots.get(spec.parent_path or "")
        slot.place, slot.parent_id = place, parent.id if parent else None
        _describe(slot, spec)
    for place, slot in enumerate(by_hand, start=len(specs)):
        slot.place = place
    session.flush()
    return [slot.path for slot in fresh], [slot.path for slot in gone]


def _new_slot(plan: BodyPlan, spec: SlotSpec) -> Slot:
    return Slot(
        plan_id=plan.id, place=0, path=spec.path, slot_class=spec.slot_class, side=spec.side
    )


def _describe(slot: Slot, spec: SlotSpec) -> None:
    slot.side = spec.side
    slot.joint_name, slot.link_name = spec.joint_name or "", spec.link_name
    slot.x_um, slot.y_um, slot.z_um = (round(metres * 1e6) for metres in spec.position_m)
    slot.limits = json.dumps(asdict(spec.limits)) if spec.limits else ""


def limits_of(slot: Slot) -> JointLimits | None:
    return JointLimits(**json.loads(slot.limits)) if slot.limits else None


def forget(session: Session, gone: Sequence[Slot]) -> None:
    """Take slots away. Raises Conflict if anything was ever fitted in one of them."""
    ids = [slot.id for slot in gone]
    used = set(
        session.scalars(select(Occupant.slot_id).where(Occupant.slot_id.in_(ids)).distinct())
    )
    if used:
        raise Conflict(
            msg(
                "Something has been fitted in {slots}, so they cannot go. "
                "Give the new description a hardware revision of its own.",
                slots=listed(slot.path for slot in gone if slot.id in used),
            ),
            field="revision",
        )
    session.execute(update(Slot).where(Slot.parent_id.in_(ids)).values(parent_id=None))
    session.execute(delete(SlotPart).where(SlotPart.slot_id.in_(ids)))
    session.execute(delete(Slot).where(Slot.id.in_(ids)))
    for slot in gone:
        session.expunge(slot)
