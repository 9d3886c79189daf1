"""What a customer's page and privacy take from sales and robots."""

import pytest
from fastapi import FastAPI
from sqlalchemy.orm import Session

from app.customers import privacy
from app.kernel import clock
from app.kernel.errors import Refused
from app.robots import ownership
from app.sales import basket, orders
from tests.makers.browsing import a_browser
from tests.makers.sales import Counter, a_counter, a_robot


@pytest.fixture
def counter(session: Session) -> Counter:
    return a_counter(session)


def test_a_customers_page_shows_robots_and_sales(
    app: FastAPI, session: Session, counter: Counter
) -> None:
    robot = a_robot(session, counter)
    ownership.give_to(session, counter.manager, robot, counter.customer.id, at=clock.now())
    _basket(session, counter)
    session.commit()

    page = a_browser(app, counter.session_cookie).get(f"/customers/{counter.customer.number}")

    assert page.status_code == 200
    assert robot.serial in page.text
    assert "S-1" in page.text


def test_a_copy_of_the_data_names_robots_and_sales(session: Session, counter: Counter) -> None:
    _basket(session, counter)

    copy = privacy.export(session, counter.manager, counter.customer)

    assert copy["robots"] == []
    assert [sale["number"] for sale in copy["sales"]] == [1]  # type: ignore[attr-defined]


def test_nobody_is_forgotten_while_a_sale_is_open(session: Session, counter: Counter) -> None:
    _basket(session, counter)
    privacy.export(session, counter.manager, counter.customer)

    with pytest.raises(Refused, match="Sale 1 of this customer is not finished yet"):
        privacy.erase(session, counter.manager, counter.customer, reason="asked by letter")


def _basket(session: Session, counter: Counter) -> None:
    order = orders.open_order(session, counter.seller, till_id=counter.till.id)
    orders.set_customer(session, counter.seller, order, counter.customer.id)
    basket.add_product(session, counter.seller, order, counter.battery, quantity=1, minutes=30)
    session.flush()
