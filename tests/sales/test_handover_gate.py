"""A robot whose gate is closed stays here, and the page says why."""

from html import unescape

import pytest
from fastapi import FastAPI
from sqlalchemy.orm import Session

from app.robots import firmware, firmwarerules
from app.robots.firmwarerules import RuleInput
from app.robots.models import Unit
from app.robots.slot_models import VersionOf
from app.robots.states import UnitState
from tests.makers.browsing import Browser, a_browser
from tests.makers.sales import Counter, a_counter, a_robot


@pytest.fixture
def counter(session: Session) -> Counter:
    made = a_counter(session)
    a_robot(session, made)
    rule = RuleInput("FW-7", "The knees oscillate.", {"robot": "<2"})
    firmwarerules.add_rule(session, made.manager, made.model, rule)
    session.commit()
    return made


def a_paid_sale(browser: Browser, counter: Counter) -> str:
    """Sell the robot for cash; the address of its handover."""
    browser.post("/counter/scan", htmx=True, code="DEMO-G1-0001", scan_id="1")
    browser.post("/counter/scan", htmx=True, code=f"C-{counter.customer.number}", scan_id="2")
    paid = browser.post("/counter/pay/cash", htmx=True, order="1", tendered="13500", token="t1")
    assert paid.status_code == 200
    return "/sales/1/handover"


def test_a_listed_bad_version_closes_the_gate_until_another_runs(
    app: FastAPI, session: Session, counter: Counter
) -> None:
    # given
    seller = a_browser(app, counter.session_cookie)
    handover = a_paid_sale(seller, counter)
    # when
    page = unescape(seller.get(handover).text)
    refused = seller.post(handover, token="h1", signature_typed="A. Lindner")
    # then
    assert "FW-7: The knees oscillate. Installed: robot 1.4.2." in page
    assert 'href="/robots/DEMO-G1-0001/firmware"' in page
    assert refused.status_code == 409
    assert "DEMO-G1-0001 stays here. FW-7" in unescape(refused.text)
    session.expire_all()
    unit = session.get_one(Unit, 1)
    assert unit.state is UnitState.SOLD
    # when
    firmware.record(session, counter.manager, unit, VersionOf.ROBOT, "2.0.1")
    session.commit()
    # then
    page = unescape(seller.get(handover).text)
    assert "Versions that run together" in page
    assert "FW-7" not in page
