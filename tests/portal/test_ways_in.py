"""The ways to a repair's page: keys that end, and number with phone, alike for every miss."""

import os
import secrets
import statistics
import time
from datetime import timedelta

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.identity.models import WrongTries
from app.kernel import clock
from app.kernel.db import Database
from app.kernel.errors import Conflict, NotFound, Refused, StoreError, TooMany
from app.portal import waysin
from app.service import links, tickets
from app.service.models import Ticket, TicketLink
from tests.makers.service import Workshop, a_customers_unit, a_ticket

GUESSES = int(os.environ.get("QUATREFOIL_TEST_GUESSES", "60"))  # `make soak`: 10,000


@pytest.fixture
def ticket(session: Session, shop: Workshop) -> Ticket:
    shop.owner.phone = "+49 341 555-0142"
    made = a_ticket(session, shop)
    # what a letter to the customer brought along, if those who write letters listen
    session.execute(delete(TicketLink))
    session.commit()
    return made


def come(database: Database, number: object, digits: str, visitor: str = "192.0.2.1") -> str:
    return waysin.open_by(database, number=str(number), digits=digits, visitor=visitor)


def refusal(database: Database, number: object, digits: str, visitor: str) -> StoreError:
    with pytest.raises(StoreError) as refused:
        come(database, number, digits, visitor)
    return refused.value


def test_number_and_last_digits_open_the_page_for_two_hours(
    session: Session, database: Database, ticket: Ticket
) -> None:
    ticket_id, number = ticket.id, ticket.number
    session.commit()
    for said, digits in ((f"T-{number}", "0142"), (str(number), "+49 341 5550142")):
        key = come(database, said, digits)
        assert links.ticket_of(session, key).id == ticket_id
        session.commit()

    kept = session.scalars(select(TicketLink.expires_at)).all()
    assert all(at is not None and at - clock.now() <= timedelta(hours=2) for at in kept)


def test_every_miss_is_the_same_sentence(
    session: Session, database: Database, shop: Workshop, ticket: Ticket
) -> None:
    """No such repair, wrong digits, no phone, no digits, over for long: nobody can tell which."""
    number = ticket.number
    misses = [(999, "0142"), (number, "9999"), (number, ""), ("x" * 500, "0142"), (0, "12")]
    said = {str(refusal(database, *miss, f"192.0.2.{i}")) for i, miss in enumerate(misses)}
    shop.owner.phone = ""
    session.commit()
    said.add(str(refusal(database, number, "0142", "192.0.2.50")))
    shop.owner.phone = "0142"
    tickets.cancel(session, shop.manager, ticket, why="Not now")
    ticket.ended_at = clock.now() - timedelta(days=91)
    session.commit()
    said.add(str(refusal(database, number, "0142", "192.0.2.51")))

    assert len(said) == 1


def test_a_number_is_locked_for_all_even_with_the_right_digits(
    database: Database, ticket: Ticket
) -> None:
    for guess in range(5):
        refusal(database, ticket.number, f"000{guess}", f"192.0.2.{guess}")

    locked = refusal(database, ticket.number, "0142", "192.0.2.200")

    assert isinstance(locked, TooMany)
    assert 0 < locked.retry_after_s <= 15 * 60


def test_a_visitor_is_locked_whatever_numbers_they_try(database: Database, ticket: Ticket) -> None:
    """Also one who knows a repair of their own, and opens it in between."""
    assert come(database, ticket.number, "0142", "192.0.2.7")
    for guess in range(9):
        refusal(database, 5_000 + guess, "0142", "192.0.2.7")
    assert come(database, ticket.number, "0142", "192.0.2.7")
    refusal(database, 5_500, "0142", "192.0.2.7")

    assert isinstance(refusal(database, 6_000, "0142", "192.0.2.7"), TooMany)
    assert come(database, ticket.number, "0142", "192.0.2.8")


@pytest.mark.only_on("sqlite")
def test_guesses_from_everywhere_hit_nothing(
    session: Session, database: Database, ticket: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each from another address, at many numbers: the limit of all holds them."""
    most = min(waysin._OF_ALL, GUESSES // 3)
    monkeypatch.setattr(waysin, "_OF_ALL", most)
    refused = {Refused: 0, TooMany: 0}
    for guess in range(GUESSES):
        number = ticket.number if guess % 100 == 0 else 10_000 + guess
        visitor = f"10.0.{guess // 250}.{guess % 250}"
        refused[type(refusal(database, number, f"{guess % 10_000:04}", visitor))] += 1

    assert refused == {Refused: most, TooMany: GUESSES - most}
    assert session.scalars(select(TicketLink)).all() == []
    assert len(session.scalars(select(WrongTries)).all()) < 2_000


@pytest.mark.only_on("sqlite")
def test_every_miss_takes_as_long(
    session: Session,
    database: Database,
    shop: Workshop,
    ticket: Ticket,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By this process's own time, since others use the machine: medians within 5 ms."""
    for limit in ("_PER_NUMBER", "_PER_NUMBER_A_DAY", "_PER_VISITOR", "_OF_ALL"):
        monkeypatch.setattr(waysin, limit, 1_000_000)
    unit = a_customers_unit(session, shop.store, shop.manager, shop.owner, "DEMO-G1-0002")
    over = a_ticket(session, shop, unit=unit)
    tickets.cancel(session, shop.manager, over, why="Not now")
    over.ended_at = clock.now() - timedelta(days=91)
    session.commit()
    kinds = {"none": (999, "0142"), "digits": (ticket.number, "9"), "over": (over.number, "0142")}
    kinds["wrong"] = (ticket.number, "9999")
    session.commit()
    took: dict[str, list[float]] = {kind: [] for kind in kinds}
    for _ in range(max(7, GUESSES // 10)):
        for kind, (number, digits) in kinds.items():
            began = time.process_time()
            refusal(database, number, digits, "192.0.2.1")
            took[kind].append(time.process_time() - began)

    medians = [statistics.median(each) for each in took.values()]
    assert max(medians) - min(medians) < 0.005


@pytest.mark.only_on("sqlite")
@pytest.mark.usefixtures("ticket")
def test_guessed_keys_open_nothing(session: Session) -> None:
    for _ in range(GUESSES):
        with pytest.raises(NotFound):
            links.ticket_of(session, secrets.token_urlsafe(32))


def test_a_key_that_ended_was_revoked_or_rotated_opens_nothing(
    session: Session, shop: Workshop, ticket: Ticket
) -> None:
    past = links.new(session, shop.technician, ticket, expires_at=clock.now())
    shared, other = (links.new(session, shop.technician, ticket) for _ in range(2))
    newest = links.of_ticket(session, shop.technician, ticket)[0].link
    links.revoke(session, shop.technician, ticket, newest.id)
    with pytest.raises(Conflict):
        links.revoke(session, shop.technician, ticket, newest.id)
    assert links.ticket_of(session, shared).id == ticket.id

    fresh = links.rotate(session, shop.technician, ticket)

    for key in (past, shared, other):
        with pytest.raises(NotFound):
            links.ticket_of(session, key)
    assert links.ticket_of(session, fresh).id == ticket.id
    assert [one.opens for one in links.of_ticket(session, shop.technician, ticket)] == [
        True,
        *[False] * 3,
    ]
