"""How one repair is taxed: what the rule says, and a choice with its reason."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity.guard import Acting, SignedIn
from app.kernel.actor import Actor
from app.kernel.errors import NotFound, StoreError
from app.kernel.text import msg
from app.payments.linkforms import About
from app.payments.taxforms import TaxForm
from app.service import estimate_queries, estimates, taxchoice, tickets
from app.service.models import Ticket
from app.service.pages.asked import asked_ticket
from app.web.errors import status_of
from app.web.forms import StoreForm, problems_of
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession, database_of
from app.web.wire import Number

router = APIRouter(prefix="/service/tickets")


@router.get("/{number}/tax")
def ask_repair_tax(
    request: Request, session: ReadSession, actor: SignedIn, number: Number
) -> Response:
    return _page(request, session, actor, asked_ticket(session, actor, number))


@router.post("/{number}/tax")
@once
def choose_repair_tax(
    request: Request,
    session: WriteSession,
    actor: Acting,
    number: Number,
    form: Annotated[TaxForm, Form()],
) -> Response:
    try:
        treatment, reason = form.read()
        approver = form.approver(database_of(request), session, actor)
        ticket = asked_ticket(session, actor, number)
        taxchoice.choose(session, actor, ticket, treatment, reason=reason, approved_by=approver)
    except StoreError as refusal:
        session.rollback()
        ticket = asked_ticket(session, actor, number)
        return _page(request, session, actor, ticket, form=form, refusal=refusal)
    return RedirectResponse(f"{tickets.page(ticket)}/tax", 303)


@router.post("/{number}/tax/rule")
@once
def tax_repair_by_rule(
    request: Request,  # noqa: ARG001 - read by @once
    session: WriteSession,
    actor: Acting,
    number: Number,
    form: Annotated[StoreForm, Form()],  # noqa: ARG001 - read for its CSRF token
) -> Response:
    ticket = asked_ticket(session, actor, number)
    taxchoice.by_rule(session, actor, ticket)
    return RedirectResponse(f"{tickets.page(ticket)}/tax", 303)


def _page(
    request: Request,
    session: Session,
    actor: Actor,
    ticket: Ticket,
    *,
    form: TaxForm | None = None,
    refusal: StoreError | None = None,
) -> Response:
    tax, newest = taxchoice.view(session, actor, ticket), estimates.newest(session, ticket)
    if tax is None or newest is None:
        raise NotFound(msg("Nothing is estimated yet"), link=estimates.page(ticket))
    return render(
        request,
        "payments/tax.html",
        status=status_of(refusal) if refusal else 200,
        about=About(
            label=tickets.label(ticket),
            page=tickets.page(ticket),
            crumbs=(("/service", msg("Workshop")),),
        ),
        tax=tax,
        totals=estimate_queries.customers_part(newest),
        form=form.typed() if form else {},
        problems=problems_of(refusal) if refusal else {},
    )
