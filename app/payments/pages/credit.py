"""A customer's credit: what is left of it, where it came from and went, and goodwill."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.customers import book
from app.identity import approval
from app.identity.guard import Acting, SignedIn
from app.kernel.actor import Actor
from app.kernel.errors import StoreError
from app.kernel.money import Money, parse_money
from app.payments import credit, creditrules, goodwill
from app.payments.credit import CAUSE_LABELS
from app.payments.goodwill import NeedsManager
from app.stores import desk
from app.web.errors import status_of
from app.web.forms import Reading, StoreForm, Typed, problems_of
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession, database_of
from app.web.wire import Number

router = APIRouter()


class GoodwillForm(StoreForm):
    amount: Typed = ""
    reason: Typed = ""
    pin: Typed = ""

    def read(self, currency: str) -> Money:
        seen = Reading()
        amount = seen.take(
            "amount",
            lambda: parse_money(self.amount, currency, field="amount"),
            Money(0, currency),
        )
        seen.text("reason", self.reason, required=True)
        seen.done()
        return amount


@router.get("/customers/{number}/credit")
def show_credit(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    number: Number,
    cursor: str | None = None,
) -> Response:
    actor.require("customers.view")
    return _page(request, session, actor, number, cursor=cursor)


@router.post("/customers/{number}/credit")
@once
def give_goodwill(
    request: Request,
    session: WriteSession,
    actor: Acting,
    number: Number,
    form: Annotated[GoodwillForm, Form()],
) -> Response:
    try:
        amount = form.read(desk.store_of(session, actor.store_id).currency)
        approver = _second_person(request, session, actor, form.pin)
        customer = book.by_number(session, actor, number)
        goodwill.give(session, actor, customer, amount, reason=form.reason, approved_by=approver)
    except StoreError as refusal:
        session.rollback()
        return _page(
            request,
            session,
            actor,
            number,
            typed=form.typed(),
            refusal=refusal,
            ask_pin=isinstance(refusal, NeedsManager) or bool(form.pin),
        )
    return RedirectResponse(f"/customers/{number}/credit", 303)


def _second_person(request: Request, session: Session, actor: Actor, pin: str) -> Actor | None:
    """Who stands behind the PIN; None without one."""
    if not pin:
        return None
    database, may = database_of(request), goodwill.APPROVE
    return approval.behind_pin(database, session, actor, pin=pin, permission=may)


def _page(
    request: Request,
    session: Session,
    actor: Actor,
    number: int,
    *,
    cursor: str | None = None,
    typed: dict[str, Any] | None = None,
    refusal: StoreError | None = None,
    ask_pin: bool = False,
) -> Response:
    customer = book.by_number(session, actor, number)
    currency = desk.store_of(session, actor.store_id).currency
    page = credit.moves_page(session, customer.id, cursor=cursor)
    return render(
        request,
        "payments/credit.html",
        status=status_of(refusal) if refusal else 200,
        customer=customer,
        left=credit.usable(session, customer.id, currency),
        over=credit.expired(session, customer.id, currency),
        moves=[
            (
                move,
                Money(move.amount_minor, move.currency),
                Money(move.balance_minor, move.currency),
                credit.origin_of(move),
                CAUSE_LABELS[move.cause],
            )
            for move in page.items
        ],
        next=page.next,
        cursor=cursor,
        alone=creditrules.of_store(session, actor.store_id).goodwill,
        ask_pin=ask_pin,
        typed=typed or {},
        problems=problems_of(refusal) if refusal else {},
    )
