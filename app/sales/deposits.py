"""Deposits: what is asked beforehand, how it stands, and what is kept when the customer cancels.

Money that came lies on the deposits account, a liability, until the sale is recognised. What is
kept of it becomes revenue with its tax, by the rates of what was ordered; the rest goes back.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, NotFound, Refused
from app.kernel.money import Money, half_up
from app.kernel.searchkeys import clean
from app.kernel.tax import BASIS
from app.kernel.text import msg
from app.parts import reservations
from app.payments import bills, refunds, refundslips, standing
from app.payments.models import Account, Bill, IssuedDocument, Tender, TillSession
from app.robots import claims
from app.sales import keptfee, moneyback, orders, totals, waiting
from app.sales.models import Order
from app.sales.quote_models import OrderDeposit
from app.stores import desk

DAYS = 14


@dataclass(frozen=True, slots=True)
class Rule:
    """Until when a deposit is paid, and what is kept of it after `free_until`."""

    due_on: date
    free_until: date | None = None
    keep_bp: int = 0


@dataclass(frozen=True, slots=True)
class Stands:
    """How it is with a deposit: `due` of it on `due_on`; `paid` is what came for the order."""

    asked: Money
    paid: Money
    due_on: date
    is_late: bool

    @property
    def due(self) -> Money:
        return max(self.asked - self.paid, Money(0, self.asked.currency))


def rule_from(day: date, *, days: int = DAYS, free_days: int = 0, keep_bp: int = 0) -> Rule:
    """A rule that counts from the store's `day`."""
    return Rule(
        due_on=day + timedelta(days=days),
        free_until=day + timedelta(days=free_days) if free_days or not keep_bp else None,
        keep_bp=keep_bp,
    )


def ask(session: Session, actor: Actor, order: Order, amount: Money, *, rule: Rule) -> OrderDeposit:
    """Ask for a deposit, or change what was asked while nothing of it was paid.

    Raises Refused above the order's total, Conflict once money came.
    """
    actor.require("counter.sell")
    _require_unfinished(order)
    total = totals.of_order(order).gross
    if amount.currency != order.currency:
        raise Refused(msg("This sale is in {currency}.", currency=order.currency), field="deposit")
    if not 0 < amount.minor <= total.minor:
        raise Refused(
            msg("A deposit is more than nothing and at most {total}.", total=total), field="deposit"
        )
    if not 0 <= rule.keep_bp <= BASIS:
        raise Refused(msg("A share is between 0 and 100 %."), field="keep")
    bill = orders.bill_of(session, order)
    if bill is not None and bills.paid(session, bill):
        raise Conflict(msg("Money for sale {number} came already.", number=order.number))
    deposit = of_order(session, order)
    before = deposit.asked_minor if deposit else None
    if deposit is None:
        deposit = OrderDeposit(
            order_id=order.id,
            asked_minor=amount.minor,
            due_on=rule.due_on,
            free_until=rule.free_until,
            keep_bp=rule.keep_bp,
            asked_at=clock.now(),
            asked_by=actor.name,
        )
        session.add(deposit)
    else:
        deposit.asked_minor, deposit.due_on = amount.minor, rule.due_on
        deposit.free_until, deposit.keep_bp = rule.free_until, rule.keep_bp
        deposit.asked_at, deposit.asked_by = clock.now(), actor.name
    session.flush()
    audit.record(
        session,
        actor,
        "deposit.asked",
        subject=orders.reference(order),
        before={"asked": before},
        after={"asked": amount, "due_on": rule.due_on, "keep_bp": rule.keep_bp},
    )
    return deposit


def of_order(session: Session, order: Order) -> OrderDeposit | None:
    return session.scalar(select(OrderDeposit).where(OrderDeposit.order_id == order.id))


def stands(session: Session, order: Order) -> Stands | None:
    """How the deposit of an order stands; None where none was asked or the order is over."""
    deposit = of_order(session, order)
    if deposit is None:
        return None
    bill = orders.bill_of(session, order)
    paid = bills.paid(session, bill) if bill else Money(0, order.currency)
    return as_paid(deposit, paid, today_of(session, order))


def as_paid(deposit: OrderDeposit, paid: Money, today: date) -> Stands | None:
    """The same on facts at hand: what came for the order, and the store's day."""
    if deposit.ended_at is not None:
        return None
    asked = Money(deposit.asked_minor, paid.currency)
    return Stands(asked, paid, deposit.due_on, is_late=paid < asked and today > deposit.due_on)


def today_of(session: Session, order: Order) -> date:
    """The day of the order's store."""
    return desk.business_day_of(desk.store_of(session, order.store_id))


def require_stands(session: Session, order: Order) -> Stands:
    """As `stands`; raises NotFound where none is asked."""
    found = stands(session, order)
    if found is None:
        raise NotFound(msg("No deposit is asked for sale {number}.", number=order.number))
    return found


def next_payment(session: Session, order: Order) -> Money:
    """What is to be paid next: what is open of the deposit, else of the whole order. Paid twice,
    a deposit is simply more of the order.
    """
    bill = orders.bill_of(session, order)
    due = bills.due(session, bill) if bill else totals.of_order(order).gross
    deposit = stands(session, order)
    return min(deposit.due, due) if deposit is not None and deposit.due else due


def fee_of(session: Session, order: Order) -> Money:
    """What would be kept if the order were cancelled today: the rule's share, of what came."""
    deposit, bill = of_order(session, order), orders.bill_of(session, order)
    if deposit is None or bill is None:
        return Money(0, order.currency)
    own = customers_own(session, bill, standing.of(session, bill).held)
    return fee(deposit, own, today_of(session, order))


def customers_own(session: Session, bill: Bill, held: Money) -> Money:
    """What is held of the customer without what an authority paid: of that nothing is kept."""
    if not held:
        return held
    vouchers = [
        one.left
        for one in refunds.returnable(session, bill)
        if one.attempt.tender is Tender.VOUCHER
    ]
    return max(held - sum(vouchers, Money(0, held.currency)), Money(0, held.currency))


def fee(deposit: OrderDeposit, held: Money, today: date) -> Money:
    """The same on facts at hand: what is held of the customer's own, and the store's day."""
    if deposit.free_until is not None and today <= deposit.free_until:
        return Money(0, held.currency)
    share = Money(half_up(deposit.asked_minor * deposit.keep_bp, BASIS), held.currency)
    return min(share, held)


def cancel(
    session: Session,
    actor: Actor,
    order: Order,
    *,
    reason: str,
    till_session: TillSession | None = None,
) -> IssuedDocument | None:
    """Cancel an order that is not complete: the fee of its rule is kept, the rest goes back by the
    ways that it came. The fee's invoice, if there is one.

    Cash goes out of the drawer of `till_session`. What a robot in trade or another sale paid is
    held for the customer, until it is given out or exchanged (`moneyback`, `exchanges`).
    """
    actor.require("payments.refund")
    fee = fee_of(session, order)
    return _cancel(session, actor, order, fee, reason=reason, till_session=till_session)


def cancel_free(
    session: Session,
    actor: Actor,
    order: Order,
    *,
    reason: str,
    till_session: TillSession | None = None,
) -> None:
    """The same, and nothing is kept whatever the rule says: a manager's kindness."""
    actor.require("orders.cancel")
    fee = Money(0, order.currency)
    _cancel(session, actor, order, fee, reason=reason, till_session=till_session)


def _cancel(
    session: Session,
    actor: Actor,
    order: Order,
    fee: Money,
    *,
    reason: str,
    till_session: TillSession | None,
) -> IssuedDocument | None:
    _require_unfinished(order)
    reason = clean(reason)[:200]
    if not reason:
        raise Refused(msg("Say why the sale is cancelled."), field="reason")
    bill = orders.bill_of(session, order)
    if bill is not None:
        bills.require_quiet(session, bill)
    _let_go(session, order)
    deposit = of_order(session, order)
    if deposit is not None:
        deposit.kept_minor = fee.minor
    order.cancelled_at, order.cancel_reason = clock.now(), reason
    session.flush()
    audit.record(
        session,
        actor,
        "order.cancelled",
        subject=orders.reference(order),
        before={"lines": len(order.lines)},
        after={"kept": fee},
        reason=reason,
    )
    if bill is None:
        return None
    bills.end_with(session, actor, bill, fee)
    document = _keep(session, actor, order, bill, fee) if fee else None
    _give_back(session, actor, bill, reason=reason, till_session=till_session)
    return document


def _let_go(session: Session, order: Order) -> None:
    """Robots and pieces are free again; nobody waits and no deposit is asked."""
    owner = orders.reference(order)
    for line in order.lines:
        if line.unit_id is not None:
            claims.release(session, line.unit_id, owner=owner)
    reservations.release(session, owner, store_id=order.store_id)
    waiting.end(session, order)


def _keep(session: Session, actor: Actor, order: Order, bill: Bill, fee: Money) -> IssuedDocument:
    """The fee becomes revenue with its tax, and gets its invoice."""
    taxes = keptfee.taxes(order, fee)
    bills.recognise(
        session,
        actor,
        bill,
        revenue={Account.REVENUE_SERVICES: sum(tax.net for tax in taxes)},
        tax_minor=sum(tax.tax for tax in taxes),
        taxes=taxes,
    )
    return keptfee.invoice(session, actor, order, fee, taxes)


def _give_back(
    session: Session, actor: Actor, bill: Bill, *, reason: str, till_session: TillSession | None
) -> None:
    """All that is still held, each by the way that it came, if it has one: to authorities first,
    then the newest payment first.
    """
    left = refunds.refundable(session, bill)
    payments = refunds.returnable(session, bill)
    for payment in sorted(payments, key=lambda one: one.attempt.tender is not Tender.VOUCHER):
        part = min(payment.left, left)
        if not part or payment.attempt.tender in moneyback.NEVER_BACK:
            continue
        refund = refunds.start(
            session,
            actor,
            bill,
            payment.attempt,
            part,
            reason=reason,
            till_session=till_session if payment.attempt.tender is Tender.CASH else None,
        )
        refundslips.post(session, refund)
        left -= part


def _require_unfinished(order: Order) -> None:
    if order.cancelled_at is not None:
        raise Conflict(msg("Sale {number} was cancelled.", number=order.number))
    if order.settled_at is not None:
        raise Conflict(
            msg("Sale {number} is complete. Take it back as a return.", number=order.number),
            link=f"/sales/{order.number}",
        )
