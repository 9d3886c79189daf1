"""How one sale is taxed: what the rule says, and a choice with its reason."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity import approval
from app.identity.guard import Acting, SignedIn
from app.kernel import queueing
from app.kernel.actor import Actor
from app.kernel.errors import Refused, StoreError
from app.kernel.text import Text, msg
from app.payments.treatments import Treatment
from app.sales import orders, taxchoice, taxview, totals
from app.web.errors import status_of
from app.web.forms import Reading, StoreForm, Typed, problems_of
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession, database_of
from app.web.wire import Number

router = APIRouter(prefix="/sales")


@router.get("/{number}/tax")
def ask_tax(request: Request, session: ReadSession, actor: SignedIn, number: Number) -> Response:
    actor.require("counter.sell")
    return _page(request, session, actor, number, form={}, problems={})


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
        approver = _second_person(request, session, actor, form.pin.strip())
        order = orders.by_number(session, actor, number)
        taxchoice.choose(session, actor, order, treatment, reason=reason, approved_by=approver)
    except StoreError as refusal:
        session.rollback()
        return _page(
            request,
            session,
            actor,
            number,
            form=form.typed(),
            problems=problems_of(refusal),
            status=status_of(refusal),
        )
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


def _second_person(request: Request, session: Session, actor: Actor, pin: str) -> Actor | None:
    """Who stands behind the PIN, where one is needed."""
    if "orders.tax" in actor.permissions:
        return None
    if not pin:
        raise Refused(msg("A manager allows this with the PIN."), field="pin")
    return approval.behind_pin(
        database_of(request), session, actor, pin=pin, permission="orders.tax"
    )


def _page(
    request: Request,
    session: Session,
    actor: Actor,
    number: int,
    *,
    form: dict[str, str],
    problems: dict[str, Text],
    status: int = 200,
) -> Response:
    order = orders.by_number(session, actor, number)
    return render(
        request,
        "sales/tax.html",
        status=status,
        order=order,
        tax=taxview.of(session, actor, order),
        totals=totals.of_order(order),
        form=form,
        problems=problems,
    )
