"""The page of the work: from the bench to the release, by its own forms."""

import pytest
from sqlalchemy.orm import Session

from app import wiring
from app.identity import staff as people
from app.identity.roles import Role
from app.kernel.text import msg
from app.robots import gate
from app.robots.slot_models import Control
from app.service import linesdone, quality, tickets
from app.service.estimate_models import EstimateLine
from app.service.models import Ticket
from app.service.operation_models import SafetyTick
from app.service.states import TicketState
from tests.makers.browsing import Browser
from tests.makers.estimates import (
    KNEE_PART,
    SWAP,
    a_code,
    a_part,
    an_operation,
    approved_ticket,
    priced,
)
from tests.makers.parts import stocked_serials
from tests.makers.service import KNEE, Workshop, a_ticket

pytestmark = pytest.mark.only_on("sqlite")  # pages alike on both: test_pages_answer


@pytest.fixture
def job(session: Session, shop: Workshop) -> Ticket:
    """A knee to be swapped: approved, its actuator on the shelf."""
    priced(session, shop)
    wiring.connect()
    part = a_part(session, shop, control=Control.SERIAL)
    stocked_serials(session, shop.manager, part, "AK-NEW-1")
    an_operation(session, shop, ticks=(SafetyTick.HOIST,))
    ticket = approved_ticket(session, shop, a_code(SWAP), a_code(KNEE_PART))
    tickets.move(session, shop.technician, ticket, TicketState.IN_WORK)
    session.commit()
    return ticket


def work(ticket: Ticket, *more: str) -> str:
    return "/".join([f"/service/tickets/{ticket.number}", *more])


def lines_of(session: Session, ticket: Ticket) -> list[EstimateLine]:
    """As they are now, without keeping anybody else from writing."""
    lines = linesdone.of_ticket(session, ticket)
    session.commit()
    return lines


def state_of(session: Session, ticket: Ticket) -> TicketState:
    session.expire_all()
    state = session.get_one(Ticket, ticket.id).state
    session.commit()
    return state


def test_the_knee_is_swapped_checked_and_released_on_one_page(
    session: Session, job: Ticket, bench: Browser, office: Browser
) -> None:
    page = work(job, "work")
    assert "Robot hangs in the hoist" in bench.get(page).text
    assert bench.post(work(job, "safety"), hoist="yes").status_code == 303
    swap, part = lines_of(session, job)
    assert bench.post(work(job, "clock", "start"), line=swap.key).status_code == 303
    assert bench.post(work(job, "parts", "in"), code="AK-NEW-1").status_code == 303
    assert "AK-NEW-1" in bench.get(page).text
    for line in (swap, part):
        assert bench.post(work(job, "lines", "done"), line=line.key).status_code == 303
    assert bench.post(work(job, "clock", "stop")).status_code == 303
    session.expire_all()
    version = str(session.get_one(Ticket, job.id).version)
    session.commit()
    moved = bench.post(work(job, "move"), to="checking", version=version, back=page)
    assert moved.headers["location"] == f"{page}?moved={job.number}"
    assert "to-check" not in bench.get(page).text
    assert "Take it to the bench" not in bench.get(page).text

    own = bench.post(work(job, "check"))
    assert own.status_code == 422
    assert "somebody else checks it" in own.text
    assert office.post(work(job, "check"), note="Walks well").status_code == 303
    assert bench.post(work(job, "release")).status_code == 303
    assert state_of(session, job) is TicketState.READY
    assert "Released" in bench.get(page).text


def test_a_refused_scan_stands_at_its_box_and_keeps_what_was_typed(
    job: Ticket, bench: Browser
) -> None:
    bench.post(work(job, "safety"), hoist="yes")

    answer = bench.post(work(job, "parts", "in"), code="<b>NOBODY</b>")

    assert answer.status_code == 404
    assert "part-code-error" in answer.text
    assert 'value="&lt;b&gt;NOBODY&lt;/b&gt;"' in answer.text


def test_a_failed_check_keeps_its_ticks_until_there_is_a_word(
    session: Session, shop: Workshop, job: Ticket, bench: Browser, office: Browser
) -> None:
    bench.post(work(job, "safety"), hoist="yes")
    bench.post(work(job, "parts", "in"), code="AK-NEW-1")
    swap, part = lines_of(session, job)
    for line in (swap, part):
        linesdone.finish(session, shop.technician, job, line.key)
    tickets.move(session, shop.technician, job, TicketState.CHECKING)
    session.commit()

    wordless = office.send(work(job, "check"), {f"failed-{swap.key}": "yes"})
    assert wordless.status_code == 422
    assert "checked" in wordless.text
    office.send(work(job, "check"), {f"failed-{swap.key}": "yes", "note": "Cover is loose"})
    assert state_of(session, job) is TicketState.IN_WORK
    assert "Cover is loose" in office.get(work(job, "work")).text


def test_a_manager_lets_it_go_with_a_pin_and_a_reason(
    session: Session, shop: Workshop, job: Ticket, bench: Browser
) -> None:
    people.set_pin(session, shop.manager, shop.people[Role.MANAGER], "482913")
    session.commit()
    bench.post(work(job, "safety"), hoist="yes")
    bench.post(work(job, "parts", "in"), code="AK-NEW-1")
    for line in lines_of(session, job):
        linesdone.finish(session, shop.technician, job, line.key)
    tickets.move(session, shop.technician, job, TicketState.CHECKING)
    quality.check(session, shop.manager, job, quality.Verdict())
    session.commit()

    kept = dict(gate._checkers)
    gate.ask("test", msg("Test"), lambda _s, _a, _u: [gate.Reason(msg("Not calibrated."))])
    try:
        shut = bench.post(work(job, "release"))
        assert shut.status_code == 409
        assert "Not calibrated." in shut.text
        wrong = bench.post(work(job, "release"), reason="Only shown", pin="000000")
        assert wrong.status_code == 422
        assert "release-pin-error" in wrong.text
        assert (
            bench.post(work(job, "release"), reason="Only shown", pin="482913").status_code == 303
        )
    finally:
        gate._checkers.clear()
        gate._checkers.update(kept)
    assert "Only shown" in bench.get(work(job, "work")).text


def test_without_approved_work_the_page_leads_to_the_estimate(
    session: Session, shop: Workshop, bench: Browser
) -> None:
    ticket = a_ticket(session, shop)
    session.commit()

    shown = bench.get(work(ticket, "work")).text
    assert "No approved work yet" in shown
    assert f"{work(ticket)}/estimate" in shown


def test_an_old_part_is_settled_from_the_bench(
    session: Session, job: Ticket, bench: Browser
) -> None:
    bench.post(work(job, "safety"), hoist="yes")
    bench.post(work(job, "parts", "in"), code="AK-NEW-1")
    out = bench.post(work(job, "parts", "out"), slot=KNEE, reason="Wrong one")
    assert out.status_code == 303
    part = lines_of(session, job)[1]

    unplaced = bench.post(work(job, "parts", "settle"), part=str(part.part_id), fate="shelf")
    assert unplaced.status_code == 422
    assert "Scan the bin" in unplaced.text
    settled = bench.post(work(job, "parts", "settle"), part=str(part.part_id), fate="scrap")
    assert settled.status_code == 303
    assert "Nothing lies on the bench" in bench.get(work(job, "work")).text
