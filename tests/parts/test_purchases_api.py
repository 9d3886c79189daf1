"""Purchase orders and suppliers for programs."""

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.identity.roles import Role
from app.kernel.actor import Actor
from app.parts import stock
from app.parts.models import Part
from app.robots.slot_models import Control
from tests.makers.buying import a_part
from tests.makers.programs import Program, a_program
from tests.makers.sales import Counter, a_counter
from tests.parts.conftest import an_actor

pytestmark = pytest.mark.only_on("sqlite")


@pytest.fixture
def counter(session: Session) -> Counter:
    return a_counter(session)


@pytest.fixture
def owner(counter: Counter) -> Actor:
    return an_actor(counter.store)


@pytest.fixture
def knee_plate(session: Session, owner: Actor) -> Part:
    return a_part(session, owner, "PLATE-1")


@pytest.fixture
def actuator(session: Session, owner: Actor) -> Part:
    return a_part(session, owner, "ACT-1", control=Control.SERIAL)


@pytest.fixture
def program(
    session: Session, client: TestClient, counter: Counter, knee_plate: Part, actuator: Part
) -> Program:
    made = a_program(session, client, counter, role=Role.PARTS)
    session.commit()
    made.post("/suppliers", {"name": "Tendon Works", "currency": "EUR", "lead_days": 7})
    for part in (knee_plate, actuator):
        price = {"amount": 1_500, "currency": "EUR"}
        made.post("/suppliers/1/prices", {"part": part.number, "price": price})
    return made


def order(program: Program) -> int:
    lines = [{"part": "plate 1", "quantity": 4}, {"part": "ACT-1", "quantity": 2}]
    made = program.post("/purchase-orders", {"supplier": "tendon works", "lines": lines})
    assert made.status_code == 201, made.text
    number: int = made.json()["number"]
    return number


def test_an_order_goes_from_draft_to_received(
    program: Program, session: Session, knee_plate: Part
) -> None:
    number = order(program)
    sent = program.post(f"/purchase-orders/{number}/send", {}).json()
    assert (sent["state"], sent["total"]) == ("sent", {"amount": 9_000, "currency": "EUR"})

    delivery = {
        "note_number": "LS-5",
        "items": [
            {"line": 1, "quantity": 3},
            {"line": 1, "quantity": 1, "rejected_for": "bent"},
            {"line": 2, "serial": "A-1", "price": {"amount": 1_600, "currency": "EUR"}},
        ],
    }
    first = program.post(f"/purchase-orders/{number}/receive", delivery, key="d-1")
    again = program.post(f"/purchase-orders/{number}/receive", delivery, key="d-1")

    assert first.status_code == 201, first.text
    assert first.json() == again.json()
    assert first.json()["state"] == "partly"
    assert [line["awaited"] for line in first.json()["lines"]] == [1, 1]
    came = {item["serial"]: item for item in first.json()["receipts"][0]["items"]}
    assert came["A-1"]["price"]["amount"] == 1_600
    assert stock.free(session, knee_plate.id) == 3
    assert program.get("/purchase-orders", show="open").json()["items"][0]["accepted"] == 4


def test_what_cannot_be_is_told_by_field(program: Program) -> None:
    wrong = program.post("/purchase-orders", {"supplier": "Nobody"})
    assert (wrong.status_code, list(wrong.json()["errors"])) == (422, ["supplier"])

    lines = [{"part": "PLATE-1", "quantity": 1}, {"part": "NONE", "quantity": 1}]
    wrong = program.post("/purchase-orders", {"supplier": "Tendon Works", "lines": lines})
    assert (wrong.status_code, list(wrong.json()["errors"])) == (422, ["lines.1.part"])

    number = order(program)
    program.post(f"/purchase-orders/{number}/send", {})
    over = program.post(
        f"/purchase-orders/{number}/receive", {"items": [{"line": 1, "quantity": 5}]}
    )
    assert (over.status_code, over.json()["code"]) == (422, "more_than_ordered")
    foreign = {"line": 1, "price": {"amount": 1, "currency": "CNY"}}
    refused = program.post(f"/purchase-orders/{number}/receive", {"items": [foreign]})
    assert "This order is in EUR." in refused.text
    twice = {"items": [{"line": 2, "serial": "A-1"}, {"line": 2, "serial": "a-1"}]}
    refused = program.post(f"/purchase-orders/{number}/receive", twice)
    assert (refused.status_code, set(refused.json()["errors"])) == (
        422,
        {"pieces.0", "pieces.1"},
    )


def test_a_foreign_order_is_sent_with_its_rate(program: Program) -> None:
    program.post("/suppliers", {"name": "Harbour", "currency": "CNY"})
    price = {"amount": 10_000, "currency": "CNY"}
    lines = [{"part": "PLATE-1", "quantity": 1, "price": price}]
    number = program.post("/purchase-orders", {"supplier": "Harbour", "lines": lines}).json()[
        "number"
    ]

    refused = program.post(f"/purchase-orders/{number}/send", {})
    sent = program.post(f"/purchase-orders/{number}/send", {"rate": "0.128"})

    assert refused.json()["field"] == "rate"
    assert sent.json()["state"] == "sent"


def test_who_may_only_look_buys_nothing(
    session: Session, client: TestClient, counter: Counter, program: Program
) -> None:
    looking = a_program(session, client, counter, role=Role.SALES)
    session.commit()
    number = order(program)

    assert looking.get(f"/purchase-orders/{number}").status_code == 200
    assert looking.post("/suppliers", {"name": "X", "currency": "EUR"}).status_code == 403
    assert looking.post(f"/purchase-orders/{number}/send", {}).status_code == 403
