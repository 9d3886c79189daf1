"""Tickets that are worked on where the robot stands."""

from io import BytesIO

from pypdf import PdfReader
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import wiring
from app.customers import privacy
from app.kernel.audit import AuditEntry
from app.robots.states import Custody
from app.service import checks, estimates, intake, tickets, visits
from app.service.estimate_models import LineKind
from app.service.intake import IntakeInput
from app.service.states import TicketState
from app.service.visits import VisitInput
from tests.makers.browsing import Browser
from tests.makers.estimates import priced
from tests.makers.service import Workshop, a_ticket, unguarded


def test_a_ticket_on_site_has_its_address_on_page_and_job_sheet(
    session: Session, office: Browser, shop: Workshop
) -> None:
    here = tickets.page(a_ticket(session, shop))
    session.commit()

    empty = office.send(f"{here}/visit", {"address": " ", "contact": "Ward 3"})
    saved = office.send(
        f"{here}/visit", {"address": "Parkweg 7\n60311 Frankfurt", "contact": "Ward 3"}
    )

    assert (empty.status_code, saved.status_code) == (422, 303)
    assert "Ward 3" in empty.text
    assert "Parkweg 7" in office.get(here).text
    pages = PdfReader(BytesIO(office.get(f"{here}/job-sheet.pdf").content)).pages
    assert "Parkweg 7" in " ".join(page.extract_text() for page in pages)
    assert office.post(f"{here}/visit/end").status_code == 303
    assert "Parkweg 7" not in office.get(here).text


def test_the_way_there_is_a_line_of_the_estimate(
    session: Session, office: Browser, shop: Workshop
) -> None:
    priced(session, shop)
    ticket = a_ticket(session, shop, state=TicketState.DIAGNOSING)
    here = tickets.page(ticket)
    session.commit()
    not_on_site = office.post(f"{here}/visit/travel", description="Travel", price="50")
    office.send(f"{here}/visit", {"address": "Parkweg 7"})

    free = office.post(f"{here}/visit/travel", description="Travel", price="0")
    added = office.post(f"{here}/visit/travel", description="Travel", price="50")

    assert [one.status_code for one in (not_on_site, free, added)] == [409, 422, 303]
    session.rollback()
    newest = estimates.newest(session, tickets.by_id(session, shop.manager, ticket.id))
    assert newest is not None
    assert [(line.kind, line.unit_price_minor) for line in newest.lines] == [
        (LineKind.FREIGHT, 5_000)
    ]


def test_a_robot_on_site_is_its_owners_until_it_is_taken_along(
    session: Session, shop: Workshop
) -> None:
    booked = intake.book_in(session, shop.manager, shop.unit, complaint="Squeaks")
    visits.go_there(session, shop.manager, booked, VisitInput("Parkweg 7"))

    ticket = intake.intake(session, shop.manager, shop.unit, IntakeInput(complaint="Squeaks"))
    there = shop.unit.custody
    clean = list(checks.breaches(session))
    visits.stay_here(session, shop.manager, ticket)
    taken_along = shop.unit.custody
    visits.go_there(session, shop.manager, ticket, VisitInput("Parkweg 7"))

    assert (there, taken_along, clean) == (Custody.CUSTOMER, Custody.BENCH, [])
    with unguarded():
        for step in (TicketState.DIAGNOSING, TicketState.ESTIMATED, TicketState.DECLINED):
            tickets.move(session, shop.manager, ticket, step)
        tickets.move(session, shop.manager, ticket, TicketState.READY)
    assert shop.unit.custody is Custody.CUSTOMER


def test_an_address_goes_with_the_customer_who_is_forgotten(
    session: Session, shop: Workshop
) -> None:
    wiring.connect()
    ticket = a_ticket(session, shop)
    visits.go_there(session, shop.manager, ticket, VisitInput("Parkweg 7", "Ward 3"))
    tickets.cancel(session, shop.manager, ticket, why="Not needed")
    session.flush()

    privacy.export(session, shop.manager, shop.owner)
    privacy.erase(session, shop.manager, shop.owner, reason="asked")

    row = visits.of_ticket(session, ticket)
    assert row is not None
    session.refresh(row)
    assert (row.address, row.contact) == ("", "")
    audit = [entry.body for entry in session.scalars(select(AuditEntry))]
    assert not any("Parkweg" in told or "Ward 3" in told for told in audit)
