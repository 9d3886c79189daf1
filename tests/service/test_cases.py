"""Situations on which comparable systems failed, as far as the workshop owns their rule.

Others stand where their rule does: SVC-01 and SVC-09 in test_work, SVC-07, SVC-13 and SVC-15 in
test_plans and test_due_list, SEC-01 in test_status_pages, SEC-05 in test_intake_pages.
"""

from datetime import UTC, date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import wiring
from app.kernel import clock
from app.robots import bodies, termsbook, warrantycover, warrantypapers
from app.robots.duty_models import PaperKind
from app.robots.models import Unit
from app.robots.slot_models import Component, Control, Occupant
from app.robots.warranty import VerdictKind
from app.service import tickets
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
from tests.makers.robots import a_maker
from tests.makers.service import KNEE, SERIAL, Workshop


def in_the_knee(session: Session, unit: Unit) -> str:
    slot = bodies.slot_called(session, unit, KNEE)
    serial = session.scalar(
        select(Component.serial)
        .join(Occupant, Occupant.component_id == Component.id)
        .where(Occupant.unit_id == unit.id, Occupant.slot_id == slot.id, Occupant.until.is_(None))
    )
    return serial or ""


def test_a_serial_typed_beside_its_part_is_kept_by_the_one_saving(
    session: Session, bench: Browser, shop: Workshop
) -> None:
    """SVC-03: part and serial in one form, sent once."""
    wiring.connect()
    priced(session, shop)
    an_operation(session, shop)
    part = a_part(session, shop, control=Control.SERIAL)
    stocked_serials(session, shop.manager, part, "AK-OTHER", "AK-NEW-1")
    ticket = approved_ticket(session, shop, a_code(SWAP), a_code(KNEE_PART))
    tickets.move(session, shop.technician, ticket, TicketState.IN_WORK)
    here = f"{tickets.page(ticket)}/parts/in"
    session.commit()

    answer = bench.post(here, code=KNEE_PART, serial="AK-NEW-1")

    assert answer.status_code == 303, answer.text
    session.rollback()
    assert in_the_knee(session, shop.unit) == "AK-NEW-1"
    assert "AK-NEW-1" in bench.get(f"{tickets.page(ticket)}/work").text


def test_a_warranty_ends_by_the_clock_and_nothing_is_written_for_it(
    session: Session, shop: Workshop, bench: Browser
) -> None:
    """SVC-05: the verdict is made when it is read."""
    termsbook.put_published(session, shop.manager, a_maker(session))
    bought = date(2025, 3, 1)
    warrantypapers.file_paper(
        session, shop.manager, shop.unit, PaperKind.RECEIPT, bought, source="Receipt"
    )
    session.commit()
    address = f"/service/new?code={SERIAL}"

    def said(day: int) -> tuple[VerdictKind, str]:
        with clock.set_to(datetime(2026, 3, day, 12, tzinfo=UTC)):
            _, found = warrantycover.terms_and_verdict(session, shop.unit)
            session.rollback()
            shown = bench.get(address).text
        return found.kind, "covered" if ">Covered<" in shown else "not covered"

    assert said(1) == (VerdictKind.COVERED, "covered")
    assert said(2) == (VerdictKind.NOT_COVERED, "not covered")
