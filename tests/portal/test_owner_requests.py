"""Requests of owners: what programs do with them, what is forgotten, what has to hold of them."""

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app import wiring
from app.customers import privacy
from app.kernel.errors import Conflict, Invalid
from app.portal import customerrequests, request_checks, requests, requestwork
from app.portal.owner_models import OwnerRequest, RequestState
from app.portal.requests import Asked, NewOwner
from app.robots import ownership
from app.robots.models import Ownership
from app.service import intake, notes
from tests.makers.programs import Program, a_token
from tests.makers.service import Workshop


@pytest.fixture(autouse=True)
def house() -> None:
    wiring.connect()


def owned_by(session: Session, shop: Workshop) -> Ownership:
    return ownership.history(session, shop.unit.id)[0][0]


def asked_service(session: Session, shop: Workshop, words: str = "It clicks") -> OwnerRequest:
    owned = owned_by(session, shop)
    row = requests.ask_service(session, shop.unit, owned, Asked(words), form_key=words[:20])
    return requests.by_number(session, shop.manager, row.number)


def test_a_request_joins_the_repair_that_is_open(session: Session, shop: Workshop) -> None:
    ticket = intake.book_in(session, shop.manager, shop.unit, complaint="Yearly service")
    asked = asked_service(session, shop)

    assert requestwork.take_over(session, shop.manager, asked) is ticket
    assert [note.text for note in notes.of_ticket(session, ticket)] == ["R-1: It clicks"]
    with pytest.raises(Conflict, match="already"):
        requestwork.decline(session, shop.manager, asked, why="No")
    assert list(request_checks.breaches(session)) == []


@pytest.mark.only_on("sqlite")
def test_what_a_former_owner_asked_is_not_taken_over(session: Session, shop: Workshop) -> None:
    asked = asked_service(session, shop)
    ownership.end(session, shop.manager, shop.unit, at=asked.made_at)
    with pytest.raises(Conflict, match="another owner"):
        requestwork.take_over(session, shop.manager, asked)

    # and stands in nobody's way
    owned = ownership.give_to(
        session, shop.manager, shop.unit, shop.owner.id, at=asked.made_at + timedelta(seconds=1)
    )
    to = NewOwner("Ada", "ada@example.com")
    new = requests.ask_transfer(session, shop.unit, owned, to, form_key="new")
    assert requests.open_of_unit(session, shop.unit.id) == [new]


@pytest.mark.only_on("sqlite")
def test_50_000_characters_are_not_kept(session: Session, shop: Workshop) -> None:
    with pytest.raises(Invalid):
        asked_service(session, shop, "<script>" * 6_250)


@pytest.mark.only_on("sqlite")
def test_who_is_forgotten_is_forgotten_in_requests_too(session: Session, shop: Workshop) -> None:
    owned = owned_by(session, shop)
    row = requests.ask_transfer(
        session, shop.unit, owned, NewOwner("Ada", "ada@example.com"), form_key="one"
    )
    copied = str(customerrequests.chapter(session, shop.manager, shop.owner))
    privacy.export(session, shop.manager, shop.owner)
    privacy.erase(session, shop.manager, shop.owner, reason="Asked for it")
    session.refresh(row)
    assert "ada@example.com" in copied
    assert (row.new_name, row.new_email, row.state) == ("", "", RequestState.DECLINED)


@pytest.mark.only_on("sqlite")
def test_a_breach_is_told(session: Session, shop: Workshop) -> None:
    asked = asked_service(session, shop)
    requests.decide(session, shop.manager, asked, RequestState.TAKEN)
    assert [line[:7] for line in request_checks.breaches(session)] == ["portal:"]


@pytest.mark.only_on("sqlite")
def test_programs_list_and_decline(session: Session, shop: Workshop, client: TestClient) -> None:
    asked_service(session, shop)
    program = Program(client, a_token(session, shop.manager))
    session.commit()

    (row,) = program.get("/owner-requests", state="open").json()["items"]
    assert (row["number"], row["kind"], row["words"]) == (1, "service", "It clicks")
    refused = program.post("/owner-requests/1/confirm", {"wipe": "no_data"}, key="a")
    assert refused.status_code == 409
    said = program.post("/owner-requests/1/decline", {"why": "Too far"}, key="b").json()
    assert (said["state"], said["why"]) == ("declined", "Too far")
