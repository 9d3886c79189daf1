"""Models, their slots by hardware revision, and versions known bad, as JSON."""

import json
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from app.identity.guard import ApiReading, ApiWriting
from app.kernel.errors import NotFound
from app.kernel.searchkeys import search_key
from app.kernel.text import msg
from app.robots import bodies, firmwarerules, makers, plans, slots
from app.robots.bodyplan import JointLimits, Side, SlotClass
from app.robots.firmwarerules import RuleInput
from app.robots.models import RobotModel
from app.robots.slot_models import BodyPlan, Control, FirmwareRule, Slot
from app.robots.slots import SlotChange
from app.robots.urdf import MAX_BYTES
from app.web.idempotent import once
from app.web.problems import refusals, refusals_of_writing
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import RowId, Sent, Words

router = APIRouter(prefix="/api/v1/robot-models", tags=["models"])

_Revision = Annotated[
    str, Query(max_length=200, description="A hardware revision; empty for all others.")
]


class ModelOut(BaseModel):
    """`revisions` that have slots of their own; the empty one is for all others."""

    id: int
    maker: str
    code: str
    name: str
    height_mm: int | None
    mass_g: int | None
    axes: int | None
    source: str
    revisions: list[str]


class ModelList(BaseModel):
    items: list[ModelOut]


class LimitsOut(BaseModel):
    """Travel, speed and load of a joint, in the units beside."""

    lower: float | None
    upper: float | None
    velocity: float | None
    effort: float | None
    position_unit: str
    velocity_unit: str
    effort_unit: str


class ModelSlotOut(BaseModel):
    """`position_um`: micrometres in the robot's root frame, x forward, y left, z up."""

    slot: str
    slot_class: str
    side: str
    parent: str | None
    control: str
    joint: str
    link: str
    position_um: list[int] | None
    limits: LimitsOut | None
    part_numbers: list[str]


class PlanOut(BaseModel):
    model: int
    revision: str
    file: str
    made_at: datetime
    slots: list[ModelSlotOut]


class ImportIn(Sent):
    """A robot description (URDF) as text; maker and model are made if need be."""

    maker: Words
    model: Words = Field(description="The model's code.")
    revision: Words = ""
    file: Words = ""
    urdf: str = Field(max_length=MAX_BYTES)


class SlotIn(Sent):
    """What people decide about a slot; no part numbers: whatever is of its class."""

    slot_class: SlotClass = Field(strict=False)
    control: Control = Field(default=Control.SERIAL, strict=False)
    part_numbers: Annotated[list[Words], Field(max_length=50)] = []

    def change(self) -> SlotChange:
        return SlotChange(self.slot_class, self.control, tuple(self.part_numbers))


class NewSlotIn(SlotIn):
    """A slot that no description names, such as `battery.2`, below the slot `parent`."""

    slot: Annotated[str, Field(max_length=160)]
    side: Side = Field(default=Side.CENTER, strict=False)
    parent: Annotated[str, Field(max_length=160)] = ""


class RuleIn(Sent):
    """Ranges by `robot`, `controller`, `ai_model` or a slot's class; all together are bad."""

    code: Words
    reason: str = Field(max_length=2000)
    parts: dict[str, str] = Field(max_length=10)


class RuleOut(BaseModel):
    code: str
    reason: str
    parts: dict[str, str]
    made_at: datetime


class RuleList(BaseModel):
    items: list[RuleOut]


@router.get("", responses=refusals())
def list_models(session: ReadSession, actor: ApiReading) -> ModelList:
    """Every model that robots of this house can be of."""
    actor.require("robots.view")
    listed = makers.models(session)
    known = bodies.plans_of(session, [model.id for model in listed])
    return ModelList(items=[_model(model, known.get(model.id, [])) for model in listed])


@router.post("", status_code=201, responses=refusals_of_writing())
@once
def import_model(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    sent: ImportIn,
) -> PlanOut:
    """Make a model's slots from a robot description: each driven joint, each sensor."""
    done = plans.import_urdf(
        session,
        actor,
        maker=sent.maker,
        code=sent.model,
        revision=sent.revision,
        file_name=sent.file,
        data=sent.urdf.encode(errors="replace"),
    )
    return _plan(session, done.plan)


@router.get("/{model_id}/slots", responses=refusals(404))
def show_slots(
    session: ReadSession, actor: ApiReading, model_id: RowId, revision: _Revision = ""
) -> PlanOut:
    """The slots that robots of this revision have."""
    actor.require("robots.view")
    return _plan(session, _plan_of(session, model_id, revision))


@router.post("/{model_id}/slots", status_code=201, responses=refusals_of_writing(404))
@once
def add_slot(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    model_id: RowId,
    sent: NewSlotIn,
    revision: _Revision = "",
) -> PlanOut:
    """A slot more; the plan of the revision is made if need be."""
    model = makers.model_by_id(session, model_id)
    plan = plans.plan_for(session, actor, model, revision)
    slots.add_slot(
        session,
        actor,
        plan,
        path=sent.slot,
        side=sent.side,
        parent_path=sent.parent,
        change=sent.change(),
    )
    return _plan(session, plan)


@router.post("/{model_id}/slots/{slot}", responses=refusals_of_writing(404))
@once
def change_slot(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    model_id: RowId,
    slot: str,
    sent: SlotIn,
    revision: _Revision = "",
) -> PlanOut:
    """Decide what may sit in a slot."""
    plan = _plan_of(session, model_id, revision)
    slots.change_slot(session, actor, _slot_of(session, plan, slot), sent.change())
    return _plan(session, plan)


@router.post("/{model_id}/slots/{slot}/drop", responses=refusals_of_writing(404))
@once
def drop_slot(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    model_id: RowId,
    slot: str,
    revision: _Revision = "",
) -> PlanOut:
    """Take a slot away in which nothing was ever fitted."""
    plan = _plan_of(session, model_id, revision)
    slots.drop_slot(session, actor, _slot_of(session, plan, slot))
    return _plan(session, plan)


@router.get("/{model_id}/firmware-rules", responses=refusals(404))
def list_rules(session: ReadSession, actor: ApiReading, model_id: RowId) -> RuleList:
    """Versions that must not run together in this model."""
    actor.require("robots.view")
    makers.model_by_id(session, model_id)
    return RuleList(items=[_rule(rule) for rule in firmwarerules.rules_of(session, model_id)])


@router.post("/{model_id}/firmware-rules", status_code=201, responses=refusals_of_writing(404))
@once
def add_rule(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    model_id: RowId,
    sent: RuleIn,
) -> RuleOut:
    """Such robots are no longer handed over."""
    model = makers.model_by_id(session, model_id)
    typed = RuleInput(code=sent.code, reason=sent.reason, parts=sent.parts)
    return _rule(firmwarerules.add_rule(session, actor, model, typed))


@router.post("/{model_id}/firmware-rules/{code}/withdraw", responses=refusals_of_writing(404))
@once
def withdraw_rule(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    model_id: RowId,
    code: str,
) -> RuleList:
    """It holds no more; answers with those that do."""
    model = makers.model_by_id(session, model_id)
    firmwarerules.withdraw_rule(session, actor, model, code)
    return RuleList(items=[_rule(rule) for rule in firmwarerules.rules_of(session, model_id)])


def _plan_of(session: Session, model_id: int, revision: str) -> BodyPlan:
    makers.model_by_id(session, model_id)
    known = bodies.plans_of(session, [model_id]).get(model_id, [])
    plan = bodies.chosen(known, revision)
    if plan is None:
        raise NotFound(
            msg("This model has no slots for the revision {revision}.", revision=revision)
        )
    return plan


def _slot_of(session: Session, plan: BodyPlan, path: str) -> Slot:
    wanted = search_key(path)
    for slot in bodies.slots_of(session, [plan.id]):
        if slot.path == wanted:
            return slot
    raise NotFound(msg("There is no such slot."), field="slot")


def _model(model: RobotModel, known: list[BodyPlan]) -> ModelOut:
    return ModelOut(
        id=model.id,
        maker=model.maker.name,
        code=model.code,
        name=model.name,
        height_mm=model.height_mm,
        mass_g=model.mass_g,
        axes=model.axes,
        source=model.source,
        revisions=[plan.revision for plan in known],
    )


def _plan(session: Session, plan: BodyPlan) -> PlanOut:
    listed = bodies.slots_of(session, [plan.id])
    paths = {slot.id: slot.path for slot in listed}
    return PlanOut(
        model=plan.model_id,
        revision=plan.revision,
        file=plan.file_name,
        made_at=plan.made_at,
        slots=[_slot(slot, paths) for slot in listed],
    )


def _slot(slot: Slot, paths: dict[int, str]) -> ModelSlotOut:
    position = None
    if slot.x_um is not None and slot.y_um is not None and slot.z_um is not None:
        position = [slot.x_um, slot.y_um, slot.z_um]
    limits = plans.limits_of(slot)
    return ModelSlotOut(
        slot=slot.path,
        slot_class=str(slot.slot_class),
        side=str(slot.side),
        parent=paths.get(slot.parent_id) if slot.parent_id else None,
        control=str(slot.control),
        joint=slot.joint_name,
        link=slot.link_name,
        position_um=position,
        limits=_limits(limits) if limits else None,
        part_numbers=[part.part_number for part in slot.parts],
    )


def _limits(limits: JointLimits) -> LimitsOut:
    return LimitsOut(
        lower=limits.lower,
        upper=limits.upper,
        velocity=limits.velocity,
        effort=limits.effort,
        position_unit=limits.position_unit,
        velocity_unit=limits.velocity_unit,
        effort_unit=limits.effort_unit,
    )


def _rule(rule: FirmwareRule) -> RuleOut:
    return RuleOut(
        code=rule.code, reason=rule.reason, parts=json.loads(rule.parts), made_at=rule.made_at
    )
