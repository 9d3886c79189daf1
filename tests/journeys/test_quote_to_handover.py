"""A quote: sent, accepted on the customer's phone without a script, deposit, rest, handover."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from app.identity.guard import SESSION_COOKIE
from app.kernel.db import Database
from app.kernel.money import Money
from app.sales import quotelines, quotes
from tests.journeys.hands import Hands
from tests.makers.books import breaches_of
from tests.makers.sales import a_counter, a_robot

# What depends on the engine is in tests/sales/test_quotes.py and test_deposits.py.
pytestmark = pytest.mark.only_on("sqlite")


def test_from_the_quote_to_the_handover(
    page: Page, start_server: Callable[..., str], session: Session, database: Database
) -> None:
    counter = a_counter(session)
    unit = a_robot(session, counter)
    quote = quotes.make(session, counter.seller, counter.customer.id)
    quotelines.add_robot(session, counter.seller, quote, counter.robot, unit=unit)
    until = quotes.require_draft(quote).valid_until
    deposit = Money(200_000, "EUR")
    quotes.set_terms(session, counter.seller, quote, valid_until=until, deposit=deposit)
    session.commit()
    base = start_server()
    page.context.add_cookies(
        [{"name": SESSION_COOKIE, "value": counter.session_cookie, "url": base}]
    )
    hands = Hands(page)

    hands.go(f"{base}/sales/quotes/1")
    hands.enter("#send")
    hands.sees("Sent", within="main")
    hands.enter("#make-link")
    link = page.locator("#the-link a").get_attribute("href") or ""
    accept_on_the_phone(page, base + link[link.index("/o/") :])

    hands.go(f"{base}/counter")
    hands.scan("S-1")
    hands.sees("13,500.00", within="#cart")
    hands.press("F9")
    hands.write("#split-cash", "2000")
    hands.press("Enter")
    hands.sees("Left to pay", within="#cart")
    hands.press("Control+Enter")
    hands.sees("Sale 1 is paid", within="#cart")
    hands.press("Shift+F3")
    hands.sees("What goes out")
    for answer in page.locator("input[type=radio][value=ok]").all():
        answer.check()
    page.locator("#sign").click()
    hands.sees("Handed over", within="main")

    with database.reading() as after:
        assert breaches_of(after) == []


def accept_on_the_phone(page: Page, address: str) -> None:
    browser = page.context.browser
    assert browser is not None
    phone = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    shown = phone.new_page()
    shown.goto(address)
    shown.locator("#f-by").fill("A. Lindner")
    shown.locator("#accept-now").click()
    expect(shown.locator("#pay")).to_contain_text("2,000.00")
    phone.close()
