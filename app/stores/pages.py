"""The settings of a store: itself, its tills, its tax."""

from collections.abc import Sequence
from functools import cache
from typing import Annotated
from zoneinfo import available_timezones

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity.guard import Acting, SignedIn
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, StoreError
from app.kernel.text import Text
from app.stores import desk, particulars
from app.stores.forms import NewTillForm, ParticularsForm, RateForm, TillForm
from app.stores.models import Store, Till
from app.web.errors import status_of
from app.web.forms import StoreForm, problems_of
from app.web.navigation import Place
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import RowId

router = APIRouter(prefix="/settings", tags=["pages"], include_in_schema=False)

SETTINGS_PLACES = "settings_places"  # in app.state: what the overview leads to
_REGIONS = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian")


@router.get("")
def show_overview(request: Request, session: ReadSession, actor: SignedIn) -> Response:
    actor.require("settings.view")
    every: Sequence[Place] = getattr(request.app.state, SETTINGS_PLACES, ())
    places = [one for one in every if one.permission is None or actor.may(one.permission)]
    store = desk.store_of(session, actor.store_id)
    return render(request, "stores/settings.html", store=store, places=places)


@router.get("/components")
def show_components(request: Request, actor: SignedIn) -> Response:
    """The living page of the look; whoever builds pages opens it."""
    actor.require("settings.view")
    return render(request, "settings/components.html")


@router.get("/store")
def show_store(request: Request, session: ReadSession, actor: SignedIn, done: str = "") -> Response:
    actor.require("settings.view")
    store = desk.store_of(session, actor.store_id)
    return _store(request, session, store, form=_as_typed(store), done=bool(done))


@router.post("/store")
def change_store(
    request: Request,
    session: WriteSession,
    actor: Acting,
    form: Annotated[ParticularsForm, Form()],
) -> Response:
    store = desk.store_of(session, actor.store_id)
    try:
        particulars.change(session, actor, store, form.read(), seen=form.seen)
    except StoreError as refusal:
        session.rollback()
        session.refresh(store)
        return _store(
            request,
            session,
            store,
            form=form.typed(),
            problems=problems_of(refusal),
            theirs=_as_typed(store) if isinstance(refusal, Conflict) else None,
            status=status_of(refusal),
        )
    return RedirectResponse("/settings/store?done=yes", 303)


@router.get("/tills")
def list_tills(request: Request, session: ReadSession, actor: SignedIn) -> Response:
    actor.require("settings.view")
    return _tills(request, session, actor)


@router.post("/tills")
def add_till(
    request: Request,
    session: WriteSession,
    actor: Acting,
    form: Annotated[NewTillForm, Form()],
) -> Response:
    try:
        desk.add_till(session, actor, name=form.name)
    except StoreError as refusal:
        session.rollback()
        return _tills(
            request,
            session,
            actor,
            form=form.typed(),
            problems=problems_of(refusal),
            status=status_of(refusal),
        )
    return RedirectResponse("/settings/tills", 303)


@router.get("/tills/{till_id}")
def show_till(request: Request, session: ReadSession, actor: SignedIn, till_id: RowId) -> Response:
    actor.require("settings.view")
    till = desk.till_by_id(session, actor, till_id)
    form = {"name": till.name, "printer": till.printer, "reader_id": till.reader_id}
    return _till(request, till, form=form)


@router.post("/tills/{till_id}")
def change_till(
    request: Request,
    session: WriteSession,
    actor: Acting,
    till_id: RowId,
    form: Annotated[TillForm, Form()],
) -> Response:
    till = desk.till_by_id(session, actor, till_id)
    try:
        desk.change_till(
            session,
            actor,
            till,
            printer=form.printer,
            reader_id=form.reader_id,
            name=form.name,
        )
    except StoreError as refusal:
        session.rollback()
        session.refresh(till)
        return _till(
            request,
            till,
            form=form.typed(),
            problems=problems_of(refusal),
            status=status_of(refusal),
        )
    return RedirectResponse("/settings/tills", 303)


@router.get("/tax")
def list_rates(request: Request, session: ReadSession, actor: SignedIn, code: str = "") -> Response:
    """Every rate; `code` begins the form for the next one of that code."""
    actor.require("settings.view")
    rates = [rate for rate in desk.rates_of(session, actor.store_id) if rate.code == code]
    form = {"code": code, "label": rates[-1].label} if rates else {}
    return _rates(request, session, actor, form=form)


@router.post("/tax")
def add_rate(
    request: Request,
    session: WriteSession,
    actor: Acting,
    form: Annotated[RateForm, Form()],
) -> Response:
    try:
        new = form.read()
        desk.add_rate(
            session,
            actor,
            code=new.code,
            label=new.label,
            rate_bp=new.rate_bp,
            valid_from=new.valid_from,
            category=new.category,
            reason=new.reason,
        )
    except StoreError as refusal:
        session.rollback()
        return _rates(
            request,
            session,
            actor,
            form=form.typed(),
            problems=problems_of(refusal),
            status=status_of(refusal),
        )
    return RedirectResponse("/settings/tax", 303)


@router.post("/tax/{rate_id}/withdraw")
def withdraw_rate(
    request: Request,
    session: WriteSession,
    actor: Acting,
    rate_id: RowId,
    form: Annotated[StoreForm, Form()],  # noqa: ARG001 - read for its CSRF token
) -> Response:
    try:
        desk.withdraw_rate(session, actor, rate_id)
    except StoreError as refusal:
        session.rollback()
        return _rates(
            request,
            session,
            actor,
            problems=problems_of(refusal),
            status=status_of(refusal),
        )
    return RedirectResponse("/settings/tax", 303)


@cache
def _zones() -> tuple[str, ...]:
    """The zones that people name by a town; the others are old names for the same."""
    return ("UTC", *sorted(zone for zone in available_timezones() if zone.startswith(_REGIONS)))


def _as_typed(store: Store) -> dict[str, str]:
    now = particulars.of(store)
    return {name: str(getattr(now, name)) for name in now.__slots__ if name != "day_starts_at"} | {
        "day_starts_at": now.day_starts_at.strftime("%H:%M")
    }


def _store(
    request: Request,
    session: Session,
    store: Store,
    *,
    form: dict[str, str],
    problems: dict[str, Text] | None = None,
    theirs: dict[str, str] | None = None,
    done: bool = False,
    status: int = 200,
) -> Response:
    """The form. `theirs` is what somebody else saved meanwhile; saving again then is deliberate."""
    return render(
        request,
        "stores/store.html",
        status=status,
        store=store,
        seen=particulars.fingerprint(store),
        sold=particulars.has_sold(session, store.id),
        zones=_zones(),
        form=form,
        problems=problems or {},
        theirs={name: text for name, text in (theirs or {}).items() if text != form.get(name, "")},
        done=done,
    )


def _tills(
    request: Request,
    session: Session,
    actor: Actor,
    *,
    form: dict[str, str] | None = None,
    problems: dict[str, Text] | None = None,
    status: int = 200,
) -> Response:
    return render(
        request,
        "stores/tills.html",
        status=status,
        tills=desk.tills_of(session, actor.store_id),
        form=form or {},
        problems=problems or {},
    )


def _till(
    request: Request,
    till: Till,
    *,
    form: dict[str, str],
    problems: dict[str, Text] | None = None,
    status: int = 200,
) -> Response:
    return render(
        request,
        "stores/till.html",
        status=status,
        till=till,
        form=form,
        problems=problems or {},
    )


def _rates(
    request: Request,
    session: Session,
    actor: Actor,
    *,
    form: dict[str, str] | None = None,
    problems: dict[str, Text] | None = None,
    status: int = 200,
) -> Response:
    today = desk.business_day_of(desk.store_of(session, actor.store_id))
    return render(
        request,
        "stores/tax.html",
        status=status,
        rates=desk.rates_of(session, actor.store_id),
        in_force=desk.rates_on(session, actor.store_id, today),
        today=today,
        form=form or {},
        problems=problems or {},
    )
