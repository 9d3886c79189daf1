"""What pages show of returns; a fixed number of statements each, however much came back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.kernel.money import Money
from app.payments import refunds, standing
from app.payments.models import Bill
from app.payments.refund_models import Refund
from app.payments.standing import Standing
from app.payments.states import REFUND_LABELS, RefundState
from app.payments.till_reports import TENDER_LABELS
from app.sales import (
    creditnotes,
    exchanges,
    moneyback,
    orders,
    returnables,
    returns,
    vouchergoods,
)
from app.sales.models import Order
from app.sales.moneyback import Back, Way
from app.sales.return_models import Return
from app.sales.returnables import Returnable
from app.sales.returnrules import NeedsManager
from app.sales.returns import Item

REFUND_TONES = {
    RefundState.STARTED: "info",
    RefundState.PROCESSING: "info",
    RefundState.PAID_OUT: "ok",
    RefundState.FAILED: "bad",
    RefundState.UNKNOWN: "bad",
    RefundState.CAME_BACK: "bad",
}


@dataclass(frozen=True, slots=True)
class Panel:
    """What a sale's page says of what came back and went back."""

    returns: Sequence[tuple[Return, str, Money]]
    refunds: Sequence[tuple[Refund, Money]]
    held: Money
    exchanged_for: Sequence[Order]
    exchanged_from: Order | None
    can_return: bool

    @property
    def is_empty(self) -> bool:
        """Nothing happened, and nothing can."""
        return not (
            self.returns
            or self.refunds
            or self.held
            or self.exchanged_for
            or self.exchanged_from
            or self.can_return
        )


def panel(
    session: Session,
    order: Order,
    *,
    stands: Standing | None = None,
    returned: Mapping[int, int] | None = None,
) -> dict[str, Any]:
    """For a sale's page; nothing is asked of the database before anything was paid.

    `stands` is how the bill stands and `returned` what came back, where that is known.
    """
    if order.placed_at is None:
        source = exchanges.source_of(session, order)
        nothing = Money(0, order.currency)
        shown = Panel([], [], nothing, [], source, can_return=False)
        return {"coming_back": shown, "came_back": {}}
    bill = orders.bill_of(session, order)
    gone = refunds.of_bill(session, bill) if bill else []
    lines = returnables.of_order(session, order, returned=returned) if order.settled_at else []
    made = returns.of_order(session, order)
    is_over = order.settled_at is not None or order.cancelled_at is not None
    held = Money(0, order.currency)
    if is_over and bill is not None:
        held = refunds.held_of(stands or standing.of(session, bill), gone)
    shown = Panel(
        returns=[
            (row, creditnotes.label(row.number), Money(row.credited_minor, row.currency))
            for row in made
        ],
        refunds=[(row, Money(row.amount_minor, row.currency)) for row in gone],
        held=held,
        exchanged_for=exchanges.targets_of(session, order),
        exchanged_from=exchanges.source_of(session, order),
        can_return=any(line.can_return for line in lines),
    )
    return {
        "coming_back": shown,
        "came_back": {one.line.id: one.returned for one in lines if one.returned},
        "refund_labels": REFUND_LABELS,
        "refund_tones": REFUND_TONES,
        "tender_labels": TENDER_LABELS,
    }


def lines(session: Session, order: Order) -> list[Returnable]:
    """What can come back first, robots before what belongs to them."""
    return returnables.of_order(session, order)


@dataclass(frozen=True, slots=True)
class MoneyView:
    """What is credited, what the store then holds, and how it would go back."""

    credited: Money
    off_terms: Money
    held: Money
    ways: Sequence[Way]
    needs_manager: NeedsManager | None


def money(session: Session, actor: Actor, order: Order, items: Sequence[Item] | None) -> MoneyView:
    """The second step of a return; without items, of what is held already."""
    nothing = Money(0, order.currency)
    bill = orders.bill_of(session, order)
    if bill is None:
        return MoneyView(nothing, nothing, nothing, [], None)
    credited = returns.quote(session, order, items) if items is not None else nothing
    held = moneyback.after_credit(session, bill, credited)
    off_terms = min(standing.of(session, bill).on_terms, credited)
    coming = {item.position for item in items or ()}
    leaving = [line.unit_id for line in order.lines if line.position in coming and line.unit_id]
    owed = vouchergoods.owed_back(session, order, bill, leaving=leaving)
    ways = moneyback.ways(session, bill, held, owed=owed)
    said = None if items is None else credited
    limit = _limit(session, actor, order, bill, credited=said, ways=ways)
    return MoneyView(credited, off_terms, held, ways, limit)


def _limit(
    session: Session,
    actor: Actor,
    order: Order,
    bill: Bill,
    *,
    credited: Money | None,
    ways: Sequence[Way],
) -> NeedsManager | None:
    """Why the suggested way needs a second person, if it does."""
    try:
        moneyback.require_allowed(
            session, actor, order, bill, plan_of(ways), credited=credited, approved_by=None
        )
    except NeedsManager as limit:
        return limit
    return None


def plan_of(ways: Sequence[Way]) -> list[Back]:
    """The suggestion as a plan."""
    return [Back(way.attempt.id, way.suggested, way.tender) for way in ways if way.suggested]
