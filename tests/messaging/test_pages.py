"""What staff see of messages, and the link at a message's foot."""

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.text import msg
from app.messaging import choices, messages
from app.messaging.messages import Letter
from app.messaging.models import Channel, Message, Topic
from tests.makers.browsing import Browser, a_browser
from tests.makers.programs import Program, a_token
from tests.makers.sales import Counter, a_counter

pytestmark = pytest.mark.only_on("sqlite")
KEY = "k3y-" * 11


@pytest.fixture
def counter(session: Session) -> Counter:
    made = a_counter(session)
    made.customer.email = "office@lindenhof.example"
    letter = Letter(
        topic=Topic.SURVEY,
        reference="order:1",
        key="order:1:survey",
        subject=msg("How was it?"),
        link=f"https://store.example/q/{KEY}",
    )
    messages.write(
        session,
        store_id=made.store.id,
        customer_id=made.customer.id,
        letter=letter,
        start="https://store.example",
    )
    session.commit()
    return made


@pytest.fixture
def staff(app: FastAPI, counter: Counter) -> Browser:
    return a_browser(app, counter.session_cookie)


def test_the_list_says_how_far_each_came_and_what_is_missing(staff: Browser) -> None:
    page = staff.get("/messages")
    assert page.status_code == 200
    for words in ("How was it?", "Waits to be sent", "No mail server is set up"):
        assert words in page.text
    shown = staff.get("/messages/1").text
    assert "office@lindenhof.example" in shown
    assert "https://store.example/q/…" in shown  # it is the customer who answers


def test_a_customer_page_shows_what_was_written(staff: Browser, counter: Counter) -> None:
    assert "How was it?" in staff.get(f"/customers/{counter.customer.number}").text


def test_staff_write_down_how_a_customer_is_reached(
    staff: Browser, session: Session, counter: Counter
) -> None:
    address = f"/messages/choices/{counter.customer.number}"
    assert staff.get(address).status_code == 200
    assert staff.post(address, channel="pigeon").status_code == 422
    assert staff.post(address, channel="none", stops_news="yes").status_code == 303
    session.expire_all()
    choice = choices.of(session, counter.customer.id)
    assert choice is not None
    assert (choice.channel, choice.stopped_at is not None) == (Channel.NONE, True)


def test_opening_the_link_stops_nothing_and_its_button_does(
    app: FastAPI, session: Session, counter: Counter
) -> None:
    message = session.scalars(select(Message)).one()
    link = message.stop_link.removeprefix("https://store.example")
    visitor = a_browser(app, "nobody")
    assert "Stop these messages?" in visitor.get(link).text
    session.expire_all()
    assert choices.of(session, counter.customer.id) is None
    session.commit()
    assert visitor.post(link).status_code == 303
    assert "You get no more of these." in visitor.get(link).text
    assert visitor.get("/u/guessed").status_code == 404


def test_programs_read_messages(app: FastAPI, session: Session, counter: Counter) -> None:
    shop = Program(TestClient(app), a_token(session, counter.manager))
    session.commit()
    (item,) = shop.get("/messages", fate="waiting").json()["items"]
    assert (item["subject"], item["tries"]) == ("How was it?", 0)
    assert KEY not in item["body"]
