"""Plans of preventive service as the store sets them, and what is due by them."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity.guard import Acting, SignedIn
from app.kernel.actor import Actor
from app.kernel.errors import NotFound, StoreError
from app.kernel.searchkeys import clean
from app.kernel.text import msg
from app.robots import addresses, makers, registry, scanned
from app.robots.counters import SECONDS_PER_HOUR
from app.service import appointments, duework, plans, planwork, tickets
from app.service.forms import BareForm, version
from app.service.planforms import OccasionForm, PlanForm
from app.service.planning_models import OCCASION_LABELS, ServicePlan
from app.web.errors import status_of
from app.web.forms import problems_of
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import RowId

router = APIRouter(prefix="/service")


@router.get("/plans")
def list_plans(
    request: Request, session: ReadSession, actor: SignedIn, change: int = 0
) -> Response:
    """`change`: the plan whose form is open."""
    return _plans(request, session, actor, change=change)


@router.post("/plans")
@once
def add_plan(
    request: Request, session: WriteSession, actor: Acting, form: Annotated[PlanForm, Form()]
) -> Response:
    def act() -> None:
        plans.add(session, actor, form.read())

    return _do(request, session, actor, act, form=form)


@router.post("/plans/{plan_id}")
@once
def edit_plan(
    request: Request,
    session: WriteSession,
    actor: Acting,
    plan_id: RowId,
    form: Annotated[PlanForm, Form()],
) -> Response:
    def act() -> None:
        plan = plans.by_id(session, actor, plan_id)
        plans.edit(session, actor, plan, form.read(), seen=version(form.version))

    return _do(request, session, actor, act, form=form, change=plan_id)


@router.post("/plans/{plan_id}/archive")
@once
def archive_plan(
    request: Request,
    session: WriteSession,
    actor: Acting,
    plan_id: RowId,
    form: Annotated[BareForm, Form()],  # noqa: ARG001 - `once` reads its token
) -> Response:
    def act() -> None:
        plans.archive(session, actor, plans.by_id(session, actor, plan_id))

    return _do(request, session, actor, act)


@router.post("/plans/{plan_id}/restore")
@once
def restore_plan(
    request: Request,
    session: WriteSession,
    actor: Acting,
    plan_id: RowId,
    form: Annotated[BareForm, Form()],  # noqa: ARG001 - `once` reads its token
) -> Response:
    def act() -> None:
        plans.restore(session, actor, plans.by_id(session, actor, plan_id))

    return _do(request, session, actor, act)


@router.get("/due")
def show_due(request: Request, session: ReadSession, actor: SignedIn, after: str = "") -> Response:
    """Robots with work that is due by the store's plans."""
    return _due(request, session, actor, after=after)


@router.post("/due/occasions")
@once
def note_occasion(
    request: Request, session: WriteSession, actor: Acting, form: Annotated[OccasionForm, Form()]
) -> Response:
    """Somebody says that a robot fell, was shipped, or has another firmware."""
    try:
        found = scanned.units(session, actor, form.code) if clean(form.code) else []
        if len(found) != 1:
            code = clean(form.code)
            raise NotFound(msg("There is no one robot {code} here.", code=code), field="code")
        planwork.happened(session, actor, found[0], form.read())
    except StoreError as refusal:
        session.rollback()
        return _due(request, session, actor, typed=form.typed(), refusal=refusal)
    return RedirectResponse("/service/due", 303)


@router.post("/due/{unit_id}/{plan_id}")
@once
def book(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    unit_id: RowId,
    plan_id: RowId,
    form: Annotated[BareForm, Form()],  # noqa: ARG001 - `once` reads its token
) -> Response:
    """The plan's work goes on the robot's ticket; then a time is looked for."""
    try:
        unit = registry.by_id(session, actor, unit_id)
        plan = plans.by_id(session, actor, plan_id)
        ticket = planwork.book(session, actor, unit, plan)
        kept = appointments.of_ticket(session, ticket)
    except StoreError as refusal:
        session.rollback()
        return _due(request, session, actor, refusal=refusal)
    if kept is not None:
        return RedirectResponse(appointments.page(kept), 303)
    asked = f"ticket={ticket.number}&minutes={plan.minutes}"
    return RedirectResponse(f"/service/calendar/new?{asked}", 303)


def _do(
    request: Request,
    session: Session,
    actor: Actor,
    act: Callable[[], None],
    *,
    form: PlanForm | None = None,
    change: int = 0,
) -> Response:
    try:
        act()
    except StoreError as refusal:
        session.rollback()
        typed = form.typed() if form else {}
        return _plans(request, session, actor, change=change, typed=typed, refusal=refusal)
    return RedirectResponse("/service/plans", 303)


def _plans(
    request: Request,
    session: Session,
    actor: Actor,
    *,
    change: int = 0,
    typed: dict[str, Any] | None = None,
    refusal: StoreError | None = None,
) -> Response:
    actor.require("service.view")
    found = plans.listed(session, actor.store_id)
    changed = next((one for one in found if one.id == change), None)
    return render(
        request,
        "service/plans.html",
        status=status_of(refusal) if refusal else 200,
        path="/service/plans",
        plans=[(one, plans.items_of(one)) for one in found],
        changed=changed,
        form=_filled(changed) | (typed or {}),
        models=makers.models(session),
        occasions=OCCASION_LABELS,
        problems=problems_of(refusal) if refusal else {},
    )


def _due(
    request: Request,
    session: Session,
    actor: Actor,
    *,
    after: str = "",
    typed: dict[str, Any] | None = None,
    refusal: StoreError | None = None,
) -> Response:
    return render(
        request,
        "service/due.html",
        status=status_of(refusal) if refusal else 200,
        path="/service/due",
        page=duework.due(session, actor, cursor=after or None),
        after=after,
        today=duework.today_of(session, actor.store_id),
        hour_s=SECONDS_PER_HOUR,
        occasions=OCCASION_LABELS,
        has_plans=bool(plans.listed(session, actor.store_id, in_use=True)),
        robot_page=addresses.robot_page,
        label=tickets.label,
        ticket_page=tickets.page,
        form=OccasionForm().typed() | (typed or {}),
        problems=problems_of(refusal) if refusal else {},
        link=refusal.link if refusal else None,
    )


def _filled(changed: ServicePlan | None) -> dict[str, Any]:
    if changed is None:
        return PlanForm().typed()
    typed = plans.as_typed(changed)
    return PlanForm(
        name=typed.name,
        model=str(typed.model_id or ""),
        every_months=str(typed.every_months or ""),
        every_hours=str(typed.every_hours or ""),
        every_cycles=str(typed.every_cycles or ""),
        occasion=typed.occasion or "",
        minutes=str(typed.minutes),
        items="\n".join(typed.items),
        version=str(changed.version),
    ).typed()
