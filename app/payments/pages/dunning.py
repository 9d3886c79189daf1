"""Who does not pay in time, and what a customer may owe."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.customers import book
from app.identity.guard import Acting, SignedIn
from app.kernel.actor import Actor
from app.kernel.errors import StoreError
from app.kernel.money import parse_money
from app.kernel.quantity import parse_quantity
from app.payments import arrivals, dunning, terms
from app.payments.models import Bill
from app.payments.terms_models import CreditAccount
from app.stores import desk
from app.web.errors import status_of
from app.web.forms import Reading, StoreForm, Typed, problems_of
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import Number, RowId

router = APIRouter()
HERE = "/books/overdue"


class GiveUpForm(StoreForm):
    reason: Typed = ""


class ReceiveForm(StoreForm):
    amount: Typed = ""
    note: Typed = ""


class LimitForm(StoreForm):
    limit: Typed = ""
    days: Typed = "14"


@router.get(HERE)
def show_overdue(
    request: Request, session: ReadSession, actor: SignedIn, cursor: str | None = None
) -> Response:
    return _page(request, session, actor, cursor=cursor)


@router.post("/books/overdue/{bill_id}/remind")
@once
def remind(
    request: Request,
    session: WriteSession,
    actor: Acting,
    bill_id: RowId,
    form: Annotated[StoreForm, Form()],
) -> Response:
    """The next reminder, with its letter."""

    def act(bill: Bill) -> str:
        return f"/documents/{dunning.remind(session, actor, bill).document_id}"

    return _acted(request, session, actor, bill_id, act=act, form=form)


@router.post("/books/overdue/{bill_id}/receive")
@once
def receive(
    request: Request,
    session: WriteSession,
    actor: Acting,
    bill_id: RowId,
    form: Annotated[ReceiveForm, Form()],
) -> Response:
    """A transfer came after all."""

    def act(bill: Bill) -> str:
        amount = parse_money(form.amount, bill.currency, field="amount")
        arrivals.receive(session, actor, bill, amount=amount, note=form.note)
        return HERE

    return _acted(request, session, actor, bill_id, act=act, form=form)


@router.post("/books/overdue/{bill_id}/give-up")
@once
def give_up(
    request: Request,
    session: WriteSession,
    actor: Acting,
    bill_id: RowId,
    form: Annotated[GiveUpForm, Form()],
) -> Response:
    def act(bill: Bill) -> str:
        dunning.write_off(session, actor, bill, reason=form.reason)
        return HERE

    return _acted(request, session, actor, bill_id, act=act, form=form)


@router.get("/customers/{number}/account")
def show_account(
    request: Request, session: ReadSession, actor: SignedIn, number: Number
) -> Response:
    """How much a company may owe, and what it owes now."""
    actor.require("customers.view")
    return _account(request, session, actor, number)


@router.post("/customers/{number}/account")
def set_limit(
    request: Request,
    session: WriteSession,
    actor: Acting,
    number: Number,
    form: Annotated[LimitForm, Form()],
) -> Response:
    try:
        seen = Reading()
        currency = desk.store_of(session, actor.store_id).currency
        limit = seen.take("limit", lambda: parse_money(form.limit, currency, field="limit"), None)
        days = seen.take("days", lambda: parse_quantity(form.days, field="days"), terms.DAYS)
        seen.done()
        if limit is not None:
            customer = book.by_number(session, actor, number)
            terms.set_limit(session, actor, customer, limit, days=days)
    except StoreError as refusal:
        session.rollback()
        return _account(request, session, actor, number, typed=form.typed(), refusal=refusal)
    return RedirectResponse(f"/customers/{number}/account", 303)


def _acted(
    request: Request,
    session: Session,
    actor: Actor,
    bill_id: int,
    *,
    act: Callable[[Bill], str],
    form: StoreForm,
) -> Response:
    try:
        there = act(dunning.bill_by_id(session, actor, bill_id))
    except StoreError as refusal:
        session.rollback()
        return _page(request, session, actor, bill_id=bill_id, typed=form.typed(), refusal=refusal)
    return RedirectResponse(there, 303)


def _page(
    request: Request,
    session: Session,
    actor: Actor,
    *,
    cursor: str | None = None,
    bill_id: int = 0,
    typed: dict[str, Any] | None = None,
    refusal: StoreError | None = None,
) -> Response:
    return render(
        request,
        "payments/overdue.html",
        status=status_of(refusal) if refusal else 200,
        page=dunning.overdue_page(session, actor, cursor=cursor),
        cursor=cursor,
        level_labels=dunning.LEVEL_LABELS,
        which=bill_id,
        typed=typed or {},
        problems=problems_of(refusal) if refusal else {},
    )


def _account(
    request: Request,
    session: Session,
    actor: Actor,
    number: int,
    *,
    typed: dict[str, Any] | None = None,
    refusal: StoreError | None = None,
) -> Response:
    customer = book.by_number(session, actor, number)
    account: CreditAccount | None = terms.account_of(session, customer.id)
    currency = desk.store_of(session, actor.store_id).currency
    return render(
        request,
        "payments/account.html",
        status=status_of(refusal) if refusal else 200,
        customer=customer,
        account=account,
        limit=terms.limit_of(account) if account else None,
        owes=terms.open_of(session, customer.id, currency),
        typed=typed or {},
        problems=problems_of(refusal) if refusal else {},
    )
