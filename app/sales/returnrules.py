"""What a salesperson may take back alone, and when a manager has to stand behind it."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.errors import Refused
from app.kernel.money import Money
from app.kernel.text import Text, msg
from app.sales.models import Order
from app.sales.return_models import ReturnRules
from app.stores import desk
from app.web.forms import Reading

APPROVE = "returns.approve"
MOST_DAYS = 3650


class NeedsManager(Refused):
    """More than whoever asks may do alone: a manager's PIN stands behind it."""

    code = "needs_manager"


@dataclass(frozen=True, slots=True)
class Rules:
    """Limits of one sale's returns: out of the drawer, in all, and in days after the sale."""

    cash: Money
    total: Money
    days: int


def of_store(session: Session, store_id: int) -> Rules:
    """The store's rules; until it has said any: 500.00 in cash, 5,000.00 in all, 30 days."""
    store = desk.store_of(session, store_id)
    row = session.scalar(select(ReturnRules).where(ReturnRules.store_id == store_id))
    cash, total, days = (
        (row.cash_minor, row.total_minor, row.days) if row else (50_000, 500_000, 30)
    )
    return Rules(Money(cash, store.currency), Money(total, store.currency), days)


def change(session: Session, actor: Actor, rules: Rules) -> None:
    """What this store's salespeople may give back alone. Raises Invalid."""
    actor.require("settings.edit")
    seen = Reading()
    for name, amount in (("cash", rules.cash), ("total", rules.total)):
        if amount.minor < 0:
            seen.refuse(name, msg("A limit is not negative."))
    if not 0 <= rules.days <= MOST_DAYS:
        seen.refuse("days", msg("Between 0 and {most} days.", most=MOST_DAYS))
    seen.done()
    before = of_store(session, actor.store_id)
    row = session.scalar(select(ReturnRules).where(ReturnRules.store_id == actor.store_id))
    if row is None:
        row = ReturnRules(
            store_id=actor.store_id,
            cash_minor=rules.cash.minor,
            total_minor=rules.total.minor,
            days=rules.days,
        )
        session.add(row)
    else:
        row.cash_minor, row.total_minor = rules.cash.minor, rules.total.minor
        row.days = rules.days
    session.flush()
    audit.record(
        session,
        actor,
        "returns.rules_changed",
        subject=f"store:{actor.store_id}",
        before={"cash": before.cash, "total": before.total, "days": before.days},
        after={"cash": rules.cash, "total": rules.total, "days": rules.days},
    )


def require_allowed(
    session: Session,
    actor: Actor,
    order: Order,
    *,
    credited: Money,
    cash: Money,
    is_other_way: bool,
    approved_by: Actor | None,
) -> None:
    """Raises NeedsManager for what neither the actor nor who stands behind it may do.

    `is_other_way`: some of the money goes back by another way than it came.
    """
    if actor.may(APPROVE) or (approved_by is not None and approved_by.may(APPROVE)):
        return
    said = _reason(session, order, credited=credited, cash=cash, is_other_way=is_other_way)
    if said is not None:
        raise NeedsManager(said, field="pin")


def _reason(
    session: Session, order: Order, *, credited: Money, cash: Money, is_other_way: bool
) -> Text | None:
    rules = of_store(session, order.store_id)
    if cash > rules.cash:
        return msg(
            "More than {limit} from the drawer needs a manager’s PIN.",
            limit=rules.cash,
        )
    if credited > rules.total:
        return msg("A return of more than {limit} needs a manager’s PIN.", limit=rules.total)
    if is_other_way:
        return msg("Money that goes back by another way than it came needs a manager’s PIN.")
    if order.settled_at is None:
        return None
    store = desk.store_of(session, order.store_id)
    sold_on = desk.business_day_of(store, order.settled_at)
    if (desk.business_day_of(store, clock.now()) - sold_on).days > rules.days:
        return msg(
            "A return more than {days} days after the sale needs a manager’s PIN.", days=rules.days
        )
    return None
