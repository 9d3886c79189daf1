"""Work on a ticket: clocks, safety, parts by scan, the second look, the release."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import wiring
from app.identity.roles import Role
from app.identity.signing import actor_for
from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, NotFound, Refused
from app.kernel.text import msg
from app.parts import issuing
from app.parts.models import Part
from app.robots import bodies, choosing, fitting, gate
from app.robots.gate import Reason
from app.robots.models import Unit
from app.robots.occupancy import Work
from app.robots.slot_models import Component, Control, Occupant
from app.service import (
    estimates,
    fittingwork,
    jobrows,
    labour,
    lines,
    linesdone,
    quality,
    release,
    safety,
    sending,
    tickets,
    work_checks,
)
from app.service.fittingwork import Scanned
from app.service.guards import NotYet
from app.service.lineitems import LineInput
from app.service.lines import ChangeInput
from app.service.models import Ticket
from app.service.operation_models import SafetyTick
from app.service.quality import Verdict
from app.service.release import Override
from app.service.states import TicketState
from app.service.work_models import Labour, PartUse
from tests.makers.estimates import (
    KNEE_PART,
    SWAP,
    a_code,
    a_fee,
    a_part,
    again,
    an_operation,
    answered,
    approved_ticket,
    priced,
    sent,
)
from tests.makers.identity import a_person
from tests.makers.parts import a_part as a_simple_part
from tests.makers.parts import stocked, stocked_serials
from tests.makers.service import KNEE, Workshop, a_customers_unit


@pytest.fixture(autouse=True)
def prices(session: Session, shop: Workshop) -> None:
    priced(session, shop)
    wiring.connect()


@pytest.fixture
def part(session: Session, shop: Workshop) -> Part:
    return a_part(session, shop, control=Control.SERIAL)


@pytest.fixture
def actuator(session: Session, shop: Workshop, part: Part) -> Component:
    """On the shelf, for the left knee."""
    (one,) = stocked_serials(session, shop.manager, part, "AK-NEW-1")
    return one


@pytest.fixture
def job(session: Session, shop: Workshop, actuator: Component) -> Ticket:
    """A knee to be swapped: approved, and begun."""
    assert actuator.part_number == KNEE_PART
    an_operation(session, shop, ticks=(SafetyTick.HOIST, SafetyTick.BATTERY_ISOLATED))
    ticket = approved_ticket(session, shop, a_code(SWAP), a_code(KNEE_PART))
    tickets.move(session, shop.technician, ticket, TicketState.IN_WORK)
    return ticket


@pytest.fixture
def closed_gate() -> Iterator[None]:
    """Something speaks against every robot."""
    kept = dict(gate._checkers)
    gate.ask("test", msg("Test"), lambda _s, _a, _u: [Reason(msg("The knee is not calibrated."))])
    yield
    gate._checkers.clear()
    gate._checkers.update(kept)


def made_safe(session: Session, shop: Workshop, ticket: Ticket) -> None:
    safety.confirm(session, shop.technician, ticket, list(SafetyTick))


def swapped(session: Session, shop: Workshop, ticket: Ticket) -> PartUse:
    """The knee is swapped and every line ticked off."""
    made_safe(session, shop, ticket)
    use = fittingwork.go_in(session, shop.technician, ticket, Scanned(serial="AK-NEW-1"))
    for line in linesdone.of_ticket(session, ticket):
        linesdone.finish(session, shop.technician, ticket, line.key)
    return use


def checked(session: Session, shop: Workshop, ticket: Ticket) -> None:
    swapped(session, shop, ticket)
    tickets.move(session, shop.technician, ticket, TicketState.CHECKING)
    quality.check(session, shop.manager, ticket, Verdict())


def in_the_knee(session: Session, unit: Unit) -> Occupant | None:
    slot = bodies.slot_called(session, unit, KNEE)
    return session.scalar(
        select(Occupant).where(
            Occupant.unit_id == unit.id, Occupant.slot_id == slot.id, Occupant.until.is_(None)
        )
    )


def somebody(session: Session, shop: Workshop, name: str) -> Actor:
    person = a_person(session, shop.store, name, role=Role.TECHNICIAN)
    return actor_for(person, terminal=None)


# Clocks


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


# Safety


def test_nothing_goes_in_before_the_work_was_made_safe(
    session: Session, shop: Workshop, job: Ticket
) -> None:
    safety.confirm(session, shop.technician, job, [SafetyTick.HOIST])

    with pytest.raises(NotYet, match="Battery isolated"):
        fittingwork.go_in(session, shop.technician, job, Scanned(serial="AK-NEW-1"))
    with pytest.raises(NotYet, match="Battery isolated"):
        labour.start(
            session,
            shop.technician,
            job,
            line_key=linesdone.of_ticket(session, job)[0].key,
        )


def test_a_confirmation_ends_when_the_ticket_leaves_the_work(
    session: Session, shop: Workshop, job: Ticket
) -> None:
    swapped(session, shop, job)
    tickets.move(session, shop.technician, job, TicketState.CHECKING)
    swap = linesdone.of_ticket(session, job)[0]
    quality.check(session, shop.manager, job, Verdict([swap.key], "Cover is loose"))

    assert job.state is TicketState.IN_WORK
    assert safety.confirmed(session, job) == {}


# Parts by scan


def test_a_scan_of_the_serial_fits_it_and_robot_and_ledger_agree(
    session: Session, shop: Workshop, job: Ticket, actuator: Component
) -> None:
    old = Scanned(number=KNEE_PART, serial="AK-OLD-1")
    fitting.fit(
        session,
        shop.manager,
        shop.unit,
        KNEE,
        part=choosing.Part(part_number=old.number, serial=old.serial),
    )
    made_safe(session, shop, job)

    use = fittingwork.go_in(session, shop.technician, job, Scanned(serial="ak-new-1"))

    sits = in_the_knee(session, shop.unit)
    assert sits is not None
    assert (sits.component_id, sits.id) == (actuator.id, use.occupant_id)
    assert sits.reference == tickets.reference(job)
    lying = issuing.outstanding(session, job.store_id, tickets.reference(job))
    assert [one.component.serial for one in lying if one.component] == ["AK-OLD-1"]


def test_the_same_part_does_not_go_in_twice(
    session: Session, shop: Workshop, job: Ticket, part: Part
) -> None:
    stocked_serials(session, shop.manager, part, "AK-NEW-2")
    made_safe(session, shop, job)
    fittingwork.go_in(session, shop.technician, job, Scanned(serial="AK-NEW-1"))

    with pytest.raises(Conflict, match="all the parts that were approved"):
        fittingwork.go_in(session, shop.technician, job, Scanned(serial="AK-NEW-2"))


def test_a_part_that_no_line_wants_is_refused_with_what_is_wanted(
    session: Session, shop: Workshop, job: Ticket
) -> None:
    a_part(session, shop, "GREASE-1", on_hand=1)
    made_safe(session, shop, job)

    with pytest.raises(Refused, match=rf"Wanted: {KNEE_PART}"):
        fittingwork.go_in(session, shop.technician, job, Scanned(number="GREASE-1"))
    with pytest.raises(NotFound):
        fittingwork.go_in(session, shop.technician, job, Scanned(serial="NOBODY-9"))


def test_what_comes_out_again_is_wanted_again(
    session: Session, shop: Workshop, job: Ticket
) -> None:
    """SVC-01: removed, refitted, removed again."""
    made_safe(session, shop, job)
    for _ in range(2):
        fittingwork.go_in(session, shop.technician, job, Scanned(serial="AK-NEW-1"))
        fittingwork.come_out(session, shop.technician, job, KNEE, reason="Wrong screws")

    assert in_the_knee(session, shop.unit) is None
    assert linesdone.used(session, job) == {}
    fittingwork.go_in(session, shop.technician, job, Scanned(serial="AK-NEW-1"))
    assert len(fittingwork.of_ticket(session, job)) == 1


def test_a_swap_for_the_job_takes_its_piece_out_too(
    session: Session, shop: Workshop, job: Ticket
) -> None:
    made_safe(session, shop, job)
    use = fittingwork.go_in(session, shop.technician, job, Scanned(serial="AK-NEW-1"))
    other = a_customers_unit(session, shop.store, shop.manager, shop.owner, "DEMO-G1-0002")

    fitting.swap(
        session,
        shop.technician,
        fitting.Place(shop.unit, KNEE),
        fitting.Place(other, KNEE),
        work=Work(reference=tickets.reference(job)),
    )

    assert use.undone_by == shop.technician.name
    assert linesdone.used(session, job) == {}
    assert list(work_checks.breaches(session)) == []


def test_what_an_earlier_job_put_in_stays_its_work_when_it_comes_out(
    session: Session, shop: Workshop, job: Ticket
) -> None:
    checked(session, shop, job)
    release.release(session, shop.manager, job)
    (use,) = [use for use, _, _ in fittingwork.of_ticket(session, job)]

    fitting.remove(session, shop.manager, shop.unit, KNEE, work=Work(reference="ticket:T-2"))

    assert use.undone_at is None
    assert list(work_checks.breaches(session)) == []


def test_a_line_is_done_no_more_when_its_piece_comes_out(
    session: Session, shop: Workshop, job: Ticket
) -> None:
    swapped(session, shop, job)

    fittingwork.come_out(session, shop.technician, job, KNEE, reason="Wrong screws")

    with pytest.raises(NotYet, match="Not done yet"):
        tickets.move(session, shop.technician, job, TicketState.CHECKING)


def test_a_piece_taken_out_on_the_robots_own_page_is_wanted_again(
    session: Session, shop: Workshop, job: Ticket
) -> None:
    swapped(session, shop, job)

    fitting.remove(session, shop.manager, shop.unit, KNEE)

    assert linesdone.used(session, job) == {}
    assert KNEE_PART in {line.part_number for line in linesdone.open_lines(session, job)}
    assert list(work_checks.breaches(session)) == []


@pytest.mark.parametrize("named", ["", "t-1"])
def test_a_piece_put_in_on_the_robots_own_page_counts_for_the_job(
    session: Session, shop: Workshop, job: Ticket, part: Part, named: str
) -> None:
    stocked_serials(session, shop.manager, part, "AK-NEW-2")
    piece = choosing.Part(part_number=KNEE_PART, serial="AK-NEW-2")

    fitting.fit(session, shop.manager, shop.unit, KNEE, part=piece, work=Work(reference=named))

    assert linesdone.used(session, job) == {"2": 1}
    made_safe(session, shop, job)
    linesdone.finish(session, shop.technician, job, "2")
    with pytest.raises(Conflict, match="all the parts that were approved"):
        fittingwork.go_in(session, shop.technician, job, Scanned(serial="AK-NEW-1"))
    assert list(work_checks.breaches(session)) == []


def test_a_piece_put_in_elsewhere_on_the_robot_is_not_of_the_job(
    session: Session, shop: Workshop, job: Ticket, part: Part
) -> None:
    stocked_serials(session, shop.manager, part, "AK-NEW-2")
    piece = choosing.Part(part_number=KNEE_PART, serial="AK-NEW-2")

    fitting.fit(session, shop.manager, shop.unit, "right_knee.actuator", part=piece)

    assert linesdone.used(session, job) == {}


def test_a_line_is_done_no_more_when_a_newer_version_wants_more_of_it(
    session: Session, shop: Workshop
) -> None:
    grease = a_simple_part(session, shop.manager, "GREASE-1")
    stocked(session, shop.manager, grease, quantity=3)
    ticket = approved_ticket(session, shop, LineInput(code="GREASE-1"))
    tickets.move(session, shop.technician, ticket, TicketState.IN_WORK)
    fittingwork.go_in(session, shop.technician, ticket, Scanned(number="GREASE-1"))
    linesdone.finish(session, shop.technician, ticket, "1")

    tickets.move(session, shop.technician, ticket, TicketState.DIAGNOSING)
    sheet = estimates.draft(session, shop.technician, ticket)
    (line,) = sheet.estimate.lines
    more = ChangeInput(seen=line.revision, quantity=2)
    lines.change(session, shop.technician, sheet, line, more)
    sending.send(session, shop.technician, again(session, sheet))
    answered(session, shop, again(session, sheet))

    assert [line.key for line in linesdone.open_lines(session, ticket)] == ["1"]


def test_a_part_without_a_slot_is_used_up(session: Session, shop: Workshop) -> None:
    grease = a_simple_part(session, shop.manager, "GREASE-1")
    stocked(session, shop.manager, grease, quantity=2)
    ticket = approved_ticket(session, shop, LineInput(code="GREASE-1", quantity=2))
    tickets.move(session, shop.technician, ticket, TicketState.IN_WORK)
    (wanted,) = linesdone.of_ticket(session, ticket)

    with pytest.raises(NotYet, match="have not gone in"):
        linesdone.finish(session, shop.technician, ticket, wanted.key)
    for _ in range(2):
        fittingwork.go_in(session, shop.technician, ticket, Scanned(number="GREASE-1"))
    linesdone.finish(session, shop.technician, ticket, wanted.key)
    assert issuing.outstanding(session, ticket.store_id, tickets.reference(ticket)) == []


# Done, checked, released


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
