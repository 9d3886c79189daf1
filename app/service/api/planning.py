"""Appointments, due work and service plans as JSON."""

from datetime import date, datetime
from typing import Annotated, Self

from fastapi import APIRouter, Query, Request
from pydantic import AwareDatetime, BaseModel, Field

from app.identity.guard import ApiReading, ApiWriting
from app.kernel.errors import Refused
from app.kernel.text import msg
from app.robots import registry
from app.robots.counters import SECONDS_PER_HOUR
from app.service import appointments, duework, plans, planwork, tickets
from app.service.api.asked import asked_ticket
from app.service.appointments import Wish
from app.service.duework import DueWork
from app.service.planning_models import Appointment, Occasion, ServicePlan
from app.service.plans import PlanInput
from app.web.idempotent import once
from app.web.problems import refusals, refusals_of_writing
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import Cursor, PageOut, RowId, Sent, Words

router = APIRouter(prefix="/api/v1", tags=["service"])

_Id = Annotated[int, Field(ge=1, le=2**63 - 1)]
_When = Annotated[AwareDatetime, Field(strict=False)]
_Moment = Annotated[AwareDatetime, Query()]


class WishIn(Sent):
    """A bench, and mostly a person, from one moment to another."""

    bench: _Id
    starts_at: _When
    ends_at: _When
    technician: _Id | None = None
    skill: Annotated[str, Field(max_length=32)] = ""

    def read(self) -> Wish:
        return Wish(
            bench_id=self.bench,
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            staff_id=self.technician,
            skill=self.skill,
        )


class AppointmentIn(WishIn):
    ticket: Words = Field(description="`T-12`, or 12.")


class MovedIn(WishIn):
    """`version`: the one that was read; left out: whatever it is now."""

    version: int | None = Field(default=None, ge=1, le=2**31 - 1)


class CallOffIn(Sent):
    why: Words


class AppointmentOut(BaseModel):
    id: int
    ticket: str
    serial: str
    bench: int
    technician: int | None
    skill: str
    starts_at: datetime
    ends_at: datetime
    called_off_at: datetime | None
    version: int

    @classmethod
    def of(cls, row: Appointment) -> Self:
        return cls(
            id=row.id,
            ticket=tickets.label(row.ticket),
            serial=row.ticket.unit.serial,
            bench=row.bench_id,
            technician=row.staff_id,
            skill=row.skill,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            called_off_at=row.ended_at,
            version=row.version,
        )


class AppointmentsOut(BaseModel):
    items: list[AppointmentOut]


class PlanIn(Sent):
    """Set by the store, not by a maker; at least one interval or an occasion."""

    name: Words
    model: _Id | None = None
    every_months: int | None = Field(default=None, ge=1, le=240)
    every_hours: int | None = Field(default=None, ge=1, le=1_000_000)
    every_cycles: int | None = Field(default=None, ge=1, le=1_000_000)
    occasion: Annotated[Occasion | None, Field(strict=False)] = None
    minutes: int = Field(default=60, ge=5, le=2_880)
    items: list[Words] = Field(default=[], max_length=60)

    def read(self) -> PlanInput:
        return PlanInput(
            name=self.name,
            model_id=self.model,
            every_months=self.every_months,
            every_hours=self.every_hours,
            every_cycles=self.every_cycles,
            occasion=self.occasion,
            minutes=self.minutes,
            items=tuple(self.items),
        )


class ChangedPlanIn(PlanIn):
    """The plan as it is to be; `version`: the one that was read."""

    version: int = Field(ge=1, le=2**31 - 1)


class PlanOut(BaseModel):
    """`set_by` is always the store: no maker says so."""

    id: int
    name: str
    set_by: str
    model: int | None
    every_months: int | None
    every_hours: int | None
    every_cycles: int | None
    occasion: Occasion | None
    minutes: int
    items: list[str]
    archived: bool
    version: int

    @classmethod
    def of(cls, plan: ServicePlan) -> Self:
        return cls(
            id=plan.id,
            name=plan.name,
            set_by="store",
            model=plan.model_id,
            every_months=plan.every_months,
            every_hours=plan.every_hours,
            every_cycles=plan.every_cycles,
            occasion=plan.occasion,
            minutes=plan.minutes,
            items=plans.items_of(plan),
            archived=plan.archived,
            version=plan.version,
        )


class PlansOut(BaseModel):
    items: list[PlanOut]


class DueOut(BaseModel):
    """`on`: the day by the months; the counts are those at which it is due by use."""

    serial: str
    plan: int
    name: str
    on: date | None
    at_hours: int | None
    at_cycles: int | None
    happened_at: datetime | None
    by_use: bool
    last_done_on: date | None
    ticket: str | None
    is_booked: bool

    @classmethod
    def of(cls, work: DueWork) -> Self:
        hours = work.next.at_hours_s
        return cls(
            serial=work.unit.serial,
            plan=work.plan.id,
            name=work.plan.name,
            on=work.next.on,
            at_hours=None if hours is None else hours // SECONDS_PER_HOUR,
            at_cycles=work.next.at_cycles,
            happened_at=work.next.after,
            by_use=work.next.by_use,
            last_done_on=work.known.done_on,
            ticket=tickets.label(work.ticket) if work.ticket else None,
            is_booked=work.is_planned,
        )


class BookIn(Sent):
    serial: Words
    plan: _Id


class OccasionIn(Sent):
    """What happened to a robot: it fell, was shipped, or has another firmware."""

    serial: Words
    occasion: Occasion = Field(strict=False)


class OccasionOut(BaseModel):
    serial: str
    occasion: Occasion
    due: list[DueOut]


class BookedOut(BaseModel):
    ticket: str


@router.get("/appointments", responses=refusals())
def list_appointments(
    session: ReadSession, actor: ApiReading, *, start: _Moment, end: _Moment
) -> AppointmentsOut:
    """What stands between two moments, at most 62 days apart."""
    actor.require("service.view")
    if not 0 < (end - start).total_seconds() <= 62 * 86_400:
        raise Refused(msg("Ask for at most 62 days, from a start to an end."), field="end")
    found = appointments.between(session, actor.store_id, start, end)
    return AppointmentsOut(items=[AppointmentOut.of(row) for row in found])


@router.post("/appointments", status_code=201, responses=refusals_of_writing(404))
@once
def make_appointment(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    sent: AppointmentIn,
) -> AppointmentOut:
    """Keep bench and person for a ticket. 409 where either has something else to do."""
    ticket = asked_ticket(session, actor, sent.ticket)
    row = appointments.make(session, actor, ticket, sent.read())
    return AppointmentOut.of(appointments.by_id(session, actor, row.id))


@router.get("/appointments/{appointment_id}", responses=refusals(404))
def show_appointment(
    session: ReadSession, actor: ApiReading, *, appointment_id: RowId
) -> AppointmentOut:
    """One, also one that was called off."""
    actor.require("service.view")
    return AppointmentOut.of(appointments.by_id(session, actor, appointment_id))


@router.patch("/appointments/{appointment_id}", responses=refusals_of_writing(404))
@once
def move_appointment(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    appointment_id: RowId,
    sent: MovedIn,
) -> AppointmentOut:
    """Another time, bench or person. 409 where they are taken, or it was changed meanwhile."""
    row = appointments.by_id(session, actor, appointment_id)
    appointments.move(session, actor, row, sent.read(), seen=sent.version)
    return AppointmentOut.of(row)


@router.post("/appointments/{appointment_id}/call-off", responses=refusals_of_writing(404))
@once
def call_off_appointment(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    appointment_id: RowId,
    sent: CallOffIn,
) -> AppointmentOut:
    """It does not take place; the ticket stands."""
    row = appointments.by_id(session, actor, appointment_id)
    appointments.call_off(session, actor, row, why=sent.why)
    return AppointmentOut.of(row)


@router.get("/service-plans", responses=refusals())
def list_plans(session: ReadSession, actor: ApiReading) -> PlansOut:
    """Preventive service as the store sets it."""
    actor.require("service.view")
    return PlansOut(items=[PlanOut.of(one) for one in plans.listed(session, actor.store_id)])


@router.post("/service-plans", status_code=201, responses=refusals_of_writing(404))
@once
def add_plan(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    sent: PlanIn,
) -> PlanOut:
    """What the store does every so often."""
    return PlanOut.of(plans.add(session, actor, sent.read()))


@router.patch("/service-plans/{plan_id}", responses=refusals_of_writing(404))
@once
def edit_plan(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    plan_id: RowId,
    sent: ChangedPlanIn,
) -> PlanOut:
    """Another rule from now on, whole; what is due by it is reckoned anew."""
    plan = plans.by_id(session, actor, plan_id)
    plans.edit(session, actor, plan, sent.read(), seen=sent.version)
    return PlanOut.of(plan)


@router.post("/service-plans/{plan_id}/archive", responses=refusals_of_writing(404))
@once
def archive_plan(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    plan_id: RowId,
) -> PlanOut:
    """Nothing is due by it any more."""
    plan = plans.by_id(session, actor, plan_id)
    plans.archive(session, actor, plan)
    return PlanOut.of(plan)


@router.post("/service-plans/{plan_id}/restore", responses=refusals_of_writing(404))
@once
def restore_plan(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    plan_id: RowId,
) -> PlanOut:
    """It is used again."""
    plan = plans.by_id(session, actor, plan_id)
    plans.restore(session, actor, plan)
    return PlanOut.of(plan)


@router.get("/due-work", responses=refusals())
def list_due_work(
    session: ReadSession, actor: ApiReading, *, cursor: Cursor = ""
) -> PageOut[DueOut]:
    """Robots with work that is due by the store’s plans, or will be within two weeks."""
    page = duework.due(session, actor, cursor=cursor or None)
    return PageOut(items=[DueOut.of(one) for one in page.items], next=page.next)


@router.post("/due-work", status_code=201, responses=refusals_of_writing(404))
@once
def book_due_work(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    sent: BookIn,
) -> BookedOut:
    """The plan’s work goes on the robot’s open ticket, or on a new one, booked."""
    unit = registry.by_serial(session, actor, sent.serial)
    ticket = planwork.book(session, actor, unit, plans.by_id(session, actor, sent.plan))
    return BookedOut(ticket=tickets.label(ticket))


@router.post("/due-work/occasions", status_code=201, responses=refusals_of_writing(404))
@once
def note_occasion(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    sent: OccasionIn,
) -> OccasionOut:
    """Something happened to a robot; what is due on it by then."""
    unit = registry.by_serial(session, actor, sent.serial)
    planwork.happened(session, actor, unit, sent.occasion)
    today = duework.today_of(session, actor.store_id)
    due = [one for one in duework.of_unit(session, unit) if one.next.is_due(today)]
    return OccasionOut(
        serial=unit.serial, occasion=sent.occasion, due=[DueOut.of(one) for one in due]
    )
