"""Orders, payments and checklists on the wire."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from app.kernel.money import Money
from app.kernel.quantity import MOST
from app.kernel.tax import PriceMode, TaxCategory, charged
from app.payments.documents import DocumentKind
from app.payments.models import PaymentAttempt, Tender
from app.payments.states import AttemptState
from app.payments.treatments import Treatment
from app.sales.basket import MOST_LINES
from app.sales.cart import LineView
from app.sales.checklists import Answer, Item
from app.sales.ordering import Wish
from app.sales.orderlists import OrderRow
from app.sales.orderstatus import OrderStatus
from app.sales.summaries import OrderSummary
from app.web.wire import MoneyOut, PriceIn, Sent, TaxOut, Words


class LineIn(Sent):
    """A robot by serial, or pieces of a product; a bundle that holds a robot names both."""

    serial: Words = ""
    maker: Words = Field(default="", description="Only where two makers share the serial.")
    product: Words = Field(default="", description="A product's code.")
    quantity: int = Field(default=1, ge=1, le=MOST)
    amount: PriceIn | None = Field(
        default=None, description="What is on a gift card; null: the product's price."
    )
    gift_card: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = Field(
        default=None, description="The number of a gift card that gets it; null: a new one."
    )

    def wish(self) -> Wish:
        amount = self.amount.money() if self.amount else None
        return Wish(self.serial, self.maker, self.product, self.quantity, amount, self.gift_card)


class OrderIn(Sent):
    """`customer` by number; a robot cannot be paid for without. With a `till` (id) the order lies
    on that till's screen, where no other may lie open.
    """

    customer: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None
    till: Annotated[int, Field(ge=1, le=2**63 - 1)] | None = None
    lines: Annotated[list[LineIn], Field(max_length=MOST_LINES)] = []


class OrderLineOut(BaseModel):
    """`bundle` is the code of the bundle that the line came with."""

    position: int
    product: str
    description: str
    serial: str | None
    bundle: str | None
    quantity: int
    unit_price: MoneyOut
    discount: MoneyOut
    amount: MoneyOut
    tax_rate_bp: int = Field(description="What is charged, in basis points: 1900 is 19 %.")
    tax_category: TaxCategory


class BuyerOut(BaseModel):
    number: int
    name: str


class DocumentOut(BaseModel):
    kind: DocumentKind
    number: str
    issued_at: datetime


class OrderOut(BaseModel):
    """`status` is derived from journal and handover. Amounts of lines are in the price mode."""

    number: int
    status: OrderStatus
    customer: BuyerOut | None
    till: int | None
    price_mode: PriceMode
    tax_treatment: Treatment = Field(description="By rule, unless `tax_reason` says why not.")
    tax_reason: str
    lines: list[OrderLineOut]
    taxes: list[TaxOut]
    net: MoneyOut
    tax: MoneyOut
    gross: MoneyOut
    paid: MoneyOut
    credited: MoneyOut = Field(description="What was taken back of the sale.")
    due: MoneyOut
    documents: list[DocumentOut]
    opened_at: datetime
    opened_by: str
    settled_at: datetime | None
    handed_over_at: datetime | None
    cancelled_at: datetime | None
    cancel_reason: str


class OrderRowOut(BaseModel):
    """An order in a list; `summary` is its first line, `more` how many follow."""

    number: int
    status: OrderStatus
    customer_name: str
    summary: str
    more: int
    total: MoneyOut
    due: MoneyOut
    opened_at: datetime
    opened_by: str


class CardOut(BaseModel):
    brand: str
    last4: str
    auth_ref: str
    entry_mode: str


class AttemptOut(BaseModel):
    """One try to pay. It counts as paid once it is `booked`; `failure` says why it was not."""

    number: int
    tender: Tender
    state: AttemptState
    booked: bool
    amount: MoneyOut
    tendered: MoneyOut
    change: MoneyOut
    note: str
    failure: str
    card: CardOut | None
    started_at: datetime
    started_by: str
    settled_at: datetime | None


class ItemOut(BaseModel):
    """One thing on a checklist; only what is not required may be answered with `na`."""

    key: str
    text: str
    required: bool


class AnswerIn(Sent):
    """`note` is needed where something is not in order."""

    result: Annotated[Answer, Field(strict=False)]
    note: Annotated[str, Field(max_length=500)] = ""


Answers = Annotated[
    dict[Annotated[str, Field(max_length=40)], AnswerIn],
    Field(max_length=500, description="By the keys of the checklist."),
]


def order_out(summary: OrderSummary) -> OrderOut:
    order, sums, handover = summary.order, summary.totals, summary.handover
    customer = summary.customer
    return OrderOut(
        number=order.number,
        status=summary.status,
        customer=BuyerOut(number=customer.number, name=customer.name) if customer else None,
        till=order.till_id,
        price_mode=order.price_mode,
        tax_treatment=order.tax_treatment,
        tax_reason=order.tax_reason,
        lines=[_line_out(view, summary) for view in summary.lines],
        taxes=[
            TaxOut(
                rate_bp=tax.rate_bp,
                net=MoneyOut.of(sums.money(tax.net)),
                tax=MoneyOut.of(sums.money(tax.tax)),
                gross=MoneyOut.of(sums.money(tax.gross)),
            )
            for tax in sums.taxes
        ],
        net=MoneyOut.of(sums.net),
        tax=MoneyOut.of(sums.tax),
        gross=MoneyOut.of(sums.gross),
        paid=MoneyOut.of(summary.paid),
        credited=MoneyOut.of(summary.credited),
        due=MoneyOut.of(summary.due),
        documents=[
            DocumentOut(kind=paper.kind, number=paper.label, issued_at=paper.issued_at)
            for paper in summary.documents
        ],
        opened_at=order.opened_at,
        opened_by=order.opened_by,
        settled_at=order.settled_at,
        handed_over_at=handover.at if handover else None,
        cancelled_at=order.cancelled_at,
        cancel_reason=order.cancel_reason,
    )


def _line_out(view: LineView, summary: OrderSummary) -> OrderLineOut:
    line = view.line
    return OrderLineOut(
        position=line.position,
        product=summary.codes[line.product_id],
        description=line.description,
        serial=view.serial or None,
        bundle=line.bundle_code or None,
        quantity=line.quantity,
        unit_price=MoneyOut.of(view.unit_price),
        discount=MoneyOut.of(Money(line.discount_minor, summary.totals.currency)),
        amount=MoneyOut.of(view.amount),
        tax_rate_bp=charged(line.tax_rate_bp, line.tax_category)[0],
        tax_category=line.tax_category,
    )


def row_out(row: OrderRow) -> OrderRowOut:
    return OrderRowOut(
        number=row.number,
        status=row.status,
        customer_name=row.customer,
        summary=row.summary,
        more=row.more,
        total=MoneyOut.of(row.total),
        due=MoneyOut.of(row.due),
        opened_at=row.opened_at,
        opened_by=row.opened_by,
    )


def attempt_out(attempt: PaymentAttempt) -> AttemptOut:
    card = None
    if attempt.card_brand:
        card = CardOut(
            brand=attempt.card_brand,
            last4=attempt.card_last4,
            auth_ref=attempt.auth_ref,
            entry_mode=attempt.entry_mode,
        )
    return AttemptOut(
        number=attempt.number,
        tender=attempt.tender,
        state=attempt.state,
        booked=attempt.entry_id is not None,
        amount=MoneyOut.minor(attempt.amount_minor, attempt.currency),
        tendered=MoneyOut.minor(attempt.tendered_minor, attempt.currency),
        change=MoneyOut.minor(attempt.change_minor, attempt.currency),
        note=attempt.note,
        failure=attempt.failure,
        card=card,
        started_at=attempt.started_at,
        started_by=attempt.started_by,
        settled_at=attempt.settled_at,
    )


def items_out(items: list[Item]) -> list[ItemOut]:
    return [ItemOut(key=item.key, text=item.text, required=item.required) for item in items]
