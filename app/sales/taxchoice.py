"""A person decides how a sale is taxed, otherwise than by rule: with a reason, and on record."""

from sqlalchemy.orm import Session

from app.kernel import audit
from app.kernel.actor import Actor
from app.kernel.errors import Refused
from app.kernel.searchkeys import clean
from app.kernel.text import msg
from app.payments import treatments
from app.payments.treatments import Treatment
from app.sales import orders, taxing
from app.sales.models import Order
from app.stores import desk

_LONGEST = 200


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
    said = clean(reason)[:_LONGEST]
    if not said:
        raise Refused(msg("Say why this sale is taxed so."), field="reason")
    missing = treatments.lacking(
        treatment, desk.store_of(session, order.store_id), taxing.customer_of(session, order)
    )
    if missing is not None:
        raise Refused(missing, field="treatment")
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
    order.version += 1
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
