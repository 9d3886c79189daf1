"""Done, checked by somebody else, and released through the gate."""

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from app.kernel.errors import Refused
from app.kernel.text import msg
from app.robots import gate
from app.robots.gate import Reason
from app.service import labour, linesdone, quality, release, tickets
from app.service.guards import NotYet
from app.service.models import Ticket
from app.service.quality import Verdict
from app.service.release import Override
from app.service.states import TicketState
from tests.makers.estimates import a_fee, answered, sent
from tests.makers.service import Workshop
from tests.service.benchwork import checked, swapped

pytestmark = pytest.mark.usefixtures("prices")


@pytest.fixture
def closed_gate() -> Iterator[None]:
    """Something speaks against every robot."""
    kept = dict(gate._checkers)
    gate.ask("test", msg("Test"), lambda _s, _a, _u: [Reason(msg("The knee is not calibrated."))])
    yield
    gate._checkers.clear()
    gate._checkers.update(kept)


def test_the_check_begins_when_every_line_is_done_and_no_clock_runs(
    session: Session, shop: Workshop, job: Ticket
) -> None:
    with pytest.raises(NotYet, match="Not done yet"):
        tickets.move(session, shop.technician, job, TicketState.CHECKING)
    swapped(session, shop, job)
    labour.start(session, shop.technician, job)
    with pytest.raises(NotYet, match="still runs"):
        tickets.move(session, shop.technician, job, TicketState.CHECKING)
    labour.stop(session, shop.technician)
    tickets.move(session, shop.technician, job, TicketState.CHECKING)
    assert job.state is TicketState.CHECKING


def test_nobody_checks_their_own_work_unless_the_store_has_nobody_else(
    session: Session, shop: Workshop, job: Ticket
) -> None:
    swapped(session, shop, job)
    tickets.move(session, shop.technician, job, TicketState.CHECKING)

    with pytest.raises(Refused, match="somebody else checks it"):
        quality.check(session, shop.technician, job, Verdict())
    quality.let_check_own(session, shop.manager, may=True)
    assert quality.check(session, shop.technician, job, Verdict()).own_work


def test_a_failed_check_opens_its_lines_and_asks_for_a_word(
    session: Session, shop: Workshop, job: Ticket
) -> None:
    swapped(session, shop, job)
    tickets.move(session, shop.technician, job, TicketState.CHECKING)
    swap = linesdone.of_ticket(session, job)[0]

    with pytest.raises(Refused, match="done again"):
        quality.check(session, shop.manager, job, Verdict([swap.key]))
    quality.check(session, shop.manager, job, Verdict([swap.key], "Cover is loose"))
    assert job.state is TicketState.IN_WORK
    assert [line.key for line in linesdone.open_lines(session, job)] == [swap.key]


def test_a_check_passed_before_the_work_was_taken_up_again_counts_no_more(
    session: Session, shop: Workshop, job: Ticket
) -> None:
    checked(session, shop, job)
    tickets.move(session, shop.technician, job, TicketState.IN_WORK)
    tickets.move(session, shop.technician, job, TicketState.CHECKING)

    with pytest.raises(NotYet, match="has not been checked"):
        release.release(session, shop.manager, job)


def test_released_through_an_open_gate(session: Session, shop: Workshop, job: Ticket) -> None:
    checked(session, shop, job)
    with pytest.raises(NotYet, match="released first"):
        tickets.move(session, shop.manager, job, TicketState.READY)
    row = release.release(session, shop.manager, job)
    assert job.state is TicketState.READY
    assert (row.found, row.override_by) == ("[]", "")


@pytest.mark.usefixtures("closed_gate")
def test_a_closed_gate_opens_for_a_manager_with_a_reason_alone(
    session: Session, shop: Workshop, job: Ticket
) -> None:
    """SVC-09: no release before what the gate asks for."""
    checked(session, shop, job)

    with pytest.raises(NotYet, match="not calibrated"):
        release.release(session, shop.technician, job)
    with pytest.raises(Exception, match="may not"):
        release.release(
            session, shop.technician, job, override=Override(shop.technician, "Only shown")
        )
    with pytest.raises(Refused, match="say why"):
        release.release(session, shop.technician, job, override=Override(shop.manager, " "))
    row = release.release(
        session, shop.technician, job, override=Override(shop.manager, "Only shown, never walks")
    )
    assert row.override_by == shop.manager.name
    assert "not calibrated" in row.found
    assert job.state is TicketState.READY


def test_a_declined_robot_goes_back_through_the_gate_too(session: Session, shop: Workshop) -> None:
    sheet = sent(session, shop, a_fee())
    answered(session, shop, sheet, declined=("1",))
    ticket = sheet.ticket
    assert ticket.state == "declined"

    release.release(session, shop.technician, ticket)
    assert ticket.state is TicketState.READY
