"""What cannot be ordered or paid by JSON: each refusal names the field."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.sales.models import Order
from tests.makers.programs import Program, eur, fields_of, ordered
from tests.makers.sales import Counter

SERIAL = "DEMO-G1-0001"
PRICE = 1_350_000
TILL = -1
BAD_ORDERS: list[tuple[Any, str]] = [
    ({"lines": [{"serial": "NOBODY"}]}, "lines.0.serial"),
    ({"lines": [{"product": "NOTHING"}]}, "lines.0.product"),
    ({"lines": [{}]}, "lines.0.product"),
    ({"lines": [{"product": "G1"}]}, "lines.0.product"),
    ({"lines": [{"serial": SERIAL, "product": "BAT-G1"}]}, "lines.0.serial"),
    ({"lines": [{"serial": SERIAL, "quantity": 2}]}, "lines.0.quantity"),
    ({"lines": [{"serial": SERIAL, "maker": "Nobody"}]}, "lines.0.maker"),
    ({"lines": [{"product": "BAT-G1", "quantity": 0}]}, "lines.0.quantity"),
    ({"lines": [{"product": "BAT-G1", "quantity": -1}]}, "lines.0.quantity"),
    ({"lines": [{"product": "BAT-G1", "quantity": 1.0}]}, "lines.0.quantity"),
    ({"lines": [{"product": "BAT-G1", "quantity": True}]}, "lines.0.quantity"),
    ({"lines": [{"product": "BAT-G1", "quantity": "1"}]}, "lines.0.quantity"),
    ({"lines": [{"product": "BAT-G1", "quantity": 10**30}]}, "lines.0.quantity"),
    ({"lines": [{"product": "BAT-G1", "count": 1}]}, "lines.0.count"),
    ({"lines": [{"product": "x\u0000y\ud800"}]}, "lines.0.product"),
    ({"lines": "BAT-G1"}, "lines"),
    ({"customer": 99}, "customer"),
    ({"customer": 2**31}, "customer"),
    ({"till": 99}, "till"),
    ({"till": "1"}, "till"),
    ([], "body"),
    (None, "body"),
]
BAD_PAYMENTS: list[tuple[dict[str, Any], str | None]] = [
    ({}, "tender"),
    ({"tender": "gold"}, "tender"),
    ({"tender": "cash"}, "till"),
    ({"tender": "cash", "till": 99}, "till"),
    ({"tender": "cash", "till": TILL, "amount": eur(1.5)}, "amount.amount"),  # type: ignore[arg-type]
    ({"tender": "cash", "till": TILL, "amount": eur(True)}, "amount.amount"),
    ({"tender": "cash", "till": TILL, "amount": eur("5")}, "amount.amount"),  # type: ignore[arg-type]
    ({"tender": "cash", "till": TILL, "amount": eur(0)}, "amount.amount"),
    ({"tender": "cash", "till": TILL, "amount": eur(-5)}, "amount.amount"),
    ({"tender": "cash", "till": TILL, "amount": eur(10**15)}, "amount.amount"),
    ({"tender": "cash", "till": TILL, "amount": {"amount": 5, "currency": "USD"}}, "amount"),
    ({"tender": "cash", "till": TILL, "amount": eur(PRICE + 1)}, "amount"),
    ({"tender": "cash", "till": TILL, "amount": eur(100), "tendered": eur(99)}, "tendered"),
    ({"tender": "cash", "till": TILL, "note": "x"}, "note"),
    ({"tender": "transfer", "till": TILL}, "note"),
    ({"tender": "transfer", "till": TILL, "note": "x", "tendered": eur(1)}, "tendered"),
    ({"tender": "card", "till": TILL}, None),
]


def test_what_cannot_be_ordered_is_told_by_field(shop: Program, session: Session) -> None:
    for sent, field in BAD_ORDERS:
        answer = shop.post("/orders", sent)

        assert answer.status_code == 422, (sent, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"
        assert field in fields_of(answer), (sent, answer.text)
    session.rollback()
    assert session.scalar(select(Order.id)) is None


def test_what_cannot_be_paid_is_told_by_field(shop: Program, counter: Counter) -> None:
    number = ordered(shop, counter, {"serial": SERIAL})
    for sent, field in BAD_PAYMENTS:
        here = {"till": counter.till.id} if sent.get("till") == TILL else {}
        answer = shop.post(f"/orders/{number}/payments", sent | here)

        assert answer.status_code == 422, (sent, answer.text)
        assert field in fields_of(answer), (sent, answer.text)
    assert shop.get(f"/orders/{number}").json()["paid"] == eur(0)
    assert shop.get(f"/orders/{number}/payments").json()["items"] == []


def test_an_impossible_number_is_bad_input(shop: Program) -> None:
    for number in ("0", "-1", "abc", str(2**31), str(10**30), "1.5"):
        assert shop.get(f"/orders/{number}").status_code == 422
