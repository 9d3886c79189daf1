"""Appointments, due work and plans as programs meet them."""

from datetime import UTC, date, datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.service import benches, intake, tickets
from app.service.planning_models import BenchKind
from tests.makers.programs import Program, a_token
from tests.makers.service import SERIAL, Workshop


@pytest.fixture
def program(session: Session, shop: Workshop, client: TestClient) -> Program:
    token = a_token(session, shop.manager)
    session.commit()
    return Program(client, token)


def test_a_program_books_moves_and_calls_off(
    session: Session, shop: Workshop, program: Program
) -> None:
    bench = benches.add(session, shop.manager, name="Bench 1", kind=BenchKind.BENCH).id
    ticket = intake.book_in(session, shop.manager, shop.unit, complaint="Service")
    number = tickets.label(ticket)
    session.commit()
    start = datetime.now(UTC) + timedelta(days=1)
    times = {"starts_at": start.isoformat(), "ends_at": (start + timedelta(hours=1)).isoformat()}

    made = program.post("/appointments", {"ticket": number, "bench": bench} | times)
    again = program.post("/appointments", {"ticket": number, "bench": bench} | times)

    assert (made.status_code, again.status_code) == (201, 409), made.text
    here = f"/appointments/{made.json()['id']}"
    assert program.patch(here, {"bench": bench, "version": 9} | times).status_code == 409
    assert program.patch(here, {"bench": bench, "version": 1} | times).json()["version"] == 2
    listed = program.get("/appointments", start=times["starts_at"], end=times["ends_at"])
    assert [one["ticket"] for one in listed.json()["items"]] == [number]
    assert program.post(f"{here}/call-off", {"why": "Owner is ill"}).json()["called_off_at"]


def test_a_program_sets_a_plan_and_books_what_is_due(
    session: Session, shop: Workshop, program: Program
) -> None:
    shop.unit.warranty_starts_on = date(2020, 1, 31)
    session.commit()
    plan = program.post("/service-plans", {"name": "Monthly look", "every_months": 1})
    assert plan.json()["set_by"] == "store"

    (due,) = program.get("/due-work").json()["items"]
    assert (due["serial"], due["on"], due["is_booked"]) == (SERIAL, "2020-02-29", False)
    booked = program.post("/due-work", {"serial": SERIAL, "plan": plan.json()["id"]})

    assert booked.status_code == 201
    assert program.get("/due-work").json()["items"][0]["ticket"] == booked.json()["ticket"]
