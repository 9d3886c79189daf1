"""A ticket that is worked on where the robot stands: the address, and what the way there costs."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.identity.guard import Acting, SignedIn
from app.kernel.actor import Actor
from app.kernel.errors import StoreError
from app.kernel.money import parse_money
from app.service import visits
from app.service.forms import BareForm
from app.service.models import Ticket
from app.service.pages.asked import act_on, asked_ticket, frame
from app.service.planforms import TravelForm, VisitForm
from app.service.visits import VisitInput
from app.stores import desk
from app.web.errors import status_of
from app.web.forms import StoreForm, problems_of
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import Number

router = APIRouter(prefix="/service/tickets")


@router.get("/{number}/visit")
def show_visit(
    request: Request, session: ReadSession, actor: SignedIn, *, number: Number
) -> Response:
    return _page(request, session, actor, asked_ticket(session, actor, number))


@router.post("/{number}/visit")
@once
def go_there(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    form: Annotated[VisitForm, Form()],
) -> Response:
    def act(ticket: Ticket) -> None:
        visits.go_there(session, actor, ticket, VisitInput(form.address, form.contact))

    return _do(request, session, actor, number, act=act, form=form)


@router.post("/{number}/visit/travel")
@once
def add_travel(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    form: Annotated[TravelForm, Form()],
) -> Response:
    def act(ticket: Ticket) -> None:
        currency = desk.store_of(session, actor.store_id).currency
        price = parse_money(form.price, currency, field="price")
        visits.add_travel(session, actor, ticket, price=price, description=form.description)

    return _do(request, session, actor, number, act=act, form=form, then="estimate")


@router.post("/{number}/visit/end")
@once
def stay_here(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    form: Annotated[BareForm, Form()],
) -> Response:
    def act(ticket: Ticket) -> None:
        visits.stay_here(session, actor, ticket)

    return _do(request, session, actor, number, act=act, form=form)


def _do(
    request: Request,
    session: Session,
    actor: Actor,
    number: int,
    *,
    act: Callable[[Ticket], None],
    form: StoreForm,
    then: str = "visit",
) -> Response:
    def show(ticket: Ticket, refusal: StoreError) -> Response:
        return _page(request, session, actor, ticket, typed=form.typed(), refusal=refusal)

    return act_on(session, actor, number, act, then=f"/{then}", refused=show)


def _page(
    request: Request,
    session: Session,
    actor: Actor,
    ticket: Ticket,
    *,
    typed: dict[str, Any] | None = None,
    refusal: StoreError | None = None,
) -> Response:
    visit = visits.of_ticket(session, ticket)
    filled = VisitForm(
        address=visit.address if visit else visits.address_of(ticket.customer),
        contact=visit.contact
        if visit
        else (ticket.customer.contact_name if ticket.customer else ""),
    ).typed()
    return render(
        request,
        "service/visit.html",
        status=status_of(refusal) if refusal else 200,
        **frame(session, actor, ticket, tab="visit"),
        visit=visit,
        form=TravelForm().typed() | filled | (typed or {}),
        problems=problems_of(refusal) if refusal else {},
        link=refusal.link if refusal else None,
    )
