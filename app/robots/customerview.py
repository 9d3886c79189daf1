"""What a customer's page and copy of data tell of robots."""

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.customers.models import Customer
from app.customers.panels import Panel, PanelRow
from app.kernel.actor import Actor
from app.kernel.text import msg
from app.robots import addresses
from app.robots.models import Ownership, Unit
from app.robots.states import UNIT_STATE_LABELS

_MOST_ROWS = 100


def panel(session: Session, actor: Actor, customer: Customer) -> Panel:  # noqa: ARG001
    """The robots that are this customer's now."""
    owned = session.execute(
        select(Unit, Ownership.since)
        .join(Ownership, Ownership.unit_id == Unit.id)
        .where(Ownership.customer_id == customer.id, Ownership.until.is_(None))
        .options(joinedload(Unit.model))
        .order_by(Ownership.since.desc(), Unit.id)
        .limit(_MOST_ROWS)
    )
    return Panel(
        title=msg("Robots"),
        nothing=msg("No robot belongs to this customer."),
        rows=[
            PanelRow(
                name=unit.serial,
                href=addresses.robot_page(unit.serial),
                facts=(unit.model.name, since.date()),
                state=(UNIT_STATE_LABELS[unit.state], "info"),
            )
            for unit, since in owned
        ],
    )


def chapter(session: Session, actor: Actor, customer: Customer) -> object:  # noqa: ARG001
    """Every robot that was or is the customer's, for the copy of their data."""
    rows = session.execute(
        select(Unit.serial, Ownership.since, Ownership.until)
        .join(Unit, Unit.id == Ownership.unit_id)
        .where(Ownership.customer_id == customer.id)
        .order_by(Ownership.id)
    )
    return [{"serial": row.serial, "since": row.since, "until": row.until} for row in rows]
