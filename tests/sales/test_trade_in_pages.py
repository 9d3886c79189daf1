"""Trade-in as a person and a program meet it: what was typed stays, the counter takes the robot."""

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.robots.models import Unit
from app.robots.states import UnitState
from app.sales import tradeinvalues
from app.sales.tradein_models import Grade, TradeIn
from app.sales.tradeinvalues import Shares
from tests.makers.browsing import Browser, a_browser
from tests.makers.programs import Program, a_token
from tests.makers.sales import PIN, Counter, a_counter, a_robot
from tests.makers.whole_sales import a_basket, sold_and_handed_over

pytestmark = pytest.mark.only_on("sqlite")
PAGE = "/robots/OLD-1/trade-in"
FINDINGS = {"item-01": "ok", "item-02": "ok", "grade": "a", "days": "14", "tax_free": "yes"}
WIPED = {"wipe": "wiped", "statement": "Factory reset"}


@pytest.fixture
def counter(session: Session) -> Counter:
    made = a_counter(session)
    tradeinvalues.set_rule(
        session, made.manager, model_id=None, grade=Grade.A, shares=Shares(7_000)
    )
    sold_and_handed_over(session, made, a_robot(session, made, "OLD-1"))
    session.commit()
    return made


@pytest.fixture
def till(app: FastAPI, counter: Counter) -> Browser:
    return a_browser(app, counter.session_cookie)


def the_offer(session: Session) -> TradeIn:
    session.expire_all()
    return session.scalars(select(TradeIn)).one()


def test_gaps_are_told_at_their_fields_and_nothing_typed_is_lost(till: Browser) -> None:
    typed = {**FINDINGS, "item-02": "", "slot-0": "left_knee", "amount": "a lot"}
    answer = till.send(PAGE, {**typed, "mark-note-1": "Scuffed sole"})
    assert answer.status_code == 422
    for sentence in ("Please answer this.", "Say what was seen there.", "is not an amount"):
        assert sentence in answer.text
    assert "Scuffed sole" in answer.text


def test_a_place_that_the_robot_lacks_is_refused(till: Browser) -> None:
    answer = till.send(PAGE, {**FINDINGS, "slot-0": "tail", "kind-0": "dent"})
    assert answer.status_code == 422
    assert "no such place" in answer.text


def test_more_than_the_rules_say_goes_with_the_managers_pin(
    till: Browser, session: Session, counter: Counter
) -> None:
    dear = {**FINDINGS, "amount": "10000", "reason": "Rare colour"}
    refused = till.send(PAGE, dear)
    assert (refused.status_code, "PIN" in refused.text) == (422, True)
    assert till.send(PAGE, {**dear, "pin": PIN}).status_code == 303
    assert the_offer(session).offer_by == counter.manager.name


def test_the_counter_takes_the_robot_for_the_sale(
    till: Browser, session: Session, counter: Counter
) -> None:
    assert till.send(PAGE, FINDINGS).status_code == 303
    order = a_basket(session, counter, a_robot(session, counter, "NEW-1"))
    session.commit()
    dialog = till.get("/counter/trade-in", htmx=True)
    assert "OLD-1" in dialog.text
    form = {"order": str(order.number), "trade_in": "U-1", "token": "t1"}
    refused = till.send("/counter/trade-in", form, htmx=True)
    assert refused.headers["HX-Retarget"] == "#dialog"
    taken = till.send("/counter/trade-in", {**form, **WIPED, "token": "t2"}, htmx=True)
    assert "Left to pay" in taken.text
    unit = session.get_one(Unit, the_offer(session).unit_id)
    assert unit.state is UnitState.RECEIVED


def test_the_same_form_twice_takes_the_robot_once(
    till: Browser, session: Session, counter: Counter
) -> None:
    till.send(PAGE, FINDINGS)
    order = a_basket(session, counter, a_robot(session, counter, "NEW-1"))
    session.commit()
    form = {"order": str(order.number), "trade_in": "U-1", "token": "same", **WIPED}
    first, second = (till.send("/counter/trade-in", form, htmx=True) for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 200)
    assert the_offer(session).settled_minor == 945_000


def test_a_robot_that_is_no_customers_has_no_offer(
    till: Browser, session: Session, counter: Counter
) -> None:
    a_robot(session, counter, "SHELF-1")
    session.commit()
    answer = till.send("/robots/SHELF-1/trade-in", FINDINGS)
    assert answer.status_code == 409
    assert "no customer" in answer.text


def test_programs_look_over_and_take_in(app: FastAPI, session: Session, counter: Counter) -> None:
    shop = Program(TestClient(app), a_token(session, counter.manager))
    session.commit()
    answers = {key: {"result": "ok"} for key in ("01", "02")}
    made = shop.post("/trade-ins", {"serial": "OLD-1", "answers": answers, "grade": "a"})
    assert made.status_code == 201, made.text
    assert made.json()["offer"]["amount"] == 945_000
    body = {"wipe": "wiped", "statement": "Reset", "payout": "transfer", "payout_note": "DE02"}
    taken = shop.post("/trade-ins/1/take", body)
    assert (taken.status_code, taken.json()["paid_out"]["amount"]) == (200, 945_000)
    assert shop.post("/trade-ins/1/take", body).status_code == 409


def test_values_are_set_by_model_and_grade_and_dropped(app: FastAPI, counter: Counter) -> None:
    manager = a_browser(app, counter.manager_cookie)
    page = "/settings/trade-in"
    assert manager.post(page, grade="b", start="50", least="60").status_code == 422
    assert manager.post(page, grade="b", start="50", token="t1").status_code == 303
    assert "50%" in manager.get(page).text
    assert manager.post(f"{page}/margin", margin="yes", token="t2").status_code == 303
    assert manager.post(f"{page}/2/drop", token="t3").status_code == 303
    assert "50%" not in manager.get(page).text
