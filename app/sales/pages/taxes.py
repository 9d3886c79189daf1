"""How one sale is taxed: what the rule says, and a choice with its reason."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity.guard import Acting, SignedIn
from app.kernel.actor import Actor
from app.kernel.errors import StoreError
from app.kernel.text import msg
from app.payments.linkforms import About
from app.payments.taxforms import TaxForm
from app.sales import orders, taxchoice, taxview, totals
from app.web.errors import status_of
from app.web.forms import StoreForm, problems_of
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession, database_of
from app.web.wire import Number

router = APIRouter(prefix="/sales")


@router.get("/{number}/tax")
def ask_tax(request: Request, session: ReadSession, actor: SignedIn, number: Number) -> Response:
    actor.require("counter.sell")
    return _page(request, session, actor, number)


@router.post("/{number}/tax")
@once
def choose_tax(
    request: Request,
    session: WriteSession,
    actor: Acting,
    number: Number,
    form: Annotated[TaxForm, Form()],
) -> Response:
    try:
        treatment, reason = form.read()
        approver = form.approver(database_of(request), session, actor)
        order = orders.by_number(session, actor, number)
        taxchoice.choose(session, actor, order, treatment, reason=reason, approved_by=approver)
    except StoreError as refusal:
        session.rollback()
        return _page(request, session, actor, number, form=form, refusal=refusal)
    return RedirectResponse(f"/sales/{number}", 303)


@router.post("/{number}/tax/rule")
@once
def tax_by_rule(
    request: Request,  # noqa: ARG001 - read by @once
    session: WriteSession,
    actor: Acting,
    number: Number,
    form: Annotated[StoreForm, Form()],  # noqa: ARG001 - read for its CSRF token
) -> Response:
    taxchoice.by_rule(session, actor, orders.by_number(session, actor, number))
    return RedirectResponse(f"/sales/{number}", 303)


def _page(
    request: Request,
    session: Session,
    actor: Actor,
    number: int,
    *,
    form: TaxForm | None = None,
    refusal: StoreError | None = None,
) -> Response:
    order = orders.by_number(session, actor, number)
    return render(
        request,
        "payments/tax.html",
        status=status_of(refusal) if refusal else 200,
        about=About(label=str(number), page=f"/sales/{number}", crumbs=(("/sales", msg("Sales")),)),
        tax=taxview.of(session, actor, order),
        totals=totals.of_order(order),
        form=form.typed() if form else {},
        problems=problems_of(refusal) if refusal else {},
    )
