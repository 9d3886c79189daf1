"""Gift cards and credit for programs: sold, handed out once, looked up, spent, replaced."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.identity.roles import Role
from app.payments import giftcodes
from tests.makers.giftcards import a_card_product, card_sold
from tests.makers.programs import Program, a_program, ordered
from tests.makers.sales import Counter, a_counter

pytestmark = pytest.mark.only_on("sqlite")


def eur(minor: int) -> dict[str, Any]:
    return {"amount": minor, "currency": "EUR"}


@pytest.fixture
def counter(session: Session) -> Counter:
    made = a_counter(session)
    a_card_product(session, made)
    return made


@pytest.fixture
def shop(session: Session, client: TestClient, counter: Counter) -> Program:
    return a_program(session, client, counter)


def test_a_program_sells_hands_out_and_spends_a_card(shop: Program, counter: Counter) -> None:
    number = ordered(shop, counter, {"product": "GIFT", "amount": eur(7_500)})
    paid = shop.post(f"/orders/{number}/payments", {"tender": "cash", "till": counter.till.id})
    assert paid.status_code == 201, paid.text
    (row,) = shop.get(f"/orders/{number}/gift-cards").json()["items"]
    card = f"/gift-cards/{row['gift_card']}"
    out = shop.post(f"{card}/hand-out")
    assert (out.status_code, shop.post(f"{card}/hand-out").status_code) == (200, 409)
    code = out.json()["code"]
    assert shop.post("/gift-cards/look-up", {"code": code.lower()}).json()["balance"] == eur(7_500)
    other = ordered(shop, counter, {"product": "BAT-G1"})
    wanted = {"tender": "store_credit", "code": code, "till": counter.till.id}
    spent = shop.post(f"/orders/{other}/payments", wanted, key="k1").json()
    again = shop.post(f"/orders/{other}/payments", wanted, key="k1").json()
    assert spent == again
    assert spent["payment"]["amount"] == eur(7_500)
    whole = shop.get(card).json()
    assert (whole["state"], [move["cause"] for move in whole["moves"]]) == (
        "empty",
        ["spent", "sold"],
    )


def test_wrong_codes_are_counted_though_nothing_came_of_them(
    shop: Program, counter: Counter
) -> None:
    number = ordered(shop, counter, {"product": "BAT-G1"})
    for _ in range(5):
        wanted = {"tender": "store_credit", "code": giftcodes.new(), "till": counter.till.id}
        assert shop.post(f"/orders/{number}/payments", wanted).status_code == 404
    assert shop.post("/gift-cards/look-up", {"code": giftcodes.new()}).status_code == 429


def test_a_code_with_cash_is_told(shop: Program, counter: Counter) -> None:
    number = ordered(shop, counter, {"product": "BAT-G1"})
    wanted = {"tender": "cash", "code": giftcodes.new(), "till": counter.till.id}
    told = shop.post(f"/orders/{number}/payments", wanted)
    assert told.status_code == 422
    assert "code" in told.json()["errors"]


def test_a_card_is_blocked_opened_and_replaced(
    shop: Program, session: Session, counter: Counter
) -> None:
    card, _ = card_sold(session, counter, 10_000)
    session.commit()
    address = f"/gift-cards/{card.number}"
    assert shop.post(f"{address}/block", {"reason": "lost"}).json()["state"] == "blocked"
    assert shop.post(f"{address}/unblock").json()["state"] == "good"
    made = shop.post(f"{address}/replace", {"reason": "lost"})
    assert (made.status_code, made.json()["balance"]) == (201, eur(10_000))
    listed = shop.get("/gift-cards", show="waiting").json()["items"]
    assert [one["number"] for one in listed] == [card.number + 1]


def test_goodwill_within_what_the_role_gives_alone(
    session: Session, client: TestClient, counter: Counter
) -> None:
    seller = a_program(session, client, counter, Role.SALES)
    address = f"/customers/{counter.customer.number}/credit"
    more = seller.post(address, {"amount": eur(5_001), "reason": "late"})
    assert (more.status_code, more.json()["code"]) == (422, "needs_manager")
    given = seller.post(address, {"amount": eur(5_000), "reason": "late"})
    assert given.status_code == 201
    assert given.json()["left"] == eur(5_000)
    assert seller.get("/expired-credit").status_code == 403
