"""A robot that is given in trade: looked over, offered for, taken in; at the counter or alone."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity import approval
from app.identity.guard import Acting, SignedIn
from app.kernel.actor import Actor
from app.kernel.errors import Invalid, Refused, StoreError
from app.kernel.money import Money
from app.kernel.text import Text, msg
from app.robots import makers, registry, touches
from app.robots.models import Unit
from app.robots.transfers import WIPE_LABELS
from app.sales import cart, checklists, tradein, tradeintaking, tradeinview, usedrobots
from app.sales.forms import TenderForm
from app.sales.models import Order
from app.sales.pages.paying import after, order_meant
from app.sales.pages.till import Visit, back_into_dialog
from app.sales.tradein_models import TradeIn
from app.sales.tradeinforms import (
    MARK_ROWS,
    EndForm,
    OfferForm,
    PriceForm,
    TakeForm,
    read_findings,
)
from app.sales.tradeintaking import PAYOUT_LABELS
from app.stores import desk
from app.web.errors import status_of
from app.web.forms import Reading, StoreForm, problems_of
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession, database_of
from app.web.submitted import Submitted
from app.web.wire import Number

router = APIRouter()
_READING = "reading-"


@router.get("/sales/trade-ins")
def list_trade_ins(
    request: Request, session: ReadSession, actor: SignedIn, cursor: str | None = None
) -> Response:
    page = tradeinview.listed(session, actor, cursor=cursor)
    return render(
        request,
        "sales/trade_ins.html",
        page=page,
        cursor=cursor,
        labels=tradein.STATE_LABELS,
        tones=tradeinview.STATE_TONES,
    )


@router.get("/sales/trade-ins/{number}")
def show_trade_in(
    request: Request, session: ReadSession, actor: SignedIn, number: Number
) -> Response:
    actor.require("orders.view")
    return _page(request, session, actor, tradein.by_number(session, actor, number))


@router.post("/sales/trade-ins/{number}/offer")
@once
def reprice(
    request: Request,
    session: WriteSession,
    actor: Acting,
    number: Number,
    form: Annotated[OfferForm, Form()],
) -> Response:
    def act(trade_in: TradeIn) -> None:
        offer = form.read(trade_in.currency)
        approver = second_person(request, session, actor, form.pin)
        tradein.reprice(
            session,
            actor,
            tradein.by_number(session, actor, number),
            amount=offer.amount or Money(0, trade_in.currency),
            reason=offer.reason,
            days=offer.days,
            approved_by=approver,
        )

    return _acted(request, session, actor, number, form=form, act=act)


@router.post("/sales/trade-ins/{number}/withdraw")
@once
def withdraw(
    request: Request,
    session: WriteSession,
    actor: Acting,
    number: Number,
    form: Annotated[EndForm, Form()],
) -> Response:
    def act(trade_in: TradeIn) -> None:
        try:
            tradein.withdraw(session, actor, trade_in, reason=form.end_reason)
        except Refused as refusal:
            refusal.field = "end_reason"
            raise

    return _acted(request, session, actor, number, form=form, act=act)


@router.post("/sales/trade-ins/{number}/take")
@once
def take_alone(
    request: Request,
    session: WriteSession,
    actor: Acting,
    number: Number,
    form: Annotated[TakeForm, Form()],
) -> Response:
    """Buy a robot without a sale that it pays for: its whole value goes to the customer."""

    def act(trade_in: TradeIn) -> None:
        tradeintaking.take(session, actor, trade_in, data=form.data(), rest=form.rest())

    return _acted(request, session, actor, number, form=form, act=act)


@router.post("/sales/trade-ins/{number}/price")
@once
def set_resale_price(
    request: Request,
    session: WriteSession,
    actor: Acting,
    number: Number,
    form: Annotated[PriceForm, Form()],
) -> Response:
    """What the robot costs now that it is the store's; empty: what its model costs."""

    def act(trade_in: TradeIn) -> None:
        unit = registry.by_id(session, actor, trade_in.unit_id)
        usedrobots.set_price(session, actor, unit, form.read(trade_in.currency))

    return _acted(request, session, actor, number, form=form, act=act)


@router.get("/counter/trade-in")
def ask_at_counter(request: Request, session: ReadSession, actor: SignedIn) -> Response:
    """The offers that stand for the robots of the sale's customer."""
    visit = Visit(request, session, actor)
    return _dialog(visit, visit.require_basket(), typed={}, problems={})


@router.post("/counter/trade-in")
@once
def take_at_counter(
    request: Request, session: WriteSession, actor: Acting, form: Annotated[TakeForm, Form()]
) -> Response:
    visit = Visit(request, session, actor)
    order = order_meant(visit, TenderForm(order=form.order, due=form.due))
    try:
        trade_in = tradein.by_number(session, actor, _number(form.trade_in))
        tradeintaking.take(
            session, actor, trade_in, data=form.data(), order=order, rest=form.rest()
        )
    except StoreError as refusal:
        session.rollback()
        return back_into_dialog(
            _dialog(
                visit,
                visit.require_basket(),
                typed=form.typed(),
                problems=problems_of(refusal),
                status=status_of(refusal),
            )
        )
    return after(visit, order)


@router.get("/robots/{serial:path}/trade-in")
def ask_findings(
    request: Request, session: ReadSession, actor: SignedIn, serial: str, maker: str = ""
) -> Response:
    """The form to look a robot over; where an offer stands already, that."""
    actor.require("robots.inspect")
    unit = _unit(session, actor, serial, maker)
    standing = tradein.open_of(session, unit.id)
    if standing is not None:
        return RedirectResponse(tradein.page(standing), 303)
    typed = {"tax_free": "yes", "days": str(tradein.OFFER_DAYS)}
    return _findings(request, session, actor, unit, typed=typed, problems={})


@router.post("/robots/{serial:path}/trade-in")
@once
def look_over(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    serial: str,
    form: Submitted,
    maker: str = "",
) -> Response:
    try:
        made = _look_over(
            request, session, actor, _unit(session, actor, serial, maker), form.values
        )
    except StoreError as refusal:
        session.rollback()
        return _findings(
            request,
            session,
            actor,
            _unit(session, actor, serial, maker),
            typed=form.values,
            problems=problems_of(refusal),
            status=status_of(refusal),
        )
    return RedirectResponse(tradein.page(made), 303)


def _look_over(
    request: Request, session: Session, actor: Actor, unit: Unit, typed: dict[str, str]
) -> TradeIn:
    seen = Reading()
    found = read_findings(typed, desk.store_of(session, actor.store_id).currency, seen)
    touch = touches.read_touch(typed, seen, prefix=_READING)
    checklist = tradein.checklist_for(session, actor, unit)
    try:
        answers = checklists.read_answers(checklist, typed)
    except Invalid as refusal:
        raise Invalid(refusal.message, problems=seen.problems | refusal.problems) from None
    seen.done()
    approver = second_person(request, session, actor, found.pin)
    touches.keep(session, actor, unit, touch, reference="trade-in", prefix=_READING)
    return tradein.inspect(
        session,
        actor,
        unit,
        answers=answers,
        checklist=checklist,
        marks=found.marks,
        grade=found.grade,
        offer=found.offer,
        approved_by=approver,
    )


def second_person(request: Request, session: Session, actor: Actor, pin: str) -> Actor | None:
    """Who stands behind the PIN; None without one."""
    if not pin:
        return None
    database, may = database_of(request), tradein.ABOVE
    return approval.behind_pin(database, session, actor, pin=pin, permission=may)


def _acted(
    request: Request,
    session: Session,
    actor: Actor,
    number: int,
    *,
    form: StoreForm,
    act: Callable[[TradeIn], None],
) -> Response:
    """Do it and show what came of it; a refusal stands beside what was typed."""
    trade_in = tradein.by_number(session, actor, number)
    try:
        act(trade_in)
    except StoreError as refusal:
        session.rollback()
        return _page(
            request,
            session,
            actor,
            tradein.by_number(session, actor, number),
            typed=form.typed(),
            problems=problems_of(refusal),
            status=status_of(refusal),
        )
    return RedirectResponse(f"/sales/trade-ins/{number}", 303)


def _page(
    request: Request,
    session: Session,
    actor: Actor,
    trade_in: TradeIn,
    *,
    typed: dict[str, str] | None = None,
    problems: dict[str, Text] | None = None,
    status: int = 200,
) -> Response:
    return render(
        request,
        "sales/trade_in.html",
        status=status,
        typed=typed or {},
        problems=problems or {},
        wipes=_wipes(),
        **tradeinview.one(session, actor, trade_in),
    )


def _findings(
    request: Request,
    session: Session,
    actor: Actor,
    unit: Unit,
    *,
    typed: dict[str, str],
    problems: dict[str, Text],
    status: int = 200,
) -> Response:
    return render(
        request,
        "sales/trade_in_new.html",
        status=status,
        typed=typed,
        problems=problems,
        mark_rows=range(_rows(typed)),
        asked=touches.asked(session, unit),
        reading_prefix=_READING,
        **tradeinview.asking(session, actor, unit),
    )


def _dialog(
    visit: Visit,
    order: Order,
    *,
    typed: dict[str, str],
    problems: dict[str, Text],
    status: int = 200,
) -> Response:
    offers = []
    if order.customer_id is not None:
        offers = tradein.open_of_customer(visit.session, order.store_id, order.customer_id)
    units = {one.id: visit.session.get_one(Unit, one.unit_id) for one in offers}
    return render(
        visit.request,
        "sales/trade_in_dialog.html",
        block="dialog",
        status=status,
        order=order,
        due=cart.due(visit.session, order),
        offers=[(one, units[one.id], tradein.offered(one), tradein.label(one)) for one in offers],
        wipes=_wipes(),
        payouts=PAYOUT_LABELS,
        typed=typed,
        problems=problems,
    )


def _wipes() -> list[tuple[str, Text]]:
    """What may have become of the data; a robot with its owner's data is not taken in."""
    return [(wipe.value, label) for wipe, label in WIPE_LABELS.items() if wipe.value != "kept"]


def _rows(typed: dict[str, str]) -> int:
    sent = [int(name[5:]) for name in typed if name.startswith("slot-") and name[5:].isdecimal()]
    return max([MARK_ROWS, *(index + 1 for index in sent)])


def _number(text: str) -> int:
    digits = text.strip().upper().removeprefix("U-")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 10):  # noqa: PLR2004
        raise Refused(msg("Choose one of these."), field="trade_in")
    return int(digits)


def _unit(session: Session, actor: Actor, serial: str, maker: str) -> Unit:
    """The robot; `maker` is named only where two makers share the serial."""
    maker_id = makers.maker_called(session, maker).id if maker else None
    return registry.by_serial(session, actor, serial, maker_id=maker_id)
