"""What pages show of quotes; a fixed number of statements each, however long."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from app.kernel.actor import Actor
from app.kernel.money import Money
from app.payments import standing
from app.payments.models import Bill
from app.payments.standing import Standing
from app.payments.terms_models import CreditAccount
from app.sales import deposits, orders, quotelinks, quotepaper, quotes
from app.sales.models import Order, Product, ProductKind
from app.sales.quote_models import OrderDeposit, PreOrder, Quote, QuoteLine, QuoteVersion
from app.sales.quotes import QuoteState
from app.stores import desk
from app.web import paging

TONES: dict[QuoteState, str] = {
    QuoteState.DRAFT: "",
    QuoteState.SENT: "info",
    QuoteState.EXPIRED: "warn",
    QuoteState.ACCEPTED: "ok",
    QuoteState.WITHDRAWN: "bad",
}


@dataclass(frozen=True, slots=True)
class QuoteRow:
    """A quote as lists show it."""

    number: int
    state: QuoteState
    customer: str
    summary: str
    version: int
    total: Money
    valid_until: date
    made_at: datetime
    made_by: str


@dataclass(frozen=True, slots=True)
class LineRow:
    """A line with its amounts."""

    line: QuoteLine
    unit_price: Money
    amount: Money
    discount: Money | None

    @property
    def is_robot(self) -> bool:
        return self.line.product.kind is ProductKind.ROBOT

    @property
    def is_option(self) -> bool:
        return self.line.for_position is not None


def quote_page(session: Session, actor: Actor, *, cursor: str | None) -> paging.Page[QuoteRow]:
    """Quotes, the newest first, 50 at a time; four statements."""
    actor.require("orders.view")
    query = (
        select(Quote)
        .where(Quote.store_id == actor.store_id)
        .options(
            joinedload(Quote.customer),
            selectinload(Quote.versions).selectinload(QuoteVersion.lines),
        )
        .order_by(Quote.id.desc())
        .limit(paging.PAGE + 1)
    )
    if cursor:
        (last_id,) = paging.decode(cursor, int)
        query = query.where(Quote.id < last_id)
    found = list(session.scalars(query))
    shown = found[: paging.PAGE]
    following = paging.encode(shown[-1].id) if len(found) > paging.PAGE else None
    today = desk.business_day_of(desk.store_of(session, actor.store_id))
    return paging.Page([row_of(quote, today) for quote in shown], following)


def row_of(quote: Quote, today: date) -> QuoteRow:
    """A quote, loaded whole, as a row: what the customer sees, else the draft."""
    version = quotes.sent_of(quote) or quote.versions[-1]
    return QuoteRow(
        number=quote.number,
        state=quotes.state_of(quote, today),
        customer=quote.customer.name,
        summary=version.lines[0].description if version.lines else "",
        version=version.version,
        total=quotes.sums(quote, version).gross,
        valid_until=version.valid_until,
        made_at=quote.made_at,
        made_by=quote.made_by,
    )


def lines(quote: Quote, version: QuoteVersion) -> list[LineRow]:
    """Lines in order, options right under their robot."""
    grouped: list[QuoteLine] = []
    for line in version.lines:
        if line.for_position is None:
            grouped.append(line)
            grouped += [one for one in version.lines if one.for_position == line.position]
    return [
        LineRow(
            line=line,
            unit_price=Money(line.unit_price_minor, quote.currency),
            amount=Money(line.amount_minor, quote.currency),
            discount=Money(line.discount_minor, quote.currency) if line.discount_minor else None,
        )
        for line in grouped
    ]


def shown(session: Session, quote: Quote, version: QuoteVersion) -> dict[str, Any]:
    """A version as the staff's page and the customer's show it."""
    today = quotes.today(session, quote)
    state = quotes.state_of(quote, today)
    return {
        "quote": quote,
        "version": version,
        "rows": lines(quote, version),
        "totals": quotes.sums(quote, version),
        "deposit": Money(version.deposit_minor, quote.currency) if version.deposit_minor else None,
        "rules": quotepaper.rules_of(version, quote.currency),
        "state": state,
        "state_label": quotes.STATE_LABELS[state],
        "tone": TONES[state],
        "today": today,
    }


def staff_page(session: Session, actor: Actor, quote: Quote, *, number: int = 0) -> dict[str, Any]:
    """The editor: the draft, or the version that stands; `number` names another one to look at."""
    asked = next((one for one in quote.versions if one.version == number), None)
    version = asked or quotes.draft_of(quote) or quote.versions[-1]
    order = None
    if quote.order_id is not None:
        order_number = session.get_one(Order, quote.order_id).number
        order = orders.by_number(session, actor, order_number)
    return {
        **shown(session, quote, version),
        "is_draft": version.sent_at is None and quote.withdrawn_at is None,
        "labels": quotes.documents_of(session, quote),
        "link_made": quotelinks.in_force(session, quote),
        "order": order,
        "robots": robots_for_sale(session, actor),
    }


def robots_for_sale(session: Session, actor: Actor) -> Sequence[Product]:
    """What a configurator can begin with."""
    return session.scalars(
        select(Product)
        .where(
            Product.store_id == actor.store_id,
            Product.kind == ProductKind.ROBOT,
            Product.archived.is_(False),
        )
        .order_by(Product.position, Product.id)
        .limit(60)
    ).all()


_PANEL = (
    select(
        select(Quote.number).where(Quote.order_id == Order.id).scalar_subquery(),
        select(func.count())
        .select_from(PreOrder)
        .where(PreOrder.order_id == Order.id, PreOrder.ended_at.is_(None))
        .scalar_subquery(),
        OrderDeposit,
        CreditAccount,
    )
    .select_from(Order)
    .outerjoin(OrderDeposit, OrderDeposit.order_id == Order.id)
    .outerjoin(CreditAccount, CreditAccount.customer_id == Order.customer_id)
    .where(Order.id == bindparam("order_id"))
)


def panel(
    session: Session,
    actor: Actor,
    order: Order,
    bill: Bill | None,
    *,
    stands: Standing | None = None,
) -> dict[str, Any]:
    """What a sale's page says of its quote, its deposit, who waits, and paying later.

    `stands` is how the bill stands, where that is known.
    """
    quote_number, waits, deposit, account = session.execute(_PANEL, {"order_id": order.id}).one()
    how = (stands or standing.of(session, bill)) if bill and deposit else None
    today = deposits.today_of(session, order)
    nothing = Money(0, order.currency)
    return {
        "quote_number": quote_number,
        "deposit_stands": deposits.as_paid(deposit, how.paid if how else nothing, today)
        if deposit
        else None,
        "deposit_row": deposit,
        "kept_fee": deposits.fee(deposit, deposits.customers_own(session, bill, how.held), today)
        if deposit and bill and how
        else nothing,
        "waits_for_robots": waits or 0,
        "is_open_sale": order.cancelled_at is None and order.settled_at is None,
        "account": account,
        "due_on": bill.due_on if bill else None,
        "asks": actor.may("counter.sell"),
    }
