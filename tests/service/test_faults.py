"""Faults counted by what sat in the slot; codes that a store adds and leaves out."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app import wiring
from app.customers import privacy
from app.kernel import clock
from app.kernel.audit import AuditEntry
from app.kernel.errors import Conflict, Invalid, Refused
from app.robots import fitting
from app.robots.choosing import Part
from app.robots.occupancy import Work
from app.service import diagnosis, faults, statistics, tickets
from app.service.diagnosis import DiagnosisInput
from app.service.models import TicketChange
from app.service.states import FaultKind, TicketState
from tests.makers.browsing import Browser
from tests.makers.service import KNEE, Workshop, a_customers_unit, a_finding, a_ticket


def test_a_fault_remembers_what_sat_in_its_slot(session: Session, shop: Workshop) -> None:
    part = Part(part_number="AK-80", serial="DEMO-ACT-1", lot="24-11")
    fitting.fit(session, shop.manager, shop.unit, KNEE, part=part, work=Work())
    ticket = a_ticket(session, shop)
    a_finding(session, shop, ticket)
    fitting.replace(
        session,
        shop.manager,
        shop.unit,
        KNEE,
        part=Part(part_number="AK-80", serial="DEMO-ACT-2", lot="25-02"),
        work=Work(),
    )

    (found,) = diagnosis.of_ticket(session, ticket)

    assert (found.part_number, found.lot) == ("AK-80", "24-11")


def test_faults_are_counted_by_lot_model_and_robot(session: Session, shop: Workshop) -> None:
    other = a_customers_unit(session, shop.store, shop.manager, shop.owner, "DEMO-G1-0002")
    for unit, serial in ((shop.unit, "DEMO-ACT-1"), (other, "DEMO-ACT-2")):
        part = Part(part_number="AK-80", serial=serial, lot="24-11")
        fitting.fit(session, shop.manager, unit, KNEE, part=part, work=Work())
        a_finding(session, shop, a_ticket(session, shop, unit=unit))
    ticket = tickets.open_of(session, other.id)
    assert ticket is not None
    a_finding(session, shop, ticket)
    a_finding(session, shop, ticket, symptom="weak")
    last = diagnosis.of_ticket(session, ticket)[-1]
    diagnosis.withdraw(session, shop.technician, ticket, last.id)

    counted = statistics.faults(session, shop.manager, since=clock.now() - timedelta(days=1))

    (lot,) = counted.by_lot
    assert (lot.name, lot.more, lot.faults, lot.robots, lot.often) == (
        "24-11", "AK-80", 3, 2, "noise",
    )  # fmt: skip
    assert [(one.name, one.faults) for one in counted.by_model] == [("Unitree G1", 3)]
    assert counted.total == 3


def test_a_store_adds_codes_and_leaves_out_others(session: Session, shop: Workshop) -> None:
    faults.add(session, shop.manager, FaultKind.SYMPTOM, code="Hum", label="Hums at rest")
    faults.leave_out(session, shop.manager, FaultKind.SYMPTOM, "noise")
    ticket = a_ticket(session, shop)

    a_finding(session, shop, ticket, symptom="hum")
    with pytest.raises(Invalid):
        a_finding(session, shop, ticket, symptom="noise")
    with pytest.raises(Conflict):
        faults.add(session, shop.manager, FaultKind.SYMPTOM, code="hum", label="Again")
    faults.take_back(session, shop.manager, FaultKind.SYMPTOM, "noise")
    a_finding(session, shop, ticket, symptom="noise")

    assert len(diagnosis.of_ticket(session, ticket)) == 2


def test_the_page_of_faults_counts_and_edits_codes(
    session: Session, office: Browser, bench: Browser, shop: Workshop
) -> None:
    a_finding(session, shop, a_ticket(session, shop))
    session.commit()

    added = office.post("/service/faults/codes", kind="cause", code="moth", label="A moth")
    twice = office.post("/service/faults/codes", kind="cause", code="moth", label="A moth")
    forbidden = bench.post("/service/faults/codes", kind="cause", code="x", label="X")
    shown = bench.get("/service/faults?days=30").text

    assert (added.status_code, twice.status_code, forbidden.status_code) == (303, 409, 403)
    assert "A moth" in shown
    assert "1 fault found" in shown


def test_nothing_is_found_on_a_robot_that_is_ready(session: Session, shop: Workshop) -> None:
    ticket = a_ticket(session, shop, state=TicketState.READY)

    with pytest.raises(Conflict):
        diagnosis.record(session, shop.technician, ticket, DiagnosisInput(symptom="noise"))


def test_nobody_is_forgotten_while_their_robot_is_here(session: Session, shop: Workshop) -> None:
    ticket = a_ticket(session, shop)
    ticket.signer = "Kerstin Arndt"
    privacy.export(session, shop.manager, shop.owner)
    session.commit()

    with pytest.raises(Refused, match="T-1"), session.begin_nested():
        privacy.erase(session, shop.manager, shop.owner, reason="asked")
    tickets.cancel(session, shop.manager, ticket, why="Collected")
    privacy.erase(session, shop.manager, shop.owner, reason="asked")

    assert (ticket.signer, ticket.signature) == ("", None)


def test_the_name_of_who_brought_it_is_forgotten_in_the_tickets_story_too(
    session: Session, shop: Workshop
) -> None:
    wiring.connect()
    ticket = a_ticket(session, shop)
    edit = {"brought_by": "Kerstin Arndt", "seal": "S-7"}
    tickets.edit(session, shop.manager, ticket, edit, seen=ticket.version)
    edit = {"brought_by": "Jonas Arndt"}
    tickets.edit(session, shop.manager, ticket, edit, seen=ticket.version)
    tickets.cancel(session, shop.manager, ticket, why="Collected")
    privacy.export(session, shop.manager, shop.owner)

    privacy.erase(session, shop.manager, shop.owner, reason="asked")

    session.expire_all()
    story = [line.before + line.after for line in session.scalars(select(TicketChange))]
    audit = [entry.body for entry in session.scalars(select(AuditEntry))]
    assert not any("Arndt" in str(told) for told in (*story, *audit))
    assert any("S-7" in told for told in story)


@pytest.mark.parametrize(
    "change",
    [
        {"after": '{"brought_by":"Somebody Else"}'},
        {"after": '{"brought_by":"","seal":"other"}'},
        {"after": '{"brought_by":""}', "by": "Nobody"},
    ],
)
def test_nothing_but_a_name_can_be_forgotten_of_a_tickets_story(
    session: Session, shop: Workshop, change: dict[str, str]
) -> None:
    ticket = a_ticket(session, shop)
    edit = {"brought_by": "Kerstin Arndt"}
    tickets.edit(session, shop.manager, ticket, edit, seen=ticket.version)
    last = TicketChange.version == ticket.version

    with pytest.raises(DBAPIError, match="append-only"):
        session.execute(update(TicketChange).where(last).values(change))
