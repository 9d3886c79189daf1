"""How a repair is taxed, on its page and for programs."""

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.identity.roles import Role
from app.service.models import Ticket
from tests.makers.browsing import a_browser
from tests.makers.estimates import a_fee, approved_ticket, priced
from tests.makers.identity import PIN, a_session
from tests.makers.programs import Program, a_token
from tests.makers.service import Workshop
from tests.makers.work import released

pytestmark = pytest.mark.only_on("sqlite")


@pytest.fixture
def ticket(session: Session, shop: Workshop) -> Ticket:
    priced(session, shop)
    made = approved_ticket(session, shop, a_fee("Wash", 11_900))
    released(session, shop, made)
    session.commit()
    return made


def test_a_technician_taxes_otherwise_with_a_managers_pin(
    session: Session, shop: Workshop, app: FastAPI, ticket: Ticket
) -> None:
    bench = a_browser(app, a_session(session, shop.people[Role.TECHNICIAN]))
    session.commit()
    page = f"/service/tickets/{ticket.number}"

    nameless = bench.post(f"{page}/tax", treatment="exempt", reason="embassy")
    assert nameless.status_code == 422
    assert "A manager allows this with the PIN." in nameless.text
    assert 'value="embassy"' in nameless.text
    assert bench.post(f"{page}/tax", treatment="free", reason="x").status_code == 422
    chosen = bench.post(f"{page}/tax", treatment="exempt", reason="embassy", pin=PIN)
    assert chosen.status_code == 303, chosen.text

    back = bench.get(f"{page}/return").text
    assert "embassy, Petra Krause" in back
    assert "€100.00" in back
    assert bench.post(f"{page}/tax/rule").status_code == 303
    assert "€119.00" in bench.get(f"{page}/return").text


def test_a_program_taxes_a_repair_otherwise_and_by_rule_again(
    session: Session, shop: Workshop, client: TestClient, ticket: Ticket
) -> None:
    token = a_token(session, shop.manager)
    session.commit()
    program, address = Program(client, token), f"/tickets/{ticket.number}/tax"

    other = program.post(address, {"treatment": "exempt", "reason": "embassy"}).json()
    back = program.post(address, {"treatment": None}).json()

    assert (other["tax_treatment"], other["payers"][0]["gross"]["amount"]) == ("exempt", 10_000)
    assert (back["tax_treatment"], back["payers"][0]["gross"]["amount"]) == ("home", 11_900)
