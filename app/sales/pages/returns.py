"""Returns as pages: what comes back, how its money goes, and what is exchanged for it."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity import approval
from app.identity.guard import Acting, SignedIn, till_at
from app.kernel.actor import Actor
from app.kernel.errors import StoreError
from app.kernel.text import Text
from app.payments.till_reports import TENDER_LABELS
from app.robots.transfers import WIPE_LABELS
from app.sales import (
    creditpay,
    exchanges,
    moneyback,
    orders,
    returnables,
    returnrules,
    returns,
    returnview,
)
from app.sales.forms import TenderForm
from app.sales.models import Order
from app.sales.pages.paying import after, order_meant
from app.sales.pages.till import Visit
from app.sales.returnforms import (
    THEN_LABELS,
    RulesForm,
    Then,
    read_items,
    read_plan,
    read_then,
)
from app.sales.returnrules import NeedsManager, Rules
from app.sales.returns import CONDITION_LABELS, Item
from app.stores import desk
from app.web.errors import status_of
from app.web.forms import Reading, problems_of
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession, database_of
from app.web.submitted import Submitted
from app.web.wire import Number

router = APIRouter()


@router.get("/sales/{number}/return")
def ask_return(request: Request, session: ReadSession, actor: SignedIn, number: Number) -> Response:
    """First what comes back; with that said (`?step=money`), how its money goes back."""
    actor.require("payments.refund")
    order = orders.by_number(session, actor, number)
    typed = dict(request.query_params)
    if typed.get("step") != "money":
        return _goods(request, session, order, typed=typed, problems={})
    try:
        items = _items(session, order, typed)
        returns.quote(session, order, items)
    except StoreError as refusal:
        problems = problems_of(refusal)
        return _goods(
            request, session, order, typed=typed, problems=problems, status=status_of(refusal)
        )
    return _money(request, session, actor, order, items=items, typed=typed, problems={})


@router.post("/sales/{number}/return")
@once
def take_back(
    request: Request, session: WriteSession, actor: Acting, number: Number, form: Submitted
) -> Response:
    """All of it at once. Where the pieces themselves are refused, the first step is shown again."""
    items: Sequence[Item] = []
    typed = form.values
    try:
        approver = _second_person(request, session, actor, typed.get("pin", ""))
        order = orders.by_number(session, actor, number)
        items = _items(session, order, typed)
        then = read_then(typed)
        view = returnview.money(session, actor, order, items)
        seen = Reading()
        plan = read_plan(typed, view.ways, seen) if then is Then.BACK else []
        seen.done()
        returns.take_back(
            session,
            actor,
            order,
            items,
            reason=typed.get("reason", ""),
            plan=plan,
            till_id=till_at(request),
            approved_by=approver,
        )
        if then is Then.EXCHANGE and view.held:
            exchanges.begin(session, actor, order, till_id=till_at(request))
    except StoreError as refusal:
        session.rollback()
        return _refused(request, session, actor, number, typed=typed, refusal=refusal)
    if then is Then.EXCHANGE and view.held:
        return RedirectResponse("/counter", 303)
    return RedirectResponse(f"/sales/{number}", 303)


@router.get("/sales/{number}/refund")
def ask_refund(request: Request, session: ReadSession, actor: SignedIn, number: Number) -> Response:
    """What the store holds of a sale, and how it goes back."""
    actor.require("payments.refund")
    order = orders.by_number(session, actor, number)
    return _money(request, session, actor, order, items=None, typed={}, problems={})


@router.post("/sales/{number}/refund")
@once
def give_held(
    request: Request, session: WriteSession, actor: Acting, number: Number, form: Submitted
) -> Response:
    typed = form.values
    try:
        approver = _second_person(request, session, actor, typed.get("pin", ""))
        order = orders.by_number(session, actor, number)
        if read_then(typed) is Then.EXCHANGE:
            exchanges.begin(session, actor, order, till_id=till_at(request))
            return RedirectResponse("/counter", 303)
        seen = Reading()
        plan = read_plan(typed, returnview.money(session, actor, order, None).ways, seen)
        seen.done()
        moneyback.give_held(
            session,
            actor,
            order,
            plan,
            reason=typed.get("reason", ""),
            till_id=till_at(request),
            approved_by=approver,
        )
    except StoreError as refusal:
        session.rollback()
        order = orders.by_number(session, actor, number)
        return _money(
            request,
            session,
            actor,
            order,
            items=None,
            typed=typed,
            problems=problems_of(refusal),
            limit=refusal,
            status=status_of(refusal),
        )
    return RedirectResponse(f"/sales/{number}", 303)


@router.post("/counter/pay/exchange")
@once
def pay_by_exchange(
    request: Request,
    session: WriteSession,
    actor: Acting,
    form: Annotated[TenderForm, Form()],
) -> Response:
    """Pay with what is held of the sale that this one is exchanged for."""
    visit = Visit(request, session, actor)
    order = order_meant(visit, form)
    exchanges.pay(session, actor, order, amount=form.read(order.currency).amount)
    return after(visit, order)


@router.post("/counter/pay/credit")
@once
def pay_by_credit(
    request: Request,
    session: WriteSession,
    actor: Acting,
    form: Annotated[TenderForm, Form()],
) -> Response:
    """Pay with what the sale's customer has with the store."""
    visit = Visit(request, session, actor)
    order = order_meant(visit, form)
    creditpay.pay(session, actor, order, amount=form.read(order.currency).amount)
    return after(visit, order)


@router.get("/settings/returns")
def show_rules(request: Request, session: ReadSession, actor: SignedIn) -> Response:
    actor.require("settings.view")
    return _rules(request, session, actor, typed={}, problems={})


@router.post("/settings/returns")
@once
def change_rules(
    request: Request, session: WriteSession, actor: Acting, form: Annotated[RulesForm, Form()]
) -> Response:
    try:
        cash, total, days = form.read(desk.store_of(session, actor.store_id).currency)
        returnrules.change(session, actor, Rules(cash, total, days))
    except StoreError as refusal:
        session.rollback()
        return _rules(
            request,
            session,
            actor,
            typed=form.typed(),
            problems=problems_of(refusal),
            status=status_of(refusal),
        )
    return RedirectResponse("/settings/returns", 303)


def _items(session: Session, order: Order, typed: Mapping[str, str]) -> list[Item]:
    seen = Reading()
    items = read_items(typed, returnables.of_order(session, order), seen)
    seen.done()
    return items


def _second_person(request: Request, session: Session, actor: Actor, pin: str) -> Actor | None:
    """Who stands behind the PIN; None without one."""
    if not pin:
        return None
    database, may = database_of(request), returnrules.APPROVE
    return approval.behind_pin(database, session, actor, pin=pin, permission=may)


def _refused(
    request: Request,
    session: Session,
    actor: Actor,
    number: int,
    *,
    typed: dict[str, str],
    refusal: StoreError,
) -> Response:
    """The step that the problem belongs to, with what was typed."""
    order = orders.by_number(session, actor, number)
    problems, status = problems_of(refusal), status_of(refusal)
    try:
        items = _items(session, order, typed)
        returns.quote(session, order, items)
    except StoreError as about_goods:
        problems = problems_of(about_goods)
        return _goods(request, session, order, typed=typed, problems=problems, status=status)
    if any(field.startswith(("serials", "statement", "wipe", "quantity")) for field in problems):
        return _goods(request, session, order, typed=typed, problems=problems, status=status)
    return _money(
        request,
        session,
        actor,
        order,
        items=items,
        typed=typed,
        problems=problems,
        limit=refusal,
        status=status,
    )


def _goods(
    request: Request,
    session: Session,
    order: Order,
    *,
    typed: Mapping[str, str],
    problems: Mapping[str, Text],
    status: int = 200,
) -> Response:
    return render(
        request,
        "sales/return.html",
        status=status,
        order=order,
        lines=returnables.of_order(session, order),
        conditions=list(CONDITION_LABELS.items()),
        wipes=list(WIPE_LABELS.items()),
        typed=typed,
        problems=problems,
    )


def _money(
    request: Request,
    session: Session,
    actor: Actor,
    order: Order,
    *,
    items: Sequence[Item] | None,
    typed: Mapping[str, str],
    problems: Mapping[str, Text],
    limit: StoreError | None = None,
    status: int = 200,
) -> Response:
    view = returnview.money(session, actor, order, items)
    asked = limit if isinstance(limit, NeedsManager) else view.needs_manager
    return render(
        request,
        "sales/return_money.html",
        status=status,
        order=order,
        view=view,
        items=_said(order, items),
        kept={name: value for name, value in typed.items() if _is_of_goods(name)},
        ways=[(way, _tenders(way)) for way in view.ways],
        tender_labels=TENDER_LABELS,
        thens=[
            (then, label) for then, label in THEN_LABELS.items() if items or then is not Then.KEEP
        ],
        limit=asked.message if asked else None,
        asks_pin=asked is not None or "pin" in problems,
        typed=typed,
        problems=problems,
    )


def _said(order: Order, items: Sequence[Item] | None) -> list[tuple[int, str, Text | None]]:
    """What comes back, as a person reads it: pieces, name, condition."""
    names = {line.position: line.description for line in order.lines}
    return [
        (
            item.quantity,
            names.get(item.position, ""),
            CONDITION_LABELS[item.condition] if item.condition else None,
        )
        for item in items or []
    ]


def _tenders(way: moneyback.Way) -> list[tuple[str, Text]]:
    """How a payment may go back: as it came first, then the other ways."""
    ways = dict.fromkeys([way.tender, *moneyback.OTHER_WAYS])
    return [(tender.value, TENDER_LABELS[tender]) for tender in ways]


def _is_of_goods(name: str) -> bool:
    """Fields of the first step, which the second one carries along."""
    return name == "reason" or name.startswith(
        ("quantity-", "condition-", "note-", "serials-", "wipe-", "statement-")
    )


def _rules(
    request: Request,
    session: Session,
    actor: Actor,
    *,
    typed: Mapping[str, Any],
    problems: Mapping[str, Text],
    status: int = 200,
) -> Response:
    return render(
        request,
        "sales/return_rules.html",
        status=status,
        rules=returnrules.of_store(session, actor.store_id),
        typed=typed,
        problems=problems,
    )
