"""Quotes, deposits and pre-orders for programs."""

import pytest
from sqlalchemy.orm import Session

from app.kernel.money import Money
from app.payments import terms
from tests.makers.programs import Program
from tests.makers.quotes import a_quote, accepted
from tests.makers.sales import Counter, a_robot

pytestmark = pytest.mark.only_on("sqlite")


def test_a_program_makes_sends_and_accepts_a_quote(shop: Program, counter: Counter) -> None:
    body = {
        "customer": counter.customer.number,
        "lines": [{"product": "G1"}, {"product": "BAT-G1", "quantity": 2}],
        "deposit": {"amount": 100_000, "currency": "EUR"},
    }
    made = shop.post("/quotes", body)
    number = made.json()["number"]
    shop.post(f"/quotes/{number}/send", {})

    answer = shop.post(f"/quotes/{number}/accept", {"version": 1, "by": "A. Lindner"})

    assert (made.status_code, answer.status_code) == (201, 200)
    assert answer.json()["state"] == "accepted"
    queue = shop.get("/pre-orders").json()
    assert queue[0]["places"][0]["turn"] is None


def test_a_deposit_in_another_currency_is_told(shop: Program, counter: Counter) -> None:
    body = {
        "customer": counter.customer.number,
        "lines": [{"product": "BAT-G1"}],
        "deposit": {"amount": 100, "currency": "USD"},
    }

    answer = shop.post("/quotes", body)

    assert answer.status_code == 422
    assert "deposit" in answer.text


def test_refusals_name_the_line(shop: Program, counter: Counter) -> None:
    body = {
        "customer": counter.customer.number,
        "lines": [{"product": "BAT-G1"}, {"product": "NO-SUCH"}],
    }

    assert "lines.1.product" in shop.post("/quotes", body).text


def test_a_program_gives_a_robot_and_cancels(
    shop: Program, session: Session, counter: Counter
) -> None:
    accepted(session, counter, a_quote(session, counter))
    a_robot(session, counter, "DEMO-G1-0002")
    session.commit()
    place = shop.get("/pre-orders").json()[0]["places"][0]["id"]

    given = shop.post(f"/pre-orders/{place}/allocate", {"serial": "DEMO-G1-0002"})
    ended = shop.post("/orders/1/cancel-with-refund", {"reason": "went elsewhere"})

    assert given.json()["lines"][0]["serial"] == "DEMO-G1-0002"
    assert ended.json()["status"] == "cancelled"


def test_a_program_sells_on_account(shop: Program, session: Session, counter: Counter) -> None:
    account = f"/customers/{counter.customer.number}/account"
    order = {"customer": counter.customer.number, "lines": [{"product": "BAT-G1"}]}
    number = shop.post("/orders", order).json()["number"]
    refused = shop.post(f"/orders/{number}/on-account", {})
    terms.set_limit(session, counter.manager, counter.customer, Money(500_000, "EUR"))
    session.commit()

    sold = shop.post(f"/orders/{number}/on-account", {})

    assert (refused.status_code, sold.status_code) == (422, 200)
    assert shop.get(account).json()["owes"]["amount"] == 89_900
