"""A hand that is too quick at the real counter: twice on the button, then Back."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.identity.guard import SESSION_COOKIE
from app.kernel.db import Database
from app.payments.models import PaymentAttempt
from tests.journeys.hands import Hands
from tests.makers.books import breaches_of
from tests.makers.sales import a_counter

# What depends on the engine is in tests/sales/test_counter_refusals.py.
pytestmark = pytest.mark.only_on("sqlite")


def test_two_clicks_and_back_take_the_money_once(
    page: Page, start_server: Callable[..., str], session: Session, database: Database
) -> None:
    """UI-01, UI-03."""
    counter = a_counter(session)
    session.commit()
    base = start_server()
    page.context.add_cookies(
        [{"name": SESSION_COOKIE, "value": counter.session_cookie, "url": base}]
    )
    hands = Hands(page)
    hands.go(f"{base}/counter")
    hands.scan("BAT-G1")
    hands.sees("899.00", within="#cart")

    page.locator("#take-payment").dblclick()
    hands.sees("Sale 1 is paid", within="#cart")
    hands.go(f"{base}/sales")
    page.go_back()
    hands.sees("Nothing in this sale yet", within="#cart")
    hands.press("Control+Enter")
    hands.scan("BAT-G1")
    hands.sees("899.00", within="#cart")

    with database.reading() as after:
        assert after.scalar(select(func.count()).select_from(PaymentAttempt)) == 1
        assert breaches_of(after) == []
