"""Intake as a person at the counter meets it: scan, a few fields, done."""

import io

import pytest
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.customers.models import Customer
from app.robots import dataduties, warrantypapers
from app.robots.duty_models import DataDuty
from app.robots.models import Unit
from app.robots.states import Custody
from app.service import photos, tickets
from app.service.models import Ticket
from app.web import csrf
from tests.makers.browsing import SECRET, Browser
from tests.makers.service import SERIAL, Workshop, a_customers_unit, a_ticket

pytestmark = pytest.mark.only_on("sqlite")  # pages alike on both: test_pages_answer


def a_picture(kind: str = "JPEG") -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (40, 30), "#884422").save(written, kind)
    return written.getvalue()


def the_ticket(session: Session, shop: Workshop) -> Ticket:
    session.rollback()
    session.expire_all()
    found = tickets.open_of(session, shop.unit.id)
    assert found is not None
    return found


def test_a_scan_shows_everything_on_one_screen(bench: Browser, shop: Workshop) -> None:
    answer = bench.get(f"/service/new?code={SERIAL.lower()}")

    assert answer.status_code == 200
    for said in (SERIAL, "Klinik am Park", "None on record", "This is its first visit", "Warranty"):
        assert said in answer.text
    assert shop.unit.serial in answer.text


def test_the_code_of_the_robots_label_is_a_scan_too(bench: Browser, shop: Workshop) -> None:
    answer = bench.get(f"/service/new?code=https://store.example/r/{shop.unit.passport_code}")

    assert SERIAL in answer.text


def test_a_scan_and_three_fields_are_enough(
    session: Session, bench: Browser, shop: Workshop
) -> None:
    answer = bench.post(
        "/service/new",
        unit=str(shop.unit.id),
        complaint="Squeaks when it squats",
        soc_percent="62",
        signature_typed="Kerstin Arndt",
    )

    ticket = the_ticket(session, shop)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(f"/service/tickets/{ticket.number}")
    assert (ticket.soc_percent, ticket.signer) == (62, "Kerstin Arndt")
    assert ticket.unit.custody is Custody.BENCH
    assert ticket.customer_id == shop.owner.id


def test_everything_that_can_be_said_is_kept(
    session: Session, bench: Browser, shop: Workshop
) -> None:
    answer = bench.send(
        "/service/new",
        {
            "unit": str(shop.unit.id),
            "complaint": "Fell down the stairs",
            "brought_by": "A courier",
            "accessories": "Charger, remote",
            "seal": "S-77",
            "backup": "has_backup",
            "evidence-fall": "seen",
            "evidence-immersion": "not_seen",
            "falls": "3",
            "hours": "12,5",
            "signature_typed": "A courier",
            "promised_at": "2099-01-02T16:00",
        },
    )

    ticket = the_ticket(session, shop)
    assert answer.status_code == 303, answer.text
    assert tickets.accessories_of(ticket) == ["Charger", "remote"]
    assert (ticket.brought_by, ticket.falls, ticket.seal) == ("A courier", 3, "S-77")
    (evidence,) = warrantypapers.evidence_of(session, shop.unit.id)
    assert (evidence.code, evidence.reference) == ("fall", tickets.label(ticket))
    (word,) = dataduties.of_unit(session, shop.unit.id)
    assert (word.kind, word.person) == (DataDuty.BACKUP_CONSENT, "A courier")


def test_pictures_are_kept_written_anew(session: Session, bench: Browser, shop: Workshop) -> None:
    answer = bench.client.post(
        "/service/new",
        data={
            csrf.FIELD: csrf._token(SECRET),
            "unit": str(shop.unit.id),
            "complaint": "Cracked shell",
        },
        files=[("photos", ("a.jpg", a_picture())), ("photos", ("b.png", a_picture("PNG")))],
        follow_redirects=False,
    )

    ticket = the_ticket(session, shop)
    assert answer.status_code == 303, answer.text
    kept = photos.of_ticket(session, ticket)
    assert len(kept) == 2
    shown = bench.get(f"/service/tickets/{ticket.number}/photos/{kept[1].id}")
    assert shown.headers["content-type"] == "image/jpeg"


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b'<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>', 422),
        (b"\xff\xd8\xff" + b"0" * 40_000_000, 413),
        (a_picture("PNG")[:60], 422),
    ],
    ids=["svg renamed", "40 MB", "half a picture"],
)
def test_what_is_no_picture_is_refused_and_nothing_typed_is_lost(
    session: Session, bench: Browser, shop: Workshop, sent: bytes, status: int
) -> None:
    """SEC-05. What is over a request's cap is told by the page before it is sent."""
    answer = bench.client.post(
        "/service/new",
        data={
            csrf.FIELD: csrf._token(SECRET),
            "unit": str(shop.unit.id),
            "complaint": "Cracked <b>shell</b>",
        },
        files=[("photos", ("photo.jpg", sent))],
        follow_redirects=False,
    )

    session.rollback()
    assert answer.status_code == status
    assert tickets.open_of(session, shop.unit.id) is None
    if status == 422:
        assert "Cracked &lt;b&gt;shell&lt;/b&gt;" in answer.text


def test_a_robot_on_a_bench_is_not_checked_in_twice(
    session: Session, bench: Browser, shop: Workshop
) -> None:
    ticket = a_ticket(session, shop)
    session.commit()

    shown = bench.get(f"/service/new?code={SERIAL}")
    sent = bench.post("/service/new", unit=str(shop.unit.id), complaint="Again")

    assert f"/service/tickets/{ticket.number}" in shown.text
    assert "intake-form" not in shown.text
    assert sent.status_code == 409
    assert f"/service/tickets/{ticket.number}" in sent.text


def test_a_robot_that_was_never_here_is_registered_on_the_way(
    session: Session, office: Browser
) -> None:
    asked = office.get("/service/new?code=DEMO-UNKNOWN-7")
    registered = office.post(
        "/service/new/walk-in",
        serial="DEMO-UNKNOWN-7",
        maker="Somebody",
        model="X1",
        hardware_revision="C",
        new_customer="Lena Vogt",
        phone="0341 123456",
        is_here="yes",
    )
    then = office.get(registered.headers["location"])

    assert "never here" in asked.text
    assert 'name="hardware_revision"' in asked.text
    assert registered.status_code == 303, registered.text
    assert "intake-form" in then.text
    assert "Lena Vogt" in then.text
    assert session.scalar(select(Customer).where(Customer.name == "Lena Vogt")) is not None
    assert (
        session.scalar(select(Unit.hardware_revision).where(Unit.serial == "DEMO-UNKNOWN-7")) == "C"
    )


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("complaint", ""),
        ("complaint", "x" * 10_001),
        ("soc_percent", "120"),
        ("soc_percent", "viel"),
        ("seal", "s" * 65),
        ("promised_at", "soon"),
        ("promised_at", "2001-01-01T10:00"),
        ("backup", "perhaps"),
        ("hours", "a lot"),
    ],
)
def test_what_cannot_be_read_is_told_at_its_field(
    bench: Browser, shop: Workshop, field: str, typed: str
) -> None:
    fields = {"unit": str(shop.unit.id), "complaint": "Squeaks", "seal": "A-1", field: typed}

    answer = bench.send("/service/new", fields)

    assert answer.status_code == 422
    assert "-error" in answer.text
    assert 'value="A-1"' in answer.text or field == "seal"


def test_intake_asks_few_statements(bench: Browser, statements_of_app: list[str]) -> None:
    bench.get(f"/service/new?code={SERIAL}")

    assert len(statements_of_app) <= 15, "\n".join(statements_of_app)


def test_a_robot_that_is_not_the_stores_is_not_checked_in_here(bench: Browser) -> None:
    answer = bench.post("/service/new", unit="999999", complaint="Whose is it?")

    assert answer.status_code == 404


def test_the_robots_page_leads_to_intake_and_to_the_ticket(
    session: Session, bench: Browser, shop: Workshop
) -> None:
    before = bench.get(f"/robots/{SERIAL}").text
    ticket = a_ticket(session, shop)
    other = a_customers_unit(session, shop.store, shop.manager, shop.owner, "DEMO-G1-0002")
    session.commit()

    after = bench.get(f"/robots/{SERIAL}").text

    assert "/service/new?code=" in before
    assert f"/service/tickets/{ticket.number}" in after
    assert "/service/new?code=" not in after
    assert "/service/new?code=" in bench.get(f"/robots/{other.serial}").text
