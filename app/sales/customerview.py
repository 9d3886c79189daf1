"""What a customer's page, copy of data and erasure take from sales."""

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.customers.events import CustomerErased
from app.customers.models import Customer
from app.customers.panels import Panel, PanelRow
from app.kernel.actor import Actor
from app.kernel.errors import Refused
from app.kernel.text import msg
from app.sales import orderlists, orderstatus
from app.sales.models import Order

_MOST_ROWS = 50
TONES = {
    orderstatus.OrderStatus.OPEN: "",
    orderstatus.OrderStatus.PARKED: "hold",
    orderstatus.OrderStatus.PART_PAID: "warn",
    orderstatus.OrderStatus.PAID: "info",
    orderstatus.OrderStatus.HANDED_OVER: "ok",
    orderstatus.OrderStatus.CLOSED: "ok",
    orderstatus.OrderStatus.PART_RETURNED: "hold",
    orderstatus.OrderStatus.RETURNED: "hold",
    orderstatus.OrderStatus.CANCELLED: "bad",
}


def panel(session: Session, actor: Actor, customer: Customer) -> Panel:
    """The customer's sales, newest first."""
    rows = orderlists.rows(session, actor, _of(session, customer, most=_MOST_ROWS))
    return Panel(
        title=msg("Sales"),
        nothing=msg("No sale to this customer yet."),
        rows=[
            PanelRow(
                name=f"S-{row.number}",
                href=f"/sales/{row.number}",
                facts=(row.opened_at, row.summary, row.total),
                state=(orderstatus.STATUS_LABELS[row.status], TONES[row.status]),
            )
            for row in rows
        ],
    )


def chapter(session: Session, actor: Actor, customer: Customer) -> object:
    """Every sale to the customer, for the copy of their data."""
    rows = orderlists.rows(session, actor, _of(session, customer, most=None))
    return [
        {
            "number": row.number,
            "status": row.status,
            "opened_at": row.opened_at,
            "first_line": row.summary,
            "total": row.total,
        }
        for row in rows
    ]


def on_customer_erased(session: Session, event: CustomerErased) -> None:
    """Nobody is forgotten while a basket is open or a paid robot waits for them."""
    unfinished = session.scalar(
        select(Order.number)
        .where(
            Order.customer_id == event.customer_id,
            Order.cancelled_at.is_(None),
            Order.settled_at.is_(None) | Order.id.in_(orderlists.unhanded()),
        )
        .order_by(Order.id)
        .limit(1)
    )
    if unfinished is not None:
        raise Refused(
            msg("Sale {number} of this customer is not finished yet.", number=unfinished),
            link=f"/sales/{unfinished}",
        )


def _of(session: Session, customer: Customer, *, most: int | None) -> list[Order]:
    return list(
        session.scalars(
            select(Order)
            .where(Order.customer_id == customer.id)
            .options(joinedload(Order.lines))
            .order_by(Order.id.desc())
            .limit(most)
        ).unique()
    )
