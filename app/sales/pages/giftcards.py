"""Gift cards at the counter: one is sold or loaded, one pays."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from app.identity.guard import Acting, SignedIn
from app.kernel.errors import StoreError
from app.kernel.money import Money, parse_money
from app.kernel.searchkeys import clean
from app.kernel.text import Text
from app.payments import creditrules, giftcards, giftcodes, giftguard, giftledger
from app.payments.giftguard import UnknownCode
from app.sales import cart, catalogue, giftpay, giftsale
from app.sales.forms import TenderForm
from app.sales.models import Order, Product
from app.sales.pages.paying import after, order_meant
from app.sales.pages.till import Visit, back_into_dialog, closing_dialog
from app.web.errors import status_of
from app.web.forms import StoreForm, Typed, problems_of
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession, database_of

router = APIRouter(prefix="/counter/gift-card")


class SellForm(StoreForm):
    product: Typed = ""
    amount: Typed = ""
    card: Typed = ""


class PayForm(TenderForm):
    code: Typed = ""


@router.get("")
def ask_sale(
    request: Request, session: ReadSession, actor: SignedIn, product: str = ""
) -> Response:
    visit = Visit(request, session, actor)
    return sell_dialog(visit, catalogue.require_code(session, actor, product))


@router.post("")
@once
def sell(
    request: Request, session: WriteSession, actor: Acting, form: Annotated[SellForm, Form()]
) -> Response:
    visit = Visit(request, session, actor)
    product = catalogue.require_code(session, actor, form.product)
    try:
        amount = parse_money(form.amount, product.currency, field="amount")
        card = giftcards.meant(session, actor, form.card) if clean(form.card) else None
        order = visit.basket()
        line = giftsale.add(session, actor, order, product, amount=amount, card=card)
    except StoreError as refusal:
        _count(visit, refusal)
        problems = problems_of(refusal)
        if "code" in problems:  # the dialog's field is the card that is loaded
            problems["card"] = problems.pop("code")
        product = catalogue.require_code(session, actor, form.product)
        return sell_dialog(
            visit, product, typed=form.typed(), problems=problems, status=status_of(refusal)
        )
    return closing_dialog(visit.show(order, selected=line.position))


@router.get("/pay")
def ask_payment(request: Request, session: ReadSession, actor: SignedIn) -> Response:
    visit = Visit(request, session, actor)
    return pay_dialog(visit, visit.require_basket())


@router.post("/pay")
@once
def pay(
    request: Request, session: WriteSession, actor: Acting, form: Annotated[PayForm, Form()]
) -> Response:
    visit = Visit(request, session, actor)
    order = order_meant(visit, form)
    try:
        amount = (
            parse_money(form.amount, order.currency, field="amount") if clean(form.amount) else None
        )
        giftpay.pay(session, actor, order, code=form.code, amount=amount)
    except StoreError as refusal:
        _count(visit, refusal)
        return pay_dialog(
            visit,
            visit.require_basket(),
            typed=form.typed(),
            problems=problems_of(refusal),
            status=status_of(refusal),
            offered=refusal.facts.get("left"),
        )
    return after(visit, order)


def sell_dialog(
    visit: Visit,
    product: Product,
    *,
    typed: dict[str, str] | None = None,
    problems: dict[str, Text] | None = None,
    status: int = 200,
) -> Response:
    """For how much, and onto which card."""
    visit.actor.require("counter.sell")
    return back_into_dialog(
        render(
            visit.request,
            "sales/gift_card_dialog.html",
            block="dialog",
            status=status,
            product=product,
            price=Money(product.price_minor, product.currency),
            most=creditrules.of_store(visit.session, visit.actor.store_id).card_most,
            typed=typed or {},
            problems=problems or {},
        )
    )


def pay_dialog(
    visit: Visit,
    order: Order,
    *,
    typed: dict[str, str] | None = None,
    problems: dict[str, Text] | None = None,
    status: int = 200,
    offered: object = None,
) -> Response:
    """Which card; what one that was scanned pays is said, `offered` after too much was asked."""
    visit.actor.require("counter.sell")
    said = typed or {}
    due = cart.due(visit.session, order)
    worth, label = None, ""
    if giftcodes.read(said.get("code", "")):
        try:
            card = giftcards.by_code(visit.session, visit.actor, said["code"])
            worth, label = giftcards.worth(visit.session, card, due), giftledger.label(card)
        except StoreError as refusal:
            problems = problems or problems_of(refusal)
    if isinstance(offered, Money):
        said = said | {"amount": min(offered, due).plain}
    return back_into_dialog(
        render(
            visit.request,
            "sales/gift_card_pay_dialog.html",
            block="dialog",
            status=status,
            order=order,
            due=due,
            worth=worth,
            label=label,
            typed=said,
            problems=problems or {},
        )
    )


def _count(visit: Visit, refusal: StoreError) -> None:
    """A wrong code is counted though nothing came of it, once our own transaction is over."""
    visit.session.rollback()
    if isinstance(refusal, UnknownCode):
        giftguard.count(database_of(visit.request), visit.actor)
