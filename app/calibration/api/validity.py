"""How long calibrations hold, as JSON: a robot's standing, what is due, rules, the short way."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from app.calibration import demands, duelist, jobs, presale, recalibration, rules, standing
from app.calibration.duelist import By, DueRow
from app.calibration.recalibration import Offsets, Progress
from app.calibration.rules import RuleInput
from app.calibration.standing import Holds, TargetRow
from app.calibration.validity_models import ValidityRule
from app.identity import approval
from app.identity.guard import ApiReading, ApiWriting
from app.kernel import queueing
from app.kernel.actor import Actor
from app.robots import makers, registry
from app.robots.models import Unit
from app.web.idempotent import once
from app.web.problems import refusals, refusals_of_writing
from app.web.sessions import ReadSession, WriteSession, database_of
from app.web.wire import Cursor, PageOut, RowId, Sent, Words

router = APIRouter(prefix="/api/v1/calibration", tags=["calibration"])


class TargetOut(BaseModel):
    """`holds`: asked, over, ended, soon, valid, never; the first two keep the robot here."""

    procedure: str
    target: str
    holds: str
    blocks: bool
    change: str | None
    why: str
    since: datetime | None
    due_on: date | None
    due_hours: int | None
    reference: str
    demand_id: int | None
    job: str | None


class StandingOut(BaseModel):
    serial: str
    blocked: bool
    items: list[TargetOut]


class DueOut(BaseModel):
    """`by` event: since when and why; by date or hours: when it is due."""

    serial: str
    procedure: str
    by: str
    targets: int
    since: datetime | None
    due_on: date | None
    due_hours: int | None
    hours_now: int | None
    why: str
    reference: str


class RuleIn(Sent):
    """An empty `slot_class` stands for every slot, and for changes of the robot as a whole."""

    slot_class: Annotated[str, Field(max_length=32)] = ""
    change: Annotated[str, Field(max_length=16)]
    procedure: Annotated[str, Field(max_length=40)]
    reach: Annotated[str, Field(max_length=16)] = "target"


class RuleOut(BaseModel):
    id: int
    slot_class: str
    change: str
    procedure: str
    reach: str


class RulesOut(BaseModel):
    items: list[RuleOut]


class PresaleIn(Sent):
    procedures: Annotated[
        list[Annotated[str, Field(max_length=40)]], Field(max_length=200, description="Codes.")
    ]


class PresaleOut(BaseModel):
    procedures: list[str]


class WaiveIn(Sent):
    reason: Words


class SerialIn(Sent):
    serial: Words


class FirmwareIn(Sent):
    firmware: Annotated[str, Field(max_length=64)]


class OffsetIn(Sent):
    """The joint's zero as it was and as it is set now, in `unit`."""

    before: Annotated[str, Field(max_length=40)]
    after: Annotated[str, Field(max_length=40)]
    unit: Annotated[str, Field(max_length=32)] = "deg"
    note: Annotated[str, Field(max_length=2_000)] = ""


class HoldIn(Sent):
    """The PINs of the two people who held the joint; a program is neither of them."""

    pin: Annotated[str, Field(max_length=64)]
    second_pin: Annotated[str, Field(max_length=64)]


class RecalibrationOut(BaseModel):
    """`step` is what is to be done next."""

    serial: str
    slot: str
    target: str
    step: str
    actuator: str
    firmware: str
    before: str
    after: str
    unit: str
    held_by: str
    held_with: str
    job: str | None


@router.get("/robots/{serial}", responses=refusals(404, 409))
def show_standing(
    session: ReadSession, actor: ApiReading, serial: str, *, maker: str = ""
) -> StandingOut:
    """Every target of a robot by every procedure, the most pressing first."""
    actor.require("calibration.view")
    unit = _unit(session, actor, serial, maker)
    rows = standing.standing(session, unit)
    return StandingOut(
        serial=unit.serial,
        blocked=any(row.blocks for row in rows),
        items=[_target(row) for row in rows],
    )


@router.get("/due", responses=refusals())
def list_due(
    session: ReadSession,
    actor: ApiReading,
    *,
    by: Annotated[By, Query(description="event, date or hours")] = By.EVENT,
    days: Annotated[int, Query(ge=0, le=duelist.MOST_DAYS)] = standing.SOON_DAYS,
    cursor: Cursor = "",
) -> PageOut[DueOut]:
    """Robots and procedures that are due, what waits longest first."""
    page = duelist.listed(session, actor, by, days=days, cursor=cursor or None)
    return PageOut(items=[_due(row) for row in page.items], next=page.next)


@router.post("/demands/{demand_id}/waive", status_code=204, responses=refusals_of_writing(404, 409))
@once
def waive_demand(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    demand_id: RowId,
    body: WaiveIn,
) -> Response:
    demands.waive(session, actor, demands.by_id(session, actor, demand_id), reason=body.reason)
    return Response(status_code=204)


@router.get("/rules", responses=refusals())
def list_validity_rules(session: ReadSession, actor: ApiReading) -> RulesOut:
    actor.require("calibration.view")
    return RulesOut(items=[_rule(row) for row in rules.listed(session, actor.store_id)])


@router.post("/rules", status_code=201, responses=refusals_of_writing(409))
@once
def add_validity_rule(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    body: RuleIn,
) -> RuleOut:
    rule = rules.add(session, actor, RuleInput(**body.model_dump()))
    session.refresh(rule, ["procedure"])
    return _rule(rule)


@router.delete("/rules/{rule_id}", status_code=204, responses=refusals_of_writing(404))
@once
def archive_rule(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    rule_id: RowId,
) -> Response:
    rules.archive(session, actor, rule_id)
    return Response(status_code=204)


@router.get("/presale", responses=refusals())
def list_presale_procedures(session: ReadSession, actor: ApiReading) -> PresaleOut:
    """What every robot has to pass before it is handed over; empty by default."""
    actor.require("calibration.view")
    return PresaleOut(procedures=[one.code for one in presale.listed(session, actor.store_id)])


@router.put("/presale", responses=refusals_of_writing(404))
@once
def set_presale_procedures(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    body: PresaleIn,
) -> PresaleOut:
    """These and no others, by their codes."""
    kept = presale.require(session, actor, body.procedures)
    return PresaleOut(procedures=[one.code for one in kept])


@router.get("/robots/{serial}/recalibration/{slot}", responses=refusals(404, 409))
def show_recalibration(
    session: ReadSession, actor: ApiReading, serial: str, slot: str, *, maker: str = ""
) -> RecalibrationOut:
    """How far the short way after a swap is for the actuator in a slot."""
    return _progress_out(_progress(session, actor, (serial, slot, maker)))


@router.post(
    "/robots/{serial}/recalibration/{slot}/identity", responses=refusals_of_writing(404, 409)
)
@once
def confirm_identity(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    serial: str,
    slot: str,
    *,
    body: SerialIn,
    maker: str = "",
) -> RecalibrationOut:
    def act(here: Progress) -> None:
        recalibration.identify(session, actor, here, body.serial)

    return _done(session, actor, (serial, slot, maker), act)


@router.post(
    "/robots/{serial}/recalibration/{slot}/firmware", responses=refusals_of_writing(404, 409)
)
@once
def record_actuator_firmware(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    serial: str,
    slot: str,
    *,
    body: FirmwareIn,
    maker: str = "",
) -> RecalibrationOut:
    def act(here: Progress) -> None:
        recalibration.read_firmware(session, actor, here, body.firmware)

    return _done(session, actor, (serial, slot, maker), act)


@router.post(
    "/robots/{serial}/recalibration/{slot}/offset", responses=refusals_of_writing(404, 409)
)
@once
def record_offset(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    serial: str,
    slot: str,
    *,
    body: OffsetIn,
    maker: str = "",
) -> RecalibrationOut:
    def act(here: Progress) -> None:
        recalibration.set_offset(session, actor, here, Offsets(**body.model_dump()))

    return _done(session, actor, (serial, slot, maker), act)


@router.post("/robots/{serial}/recalibration/{slot}/hold", responses=refusals_of_writing(404, 409))
@once
def confirm_hold(
    request: Request,
    session: WriteSession,
    actor: ApiWriting,
    serial: str,
    slot: str,
    *,
    body: HoldIn,
    maker: str = "",
) -> RecalibrationOut:
    """Two people stood at the joint when its zero was set. Wrong PINs count, and lock in time."""
    actor.require("calibration.measure")
    # wrong PINs are counted in a transaction of their own, for which ours must be over
    session.rollback()
    database, may = database_of(request), "calibration.measure"
    first = approval.second_person(database, actor, pin=body.pin, permission=may)
    second = approval.second_person(database, first, pin=body.second_pin, permission=may)
    queueing.enter(session, actor.store_id)

    def act(here: Progress) -> None:
        recalibration.hold(session, first, second, here)

    return _done(session, actor, (serial, slot, maker), act)


def _unit(session: Session, actor: Actor, serial: str, maker: str) -> Unit:
    maker_id = makers.maker_called(session, maker).id if maker else None
    return registry.by_serial(session, actor, serial, maker_id=maker_id)


def _progress(session: Session, actor: Actor, where: tuple[str, str, str]) -> Progress:
    serial, slot, maker = where
    return recalibration.progress(session, actor, _unit(session, actor, serial, maker), slot)


def _done(
    session: Session, actor: Actor, where: tuple[str, str, str], act: Callable[[Progress], None]
) -> RecalibrationOut:
    act(_progress(session, actor, where))
    return _progress_out(_progress(session, actor, where))


def _target(row: TargetRow) -> TargetOut:
    return TargetOut(
        procedure=row.code,
        target=row.target,
        holds=Holds(row.holds).name.lower(),
        blocks=row.blocks,
        change=row.change.value if row.change else None,
        why=str(row.why) if row.why else "",
        since=row.since,
        due_on=row.due_on,
        due_hours=row.due_hours,
        reference=row.reference,
        demand_id=row.demand_id,
        job=row.running.label if row.running else None,
    )


def _due(row: DueRow) -> DueOut:
    return DueOut(
        serial=row.unit.serial,
        procedure=row.procedure.code,
        by=row.by.value,
        targets=row.targets,
        since=row.since,
        due_on=row.on,
        due_hours=row.hours,
        hours_now=row.hours_now,
        why=str(row.why) if row.why else "",
        reference=row.reference,
    )


def _rule(row: ValidityRule) -> RuleOut:
    return RuleOut(
        id=row.id,
        slot_class=row.slot_class,
        change=row.change.value,
        procedure=row.procedure.code,
        reach=row.reach.value,
    )


def _progress_out(here: Progress) -> RecalibrationOut:
    row, made = here.row, here.adjustment
    return RecalibrationOut(
        serial=here.unit.serial,
        slot=here.slot.path,
        target=here.target,
        step=here.step.value,
        actuator=here.fitted_label,
        firmware=row.firmware if row else "",
        before=made.before if made else "",
        after=made.after if made else "",
        unit=made.unit if made else "",
        held_by=row.held_by if row else "",
        held_with=row.held_with if row else "",
        job=jobs.label(here.job) if here.job else None,
    )
