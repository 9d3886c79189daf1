"""A repair's page at work: messages, the second way in, papers, keys, payment, news, weight."""

import gzip
import re
from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.identity.models import WrongTries
from app.payments.card_models import PaymentLink
from app.portal import talks
from app.service import tickets
from app.service.models import Ticket
from app.web import csrf
from app.web.buffering import UPLOAD_CAP
from tests.makers.browsing import SECRET, Browser
from tests.makers.estimates import approved_ticket, priced, sent
from tests.makers.service import Workshop, a_ticket
from tests.makers.work import released
from tests.portal.customer import Customer

pytestmark = pytest.mark.only_on("sqlite")  # pages alike on both: test_pages_answer

STATIC = Path(__file__).parents[2] / "static"


@pytest.fixture
def ticket(session: Session, shop: Workshop) -> Ticket:
    shop.owner.phone = "+49 341 5550142"
    return a_ticket(session, shop)


@pytest.fixture
def customer(app: FastAPI, session: Session, shop: Workshop, ticket: Ticket) -> Customer:
    return Customer(app, session, shop, ticket)


def test_a_message_goes_both_ways_and_notes_stay_inside(
    customer: Customer, bench: Browser, ticket: Ticket
) -> None:
    staff_page = tickets.page(ticket)
    assert (
        customer.post(f"{customer.here}/messages", text="Is it <b>back</b>?", token="1")[0] == 303
    )
    bench.post(f"{staff_page}/notes", text="Call Wu, not the customer")

    seen = bench.get(f"{staff_page}/messages", htmx=True).text
    assert "customer waits for an answer" in bench.get("/").text
    board = bench.get("/service").text
    bench.post(f"{staff_page}/messages", text="On Thursday.", token="2")

    page = customer.client.get(customer.here).text
    assert "Is it &lt;b&gt;back&lt;/b&gt;?" in seen
    assert "1 message" in board
    assert "On Thursday." in page
    assert "Call Wu" not in page


def test_what_is_too_long_stays_in_its_field(customer: Customer) -> None:
    text = "<script>alert(1)</script>" * 2_000

    status, page = customer.post(f"{customer.here}/messages", text=text, token="1")

    assert status == 422
    assert "At most" in page
    assert page.count("&lt;script&gt;") == 2_000
    assert "<script>alert" not in page


def test_twelve_pictures_of_twenty_megabytes_are_refused_kindly(customer: Customer) -> None:
    body = b"x" * (UPLOAD_CAP + 1)
    answer = customer.client.post(
        f"{customer.here}/messages",
        content=body,
        headers={"content-type": "multipart/form-data; boundary=b"},
    )

    assert answer.status_code == 413
    assert "at most 25 MB at once" in answer.text


def test_number_and_digits_lead_to_the_page_and_misses_stay(
    customer: Customer, ticket: Ticket
) -> None:
    number = str(ticket.number)

    found = customer.client.post(
        "/s", data={csrf.FIELD: csrf._token(SECRET), "number": number, "digits": "0142"}
    )
    missed = [customer.post("/s", number="4711", digits=one) for one in ("0142", "0142")]

    assert found.status_code == 303
    assert customer.client.get(found.headers["location"]).status_code == 200
    assert {status for status, _ in missed} == {422}
    assert len({re.sub(r'value="[\w-]{20,}"', "", page) for _, page in missed}) == 1


def test_who_guesses_too_often_is_told_when_to_come_back(customer: Customer) -> None:
    for _ in range(5):
        customer.post("/s", number="4711", digits="0000")

    answer = customer.client.post(
        "/s", data={csrf.FIELD: csrf._token(SECRET), "number": "4711", "digits": "0000"}
    )

    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0


def test_wrong_keys_are_counted_and_the_right_one_always_opens(customer: Customer) -> None:
    statuses = [customer.client.get(f"/s/{'x' * 43}").status_code for _ in range(22)]

    assert statuses == [404] * 20 + [429] * 2
    assert customer.client.get(customer.here).status_code == 200


def test_a_page_that_gets_no_stream_asks_for_the_mark(
    session: Session, shop: Workshop, customer: Customer, ticket: Ticket
) -> None:
    def mark() -> str:
        return customer.client.get(f"{customer.here}/live").text

    before = mark()
    assert f'data-mark="{before}"' in customer.client.get(customer.here).text
    talks.answer(session, shop.technician, ticket, text="Soon.", token="a")
    session.commit()

    assert mark() != before


def test_a_new_key_ends_all_earlier_ones(
    customer: Customer, bench: Browser, ticket: Ticket
) -> None:
    keys = f"{tickets.page(ticket)}/keys"

    page = bench.post(keys).text

    fresh = re.search(r"/s/[\w-]{43}", page)
    assert fresh is not None
    assert customer.client.get(fresh[0]).status_code == 200
    assert customer.client.get(customer.here).status_code == 404
    assert "Revoked" in bench.get(keys).text


def test_ready_it_can_be_paid_and_its_papers_are_its_own(
    app: FastAPI, session: Session, shop: Workshop
) -> None:
    priced(session, shop)
    customer = Customer(app, session, shop, released(session, shop, approved_ticket(session, shop)))

    page = customer.client.get(customer.here).text
    paying = customer.client.post(f"{customer.here}/pay", data={csrf.FIELD: csrf._token(SECRET)})

    assert "Pay when you collect it" in page  # this store takes no cards by itself
    assert f"{customer.here}/papers/protocol.pdf" in page
    assert customer.client.get(f"{customer.here}/papers/protocol.pdf").content[:5] == b"%PDF-"
    assert customer.client.get(f"{customer.here}/papers/document-1.pdf").status_code == 404
    assert paying.status_code == 303
    assert f'href="{customer.here}"' in customer.client.get(paying.headers["location"]).text
    assert customer.here[3:] not in str(session.scalar(select(PaymentLink.back_to)))


def test_the_first_load_is_light(app: FastAPI, session: Session, shop: Workshop) -> None:
    """At most 45 KB beside the font: page, styles, script, icons, as they travel."""
    priced(session, shop)
    customer = Customer(app, session, shop, sent(session, shop).ticket)

    page = customer.client.get(customer.here).text

    files = set(re.findall(r'(?:href|src)="/static/([\w./-]+)', page)) - {"fonts/inter.woff2"}
    weight = len(gzip.compress(page.encode(), 6)) + sum(
        len(gzip.compress((STATIC / one).read_bytes(), 6)) for one in files
    )
    assert {"ui.css", "portal.css", "repair.js", "icons.svg"} <= files
    assert weight <= 45_000


def test_a_wrong_key_that_writes_is_one_wrong_try(customer: Customer, session: Session) -> None:
    assert customer.post("/s/not-a-key/messages", text="Hello", token="1")[0] == 404
    assert set(session.scalars(select(WrongTries.tries))) == {1}
