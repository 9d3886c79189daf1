"""Parts go into a robot by scan: made safe first, wanted by a line, and out again."""

import pytest
from sqlalchemy.orm import Session

from app.kernel.errors import Conflict, NotFound, Refused
from app.parts import issuing
from app.parts.models import Part
from app.robots import choosing, fitting
from app.robots.occupancy import Work
from app.robots.slot_models import Component
from app.service import (
    estimates,
    fittingwork,
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
from app.service.states import TicketState
from tests.makers.estimates import KNEE_PART, a_part, again, answered, approved_ticket
from tests.makers.parts import a_part as a_simple_part
from tests.makers.parts import stocked, stocked_serials
from tests.makers.service import KNEE, Workshop, a_customers_unit
from tests.service.benchwork import checked, in_the_knee, made_safe, swapped

pytestmark = pytest.mark.usefixtures("prices")


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
