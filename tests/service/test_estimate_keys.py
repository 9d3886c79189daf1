"""An estimate by keyboard alone, in a real browser."""

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from app.identity.guard import SESSION_COOKIE
from app.identity.roles import Role
from app.service.states import TicketState
from tests.makers.estimates import (
    KNEE_PART,
    SWAP,
    a_code,
    a_draft,
    a_fee,
    a_part,
    an_operation,
    priced,
)
from tests.makers.identity import a_session
from tests.makers.service import Workshop, a_ticket

pytestmark = pytest.mark.only_on("sqlite")  # the browser does not see the engine

SIDEWAYS = """
    [...document.querySelectorAll(".scroll")].filter(e => e.scrollWidth > e.clientWidth).length
"""


def at_rest(page: Page) -> None:
    """A person looks before the next key; the page has put the cursor where it belongs by then."""
    expect(page.locator(".htmx-request, .htmx-settling, .htmx-swapping")).to_have_count(0)
    page.wait_for_timeout(400)


def test_a_line_is_added_opened_split_removed_and_sent_without_a_mouse(
    session: Session, shop: Workshop, live_server: str, page: Page
) -> None:
    priced(session, shop)
    an_operation(session, shop)
    a_part(session, shop, on_hand=1)
    ticket = a_ticket(session, shop, state=TicketState.DIAGNOSING)
    cookie = a_session(session, shop.people[Role.TECHNICIAN])
    session.commit()
    page.context.add_cookies([{"name": SESSION_COOKIE, "value": cookie, "url": live_server}])
    page.goto(f"{live_server}/service/tickets/{ticket.number}/estimate")
    expect(page.locator("#suggested")).to_contain_text(KNEE_PART)

    page.keyboard.press("Insert")
    page.keyboard.type(SWAP, delay=90)  # slower than a scanner
    page.keyboard.press("Enter")
    expect(page.locator("#line-1")).to_contain_text("€240.00")
    page.keyboard.press("Insert")
    page.keyboard.type(KNEE_PART)  # as fast as one
    page.keyboard.press("Enter")
    expect(page.locator("#line-2")).to_contain_text("On the shelf")

    at_rest(page)
    page.locator("#line-2 a").press("Enter")
    expect(page.locator("#l-quantity")).to_be_focused()
    page.fill("#pays-customer", "rest")
    page.fill("#pays-goodwill", "25 %")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#line-2")).to_contain_text("€485.00")

    page.keyboard.press("j")
    expect(page.locator("#line-1")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Delete")
    expect(page.locator("#line-1")).to_have_count(0)
    page.keyboard.press("e")
    expect(page.locator("#sent")).to_contain_text("taken back")
    page.keyboard.press("Control+z")
    expect(page.locator("#sheet")).to_contain_text("Not sent")


def test_on_a_phone_lines_and_findings_are_cards_in_the_order_of_the_keys(
    session: Session, shop: Workshop, live_server: str, page: Page
) -> None:
    priced(session, shop)
    an_operation(session, shop)
    sheet = a_draft(session, shop, a_code(SWAP), a_fee("Transport to the works and back"))
    cookie = a_session(session, shop.people[Role.TECHNICIAN])
    session.commit()
    page.context.add_cookies([{"name": SESSION_COOKIE, "value": cookie, "url": live_server}])
    page.set_viewport_size({"width": 390, "height": 844})
    here = f"{live_server}/service/tickets/{sheet.ticket.number}"

    for tab in ("/estimate", "", "/diagnosis"):
        page.goto(f"{here}{tab}")
        expect(page.locator("table.data tbody tr").first).to_be_visible()
        assert page.evaluate(SIDEWAYS) == 0, tab

    page.goto(f"{here}/estimate")
    page.locator("#change-1").focus()
    for reached in ("#remove-1 button", "#change-2", "#remove-2 button"):
        page.keyboard.press("Tab")
        expect(page.locator(reached)).to_be_focused()
