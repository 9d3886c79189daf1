"""The work as JSON, and what check proves of it."""

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import update
from sqlalchemy.orm import Session

from app.kernel import clock
from app.robots.slot_models import Control
from app.service import linesdone, tickets
from app.service.models import Ticket
from app.service.states import TicketState
from app.service.work_models import Labour, PartUse
from tests.makers.books import breaches_of
from tests.makers.estimates import (
    KNEE_PART,
    SWAP,
    a_code,
    a_fee,
    a_part,
    an_operation,
    approved_ticket,
    priced,
)
from tests.makers.parts import stocked_serials
from tests.makers.programs import Program, a_token
from tests.makers.service import Workshop, unguarded
from tests.makers.work import released


@pytest.fixture
def program(session: Session, shop: Workshop, client: TestClient) -> Program:
    priced(session, shop)
    token = a_token(session, shop.manager)
    session.commit()
    return Program(client, token)


def a_job(session: Session, shop: Workshop) -> Ticket:
    part = a_part(session, shop, control=Control.SERIAL)
    stocked_serials(session, shop.manager, part, "AK-NEW-1")
    an_operation(session, shop)
    ticket = approved_ticket(session, shop, a_code(SWAP), a_code(KNEE_PART))
    tickets.move(session, shop.technician, ticket, TicketState.IN_WORK)
    session.commit()
    return ticket


def test_a_program_takes_a_job_from_the_bench_to_the_release(
    session: Session, shop: Workshop, program: Program
) -> None:
    page = f"/tickets/{tickets.label(a_job(session, shop))}"
    now = clock.now()
    worked = {
        "staff": shop.technician.staff_id,
        "started_at": (now - timedelta(minutes=30)).isoformat(),
        "stopped_at": now.isoformat(),
        "line": "1",
    }
    assert program.post(f"{page}/labour", worked).json()["lines"][0]["minutes_actual"] == 30
    assert program.post(f"{page}/labour", worked).status_code == 409
    inside = program.post(f"{page}/parts", {"serial": "AK-NEW-1"})
    assert inside.json()["lines"][1]["used"] == 1
    for key in ("1", "2"):
        assert program.post(f"{page}/done", {"line": key}).status_code == 200
    undone = program.post(f"{page}/undone", {"line": "1"})
    assert undone.json()["lines"][0]["done_at"] is None
    program.post(f"{page}/done", {"line": "1"})
    program.post(f"{page}/moves", {"to": "checking"})
    assert program.post(f"{page}/check", {"note": "Walks well"}).json()["checked"] is True

    done = program.post(f"{page}/release", {})

    assert done.status_code == 200, done.text
    assert done.json()["state"] == "ready"
    assert breaches_of(session) == []


def test_an_unknown_line_or_part_is_refused_by_name(
    session: Session, shop: Workshop, program: Program
) -> None:
    page = f"/tickets/{a_job(session, shop).number}"

    assert program.post(f"{page}/done", {"line": "9"}).status_code == 404
    assert program.post(f"{page}/parts", {"serial": "\u202eX"}).status_code == 404
    assert program.post(f"{page}/release", {}).status_code == 409
    assert program.get(f"{page}/work").json()["state"] == "in_work"


@pytest.mark.only_on("sqlite")
def test_check_finds_a_robot_that_left_without_a_release(session: Session, shop: Workshop) -> None:
    priced(session, shop)
    ticket = approved_ticket(session, shop, a_fee())
    with unguarded():
        for step in (TicketState.IN_WORK, TicketState.CHECKING, TicketState.READY):
            tickets.move(session, shop.manager, ticket, step)

    assert "service: T-1 left the workshop without a release" in breaches_of(session)


@pytest.mark.only_on("sqlite")
def test_check_finds_clocks_that_overlap_and_uses_that_are_no_stays(
    session: Session, shop: Workshop
) -> None:
    priced(session, shop)
    ticket = released(session, shop, approved_ticket(session, shop, a_fee()))
    assert linesdone.open_lines(session, ticket) == []
    assert breaches_of(session) == []
    now = clock.now()
    for minutes in (60, 30):
        session.add(
            Labour(
                store_id=shop.store.id,
                ticket_id=ticket.id,
                staff_id=shop.technician.staff_id or 0,
                started_at=now - timedelta(minutes=minutes),
                stopped_at=now,
            )
        )
    session.flush()
    assert "service: clocks 1 and 2 of one person ran at the same time" in breaches_of(session)


def test_a_use_whose_stay_is_of_another_job_is_found(
    session: Session, shop: Workshop, program: Program
) -> None:
    page = f"/tickets/{a_job(session, shop).number}"
    program.post(f"{page}/parts", {"serial": "AK-NEW-1"})
    session.expire_all()
    assert breaches_of(session) == []
    session.execute(update(PartUse).values(undone_at=clock.now(), undone_by="Nobody"))

    assert "service: T-1: part use 1 and the robot disagree" in breaches_of(session)
