"""Batteries as JSON: what is due, checks, quarantine."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from app.identity.guard import ApiReading, ApiWriting
from app.parts import batteries, batterylists, places, storage
from app.parts.batteries import CheckInput
from app.parts.battery_models import BatteryCheck, Condition
from app.parts.batterylists import Show
from app.parts.storage import Kept
from app.web.idempotent import once
from app.web.problems import refusals, refusals_of_writing
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import Cursor, PageOut, RowId, Sent, Words

router = APIRouter(prefix="/api/v1/batteries", tags=["stock"])


class BatteryOut(BaseModel):
    """`component` is the battery's id among components; `may_be_used` what issuing would say."""

    component: int
    serial: str
    part: str
    place: str
    soc_percent: int | None
    cycles: int | None
    condition: Condition
    checked_at: datetime | None
    next_check_on: date
    overdue: bool
    set_aside: bool
    reason: str
    may_be_used: bool


class CheckOut(BaseModel):
    at: datetime
    by: str
    soc_percent: int
    condition: Condition
    cycles: int | None
    voltage_mv: int | None
    note: str


class BatteryWholeOut(BatteryOut):
    checks: list[CheckOut]


class CheckIn(Sent):
    """A look at a battery; one that is not sound is set aside at once."""

    soc_percent: Annotated[int, Field(ge=0, le=100)]
    condition: Condition = Field(default=Condition.SOUND, strict=False)
    cycles: Annotated[int | None, Field(ge=0, le=batteries.MOST_CYCLES)] = None
    voltage_mv: Annotated[int | None, Field(ge=0, le=batteries.MOST_VOLTAGE_MV)] = None
    note: Annotated[str, Field(max_length=2_000)] = ""


class WhyIn(Sent):
    reason: Words


class LetGoIn(Sent):
    """Back to a bin: the one of this code, or the store's standard shelf."""

    reason: Words
    place: Annotated[str, Field(max_length=40)] = ""


@router.get("", responses=refusals())
def list_batteries(
    session: ReadSession,
    actor: ApiReading,
    *,
    show: Annotated[Show, Query(description="All, due within a week, or set aside.")] = Show.ALL,
    cursor: Cursor = "",
) -> PageOut[BatteryOut]:
    """Batteries in the store, those to be looked at first at the head."""
    page = batterylists.listed(session, actor, show, cursor=cursor or None).page
    return PageOut(items=[BatteryOut(**_facts(one)) for one in page.items], next=page.next)


@router.get("/{component_id}", responses=refusals(404))
def get_battery(session: ReadSession, actor: ApiReading, component_id: RowId) -> BatteryWholeOut:
    actor.require("stock.view")
    one = batteries.kept(session, actor, component_id)
    return BatteryWholeOut(
        checks=[_check(row) for row in batteries.checks_of(session, one.component)], **_facts(one)
    )


@router.post("/{component_id}/checks", status_code=201, responses=refusals_of_writing(404))
@once
def check_battery(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    component_id: RowId,
    sent: CheckIn,
) -> BatteryOut:
    component = batteries.kept(session, actor, component_id).component
    batteries.check(
        session,
        actor,
        component,
        CheckInput(sent.soc_percent, sent.condition, sent.cycles, sent.voltage_mv, sent.note),
    )
    return BatteryOut(**_facts(batteries.kept(session, actor, component_id)))


@router.post("/{component_id}/set-aside", responses=refusals_of_writing(404))
@once
def set_battery_aside(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    component_id: RowId,
    sent: WhyIn,
) -> BatteryOut:
    """Into quarantine."""
    component = batteries.kept(session, actor, component_id).component
    batteries.set_aside(session, actor, component, reason=sent.reason)
    return BatteryOut(**_facts(batteries.kept(session, actor, component_id)))


@router.post("/{component_id}/let-go", responses=refusals_of_writing(404))
@once
def let_battery_go(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    component_id: RowId,
    sent: LetGoIn,
) -> BatteryOut:
    """Out of quarantine, once a check has found it sound."""
    component = batteries.kept(session, actor, component_id).component
    place = places.by_code(session, actor, sent.place) if sent.place else None
    batteries.let_go(session, actor, component, reason=sent.reason, place=place)
    return BatteryOut(**_facts(batteries.kept(session, actor, component_id)))


def _facts(one: Kept) -> dict[str, object]:
    battery = one.battery
    return {
        "component": one.component.id,
        "serial": one.component.serial,
        "part": one.component.part_number,
        "place": (one.place.code or one.place.name) if one.place is not None else "",
        "soc_percent": battery.soc_percent if battery is not None else None,
        "cycles": battery.cycles if battery is not None else None,
        "condition": battery.condition if battery is not None else Condition.SOUND,
        "checked_at": battery.checked_at if battery is not None and battery.checked_by else None,
        "next_check_on": one.due_on,
        "overdue": one.is_overdue,
        "set_aside": one.is_quarantined,
        "reason": battery.quarantine_reason if battery is not None else "",
        "may_be_used": storage.blocked(one) is None,
    }


def _check(row: BatteryCheck) -> CheckOut:
    return CheckOut(
        at=row.at,
        by=row.by,
        soc_percent=row.soc_percent,
        condition=row.condition,
        cycles=row.cycles,
        voltage_mv=row.voltage_mv,
        note=row.note,
    )
