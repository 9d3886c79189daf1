"""One ticket in two browsers: nothing is overwritten in silence, and nothing typed is lost."""

from datetime import date

import pytest
from sqlalchemy.orm import Session

from app.customers import book
from app.customers.book import CustomerInput
from app.customers.models import CustomerKind
from app.robots import termsbook, warrantypapers
from app.robots.duty_models import PaperKind
from app.robots.models import Maker
from app.service import diagnosis, notes, tickets
from app.service.models import Ticket
from app.service.states import TicketState, WaitingReason
from tests.makers.browsing import Browser
from tests.makers.service import (
    KNEE,
    SERIAL,
    Workshop,
    a_customers_unit,
    a_finding,
    a_ticket,
    unguarded,
)

pytestmark = pytest.mark.only_on("sqlite")  # pages alike on both: test_pages_answer


@pytest.fixture
def ticket(session: Session, shop: Workshop) -> Ticket:
    made = a_ticket(session, shop)
    session.commit()
    return made


def page_of(ticket: Ticket) -> str:
    return f"/service/tickets/{ticket.number}"


def test_the_later_of_two_browsers_sees_the_others_change_and_keeps_its_text(
    session: Session, bench: Browser, office: Browser, ticket: Ticket
) -> None:
    seen = str(ticket.version)
    bench.post(f"{page_of(ticket)}/edit", version=seen, complaint="Left knee squeaks")

    later = office.post(f"{page_of(ticket)}/edit", version=seen, complaint="Right hip squeaks")
    again = office.post(
        f"{page_of(ticket)}/edit", version=str(ticket.version + 1), complaint="Right hip squeaks"
    )

    assert later.status_code == 409
    assert "Left knee squeaks" in later.text
    assert "Emre Kaya" in later.text
    assert ">Right hip squeaks</textarea>" in later.text
    assert again.status_code == 303
    session.expire_all()
    assert ticket.complaint == "Right hip squeaks"


def test_a_page_that_shows_an_old_version_is_told_of_the_news(
    bench: Browser, office: Browser, ticket: Ticket
) -> None:
    seen = str(ticket.version)
    unchanged = office.get(f"{page_of(ticket)}/changed?version={seen}", htmx=True)
    bench.post(f"{page_of(ticket)}/edit", version=seen, seal="S-77")

    changed = office.get(f"{page_of(ticket)}/changed?version={seen}", htmx=True)

    assert "banner" not in unchanged.text
    assert "S-77" in changed.text


def test_another_may_be_billed_until_the_customer_is_asked(
    session: Session, bench: Browser, shop: Workshop, ticket: Ticket
) -> None:
    insurer = book.add(
        session, shop.manager, CustomerInput(kind=CustomerKind.COMPANY, name="Versicherung Ost")
    )
    session.commit()
    address, version, owner = page_of(ticket), ticket.version, f"C-{shop.owner.number}"
    session.rollback()

    nobody = bench.post(f"{address}/edit", version=str(version), customer="Nobody at all")
    bench.post(f"{address}/edit", version=str(version), customer="Versicherung")
    session.refresh(ticket)
    billed = ticket.customer_id
    ticket.state = TicketState.APPROVED
    session.commit()
    late = bench.post(f"{address}/edit", version=str(version + 1), customer=owner)

    assert nobody.status_code == 422
    assert billed == insurer.id
    assert late.status_code == 422
    assert "e-customer-error" in late.text


def test_text_with_script_stays_text(bench: Browser, ticket: Ticket) -> None:
    bench.post(f"{page_of(ticket)}/notes", text="<script>alert(1)</script>")

    shown = bench.get(page_of(ticket)).text

    assert "<script>alert(1)" not in shown
    assert "&lt;script&gt;alert(1)" in shown


def test_a_finding_stands_on_the_ticket_and_on_the_body(
    session: Session, bench: Browser, ticket: Ticket
) -> None:
    answer = bench.post(
        f"{page_of(ticket)}/diagnoses",
        slot=KNEE,
        symptom="play",
        cause="bearing",
        action="replace",
        measurement="0,9",
        measured_in="mm",
        note="Output bearing",
    )

    session.expire_all()
    assert answer.status_code == 303, answer.text
    assert ticket.state is TicketState.DIAGNOSING
    assert "0.9 mm" in bench.get(page_of(ticket)).text
    assert 'class="bad"' in bench.get(f"/robots/{SERIAL}?look=faults").text
    assert "Output bearing" in bench.get(f"{page_of(ticket)}/diagnosis").text


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("symptom", ""),
        ("symptom", "no such code"),
        ("measurement", "much"),
        ("measured_in", ""),
        ("note", "x" * 5_001),
    ],
)
def test_a_finding_that_cannot_be_read_is_told_at_its_field(
    bench: Browser, ticket: Ticket, field: str, typed: str
) -> None:
    fields = {"symptom": "play", "measurement": "1", "measured_in": "mm", field: typed}

    answer = bench.send(f"{page_of(ticket)}/diagnoses", fields)

    assert answer.status_code == 422
    assert "-error" in answer.text


def test_a_slot_that_the_robot_has_not_is_not_found(bench: Browser, ticket: Ticket) -> None:
    answer = bench.post(f"{page_of(ticket)}/diagnoses", slot="third_knee.actuator", symptom="play")

    assert answer.status_code == 404


def test_two_who_change_one_finding_do_not_both_win(
    session: Session, bench: Browser, office: Browser, shop: Workshop, ticket: Ticket
) -> None:
    a_finding(session, shop, ticket)
    (found,) = diagnosis.of_ticket(session, ticket)
    session.commit()
    address = f"{page_of(ticket)}/diagnoses/{found.id}"
    bench.post(address, symptom="play", slot=KNEE)

    later = office.post(address, symptom="weak", slot=KNEE, note="Gives way")

    assert later.status_code == 409
    assert "Gives way" in later.text
    session.expire_all()
    assert [one.symptom for one in diagnosis.of_ticket(session, ticket)] == ["play"]


def test_another_robot_scanned_to_a_ticket_is_told(
    session: Session, bench: Browser, shop: Workshop, ticket: Ticket
) -> None:
    a_customers_unit(session, shop.store, shop.manager, shop.owner, "DEMO-G1-0002")
    session.commit()

    right = bench.post(f"{page_of(ticket)}/robot", code=SERIAL)
    wrong = bench.post(f"{page_of(ticket)}/robot", code="DEMO-G1-0002")

    assert right.status_code == 303
    assert wrong.status_code == 409
    assert "DEMO-G1-0002 is not the robot of T-1" in wrong.text


def test_a_move_that_may_not_follow_is_refused_with_what_may(
    bench: Browser, ticket: Ticket
) -> None:
    answer = bench.post(
        f"{page_of(ticket)}/move", to="ready", version=str(ticket.version), why="At once"
    )

    assert answer.status_code == 409
    assert "At once" in answer.text
    assert "Diagnosis" in answer.text


def test_waiting_and_going_on(session: Session, bench: Browser, ticket: Ticket) -> None:
    address = page_of(ticket)

    bench.post(f"{address}/wait", reason="part", note="Bearing, 26 Nov")
    session.refresh(ticket)
    waited = ticket.waiting
    session.rollback()
    bench.post(f"{address}/wait", reason="")
    session.refresh(ticket)

    assert waited is WaitingReason.PART
    assert ticket.waiting is None


def test_a_ticket_with_two_hundred_lines_is_a_page_in_few_statements(
    session: Session,
    bench: Browser,
    shop: Workshop,
    ticket: Ticket,
    statements_of_app: list[str],
) -> None:
    for number in range(100):
        a_finding(session, shop, ticket, note=f"Finding {number}")
        notes.add(session, shop.technician, ticket, f"Note {number}")
    session.commit()

    answer = bench.get(page_of(ticket))

    assert "Finding 99" in answer.text
    assert "Note 99" in answer.text
    assert len(statements_of_app) <= 15, "\n".join(statements_of_app)


def test_a_ticket_says_what_the_warranty_pays_by_robot_and_slot_with_the_clause(
    session: Session, bench: Browser, shop: Workshop, ticket: Ticket
) -> None:
    a_finding(session, shop, ticket)
    termsbook.put_published(session, shop.manager, session.get_one(Maker, shop.unit.maker_id))
    day = date(2025, 3, 1)
    receipt = PaperKind.RECEIPT
    warrantypapers.file_paper(session, shop.manager, shop.unit, receipt, day, source="paper")
    session.commit()
    here = page_of(ticket)

    waits = bench.get(here).text
    verdicts = bench.get(f"{here}/warranty", htmx=True).text

    assert f'hx-get="{here}/warranty"' in waits
    assert "The whole robot" in verdicts
    assert "Left knee" in verdicts
    assert f"/robots/{SERIAL}/warranty?slot={KNEE}" in verdicts
    assert "unitree.term" in verdicts
    assert "The whole robot" in bench.get(f"{here}/warranty").text


def test_a_label_leads_to_its_ticket(bench: Browser, ticket: Ticket) -> None:
    zpl = bench.get(f"{page_of(ticket)}/label.zpl").text

    by_number = bench.get("/find?code=t-0001")
    by_label = bench.get(f"/find?code=https://store.example{page_of(ticket)}")

    assert "T-1" in zpl
    assert by_number.headers["location"] == page_of(ticket)
    assert by_label.headers["location"] == page_of(ticket)


@pytest.mark.parametrize("language", ["en", "de", "zh"])
def test_job_sheet_and_receipt_are_paper_in_three_languages(
    session: Session, bench: Browser, shop: Workshop, ticket: Ticket, language: str
) -> None:
    a_finding(session, shop, ticket)
    shop.owner.language = language
    session.commit()

    bench.client.cookies.set("qf_language", language)
    sheet = bench.get(f"{page_of(ticket)}/job-sheet.pdf")
    receipt = bench.post(f"{page_of(ticket)}/receipt")

    assert sheet.content.startswith(b"%PDF-")
    assert receipt.content.startswith(b"%PDF-")
    assert receipt.headers["cache-control"] == "no-store"


def test_a_customers_page_and_their_data_name_the_ticket(
    session: Session, office: Browser, shop: Workshop, ticket: Ticket
) -> None:
    shown = office.get(f"/customers/{shop.owner.number}").text
    session.expire_all()

    assert tickets.label(ticket) in shown
    assert ticket.complaint in shown


def test_a_move_made_by_mistake_is_undone_where_the_table_leads_back(
    session: Session, office: Browser, shop: Workshop
) -> None:
    there = a_ticket(session, shop, state=TicketState.IN_WORK)
    session.commit()
    here = page_of(there)

    moved = office.post(
        f"{here}/move", to="waiting_parts", version=str(there.version), back="/service?who=me"
    )
    offered = office.get(f"{here}/undo", htmx=True).text
    back = office.post(f"{here}/move", to="in_work", version=str(there.version + 1))

    assert moved.headers["location"] == f"/service?who=me&moved={there.number}"
    assert f'hx-get="{here}/undo"' in office.get(moved.headers["location"]).text
    assert 'name="to" value="in_work"' in offered
    assert back.status_code == 303
    session.expire_all()
    assert there.state is TicketState.IN_WORK


def test_no_undo_is_offered_where_nothing_leads_back_or_somebody_went_on(
    bench: Browser, office: Browser, ticket: Ticket
) -> None:
    here = page_of(ticket)

    bench.post(f"{here}/move", to="diagnosing", version=str(ticket.version))
    forward_only = bench.get(f"{here}/undo", htmx=True).text
    with unguarded():
        bench.post(f"{here}/move", to="estimated", version=str(ticket.version + 1))
    mine = bench.get(f"{here}/undo", htmx=True).text
    others = office.get(f"{here}/undo", htmx=True).text
    office.post(f"{here}/wait", reason="maker")
    gone_on = bench.get(f"{here}/undo", htmx=True).text

    assert [text.strip() for text in (forward_only, others, gone_on)] == ["", "", ""]
    assert 'value="diagnosing"' in mine
    assert "Back to Diagnosis" in bench.get(f"{here}/move").text
