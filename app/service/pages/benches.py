"""The store's benches, what its people can do, and when the workshop is open."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity import staff
from app.identity.guard import Acting, SignedIn
from app.kernel.actor import Actor
from app.kernel.errors import StoreError
from app.service import benches, diary, duework, hours
from app.service.forms import BareForm, lines_of
from app.service.hours import WEEKDAYS, Hours
from app.service.planforms import BenchForm, ClosureForm, SkillsForm, read_week
from app.service.planning_models import BENCH_LABELS
from app.web.errors import status_of
from app.web.forms import StoreForm, problems_of
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession
from app.web.submitted import Submitted, SubmittedForm
from app.web.wire import RowId

router = APIRouter(prefix="/service/benches")


@router.get("")
def list_benches(request: Request, session: ReadSession, actor: SignedIn) -> Response:
    return _page(request, session, actor)


@router.post("")
@once
def add(
    request: Request, session: WriteSession, actor: Acting, form: Annotated[BenchForm, Form()]
) -> Response:
    def act() -> None:
        benches.add(session, actor, name=form.name, kind=form.read())

    return _do(request, session, actor, form, act)


@router.post("/people/{staff_id}")
@once
def set_skills(
    request: Request,
    session: WriteSession,
    actor: Acting,
    staff_id: RowId,
    form: Annotated[SkillsForm, Form()],
) -> Response:
    def act() -> None:
        benches.set_skills(session, actor, staff_id, lines_of(form.skills))

    return _do(request, session, actor, form, act, person=staff_id)


@router.post("/hours")
@once
def set_hours(request: Request, session: WriteSession, actor: Acting, form: Submitted) -> Response:
    """From and to for each weekday; empty where it is closed."""

    def act() -> None:
        hours.set_week(session, actor, read_week(form.values))

    return _do(request, session, actor, form, act)


@router.post("/closures")
@once
def close(
    request: Request, session: WriteSession, actor: Acting, form: Annotated[ClosureForm, Form()]
) -> Response:
    def act() -> None:
        hours.close(session, actor, form.read(), why=form.why)

    return _do(request, session, actor, form, act)


@router.post("/closures/{day}/reopen")
@once
def reopen(
    request: Request,
    session: WriteSession,
    actor: Acting,
    day: date,
    form: Annotated[BareForm, Form()],
) -> Response:
    def act() -> None:
        hours.reopen(session, actor, day)

    return _do(request, session, actor, form, act)


@router.post("/{bench_id}/archive")
@once
def archive(
    request: Request,
    session: WriteSession,
    actor: Acting,
    bench_id: RowId,
    form: Annotated[BareForm, Form()],
) -> Response:
    def act() -> None:
        benches.archive(session, actor, benches.by_id(session, actor, bench_id))

    return _do(request, session, actor, form, act)


@router.post("/{bench_id}/restore")
@once
def restore(
    request: Request,
    session: WriteSession,
    actor: Acting,
    bench_id: RowId,
    form: Annotated[BareForm, Form()],
) -> Response:
    def act() -> None:
        benches.restore(session, actor, benches.by_id(session, actor, bench_id))

    return _do(request, session, actor, form, act)


def _do(
    request: Request,
    session: Session,
    actor: Actor,
    form: StoreForm | SubmittedForm,
    act: Callable[[], None],
    *,
    person: int = 0,
) -> Response:
    try:
        act()
    except StoreError as refusal:
        session.rollback()
        typed = form.values if isinstance(form, SubmittedForm) else form.typed()
        return _page(request, session, actor, typed=typed, refusal=refusal, person=person)
    return RedirectResponse("/service/benches", 303)


def _page(
    request: Request,
    session: Session,
    actor: Actor,
    *,
    typed: Mapping[str, Any] | None = None,
    refusal: StoreError | None = None,
    person: int = 0,
) -> Response:
    actor.require("service.view")
    now = hours.of(session, actor.store_id)
    today = duework.today_of(session, actor.store_id)
    closed = [day for day in now.closed if day >= today]
    booked = diary.booked_on(session, actor, closed)
    return render(
        request,
        "service/benches.html",
        status=status_of(refusal) if refusal else 200,
        path="/service/benches",
        benches=benches.listed(session, actor.store_id),
        people=staff.of_store(session, actor.store_id, working=True),
        skills=benches.skills(session, actor.store_id),
        kinds=BENCH_LABELS,
        form=BenchForm().typed() | ClosureForm().typed() | _shown(now) | dict(typed or {}),
        weekdays=WEEKDAYS,
        closed=[(day, now.closed[day], booked[day]) for day in closed],
        person=person,
        problems=problems_of(refusal) if refusal else {},
    )


def _shown(now: Hours) -> dict[str, str]:
    """The week as its form shows it."""
    return {
        f"{name}-{weekday}": hours.shown(minute)
        for weekday, span in enumerate(now.week)
        if span is not None
        for name, minute in (("opens", span.opens), ("closes", span.closes))
    }
