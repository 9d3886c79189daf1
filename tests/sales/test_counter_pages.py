"""The counter as a person meets it: scan, pay, done."""

import pytest
from fastapi import FastAPI
from sqlalchemy.orm import Session

from app.sales import orders, orderstatus
from tests.makers.browsing import Browser, a_browser
from tests.makers.sales import Counter, a_counter, a_robot

pytestmark = pytest.mark.only_on("sqlite")  # pages alike on both: test_pages_answer


@pytest.fixture
def counter(session: Session) -> Counter:
    made = a_counter(session)
    a_robot(session, made)
    session.commit()
    return made


@pytest.fixture
def till(app: FastAPI, counter: Counter) -> Browser:
    return a_browser(app, counter.session_cookie)


def test_the_empty_counter_says_what_to_do(till: Browser) -> None:
    page = till.get("/counter")

    assert page.status_code == 200
    assert "Nothing in this sale yet" in page.text
    assert "Unitree G1" in page.text


def test_a_scanned_robot_lies_in_the_cart(till: Browser) -> None:
    answer = till.post("/counter/scan", htmx=True, code=" demo-g1-0001 ", scan_id="1")

    assert answer.status_code == 200
    assert answer.headers["X-Scan"] == "hit"
    assert "DEMO-G1-0001" in answer.text
    assert "<html" not in answer.text


def test_the_same_serial_twice_is_refused_with_a_sentence(till: Browser) -> None:
    till.post("/counter/scan", htmx=True, code="DEMO-G1-0001", scan_id="1")

    again = till.post("/counter/scan", htmx=True, code="DEMO-G1-0001", scan_id="2")

    assert again.status_code == 409
    assert "already on this sale" in again.text
    assert again.headers["HX-Retarget"] == "#notice"


def test_a_robot_with_a_battery_is_sold_for_cash(
    till: Browser, session: Session, counter: Counter
) -> None:
    till.post("/counter/scan", htmx=True, code="DEMO-G1-0001", scan_id="1")
    till.post("/counter/scan", htmx=True, code="BAT-G1", scan_id="2")
    till.post("/counter/scan", htmx=True, code=f"C-{counter.customer.number}", scan_id="3")

    paid = till.post("/counter/pay/cash", htmx=True, order="1", tendered="15000", token="t1")

    assert paid.status_code == 200, paid.text
    assert "Sale 1 is paid" in paid.text
    assert "€601.00" in paid.text
    session.rollback()
    order = orders.by_number(session, counter.seller, 1)
    assert orderstatus.of(session, order) is orderstatus.OrderStatus.PAID


@pytest.mark.parametrize("what", ["cash", "transfer", "split", "quote", "void"])
def test_each_question_of_the_cart_opens_as_a_dialog(till: Browser, what: str) -> None:
    till.post("/counter/scan", htmx=True, code="BAT-G1", scan_id="1")

    answer = till.get(f"/counter/ask/{what}", htmx=True)

    assert answer.status_code == 200
    assert 'name="order"' in answer.text
    assert "<html" not in answer.text


def test_a_basket_becomes_a_quote_that_is_accepted_and_comes_back_to_the_till(
    till: Browser, counter: Counter
) -> None:
    till.post("/counter/scan", htmx=True, code="BAT-G1", scan_id="1")
    till.post("/counter/scan", htmx=True, code=f"C-{counter.customer.number}", scan_id="2")

    quoted = till.post("/counter/quote", htmx=True, days="14", token="q1")
    looked = till.post("/counter/scan", htmx=True, code="Q-000001", scan_id="3")
    till.post("/sales/quotes/1/accept", version="1", by="A. Lindner", token="q2")
    back = till.post("/counter/scan", htmx=True, code="Q-000001", scan_id="4")

    assert quoted.headers["HX-Redirect"] == "/sales/quotes/1"
    assert looked.headers["HX-Redirect"] == "/sales/quotes/1"
    assert "Battery G1" in back.text
