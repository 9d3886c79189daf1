"""Returns by JSON."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.identity.roles import Role
from tests.makers.programs import Program, a_program, eur, fields_of, ordered
from tests.makers.sales import Counter

pytestmark = pytest.mark.only_on("sqlite")
PRICE = 89_900


def sold(shop: Program, counter: Counter, *, batteries: int = 2) -> int:
    """The number of an order of batteries, paid in cash."""
    number = ordered(shop, counter, {"product": "BAT-G1", "quantity": batteries})
    paid = shop.post(f"/orders/{number}/payments", {"tender": "cash", "till": counter.till.id})
    assert paid.status_code == 201, paid.text
    return number


def a_return(**more: Any) -> dict[str, Any]:
    item = {"position": 1, "quantity": 1, "condition": "as_new"}
    return {"reason": "does not fit", "items": [item]} | more


def test_one_piece_comes_back_and_its_money_goes(shop: Program, counter: Counter) -> None:
    number = sold(shop, counter)
    back = {"payment": 1, "amount": eur(PRICE)}

    done = shop.post(f"/orders/{number}/returns", a_return(refunds=[back], till=counter.till.id))

    assert done.status_code == 201, done.text
    body = done.json()
    assert body["order"]["status"] == "part_returned"
    assert (body["order"]["credited"], body["order"]["due"]) == (eur(PRICE), eur(0))
    assert body["back"]["lines"][0]["left"] == 1
    assert [one["state"] for one in body["back"]["refunds"]] == ["paid_out"]


def test_the_same_key_takes_back_once(shop: Program, counter: Counter) -> None:
    number = sold(shop, counter)

    answers = [
        shop.post(f"/orders/{number}/returns", a_return(), key="k-1").json() for _ in range(2)
    ]

    assert answers[0] == answers[1]
    assert len(shop.get(f"/orders/{number}/returns").json()["returns"]) == 1


def test_what_is_held_goes_back_later(shop: Program, counter: Counter) -> None:
    number = sold(shop, counter)
    shop.post(f"/orders/{number}/returns", a_return())
    give = {
        "reason": "no exchange",
        "refunds": [{"payment": 1, "amount": eur(PRICE)}],
        "till": counter.till.id,
    }

    first = shop.post(f"/orders/{number}/refunds", give)
    again = shop.post(f"/orders/{number}/refunds", give)

    assert (first.status_code, first.json()["back"]["held"]) == (201, eur(0))
    assert again.status_code == 409


BAD: list[tuple[dict[str, Any], str]] = [
    ({"items": []}, "items"),
    ({"reason": ""}, "reason"),
    ({"items": [{"position": 1, "quantity": 3, "condition": "used"}]}, "items.0.quantity"),
    ({"items": [{"position": 1, "quantity": -3, "condition": "used"}]}, "items.0.quantity"),
    ({"items": [{"position": 9, "condition": "used"}]}, "items.0.quantity"),
    ({"items": [{"position": 1}]}, "items.0.quantity"),
    ({"refunds": [{"payment": 7, "amount": eur(1)}]}, "refunds.0.payment"),
    ({"refunds": [{"payment": 1, "amount": eur(0)}]}, "refunds.0.amount"),
    ({"refunds": [{"payment": 1, "amount": eur(PRICE + 1)}], "till": 1}, "amount"),
    (
        {"refunds": [{"payment": 1, "amount": {"amount": 1, "currency": "USD"}}]},
        "refunds.0.amount",
    ),
    ({"refunds": [{"payment": 1, "amount": eur(5)}]}, "till"),
    (
        {"refunds": [{"payment": 1, "amount": eur(5), "tender": "transfer"}]},
        "note",
    ),
    ({"refunds": [{"payment": 1, "amount": eur(5), "tender": "exchange"}]}, "tender"),
]


def test_what_cannot_come_back_is_told_by_field(
    shop: Program, counter: Counter, session: Session
) -> None:
    number = sold(shop, counter)
    told = []
    for wrong, field in BAD:
        answer = shop.post(f"/orders/{number}/returns", a_return(**wrong))
        told.append((answer.status_code, field in fields_of(answer), wrong))

    assert [entry for entry in told if entry[:2] != (422, True)] == []
    session.rollback()
    assert shop.get(f"/orders/{number}/returns").json()["returns"] == []


def test_a_salespersons_program_cannot_go_beyond_the_limits(
    session: Session, client: TestClient, counter: Counter, shop: Program
) -> None:
    number = sold(shop, counter)
    till = a_program(session, client, counter, Role.SALES)
    back = {"payment": 1, "amount": eur(PRICE)}

    answer = till.post(f"/orders/{number}/returns", a_return(refunds=[back], till=counter.till.id))

    assert (answer.status_code, answer.json()["code"]) == (422, "needs_manager")
