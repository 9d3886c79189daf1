"""How a sale is taxed, as its page shows it."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.kernel.errors import StoreError
from app.kernel.text import Text
from app.payments import treatments
from app.payments.standing import Standing
from app.sales import orders, taxing
from app.sales.models import Order
from app.stores import desk


@dataclass(frozen=True, slots=True)
class TaxView:
    """`label` is how it is taxed; `rule` and `why` what the rule says of it."""

    label: Text
    rule: Text
    why: Text
    may_change: bool
    options: list[tuple[str, Text]]


def of(session: Session, actor: Actor, order: Order, *, stands: Standing | None = None) -> TaxView:
    """`stands` is how the bill of the order stands, where that is known."""
    store = desk.store_of(session, order.store_id)
    customer = taxing.customer_of(session, order)
    return TaxView(
        label=treatments.LABELS[order.tax_treatment],
        rule=treatments.LABELS[treatments.by_rule(store, customer)],
        why=treatments.why(store, customer),
        may_change="counter.sell" in actor.permissions and _is_editable(session, order, stands),
        options=[(treatment.value, label) for treatment, label in treatments.LABELS.items()],
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
