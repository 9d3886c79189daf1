"""How a sale is taxed, on its pages and for programs."""

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.payments.treatments import Treatment
from app.sales import orders
from app.sales.models import Order
from tests.makers.browsing import Browser, a_browser
from tests.makers.programs import Program, a_program
from tests.makers.sales import PIN, Counter, a_counter
from tests.makers.whole_sales import a_basket, sold

pytestmark = pytest.mark.only_on("sqlite")


@pytest.fixture
def counter(session: Session) -> Counter:
    """A shop with two batteries in a basket."""
    made = a_counter(session)
    a_basket(session, made, batteries=2)
    session.commit()
    return made


@pytest.fixture
def till(app: FastAPI, counter: Counter) -> Browser:
    return a_browser(app, counter.session_cookie)


@pytest.fixture
def shop(session: Session, client: TestClient, counter: Counter) -> Program:
    return a_program(session, client, counter)


def order_of(session: Session, counter: Counter) -> Order:
    session.rollback()
    session.expire_all()
    return orders.by_number(session, counter.seller, 1)


def test_the_page_of_a_sale_says_how_it_is_taxed_and_why(till: Browser) -> None:
    page = till.get("/sales/1").text

    assert "Taxed here" in page
    assert "The customer is in this country." in page
    assert 'href="/sales/1/tax"' in page


def test_a_seller_taxes_otherwise_with_a_managers_pin(
    till: Browser, session: Session, counter: Counter
) -> None:
    answer = till.post(
        "/sales/1/tax", treatment="exempt", reason="Embassy of Norway", pin=PIN, token="t1"
    )

    assert (answer.status_code, answer.headers["location"]) == (303, "/sales/1")
    order = order_of(session, counter)
    assert (order.tax_treatment, order.tax_by) == (Treatment.EXEMPT, "Petra Krause")
    page = till.get("/sales/1").text
    assert "Embassy of Norway (Petra Krause)" in page
    assert "Exempt from VAT" in till.get("/counter").text


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"treatment": "exempt", "reason": ""}, "Please fill this in."),
        ({"treatment": "exempt", "reason": "embassy"}, "A manager allows this with the PIN."),
        ({"treatment": "free", "reason": "embassy"}, "Choose how it is taxed."),
        (
            {"treatment": "union", "reason": "they said so", "pin": PIN},
            "VAT ID of another EU country",
        ),
    ],
)
def test_what_is_missing_stands_beside_its_field(
    till: Browser, typed: dict[str, str], sentence: str
) -> None:
    answer = till.send("/sales/1/tax", {**typed, "token": "t2"})

    assert answer.status_code == 422
    assert sentence in answer.text
    assert typed["reason"] in answer.text


def test_the_rule_can_be_brought_back(till: Browser, session: Session, counter: Counter) -> None:
    till.post("/sales/1/tax", treatment="exempt", reason="embassy", pin=PIN, token="t1")

    till.post("/sales/1/tax/rule", token="t2")

    order = order_of(session, counter)
    assert (order.tax_treatment, order.tax_reason) == (Treatment.HOME, "")
    assert order.lines[0].unit_price_minor == 89_900


def test_a_paid_sale_offers_no_other_tax(app: FastAPI, session: Session) -> None:
    counter = a_counter(session, code="DRE")
    sold(session, counter, batteries=1)
    session.commit()

    page = a_browser(app, counter.session_cookie).get("/sales/1").text

    assert 'href="/sales/1/tax"' not in page


def test_a_program_taxes_otherwise_and_by_rule_again(shop: Program) -> None:
    other = shop.post("/orders/1/tax", {"treatment": "exempt", "reason": "embassy"}).json()
    back = shop.post("/orders/1/tax", {"treatment": None}).json()

    assert (other["tax_treatment"], other["tax"]["amount"]) == ("exempt", 0)
    assert [line["tax_category"] for line in other["lines"]] == ["exempt"]
    assert (back["tax_treatment"], back["gross"]["amount"]) == ("home", 179_800)
