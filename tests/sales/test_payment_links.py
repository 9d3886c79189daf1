"""A sale's payment link at the counter."""

import re
from datetime import timedelta

import pytest
from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel import clock
from app.payments import checkouts
from app.payments.models import PaymentAttempt, Tender
from app.robots import claims
from app.sales import checkout
from tests.makers.browsing import Browser, a_browser
from tests.makers.sales import Counter, a_counter, a_robot
from tests.makers.whole_sales import a_basket, sold

pytestmark = pytest.mark.only_on("sqlite")


@pytest.fixture
def counter(session: Session) -> Counter:
    made = a_counter(session)
    a_basket(session, made, batteries=1)
    session.commit()
    return made


@pytest.fixture
def till(app: FastAPI, counter: Counter) -> Browser:
    return a_browser(app, counter.session_cookie)


def test_a_link_is_shown_once_and_opens_the_bill(till: Browser) -> None:
    made = till.post("/sales/1/payment-link", days="7")
    assert made.status_code == 200
    found = re.search(r"/pay/([A-Za-z0-9_-]{40,})", made.text)
    assert found
    assert found[1] not in till.get("/sales/1/payment-link").text
    assert "899.00" in till.get(f"/pay/{found[1]}").text
    assert till.post("/sales/1/payment-link/revoke", token="t1").status_code == 303
    assert till.get(f"/pay/{found[1]}").status_code == 404


def test_what_cannot_be_is_told_at_its_field_and_kept(till: Browser) -> None:
    answer = till.post("/sales/1/payment-link", amount="nine", days="0")
    assert answer.status_code == 422
    assert "is not an amount" in answer.text
    assert 'value="nine"' in answer.text


def test_a_paid_sale_has_nothing_to_link(till: Browser, session: Session, counter: Counter) -> None:
    order = sold(session, counter, batteries=1)
    session.commit()
    assert "Nothing is due" in till.get(f"/sales/{order.number}/payment-link").text


def test_a_link_that_nobody_opens_lets_its_robot_go_and_takes_no_money_for_it(
    till: Browser, session: Session, counter: Counter
) -> None:
    unit = a_robot(session, counter)
    order = a_basket(session, counter, unit)
    session.commit()
    made = till.post(f"/sales/{order.number}/payment-link")
    key = re.findall(r"/pay/([A-Za-z0-9_-]{40,})", made.text)[0]
    assert claims.live_claim(session, unit.id) is not None

    with clock.set_to(clock.now() + timedelta(hours=25)):
        assert claims.live_claim(session, unit.id) is None
        session.commit()
        sold(session, counter, unit)
        session.commit()
        answer = till.post(f"/pay/{key}")

    assert "cannot be had any more" in answer.text
    assert session.scalars(select(PaymentAttempt.tender)).all() == [Tender.CASH]


def test_who_opens_a_link_keeps_what_it_pays_for(session: Session, counter: Counter) -> None:
    unit = a_robot(session, counter)
    order = a_basket(session, counter, unit)
    bill, due = checkout.fix(session, counter.seller, order)
    checkout.keep_for_link(session, order, minutes=60)

    checkouts.start(session, bill, due, by="payment link")

    claim = claims.live_claim(session, unit.id)
    assert claim is not None
    assert claim.expires_at is None
