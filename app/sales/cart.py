"""What the till shows of a basket: its lines, what is left to pay, and the end of the sale."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, exists, func, select
from sqlalchemy.orm import Session

from app.customers.models import Customer
from app.kernel.db import at_hand
from app.kernel.money import Money
from app.kernel.text import Text
from app.payments import bills, failures, giftview, issuing, rounding, standing, tills
from app.payments.documents import DocumentKind
from app.payments.models import Bill, IssuedDocument, PaymentAttempt
from app.payments.states import ATTEMPT_LABELS, AttemptState
from app.payments.till_reports import TENDER_LABELS
from app.robots.models import Unit
from app.sales import creditpay, exchanges, giftlines, orders, totals
from app.sales.models import Handover, Order, OrderLine, Product

# The invoice of an order, the change that was given, and whether its robots are with the customer.
_FINISHED = (
    select(
        select(func.coalesce(func.sum(PaymentAttempt.change_minor), 0))
        .join(Bill, Bill.id == PaymentAttempt.bill_id)
        .where(
            Bill.store_id == Order.store_id,
            Bill.reference == bindparam("reference"),
            PaymentAttempt.entry_id.is_not(None),
        )
        .scalar_subquery(),
        exists().where(Handover.order_id == Order.id),
        IssuedDocument,
    )
    .select_from(Order)
    .outerjoin(
        IssuedDocument,
        (IssuedDocument.store_id == Order.store_id)
        & (IssuedDocument.reference == bindparam("reference"))
        & (IssuedDocument.kind == DocumentKind.INVOICE),
    )
    .where(Order.id == bindparam("order_id"))
    .order_by(IssuedDocument.id)
    .limit(1)
)


_FAILED = {AttemptState.DECLINED, AttemptState.CANCELLED}


@dataclass(frozen=True, slots=True)
class LineView:
    """A basket line with what the till needs to show of it."""

    line: OrderLine
    serial: str
    amount: Money
    unit_price: Money
    discount: Money | None
    child: bool


def shown_of(
    session: Session, order: Order | None, *, place: tills.Place, selected: int | None = None
) -> dict[str, Any]:
    """Everything the cart shows; `selected` is the position of the marked line."""
    shown: dict[str, Any] = {
        "order": order,
        "lines": [],
        "customer": None,
        "totals": None,
        "paid": [],
        "failure": None,
        "tender_labels": TENDER_LABELS,
        "due": None,
        "cash_due": None,
        "attempt": None,
        "exchange": None,
        "store_credit": None,
        "locked": False,
        "till": place.till,
        "drawer": place.open_session,
        "selected": selected,
    }
    if order is None:
        return shown
    bill = orders.bill_of(session, order)
    attempts = bills.attempts_of(session, bill) if bill else []
    stands = standing.of(session, bill) if bill else None
    live = next((one for one in attempts if stands and one.id == stands.under_way_id), None)
    paid_minor = stands.paid.minor if stands else 0
    sums = totals.of_order(order)
    if selected is None and order.lines:
        shown["selected"] = max(line.position for line in order.lines)
    return shown | {
        "lines": lines(order),
        "customer": session.get(Customer, order.customer_id) if order.customer_id else None,
        "totals": sums,
        "paid": [attempt for attempt in attempts if attempt.entry_id is not None],
        "failure": _failure(attempts[-1]) if attempts else None,
        "due": totals.left(sums.gross, paid_minor),
        "cash_due": cash_due(session, order, totals.left(sums.gross, paid_minor)),
        "attempt": live,
        "exchange": exchanges.value_for(session, order),
        "store_credit": creditpay.value_for(session, order),
        "locked": live is not None or paid_minor > 0,
    }


def lines(order: Order) -> list[LineView]:
    """An order's lines, those that belong to a robot right under it."""
    return [
        LineView(
            line=line,
            serial=line.unit.serial if line.unit else "",
            amount=Money(line.amount_minor, order.currency),
            unit_price=Money(line.unit_price_minor, order.currency),
            discount=Money(line.discount_minor, order.currency) if line.discount_minor else None,
            child=line.for_unit_id is not None,
        )
        for line in _in_groups(order.lines)
    ]


def _in_groups(found: Sequence[OrderLine]) -> list[OrderLine]:
    grouped: list[OrderLine] = []
    for line in found:
        if line.for_unit_id is None:
            grouped.append(line)
            grouped += [other for other in found if other.for_unit_id == line.unit_id is not None]
    return grouped + [line for line in found if line not in grouped]


def due(session: Session, order: Order) -> Money:
    """What is left to pay of an order as it is now, whatever its bill was raised over before."""
    bill = orders.bill_of(session, order)
    total = totals.of_order(order).gross
    if bill is None:
        return total
    stands = standing.of(session, bill)
    return totals.left(total, (stands.paid + stands.credited).minor)


def cash_due(session: Session, order: Order, due: Money) -> Money:
    """What is handed over in cash for it, in the coins there are."""
    return rounding.to_pay(session, order.store_id, due)


def _failure(last: PaymentAttempt) -> Text | None:
    """Why the last try brought no money, for whoever stands at the till."""
    if last.state not in _FAILED:
        return None
    return failures.told(last.failure) or ATTEMPT_LABELS[last.state]


def finished(session: Session, order: Order) -> dict[str, Any] | None:
    """The end of a sale: its invoice, the change, what comes next. None if it is not paid."""
    if order.settled_at is None:
        return None
    change, handed_over, invoice = session.execute(
        _FINISHED, {"reference": orders.reference(order), "order_id": order.id}
    ).one()
    return _end(
        session,
        order,
        invoice=invoice,
        change=Money(int(change), order.currency) if change else None,
        handed_over=handed_over,
    )


def just_finished(session: Session, order: Order) -> dict[str, Any]:
    """The same of a sale that this transaction made final: its invoice is at hand and says the
    change, and nothing was handed over yet.
    """
    about = {"store_id": order.store_id, "reference": orders.reference(order)}
    invoice = at_hand(session, IssuedDocument, kind=DocumentKind.INVOICE, **about)
    change = issuing.content_of(invoice).change if invoice else None
    return _end(session, order, invoice=invoice, change=change, handed_over=False)


def _end(
    session: Session,
    order: Order,
    *,
    invoice: IssuedDocument | None,
    change: Money | None,
    handed_over: bool,
) -> dict[str, Any]:
    return {
        "number": order.number,
        "total": totals.of_order(order).gross,
        "change": change,
        "invoice": invoice,
        "robots": len(orders.robots_of(order)),
        "handed_over": handed_over,
        "gift_cards": [
            giftview.one(session, card) for _, card in giftlines.cards_of(session, order)
        ],
    }


def undo_of(session: Session, line: OrderLine) -> dict[str, str]:
    """What to scan to put a removed line back: its serial, or its product code and quantity."""
    if line.unit_id is not None:
        code, quantity = session.get_one(Unit, line.unit_id).serial, ""
    else:
        code, quantity = session.get_one(Product, line.product_id).code, str(line.quantity)
    return {"description": line.description, "code": code, "quantity": quantity}
