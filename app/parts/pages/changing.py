"""New parts, and what is known of parts changed."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity.guard import Acting, SignedIn
from app.kernel.actor import Actor
from app.kernel.errors import StoreError
from app.kernel.text import Text, msg
from app.parts import addresses, catalogue
from app.parts.forms import PartForm
from app.parts.models import Part
from app.parts.pages.asked import CLASS_OPTIONS, asked_part
from app.robots import makers
from app.robots.models import Maker
from app.robots.slotnames import CONTROL_LABELS
from app.stores import desk
from app.web.errors import status_of
from app.web.forms import StoreForm, problems_of
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession

router = APIRouter(prefix="/parts")


@router.get("/new")
def ask_part(
    request: Request, session: ReadSession, actor: SignedIn, copy: str = "", number: str = ""
) -> Response:
    """The form for a new part; `copy` is a part that it resembles, whose numbers stay its own."""
    actor.require("parts.edit")
    form = PartForm(number=number)
    if copy:
        like = asked_part(session, actor, copy)
        form = _filled(session, actor, like).model_copy(update={"number": "", "gtin": ""})
    return _form(request, session, actor, typed=form.typed())


@router.post("/new")
@once
def add_part(
    request: Request, session: WriteSession, actor: Acting, form: Annotated[PartForm, Form()]
) -> Response:
    try:
        particulars = form.read(desk.store_of(session, actor.store_id).currency)
        part = catalogue.add_part(
            session,
            actor,
            number=form.number,
            name=form.name,
            gtin=form.gtin,
            particulars=particulars,
        )
    except StoreError as refusal:
        session.rollback()
        return _form(request, session, actor, typed=form.typed(), refusal=refusal)
    return RedirectResponse(addresses.part_page(part.number), 303)


@router.get("/{number:path}/edit")
@router.get("/part/edit")
def ask_changes(request: Request, session: ReadSession, actor: SignedIn, number: str) -> Response:
    part = asked_part(session, actor, number)
    actor.require("parts.edit")
    return _form(request, session, actor, typed=_filled(session, actor, part).typed(), part=part)


@router.post("/{number:path}/edit")
@router.post("/part/edit")
@once
def change_part(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: str,
    form: Annotated[PartForm, Form()],
) -> Response:
    try:
        part = asked_part(session, actor, number)
        particulars = form.read(desk.store_of(session, actor.store_id).currency)
        catalogue.edit_part(
            session,
            actor,
            part,
            number=form.number,
            name=form.name,
            gtin=form.gtin,
            particulars=particulars,
            seen=form.seen,
        )
    except StoreError as refusal:
        session.rollback()
        part = asked_part(session, actor, number)
        return _form(request, session, actor, typed=form.typed(), part=part, refusal=refusal)
    return RedirectResponse(addresses.part_page(part.number), 303)


@router.post("/{number:path}/archive")
@router.post("/part/archive")
def archive_part(
    session: WriteSession,
    actor: Acting,
    number: str,
    form: Annotated[StoreForm, Form()],  # noqa: ARG001 - reads the page's token
) -> Response:
    part = asked_part(session, actor, number)
    catalogue.archive(session, actor, part)
    return RedirectResponse("/parts", 303)


@router.post("/{number:path}/restore")
@router.post("/part/restore")
def restore_part(
    session: WriteSession,
    actor: Acting,
    number: str,
    form: Annotated[StoreForm, Form()],  # noqa: ARG001 - reads the page's token
) -> Response:
    part = asked_part(session, actor, number)
    catalogue.restore(session, actor, part)
    return RedirectResponse(addresses.part_page(part.number), 303)


def _filled(session: Session, actor: Actor, part: Part) -> PartForm:
    maker = session.get_one(Maker, part.maker_id).name if part.maker_id else ""
    currency = desk.store_of(session, actor.store_id).currency
    return PartForm.of(part, maker=maker, currency=currency)


def _form(
    request: Request,
    session: Session,
    actor: Actor,
    *,
    typed: dict[str, Any],
    part: Part | None = None,
    refusal: StoreError | None = None,
) -> Response:
    store = desk.store_of(session, actor.store_id)
    problems: dict[str, Text] = problems_of(refusal) if refusal else {}
    rates = desk.rates_on(session, store.id, desk.business_day_of(store))
    return render(
        request,
        "parts/edit.html",
        status=status_of(refusal) if refusal else 200,
        part=part,
        here=addresses.part_page(part.number) if part else "/parts",
        action=addresses.page_below(part.number, "edit") if part else "/parts/new",
        form=typed,
        seen=catalogue.fingerprint(part) if part else "",
        problems=problems,
        twin=refusal.link if refusal else None,
        controls=[(one.value, label) for one, label in reversed(CONTROL_LABELS.items())],
        classes=CLASS_OPTIONS,
        makers=[one.name for one in makers.makers(session)],
        rates=[("", msg("The store’s standard rate")), *((code, code) for code in rates)],
        currency=store.currency,
    )
