"""A person decides how a sale is taxed, otherwise than by rule: with a reason, and on record."""

from sqlalchemy.orm import Session

from app.kernel import audit
from app.kernel.actor import Actor
from app.payments import treatments
from app.payments.treatments import Treatment
from app.sales import orders, taxing
from app.sales.models import Order
from app.stores import desk


def choose(
    session: Session,
    actor: Actor,
    order: Order,
    treatment: Treatment,
    *,
    reason: str,
    approved_by: Actor | None = None,
) -> None:
    """Tax a sale so, whatever the rule says. Raises Refused without a reason or what it needs."""
    actor.require("counter.sell")
    chooser = approved_by or actor
    chooser.require("orders.tax")
    orders.require_editable(session, order)
    store = desk.store_of(session, order.store_id)
    said = treatments.require(treatment, reason, store, taxing.customer_of(session, order))
    _change(session, actor, order, treatment, reason=said, by=chooser.name)


def by_rule(session: Session, actor: Actor, order: Order) -> None:
    """Let the rule decide again."""
    actor.require("counter.sell")
    orders.require_editable(session, order)
    store = desk.store_of(session, order.store_id)
    treatment = treatments.by_rule(store, taxing.customer_of(session, order))
    _change(session, actor, order, treatment, reason="", by="")


def _change(
    session: Session, actor: Actor, order: Order, treatment: Treatment, *, reason: str, by: str
) -> None:
    before = order.tax_treatment
    taxing.set_treatment(session, order, treatment)
    order.tax_reason, order.tax_by = reason, by
    session.flush()
    audit.record(
        session,
        actor,
        "order.taxed",
        subject=orders.reference(order),
        before={"treatment": before},
        after={"treatment": treatment, "approved_by": by},
        reason=reason,
    )
