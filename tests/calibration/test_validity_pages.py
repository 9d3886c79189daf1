"""A robot's calibrations on its page, the due list, the rules, the short way after a swap."""

from collections.abc import Callable

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import wiring
from app.calibration import demands, duelist, jobs, review, rules
from app.calibration.duelist import By
from app.calibration.job_models import CalibrationJob, JobReason, Phase
from app.calibration.validity_models import CalibrationDemand, Recalibration
from app.identity import tokens
from app.identity.roles import Role
from app.robots import counters, fitting
from app.robots.choosing import Part
from app.robots.occupancy import Work
from app.robots.slot_models import Component, Counter
from app.web import csrf
from tests.makers.books import breaches_of
from tests.makers.browsing import Browser, a_browser
from tests.makers.calibration import measure
from tests.makers.calibration_validity import JOINTS, LEFT_KNEE, Legs, a_walker, all_passed
from tests.makers.identity import PIN, a_session

pytestmark = pytest.mark.only_on("sqlite")  # pages alike on both: test_pages_answer

REFERENCE = "ticket:T-1001"


@pytest.fixture
def legs(session: Session) -> Legs:
    wiring.connect()
    made = a_walker(session)
    session.commit()
    return made


@pytest.fixture
def browser(session: Session, app: FastAPI, legs: Legs) -> Callable[[Role], Browser]:
    def signed_in(role: Role) -> Browser:
        cookie = a_session(session, legs.lab.people[role])
        session.commit()
        return a_browser(app, cookie)

    return signed_in


@pytest.fixture
def bench(browser: Callable[[Role], Browser]) -> Browser:
    return browser(Role.TECHNICIAN)


@pytest.fixture
def office(browser: Callable[[Role], Browser]) -> Browser:
    return browser(Role.METROLOGIST)


def here(legs: Legs) -> str:
    return f"/calibration/robots/{legs.unit.serial}"


def swapped(session: Session, legs: Legs, serial: str = "AK-9") -> None:
    fitting.fit(
        session,
        legs.lab.technician,
        legs.unit,
        LEFT_KNEE,
        part=Part(part_number="AK-80", serial=serial),
        work=Work(reference=REFERENCE),
    )
    session.commit()


def test_the_page_of_a_robot_that_nothing_was_asked_of_says_so(bench: Browser, legs: Legs) -> None:
    page = bench.get(here(legs))

    assert page.status_code == 200
    assert "Nothing was calibrated or asked for yet" in page.text
    assert "JOINT-ZERO" in page.text


def test_the_page_shows_what_has_to_pass_in_few_statements(
    session: Session, bench: Browser, legs: Legs, statements_of_app: list[str]
) -> None:
    all_passed(session, legs)
    swapped(session, legs)

    statements_of_app.clear()
    page = bench.get(here(legs))

    assert "a part was fitted, left knee" in page.text
    assert "T-1001" in page.text
    assert "Recalibrate: left knee" in page.text
    assert len(statements_of_app) <= 15, "\n".join(statements_of_app)


def test_a_job_is_planned_by_one_press_for_the_ticket(
    session: Session, bench: Browser, legs: Legs
) -> None:
    swapped(session, legs)

    answer = bench.post(f"{here(legs)}/plan", code="JOINT-ZERO", reference=REFERENCE)

    assert answer.status_code == 303
    job = session.scalars(select(CalibrationJob)).one()
    assert answer.headers["location"] == jobs.page(job)
    assert (job.reason, job.reference) == (JobReason.AFTER_REPAIR, REFERENCE)
    session.commit()
    again = bench.post(f"{here(legs)}/plan", code="JOINT-ZERO", reference=REFERENCE)
    assert again.status_code == 409
    assert "measures this robot by this procedure already" in again.text
    assert bench.post(f"{here(legs)}/plan", code="NONE").status_code == 404


def test_a_demand_is_taken_off_with_a_reason(
    session: Session, office: Browser, bench: Browser, legs: Legs
) -> None:
    swapped(session, legs)
    (first, *_) = demands.open_of(session, legs.unit.id)
    address = f"{here(legs)}/demands/{first.id}/waive"
    session.commit()

    assert bench.post(address, reason="No time").status_code == 403
    empty = office.post(address, reason="", htmx=True)
    assert empty.status_code == 422
    assert "Please say why." in empty.text
    assert office.post(address, reason="The maker has measured it").status_code == 303
    assert office.post(f"{here(legs)}/demands/999999/waive", reason="x").status_code == 404


def test_the_due_list_by_event_day_and_hours_and_as_a_recall_list(
    session: Session, office: Browser, legs: Legs, browser: Callable[[Role], Browser]
) -> None:
    all_passed(session, legs)
    swapped(session, legs)

    by_event = office.get("/calibration/due")
    assert legs.unit.serial in by_event.text
    assert "before it leaves" in by_event.text
    assert legs.unit.serial not in office.get("/calibration/due?by=date").text
    assert legs.unit.serial in office.get("/calibration/due?by=date&days=366").text
    assert "No calibration is due by hours" in office.get("/calibration/due?by=hours").text
    assert office.get("/calibration/due?days=x").status_code == 422
    assert office.get("/calibration/due?cursor=x").status_code == 422

    table = browser(Role.MANAGER).get("/calibration/due.csv?days=366")
    assert table.status_code == 200
    lines = table.text.splitlines()
    assert len(lines) == 1 + 2 + 3
    assert legs.unit.serial in lines[1]


def test_what_is_due_by_hours_stands_in_the_list_before_they_are_reached(session: Session) -> None:
    wiring.connect()
    legs = a_walker(session, months=None, hours=100)
    counters.read(session, legs.lab.technician, legs.unit, {Counter.HOURS: 3600})
    all_passed(session, legs)
    assert duelist.listed(session, legs.lab.technician, By.HOURS).items == []

    counters.read(session, legs.lab.technician, legs.unit, {Counter.HOURS: 60 * 3600})
    first = duelist.listed(session, legs.lab.technician, By.HOURS, most=2)
    rest = duelist.listed(session, legs.lab.technician, By.HOURS, most=2, cursor=first.next)

    assert [row.hours for row in (*first.items, *rest.items)] == [101, 101, 101]
    assert len({row.procedure.code for row in (*first.items, *rest.items)}) == 3


def test_pages_of_what_happened_follow_each_other(session: Session, legs: Legs) -> None:
    all_passed(session, legs)
    swapped(session, legs)
    seen = []
    for by in (By.EVENT, By.DATE):
        cursor = None
        while True:
            page = duelist.listed(session, legs.lab.manager, by, days=366, cursor=cursor, most=1)
            seen += [(by, row.procedure.code) for row in page.items]
            cursor = page.next
            if cursor is None:
                break

    assert len(seen) == len(set(seen)) == 2 + 3


def test_rules_are_added_and_taken_away_on_their_page(
    session: Session, office: Browser, bench: Browser, legs: Legs
) -> None:
    assert "Everywhere in the robot" in bench.get("/calibration/rules").text
    wanted = {"change": "part", "slot_class": "lidar", "procedure": "POSE", "reach": "robot"}
    assert bench.send("/calibration/rules", wanted).status_code == 403
    assert office.send("/calibration/rules", wanted).status_code == 303
    twice = office.send("/calibration/rules", wanted, htmx=True)
    assert twice.status_code == 422
    assert "There is this rule already." in twice.text
    bad = office.send("/calibration/rules", wanted | {"change": "moon"}, htmx=True)
    assert bad.status_code == 422
    (made,) = [one for one in rules.listed(session, legs.lab.store.id) if one.slot_class == "lidar"]
    session.commit()
    assert office.post(f"/calibration/rules/{made.id}/archive").status_code == 303
    assert office.post(f"/calibration/rules/{made.id}/archive").status_code == 404
    assert office.post("/calibration/rules/seed").status_code == 303


def test_the_short_way_from_the_serial_to_the_pass(
    session: Session, bench: Browser, legs: Legs
) -> None:
    swapped(session, legs)
    way = f"{here(legs)}/recalibrate"
    slot = f"slot={LEFT_KNEE}"

    def step(name: str, **fields: str) -> int:
        return bench.send(f"{way}/{name}?{slot}", fields).status_code

    assert "Scan what is printed on it" in bench.get(f"{way}?{slot}").text
    wrong = bench.post(f"{way}/identity?{slot}", serial="AK-7", htmx=True)
    assert wrong.status_code == 422
    assert "The passport says that" in wrong.text
    assert step("offset", before="0", after="1") == 409
    assert step("identity", serial=" ak-9 ") == 303
    assert step("firmware", firmware="") == 422
    assert step("firmware", firmware="2.1.0") == 303
    assert step("offset", before="much", after="1") == 422
    assert step("offset", before="0.00", after="0.31") == 303
    assert step("hold", pin="0000") == 422
    assert "PIN of the second person" in bench.get(f"{way}?{slot}").text
    assert step("hold", pin=PIN) == 303

    session.expire_all()
    row = session.scalars(select(Recalibration)).one()
    assert (row.firmware, row.reference) == ("2.1.0", REFERENCE)
    assert row.held_with
    assert row.held_with != row.held_by
    assert session.scalars(select(Component.firmware)).all() == ["2.1.0"]
    assert "The robot passes by that alone" in bench.get(f"{way}?{slot}").text

    job = jobs.by_number(
        session, legs.lab.technician, session.scalars(select(CalibrationJob)).one().number
    )
    for need in job.procedure_version.needs:
        jobs.choose_equipment(session, legs.lab.technician, job, need.role, legs.lab.level)
    measure(session, legs.lab, job, phase=Phase.AS_LEFT, seqs=[2])
    measure(session, legs.lab, job, seqs=[1, 3, 4, 5, 6])
    jobs.finish(session, legs.lab.technician, job)
    review.review(session, legs.lab.metrologist, job, pin=PIN)
    session.commit()

    assert "Passed" in bench.get(f"{way}?{slot}").text
    assert ("JOINT-ZERO", JOINTS[1]) not in {
        (one.procedure.code, one.target) for one in demands.open_of(session, legs.unit.id)
    }
    assert breaches_of(session) == []


def test_the_short_way_is_for_joints_with_an_actuator(bench: Browser, legs: Legs) -> None:
    empty = bench.get(f"{here(legs)}/recalibrate?slot={LEFT_KNEE}")
    assert "The slot is empty" in empty.text
    assert (
        bench.post(f"{here(legs)}/recalibrate/identity?slot={LEFT_KNEE}", serial="X").status_code
        == 409
    )
    assert bench.get(f"{here(legs)}/recalibrate?slot=imu_in_torso.imu").status_code == 422
    assert bench.get(f"{here(legs)}/recalibrate?slot=nose.tip").status_code == 404
    assert bench.get("/calibration/robots/NONE").status_code == 404


def test_programs_ask_for_the_same(session: Session, app: FastAPI, legs: Legs) -> None:
    all_passed(session, legs)
    swapped(session, legs)
    token = tokens.create(session, legs.lab.manager, name="bench", role=Role.METROLOGIST)
    session.commit()
    client = TestClient(app, headers={"Authorization": f"Bearer {token}"})
    start = "/api/v1/calibration"

    found = client.get(f"{start}/robots/{legs.unit.serial}").json()
    assert found["blocked"] is True
    assert {one["target"] for one in found["items"] if one["blocks"]} == {
        JOINTS[1],
        "frame:left_ankle_link",
    }
    due = client.get(f"{start}/due").json()["items"]
    assert [(one["procedure"], one["targets"]) for one in due] == [("JOINT-ZERO", 1), ("POSE", 1)]
    wanted = {"slot_class": "lidar", "change": "part", "procedure": "POSE"}
    made = client.post(f"{start}/rules", json=wanted)
    assert made.status_code == 201
    assert client.post(f"{start}/rules", json=wanted).status_code == 409
    assert client.delete(f"{start}/rules/{made.json()['id']}").status_code == 204
    assert wanted["change"] in {
        one["change"] for one in client.get(f"{start}/rules").json()["items"]
    }
    (asked, *_) = session.scalars(select(CalibrationDemand.id)).all()
    session.commit()
    assert client.post(f"{start}/demands/{asked}/waive", json={"reason": ""}).status_code == 422
    assert (
        client.post(f"{start}/demands/{asked}/waive", json={"reason": "By hand"}).status_code == 204
    )
    short = f"{start}/robots/{legs.unit.serial}/recalibration/{LEFT_KNEE}"
    assert client.get(short).json()["step"] == "identity"
    assert client.post(f"{short}/identity", json={"serial": "AK-9"}).json()["step"] == "firmware"
    assert client.post(f"{short}/firmware", json={"firmware": "2.0"}).json()["step"] == "offset"
    done = client.post(f"{short}/offset", json={"before": "0", "after": "0.2"}).json()
    assert (done["step"], done["after"]) == ("hold", "0.2")
    wrong = client.post(f"{short}/hold", json={"pin": PIN, "second_pin": "000000"})
    assert wrong.json()["detail"] == "This PIN is not right."
    held = client.post(f"{short}/hold", json={"pin": PIN, "second_pin": PIN}).json()
    assert held["step"] == "verify"
    assert held["held_by"] != held["held_with"]


def test_the_public_page_says_the_state_alone(session: Session, app: FastAPI, legs: Legs) -> None:
    all_passed(session, legs)
    session.commit()
    client = TestClient(app)
    client.cookies.set(csrf.COOKIE, "x")
    address = f"/r/{legs.unit.passport_code}"

    assert "In force until" in client.get(address).text
    swapped(session, legs)
    page = client.get(address).text
    assert "Has to be renewed" in page
    assert "T-1001" not in page


def test_the_body_map_shows_where_it_has_to_pass(
    session: Session, bench: Browser, legs: Legs
) -> None:
    all_passed(session, legs)
    swapped(session, legs)

    page = bench.get(f"/robots/{legs.unit.serial}?look=calibration")

    assert "JOINT-ZERO: Has to pass" in page.text
    assert "JOINT-ZERO: In force" in page.text
    assert "Has to be calibrated: JOINT-ZERO, POSE." in page.text
    assert f'href="{here(legs)}"' in page.text
