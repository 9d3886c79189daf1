"""A whole job by keyboard and scanner, in a real browser."""

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.calibration import jobs
from app.calibration.job_models import CalibrationJob, JobState, Reading
from app.identity.guard import SESSION_COOKIE
from app.identity.roles import Role
from tests.makers.calibration import LEVEL, SERIAL, Lab, a_job, a_point, a_procedure
from tests.makers.identity import PIN, a_session

# The engine behind a page does not change how it is worked: once is enough.
pytestmark = pytest.mark.only_on("sqlite")

POINTS = 30
DIGITS = 5
SECONDS_A_KEY = 0.25
MOST_SECONDS = 4 * 60


class Keys:
    """Types, and counts what was pressed."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.pressed = 0

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)
        self.pressed += len(text)

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)
        self.pressed += 1


def come_in(page: Page, session: Session, lab: Lab, url: str, role: Role = Role.TECHNICIAN) -> None:
    cookie = a_session(session, lab.people[role])
    session.commit()
    page.context.add_cookies([{"name": SESSION_COOKIE, "value": cookie, "url": url}])


def ready(page: Page) -> None:
    """The field is there, and what takes its keys is too."""
    expect(page.locator("html")).to_have_attribute("data-measuring", "ready")
    expect(page.locator("#reading")).to_be_focused()


def test_thirty_points_from_the_scan_to_the_certificate_by_keys_alone(
    page: Page, session: Session, lab: Lab, live_server: str
) -> None:
    points = [a_point(f"joint:axis_{place:02}_joint", readings=1) for place in range(POINTS)]
    a_procedure(session, lab.manager, "ALL-AXES", points=points)
    come_in(page, session, lab, live_server)
    keys = Keys(page)

    page.goto(f"{live_server}/calibration")
    expect(page.locator("#robot-code")).to_be_focused()
    keys.type(SERIAL)
    keys.press("Enter")
    expect(page.locator("#plan-procedure")).to_be_focused()
    keys.press("Control+Enter")
    expect(page.locator("#start-temperature")).to_be_focused()
    keys.press("Control+Enter")
    ready(page)
    keys.type(LEVEL)
    keys.press("Enter")
    expect(page.locator("#reading-label")).to_contain_text("axis 00 joint, reading 1 of 1")
    before = keys.pressed
    for place in range(POINTS):
        keys.type(f"0.{10 + place % 20:03}")
        keys.press("Enter")
    expect(page.locator("#unadjusted")).to_be_visible()
    assert (keys.pressed - before) / POINTS <= DIGITS + 1
    keys.press("Control+Enter")
    expect(page.locator("#finish")).to_be_visible()
    keys.press("Control+Enter")
    expect(page.locator("#results .verdict.ok")).to_have_count(POINTS)
    come_in(page, session, lab, live_server, Role.METROLOGIST)
    page.reload()
    page.locator("#review-pin").focus()
    keys.type(PIN)
    keys.press("Control+Enter")
    expect(page.locator(".topbar .chip")).to_have_text("Reviewed")
    keys.press("Control+Enter")
    expect(page.locator("#issue-language")).to_be_focused()
    page.locator("#issue-pin").focus()
    keys.type(PIN)
    keys.press("Control+Enter")
    # the paper of thirty points is drawn meanwhile
    expect(page.locator("#title")).to_contain_text("-00001", timeout=60_000)
    paper = page.request.get(live_server + (page.locator("#pdf").get_attribute("href") or ""))

    assert paper.body().startswith(b"%PDF")
    assert keys.pressed * SECONDS_A_KEY < MOST_SECONDS
    taken = session.scalars(select(Reading).order_by(Reading.id)).all()
    assert [row.raw_text for row in taken] == [f"0.{10 + place % 20:03}" for place in range(POINTS)]
    assert session.scalars(select(CalibrationJob)).one().state is JobState.CERTIFIED


def test_what_is_refused_comes_back_into_the_field(
    page: Page, session: Session, lab: Lab, live_server: str
) -> None:
    job = a_job(session, lab)
    come_in(page, session, lab, live_server)
    page.goto(f"{live_server}{jobs.page(job)}")
    field = page.locator("#reading")
    ready(page)

    page.keyboard.type("1.2.3")
    page.keyboard.press("Enter")

    expect(page.locator("#reading-error")).to_contain_text("is not a number")
    expect(field).to_have_value("1.2.3")
    expect(field).to_be_focused()
    page.keyboard.type("0.012")
    page.keyboard.press("Enter")
    expect(page.locator("#reading-label")).to_contain_text("reading 2 of 2")
    expect(page.locator("#result-verdict")).to_contain_text("Pass")
    expect(field).to_have_value("")
    page.keyboard.type("+")
    page.keyboard.press("Enter")
    expect(page.locator("#reading-label")).to_contain_text("reading 1 once more")
    page.keyboard.type("0.011")
    page.keyboard.press("Enter")
    expect(page.locator("#rows")).to_contain_text("taken again")
    expect(field).to_be_focused()


def test_a_pasted_column_is_taken_whole(
    page: Page, session: Session, lab: Lab, live_server: str
) -> None:
    job = a_job(session, lab)
    come_in(page, session, lab, live_server)
    page.goto(f"{live_server}{jobs.page(job)}")
    ready(page)

    page.evaluate(
        """() => {
            const data = new DataTransfer();
            data.setData("text", "0.010\\n0.012\\n");
            const how = { clipboardData: data, bubbles: true, cancelable: true };
            document.querySelector("#reading").dispatchEvent(new ClipboardEvent("paste", how));
        }"""
    )

    expect(page.locator("#reading-label")).to_contain_text("right knee joint, reading 1 of 2")
    expect(page.locator("#point-1")).to_contain_text("2/2")
