"""Messages go out in order, each once, whatever the mail server does meanwhile."""

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import wiring
from app.customers import book
from app.customers import privacy as book_privacy
from app.customers.book import CustomerInput
from app.customers.models import Customer, CustomerKind
from app.kernel import clock
from app.kernel.db import Database
from app.kernel.text import msg
from app.messaging import choices, delivery, messages
from app.messaging.messages import Letter
from app.messaging.models import Channel, Message, Topic
from app.settings import Settings
from tests.makers.payments import Shop, shop
from tests.messaging.post_office import PostOffice, open_post_office

GO_ON = threading.Event()


@pytest.fixture
def office() -> Iterator[PostOffice]:
    with open_post_office() as office:
        yield office


@pytest.fixture
def place(session: Session) -> Shop:
    made = shop(session)
    made.store.email = "store@example.com"
    return made


@pytest.fixture
def customer(session: Session, place: Shop) -> Customer:
    return book.add(
        session,
        place.cashier,
        CustomerInput(
            CustomerKind.PERSON,
            "Ada Fischer",
            email="ada@example.com",
            phone="+49 341 1234",
            language="de",
        ),
    )


@pytest.fixture
def connected(database: Database, office: PostOffice, tmp_path: Path) -> Database:
    delivery.connect(
        database, Settings(smtp_url=SecretStr(office.url), text_folder=tmp_path / "texts")
    )
    return database


def written(
    session: Session, place: Shop, customer: Customer, *subjects: str, topic: Topic = Topic.REPAIR
) -> None:
    for subject in subjects:
        letter = Letter(
            topic=topic,
            reference="ticket:T-1",
            key=f"T-1:{subject}",
            subject=msg("{subject}", subject=subject),
            lines=[msg("Kind regards")],
            link="https://store.example/s/key",
        )
        messages.write(
            session,
            store_id=place.store.id,
            customer_id=customer.id,
            letter=letter,
            start="https://store.example",
        )
    session.commit()


def deliver_all(database: Database, *, after: timedelta = timedelta(0)) -> None:
    """All that is due then; what fails waits longer than a moment."""
    with clock.set_to(clock.now() + after):
        while delivery.run_due(database, GO_ON):
            pass


def test_a_mail_arrives_in_the_customers_language_with_its_link(
    session: Session, connected: Database, office: PostOffice, place: Shop, customer: Customer
) -> None:
    written(session, place, customer, "Fertig")
    deliver_all(connected)
    (mail,) = office.taken
    assert (mail["To"], mail["Subject"]) == ("ada@example.com", "Fertig")
    text = mail.get_payload(decode=True)
    assert isinstance(text, bytes)
    assert "https://store.example/s/key" in text.decode()
    assert "Ada Fischer" in text.decode()


def test_the_same_is_said_once(
    session: Session, connected: Database, office: PostOffice, place: Shop, customer: Customer
) -> None:
    written(session, place, customer, "Ready", "Ready")
    deliver_all(connected)
    deliver_all(connected)
    assert office.subjects == ["Ready"]


def test_what_a_server_could_not_take_comes_later_and_in_order(
    session: Session, connected: Database, office: PostOffice, place: Shop, customer: Customer
) -> None:
    office.answers = ["451 later"]
    written(session, place, customer, "One", "Two", "Three")
    deliver_all(connected)
    assert office.subjects == []  # what was written first goes first
    deliver_all(connected, after=timedelta(hours=1))
    assert office.subjects == ["One", "Two", "Three"]


def test_a_server_that_was_down_for_a_day_gets_every_mail_once(
    session: Session, database: Database, place: Shop, customer: Customer
) -> None:
    with open_post_office() as before:
        port = before.port
    delivery.connect(database, Settings(smtp_url=SecretStr(before.url)))
    written(session, place, customer, "One", "Two")
    for hours in range(24):
        deliver_all(database, after=timedelta(hours=hours))
    with open_post_office(port) as office:
        deliver_all(database, after=timedelta(hours=25))
        deliver_all(database, after=timedelta(hours=26))
        assert office.subjects == ["One", "Two"]


def test_only_a_lost_answer_makes_a_second_mail_and_it_has_the_same_id(
    session: Session, connected: Database, office: PostOffice, place: Shop, customer: Customer
) -> None:
    office.loses = True
    written(session, place, customer, "Ready")
    deliver_all(connected)
    deliver_all(connected, after=timedelta(hours=1))
    first, second = office.taken
    assert first["Message-ID"] == second["Message-ID"]


def test_an_address_that_does_not_exist_is_given_up_and_holds_up_nothing(
    session: Session, connected: Database, office: PostOffice, place: Shop, customer: Customer
) -> None:
    office.answers = ["550 no such mailbox"]
    written(session, place, customer, "One", "Two")
    deliver_all(connected)
    session.expire_all()
    first = session.scalars(select(Message).order_by(Message.id)).first()
    assert first is not None
    assert first.given_up_at is not None
    assert "550" in first.last_error
    assert office.subjects == ["Two"]

    customer.email = "ada@new.example.com"
    messages.try_again(session, place.cashier, first)
    session.commit()
    deliver_all(connected)
    assert office.taken[-1]["To"] == "ada@new.example.com"


@pytest.mark.only_on("sqlite")
def test_a_server_that_does_not_let_us_in_gets_every_mail_when_it_does(
    session: Session, connected: Database, office: PostOffice, place: Shop, customer: Customer
) -> None:
    office.door = "530 who are you?"
    written(session, place, customer, "One", "Two")
    deliver_all(connected)
    office.door = "250 come in"
    deliver_all(connected, after=timedelta(hours=1))
    assert office.subjects == ["One", "Two"]


@pytest.mark.only_on("sqlite")
def test_a_mail_that_was_taken_is_not_sent_again_however_the_server_says_goodbye(
    session: Session, connected: Database, office: PostOffice, place: Shop, customer: Customer
) -> None:
    """Names of several lines and of other scripts keep no mail back either."""
    office.farewell = "421 too busy to say goodbye"
    customer.email, place.store.name = "ada@bücher.example", "Vier\nBcc: eve@example.com"
    written(session, place, customer, "One\u2028Two")
    deliver_all(connected)
    deliver_all(connected, after=timedelta(hours=1))
    (mail,) = office.taken
    assert mail["Date"] is not None
    assert mail["To"] == "ada@xn--bcher-kva.example"
    assert mail["Bcc"] is None


def test_two_workers_hand_a_message_over_once(
    session: Session, connected: Database, office: PostOffice, place: Shop, customer: Customer
) -> None:
    written(session, place, customer, *(f"No {number}" for number in range(8)))
    workers = [threading.Thread(target=deliver_all, args=(connected,)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert office.subjects == [f"No {number}" for number in range(8)]


def test_a_text_message_is_a_file_for_the_gateway(
    session: Session, connected: Database, place: Shop, customer: Customer, tmp_path: Path
) -> None:
    choices.choose(session, place.cashier, customer, channel=Channel.TEXT, stops_news=False)
    written(session, place, customer, "Ready")
    deliver_all(connected)
    (path,) = (tmp_path / "texts").glob("*.json")
    said = json.loads(path.read_text())
    assert said["to"] == "+49 341 1234"
    assert said["text"].endswith("https://store.example/s/key")

    written(session, place, customer, "One question", topic=Topic.SURVEY)
    asked = session.scalars(select(Message.body).order_by(Message.id.desc())).first()
    assert asked is not None
    assert "https://store.example/s/key" in asked
    assert "https://store.example/u/" in asked


def test_who_wants_no_messages_gets_none(session: Session, place: Shop, customer: Customer) -> None:
    choices.choose(session, place.cashier, customer, channel=Channel.NONE, stops_news=False)
    written(session, place, customer, "Ready")
    assert session.scalars(select(Message)).all() == []


def test_who_stopped_the_rest_is_told_of_the_repair_alone(
    session: Session, place: Shop, customer: Customer
) -> None:
    written(session, place, customer, "How was it?", topic=Topic.SURVEY)
    (asked,) = session.scalars(select(Message))
    key = asked.stop_link.rpartition("/")[2]
    choices.stop(session, choices.customer_of_key(session, key))
    written(session, place, customer, "Again?", topic=Topic.SURVEY)
    written(session, place, customer, "Ready")
    subjects = session.scalars(select(Message.subject).order_by(Message.id)).all()
    assert list(subjects) == ["How was it?", "Ready"]


def test_without_a_server_a_mail_waits(
    session: Session, database: Database, place: Shop, customer: Customer
) -> None:
    delivery.connect(database, Settings())
    written(session, place, customer, "Ready")
    assert not delivery.run_due(database, GO_ON)


def test_of_whoever_is_forgotten_no_word_is_kept_and_nothing_more_is_sent(
    session: Session, connected: Database, office: PostOffice, place: Shop, customer: Customer
) -> None:
    wiring.connect()
    written(session, place, customer, "Sent")
    deliver_all(connected)
    written(session, place, customer, "Waits")
    assert "Waits" in str(book_privacy.export(session, place.manager, customer))
    book_privacy.erase(session, place.manager, customer, reason="asked for it")
    session.commit()
    deliver_all(connected, after=timedelta(hours=1))
    kept = session.scalars(select(Message)).all()
    assert [(one.address, one.subject, one.body) for one in kept] == [("", "", "")] * 2
    assert office.subjects == ["Sent"]


def test_what_waited_goes_to_where_its_customer_is_reached_now_or_to_nobody(
    session: Session, connected: Database, office: PostOffice, place: Shop, customer: Customer
) -> None:
    written(session, place, customer, "Moved")
    customer.email = "new@example.com"
    session.commit()
    deliver_all(connected)
    written(session, place, customer, "Gone", "Gone too")
    customer.email = ""
    session.commit()
    deliver_all(connected)

    assert [(mail["To"], mail["Subject"]) for mail in office.taken] == [
        ("new@example.com", "Moved")
    ]
    session.expire_all()
    gone = session.scalars(select(Message).where(Message.subject != "Moved")).all()
    assert [one.given_up_at is not None for one in gone] == [True, True]


@pytest.mark.only_on("sqlite")
def test_who_stops_them_meanwhile_gets_none_of_those_that_wait(
    session: Session, connected: Database, office: PostOffice, place: Shop, customer: Customer
) -> None:
    written(session, place, customer, "First?", "Second?", topic=Topic.SURVEY)
    first = session.scalars(select(Message).order_by(Message.id)).first()
    assert first is not None
    # the link of an older message stops as well as that of the newest
    key = first.stop_link.rpartition("/")[2]
    choices.stop(session, choices.customer_of_key(session, key))
    written(session, place, customer, "Ready")
    deliver_all(connected)
    assert office.subjects == ["Ready"]


@pytest.mark.only_on("sqlite")
def test_who_is_forgotten_while_a_mail_is_handed_over_holds_up_nothing(
    session: Session, connected: Database, place: Shop, customer: Customer
) -> None:
    written(session, place, customer, "Ready")
    message = session.scalars(select(Message)).one()
    message.given_up_at = clock.now()
    session.commit()
    delivery._note(connected, message.id, error="")
    session.expire_all()
    assert (message.sent_at, message.claimed_until) == (None, None)
