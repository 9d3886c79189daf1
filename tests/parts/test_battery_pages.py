"""The pages of batteries: what is due, a check, quarantine, rules, and the sheet for the parcel."""

from io import BytesIO

import pytest
from fastapi import FastAPI
from pypdf import PdfReader
from sqlalchemy.orm import Session

from app.identity.roles import Role
from app.parts import batteries
from app.parts.batteries import CheckInput, RuleInput
from tests.makers.browsing import Browser, a_browser
from tests.makers.identity import a_person, a_session
from tests.makers.store_room import StoreRoom, a_store_room

pytestmark = pytest.mark.only_on("sqlite")


@pytest.fixture
def room(session: Session) -> StoreRoom:
    made = a_store_room(session)
    session.commit()
    return made


@pytest.fixture
def manager(app: FastAPI, session: Session, room: StoreRoom) -> Browser:
    cookie = a_session(session, a_person(session, room.store, "Petra", role=Role.MANAGER))
    session.commit()
    return a_browser(app, cookie)


def test_a_scan_leads_to_the_battery_and_its_check_is_saved(
    room: StoreRoom, manager: Browser
) -> None:
    assert "B-001" in manager.get("/parts/batteries").text
    assert "No battery here" in manager.get("/parts/batteries?show=due").text
    here = manager.post("/parts/batteries/open", code="b-001").headers["location"]

    saved = manager.post(
        f"{here}/checks",
        soc_percent="45",
        condition="sound",
        cycles="31",
        voltage="50,4",
        token="t1",
    )

    page = manager.get(here).text
    assert here == f"/parts/batteries/{room.pack.id}"
    assert saved.status_code == 303
    for shown in ("45 %", "31", "50.4 V", "Petra", "May be used"):
        assert shown in page


def test_what_was_typed_stays_beside_its_problem(room: StoreRoom, manager: Browser) -> None:
    here = f"/parts/batteries/{room.pack.id}"

    answer = manager.post(
        f"{here}/checks", soc_percent="45,5", condition="sound", voltage="much", token="t1"
    )

    assert answer.status_code == 422
    assert 'value="45,5"' in answer.text
    assert 'value="much"' in answer.text
    assert "is not a whole number" in answer.text
    assert "is not a voltage like 50.4" in answer.text


def test_set_aside_and_let_go(room: StoreRoom, manager: Browser) -> None:
    here = f"/parts/batteries/{room.pack.id}"
    manager.post(f"{here}/set-aside", reason="fell off the bench", token="t1")
    assert "set aside: fell off the bench" in manager.get(here).text
    assert "B-001" in manager.get("/parts/batteries?show=aside").text

    manager.post(f"{here}/let-go", reason="checked", place=str(room.a1.id), token="t2")

    assert "A-1" in manager.get(here).text


def test_a_rule_of_the_part_is_set_and_dropped(room: StoreRoom, manager: Browser) -> None:
    def rule(interval_days: str, token: str) -> int:
        return manager.post(
            "/parts/batteries/rules",
            part=str(room.battery.id),
            interval_days=interval_days,
            soc_low="20",
            soc_high="50",
            watt_hours="648",
            token=token,
        ).status_code

    refused, saved = rule("no", "t1"), rule("30", "t2")
    page = manager.get(f"/parts/batteries/{room.pack.id}").text

    assert (refused, saved) == (422, 303)
    assert "every 30 days" in page
    dropped = manager.post(f"/parts/batteries/rules/{room.battery.id}/drop")
    assert dropped.status_code == 303
    assert "every 90 days" in manager.get(f"/parts/batteries/{room.pack.id}").text


def test_the_sheet_tells_what_a_carrier_asks(
    session: Session, room: StoreRoom, manager: Browser
) -> None:
    batteries.set_rule(session, room.manager, room.battery, RuleInput(60, 30, 60, 648))
    batteries.check(session, room.manager, room.pack, CheckInput(soc_percent=45))
    session.commit()

    answer = manager.get(f"/parts/batteries/{room.pack.id}/sheet.pdf")

    text = PdfReader(BytesIO(answer.content)).pages[0].extract_text()
    for told in ("UN3480", "648 Wh", "45 %", "above 30 percent", "Petra Krause", "B-001"):
        assert told in text.replace("\n", " ")
