"""Pages of a sale and its customer ask the database little, and no more for many lines than few."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.kernel.money import Money
from app.sales import basket, catalogue, checkout, quotelinks
from app.sales.catalogue import ProductInput
from app.sales.models import Category, ProductKind
from tests.makers.browsing import a_browser
from tests.makers.quotes import a_quote, accepted
from tests.makers.sales import Counter, a_counter, a_robot
from tests.makers.whole_sales import a_basket, handed_over
from tests.robots.conftest import listening

MOST = 15


@pytest.fixture
def counter(session: Session) -> Counter:
    return a_counter(session)


@pytest.fixture
def asked(app: FastAPI) -> Iterator[list[str]]:
    """Every SQL statement of the service from here on."""
    with listening(app.state.database) as seen:
        yield seen


def a_whole_sale(session: Session, counter: Counter, *, lines: int) -> None:
    """Robot, batteries and services, paid and handed over."""
    order = a_basket(session, counter, a_robot(session, counter), batteries=1)
    for number in range(lines):
        service = catalogue.add(
            session,
            counter.manager,
            ProductInput(
                code=f"SVC-{number}",
                name=f"Service {number}",
                kind=ProductKind.SERVICE,
                category=Category.SERVICES,
                price=Money(1_000, "EUR"),
                tax_code="standard",
            ),
        )
        basket.add_product(session, counter.seller, order, service, quantity=1, minutes=30)
    checkout.pay_cash(session, counter.seller, order, amount=None, tendered=None)
    handed_over(session, counter, order)
    session.commit()


@pytest.mark.parametrize("lines", [0, 20])
def test_a_sale_and_its_customer_are_few_statements(
    session: Session, counter: Counter, app: FastAPI, asked: list[str], lines: int
) -> None:
    a_whole_sale(session, counter, lines=lines)
    browser = a_browser(app, counter.manager_cookie)

    for address in ("/sales/1", f"/customers/{counter.customer.number}", "/sales"):
        asked.clear()
        assert browser.get(address).status_code == 200
        assert 0 < len(asked) <= MOST, f"{address}: " + "\n".join(asked)


def test_an_accepted_offer_is_few_statements(
    session: Session, counter: Counter, app: FastAPI, asked: list[str]
) -> None:
    quote = a_quote(session, counter, deposit_minor=200_000)
    token = quotelinks.new(session, counter.seller, quote)
    accepted(session, counter, quote)
    session.commit()
    asked.clear()

    page = TestClient(app).get(f"/o/{token}")

    assert page.status_code == 200
    assert 0 < len(asked) <= MOST, "\n".join(asked)
