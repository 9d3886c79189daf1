"""Gift cards for staff: the list, one card, handing out, blocking, replacing; and their rules."""

from collections.abc import Callable
from contextlib import suppress
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity.guard import Acting, SignedIn, till_at
from app.kernel import queueing
from app.kernel.actor import Actor
from app.kernel.errors import StoreError, Unavailable
from app.kernel.money import Money, parse_money
from app.kernel.quantity import parse_quantity
from app.payments import (
    creditrules,
    expiring,
    giftcards,
    giftcodes,
    giftguard,
    giftledger,
    giftslip,
    giftview,
)
from app.payments.creditrules import Rules
from app.payments.gift_card_models import GiftCard
from app.payments.giftguard import UnknownCode
from app.payments.giftview import Show
from app.stores import desk
from app.stores.models import Till
from app.web.errors import status_of
from app.web.forms import Reading, StoreForm, Typed, problems_of
from app.web.idempotent import once
from app.web.printing import send_to_printer
from app.web.qr import qr_code
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession, database_of
from app.web.wire import Number

router = APIRouter()
LIST, RULES = "/gift-cards", "/settings/gift-cards"
_MOST_OVER = 200


class CodeForm(StoreForm):
    code: Typed = ""


class WhyForm(StoreForm):
    reason: Typed = ""


class RulesForm(StoreForm):
    card_most: Typed = ""
    card_months: Typed = ""
    credit_months: Typed = ""
    goodwill: Typed = ""

    def read(self, currency: str) -> Rules:
        seen, nothing = Reading(), Money(0, currency)
        rules = Rules(
            card_most=seen.take(
                "card_most",
                lambda: parse_money(self.card_most, currency, field="card_most"),
                nothing,
            ),
            card_months=seen.take(
                "card_months", lambda: _months(self.card_months, "card_months"), 0
            ),
            credit_months=seen.take(
                "credit_months", lambda: _months(self.credit_months, "credit_months"), 0
            ),
            goodwill=seen.take(
                "goodwill", lambda: parse_money(self.goodwill, currency, field="goodwill"), nothing
            ),
        )
        seen.done()
        return rules


@router.get(LIST)
def list_cards(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    show: str = "all",
    cursor: str | None = None,
) -> Response:
    return _list(request, session, actor, show=show, cursor=cursor)


@router.post(LIST + "/find")
def find_card(
    request: Request, session: ReadSession, actor: SignedIn, form: Annotated[CodeForm, Form()]
) -> Response:
    """A code goes in a form, and never into an address that somebody keeps."""
    actor.require("orders.view")
    try:
        card = giftcards.meant(session, actor, form.code)
    except StoreError as refusal:
        session.rollback()
        if isinstance(refusal, UnknownCode):
            giftguard.count(database_of(request), actor)
        return _list(request, session, actor, typed=form.typed(), refusal=refusal)
    return RedirectResponse(giftledger.page_of(card), 303)


@router.get(LIST + "/{number}")
def show_card(request: Request, session: ReadSession, actor: SignedIn, number: Number) -> Response:
    actor.require("orders.view")
    return _card(request, session, giftcards.by_number(session, actor, number))


@router.post(LIST + "/{number}/hand-out")
def hand_out(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    number: Number,
    form: Annotated[StoreForm, Form()],  # noqa: ARG001 - read for its CSRF token
) -> Response:
    """The code, shown and printed this once, after it is kept as a hash. Nothing remembers the
    answer: who asks again is told that the card is out.
    """
    session.rollback()
    with database_of(request).transaction() as own:
        queueing.enter(own, actor.store_id)
        card = giftcards.by_number(own, actor, number)
        code = giftcards.hand_out(own, actor, card)
        view = giftview.one(own, card)
        slip = giftslip.escpos(own, card, code, view.balance)
        printer = _printer(request, own)
    is_printed = _print(printer, slip)
    response = render(
        request,
        "payments/gift_card_code.html",
        view=view,
        code=giftcodes.shown(code),
        drawing=qr_code(code),
        is_printed=is_printed,
    )
    response.headers["Cache-Control"] = "no-store"
    return response


@router.post(LIST + "/{number}/block")
@once
def block(
    request: Request,
    session: WriteSession,
    actor: Acting,
    number: Number,
    form: Annotated[WhyForm, Form()],
) -> Response:
    def act(card: GiftCard) -> GiftCard:
        giftcards.block(session, actor, card, reason=form.reason)
        return card

    return _acted(request, session, actor, number, act=act, form=form)


@router.post(LIST + "/{number}/unblock")
@once
def unblock(
    request: Request,
    session: WriteSession,
    actor: Acting,
    number: Number,
    form: Annotated[StoreForm, Form()],
) -> Response:
    def act(card: GiftCard) -> GiftCard:
        giftcards.unblock(session, actor, card)
        return card

    return _acted(request, session, actor, number, act=act, form=form)


@router.post(LIST + "/{number}/replace")
@once
def replace(
    request: Request,
    session: WriteSession,
    actor: Acting,
    number: Number,
    form: Annotated[WhyForm, Form()],
) -> Response:
    def act(card: GiftCard) -> GiftCard:
        return giftcards.replace(session, actor, card, reason=form.reason)

    return _acted(request, session, actor, number, act=act, form=form)


@router.get(RULES)
def show_rules(request: Request, session: ReadSession, actor: SignedIn) -> Response:
    actor.require("settings.view")
    return _rules(request, session, actor)


@router.post(RULES)
@once
def change_rules(
    request: Request, session: WriteSession, actor: Acting, form: Annotated[RulesForm, Form()]
) -> Response:
    try:
        currency = desk.store_of(session, actor.store_id).currency
        creditrules.change(session, actor, form.read(currency))
    except StoreError as refusal:
        session.rollback()
        return _rules(request, session, actor, typed=form.typed(), refusal=refusal)
    return RedirectResponse(RULES, 303)


def _months(text: str, field: str) -> int:
    """0 or nothing: for ever."""
    return 0 if text.strip() in {"", "0"} else parse_quantity(text, field=field)


def _printer(request: Request, session: Session) -> str:
    till_id = till_at(request)
    return session.get_one(Till, till_id).printer if till_id is not None else ""


def _print(printer: str, slip: bytes) -> bool:
    """At this terminal's till, if it has a printer that takes it; else the page is printed."""
    if not printer:
        return False
    with suppress(Unavailable):
        send_to_printer(printer, slip)
        return True
    return False


def _acted(
    request: Request,
    session: Session,
    actor: Actor,
    number: int,
    *,
    act: Callable[[GiftCard], GiftCard],
    form: StoreForm,
) -> Response:
    try:
        card = act(giftcards.by_number(session, actor, number))
    except StoreError as refusal:
        session.rollback()
        found = giftcards.by_number(session, actor, number)
        return _card(request, session, found, typed=form.typed(), refusal=refusal)
    return RedirectResponse(giftledger.page_of(card), 303)


def _list(
    request: Request,
    session: Session,
    actor: Actor,
    *,
    show: str = "all",
    cursor: str | None = None,
    typed: dict[str, Any] | None = None,
    refusal: StoreError | None = None,
) -> Response:
    chosen = Show(show) if show in set(Show) else Show.ALL
    store = desk.store_of(session, actor.store_id)
    return render(
        request,
        "payments/gift_cards.html",
        status=status_of(refusal) if refusal else 200,
        page=giftview.page(session, actor, show=chosen, cursor=cursor),
        show=chosen.value,
        cursor=cursor,
        over=expiring.due(session, store, most=_MOST_OVER) if chosen is Show.EXPIRED else [],
        typed=typed or {},
        problems=problems_of(refusal) if refusal else {},
    )


def _card(
    request: Request,
    session: Session,
    card: GiftCard,
    *,
    typed: dict[str, Any] | None = None,
    refusal: StoreError | None = None,
) -> Response:
    after = session.get(GiftCard, card.replaced_by_id) if card.replaced_by_id else None
    return render(
        request,
        "payments/gift_card.html",
        status=status_of(refusal) if refusal else 200,
        view=giftview.one(session, card),
        moves=giftview.history(session, card),
        came_from=giftview.source_page(card),
        replaced_by=giftview.one(session, after) if after else None,
        typed=typed or {},
        problems=problems_of(refusal) if refusal else {},
    )


def _rules(
    request: Request,
    session: Session,
    actor: Actor,
    *,
    typed: dict[str, Any] | None = None,
    refusal: StoreError | None = None,
) -> Response:
    return render(
        request,
        "payments/credit_rules.html",
        status=status_of(refusal) if refusal else 200,
        rules=creditrules.of_store(session, actor.store_id),
        typed=typed or {},
        problems=problems_of(refusal) if refusal else {},
    )
