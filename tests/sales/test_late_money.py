"""Money that comes after somebody gave it up: never lost, never for goods that are gone."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from app import wiring
from app.kernel import clock
from app.kernel.errors import Conflict
from app.kernel.money import Money
from app.parts import stock
from app.payments import bills, booking, failures, settling, tills
from app.payments.intents import CANCELED, SUCCEEDED, IntentReport
from app.payments.models import Bill, PaymentAttempt
from app.payments.states import AttemptState
from app.robots import claims, registry
from app.robots.models import Unit
from app.sales import basket, checkout, lines, orders, orderstatus
from app.sales.errors import OrderLocked
from app.sales.models import Order
from app.sales.orderstatus import OrderStatus
from tests.makers.books import breaches_of
from tests.makers.sales import Counter
from tests.makers.whole_sales import a_basket, sold

SERIAL = "DEMO-G1-0001"


@pytest.fixture(autouse=True)
def reader(session: Session, counter: Counter) -> None:
    """A card reader stands at the till."""
    counter.till.reader_id = "tmr_1"
    session.commit()


@pytest.fixture
def unit(session: Session, counter: Counter) -> Unit:
    return registry.by_serial(session, counter.seller, SERIAL)


def asked(session: Session, counter: Counter, order: Order) -> PaymentAttempt:
    """A card payment that is on the reader's screen."""
    wiring.connect()
    attempt = checkout.start_card(session, counter.seller, order, amount=None)
    assert attempt is not None
    attempt.intent_id = f"pi_{attempt.id}"
    settling.move(session, attempt, AttemptState.PROCESSING)
    return attempt


def given_up(session: Session, counter: Counter, order: Order) -> PaymentAttempt:
    """The card service fell silent, and a manager set the payment aside."""
    attempt = asked(session, counter, order)
    settling.doubt(session, attempt, failures.SERVICE_SILENT)
    settling.move(session, attempt, AttemptState.CANCELLED, failure=failures.SET_ASIDE)
    return attempt


def told(session: Session, attempt: PaymentAttempt, status: str = SUCCEEDED) -> None:
    """What the card service says in the end."""
    taken = attempt.amount_minor if status == SUCCEEDED else 0
    report = IntentReport(
        id=attempt.intent_id or "",
        status=status,
        received=Money(taken, attempt.currency),
        livemode=False,
    )
    settling.apply(session, attempt, report, livemode=False)


def bill_of(session: Session, order: Order) -> Bill:
    found = bills.by_reference(session, order.store_id, orders.reference(order))
    assert found is not None
    return found


def kept_until(session: Session, unit: Unit) -> datetime | None:
    """When a claimed robot is free again; None: not by time."""
    held = claims.live_claim(session, unit.id)
    assert held is not None
    session.refresh(held)
    return held.expires_at


def test_it_completes_the_sale_that_waited(session: Session, counter: Counter, unit: Unit) -> None:
    order = a_basket(session, counter, unit, batteries=2)
    attempt = given_up(session, counter, order)

    told(session, attempt)
    told(session, attempt)

    assert attempt.entry_id is not None
    assert orderstatus.of(session, order) is OrderStatus.PAID
    assert breaches_of(session) == []


def test_a_sale_that_was_cancelled_meanwhile_stays_cancelled_and_the_money_is_listed(
    session: Session, counter: Counter
) -> None:
    order = a_basket(session, counter, batteries=2)
    attempt = given_up(session, counter, order)
    orders.cancel(session, counter.seller, order, reason="went home")

    told(session, attempt)

    assert (attempt.state, attempt.entry_id) == (AttemptState.CAPTURED, None)
    assert booking.unbooked_of(session, counter.store.id) == [attempt]
    assert f"Sale {order.number} was cancelled" in attempt.failure
    assert orderstatus.of(session, order) is OrderStatus.CANCELLED
    assert order.settled_at is None
    assert breaches_of(session) == []


def test_it_counts_for_the_basket_as_it_is_now(
    session: Session, counter: Counter, unit: Unit
) -> None:
    """More in it: a part is paid. Less in it: the rest is the customer's."""
    more, less = (a_basket(session, counter, batteries=count) for count in (1, 3))
    late = [given_up(session, counter, order) for order in (more, less)]
    basket.add_unit(session, counter.seller, more, unit, minutes=30)
    lines.set_quantity(session, counter.seller, less, less.lines[0], quantity=1, minutes=30)

    for attempt in late:
        told(session, attempt)

    price = counter.battery.price_minor
    assert orderstatus.of(session, more) is OrderStatus.PART_PAID
    assert bills.due(session, bill_of(session, more)).minor == counter.robot.price_minor
    assert orderstatus.of(session, less) is OrderStatus.CLOSED
    assert bills.paid(session, bill_of(session, less)).minor == 3 * price
    assert bill_of(session, less).total_minor == price
    assert stock.free(session, counter.battery.part_id or 0) == 8
    assert breaches_of(session) == []


def test_a_basket_that_was_emptied_is_not_sold(session: Session, counter: Counter) -> None:
    order = a_basket(session, counter, batteries=1)
    attempt = given_up(session, counter, order)
    lines.remove(session, counter.seller, order, order.lines[0])

    told(session, attempt)

    assert attempt.entry_id is None
    assert "nothing in this sale" in attempt.failure
    assert order.settled_at is None
    assert breaches_of(session) == []


def test_goods_that_went_to_another_are_not_sold_twice(
    session: Session, counter: Counter, unit: Unit
) -> None:
    """SER-01, STK-09: the robot, or more pieces than are left."""
    now = clock.now()
    with clock.set_to(now):
        robot = a_basket(session, counter, unit)
        few = a_basket(session, counter, batteries=6)
        late = [given_up(session, counter, order) for order in (robot, few)]
    with clock.set_to(now + timedelta(hours=1)):
        rival = sold(session, counter, unit, batteries=6)
        for attempt in late:
            told(session, attempt)

        assert rival.settled_at is not None
        assert [attempt.entry_id for attempt in late] == [None, None]
        assert [order.settled_at for order in (robot, few)] == [None, None]
        assert "was sold with sale" in late[0].failure
        assert "4 free" in late[1].failure
        assert stock.free(session, counter.battery.part_id or 0) == 4
        assert breaches_of(session) == []


def test_promised_pieces_are_not_taken_from_who_has_them_now(
    session: Session, counter: Counter
) -> None:
    now = clock.now()
    with clock.set_to(now):
        order = a_basket(session, counter, batteries=6)
        attempt = given_up(session, counter, order)
    with clock.set_to(now + timedelta(hours=1)):
        rival = a_basket(session, counter, batteries=6)
        told(session, attempt)

        assert attempt.entry_id is None
        checkout.pay_cash(session, counter.seller, rival, amount=None, tendered=None)
        assert breaches_of(session) == []


def test_while_it_is_not_booked_its_sale_takes_no_other_money(
    session: Session, counter: Counter
) -> None:
    """The till is closed: the money is known, the books are not open."""
    order = a_basket(session, counter, batteries=1)
    attempt = asked(session, counter, order)
    held = tills.require_open(session, counter.till.id)
    tills.close(session, counter.seller, held, Money(20_000, "EUR"))
    told(session, attempt)
    assert (attempt.state, attempt.entry_id) == (AttemptState.CAPTURED, None)
    with pytest.raises(OrderLocked):
        lines.remove(session, counter.seller, order, order.lines[0])
    with pytest.raises(Conflict):
        orders.cancel(session, counter.seller, order, reason="x")

    opened = tills.open_session(session, counter.seller, counter.till, Money(0, "EUR"))

    assert attempt.till_session_id == opened.id
    assert orderstatus.of(session, order) is OrderStatus.CLOSED
    assert breaches_of(session) == []


def test_a_till_opens_whatever_waits_for_it(session: Session, counter: Counter) -> None:
    """Money for a sale that changed while the till was closed must not keep it closed."""
    order = a_basket(session, counter, batteries=3)
    attempt = given_up(session, counter, order)
    held = tills.require_open(session, counter.till.id)
    tills.close(session, counter.seller, held, Money(20_000, "EUR"))
    lines.set_quantity(session, counter.seller, order, order.lines[0], quantity=2, minutes=30)
    told(session, attempt)

    tills.open_session(session, counter.seller, counter.till, Money(0, "EUR"))

    assert attempt.entry_id is not None
    assert orderstatus.of(session, order) is OrderStatus.CLOSED
    assert breaches_of(session) == []


def test_money_for_a_sale_that_was_paid_otherwise_is_kept_as_a_deposit(
    session: Session, counter: Counter
) -> None:
    """WHK-05: one sale, one invoice; what came twice is owed to the customer."""
    order = a_basket(session, counter, batteries=1)
    attempt = given_up(session, counter, order)
    checkout.pay_cash(session, counter.seller, order, amount=None, tendered=None)

    told(session, attempt)

    assert attempt.entry_id is not None
    assert bills.paid(session, bill_of(session, order)).minor == 2 * counter.battery.price_minor
    assert orderstatus.of(session, order) is OrderStatus.CLOSED
    assert breaches_of(session) == []


def test_a_payment_that_failed_lets_the_robot_go_in_time(
    session: Session, counter: Counter, unit: Unit
) -> None:
    order = a_basket(session, counter, unit)
    attempt = asked(session, counter, order)
    assert kept_until(session, unit) is None

    told(session, attempt, CANCELED)

    assert kept_until(session, unit) is not None
    lines.remove(session, counter.seller, order, order.lines[0])


def test_news_that_comes_late_changes_nothing_that_is_decided(
    session: Session, counter: Counter
) -> None:
    """WHK-07: in any order, twice, and never backwards."""
    order = a_basket(session, counter, batteries=1)
    attempt = asked(session, counter, order)
    told(session, attempt)
    booked = attempt.entry_id
    for status in (CANCELED, "processing", "requires_payment_method", SUCCEEDED):
        told(session, attempt, status)

    assert (attempt.state, attempt.entry_id) == (AttemptState.CAPTURED, booked)
    assert breaches_of(session) == []


@pytest.mark.parametrize(
    ("minor", "currency", "livemode"), [(1, "EUR", False), (0, "USD", False), (0, "EUR", True)]
)
def test_money_that_is_not_ours_pays_nothing(
    session: Session, counter: Counter, minor: int, currency: str, livemode: bool
) -> None:
    order = a_basket(session, counter, batteries=1)
    attempt = asked(session, counter, order)
    report = IntentReport(
        id="pi_1",
        status=SUCCEEDED,
        received=Money(attempt.amount_minor + minor, currency),
        livemode=livemode,
    )

    settling.apply(session, attempt, report, livemode=False)

    assert attempt.state is AttemptState.UNKNOWN
    assert orderstatus.of(session, order) is OrderStatus.OPEN
    assert breaches_of(session) == []
