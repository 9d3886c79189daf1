"""Estimates, decisions, returns and claims as JSON."""

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.service import tickets
from app.service.states import TicketState
from tests.makers.estimates import (
    KNEE_PART,
    SWAP,
    a_fee,
    a_part,
    an_operation,
    approved_ticket,
    priced,
    sent,
)
from tests.makers.programs import Program, a_token, eur
from tests.makers.service import KNEE, Workshop, a_ticket
from tests.makers.work import released


@pytest.fixture
def program(session: Session, shop: Workshop, client: TestClient) -> Program:
    priced(session, shop)
    token = a_token(session, shop.manager)
    session.commit()
    return Program(client, token)


def test_a_program_writes_sends_and_approves(
    session: Session, shop: Workshop, program: Program
) -> None:
    an_operation(session, shop)
    ticket = a_ticket(session, shop, state=TicketState.DIAGNOSING)
    session.commit()
    page = f"/tickets/{tickets.label(ticket)}"
    half = [
        {"payer": "warranty", "measure": "percent", "value": 5000},
        {"payer": "customer", "measure": "rest"},
    ]
    body = {
        "lines": [
            {"code": SWAP, "shares": half},
            {"description": "Transport", "price": eur(5_000)},
        ],
        "send": True,
    }

    made = program.post(f"{page}/estimate", body)
    assert made.status_code == 201, made.text
    payers = {one["payer"]: one["gross"]["amount"] for one in made.json()["payers"]}
    assert payers == {"customer": 17_000, "warranty": 12_000}
    said = {"version": 1, "lines": {"1": True, "2": False}, "by": "Kerstin Arndt"}
    done = program.post(f"{page}/approve", said)

    assert done.status_code == 200, done.text
    assert done.json()["state"] == "decided"
    assert program.get(f"{page}/estimate").json()["lines"][1]["decision"]["approved"] is False


def test_an_old_version_is_refused_with_a_link(
    session: Session, shop: Workshop, program: Program
) -> None:
    sheet = sent(session, shop)
    session.commit()
    page = f"/tickets/{sheet.ticket.number}"
    program.post(f"{page}/estimate", {"send": True})

    said = {"version": 1, "lines": {"1": True}, "by": "Kerstin Arndt"}
    refused = program.post(f"{page}/approve", said)

    assert refused.status_code == 409
    assert refused.json()["code"] == "newer_version"


def test_two_hundred_lines_come_at_once_or_none(
    session: Session, shop: Workshop, program: Program
) -> None:
    ticket = a_ticket(session, shop, state=TicketState.DIAGNOSING)
    session.commit()
    page = f"/tickets/{ticket.number}/estimate"
    many = [{"description": f"Fee {n}", "price": eur(100)} for n in range(200)]

    assert program.post(page, {"lines": [*many[:5], {"code": "NO"}]}).status_code == 404
    assert program.get(page).status_code == 404
    assert len(program.post(page, {"lines": many}).json()["lines"]) == 200


def test_a_slot_gets_one_piece_by_program_too(
    session: Session, shop: Workshop, program: Program
) -> None:
    a_part(session, shop)
    ticket = a_ticket(session, shop, state=TicketState.DIAGNOSING)
    session.commit()
    page = f"/tickets/{ticket.number}/estimate"
    knee = {"code": KNEE_PART, "slot": KNEE}

    two = program.post(page, {"lines": [knee | {"quantity": 2}]})
    twice = program.post(page, {"lines": [knee, knee]})

    assert (two.status_code, two.json()["field"]) == (422, "quantity")
    assert (twice.status_code, twice.json()["field"]) == (422, "slot")


def test_the_robot_goes_back_and_the_maker_is_asked(
    session: Session, shop: Workshop, program: Program
) -> None:
    ticket = approved_ticket(session, shop, a_fee("Wash", 5_000))
    released(session, shop, ticket)
    session.commit()

    due = program.post(f"/tickets/{ticket.number}/return", {"signer": "Kerstin Arndt"})
    assert due.status_code == 409
    nobody = program.post("/claims", {"ticket": tickets.label(ticket)})
    assert nobody.status_code == 422
    assert program.get("/claims").json()["items"] == []
