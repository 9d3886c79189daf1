"""People, devices, programs and the record, as a manager sees them."""

import re

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.identity import secrets
from app.identity.guard import TERMINAL_COOKIE
from app.identity.models import Staff, StaffSession, Terminal
from app.kernel import audit
from tests.identity.conftest import House
from tests.makers.identity import PASSWORD, Screen, a_session

pytestmark = pytest.mark.only_on("sqlite")  # pages alike on both: test_pages_answer

PAGES = [
    "/settings/staff",
    "/settings/staff/new",
    "/settings/terminals",
    "/settings/tokens",
    "/audit",
]


@pytest.fixture
def manager(app: FastAPI, session: Session, house: House) -> Screen:
    cookie = a_session(session, house.petra)
    session.commit()
    return Screen(app, cookie=cookie)


@pytest.mark.parametrize("address", PAGES)
def test_every_page_shows_and_is_not_for_sellers(
    app: FastAPI, session: Session, house: House, manager: Screen, address: str
) -> None:
    seller = Screen(app, cookie=a_session(session, house.jana))
    session.commit()

    assert manager.get(address).status_code == 200
    assert seller.get(address).status_code == 403


def test_somebody_is_taken_on_and_signs_in(app: FastAPI, manager: Screen) -> None:
    form = {"login": "emre", "name": "Emre Kaya", "role": "technician", "pin": "7391"}

    weak = manager.post("/settings/staff/new", password="short", **form)
    answer = manager.post("/settings/staff/new", password=PASSWORD, **form)
    emre = Screen(app)
    signed_in = emre.post("/sign-in", login="emre", password=PASSWORD)

    assert weak.status_code == 422
    assert "10 to 200 characters" in weak.text
    assert 'value="Emre Kaya"' in weak.text
    assert manager.get(answer.headers["location"]).status_code == 200
    assert signed_in.headers["location"] == "/"


def test_a_person_is_changed_one_thing_at_a_time(
    manager: Screen, session: Session, house: House
) -> None:
    base = f"/settings/staff/{house.jana.id}"

    manager.post(f"{base}/name", name="Jana Voss-Krüger")
    manager.post(f"{base}/role", role="parts")
    manager.post(f"{base}/pin", pin="7391")
    bad = manager.post(f"{base}/pin", pin="1111")
    odd = manager.post(f"{base}/role", role="emperor")
    manager.post(f"{base}/disable")

    session.rollback()
    jana = session.get_one(Staff, house.jana.id, populate_existing=True)
    assert (jana.name, jana.role) == ("Jana Voss-Krüger", "parts")
    assert secrets.matches(jana.pin_hash, "7391")
    assert (bad.status_code, odd.status_code) == (422, 422)
    assert "not just 1111" in bad.text
    assert jana.disabled_at is not None


@pytest.mark.parametrize("staff_id", ["0", "99", str(2**63), "x"])
def test_a_person_who_is_not_here_is_no_defect(manager: Screen, staff_id: str) -> None:
    assert manager.get(f"/settings/staff/{staff_id}").status_code in {404, 422}


def test_a_badge_is_shown_once_and_kept_as_a_hash(
    manager: Screen, session: Session, house: House
) -> None:
    shown = manager.post(f"/settings/staff/{house.jana.id}/badge").text
    again = manager.get(f"/settings/staff/{house.jana.id}").text

    code = re.search(r'id="badge-code">([0-9A-Z]{26})<', shown)
    assert code is not None
    assert code[1] not in again
    session.rollback()
    jana = session.get_one(Staff, house.jana.id, populate_existing=True)
    assert jana.badge_hash == secrets.badge_hash(code[1])


def test_this_device_is_enrolled_in_two_clicks_and_works_at_once(
    manager: Screen, session: Session, house: House
) -> None:
    page = manager.get("/settings/terminals").text
    proposed = {
        "name": re.findall(r'name="name"\s+type="text"\s+value="([^"]*)"', page)[0],
        "till": re.findall(r'<option value="(\d+)" selected>', page)[0],
    }

    answer = manager.post("/settings/terminals", **proposed)

    assert proposed["till"] == str(house.till.id)
    assert "Max-Age" in answer.headers["set-cookie"]
    token = manager.client.cookies[TERMINAL_COOKIE]
    terminal = session.scalars(
        select(Terminal).where(Terminal.token_hash == secrets.token_hash(token))
    ).one()
    assert terminal.till_id == house.till.id
    assert session.scalars(select(StaffSession.terminal_id)).all() == [terminal.id]
    assert "This device" in manager.get("/settings/terminals").text


def test_a_revoked_device_asks_for_the_password_again(
    app: FastAPI, manager: Screen, session: Session, house: House
) -> None:
    seller = Screen(
        app, terminal=house.terminal, cookie=a_session(session, house.jana, house.terminal)
    )
    session.commit()

    manager.post(f"/settings/terminals/{house.terminal.id}/revoke")

    assert seller.get("/account").headers["location"].startswith("/sign-in")
    assert 'name="password"' in seller.get("/sign-in").text


def test_a_programs_token_is_shown_once_and_works_until_revoked(
    app: FastAPI, manager: Screen
) -> None:
    shown = manager.post("/settings/tokens", name="web shop", role="sales").text
    token = re.findall(r'value="(qf_[^"]+)"', shown)[0]
    bearer = {"Authorization": f"Bearer {token}"}
    program = TestClient(app)

    before = program.get("/api/v1/customers", headers=bearer)
    again = manager.get("/settings/tokens").text
    manager.post("/settings/tokens/1/revoke")
    after = program.get("/api/v1/customers", headers=bearer)

    assert (before.status_code, after.status_code) == (200, 401)
    assert token not in again


def test_the_record_is_read_page_by_page_and_by_subject(
    manager: Screen, session: Session, house: House
) -> None:
    for number in range(60):
        audit.record(session, house.manager, "thing.done", subject=f"thing:{number % 2}")
    session.commit()

    first = manager.get("/audit")
    following = re.findall(r'href="(/audit\?cursor=[^"]+)"', first.text)[0]
    second = manager.get(following)
    narrowed = manager.get("/audit?subject=thing:1")

    assert first.text.count("thing.done") == 50
    assert second.text.count("thing.done") == 10
    assert narrowed.text.count("thing.done") == 30
    assert manager.get("/audit?cursor=nonsense").status_code == 422
