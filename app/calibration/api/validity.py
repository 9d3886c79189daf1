"""How long calibrations hold, as JSON: a robot's standing, what is due, rules."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from app.calibration import demands, duelist, presale, rules, standing
from app.calibration.api.asked import robot_of
from app.calibration.duelist import By, DueRow
from app.calibration.rules import RuleInput
from app.calibration.standing import Holds, TargetRow
from app.calibration.validity_models import ValidityRule
from app.identity.guard import ApiReading, ApiWriting
from app.web.idempotent import once
from app.web.problems import refusals, refusals_of_writing
from app.web.sessions import ReadSession, WriteSession
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


@router.get("/robots/{serial}", responses=refusals(404, 409))
def show_standing(
    session: ReadSession, actor: ApiReading, serial: str, *, maker: str = ""
) -> StandingOut:
    """Every target of a robot by every procedure, the most pressing first."""
    actor.require("calibration.view")
    unit = robot_of(session, actor, serial, maker)
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
