"""The page behind the code on a receipt: open to who holds it, alike for every wrong guess."""

import io
import re

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel import clock
from app.service import links, photos, tickets
from app.service.models import TicketLink
from app.service.photos import Taken
from app.service.states import PhotoStage, TicketState, WaitingReason
from tests.makers.browsing import Browser
from tests.makers.service import Workshop, a_ticket

pytestmark = pytest.mark.only_on("sqlite")  # pages alike on both: test_pages_answer


@pytest.fixture
def visitor(app: FastAPI) -> TestClient:
    return TestClient(app)


def test_the_page_says_how_far_it_is_and_why_it_waits(
    session: Session, shop: Workshop, visitor: TestClient
) -> None:
    ticket = a_ticket(session, shop, state=TicketState.DIAGNOSING)
    tickets.wait(session, shop.technician, ticket, WaitingReason.MAKER, note="Internal: call Wu")
    token = links.new(session, shop.technician, ticket)
    session.commit()

    answer = visitor.get(f"/s/{token}")

    assert answer.status_code == 200
    assert "We are finding out what is wrong." in answer.text
    assert "waiting for the maker" in answer.text
    for secret in ("Internal", "Emre", "Klinik", ticket.complaint):
        assert secret not in answer.text
    assert answer.headers["x-robots-tag"] == "noindex, nofollow"
    assert answer.headers["cache-control"] == "no-store"


def test_keys_are_long_and_kept_only_as_hashes(session: Session, shop: Workshop) -> None:
    ticket = a_ticket(session, shop)

    first, second = (links.new(session, shop.technician, ticket) for _ in range(2))

    kept = session.scalars(select(TicketLink.token_hash)).all()
    assert len(first) >= 22  # 128 bits in base64
    assert first not in kept
    assert second not in kept
    assert links.ticket_of(session, first) is links.ticket_of(session, second) is ticket


def test_every_wrong_guess_looks_alike(
    session: Session, shop: Workshop, visitor: TestClient
) -> None:
    """SEC-01, SEC-03."""
    ticket = a_ticket(session, shop)
    old = links.new(session, shop.technician, ticket)
    tickets.cancel(session, shop.manager, ticket, why="Not now")
    ticket.ended_at = clock.now().replace(year=2020)
    session.commit()

    guesses = ("x", "a" * 43, "a" * 5_000, old, "%00", "T-1")
    answers = [visitor.get(f"/s/{guess}", headers={"accept": "text/html"}) for guess in guesses]

    assert {answer.status_code for answer in answers} == {404}
    assert len({re.sub(r"[0-9a-f]{12}", "", answer.text) for answer in answers}) == 1


def test_the_receipt_at_the_counter_opens_the_ticket_for_staff(
    session: Session, shop: Workshop, bench: Browser
) -> None:
    ticket = a_ticket(session, shop)
    token = links.new(session, shop.technician, ticket)
    session.commit()

    found = bench.get(f"/find?code=https://store.example/s/{token}")

    assert found.headers["location"] == tickets.page(ticket)


def test_only_pictures_for_the_customer_are_shown(
    session: Session, shop: Workshop, visitor: TestClient
) -> None:
    ticket = a_ticket(session, shop)
    written = io.BytesIO()
    Image.new("RGB", (8, 8)).save(written, "PNG")
    ours, theirs = (
        photos.add(
            session,
            shop.technician,
            ticket,
            [written.getvalue()],
            Taken(PhotoStage.DIAGNOSIS, is_shared=shared),
            files=shop.files,
        )[0].id
        for shared in (False, True)
    )
    token = links.new(session, shop.technician, ticket)
    session.commit()

    page = visitor.get(f"/s/{token}").text

    assert f"/s/{token}/photos/{theirs}" in page
    assert f"/s/{token}/photos/{ours}" not in page
    assert visitor.get(f"/s/{token}/photos/{theirs}").status_code == 200
    assert visitor.get(f"/s/{token}/photos/{ours}").status_code == 404


def test_reading_the_page_writes_nothing(
    session: Session, shop: Workshop, visitor: TestClient, statements_of_app: list[str]
) -> None:
    token = links.new(session, shop.technician, a_ticket(session, shop))
    session.commit()
    statements_of_app.clear()

    visitor.get(f"/s/{token}")

    said = [one.split()[0] for one in statements_of_app]
    assert set(said) <= {"BEGIN", "SELECT"}
    assert said.count("SELECT") <= 10
