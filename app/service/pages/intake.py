"""Intake on one screen: what is known of the robot, and what its owner says."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, File, Form, Request, UploadFile
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.customers import book
from app.customers.book import CustomerInput
from app.customers.models import Customer, CustomerKind
from app.identity.guard import Acting, SignedIn
from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, NotFound, StoreError
from app.kernel.quantity import document_number, row_number
from app.kernel.searchkeys import clean
from app.kernel.text import msg
from app.robots import (
    concerned,
    makers,
    registering,
    registry,
    scanned,
    touches,
    transfers,
    warrantycover,
    warrantypapers,
)
from app.robots import queries as robots
from app.robots.lifeforms import RegisterForm
from app.robots.models import Maker, Unit
from app.robots.states import CUSTODY_LABELS
from app.robots.verdictwords import VERDICT_LABELS, VERDICT_TONES
from app.service import freetimes, intake, queries, tickets
from app.service.forms import EVIDENCE, read_intake
from app.service.intake import SEEN_LABELS
from app.service.models import Ticket
from app.service.pages.edits import read_pictures
from app.service.states import BACKUP_LABELS, STATE_LABELS, TicketState
from app.stores import desk
from app.web.errors import status_of
from app.web.files import files_of
from app.web.forms import Typed, problems_of
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession
from app.web.submitted import Submitted

router = APIRouter(prefix="/service")

Refused = tuple[dict[str, str], StoreError]


class WalkInForm(RegisterForm):
    """A robot that was never here; its owner may be new to the store too."""

    new_customer: Typed = ""
    phone: Typed = ""


@router.get("/new")
def ask_intake(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    *,
    code: str = "",
    maker: str = "",
    ticket: str = "",
) -> Response:
    """A scan of the robot; then everything that is known of it, and the form."""
    actor.require("service.intake")
    number = document_number(ticket) if ticket else None
    if number is not None:
        unit = tickets.by_number(session, actor, number).unit
        return _form(request, session, actor, unit)
    if not clean(code):
        return render(request, "service/scan.html", code="", found=[], problems={})
    found = _meant(session, actor, code, maker)
    if len(found) == 1:
        return _form(request, session, actor, found[0])
    if not found:
        return _walk_in(request, session, form=WalkInForm(serial=code, is_here="yes"))
    return render(request, "service/scan.html", code=code, found=found, problems={})


@router.post("/new")
@once
def check_in(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    form: Submitted,
    photos: Annotated[list[UploadFile] | None, File()] = None,
) -> Response:
    unit = _unit(session, actor, form.values)
    try:
        zone = desk.store_of(session, actor.store_id).zone
        given = read_intake(form.values, zone)
        given = replace(given, photos=read_pictures(photos or []))
        ticket = intake.intake(session, actor, unit, given, files=files_of(request))
    except StoreError as refusal:
        session.rollback()
        again = registry.by_id(session, actor, unit.id)
        return _form(request, session, actor, again, refused=(form.values, refusal))
    return RedirectResponse(f"{tickets.page(ticket)}?received=yes", 303)


@router.post("/new/walk-in")
@once
def register(
    request: Request, session: WriteSession, actor: Acting, form: Annotated[WalkInForm, Form()]
) -> Response:
    """The record of a robot that was never here, and of its owner; then its intake."""
    try:
        owner = _owner(session, actor, form)
        if owner is not None and not clean(form.customer):
            form.customer = str(owner.number)
        seen = form.read()
        unit = registering.register(
            session, actor, seen, owner or transfers.customer_meant(session, actor, form.customer)
        )
    except StoreError as refusal:
        session.rollback()
        return _walk_in(request, session, form=form, refusal=refusal)
    maker = session.get_one(Maker, unit.maker_id)
    asked = urlencode({"code": unit.serial, "maker": maker.name})
    return RedirectResponse(f"/service/new?{asked}", 303)


def _owner(session: Session, actor: Actor, form: WalkInForm) -> Customer | None:
    """A customer who is new too, when a name was typed for one."""
    if not clean(form.new_customer):
        return None
    if clean(form.customer):
        raise Conflict(
            msg("Either name a customer who is known, or a new one."), field="new_customer"
        )
    typed = CustomerInput(kind=CustomerKind.PERSON, name=form.new_customer, phone=form.phone)
    return book.add(session, actor, typed)


def _meant(session: Session, actor: Actor, code: str, maker: str) -> list[Unit]:
    found = scanned.units(session, actor, code)
    if not maker:
        return found
    return [unit for unit in found if unit.maker.name == maker]


def _unit(session: Session, actor: Actor, typed: dict[str, str]) -> Unit:
    unit_id = row_number(typed.get("unit", ""))
    if unit_id is None:
        raise NotFound(msg("Scan the robot first."), link="/service/new")
    return registry.by_id(session, actor, unit_id)


def _walk_in(
    request: Request,
    session: Session,
    *,
    form: WalkInForm,
    refusal: StoreError | None = None,
) -> Response:
    return render(
        request,
        "service/walkin.html",
        status=status_of(refusal) if refusal else 200,
        form=form.typed(),
        models=makers.models(session),
        makers=makers.makers(session),
        problems=problems_of(refusal) if refusal else {},
        known=refusal.link if refusal else None,
    )


def _form(
    request: Request,
    session: Session,
    actor: Actor,
    unit: Unit,
    *,
    refused: Refused | None = None,
) -> Response:
    typed, refusal = refused or ({}, None)
    (row,) = robots.of_ids(session, actor, [unit.id])
    earlier, calibrated = queries.known_of_unit(session, unit.id)
    there = next((one for one in earlier if one.ended_at is None), None)
    terms, verdict = warrantycover.terms_and_verdict(session, unit)
    page: dict[str, Any] = {
        "row": row,
        "unit": row.unit,
        "custody": CUSTODY_LABELS[row.unit.custody],
        "verdict": (VERDICT_LABELS[verdict.kind], VERDICT_TONES[verdict.kind], verdict.ends_on),
        "open_bulletins": concerned.waiting(concerned.of_unit(session, unit)),
        "earlier": [
            (one, tickets.label(one), queries.title_of(one), STATE_LABELS[one.state])
            for one in earlier
            if one.ended_at is not None
        ],
        "recent": queries.may_come_back(earlier, clock.now()),
        "asked": touches.asked(session, unit),
        "checklist": [
            (code, warrantypapers.evidence_label(code))
            for code in warrantypapers.codes_of(terms.terms if terms else None)
        ],
        "prefix": EVIDENCE,
        "seen": list(SEEN_LABELS.items()),
        "backups": list(BACKUP_LABELS.items()),
        "typed": _begun(there) | typed,
        "problems": problems_of(refusal) if refusal else {},
        "refusal": refusal,
        "calibrated": calibrated,
        "evenings": _evenings(session, actor),
        "on_bench": there if there and there.state is not TicketState.BOOKED else None,
        "booked": there if there and there.state is TicketState.BOOKED else None,
        "label_of": tickets.label,
    }
    status = status_of(refusal) if refusal else 200
    return render(request, "service/intake.html", status=status, **page)


def _evenings(session: Session, actor: Actor) -> list[tuple[datetime, str]]:
    """By when it may be promised, as it is shown and as the field takes it."""
    zone = ZoneInfo(desk.store_of(session, actor.store_id).zone)
    return [
        (one, one.astimezone(zone).strftime("%Y-%m-%dT%H:%M"))
        for one in freetimes.promises(session, actor)
    ]


def _begun(booked: Ticket | None) -> dict[str, str]:
    """What was said when the ticket was booked."""
    if booked is None or booked.state is not TicketState.BOOKED:
        return {}
    return {"complaint": booked.complaint}
