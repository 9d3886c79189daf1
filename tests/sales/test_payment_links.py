"""A sale's payment link at the counter."""

import re

import pytest
from fastapi import FastAPI
from sqlalchemy.orm import Session

from tests.makers.browsing import Browser, a_browser
from tests.makers.sales import Counter, a_counter
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
