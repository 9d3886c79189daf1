"""What a customer is told of a repair and of a sale: each once, in order, in their language."""

import re
import threading
from collections.abc import Iterator
from datetime import timedelta
from email.message import Message as Mail
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import wiring
from app.customers.events import CustomerErased
from app.kernel import clock
from app.kernel.db import Database
from app.kernel.errors import NotFound
from app.kernel.money import Money
from app.kernel.signatures import Signed
from app.messaging import choices, delivery
from app.messaging.models import Message, Topic
from app.payments import links as paylinks
from app.payments import tills
from app.portal import customerview, documentlinks, notices
from app.robots import openpassport
from app.service import (
    acceptance,
    appointments,
    benches,
    billing,
    intake,
    links,
    sending,
    tickets,
)
from app.service.appointments import Wish
from app.service.models import Ticket, TicketLink
from app.service.planning_models import Appointment, BenchKind
from app.service.states import TicketState, WaitingReason
from app.settings import Settings
from app.stores.models import Till
from tests.makers.estimates import a_draft, a_fee, again, answered, approved_ticket, priced, sent
from tests.makers.sales import a_counter, a_robot
from tests.makers.service import Workshop, a_ticket, a_workshop
from tests.makers.whole_sales import sold_and_handed_over
from tests.makers.work import released
from tests.messaging.post_office import PostOffice, open_post_office

START = "https://store.example"
MINUTES = timedelta(minutes=2)


@pytest.fixture
def office() -> Iterator[PostOffice]:
    with open_post_office() as office:
        yield office


@pytest.fixture(autouse=True)
def house(database: Database, office: PostOffice) -> None:
    wiring.connect()
    delivery.connect(database, Settings(smtp_url=SecretStr(office.url), public_url=START))


@pytest.fixture
def shop(session: Session, tmp_path: Path) -> Workshop:
    made = a_workshop(session, tmp_path / "var")
    made.owner.email, made.owner.language = "klinik@example.com", "de"
    made.store.email = "store@example.com"
    priced(session, made)
    return made


def deliver(database: Database, session: Session) -> None:
    """What was written by now, a little later."""
    session.commit()
    with clock.set_to(clock.now() + MINUTES):
        while delivery.run_due(database, threading.Event()):
            pass


def letters(office: PostOffice) -> list[Mail]:
    """What arrived, without the question how it was."""
    return [mail for mail in office.taken if f"{START}/q/" not in text_of(mail)]


def text_of(mail: Mail) -> str:
    content = mail.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content.decode()


def subjects(session: Session) -> list[str]:
    return [kind for _, _, kind, _ in (key.split(":") for key in keys(session))]


def keys(session: Session) -> list[str]:
    return list(
        session.scalars(
            select(Message.key).where(Message.topic != Topic.SURVEY).order_by(Message.id)
        )
    )


def test_the_whole_life_of_a_repair_arrives_in_order_and_each_link_works(
    session: Session, database: Database, office: PostOffice, shop: Workshop
) -> None:
    till = Till(store_id=shop.store.id, name="Till 1")
    session.add(till)
    session.flush()
    tills.open_session(session, shop.manager, till, Money(0, "EUR"))

    sheet = sent(session, shop, a_fee("Wash", 1_000))
    ticket = sheet.ticket
    answered(session, shop, sheet)
    tickets.move(session, shop.technician, ticket, TicketState.WAITING_PARTS)
    deliver(database, session)
    released(session, shop, ticket)
    billing.pay_cash(session, shop.manager, ticket, till_id=till.id)
    acceptance.give_back(
        session, shop.manager, ticket, signed=Signed("Kerstin Arndt"), outcome="Done"
    )
    deliver(database, session)

    told = ["received", "estimate", "waits", "ready", "paid", "returned"]
    assert subjects(session) == told
    for mail, kind in zip(letters(office), told, strict=True):
        assert mail["To"] == "klinik@example.com"
        assert tickets.label(ticket) in str(mail["Subject"])
        found = re.search(rf"{START}/s/([\w-]+)(/estimate)?", text_of(mail))
        assert found is not None
        assert bool(found[2]) is (kind == "estimate")
        assert links.ticket_of(session, found[1]).id == ticket.id


def test_letters_speak_the_customers_language(session: Session, shop: Workshop) -> None:
    a_ticket(session, shop)
    said = session.scalars(select(Message)).one()
    assert said.language == "de"
    assert "Guten Tag Klinik am Park," in said.body


@pytest.mark.only_on("sqlite")
def test_what_is_put_right_within_a_minute_is_one_mail(
    session: Session, database: Database, office: PostOffice, shop: Workshop
) -> None:
    ticket = a_ticket(session, shop)
    for days in (1, 2, 3):
        promised = clock.now() + timedelta(days=days)
        tickets.edit(session, shop.manager, ticket, {"promised_at": promised}, seen=ticket.version)
    for reason in (WaitingReason.MAKER, WaitingReason.PART):
        tickets.wait(session, shop.manager, ticket, reason)
    deliver(database, session)
    assert subjects(session) == ["received", "promised", "waits"]
    assert len(office.taken) == 3


@pytest.mark.only_on("sqlite")
def test_an_estimate_that_is_recalled_is_not_told(session: Session, shop: Workshop) -> None:
    sheet = a_draft(session, shop)
    sending.send(session, shop.technician, sheet)
    sending.recall(session, shop.technician, again(session, sheet))
    assert subjects(session) == ["received"]
    sending.send(session, shop.technician, again(session, sheet))
    assert subjects(session) == ["received", "estimate"]


@pytest.mark.only_on("sqlite")
def test_who_cannot_be_reached_gets_nothing_and_no_key_is_made(
    session: Session, shop: Workshop
) -> None:
    shop.owner.email = ""
    a_ticket(session, shop)
    assert keys(session) == []
    assert session.scalars(select(TicketLink)).all() == []


@pytest.mark.only_on("sqlite")
def test_whoever_stopped_the_rest_still_hears_of_the_own_repair(
    session: Session, shop: Workshop
) -> None:
    choices.stop(session, shop.owner)
    a_ticket(session, shop)
    assert subjects(session) == ["received"]


def made(session: Session, shop: Workshop, ticket: Ticket, wish: Wish) -> Appointment:
    appointments.make(session, shop.manager, ticket, wish)
    row = appointments.of_ticket(session, ticket)
    assert row is not None
    return row


@pytest.mark.only_on("sqlite")
def test_an_appointment_is_confirmed_moved_and_called_off(
    session: Session, database: Database, office: PostOffice, shop: Workshop
) -> None:
    bench = benches.add(session, shop.manager, name="Bench 1", kind=BenchKind.BENCH)
    ticket = intake.book_in(session, shop.manager, shop.unit, complaint="Yearly service")
    begin = clock.now() + timedelta(days=3)
    end = begin + timedelta(hours=1)
    row = made(session, shop, ticket, Wish(bench.id, begin, end))
    deliver(database, session)
    later = timedelta(hours=5)
    appointments.move(session, shop.manager, row, Wish(bench.id, begin + later, end + later))
    deliver(database, session)
    tickets.cancel(session, shop.manager, ticket, why="Not now")
    deliver(database, session)
    assert len(office.taken) == 3


@pytest.mark.only_on("sqlite")
def test_an_appointment_made_and_called_off_at_once_is_not_told(
    session: Session, shop: Workshop
) -> None:
    bench = benches.add(session, shop.manager, name="Bench 1", kind=BenchKind.BENCH)
    ticket = intake.book_in(session, shop.manager, shop.unit, complaint="Yearly service")
    begin = clock.now() + timedelta(days=3)
    wish = Wish(bench.id, begin, begin + timedelta(hours=1))
    row = made(session, shop, ticket, wish)
    appointments.call_off(session, shop.manager, row, why="The wrong robot")
    assert keys(session) == []


@pytest.mark.only_on("sqlite")
def test_a_message_of_the_store_goes_out_at_once_and_once(
    session: Session, database: Database, office: PostOffice, shop: Workshop
) -> None:
    ticket = intake.book_in(session, shop.manager, shop.unit, complaint="Yearly service")
    for _ in range(2):
        notices.store_answered(session, ticket, mark=7, words="<b>50 % discount</b> {x}")
    session.commit()
    while delivery.run_due(database, threading.Event()):
        pass
    (mail,) = office.taken
    assert "<b>50 % discount</b> {x}" in text_of(mail)


def test_the_new_owner_gets_keys_to_receipt_and_robot_that_end_when_they_are_forgotten(
    session: Session, database: Database, office: PostOffice
) -> None:
    counter = a_counter(session)
    counter.customer.email = "ada@example.com"
    unit = a_robot(session, counter)
    sold_and_handed_over(session, counter, unit)
    deliver(database, session)
    paid, handed = (text_of(mail) for mail in letters(office))
    receipt = re.search(rf"{START}/d/([\w-]+)", paid)
    key = re.search(rf"{START}/r/{unit.passport_code}\?o=([\w-]+)", handed)
    assert receipt is not None
    assert key is not None
    assert documentlinks.document_of(session, receipt[1]).store_id == counter.store.id
    assert openpassport.opens_history(session, unit, key[1])

    who = counter.customer
    customerview.on_customer_erased(session, CustomerErased(who.store_id, who.id, who.number))
    assert not openpassport.opens_history(session, unit, key[1])
    with pytest.raises(NotFound):
        documentlinks.document_of(session, receipt[1])


@pytest.mark.only_on("sqlite")
def test_a_payment_link_made_by_staff_is_mailed_one_for_our_own_page_is_not(
    session: Session, shop: Workshop
) -> None:
    ticket = released(session, shop, approved_ticket(session, shop, a_fee()))
    bill = billing.raise_bill(session, shop.manager, ticket)
    paylinks.make(session, shop.manager, bill, back_to="/s/x")
    key = paylinks.make(session, shop.manager, bill)
    rows = session.scalars(select(Message).where(Message.key.contains("payment-link"))).all()
    assert [f"/pay/{key}" in row.body for row in rows] == [True]


@pytest.mark.only_on("sqlite")
def test_a_key_is_not_kept_once_its_letter_has_left(
    session: Session, database: Database, office: PostOffice, shop: Workshop
) -> None:
    a_ticket(session, shop)
    deliver(database, session)
    session.expire_all()
    found = re.search(rf"{START}/s/([\w-]+)", text_of(office.taken[0]))
    assert found is not None
    kept = session.scalars(select(Message.body)).one()
    assert f"{START}/s/…" in kept
    assert found[1] not in kept
