"""Robots given in trade, by JSON."""

from datetime import date, datetime
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from app.customers.models import Customer
from app.identity.guard import ApiReading, ApiWriting
from app.kernel.actor import Actor
from app.robots import makers, registry
from app.robots.life_models import Wipe
from app.robots.models import Unit
from app.robots.transfers import WipeStatement
from app.sales import checklists, orders, tradein, tradeintaking, tradeinview
from app.sales.api.answering import as_typed, naming_answers
from app.sales.api.shapes import Answers
from app.sales.tradein import OFFER_DAYS, Mark, MarkKind, Offer, TradeInState
from app.sales.tradein_models import Grade, Payout, TradeIn
from app.sales.tradeintaking import Rest
from app.web.idempotent import once
from app.web.problems import refusals, refusals_of_writing
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import Cursor, MoneyIn, MoneyOut, Number, PageOut, Sent

router = APIRouter(prefix="/api/v1/trade-ins", tags=["trade-ins"])
_Line = Annotated[str, Field(max_length=200)]
_Kind = Annotated[MarkKind, Field(strict=False)]
_Grade = Annotated[Grade, Field(strict=False)]
_Wipe = Annotated[Wipe, Field(strict=False)]
_Payout = Annotated[Payout, Field(strict=False)]


class MarkIO(Sent):
    """What was seen at a slot; an empty `slot` is the robot as a whole."""

    slot: _Line = ""
    kind: _Kind
    note: _Line = ""


class TradeInIn(Sent):
    """`maker` where two share the serial. `offer` left out: what the rules suggest."""

    serial: Annotated[str, Field(min_length=1, max_length=100)]
    maker: _Line = ""
    answers: Answers
    marks: Annotated[list[MarkIO], Field(max_length=tradein.MOST_MARKS)] = []
    grade: _Grade
    offer: MoneyIn | None = None
    reason: _Line = ""
    days: Annotated[int, Field(ge=1, le=tradein.MOST_DAYS)] = OFFER_DAYS
    tax_free: bool = True


class TakeIn(Sent):
    """`order` and `till`: the sale that it helps to pay. `payout`: how a remainder goes out."""

    wipe: _Wipe
    statement: Annotated[str, Field(max_length=2000)] = ""
    order: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None
    till: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None
    payout: _Payout | None = None
    payout_note: _Line = ""


class EndIn(Sent):
    reason: _Line


class TradeInOut(BaseModel):
    """A trade-in as it stands. `settled` and `paid_out` are zero until the robot is taken in."""

    number: int
    label: str
    state: TradeInState
    serial: str
    customer: int
    grade: Grade
    months: int
    hours: int | None
    marks: list[MarkIO]
    suggested: MoneyOut
    offer: MoneyOut
    reason: str
    valid_until: date
    tax_free: bool
    inspected_at: datetime
    inspected_by: str
    taken_at: datetime | None
    settled: MoneyOut
    paid_out: MoneyOut
    payout: Payout | None


@router.get("", responses=refusals())
def list_trade_ins(
    session: ReadSession, actor: ApiReading, cursor: Cursor = ""
) -> PageOut[TradeInOut]:
    """Trade-ins, newest first, 50 a page."""
    page = tradeinview.listed(session, actor, cursor=cursor or None)
    rows = [_out(session, row.trade_in, row.unit) for row in page.items]
    return PageOut(items=rows, next=page.next)


@router.post("", status_code=201, responses=refusals_of_writing(404))
@once
def look_over(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    body: TradeInIn,
) -> TradeInOut:
    """Write down how a customer's robot was found, and make an offer for it."""
    actor.require("robots.inspect")
    maker_id = makers.maker_called(session, body.maker).id if body.maker else None
    unit = registry.by_serial(session, actor, body.serial, maker_id=maker_id)
    checklist = tradein.checklist_for(session, actor, unit)
    with naming_answers({}):
        typed = as_typed(body.answers, checklists.items_of(checklist))
        answers = checklists.read_answers(checklist, typed)
    made = tradein.inspect(
        session,
        actor,
        unit,
        answers=answers,
        checklist=checklist,
        marks=[Mark(mark.slot, mark.kind, mark.note) for mark in body.marks],
        grade=body.grade,
        offer=Offer(
            amount=body.offer.money() if body.offer else None,
            reason=body.reason,
            days=body.days,
            is_tax_free=body.tax_free,
        ),
    )
    return _out(session, made, unit)


@router.get("/{number}", responses=refusals(404))
def show_trade_in(session: ReadSession, actor: ApiReading, number: Number) -> TradeInOut:
    actor.require("orders.view")
    return _shown(session, actor, tradein.by_number(session, actor, number))


@router.post("/{number}/take", responses=refusals_of_writing(404))
@once
def take_in(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    number: Number,
    body: TakeIn,
) -> TradeInOut:
    """Take the robot over: it pays what is due of `order`, the rest goes to the customer."""
    trade_in = tradein.by_number(session, actor, number)
    tradeintaking.take(
        session,
        actor,
        trade_in,
        data=WipeStatement(body.wipe, body.statement),
        order=orders.by_number(session, actor, body.order) if body.order else None,
        till_id=body.till,
        rest=Rest(body.payout, body.payout_note),
    )
    return _shown(session, actor, trade_in)


@router.post("/{number}/withdraw", responses=refusals_of_writing(404))
@once
def withdraw(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    number: Number,
    body: EndIn,
) -> TradeInOut:
    """The offer is no more."""
    trade_in = tradein.by_number(session, actor, number)
    tradein.withdraw(session, actor, trade_in, reason=body.reason)
    return _shown(session, actor, trade_in)


def _shown(session: Session, actor: Actor, trade_in: TradeIn) -> TradeInOut:
    return _out(session, trade_in, registry.by_id(session, actor, trade_in.unit_id))


def _out(session: Session, trade_in: TradeIn, unit: Unit) -> TradeInOut:
    money = partial(MoneyOut.minor, currency=trade_in.currency)
    return TradeInOut(
        number=trade_in.number,
        label=tradein.label(trade_in),
        state=tradein.state_of(session, trade_in),
        serial=unit.serial,
        customer=session.get_one(Customer, trade_in.customer_id).number,
        grade=trade_in.grade,
        months=trade_in.months,
        hours=trade_in.hours,
        marks=[
            MarkIO(slot=mark.slot, kind=mark.kind, note=mark.note)
            for mark in tradein.marks_of(trade_in)
        ],
        suggested=money(trade_in.suggested_minor),
        offer=money(trade_in.offer_minor),
        reason=trade_in.offer_reason,
        valid_until=trade_in.valid_until,
        tax_free=trade_in.is_tax_free,
        inspected_at=trade_in.inspected_at,
        inspected_by=trade_in.inspected_by,
        taken_at=trade_in.taken_at,
        settled=money(trade_in.settled_minor),
        paid_out=money(trade_in.payout_minor),
        payout=trade_in.payout,
    )
