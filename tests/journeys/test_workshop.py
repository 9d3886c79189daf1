"""The workshop by scanner and keyboard: intake in half a minute, the board without a mouse."""

import time
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.hands import Hands
from tools.screenshots import at_the_door, sign_in

# The engine behind a page does not change how it is worked: once is enough.
pytestmark = pytest.mark.only_on("sqlite")

ROBOT, OTHER_ROBOT = "DEMO-G1-25-0118", "DEMO-H1-0411"
INTAKE_S = 30


@pytest.fixture(scope="module")
def workshop(demo_url: str) -> str:
    """One demo store for all of these, for opening it takes longer than they do."""
    return demo_url


def come_in(page: Page, url: str) -> Hands:
    page.goto(f"{url}/sign-in")
    sign_in(page, url)
    return Hands(page)


def test_a_scan_and_three_fields_check_a_robot_in(page: Page, workshop: str) -> None:
    hands = come_in(page, workshop)
    hands.go(f"{workshop}/service")
    began = time.monotonic()

    hands.scan(ROBOT)
    page.wait_for_url("**/robots/**")
    hands.press("t")
    page.wait_for_url("**/service/new?**")
    hands.write("#f-complaint", "Knee squeaks")
    hands.write("#f-soc_percent", "62")
    hands.write("#f-signature-typed", "Kerstin Arndt")
    hands.press("Control+Enter")
    page.wait_for_url("**/service/tickets/**")

    assert time.monotonic() - began < INTAKE_S
    assert hands.actions <= 6
    hands.sees("Knee squeaks", within="h1")
    hands.sees("62 %")


def test_one_scan_puts_a_part_on_a_ticket(page: Page, workshop: str) -> None:
    """It is kept for the ticket when that line is approved, without another hand: see reserving."""
    hands = come_in(page, workshop)
    hands.go(f"{workshop}/service?waiting=maker")
    ticket = page.locator("#columns .card a.open").first.get_attribute("href")
    hands.go(f"{workshop}{ticket}/estimate")
    before = hands.actions

    hands.scan("TP-14")

    hands.sees("Thermal pad, knee", within="#sheet")
    assert hands.actions - before == 1


def test_a_picture_that_is_too_large_is_told_before_anything_is_sent(
    page: Page, workshop: str, tmp_path: Path
) -> None:
    huge = tmp_path / "huge.jpg"
    with huge.open("wb") as file:
        file.truncate(40_000_000)
    hands = come_in(page, workshop)
    hands.go(f"{workshop}/service/new?code={OTHER_ROBOT}")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method))
    hands.write("#f-complaint", "Cracked shell")

    page.set_input_files("#f-photos", huge)
    expect(page.locator("#f-photos")).to_have_attribute("aria-invalid", "true")
    page.locator("#check-in").press("Enter")
    told = page.locator("#f-photos").evaluate("field => field.validationMessage")
    page.set_input_files("#f-photos", [])

    expect(page.locator("#f-photos")).not_to_have_attribute("aria-invalid", "true")
    assert told == "At most 20 MB each, and 24 MB together."
    assert "POST" not in sent
    expect(page.locator("#f-complaint")).to_have_value("Cracked shell")


def test_a_proposed_evening_is_promised_with_one_press(page: Page, workshop: str) -> None:
    hands = come_in(page, workshop)
    hands.go(f"{workshop}/service/new?code={OTHER_ROBOT}")
    evening = page.locator("[data-fill]").first
    value = evening.get_attribute("value")

    evening.press("Enter")

    expect(page.locator("#f-promised_at")).to_have_value(value or "")
    expect(page.locator("#f-promised_at")).to_be_focused()


def test_the_board_is_walked_and_worked_by_keyboard(page: Page, workshop: str) -> None:
    hands = come_in(page, workshop)
    hands.go(f"{workshop}/service")

    hands.press("ArrowRight")
    first = page.evaluate("document.activeElement.closest('.card').id")
    hands.press("ArrowRight")
    second = page.evaluate("document.activeElement.closest('.card').id")
    number = second.removeprefix("t")
    hands.press("m")
    expect(page.locator("#dialog")).to_be_visible()
    hands.sees(f"Move T-{number}", within="#dialog")
    page.locator("#to-diagnosing").press("Enter")
    page.wait_for_url("**/service")

    assert first != second
    column = page.locator(f"section:has(#t{number}) h2")
    expect(column).to_contain_text("Diagnosis")


def test_a_card_moves_on_the_other_screen_too(browser: Browser, page: Page, workshop: str) -> None:
    come_in(page, workshop).go(f"{workshop}/service?waiting=any")
    with at_the_door(browser, workshop, language="en", size="desktop", theme="light") as other:
        hands = come_in(other, workshop)
        hands.go(f"{workshop}/service")
        number = other.locator("#columns .col:has(#col-received) .card").last.get_attribute("id")
        link = other.locator(f"#{number} a.open").get_attribute("href")
        hands.go(f"{workshop}{link}/move")
        other.select_option("#wait-reason", "carrier")
        other.locator("#wait-save").press("Enter")

    expect(page.locator(f"#{number}")).to_contain_text("Carrier", timeout=15_000)
