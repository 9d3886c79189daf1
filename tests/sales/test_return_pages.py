"""Returns as a person at the counter meets them: two steps, and nothing typed is lost."""

import pytest
from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.kernel.money import Money
from app.payments import refunds
from app.sales import orders, orderstatus
from app.sales.models import Order
from app.sales.orderstatus import OrderStatus
from app.sales.return_models import Exchange, Return
from tests.makers.books import breaches_of
from tests.makers.browsing import Browser, a_browser
from tests.makers.returning import bill_of, pieces, taken_back
from tests.makers.sales import PIN, Counter, a_counter, a_robot
from tests.makers.whole_sales import sold, sold_and_handed_over

pytestmark = pytest.mark.only_on("sqlite")

GOODS = {"quantity-1": "1", "condition-1": "as_new", "reason": "does not fit"}


@pytest.fixture
def counter(session: Session) -> Counter:
    return a_counter(session)


@pytest.fixture
def order(session: Session, counter: Counter) -> Order:
    made = sold(session, counter, batteries=3)
    session.commit()
    return made


@pytest.fixture
def seller(app: FastAPI, counter: Counter) -> Browser:
    return a_browser(app, counter.session_cookie)


@pytest.fixture
def manager(app: FastAPI, counter: Counter) -> Browser:
    return a_browser(app, counter.manager_cookie)


def the_return(session: Session) -> Return | None:
    session.rollback()
    found = session.scalar(select(Return))
    session.rollback()
    return found


def payment_of(session: Session, order: Order) -> int:
    (payment,) = refunds.returnable(session, bill_of(session, order))
    session.commit()
    return payment.attempt.id


def test_a_sale_offers_to_take_things_back(seller: Browser, order: Order) -> None:
    page = seller.get(f"/sales/{order.number}")

    assert f'href="/sales/{order.number}/return"' in page.text


def test_the_first_step_asks_what_comes_back(seller: Browser, order: Order) -> None:
    page = seller.get(f"/sales/{order.number}/return")

    assert page.status_code == 200
    assert "3 of 3 are still out." in page.text


def test_the_second_step_suggests_how_the_money_goes(seller: Browser, order: Order) -> None:
    asked = f"/sales/{order.number}/return?step=money&quantity-1=1&condition-1=as_new&reason=no"

    page = seller.get(asked)

    assert page.status_code == 200
    assert 'value="899.00"' in page.text
    assert "PIN of a manager" in page.text


def test_too_many_pieces_are_refused_at_their_field(seller: Browser, order: Order) -> None:
    asked = f"/sales/{order.number}/return?step=money&quantity-1=4&condition-1=used&reason=no"

    page = seller.get(asked)

    assert page.status_code == 422
    assert "Between 1 and 3 can come back." in page.text
    assert 'value="4"' in page.text


def test_a_manager_takes_a_piece_back(manager: Browser, session: Session, order: Order) -> None:
    back = {f"back-{payment_of(session, order)}": "899.00"}

    answer = manager.send(
        f"/sales/{order.number}/return", {"token": "t1", "then": "back", **GOODS, **back}
    )

    assert answer.status_code == 303
    made = the_return(session)
    assert made is not None
    assert made.credited_minor == 89_900
    assert refunds.refundable(session, bill_of(session, order)) == Money(0, "EUR")
    assert breaches_of(session) == []


def test_a_seller_needs_the_managers_pin_for_much_cash(
    seller: Browser, session: Session, order: Order
) -> None:
    back = {f"back-{payment_of(session, order)}": "899.00"}
    form, address = {"then": "back", **GOODS, **back}, f"/sales/{order.number}/return"

    refused = seller.send(address, {"token": "t1", **form})
    before = the_return(session)
    done = seller.send(address, {"token": "t2", "pin": PIN, **form})

    assert (refused.status_code, before) == (422, None)
    assert "manager’s PIN" in refused.text
    made = the_return(session)
    assert (done.status_code, made.approved_by if made else "") == (303, "Petra Krause")


def test_a_wrong_pin_is_said_and_nothing_comes_back(
    seller: Browser, session: Session, order: Order
) -> None:
    form = {"then": "keep", **GOODS}

    answer = seller.send(f"/sales/{order.number}/return", {"token": "t1", "pin": "0000", **form})

    assert answer.status_code == 422
    assert "This PIN is not right." in answer.text
    assert the_return(session) is None


def test_the_same_form_twice_takes_back_once(
    manager: Browser, session: Session, order: Order
) -> None:
    for _ in range(2):
        manager.send(f"/sales/{order.number}/return", {"token": "t1", "then": "keep", **GOODS})

    session.rollback()
    assert len(session.scalars(select(Return)).all()) == 1


def test_an_exchange_pays_for_the_next_sale(
    manager: Browser, session: Session, order: Order
) -> None:
    """One flow: take back, choose, pay with the value; the rest in cash."""
    begun = manager.send(
        f"/sales/{order.number}/return", {"token": "t1", "then": "exchange", **GOODS}
    )
    session.rollback()
    new_id = session.scalars(select(Exchange.to_order_id)).one()
    new = session.get_one(Order, new_id).number
    session.commit()
    manager.post("/counter/scan", htmx=True, code="CARE-24", scan_id="1")
    shown = manager.get("/counter")
    manager.post("/counter/pay/exchange", htmx=True, order=str(new), token="t2")
    manager.post("/counter/pay/cash", htmx=True, order=str(new), token="t3")

    assert begun.headers["location"] == "/counter"
    assert 'id="tender-exchange"' in shown.text
    session.expire_all()
    paid = orders.by_number(session, manager_of(order), new)
    assert orderstatus.of(session, paid) is OrderStatus.CLOSED
    assert refunds.refundable(session, bill_of(session, order)) == Money(0, "EUR")
    assert breaches_of(session) == []


def test_what_is_held_can_be_given_back_later(
    manager: Browser, session: Session, counter: Counter, order: Order
) -> None:
    taken_back(session, counter, order, refund=False)
    back = {f"back-{payment_of(session, order)}": "2697.00"}

    shown = manager.get(f"/sales/{order.number}/refund")
    done = manager.send(f"/sales/{order.number}/refund", {"token": "t1", "reason": "no", **back})
    after = manager.get(f"/sales/{order.number}")

    assert 'value="2697.00"' in shown.text
    assert done.status_code == 303
    assert "Refunded" in after.text


def test_a_robot_asks_for_its_owners_data(
    seller: Browser, session: Session, counter: Counter
) -> None:

    order = sold_and_handed_over(session, counter, a_robot(session, counter))
    session.commit()
    asked = f"/sales/{order.number}/return?step=money&quantity-1=1&condition-1=used&reason=no"

    page = seller.get(asked)

    assert page.status_code == 422
    assert "Say what became of the data in it." in page.text


def test_limits_are_changed_in_the_settings(
    manager: Browser, seller: Browser, session: Session, order: Order
) -> None:
    changed = manager.post("/settings/returns", token="t1", cash="1000.00", total="5000", days="14")
    back = {f"back-{payment_of(session, order)}": "899.00"}
    done = seller.send(
        f"/sales/{order.number}/return", {"token": "t2", "then": "back", **GOODS, **back}
    )

    assert (changed.status_code, done.status_code) == (303, 303)


@pytest.mark.usefixtures("order")
def test_limits_that_are_none_are_refused_at_their_field(manager: Browser) -> None:
    answer = manager.post("/settings/returns", token="t1", cash="much", total="5", days="-1")

    assert answer.status_code == 422
    assert 'value="much"' in answer.text


def manager_of(order: Order) -> Actor:
    return Actor(store_id=order.store_id, name="Petra Krause", role="manager")


def test_the_day_counts_less_what_came_back(
    manager: Browser, session: Session, counter: Counter, order: Order
) -> None:
    taken_back(session, counter, order, pieces(quantity=1))
    session.commit()

    page = manager.get("/")

    assert "€1,798.00" in page.text
