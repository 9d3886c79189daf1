"""A repair as its customer sees it on a phone: answered, paid, taken home, and asked about."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect
from pypdf import PdfReader
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import wiring
from app.calibration import adjustments, certificates, jobs, review
from app.calibration.drawingup import Issue
from app.customers import book
from app.identity import staff
from app.identity.roles import Role
from app.identity.signing import actor_for
from app.kernel import clock
from app.kernel.db import Database
from app.kernel.signatures import Signed
from app.messaging import delivery
from app.messaging.models import Message, Topic
from app.service import acceptance, links, tickets
from app.service.estimate_models import AnswerSignature
from app.settings import Settings
from tests.browsers import watch
from tests.makers.books import breaches_of
from tests.makers.calibration import Lab, a_job, a_procedure, an_equipment, measure
from tests.makers.certificates import HOUSE
from tests.makers.estimates import a_fee, priced, sent
from tests.makers.identity import PIN, a_person
from tests.makers.service import Workshop, a_workshop
from tests.makers.work import released
from tests.stripe_server import StripeStandIn

# What depends on the engine is in tests/portal and tests/survey.
pytestmark = pytest.mark.only_on("sqlite")

PASSWORD = "correct horse battery"
PHONE: ViewportSize = {"width": 390, "height": 844}


@dataclass(frozen=True)
class Repair:
    """A repair whose estimate waits for its customer; `key` opens its page."""

    shop: Workshop
    number: int
    key: str


@pytest.fixture
def repair(session: Session, tmp_path: Path) -> Repair:
    """Transport and a check, both at the customer's cost; a robot that will be calibrated."""
    wiring.connect()
    shop = a_workshop(session, tmp_path / "var")
    reachable = replace(book.as_input(shop.owner), email="klinik@example.com")
    book.change(session, shop.manager, shop.owner, reachable, version=shop.owner.version)
    priced(session, shop)
    ticket = sent(session, shop, a_fee("Transport", 5_000), a_fee("Wash", 3_000)).ticket
    staff.set_password(session, shop.manager, shop.people[Role.MANAGER], PASSWORD)
    ticket.promised_at = clock.now() + timedelta(days=2)
    key = links.new(session, shop.manager, ticket)
    session.commit()
    return Repair(shop, ticket.number, key)


@pytest.mark.parametrize(("language", "has_scripts"), [("en", True), ("de", False), ("zh", False)])
def test_from_the_link_to_the_answer_that_somebody_follows_up(
    *,
    language: str,
    has_scripts: bool,
    browser: Browser,
    page: Page,
    repair: Repair,
    session: Session,
    database: Database,
    start_server: Callable[..., str],
    stripe_stand_in: StripeStandIn,
) -> None:
    base = start_server(
        QUATREFOIL_STRIPE_SECRET_KEY=stripe_stand_in.key,
        QUATREFOIL_STRIPE_API_BASE=stripe_stand_in.url,
    )
    delivery.connect(database, Settings(public_url=base))
    with browser.new_context(
        viewport=PHONE, locale=language, java_script_enabled=has_scripts
    ) as context:
        context.set_default_timeout(15_000)
        phone = context.new_page()
        troubles = watch(phone)
        phone.goto(f"{base}/s/{repair.key}")
        first_screen(phone)
        decline_one_and_approve_the_rest(phone, draws=has_scripts)
        repaired(session, repair)
        phone.goto(f"{base}/s/{repair.key}")
        pay(phone)
        assert "DEMO-G1-0001" in certificate(phone)
        answer_with_five(phone, given_back(session, repair))
        assert troubles == []

    assert charged(stripe_stand_in) == [5_000]
    page.goto(f"{base}/sign-in")
    page.fill("#f-login", "petra")
    page.fill("#f-password", PASSWORD)
    page.press("#f-password", "Enter")
    page.wait_for_url(f"{base}/")
    page.goto(f"{base}/survey")
    expect(page.locator("main")).to_contain_text("It squeaks again")
    with database.reading() as after:
        assert breaches_of(after) == []
        assert len(after.scalars(select(AnswerSignature.id)).all()) == has_scripts


def first_screen(phone: Page) -> None:
    """State, date and what to do are seen without a finger on the glass."""
    for part in ("#title", "#todo", "#part-hero .facts", "#look-over"):
        shown = phone.locator(part).bounding_box()
        assert shown is not None
        assert shown["y"] + shown["height"] <= PHONE["height"], part


def decline_one_and_approve_the_rest(phone: Page, *, draws: bool) -> None:
    phone.locator("input[value=approve]").first.check()
    phone.locator("input[value=decline]").last.check()
    phone.locator("#look-over").click()
    phone.locator("#by").fill("Kerstin Arndt")
    expect(phone.locator("canvas.pad")).to_be_visible(visible=draws)
    if draws:
        sign(phone)
    phone.locator("#confirm").click()
    expect(phone.locator(".chip.bad")).to_have_count(1)
    expect(phone.locator("ul.answer-lines .chip.ok")).to_have_count(1)


def sign(phone: Page) -> None:
    """A stroke, wiped away, and another one."""
    kept = phone.locator("#f-signature")
    stroke(phone)
    phone.locator("[data-wipe]").click()
    expect(kept).to_have_value("")
    stroke(phone)
    expect(kept).to_have_value(re.compile("^data:image/png"))


def stroke(phone: Page) -> None:
    pad = phone.locator("canvas.pad")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box is not None
    phone.mouse.move(box["x"] + 40, box["y"] + 100)
    phone.mouse.down()
    phone.mouse.move(box["x"] + 160, box["y"] + 30, steps=4)
    phone.mouse.up()


def repaired(session: Session, repair: Repair) -> None:
    """What was approved is done, measured, certified and released."""
    shop = repair.shop
    session.expire_all()
    ticket = tickets.by_number(session, shop.manager, repair.number)
    lab = a_lab_of(session, shop)
    job = a_job(session, lab, reference=tickets.reference(ticket))
    measure(session, lab, job)
    adjustments.nothing_adjusted(session, lab.technician, job)
    jobs.finish(session, lab.technician, job)
    review.review(session, lab.metrologist, job, pin=PIN)
    certificates.issue(
        session, lab.metrologist, job, Issue(languages=("en",)), house=HOUSE, pin=PIN
    )
    released(session, shop, ticket)
    session.commit()


def a_lab_of(session: Session, shop: Workshop) -> Lab:
    person = a_person(session, shop.store, "Mei Hoffmann", role=Role.METROLOGIST)
    return Lab(
        store=shop.store,
        people=shop.people | {Role.METROLOGIST: person},
        technician=shop.technician,
        metrologist=actor_for(person, terminal=None),
        manager=shop.manager,
        version=a_procedure(session, shop.manager),
        level=an_equipment(session, shop.store),
        unit=shop.unit,
    )


def pay(phone: Page) -> None:
    """By card, at the card service's page, and back."""
    expect(phone.locator("#pay-form")).to_contain_text("50")
    phone.locator("#pay").click()
    phone.wait_for_url("**/pay/**")
    phone.locator("#pay").click()
    phone.locator("button[value=card]").click()
    phone.locator("#back").click()
    phone.wait_for_url("**/s/**")
    expect(phone.locator("#pay-form")).to_have_count(0)


def certificate(phone: Page) -> str:
    """The text of the certificate that the page offers."""
    paper = phone.locator("a[href*='/papers/certificate-']").get_attribute("href") or ""
    got = phone.request.get(urljoin(phone.url, paper))
    assert got.headers["content-type"] == "application/pdf"
    return "".join(sheet.extract_text() for sheet in PdfReader(BytesIO(got.body())).pages)


def given_back(session: Session, repair: Repair) -> str:
    """The customer has the robot; the address in the letter that asks how it was."""
    manager = repair.shop.manager
    session.expire_all()
    ticket = tickets.by_number(session, manager, repair.number)
    acceptance.give_back(
        session, manager, ticket, signed=Signed("Kerstin Arndt"), outcome="Washed and checked"
    )
    session.commit()
    letter = session.scalars(select(Message).where(Message.topic == Topic.SURVEY)).one()
    found = re.search(r"http\S+/q/[\w-]+", letter.body)
    session.rollback()
    assert found is not None
    return found[0]


def answer_with_five(phone: Page, address: str) -> None:
    phone.goto(address)
    phone.locator("#point-5").check(force=True)
    phone.locator("#f-comment").fill("It squeaks again")
    phone.locator("#send").click()
    expect(phone.locator("#title")).to_be_visible()
    expect(phone.locator("#question-form")).to_have_count(0)
    expect(phone.locator("#store-title")).to_be_visible()


def charged(stripe: StripeStandIn) -> list[int]:
    return [charge["amount"] for charge in stripe.charges(status="succeeded")]
