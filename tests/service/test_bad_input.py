"""What a hurried hand, a stranger or a machine may send a workshop, and what becomes of it."""

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app import wiring
from app.kernel import clock
from app.robots import choosing, fitting
from app.robots.slot_models import Control
from app.service import (
    decisions,
    diagnosis,
    estimates,
    fittingwork,
    labour,
    lines,
    linesdone,
    links,
    notes,
    quality,
    release,
    safety,
    sending,
    tickets,
)
from app.service.decisions import Answer
from app.service.diagnosis import DiagnosisInput
from app.service.estimate_models import How
from app.service.fittingwork import Scanned
from app.service.guards import NotYet
from app.service.models import Ticket
from app.service.operation_models import SafetyTick
from app.service.quality import Verdict
from app.service.states import TicketState
from app.web import csrf
from tests.makers.browsing import SECRET, Browser
from tests.makers.estimates import (
    KNEE_PART,
    a_code,
    a_draft,
    a_fee,
    a_part,
    again,
    answered,
    approved_ticket,
    priced,
)
from tests.makers.parts import stocked_serials
from tests.makers.programs import Program, a_token
from tests.makers.service import KNEE, Workshop, a_ticket

BAD = "<script>alert(1)</script><img src=x onerror=alert(2)> \"quoted\" 'it' {{ 7*7 }}"
RAW = ("<script>alert(1)", "<img src=x", "49 ")


@pytest.fixture(autouse=True)
def prices(session: Session, shop: Workshop) -> None:
    priced(session, shop)
    wiring.connect()
    session.commit()


@pytest.fixture
def program(session: Session, shop: Workshop, client: TestClient) -> Program:
    token = a_token(session, shop.manager)
    session.commit()
    return Program(client, token)


@pytest.fixture
def job(session: Session, shop: Workshop) -> Ticket:
    """A knee to be swapped, begun; the worn actuator is in it still."""
    part = a_part(session, shop, control=Control.SERIAL)
    stocked_serials(session, shop.manager, part, "AK-NEW-1")
    worn = choosing.Part(part_number=KNEE_PART, serial="AK-OLD-1")
    fitting.fit(session, shop.manager, shop.unit, KNEE, part=worn)
    ticket = approved_ticket(session, shop, a_code(KNEE_PART))
    tickets.move(session, shop.technician, ticket, TicketState.IN_WORK)
    session.commit()
    return ticket


@pytest.mark.only_on("sqlite")
def test_text_with_a_script_is_text_on_every_page(
    session: Session, bench: Browser, office: Browser, shop: Workshop
) -> None:
    ticket = a_ticket(session, shop, complaint=BAD)
    edit = {"brought_by": BAD, "outcome": BAD, "seal": "<b>1</b>", "bench_place": "<b>2</b>"}
    tickets.edit(session, shop.manager, ticket, edit, seen=ticket.version)
    notes.add(session, shop.technician, ticket, BAD)
    diagnosis.record(session, shop.technician, ticket, DiagnosisInput("noise", KNEE, note=BAD))
    sheet = sheet_of(session, shop, ticket, BAD)
    sending.send(session, shop.technician, sheet)
    answer = Answer({"1": True}, by=BAD, how=How.PHONE, noted_by=shop.technician.name)
    decisions.decide(session, shop.technician, again(session, sheet), answer)
    token = links.new(session, shop.manager, ticket)
    session.commit()
    here = tickets.page(ticket)

    for address in (
        *("/service", "/service/tickets", f"/customers/{shop.owner.number}"),
        *(f"{here}{tab}" for tab in ("", "/diagnosis", "/estimate", "/work", "/return", "/move")),
        f"/s/{token}",
    ):
        shown = office.get(address)
        assert shown.status_code == 200, address
        assert not [raw for raw in RAW if raw in shown.text], address
    for paper in ("/job-sheet.pdf", "/estimate/1.pdf"):
        assert bench.get(f"{here}{paper}").content.startswith(b"%PDF")


def sheet_of(session: Session, shop: Workshop, ticket: Ticket, what: str) -> estimates.Sheet:
    sheet = estimates.draft(session, shop.technician, ticket)
    lines.add(session, shop.technician, sheet, a_fee(what))
    return again(session, sheet)


def test_a_clock_left_running_overnight_is_asked_about_and_keeps_what_was_typed(
    session: Session, shop: Workshop, bench: Browser, job: Ticket
) -> None:
    row = labour.start(session, shop.technician, job)
    row.started_at = clock.now() - timedelta(days=1)
    session.commit()
    stop = f"{tickets.page(job)}/clock/stop"

    plainly = bench.post(stop, labour=str(row.id))
    later = bench.post(stop, labour=str(row.id), at="2200-01-01T10:00", reason="Forgot it")

    assert (plainly.status_code, later.status_code) == (422, 422)
    assert f"stop-at-{row.id}-error" in plainly.text
    assert 'value="Forgot it"' in later.text
    session.expire_all()
    assert row.stopped_at is None


def test_three_thirds_are_no_whole_by_program_either(
    session: Session, shop: Workshop, program: Program
) -> None:
    ticket = a_ticket(session, shop, state=TicketState.DIAGNOSING)
    session.commit()
    thirds = [
        {"payer": payer, "measure": "percent", "value": 3333}
        for payer in ("customer", "warranty", "goodwill")
    ]
    line = {"description": "Fee", "price": {"amount": 100, "currency": "EUR"}, "shares": thirds}

    answer = program.post(f"/tickets/{ticket.number}/estimate", {"lines": [line]})

    assert answer.status_code == 422
    assert "99.99" in answer.text


def test_a_part_scanned_twice_goes_in_once(session: Session, bench: Browser, job: Ticket) -> None:
    page = f"{tickets.page(job)}/parts/in"

    first = bench.post(page, code="AK-NEW-1")
    second = bench.post(page, code="AK-NEW-1")

    assert (first.status_code, second.status_code) == (303, 409)
    assert "has all the parts that were approved" in second.text
    session.expire_all()
    assert linesdone.used(session, job) == {"1": 1}


def test_a_ticket_does_not_leave_while_an_old_part_lies_nowhere(
    session: Session, shop: Workshop, bench: Browser, job: Ticket
) -> None:
    safety.confirm(session, shop.technician, job, list(SafetyTick))
    fittingwork.go_in(session, shop.technician, job, Scanned(serial="AK-NEW-1"))
    linesdone.finish(session, shop.technician, job, "1")
    tickets.move(session, shop.technician, job, TicketState.CHECKING)
    quality.check(session, shop.manager, job, Verdict())

    with pytest.raises(NotYet, match=KNEE_PART) as refused:
        release.release(session, shop.manager, job)
    session.commit()
    answer = bench.post(f"{tickets.page(job)}/release")

    assert refused.value.link
    assert answer.status_code == 409
    assert KNEE_PART in answer.text
    session.expire_all()
    assert job.state is TicketState.CHECKING


@pytest.mark.only_on("sqlite")
def test_an_estimate_of_two_hundred_lines_is_a_page_like_another(
    session: Session, shop: Workshop, bench: Browser, statements_of_app: list[str]
) -> None:
    fees = [a_fee(f"Fee {number}", 100) for number in range(200)]
    sheet = a_draft(session, shop, *fees)
    sending.send(session, shop.technician, again(session, sheet))
    ticket = answered(session, shop, again(session, sheet)).ticket
    session.commit()

    for tab in ("", "/estimate", "/work", "/return"):
        statements_of_app.clear()
        assert bench.get(f"{tickets.page(ticket)}{tab}").status_code == 200
        assert len(statements_of_app) <= 15, tab
    assert "Fee 199" in bench.get(f"{tickets.page(ticket)}/estimate").text


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', 422),
        (b"\xff\xd8\xff" + b"0" * 40_000_000, 413),
    ],
    ids=["svg renamed", "40 MB"],
)
@pytest.mark.only_on("sqlite")
def test_what_is_no_picture_is_refused_on_the_ticket_too(
    bench: Browser, job: Ticket, data: bytes, status: int
) -> None:
    answer = bench.client.post(
        f"{tickets.page(job)}/photos",
        data={csrf.FIELD: csrf._token(SECRET), "caption": "Left knee, inside"},
        files=[("photos", ("photo.jpg", data))],
        follow_redirects=False,
    )

    assert answer.status_code == status
    if status == 422:
        assert 'value="Left knee, inside"' in answer.text
