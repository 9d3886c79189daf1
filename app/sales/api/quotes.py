"""Quotes as JSON: made whole, sent, accepted; who waits for robots; deposits and accounts."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from app.customers import book
from app.identity.guard import ApiReading, ApiWriting
from app.kernel.actor import Actor
from app.kernel.quantity import MOST
from app.kernel.signatures import Signed
from app.robots import registry
from app.sales import accepting, catalogue, quotelines, quotelinks, quotes, quoteview
from app.sales.basket import MOST_LINES
from app.sales.models import Order, ProductKind
from app.sales.ordering import naming
from app.sales.quote_models import Quote, QuoteVersion
from app.sales.quotes import QuoteState
from app.settings import Settings
from app.web.idempotent import once
from app.web.problems import refusals, refusals_of_writing
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import Cursor, MoneyOut, Number, PageOut, PriceIn, Sent, TaxOut, Words

router = APIRouter(prefix="/api/v1/quotes", tags=["quotes"])


class OptionIn(Sent):
    """A choice of the model's options, by its id."""

    choice: Annotated[int, Field(ge=1, le=2**63 - 1)]
    quantity: int = Field(default=1, ge=1, le=MOST)


class QuoteLineIn(Sent):
    """A product by its code; a robot with its options and, if it is a certain one, its serial."""

    product: Words
    quantity: int = Field(default=1, ge=1, le=MOST)
    serial: Words = ""
    options: Annotated[list[OptionIn], Field(max_length=MOST_LINES)] = []


class QuoteIn(Sent):
    """`deposit` is paid within `deposit_days` of accepting; of it `keep_bp` basis points are kept
    when the customer cancels after `free_days`.
    """

    customer: Annotated[int, Field(ge=1, le=2**31 - 1)]
    lines: Annotated[list[QuoteLineIn], Field(max_length=MOST_LINES)] = []
    valid_until: Annotated[date | None, Field(strict=False)] = None
    note: Annotated[str, Field(max_length=2_000)] = ""
    deposit: PriceIn | None = None
    deposit_days: int = Field(default=14, ge=1, le=365)
    free_days: int = Field(default=0, ge=0, le=365)
    keep_bp: int = Field(default=0, ge=0, le=10_000)


class WithdrawIn(Sent):
    reason: Words


class AcceptIn(Sent):
    """`version` is the one that was read; `by` who says yes."""

    version: Annotated[int, Field(ge=1, le=2**31 - 1)]
    by: Words


class QuoteLineOut(BaseModel):
    position: int
    product: str
    description: str
    detail: str
    serial: str | None
    quantity: int
    unit_price: MoneyOut
    discount: MoneyOut
    amount: MoneyOut
    tax_rate_bp: int = Field(description="Basis points: 1900 is 19 %.")


class VersionOut(BaseModel):
    version: int
    valid_until: date
    note: str
    lines: list[QuoteLineOut]
    taxes: list[TaxOut]
    gross: MoneyOut
    deposit: MoneyOut
    deposit_days: int
    free_days: int
    keep_bp: int
    sent_at: datetime | None
    accepted_at: datetime | None
    accepted_by: str


class QuoteOut(BaseModel):
    """`state` is derived; `order` is the number of the order that came of it."""

    number: int
    state: QuoteState
    customer: int
    order: int | None
    versions: list[VersionOut]
    withdraw_reason: str
    made_at: datetime
    made_by: str


class QuoteRowOut(BaseModel):
    number: int
    state: QuoteState
    customer_name: str
    summary: str
    version: int
    total: MoneyOut
    valid_until: date
    made_at: datetime


class LinkOut(BaseModel):
    """Told once: the house keeps a hash of its key."""

    link: str


@router.get("", responses=refusals())
def list_quotes(
    session: ReadSession, actor: ApiReading, cursor: Cursor = ""
) -> PageOut[QuoteRowOut]:
    """Quotes, newest first, 50 a page."""
    page = quoteview.quote_page(session, actor, cursor=cursor or None)
    rows = [
        QuoteRowOut(
            number=row.number,
            state=row.state,
            customer_name=row.customer,
            summary=row.summary,
            version=row.version,
            total=MoneyOut.of(row.total),
            valid_until=row.valid_until,
            made_at=row.made_at,
        )
        for row in page.items
    ]
    return PageOut(items=rows, next=page.next)


@router.post("", status_code=201, responses=refusals_of_writing())
@once
def make_quote(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    body: QuoteIn,
) -> QuoteOut:
    """A draft with its lines and terms, or nothing at all."""
    actor.require("counter.sell")
    with naming("customer"):
        customer = book.by_number(session, actor, body.customer)
    quote = quotes.make(session, actor, customer.id)
    for index, line in enumerate(body.lines):
        _add(session, actor, quote, line, prefix=f"lines.{index}.")
    quotes.set_terms(
        session,
        actor,
        quote,
        valid_until=body.valid_until or quotes.require_draft(quote).valid_until,
        note=body.note,
        deposit=body.deposit.money() if body.deposit else None,
        deposit_days=body.deposit_days,
        free_days=body.free_days,
        keep_bp=body.keep_bp,
    )
    return _out(session, actor, quote.number)


@router.get("/{number}", responses=refusals(404))
def show_quote(session: ReadSession, actor: ApiReading, number: Number) -> QuoteOut:
    """A quote with all its versions."""
    actor.require("orders.view")
    return _out(session, actor, number)


@router.post("/{number}/send", responses=refusals_of_writing(404))
@once
def send_quote(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    number: Number,
) -> QuoteOut:
    """Freeze the draft: the customer sees it from now on."""
    quotes.send(session, actor, quotes.by_number(session, actor, number))
    return _out(session, actor, number)


@router.post("/{number}/revise", responses=refusals_of_writing(404))
@once
def revise_quote(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    number: Number,
) -> QuoteOut:
    """A new draft with the lines of the version before, at the prices quoted there."""
    quotes.revise(session, actor, quotes.by_number(session, actor, number))
    return _out(session, actor, number)


@router.post("/{number}/lines", status_code=201, responses=refusals_of_writing(404))
@once
def add_quote_line(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    number: Number,
    body: QuoteLineIn,
) -> QuoteOut:
    """One more line of the draft."""
    _add(session, actor, quotes.by_number(session, actor, number), body, prefix="")
    return _out(session, actor, number)


@router.post("/{number}/withdraw", responses=refusals_of_writing(404))
@once
def withdraw_quote(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    number: Number,
    body: WithdrawIn,
) -> QuoteOut:
    """It cannot be accepted any more."""
    quote = quotes.by_number(session, actor, number)
    quotes.withdraw(session, actor, quote, reason=body.reason)
    return _out(session, actor, number)


@router.post("/{number}/accept", responses=refusals_of_writing(404))
@once
def accept_quote(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    number: Number,
    body: AcceptIn,
) -> QuoteOut:
    """The order of this version, at its prices; the second time the same order. 409 where it is
    not the version sent last, expired, withdrawn, or cannot be had any more.
    """
    quote = quotes.by_number(session, actor, number)
    accepting.accept(session, actor, quote, version=body.version, signed=Signed(body.by))
    return _out(session, actor, number)


@router.post("/{number}/link", status_code=201, responses=refusals_of_writing(404))
def make_quote_link(
    request: Request, session: WriteSession, actor: ApiWriting, number: Number
) -> LinkOut:
    """A new address for the customer; the one before opens nothing any more."""
    token = quotelinks.new(session, actor, quotes.by_number(session, actor, number))
    settings: Settings = request.app.state.settings
    return LinkOut(link=f"{settings.public_url.rstrip('/')}/o/{token}")


def _add(session: Session, actor: Actor, quote: Quote, line: QuoteLineIn, *, prefix: str) -> None:
    with naming(f"{prefix}product"):
        product = catalogue.require_code(session, actor, line.product)
    if product.kind is not ProductKind.ROBOT:
        with naming(f"{prefix}product", inner={"quantity": f"{prefix}quantity"}):
            quotelines.add_product(session, actor, quote, product, quantity=line.quantity)
        return
    unit = None
    if line.serial:
        with naming(f"{prefix}serial"):
            unit = registry.by_serial(session, actor, line.serial)
    wanted = {option.choice: option.quantity for option in line.options}
    for _ in range(line.quantity):
        quotelines.add_robot(session, actor, quote, product, wanted=wanted, unit=unit)


def _out(session: Session, actor: Actor, number: int) -> QuoteOut:
    session.flush()
    quote = quotes.by_number(session, actor, number)
    order = session.get_one(Order, quote.order_id) if quote.order_id is not None else None
    return QuoteOut(
        number=quote.number,
        state=quotes.state_of(quote, quotes.today(session, quote)),
        customer=quote.customer.number,
        order=order.number if order else None,
        versions=[_version(quote, version) for version in quote.versions],
        withdraw_reason=quote.withdraw_reason,
        made_at=quote.made_at,
        made_by=quote.made_by,
    )


def _version(quote: Quote, version: QuoteVersion) -> VersionOut:
    sums, currency = quotes.sums(quote, version), quote.currency
    return VersionOut(
        version=version.version,
        valid_until=version.valid_until,
        note=version.note,
        lines=[
            QuoteLineOut(
                position=row.line.position,
                product=row.line.product.code,
                description=row.line.description,
                detail=row.line.detail,
                serial=row.line.unit.serial if row.line.unit else None,
                quantity=row.line.quantity,
                unit_price=MoneyOut.of(row.unit_price),
                discount=MoneyOut.minor(row.line.discount_minor, currency),
                amount=MoneyOut.of(row.amount),
                tax_rate_bp=row.line.tax_rate_bp,
            )
            for row in quoteview.lines(quote, version)
        ],
        taxes=[
            TaxOut(
                rate_bp=tax.rate_bp,
                net=MoneyOut.minor(tax.net, currency),
                tax=MoneyOut.minor(tax.tax, currency),
                gross=MoneyOut.minor(tax.gross, currency),
            )
            for tax in sums.taxes
        ],
        gross=MoneyOut.of(sums.gross),
        deposit=MoneyOut.minor(version.deposit_minor, currency),
        deposit_days=version.deposit_days,
        free_days=version.free_days,
        keep_bp=version.keep_bp,
        sent_at=version.sent_at,
        accepted_at=version.accepted_at,
        accepted_by=version.accepted_by,
    )
