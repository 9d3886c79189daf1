"""The door in a real browser: over the page that was interrupted, and for a scanned badge."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import update
from sqlalchemy.orm import Session

from app.identity.guard import SESSION_COOKIE, TERMINAL_COOKIE
from app.identity.models import StaffSession
from app.kernel import clock
from tests.identity.conftest import House
from tests.makers.identity import BADGE, PIN, a_session
from tests.web.keyboard import Keyboard

pytestmark = pytest.mark.only_on("sqlite")
At = Callable[[str], None]


@pytest.fixture
def at(page: Page, session: Session, house: House, start_server: Callable[..., str]) -> At:
    """`at("/customers")` opens a page of the service at the enrolled terminal, as Jana."""
    cookies = {
        SESSION_COOKIE: a_session(session, house.jana, house.terminal),
        TERMINAL_COOKIE: f"terminal-{house.store.id}",
    }
    session.commit()
    server = start_server()
    page.context.add_cookies(
        [{"name": name, "value": value, "url": server} for name, value in cookies.items()]
    )

    def go(path: str) -> None:
        page.goto(server + path)

    return go


def lock(session: Session) -> None:
    session.execute(update(StaffSession).values(locked_at=clock.now()))
    session.commit()


def test_the_request_that_met_a_locked_door_goes_on_after_the_pin(
    page: Page, at: At, session: Session
) -> None:
    at("/customers")
    lock(session)

    page.fill("#list-search", "anna")
    page.fill("#door #f-pin", "0000")
    page.keyboard.press("Enter")
    expect(page.locator("#door")).to_contain_text("This PIN is not right.")
    page.fill("#door #f-pin", PIN)
    page.keyboard.press("Enter")

    expect(page.locator("#customer-rows")).to_contain_text("Nobody like that")
    expect(page.locator("#door")).to_be_hidden()
    assert page.input_value("#list-search") == "anna"
    assert page.url.endswith("/customers?q=anna")

    # the page's own forms, made before the door, carry what the door renewed
    page.click("#me")
    page.click("#me-menu >> text=Dark")

    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.url.endswith("/customers?q=anna")


def test_an_enter_in_the_instant_the_door_appears_is_heard(
    page: Page, at: At, session: Session
) -> None:
    """What is put into the page is bound before the next key can come: never a bare form."""
    at("/customers")
    lock(session)
    page.evaluate(
        """pin => new MutationObserver((changes, observer) => {
            const field = document.querySelector("#door #f-pin");
            if (!field) return;
            observer.disconnect();
            field.value = pin;
            field.form.requestSubmit();
        }).observe(document.querySelector("#door"), { childList: true, subtree: true })""",
        PIN,
    )

    page.fill("#list-search", "anna")

    expect(page.locator("#customer-rows")).to_contain_text("Nobody like that")
    assert page.url.endswith("/customers?q=anna")


def test_somebody_else_at_the_door_gets_the_page_anew(page: Page, at: At, session: Session) -> None:
    at("/customers")
    lock(session)
    page.fill("#list-search", "anna")

    page.click("#door >> text=Somebody else")
    page.click("#door >> text=Petra Krause")
    page.fill("#door #f-pin", "4812")
    page.keyboard.press("Enter")

    expect(page.locator("#me")).to_contain_text("Petra Krause")
    expect(page.locator("#door")).to_be_hidden()


def test_a_badge_is_scanned_whatever_has_the_focus(page: Page, at: At, house: House) -> None:
    at(f"/switch?next=/account&who={house.petra.id}")
    keyboard = Keyboard(page)

    keyboard.scan("4012345678901")
    expect(page.locator("#notice")).to_contain_text("This badge is not known here.")
    assert page.input_value("#f-pin") == ""
    assert "/switch" in page.url
    keyboard.scan(BADGE)

    page.wait_for_url("**/account")
    expect(page.locator("#me")).to_contain_text("Jana Voss")
