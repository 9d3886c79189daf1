"""Whose a robot is: intervals that never overlap. No open one: it is the store's."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.customers.models import Customer
from app.kernel import audit
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, NotFound
from app.kernel.text import msg
from app.robots import addresses, timeline
from app.robots.models import Ownership, Unit


def give_to(
    session: Session, actor: Actor, unit: Unit, customer_id: int, *, at: datetime
) -> Ownership:
    """From `at` on the robot is this customer's, and no longer whose it was.

    Giving it to its owner again changes nothing. Raises NotFound for a customer of another store,
    Conflict when a later change of ownership is already on record.
    """
    customer = session.get(Customer, customer_id)
    if customer is None or customer.store_id != unit.store_id:
        raise NotFound(msg("There is no such customer."), field="customer")
    latest = _latest(session, unit.id)
    current = latest if latest is not None and latest.until is None else None
    if current is not None and current.customer_id == customer_id:
        return current
    if latest is not None:
        _end(session, unit, latest, at=at)
    owned = Ownership(unit_id=unit.id, customer_id=customer_id, since=at)
    session.add(owned)
    session.flush()
    timeline.note(
        session,
        unit.id,
        kind="owner",
        summary=msg("Owner: customer {number}", number=str(customer.number)),
        link=f"/customers/{customer.number}",
        actor_name=actor.name,
    )
    audit.record(
        session,
        actor,
        "robot.owner_changed",
        subject=f"robot:{unit.serial}",
        before={"customer_id": current.customer_id if current else None},
        after={"customer_id": customer_id},
    )
    return owned


def end(session: Session, actor: Actor, unit: Unit, *, at: datetime) -> int:
    """From `at` on the robot is the store's again; returns the customer whose it was.

    Raises Conflict when it is the store's already.
    """
    latest = _latest(session, unit.id)
    if latest is None or latest.until is not None:
        raise Conflict(msg("{serial} is the store’s already.", serial=unit.serial))
    _end(session, unit, latest, at=at)
    timeline.note(
        session,
        unit.id,
        kind="owner",
        summary=msg("Owner: the store"),
        link=addresses.page_below(unit.serial, "owners"),
        actor_name=actor.name,
    )
    audit.record(
        session,
        actor,
        "robot.owner_changed",
        subject=f"robot:{unit.serial}",
        before={"customer_id": latest.customer_id},
        after={"customer_id": None},
    )
    return latest.customer_id


def history(session: Session, unit_id: int) -> list[tuple[Ownership, Customer]]:
    """Whose the robot was and is, from when to when, the latest first."""
    rows = session.execute(
        select(Ownership, Customer)
        .join(Customer, Customer.id == Ownership.customer_id)
        .where(Ownership.unit_id == unit_id)
        .order_by(Ownership.since.desc(), Ownership.id.desc())
    )
    return [(owned, customer) for owned, customer in rows]


def owner_of(session: Session, unit_id: int) -> int | None:
    """The customer whose the robot is now; None: the store's."""
    return session.scalar(
        select(Ownership.customer_id).where(Ownership.unit_id == unit_id, Ownership.until.is_(None))
    )


def _latest(session: Session, unit_id: int) -> Ownership | None:
    return session.scalar(
        select(Ownership)
        .where(Ownership.unit_id == unit_id)
        .order_by(Ownership.since.desc(), Ownership.id.desc())
        .limit(1)
    )


def _end(session: Session, unit: Unit, latest: Ownership, *, at: datetime) -> None:
    if at < (latest.until or latest.since):
        raise Conflict(
            msg("{serial} changed its owner later than that already.", serial=unit.serial)
        )
    if latest.until is None:
        latest.until = at
        # before the new one, or the index would see two open intervals
        session.flush()
