"""Whoever has a robot in hand reads its counters and versions, and they are kept with the act."""

from html import unescape

from fastapi import FastAPI
from sqlalchemy.orm import Session

from app.kernel.errors import Conflict
from app.robots import counters, firmware, firmwarerules, loans, receiving, registry, timeline
from app.robots.firmwarerules import RuleInput
from app.robots.models import Unit
from app.robots.slot_models import Counter as Counted
from app.robots.slot_models import VersionOf
from app.robots.states import Holding, UnitState
from tests.makers.browsing import a_browser
from tests.makers.programs import Program, ordered
from tests.makers.robots import a_unit
from tests.makers.sales import Counter

HOUR = counters.SECONDS_PER_HOUR
TWO_LINES = "1.3\n1.4"
GOOD = {"01": {"result": "ok"}, "02": {"result": "ok"}}


def counted(session: Session, unit: Unit) -> dict[Counted, int]:
    session.expire_all()
    return {one.counter: one.total for one in counters.latest(session, unit.id).values()}


def test_an_inspection_asks_for_counters_and_versions_and_keeps_them(
    app: FastAPI, session: Session, counter: Counter
) -> None:
    # given
    unit = a_unit(session, counter.store, "NEW-1", model=counter.model, state=UnitState.RECEIVED)
    counters.read(session, counter.manager, unit, {Counted.HOURS: 2 * HOUR})
    session.commit()
    browser = a_browser(app, counter.manager_cookie)
    page = unescape(browser.get("/robots/NEW-1/inspection").text)
    # when: less than it was, and no version
    read = {"reading-hours": "1,5", "reading-falls": "0", "reading-controller": "x" * 65}
    wrong = browser.post("/robots/NEW-1/inspection", htmx=False, **read)
    answers = {"item-01": "ok", "item-02": "ok"}
    fell = browser.post(
        "/robots/NEW-1/inspection", htmx=False, **(read | answers | {"reading-controller": "1.3"})
    )
    done = browser.post(
        "/robots/NEW-1/inspection",
        htmx=False,
        **answers,
        **{"reading-hours": "2,5", "reading-falls": "0", "reading-controller": "1.3"},
    )
    # then
    assert 'name="reading-ai_model"' in page
    assert "On record: 1.4.2" in page
    assert wrong.status_code == 422
    assert 'id="reading-controller-error"' in wrong.text  # beside the answers that are missing
    assert 'value="1,5"' in wrong.text
    assert fell.status_code == 409
    assert 'id="reading-hours-error"' in fell.text
    assert done.status_code == 303
    assert counted(session, unit) == {Counted.HOURS: 9_000, Counted.FALLS: 0}
    versions = firmware.versions(session, session.get_one(Unit, unit.id))
    assert versions == {VersionOf.ROBOT: "1.4.2", VersionOf.CONTROLLER: "1.3"}


def test_programs_send_readings_with_inspection_and_handover(
    session: Session, shop: Program, counter: Counter
) -> None:
    # given
    new = a_unit(session, counter.store, "NEW-1", model=counter.model, state=UnitState.RECEIVED)
    session.commit()
    inspection = "/robots/NEW-1/inspection"
    # when
    strange = shop.post(inspection, {"answers": GOOD, "reading": {"controller": TWO_LINES}})
    shop.post(inspection, {"answers": GOOD, "reading": {"hours": 3.5, "ai_model": "2.1"}})
    number = ordered(shop, counter, {"serial": "NEW-1"})
    shop.post(f"/orders/{number}/payments", {"tender": "cash", "till": counter.till.id})
    body = {"answers": GOOD, "signer": "Mia Lind"}
    handover = f"/orders/{number}/handover"
    other = shop.post(handover, body | {"readings": {"X-9": {"hours": 4}}})
    fell = shop.post(handover, body | {"readings": {"NEW-1": {"hours": 3}}})
    done = shop.post(handover, body | {"readings": {"NEW-1": {"hours": 4, "steps": 90}}})
    # then
    assert list(strange.json()["errors"]) == ["reading.controller"]
    assert list(other.json()["errors"]) == ["readings.X-9"]
    assert (fell.status_code, fell.json()["field"]) == (409, "readings.NEW-1.hours")
    assert done.status_code == 201
    assert counted(session, new) == {Counted.HOURS: 4 * HOUR, Counted.STEPS: 90}


def test_a_version_read_at_the_handover_can_close_the_gate(
    session: Session, shop: Program, counter: Counter
) -> None:
    # given
    rule = RuleInput("FW-7", "The knees oscillate.", {"robot": ">=2"})
    firmwarerules.add_rule(session, counter.manager, counter.model, rule)
    session.commit()
    number = ordered(shop, counter, {"serial": "DEMO-G1-0001"})
    shop.post(f"/orders/{number}/payments", {"tender": "cash", "till": counter.till.id})
    # when
    answer = shop.post(
        f"/orders/{number}/handover",
        {
            "answers": GOOD,
            "signer": "Mia Lind",
            "readings": {"DEMO-G1-0001": {"firmware": "2.0"}},
        },
    )
    # then
    assert (answer.status_code, answer.json()["code"]) == (409, "gate_closed")
    session.expire_all()
    unit = registry.by_serial(session, counter.manager, "DEMO-G1-0001")
    assert (unit.state, unit.firmware) == (UnitState.SOLD, "1.4.2")


def test_a_robot_is_read_when_it_goes_out_and_when_it_comes_back(
    app: FastAPI, session: Session, counter: Counter
) -> None:
    # given
    unit = a_unit(session, counter.store, "L-1", model=counter.model)
    loans.hold_as(session, counter.manager, unit, Holding.LOANER, reason="")
    session.commit()
    browser = a_browser(app, counter.manager_cookie)
    # when
    browser.post("/robots/L-1/owners/lend", holder="Fair", hours="10", falls="1")
    fell = browser.post("/robots/L-1/owners/take-in", condition="dusty", hours="9")
    back = browser.post("/robots/L-1/owners/take-in", hours="31,25", falls="3", firmware="1.5")
    # then
    assert fell.status_code == 409
    assert 'id="take-in-reading-hours-error"' in fell.text
    assert 'value="dusty"' in fell.text
    assert back.status_code == 303
    assert counted(session, unit) == {Counted.HOURS: 31 * HOUR + 900, Counted.FALLS: 3}
    kinds = [line.kind for line in timeline.of_unit(session, unit.id).items]
    assert "fall" in kinds
    assert session.get_one(Unit, unit.id).firmware == "1.5"


def test_a_walk_in_is_read_as_it_is_registered(
    app: FastAPI, session: Session, counter: Counter
) -> None:
    browser = a_browser(app, counter.manager_cookie)
    typed = {"customer": str(counter.customer.number), "serial": "W-1", "is_here": "yes"}
    wrong = browser.post("/robots/register", htmx=False, **typed, hours="many", firmware="2.0")
    done = browser.post("/robots/register", htmx=False, **typed, hours="1200", firmware="2.0")
    assert wrong.status_code == 422
    assert 'id="reading-hours-error"' in wrong.text
    assert 'value="2.0"' in wrong.text
    assert done.status_code == 303
    session.expire_all()
    unit = registry.by_serial(session, counter.manager, "W-1")
    assert unit.firmware == "2.0"
    assert counted(session, unit) == {Counted.HOURS: 1200 * HOUR}


def test_a_delivery_note_brings_what_the_maker_read(session: Session, counter: Counter) -> None:
    # given: one that was announced, and read before it came
    announced = a_unit(session, counter.store, "A-2", model=counter.model, state=UnitState.EXPECTED)
    counters.read(session, counter.manager, announced, {Counted.HOURS: 5 * HOUR})
    note = (
        "maker,model,serial,Hours,falls,controller\nUnitree,G1,A-1,0.5,0,1.3\nUnitree,G1,A-2,{},,\n"
    )

    def receive(hours: str) -> object:
        data = note.format(hours).encode()
        sha256 = receiving.stage(session, counter.manager, file_name="n.csv", data=data)
        faulty = receiving.preview(session, counter.manager, sha256).faulty
        if faulty:
            return faulty[0].candidate.problems
        try:
            return receiving.receive_note(session, counter.manager, sha256)
        except Conflict as refusal:
            return refusal.message

    # when
    assert set(receive("few")) == {"hours"}  # type: ignore[call-overload]
    with session.begin_nested() as part:
        assert str(receive("4")).startswith("A-2: Operating hours stood at 5")
        part.rollback()
    receive("6")
    # then
    unit = registry.by_serial(session, counter.manager, "A-1")
    assert counters.latest(session, unit.id)[Counted.HOURS].value == HOUR // 2
    assert firmware.versions(session, unit)[VersionOf.CONTROLLER] == "1.3"


def test_programs_send_readings_with_receipt_loan_and_registration(
    session: Session, shop: Program, counter: Counter
) -> None:
    # when
    arriving = {"maker": "Unitree", "model": "G1", "serial": "P-1"}
    wrong = shop.post("/robots", {"items": [arriving | {"reading": {"controller": TWO_LINES}}]})
    came = shop.post("/robots", {"items": [arriving | {"reading": {"hours": 1, "cycles": 4}}]})
    shop.post("/robots/P-1/holding", {"holding": "demo"})
    out = shop.post("/robots/P-1/loans", {"holder": "Fair", "reading": {"hours": 2}})
    fell = shop.post("/robots/P-1/loans/back", {"reading": {"hours": 1}})
    back = shop.post("/robots/P-1/loans/back", {"reading": {"hours": 8}})
    walk_in = {"customer": counter.customer.number, "serial": "W-1", "reading": {"steps": 7}}
    registered = shop.post("/robots/register", walk_in)
    # then
    assert list(wrong.json()["errors"]) == ["items.0.reading.controller"]
    assert [one.status_code for one in (came, out, fell, back, registered)] == [
        201, 201, 409, 200, 201,
    ]  # fmt: skip
    unit = registry.by_serial(session, counter.manager, "P-1")
    assert counted(session, unit) == {Counted.HOURS: 8 * HOUR, Counted.CYCLES: 4}
