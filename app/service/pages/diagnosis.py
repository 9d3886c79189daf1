"""Diagnosis of one ticket: the robot's body, what was found where, and the form for more."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.identity.guard import Acting, SignedIn
from app.kernel.actor import Actor
from app.kernel.errors import StoreError
from app.robots import bodylook, insides
from app.robots.bodylook import Look
from app.robots.slotnames import name_of
from app.service import diagnosis, faults
from app.service.forms import BareForm, DiagnosisForm
from app.service.models import Ticket
from app.service.pages.asked import act_on, asked_ticket, frame
from app.service.states import FaultKind
from app.web.errors import status_of
from app.web.forms import StoreForm, problems_of
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import Number, RowId

router = APIRouter(prefix="/service/tickets")

Act = Callable[[Ticket], object]
Refused = tuple[dict[str, Any], StoreError]


@router.get("/{number}/diagnosis")
def show_diagnosis(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    *,
    number: Number,
    slot: str = "",
    change: int = 0,
) -> Response:
    """`slot`: where the form begins; `change`: the finding that it is to replace."""
    ticket = asked_ticket(session, actor, number)
    return _page(request, session, actor, ticket, slot=slot, change=change)


@router.post("/{number}/diagnoses")
@once
def record(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    form: Annotated[DiagnosisForm, Form()],
) -> Response:
    def act(ticket: Ticket) -> None:
        diagnosis.record(session, actor, ticket, form.read())

    return _do(request, session, actor, number, act=act, form=form)


@router.post("/{number}/diagnoses/{diagnosis_id}")
@once
def correct(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    diagnosis_id: RowId,
    form: Annotated[DiagnosisForm, Form()],
) -> Response:
    def act(ticket: Ticket) -> None:
        diagnosis.correct(session, actor, ticket, diagnosis_id, form.read())

    return _do(request, session, actor, number, act=act, form=form, change=diagnosis_id)


@router.post("/{number}/diagnoses/{diagnosis_id}/withdraw")
@once
def withdraw(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    diagnosis_id: RowId,
    form: Annotated[BareForm, Form()],
) -> Response:
    def act(ticket: Ticket) -> None:
        diagnosis.withdraw(session, actor, ticket, diagnosis_id)

    return _do(request, session, actor, number, act=act, form=form)


def _do(
    request: Request,
    session: Session,
    actor: Actor,
    number: int,
    *,
    act: Act,
    form: StoreForm,
    change: int = 0,
) -> Response:
    def show(ticket: Ticket, refusal: StoreError) -> Response:
        typed = form.typed()
        slot, refused = typed.get("slot", ""), (typed, refusal)
        return _page(request, session, actor, ticket, slot=slot, change=change, refused=refused)

    return act_on(session, actor, number, act, then="/diagnosis", refused=show)


def _page(
    request: Request,
    session: Session,
    actor: Actor,
    ticket: Ticket,
    *,
    slot: str,
    change: int,
    refused: Refused | None = None,
) -> Response:
    typed, refusal = refused or ({}, None)
    page = frame(session, actor, ticket, tab="diagnosis")
    inside = insides.view(session, ticket.unit)
    codes = faults.codes_of(session, actor.store_id)
    found = diagnosis.of_ticket(session, ticket)
    # somebody replaced it meanwhile: then the form is for a new one
    changed = next((one for one in found if one.id == change), None)
    place = next((one for one in inside.places if one.path == slot), None)
    slot_class = place.slot.slot_class if place else None
    page |= {
        "inside": inside,
        "body": bodylook.body(session, ticket.unit, inside, Look.FAULTS),
        "looks": [],
        "slot_page": lambda path: f"{page['here']}/diagnosis?slot={path}#finding",
        "found": found,
        "changed": changed,
        "form": _filled(changed, slot) | typed,
        "place": place,
        "name_of": name_of,
        "codes": codes,
        "kinds": FaultKind,
        "choices": {
            kind: [(one.code, one.label) for one in codes.in_use(kind, slot_class)]
            for kind in FaultKind
        },
        "places": [(one.path, one.name) for one in inside.places],
        "problems": problems_of(refusal) if refusal else {},
        "refusal": refusal,
    }
    status = status_of(refusal) if refusal else 200
    return render(request, "service/diagnosis.html", block="fresh", status=status, **page)


def _filled(changed: Any, slot: str) -> dict[str, Any]:
    """The form as it begins: empty, or with the finding that is to be replaced."""
    if changed is None:
        return DiagnosisForm(slot=slot).typed()
    return DiagnosisForm(
        slot=changed.slot_path,
        symptom=changed.symptom,
        cause=changed.cause,
        action=changed.action,
        note=changed.note,
        measurement=changed.measurement,
        measured_in=changed.measured_in,
    ).typed()
