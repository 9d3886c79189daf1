"""A ticket's pages ask the database little, and no more for many lines than for few."""

import pytest
from sqlalchemy.orm import Session

from app import wiring
from app.robots import choosing, fitting
from app.robots.slot_models import Control
from app.service import fittingwork, labour, safety, sending, tickets
from app.service.fittingwork import Scanned
from app.service.models import Ticket
from app.service.operation_models import SafetyTick
from app.service.states import TicketState
from tests.makers.browsing import Browser
from tests.makers.estimates import (
    KNEE_PART,
    SWAP,
    a_code,
    a_draft,
    a_fee,
    a_part,
    again,
    an_operation,
    answered,
    priced,
)
from tests.makers.parts import stocked_serials
from tests.makers.service import KNEE, Workshop, a_finding, a_ticket

MOST = 15


def a_job_in_repair(session: Session, shop: Workshop, *, lines: int) -> Ticket:
    """With all that costs a question: a comeback, leave of the maker, an old part on the bench."""
    priced(session, shop)
    wiring.connect()
    part = a_part(session, shop, control=Control.SERIAL)
    stocked_serials(session, shop.manager, part, "AK-NEW-1")
    old = choosing.Part(part_number=KNEE_PART, serial="AK-OLD-1")
    fitting.fit(session, shop.manager, shop.unit, KNEE, part=old)
    an_operation(session, shop, ticks=(SafetyTick.HOIST,))
    an_operation(session, shop, "CHECK-KNEE", needs_two=True)
    a_ticket(session, shop, state=TicketState.CLOSED)
    fees = [a_fee(f"Fee {number}", 100) for number in range(lines)]
    sheet = a_draft(session, shop, a_code(SWAP), a_code(KNEE_PART), a_code("CHECK-KNEE"), *fees)
    sending.send(session, shop.technician, again(session, sheet))
    ticket = answered(session, shop, again(session, sheet)).ticket
    tickets.move(session, shop.technician, ticket, TicketState.IN_WORK)
    safety.confirm(session, shop.technician, ticket, list(SafetyTick))
    fittingwork.go_in(session, shop.technician, ticket, Scanned(serial="AK-NEW-1"))
    labour.start(session, shop.technician, ticket)
    session.commit()
    return ticket


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize("lines", [1, 40])
def test_every_tab_of_a_ticket_in_repair_is_few_statements(
    session: Session, bench: Browser, shop: Workshop, statements_of_app: list[str], lines: int
) -> None:
    ticket = a_job_in_repair(session, shop, lines=lines)

    for tab in ("", "/diagnosis", "/estimate", "/work", "/return", "/warranty"):
        statements_of_app.clear()
        page = bench.get(f"{tickets.page(ticket)}{tab}", htmx=tab == "/warranty")
        assert page.status_code == 200
        assert len(statements_of_app) <= MOST, f"{tab}: " + "\n".join(statements_of_app)


@pytest.mark.only_on("sqlite")
def test_what_the_diagnosis_suggests_costs_as_much_for_two_slots_as_for_one(
    session: Session, bench: Browser, shop: Workshop, statements_of_app: list[str]
) -> None:
    priced(session, shop)
    for number in range(5):
        a_part(session, shop, f"AK80-{number}", on_hand=number)
    an_operation(session, shop)
    ticket = a_ticket(session, shop, state=TicketState.DIAGNOSING)
    session.commit()
    address = f"{tickets.page(ticket)}/estimate/suggestions"

    one = bench.get(address, htmx=True)
    few = len(statements_of_app)
    a_finding(session, shop, ticket, slot_path="right_knee.actuator")
    session.commit()
    statements_of_app.clear()
    two = bench.get(address, htmx=True)

    assert two.text.count("AK80-4") == 2 * one.text.count("AK80-4") > 0
    assert len(statements_of_app) == few <= MOST, "\n".join(statements_of_app)
