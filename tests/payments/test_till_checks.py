"""The check finds a drawer whose rows were tampered with."""

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.kernel.money import Money
from app.payments import counts, drawers, tenders, till_checks, tills
from tests.kernel.tables import drop_triggers
from tests.makers.payments import bill, opened, shop

pytestmark = pytest.mark.only_on("sqlite")


@pytest.mark.parametrize(
    ("change", "breach"),
    [
        ("UPDATE counted_pieces SET pieces = pieces + 1", "has pieces for"),
        ("UPDATE till_counts SET total_minor = 1 WHERE purpose = 'opening'", "says 20000"),
        ("UPDATE cash_movements SET amount_minor = 5", "went to the safe"),
        ("UPDATE payment_attempts SET rounding_minor = 0, tendered_minor = 9998", "rounds by -2"),
    ],
)
def test_what_was_changed_by_hand_is_found(session: Session, change: str, breach: str) -> None:
    place = shop(session, currency="CHF")
    float_ = counts.by_pieces(session, place.store.id, {10_000: 2})
    drawer = tills.open_session(session, place.cashier, place.till, float_)
    owed = bill(session, place, total_minor=9_998)
    tenders.take_cash(
        session,
        place.cashier,
        owed,
        drawer,
        amount=Money(9_998, "CHF"),
        tendered=Money(10_000, "CHF"),
    )
    drawers.drop_to_safe(session, place.cashier, drawer, Money(5_000, "CHF"), bag="B1")
    assert list(till_checks.breaches(session)) == []
    drop_triggers(session)

    session.execute(text(change))

    session.expire_all()
    assert breach in "\n".join(till_checks.breaches(session))


def test_a_session_opened_by_its_sum_alone_is_fine(session: Session) -> None:
    place = shop(session)
    tills.close(session, place.cashier, opened(session, place), Money(20_000, "EUR"))
    assert list(till_checks.breaches(session)) == []
