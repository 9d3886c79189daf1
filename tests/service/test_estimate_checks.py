"""`quatrefoil check`: each line of the plan for estimates and claims, broken by SQL."""

from collections.abc import Callable

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app import wiring
from app.parts import issuing
from app.service import estimate_checks, tickets
from app.service.estimates import Sheet
from tests.kernel.tables import drop_triggers
from tests.makers.estimates import a_fee, a_part, answered, priced, sent
from tests.makers.service import Workshop

pytestmark = pytest.mark.only_on("sqlite")  # the proofs are the same on both engines


@pytest.fixture
def sheet(session: Session, shop: Workshop) -> Sheet:
    """A version of two lines, decided."""
    wiring.connect()
    priced(session, shop)
    made = answered(session, shop, sent(session, shop, a_fee("Wash"), a_fee("Wax")))
    session.flush()
    return made


@pytest.fixture
def breach(session: Session, sheet: Sheet) -> Callable[[str], list[str]]:  # noqa: ARG001
    """Do what nobody can do through the service, and see what check says."""

    def break_it(statement: str) -> list[str]:
        drop_triggers(session)
        session.execute(text(statement))
        session.expire_all()
        return list(estimate_checks.breaches(session))

    return break_it


def test_a_sound_estimate_breaks_nothing(session: Session, sheet: Sheet) -> None:
    assert sheet.estimate.decided_at is not None
    assert list(estimate_checks.breaches(session)) == []


def test_shares_that_miss_a_cent_are_told(breach: Callable[[str], list[str]]) -> None:
    found = breach("UPDATE payer_shares SET amount_minor = amount_minor - 1 WHERE line_id = 1")

    assert any("its payers pay 4999" in line for line in found)


def test_a_version_that_was_changed_after_sending_is_told(
    breach: Callable[[str], list[str]],
) -> None:
    found = breach("UPDATE estimate_lines SET description = 'Gold plating' WHERE id = 1")

    assert any("has other lines than were sent" in line for line in found)
    assert any("is about another line" in line for line in found)


def test_a_decision_that_was_changed_is_told(breach: Callable[[str], list[str]]) -> None:
    found = breach("UPDATE line_decisions SET content = x'7b7d' WHERE id = 1")

    assert any("does not fit its hash" in line for line in found)


def test_a_decision_that_went_is_told(breach: Callable[[str], list[str]]) -> None:
    found = breach("DELETE FROM line_decisions WHERE id = 1")

    assert any("but 1 of its lines are not" in line for line in found)


def test_a_ticket_given_back_without_a_signature_is_told(
    breach: Callable[[str], list[str]],
) -> None:
    found = breach("UPDATE tickets SET state = 'returned'")

    assert any("without a signature" in line for line in found)


def test_a_closed_ticket_whose_part_lies_about_is_told(
    session: Session, shop: Workshop, sheet: Sheet, breach: Callable[[str], list[str]]
) -> None:
    part = a_part(session, shop, on_hand=1)
    owner = tickets.reference(sheet.ticket)
    issuing.issue(session, shop.manager, owner, part.id)

    found = breach("UPDATE tickets SET state = 'closed', ended_at = '2026-01-01 10:00:00'")

    assert any(f"pieces of part {part.id} lie on a bench" in line for line in found)
