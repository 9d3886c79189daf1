"""Deposits: asked, paid, kept by rule when the customer cancels; and who waits for a robot."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel import clock
from app.kernel.errors import Conflict, Forbidden, Refused
from app.kernel.money import Money
from app.kernel.tax import tax_within
from app.payments import arrivals, bills, issuing, journal, standing, tills
from app.payments.documents import DocumentKind
from app.payments.errors import OverTender
from app.payments.models import Account, Bill
from app.robots import ownership
from app.robots.models import Unit
from app.robots.states import UnitState
from app.sales import (
    checklists,
    checkout,
    deposits,
    handovers,
    inspections,
    lines,
    orders,
    orderstatus,
    preorders,
)
from app.sales.checklists import Answer, Answered
from app.sales.errors import OrderLocked
from app.sales.models import Order
from app.sales.orderstatus import OrderStatus
from app.sales.quote_models import PreOrder
from tests.makers.books import breaches_of
from tests.makers.quotes import a_quote, accepted
from tests.makers.robots import a_unit
from tests.makers.sales import Counter, a_robot

TOTAL = 1_350_000 + 89_900
DEPOSIT = 200_000


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def an_order(session: Session, counter: Counter, *, keep_bp: int = 0, free_days: int = 0) -> Order:
    """A robot that is not here yet and a battery, accepted with a deposit of 2,000.00."""
    quote = a_quote(session, counter, deposit_minor=DEPOSIT, keep_bp=keep_bp, free_days=free_days)
    return accepted(session, counter, quote)


def bill_of(session: Session, order: Order) -> Bill:
    bill = orders.bill_of(session, order)
    assert bill is not None
    return bill


def pay(session: Session, counter: Counter, order: Order, minor: int) -> None:
    arrivals.receive(
        session, counter.manager, bill_of(session, order), amount=eur(minor), note="bank 7"
    )


def test_a_deposit_by_transfer_makes_the_order_part_paid(
    session: Session, counter: Counter
) -> None:
    order = an_order(session, counter)

    pay(session, counter, order, DEPOSIT)

    assert orderstatus.of(session, order) is OrderStatus.PART_PAID
    assert deposits.next_payment(session, order) == eur(TOTAL - DEPOSIT)
    assert breaches_of(session) == []


def test_paid_twice_a_deposit_is_more_of_the_order(session: Session, counter: Counter) -> None:
    order = an_order(session, counter)

    pay(session, counter, order, DEPOSIT)
    pay(session, counter, order, DEPOSIT)

    assert bills.due(session, bill_of(session, order)) == eur(TOTAL - 2 * DEPOSIT)


def test_more_than_the_order_is_never_taken(session: Session, counter: Counter) -> None:
    order = an_order(session, counter)

    with pytest.raises(OverTender):
        pay(session, counter, order, TOTAL + 1)


def test_cancelled_later_a_share_is_kept_with_its_tax(session: Session, counter: Counter) -> None:
    order = an_order(session, counter, keep_bp=2500, free_days=3)
    pay(session, counter, order, DEPOSIT)
    fee = DEPOSIT // 4

    with clock.set_to(clock.now() + timedelta(days=5)):
        document = deposits.cancel(session, counter.seller, order, reason="went elsewhere")

    assert document is not None
    stands = standing.of(session, bill_of(session, order))
    assert (stands.total, stands.paid, stands.held) == (eur(fee), eur(fee), eur(0))
    tax = journal.balance(session, counter.store.id, Account.TAX, "EUR")
    assert tax == eur(-tax_within(fee, 1900))
    assert issuing.content_of(document).totals.gross == eur(fee)
    assert breaches_of(session) == []


def test_cancelled_in_time_all_goes_back(session: Session, counter: Counter) -> None:
    order = an_order(session, counter, keep_bp=2500, free_days=3)
    pay(session, counter, order, DEPOSIT)

    document = deposits.cancel(session, counter.seller, order, reason="went elsewhere")

    assert document is None
    assert bills.paid(session, bill_of(session, order)) == eur(0)
    assert orderstatus.of(session, order) is OrderStatus.CANCELLED
    assert breaches_of(session) == []


def test_only_a_manager_keeps_nothing_against_the_rule(session: Session, counter: Counter) -> None:
    order = an_order(session, counter, keep_bp=10_000)
    pay(session, counter, order, DEPOSIT)

    with pytest.raises(Forbidden):
        deposits.cancel_free(session, counter.seller, order, reason="a friend")
    deposits.cancel_free(session, counter.manager, order, reason="our delay")

    assert bills.paid(session, bill_of(session, order)) == eur(0)
    assert breaches_of(session) == []


def test_cash_goes_back_out_of_a_drawer(session: Session, counter: Counter) -> None:
    order = an_order(session, counter)
    checkout.pay_cash(
        session,
        counter.seller,
        order,
        amount=eur(DEPOSIT),
        tendered=None,
        till_id=counter.till.id,
    )
    drawer = tills.require_open(session, counter.till.id)

    with pytest.raises(Refused), session.begin_nested():
        deposits.cancel(session, counter.seller, order, reason="went elsewhere")
    order = orders.by_number(session, counter.seller, order.number)
    deposits.cancel(session, counter.seller, order, reason="went elsewhere", till_session=drawer)

    assert journal.cash_in_drawer(session, drawer.id, "EUR") == eur(20_000)
    assert breaches_of(session) == []


def test_a_deposit_is_not_asked_above_the_total(session: Session, counter: Counter) -> None:
    order = an_order(session, counter)
    rule = deposits.rule_from(clock.now().date())

    with pytest.raises(Refused):
        deposits.ask(session, counter.seller, order, eur(TOTAL + 1), rule=rule)


def test_paid_whole_without_a_robot_it_waits(session: Session, counter: Counter) -> None:
    """The money is a deposit until there is something to hand over."""
    order = an_order(session, counter)

    pay(session, counter, order, TOTAL)

    assert order.settled_at is None
    assert orderstatus.of(session, order) is OrderStatus.PAID
    with pytest.raises(Conflict):
        handovers.require_ready(session, counter.seller, order)
    assert breaches_of(session) == []


def test_with_its_robot_a_paid_order_is_complete(session: Session, counter: Counter) -> None:
    order = an_order(session, counter)
    pay(session, counter, order, TOTAL)
    unit = a_robot(session, counter, "DEMO-G1-0002")

    preorders.allocate(session, counter.seller, waiting(session, order), unit)

    assert order.settled_at is not None
    assert unit.state is UnitState.SOLD
    papers = issuing.documents_of(session, order.store_id, orders.reference(order))
    assert [paper.kind for paper in papers] == [DocumentKind.INVOICE]
    assert breaches_of(session) == []


@pytest.mark.only_on("sqlite")
def test_who_waits_for_a_new_robot_gets_no_used_one(session: Session, counter: Counter) -> None:
    order = an_order(session, counter)
    pay(session, counter, order, DEPOSIT)
    used = a_robot(session, counter, "DEMO-G1-0009")
    ownership.give_to(session, counter.manager, used, counter.customer.id, at=clock.now())
    ownership.end(session, counter.manager, used, at=clock.now())

    with pytest.raises(Refused, match="has had an owner"):
        preorders.allocate(session, counter.seller, waiting(session, order), used)

    (queue,) = preorders.queues(session, counter.seller)
    assert used not in queue.free


def test_a_robot_given_before_its_inspection_completes_the_order_after(
    session: Session, counter: Counter
) -> None:
    order = an_order(session, counter)
    pay(session, counter, order, TOTAL)
    unit = a_unit(
        session, counter.store, "DEMO-G1-0003", model=counter.model, state=UnitState.RECEIVED
    )
    preorders.allocate(session, counter.seller, waiting(session, order), unit)
    assert not preorders.finish(session, counter.seller, order)

    pass_inspection(session, counter, unit)

    assert order.settled_at is not None
    assert breaches_of(session) == []


def test_the_turn_begins_with_the_deposit(session: Session, counter: Counter) -> None:
    first, second = an_order(session, counter), an_order(session, counter)
    pay(session, counter, second, DEPOSIT)
    pay(session, counter, first, DEPOSIT)

    (queue,) = preorders.queues(session, counter.seller)

    assert [place.order.id for place in queue.places] == [second.id, first.id]


def test_out_of_turn_takes_a_reason_and_a_manager(session: Session, counter: Counter) -> None:
    first, second = an_order(session, counter), an_order(session, counter)
    for order in (first, second):
        pay(session, counter, order, DEPOSIT)
    unit, late = a_robot(session, counter, "DEMO-G1-0002"), waiting(session, second)

    with pytest.raises(Refused, match="next"):
        preorders.allocate(session, counter.manager, late, unit)
    with pytest.raises(Forbidden):
        preorders.allocate(session, counter.seller, late, unit, reason="shouted loudest")
    preorders.allocate(session, counter.manager, late, unit, reason="trade fair on Monday")

    assert late.override_reason == "trade fair on Monday"
    assert breaches_of(session) == []


def test_free_robots_go_to_those_who_are_next(session: Session, counter: Counter) -> None:
    waits = [an_order(session, counter) for _ in range(3)]
    for order in waits:
        pay(session, counter, order, DEPOSIT)
    for serial in ("DEMO-G1-0002", "DEMO-G1-0003"):
        a_robot(session, counter, serial)
    keep = session.scalars(select(Unit).where(Unit.serial == "DEMO-G1-0001")).one()
    keep.state = UnitState.RETIRED

    given = preorders.allocate_in_turn(session, counter.seller, counter.model.id)

    assert given == 2
    assert waiting(session, waits[2]).unit_id is None


def test_what_was_accepted_is_not_changed_at_the_counter(
    session: Session, counter: Counter
) -> None:
    order = an_order(session, counter)

    with pytest.raises(OrderLocked):
        lines.remove(session, counter.seller, order, order.lines[0])


def test_a_cancelled_order_leaves_the_queue(session: Session, counter: Counter) -> None:
    order = an_order(session, counter)

    deposits.cancel(session, counter.seller, order, reason="too slow")

    assert preorders.queues(session, counter.seller) == []
    assert breaches_of(session) == []


def waiting(session: Session, order: Order) -> PreOrder:
    return session.scalars(select(PreOrder).where(PreOrder.order_id == order.id)).one()


def pass_inspection(session: Session, counter: Counter, unit: Unit) -> None:
    checklist = inspections.checklist_for(session, counter.seller, unit)
    answers = {item.key: Answered(Answer.OK) for item in checklists.items_of(checklist)}
    inspections.record(session, counter.seller, unit, checklist, answers)
