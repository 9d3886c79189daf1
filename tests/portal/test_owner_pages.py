"""The owner's page of a robot: what the key opens, lets do, and what a wrong one does not."""

import io
import re
from datetime import datetime, timedelta

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel import clock
from app.portal import documentlinks
from app.portal.owner_models import OwnerRequest, OwnerRequestPhoto, RequestState
from app.robots import openpassport, ownership
from app.sales import orders
from app.service import benches, tickets
from app.service.models import Ticket
from app.service.planning_models import Appointment, BenchKind
from app.service.states import TicketState
from tests.makers.browsing import Browser
from tests.makers.sales import a_counter, a_robot
from tests.makers.service import Workshop, a_ticket
from tests.makers.whole_sales import sold_and_handed_over

pytestmark = pytest.mark.only_on("sqlite")  # pages alike on both: test_pages_answer


@pytest.fixture
def visitor(app: FastAPI) -> TestClient:
    return TestClient(app)


@pytest.fixture
def key(session: Session, shop: Workshop) -> str:
    shop.owner.email = "klinik@example.com"
    made = openpassport.make_link(session, shop.manager, shop.unit)
    session.commit()
    return made


def here(shop: Workshop) -> str:
    return f"/r/{shop.unit.passport_code}"


Files = list[tuple[str, tuple[str, bytes, str]]]


def send(
    visitor: TestClient, address: str, form_at: str, files: Files | None = None, **typed: str
) -> Response:
    """Fill in the form of a page and send it, as a browser without scripts does."""
    page = visitor.get(form_at)
    hidden = dict(re.findall(r'type="hidden"\s+name="(\w+)"\s+value="([^"]*)"', page.text))
    return visitor.post(
        address, data={**hidden, **typed}, files=files or None, follow_redirects=False
    )


def test_the_key_opens_the_owners_page_and_any_other_the_public_one(
    session: Session, shop: Workshop, visitor: TestClient, key: str
) -> None:
    ticket = a_ticket(session, shop)
    session.commit()

    owners = visitor.get(here(shop), params={"o": key})
    public = visitor.get(here(shop))
    wrong = visitor.get(here(shop), params={"o": "x" * 43})

    assert tickets.label(ticket) in owners.text
    assert "Your robot is here." in owners.text
    assert owners.headers["x-robots-tag"] == "noindex, nofollow"
    assert owners.headers["cache-control"] == "no-store"
    for page in (public, wrong):
        assert page.status_code == 200
        assert tickets.label(ticket) not in page.text
    assert "Klinik" not in owners.text


def test_wrong_keys_are_counted_and_the_right_one_still_opens(
    shop: Workshop, visitor: TestClient, key: str
) -> None:
    at = f"{here(shop)}/service"
    codes = [visitor.get(at, params={"o": "x" * 43}).status_code for _ in range(6)]
    assert codes == [404] * 5 + [429]
    assert visitor.get(at, params={"o": key}).status_code == 200


def test_a_request_with_pictures_becomes_a_ticket_with_one_press(
    session: Session, shop: Workshop, visitor: TestClient, office: Browser, key: str
) -> None:
    written = io.BytesIO()
    exif = Image.Exif()
    exif[0x8825] = {1: "N"}
    Image.new("RGB", (32, 32)).save(written, "JPEG", exif=exif)
    at = f"{here(shop)}/service?o={key}"
    photo = [("photos", ("knee.jpg", written.getvalue(), "image/jpeg"))]

    answer = send(visitor, f"{here(shop)}/service", at, photo, words="The knee <b>clicks</b>")
    assert answer.status_code == 303
    asked = session.scalars(select(OwnerRequest)).one()
    assert session.scalars(select(OwnerRequestPhoto)).one().request_id == asked.id
    session.commit()

    assert "The knee" in office.get("/service/requests").text
    assert 'Requests <span class="muted">1</span>' in office.get("/service").text
    page = f"/service/requests/{asked.number}"
    assert "&lt;b&gt;clicks" in office.get(page).text
    assert b"Exif" not in office.get(f"{page}/photos/1").content
    assert office.post(f"{page}/take").status_code == 303

    session.expire_all()
    ticket = session.scalars(select(Ticket)).one()
    assert (ticket.state, ticket.complaint) == (TicketState.BOOKED, "The knee <b>clicks</b>")
    assert asked.state is RequestState.TAKEN
    assert asked.ticket_id == ticket.id


def test_a_form_sent_twice_asks_once_and_enough_is_enough(
    session: Session, shop: Workshop, visitor: TestClient, key: str
) -> None:
    at, address = f"{here(shop)}/service?o={key}", f"{here(shop)}/service"
    for _ in range(2):
        send(visitor, address, at, words="It clicks", form_key="same")
    assert len(session.scalars(select(OwnerRequest)).all()) == 1
    session.commit()

    answers = [send(visitor, address, at, words="It clicks").status_code for _ in range(5)]
    assert answers == [303] * 4 + [429]


def test_what_is_no_picture_is_refused_with_the_words_kept(
    session: Session, shop: Workshop, visitor: TestClient, key: str
) -> None:
    at, address = f"{here(shop)}/service?o={key}", f"{here(shop)}/service"
    bad = [("photos", ("a.jpg", b"GIF89a<script>", "image/jpeg"))]
    many = [("photos", (f"{n}.jpg", b"x", "image/jpeg")) for n in range(13)]
    for files in (bad, many):
        answer = send(visitor, address, at, files, words="It clicks")
        assert answer.status_code == 422
        assert "It clicks" in answer.text
    assert session.scalars(select(OwnerRequest)).all() == []


def test_an_owner_books_a_free_time_and_nobody_books_it_again(
    session: Session, shop: Workshop, visitor: TestClient, key: str
) -> None:
    benches.add(session, shop.manager, name="Bench 1", kind=BenchKind.BENCH)
    session.commit()
    day = (clock.now() + timedelta(days=7)).date().isoformat()
    at = f"{here(shop)}/book?o={key}&work=service&day={day}"
    free = re.findall(r'name="starts_at"\s+value="([^"]+)"', visitor.get(at).text)

    booked = send(visitor, f"{here(shop)}/book", at, starts_at=free[3], words="Every year")
    twice = send(visitor, f"{here(shop)}/book", at, starts_at=free[3])
    again = send(visitor, f"{here(shop)}/book", at, starts_at=free[0])

    assert [one.status_code for one in (booked, twice, again)] == [303, 303, 409]
    row = session.scalars(select(Appointment)).one()
    assert row.starts_at == datetime.fromisoformat(free[3])
    assert "Every year" in session.get_one(Ticket, row.ticket_id).complaint
    page = visitor.get(here(shop), params={"o": key})
    assert "Appointment" in page.text


def test_a_time_that_was_not_offered_is_not_booked(
    session: Session, shop: Workshop, visitor: TestClient, key: str
) -> None:
    benches.add(session, shop.manager, name="Bench 1", kind=BenchKind.BENCH)
    session.commit()
    at = f"{here(shop)}/book?o={key}&work=fault"
    for moment in ("2020-01-01T08:00:00+00:00", "x", "2999-01-01T03:00:00+00:00"):
        answer = send(visitor, f"{here(shop)}/book", at, starts_at=moment)
        assert answer.status_code == 422
    assert session.scalars(select(Ticket)).all() == []


def test_a_confirmed_transfer_ends_the_old_key_and_gives_a_new_one(
    session: Session, shop: Workshop, visitor: TestClient, office: Browser, key: str
) -> None:
    at, address = f"{here(shop)}/give?o={key}", f"{here(shop)}/give"
    assert send(visitor, address, at, new_name="Ada", new_email="no mail").status_code == 422
    for code in (303, 409):
        answer = send(visitor, address, at, new_name="Ada", new_email="ada@example.com", sure="yes")
        assert answer.status_code == code
    asked = session.scalars(select(OwnerRequest)).one()
    page = f"/service/requests/{asked.number}"
    session.commit()
    assert visitor.get(here(shop), params={"o": key}).text.count("Transfer of ownership") == 1

    assert office.post(f"{page}/confirm").status_code == 422
    assert office.post(f"{page}/confirm", wipe="no_data").status_code == 303

    session.expire_all()
    new_owner = ownership.owner_of(session, shop.unit.id)
    assert new_owner != shop.owner.id
    assert not openpassport.opens_history(session, shop.unit, key)
    assert openpassport.link_in_force(session, shop.unit.id) is not None


def test_a_declined_request_says_why_to_the_owner(
    session: Session, shop: Workshop, visitor: TestClient, office: Browser, key: str
) -> None:
    send(visitor, f"{here(shop)}/service", f"{here(shop)}/service?o={key}", words="Paint it red")
    page = f"/service/requests/{session.scalars(select(OwnerRequest)).one().number}"
    session.commit()
    assert office.post(f"{page}/decline", why=" ").status_code == 422
    assert office.post(f"{page}/decline", why="We do not paint.").status_code == 303
    assert office.post(f"{page}/take").status_code == 409
    assert "We do not paint." in visitor.get(here(shop), params={"o": key}).text


def test_a_repair_is_opened_by_a_key_of_its_own(
    session: Session, shop: Workshop, visitor: TestClient, key: str
) -> None:
    ticket = a_ticket(session, shop)
    session.commit()
    address = f"{here(shop)}/repairs/{ticket.number}"
    answer = send(visitor, address, f"{here(shop)}?o={key}")
    assert answer.status_code == 303
    assert visitor.get(answer.headers["location"]).status_code == 200
    assert send(visitor, f"{here(shop)}/repairs/999", f"{here(shop)}?o={key}").status_code == 404


def test_a_letter_leads_to_the_receipt_and_a_wrong_key_to_nothing(
    session: Session, visitor: TestClient
) -> None:
    counter = a_counter(session)
    order = sold_and_handed_over(session, counter, a_robot(session, counter))
    address = documentlinks.of_reference(session, counter.store.id, orders.reference(order))()
    session.commit()
    paper = visitor.get(address[address.index("/d/") :])
    assert paper.content.startswith(b"%PDF")
    assert paper.headers["cache-control"] == "no-store"
    assert visitor.get("/d/wrong").status_code == 404
