"""Batteries: what is to be looked at next, one battery with its checks, how each kind is kept."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity.guard import Acting, SignedIn
from app.kernel.actor import Actor
from app.kernel.errors import StoreError
from app.kernel.quantity import row_number
from app.parts import batteries, batterylists, batterysheet, catalogue, places, scanned, storage
from app.parts.batteries import CONDITION_LABELS
from app.parts.batterylists import SHOW_LABELS, Show
from app.parts.countforms import CheckForm, CodeForm, LetGoForm, RuleForm, WhyForm
from app.parts.models import PICKABLE
from app.parts.pages.asked import member
from app.parts.pages.going import go
from app.robots.slot_models import Component
from app.stores import desk
from app.web.errors import status_of
from app.web.forms import problems_of
from app.web.i18n import speech_of
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import RowId

router = APIRouter(prefix="/parts/batteries")


@router.get("")
def list_batteries(
    request: Request, session: ReadSession, actor: SignedIn, show: str = "", cursor: str = ""
) -> Response:
    """The store's batteries, those to be looked at first at the head."""
    shown = member(Show, show) or Show.ALL
    found = batterylists.listed(session, actor, shown, cursor=cursor or None)
    return render(
        request,
        "parts/batteries.html",
        page=found.page,
        counts=found.counts,
        shows=SHOW_LABELS,
        shown=shown,
        cursor=cursor,
        place_label=places.label_of,
        blocked=storage.blocked,
    )


@router.post("/open")
def open_battery(
    request: Request, session: WriteSession, actor: Acting, form: Annotated[CodeForm, Form()]
) -> Response:
    """The scan of a battery leads to its page."""
    actor.require("stock.view")
    said = scanned.read(form.code)
    component = batteries.by_serial(session, actor, said.serial or said.text)
    return go(request, storage.page_of(component.id))


@router.get("/rules")
def show_rules(request: Request, session: ReadSession, actor: SignedIn) -> Response:
    actor.require("stock.view")
    return _rules(request, session, actor)


@router.post("/rules")
@once
def set_rule(
    request: Request, session: WriteSession, actor: Acting, form: Annotated[RuleForm, Form()]
) -> Response:
    try:
        part_id = row_number(form.part)
        part = catalogue.by_id(session, actor, part_id) if part_id is not None else None
        batteries.set_rule(session, actor, part, form.read())
    except StoreError as refusal:
        session.rollback()
        return _rules(request, session, actor, typed=form, refusal=refusal)
    return RedirectResponse("/parts/batteries/rules", 303)


@router.post("/rules/{part_id}/drop")
def drop_rule(
    request: Request,  # noqa: ARG001 - as every page
    session: WriteSession,
    actor: Acting,
    part_id: RowId,
) -> Response:
    batteries.drop_rule(session, actor, catalogue.by_id(session, actor, part_id))
    return RedirectResponse("/parts/batteries/rules", 303)


@router.get("/{component_id}")
def show_battery(
    request: Request, session: ReadSession, actor: SignedIn, component_id: RowId
) -> Response:
    actor.require("stock.view")
    return _page(request, session, actor, component_id)


@router.get("/{component_id}/sheet.pdf")
def print_sheet(
    request: Request, session: ReadSession, actor: SignedIn, component_id: RowId
) -> Response:
    """What goes with a battery that is sent."""
    actor.require("stock.view")
    pdf = batterysheet.sheet_pdf(
        batteries.kept(session, actor, component_id),
        desk.store_of(session, actor.store_id),
        language=speech_of(request).language,
    )
    headers = {
        "Content-Disposition": f'inline; filename="battery-{component_id}.pdf"',
        "Cache-Control": "no-store",
    }
    return Response(pdf, media_type="application/pdf", headers=headers)


@router.post("/{component_id}/checks")
@once
def check(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    component_id: RowId,
    form: Annotated[CheckForm, Form()],
) -> Response:
    def act(component: Component) -> None:
        batteries.check(session, actor, component, form.read())

    return _act(request, session, actor, component_id, act, typed=form.typed())


@router.post("/{component_id}/set-aside")
@once
def set_aside(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    component_id: RowId,
    form: Annotated[WhyForm, Form()],
) -> Response:
    def act(component: Component) -> None:
        batteries.set_aside(session, actor, component, reason=form.reason)

    return _act(request, session, actor, component_id, act, typed=form.typed())


@router.post("/{component_id}/let-go")
@once
def let_go(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    component_id: RowId,
    form: Annotated[LetGoForm, Form()],
) -> Response:
    def act(component: Component) -> None:
        place_id = row_number(form.place)
        place = places.by_id(session, actor, place_id) if place_id is not None else None
        batteries.let_go(session, actor, component, reason=form.reason, place=place)

    return _act(request, session, actor, component_id, act, typed=form.typed())


def _act(
    request: Request,
    session: Session,
    actor: Actor,
    component_id: int,
    act: Callable[[Component], None],
    *,
    typed: dict[str, str],
) -> Response:
    """Do something with a battery; a refusal shows its page again with the sentence in it."""
    try:
        act(batteries.kept(session, actor, component_id).component)
    except StoreError as refusal:
        session.rollback()
        return _page(request, session, actor, component_id, typed=typed, refusal=refusal)
    return RedirectResponse(storage.page_of(component_id), 303)


def _page(
    request: Request,
    session: Session,
    actor: Actor,
    component_id: int,
    *,
    typed: dict[str, str] | None = None,
    refusal: StoreError | None = None,
) -> Response:
    one = batteries.kept(session, actor, component_id)
    bins = places.listed(session, actor, kinds=PICKABLE) if one.is_quarantined else []
    return render(
        request,
        "parts/battery.html",
        status=status_of(refusal) if refusal else 200,
        one=one,
        here=storage.page_of(component_id),
        reason=storage.blocked(one),
        place=places.label_of(one.place) if one.place else None,
        checks=batteries.checks_of(session, one.component),
        conditions=CONDITION_LABELS,
        bins=[(str(place.id), places.label_of(place)) for place in bins],
        typed=typed or {},
        problems=problems_of(refusal) if refusal else {},
    )


def _rules(
    request: Request,
    session: Session,
    actor: Actor,
    *,
    typed: RuleForm | None = None,
    refusal: StoreError | None = None,
) -> Response:
    parts = batteries.battery_parts(session, actor)
    keepings = storage.keepings(session, actor.store_id, [part.id for part in parts])
    return render(
        request,
        "parts/battery_rules.html",
        status=status_of(refusal) if refusal else 200,
        general=keepings[None],
        rows=[(part, keepings.get(part.id, keepings[None])) for part in parts],
        own=keepings,
        typed=typed.typed() if typed else {},
        problems=problems_of(refusal) if refusal else {},
    )
