"""The workshop's calendar: week and day, a new appointment, and one that is moved or called off."""

from datetime import date, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity import staff
from app.identity.guard import Acting, SignedIn
from app.kernel.actor import Actor
from app.kernel.errors import NotFound, Refused, StoreError
from app.kernel.quantity import document_number, row_number
from app.kernel.searchkeys import clean
from app.kernel.text import msg
from app.robots import scanned
from app.robots.models import Unit
from app.service import (
    appointments,
    benches,
    diary,
    duework,
    freetimes,
    hours,
    intake,
    planwork,
    queries,
    tickets,
    visits,
)
from app.service.hours import WEEKDAYS
from app.service.models import Ticket
from app.service.planforms import AppointmentForm, CallOffForm
from app.service.planning_models import BENCH_LABELS, Appointment, BenchKind
from app.service.states import TicketState
from app.stores import desk
from app.web.errors import status_of
from app.web.forms import problems_of
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import RowId

router = APIRouter(prefix="/service/calendar")

_MINUTES = 60
_MOST_MINUTES = 600
_Refused = tuple[dict[str, Any], StoreError]


@router.get("")
def show_calendar(
    request: Request, session: ReadSession, actor: SignedIn, *, day: str = "", view: str = "week"
) -> Response:
    """A week by its days, or with `view=day` a day by its benches."""
    today = duework.today_of(session, actor.store_id)
    shown = diary.asked_day(day, today)
    daily = view == "day"
    step = timedelta(days=1 if daily else 7)

    def address(when: date, how: str) -> str:
        return f"/service/calendar?day={when}&view={how}"

    how = "day" if daily else "week"
    one_day, columns = diary.by_bench(session, actor, shown) if daily else (None, [])
    return render(
        request,
        "service/calendar.html",
        path="/service/calendar",
        daily=daily,
        shown=shown,
        today=today,
        weekdays=WEEKDAYS,
        days=[] if daily else diary.week(session, actor, shown),
        one_day=one_day,
        columns=columns,
        clock=hours.shown,
        kinds=BENCH_LABELS,
        label=tickets.label,
        page_of=appointments.page,
        views=[
            {"href": address(shown, word), "label": label, "current": word == how}
            for word, label in (("week", msg("Week")), ("day", msg("Day")))
        ],
        before=address(shown - step, how),
        after=address(shown + step, how),
        now=address(today, how),
    )


@router.get("/new")
def ask_appointment(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    *,
    ticket: str = "",
    kind: str = "",
    minutes: str = "",
    day: str = "",
    bench: str = "",
    technician: str = "",
    starts_at: str = "",
) -> Response:
    """The form, with free times that fill it in."""
    actor.require("service.plan")
    form = AppointmentForm(
        ticket=ticket,
        bench=bench,
        technician=technician,
        starts_at=starts_at,
        minutes=minutes or str(_MINUTES),
    )
    return _new(request, session, actor, form, kind=kind, day=day)


@router.post("")
@once
def make(
    request: Request,
    session: WriteSession,
    actor: Acting,
    form: Annotated[AppointmentForm, Form()],
) -> Response:
    try:
        wish = form.read(desk.store_of(session, actor.store_id).zone)
        row = appointments.make(session, actor, _ticket(session, actor, form), wish)
    except StoreError as refusal:
        session.rollback()
        return _new(request, session, actor, form, refusal=refusal)
    return RedirectResponse(appointments.page(row), 303)


@router.get("/{appointment_id}")
def show_appointment(
    request: Request, session: ReadSession, actor: SignedIn, *, appointment_id: RowId
) -> Response:
    actor.require("service.view")
    return _page(request, session, actor, appointments.by_id(session, actor, appointment_id))


@router.post("/{appointment_id}/move")
@once
def move(
    request: Request,
    session: WriteSession,
    actor: Acting,
    appointment_id: RowId,
    form: Annotated[AppointmentForm, Form()],
) -> Response:
    row = appointments.by_id(session, actor, appointment_id)
    try:
        wish = form.read(desk.store_of(session, actor.store_id).zone)
        appointments.move(session, actor, row, wish, seen=row_number(form.version) or 0)
    except StoreError as refusal:
        session.rollback()
        row = appointments.by_id(session, actor, appointment_id)
        return _page(request, session, actor, row, refused=(form.typed(), refusal))
    return RedirectResponse(appointments.page(row), 303)


@router.post("/{appointment_id}/call-off")
@once
def call_off(
    request: Request,
    session: WriteSession,
    actor: Acting,
    appointment_id: RowId,
    form: Annotated[CallOffForm, Form()],
) -> Response:
    row = appointments.by_id(session, actor, appointment_id)
    try:
        appointments.call_off(session, actor, row, why=form.why)
    except StoreError as refusal:
        session.rollback()
        row = appointments.by_id(session, actor, appointment_id)
        return _page(request, session, actor, row, refused=(form.typed(), refusal))
    zone = ZoneInfo(desk.store_of(session, actor.store_id).zone)
    return RedirectResponse(f"/service/calendar?day={row.starts_at.astimezone(zone).date()}", 303)


def _ticket(session: Session, actor: Actor, form: AppointmentForm) -> Ticket:
    """The one that is named, or the robot's open one, or a new one that is booked."""
    if clean(form.ticket):
        number = document_number(clean(form.ticket).upper().removeprefix("T-"))
        if number is None:
            raise NotFound(msg("There is no such ticket in this store."), field="ticket")
        return tickets.by_number(session, actor, number)
    unit = _robot(session, actor, form.code)
    there = tickets.open_of(session, unit.id)
    return there or intake.book_in(session, actor, unit, complaint=form.complaint)


def _robot(session: Session, actor: Actor, code: str) -> Unit:
    if not clean(code):
        raise Refused(msg("Scan the robot, or name its ticket."), field="code")
    found = scanned.units(session, actor, code)
    if len(found) != 1:
        raise NotFound(msg("There is no one robot {code} here.", code=clean(code)), field="code")
    return found[0]


def _new(
    request: Request,
    session: Session,
    actor: Actor,
    form: AppointmentForm,
    *,
    kind: str = "",
    day: str = "",
    refusal: StoreError | None = None,
) -> Response:
    today = duework.today_of(session, actor.store_id)
    wanted = BenchKind(kind) if kind in set(BenchKind) else None
    minutes = min(max(row_number(form.minutes) or _MINUTES, 5), _MOST_MINUTES)
    named = document_number(form.ticket) if form.ticket else None
    ticket = tickets.by_number(session, actor, named) if named else None
    technician = row_number(form.technician) if form.technician else None
    start = diary.asked_day(day, today)
    zone = ZoneInfo(desk.store_of(session, actor.store_id).zone)
    free = freetimes.proposed(
        session,
        actor,
        kind=wanted,
        minutes=minutes,
        day=max(start, today),
        staff_id=technician,
    )
    return render(
        request,
        "service/appointment_new.html",
        status=status_of(refusal) if refusal else 200,
        path="/service/calendar/new",
        form=form.typed(),
        ticket=ticket,
        title=queries.title_of(ticket) if ticket else "",
        kind=kind if wanted else "",
        day=start,
        minutes=minutes,
        free=[(one, one.starts_at.astimezone(zone).strftime("%Y-%m-%dT%H:%M")) for one in free],
        problems=problems_of(refusal) if refusal else {},
        link=refusal.link if refusal else None,
        **_choices(session, actor),
    )


def _page(
    request: Request,
    session: Session,
    actor: Actor,
    row: Appointment,
    *,
    refused: _Refused | None = None,
) -> Response:
    typed, refusal = refused or ({}, None)
    zone = ZoneInfo(desk.store_of(session, actor.store_id).zone)
    minutes = int((row.ends_at - row.starts_at).total_seconds() // 60)
    filled = AppointmentForm(
        bench=str(row.bench_id),
        technician=str(row.staff_id or ""),
        skill=row.skill,
        starts_at=row.starts_at.astimezone(zone).strftime("%Y-%m-%dT%H:%M"),
        minutes=str(minutes),
        version=str(row.version),
    ).typed()
    return render(
        request,
        "service/appointment.html",
        status=status_of(refusal) if refusal else 200,
        path=appointments.page(row),
        row=row,
        ticket=row.ticket,
        label=tickets.label(row.ticket),
        ticket_page=tickets.page(row.ticket),
        title=queries.title_of(row.ticket),
        is_booked=row.ticket.state is TicketState.BOOKED,
        items=planwork.items_of(session, row.ticket),
        visit=visits.of_ticket(session, row.ticket),
        outside=not hours.of(session, actor.store_id).holds(row.starts_at, row.ends_at),
        form=filled | typed,
        why=typed.get("why", ""),
        problems=problems_of(refusal) if refusal else {},
        link=refusal.link if refusal else None,
        **_choices(session, actor),
    )


def _choices(session: Session, actor: Actor) -> dict[str, Any]:
    return {
        "benches": [one for one in benches.listed(session, actor.store_id) if not one.archived],
        "people": staff.of_store(session, actor.store_id, working=True),
        "skills": benches.skills(session, actor.store_id),
        "kinds": BENCH_LABELS,
    }
