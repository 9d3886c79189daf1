"""How a sale is taxed, as its page shows it."""

from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.kernel.errors import StoreError
from app.payments import taxview
from app.payments.standing import Standing
from app.payments.taxview import TaxView
from app.sales import orders, taxing
from app.sales.models import Order
from app.stores import desk


def of(session: Session, actor: Actor, order: Order, *, stands: Standing | None = None) -> TaxView:
    """`stands` is how the bill of the order stands, where that is known."""
    return taxview.of(
        desk.store_of(session, order.store_id),
        taxing.customer_of(session, order),
        order.tax_treatment,
        reason=order.tax_reason,
        by=order.tax_by,
        may_change="counter.sell" in actor.permissions and _is_editable(session, order, stands),
    )


def _is_editable(session: Session, order: Order, stands: Standing | None) -> bool:
    if order.settled_at is not None or order.cancelled_at is not None:
        return False
    if stands is not None and (stands.under_way_id is not None or stands.paid):
        return False
    try:
        orders.require_editable(session, order)
    except StoreError:
        return False
    return True
