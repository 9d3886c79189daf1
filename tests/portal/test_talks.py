"""What a customer and the store write to each other: once, apart from notes, told by mail."""

import io

import pytest
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.customers.events import CustomerErased
from app.kernel.actor import Actor
from app.kernel.errors import Forbidden, Invalid, NotFound, Refused, StoreError, TooLarge, TooMany
from app.messaging.models import Message
from app.portal import customerview, talks
from app.service import links, photos
from app.service.models import Ticket
from tests.makers.service import Workshop, a_ticket

pytestmark = pytest.mark.only_on("sqlite")  # one table, written by the same verbs on both


@pytest.fixture
def ticket(session: Session, shop: Workshop) -> Ticket:
    shop.owner.email = "hart@klinik.example"
    return a_ticket(session, shop)


def say(
    session: Session,
    shop: Workshop,
    ticket: Ticket,
    *pictures: bytes,
    text: str = "Will it be back for Friday?",
    token: str = "one",
) -> None:
    talks.write(session, ticket, text=text, pictures=pictures, token=token, files=shop.files)


def a_picture(size: tuple[int, int] = (8, 8), *, exif: Image.Exif | None = None) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", size).save(written, "JPEG", **({"exif": exif} if exif else {}))
    return written.getvalue()


def test_a_form_that_is_sent_twice_says_it_once(
    session: Session, shop: Workshop, ticket: Ticket
) -> None:
    say(session, shop, ticket)
    say(session, shop, ticket)

    assert len(talks.of_ticket(session, ticket)) == 1
    assert talks.unread(session, [ticket.id]) == {ticket.id: 1}


def test_an_answer_reads_what_was_written_and_is_told_by_mail(
    session: Session, shop: Workshop, ticket: Ticket
) -> None:
    say(session, shop, ticket)

    talks.answer(session, shop.technician, ticket, text="Yes, on Thursday.", token="a")

    assert talks.unread(session, [ticket.id]) == {}
    asked, answered = talks.of_ticket(session, ticket)
    assert (asked.message.read_by, answered.first_name) == ("Emre Kaya", "Emre")
    mail = session.scalars(select(Message).order_by(Message.id.desc())).first()
    assert mail is not None
    assert "Yes, on Thursday." in mail.body
    assert "/s/" in mail.body


def test_who_takes_no_robots_in_does_not_answer(session: Session, ticket: Ticket) -> None:
    reader = Actor(store_id=ticket.store_id, name="Reader", role="reader")

    with pytest.raises(Forbidden):
        talks.answer(session, reader, ticket, text="No", token="a")


@pytest.mark.parametrize("text", ["", "   ", "<script>alert(1)</script>" * 2_000])
def test_nothing_and_too_much_are_refused_at_the_field(
    session: Session, shop: Workshop, ticket: Ticket, text: str
) -> None:
    with pytest.raises(Invalid) as refused:
        say(session, shop, ticket, text=text)

    assert set(refused.value.problems) == {"text"}


def test_a_flood_is_told_to_call(session: Session, shop: Workshop, ticket: Ticket) -> None:
    for number in range(20):
        say(session, shop, ticket, token=str(number))

    with pytest.raises(TooMany):
        say(session, shop, ticket, token="20")


def test_a_picture_keeps_its_dots_and_nothing_of_where_it_was_taken(
    session: Session, shop: Workshop, ticket: Ticket
) -> None:
    exif = Image.Exif()
    exif[0x8825] = {1: "N", 2: (51.0, 20.0, 22.0)}
    exif[0x010F] = "Camera of Kerstin"

    say(session, shop, ticket, a_picture(exif=exif), text="")

    (kept,) = photos.shared_of(session, ticket)
    content = shop.files.get(kept.sha256)
    assert b"Kerstin" not in content
    assert not Image.open(io.BytesIO(content)).getexif()
    assert talks.of_ticket(session, ticket)[0].photos == (kept.id,)


@pytest.mark.parametrize(
    ("picture", "refusal"),
    [
        (b"GIF89a<script>alert(1)</script>", Refused),
        (a_picture()[:200], Refused),
        (b"x" * 20_000_001, TooLarge),
    ],
)
def test_what_is_no_picture_is_refused_with_all_that_came_along(
    session: Session,
    shop: Workshop,
    ticket: Ticket,
    picture: bytes,
    refusal: type[StoreError],
) -> None:
    with pytest.raises(refusal) as refused:
        say(session, shop, ticket, a_picture(), picture)

    assert refused.value.field == "photos"
    assert photos.of_ticket(session, ticket) == []


def test_a_bomb_of_dots_is_refused_before_it_is_decoded(
    session: Session, shop: Workshop, ticket: Ticket
) -> None:
    written = io.BytesIO()
    Image.new("1", (7_000, 7_000)).save(written, "PNG")

    with pytest.raises(TooLarge):
        say(session, shop, ticket, written.getvalue())


def test_a_repair_has_twelve_pictures_of_its_customer(
    session: Session, shop: Workshop, ticket: Ticket
) -> None:
    say(session, shop, ticket, *[a_picture()] * 12)

    with pytest.raises(Refused) as refused:
        say(session, shop, ticket, a_picture(), token="two")

    assert refused.value.field == "photos"


def test_whoever_is_forgotten_is_forgotten_in_what_they_wrote(
    session: Session, shop: Workshop, ticket: Ticket
) -> None:
    say(session, shop, ticket)
    key = links.new(session, shop.manager, ticket)
    copy = customerview.chapter(session, shop.manager, shop.owner)

    assert talks.unread(session, [ticket.id])
    customerview.on_customer_erased(
        session, CustomerErased(shop.store.id, shop.owner.id, shop.owner.number)
    )

    assert "Friday" in str(copy)
    assert "Friday" not in str(customerview.chapter(session, shop.manager, shop.owner))
    assert not talks.unread(session, [ticket.id])  # and waits for no answer
    with pytest.raises(NotFound):
        links.ticket_of(session, key)
