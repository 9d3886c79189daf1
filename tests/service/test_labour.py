"""Clocks: who works on a ticket, since when, and with whom."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from app.kernel import clock
from app.kernel.errors import Conflict, Refused
from app.service import jobrows, labour, linesdone, tickets
from app.service.guards import NotYet
from app.service.models import Ticket
from app.service.states import TicketState
from app.service.work_models import Labour
from tests.makers.estimates import SWAP, a_code, an_operation, approved_ticket
from tests.makers.service import Workshop
from tests.service.benchwork import made_safe, somebody

pytestmark = pytest.mark.usefixtures("prices")


def test_a_person_has_one_clock_and_a_second_start_stops_the_first(
    session: Session, shop: Workshop, job: Ticket
) -> None:
    made_safe(session, shop, job)
    first = labour.start(session, shop.technician, job)
    swap = linesdone.of_ticket(session, job)[0]
    second = labour.start(session, shop.technician, job, line_key=swap.key)

    assert first.stopped_at is not None
    assert labour.running(session, shop.technician.staff_id) is second
    with pytest.raises(Conflict, match="runs here already"):
        labour.start(session, shop.technician, job, line_key=swap.key)


def test_a_clock_that_ran_overnight_asks_when_the_work_ended(
    session: Session, shop: Workshop, job: Ticket
) -> None:
    row = labour.start(session, shop.technician, job)
    row.started_at = clock.now() - timedelta(days=1)
    session.flush()

    with pytest.raises(Refused, match="When did the work end") as refused:
        labour.stop(session, shop.technician)
    assert refused.value.field == "at"
    made_safe(session, shop, job)
    swap = linesdone.of_ticket(session, job)[0]
    with pytest.raises(NotYet, match="Say first when that work ended"):
        labour.start(session, shop.technician, job, line_key=swap.key)
    ended = row.started_at + timedelta(hours=2)
    with pytest.raises(Refused, match="say why"):
        labour.stop(session, shop.technician, at=ended)
    labour.stop(session, shop.technician, at=ended, reason="Forgot to stop")
    assert labour.minutes_of(row, clock.now()) == 120
    assert row.correction == "Forgot to stop"


def test_somebody_elses_clock_is_stopped_by_who_leads_the_workshop(
    session: Session, shop: Workshop, job: Ticket
) -> None:
    row = labour.start(session, shop.technician, job)
    other = somebody(session, shop, "Lin Wei")

    with pytest.raises(Exception, match="may not"):
        labour.stop(session, other, labour_id=row.id)
    labour.stop(session, shop.manager, labour_id=row.id)
    assert row.stopped_by == shop.manager.name


def test_work_for_two_names_the_second_person_and_counts_both(
    session: Session, shop: Workshop
) -> None:
    an_operation(session, shop, needs_two=True)
    ticket = approved_ticket(session, shop, a_code(SWAP))
    tickets.move(session, shop.technician, ticket, TicketState.IN_WORK)
    (line,) = linesdone.of_ticket(session, ticket)

    with pytest.raises(Refused, match="takes two people"):
        labour.start(session, shop.technician, ticket, line_key=line.key)
    with pytest.raises(Refused, match="somebody else"):
        labour.start(
            session,
            shop.technician,
            ticket,
            line_key=line.key,
            second_id=shop.technician.staff_id,
        )
    other = somebody(session, shop, "Lin Wei")
    row = labour.start(
        session, shop.technician, ticket, line_key=line.key, second_id=other.staff_id
    )
    row.started_at = clock.now() - timedelta(minutes=30)
    session.flush()
    rows = jobrows.of_ticket(session, ticket).clocks
    times = labour.times(rows, linesdone.of_ticket(session, ticket), clock.now())
    assert times.actual == {line.key: 60}
    assert times.standard == {line.key: 150}


def test_a_running_clock_is_one_by_the_database_too(
    session: Session, shop: Workshop, job: Ticket
) -> None:
    row = labour.start(session, shop.technician, job)
    session.add(
        Labour(
            store_id=row.store_id,
            ticket_id=row.ticket_id,
            staff_id=row.staff_id,
            started_at=clock.now(),
        )
    )
    with pytest.raises(Exception, match=r"(?i)unique"):
        session.flush()
    session.rollback()
