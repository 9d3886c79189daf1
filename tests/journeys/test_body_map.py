"""The body map by keyboard alone: one stop, arrows to the next slot that way, Enter opens it."""

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.axe import violations
from tools.screenshots import sign_in

ROBOT = "/robots/DEMO-G1-25-0118"
LOOKS = ("", "?look=hours", "/parts?show=changes", "/counters", "/slots/left_knee.actuator")

# The engine behind a page does not change how it is walked: once is enough.
pytestmark = [pytest.mark.only_on("sqlite"), pytest.mark.demo_store]


def test_arrows_walk_the_body_and_enter_opens_a_slot(page: Page, live_server: str) -> None:
    # given
    come_in(page, live_server)
    page.goto(live_server + ROBOT)
    links = page.locator("[data-bodymap] a")
    assert links.count() == 28
    assert page.locator("[data-bodymap] a[tabindex='0']").count() == 1
    # when the hand goes down the left leg
    page.locator("[data-bodymap] a[href$='/left_hip_yaw.actuator']").focus()
    page.keyboard.press("ArrowDown")
    # then
    here = page.locator("[data-bodymap] a:focus")
    expect(here).to_have_attribute("href", f"{ROBOT}/slots/left_knee.actuator")
    expect(here).to_have_attribute("class", "info")
    expect(here).to_have_accessible_name("Left knee DEMO-AK-80 DEMO-ACT-0118-24, Changed")
    assert page.locator("[data-bodymap] a[tabindex='0']").count() == 1
    page.keyboard.press("ArrowLeft")
    expect(page.locator("[data-bodymap] a:focus")).to_have_attribute(
        "href", f"{ROBOT}/slots/right_knee.actuator"
    )
    page.keyboard.press("Home")
    expect(page.locator("[data-bodymap] a:focus")).to_have_accessible_name(
        "Waist yaw Actuator DEMO-ACT-0118-01, As built"
    )
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{ROBOT}/slots/waist_yaw.actuator")


def test_each_way_to_look_at_a_robot_is_accessible(page: Page, live_server: str) -> None:
    come_in(page, live_server)
    for below in LOOKS:
        page.goto(live_server + ROBOT + below)
        assert violations(page) == [], below


def come_in(page: Page, url: str) -> None:
    page.goto(f"{url}/sign-in")
    sign_in(page, url)
