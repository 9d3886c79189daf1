"""`quatrefoil check` finds what must never be: each line of the plan, broken on purpose."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.kernel.tax import TaxSum
from app.payments import bills, checks, issuing, tenders, tills
from app.payments.documents import DocumentKind
from app.payments.models import Account
from tests.kernel.tables import drop_triggers
from tests.makers.payments import bill, eur, opened, shop
from tests.payments.papers import receipt

pytestmark = pytest.mark.only_on("sqlite")


@pytest.fixture
def books(session: Session) -> Callable[[str], list[str]]:
    """A closed session with a cash sale; a change behind the house's back shows its breaches."""
    place = shop(session)
    till_session, owed = opened(session, place), bill(session, place, total_minor=11_900)
    tenders.take_cash(
        session, place.cashier, owed, till_session, amount=eur(11_900), tendered=eur(12_000)
    )
    bills.recognise(
        session,
        place.cashier,
        owed,
        revenue={Account.REVENUE_ROBOTS: 10_000},
        tax_minor=1_900,
        taxes=[TaxSum(1900, net=10_000, tax=1_900)],
    )
    issuing.issue(
        session,
        place.cashier,
        kind=DocumentKind.RECEIPT,
        reference=owed.reference,
        build=lambda label: replace(receipt(), number=label),
    )
    tills.move_cash(session, place.cashier, till_session, eur(-900), "stamps")
    tills.close(session, place.cashier, till_session, eur(30_999), "a cent too few")
    session.flush()
    assert list(checks.breaches(session)) == []

    def broken(change: str) -> list[str]:
        drop_triggers(session)
        session.execute(text("PRAGMA ignore_check_constraints = ON"))
        session.execute(text(change))
        session.expire_all()
        return list(checks.breaches(session))

    return broken


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("UPDATE postings SET amount_minor = amount_minor + 1 WHERE id = 1", "is off by 1"),
        ("UPDATE payment_attempts SET amount_minor = 5", "stands in the journal"),
        ("UPDATE payment_attempts SET tendered_minor = 1", "tendered less change"),
        ("UPDATE payment_attempts SET tender = 'card'", "gave change from card"),
        ("UPDATE journal_entries SET bill_id = NULL WHERE kind = 'payment'", "another bill"),
        ("DELETE FROM payment_attempts", "a payment that nobody made"),
        ("UPDATE payment_attempts SET state = 'declined'", "captured is not what"),
        ("UPDATE bills SET total_minor = 1", "its bill 1"),
        ("UPDATE sale_taxes SET tax_minor = 1", "the taxes by rate are not its tax"),
        ("UPDATE till_sessions SET expected_minor = 1", "its payments say 31000"),
        ("UPDATE till_sessions SET difference_minor = 0", "not the recorded difference"),
        ("UPDATE cash_movements SET amount_minor = -1", "its payments say"),
        (
            "UPDATE journal_entries SET at = '2999-01-01 00:00:00' WHERE kind = 'sale'",
            "after it was closed",
        ),
        ("UPDATE journal_entries SET till_session_id = NULL WHERE kind = 'takings'", "still stand"),
        ("UPDATE issued_documents SET number = 7 WHERE series = 'R'", "jumps to 7"),
        ("UPDATE document_series SET last_number = 9 WHERE series = 'Z'", "counter is elsewhere"),
        ("UPDATE issued_documents SET sha256 = 'x' WHERE series = 'R'", "not as it was issued"),
        ("UPDATE issued_documents SET label = 'R-7' WHERE series = 'R'", "calls itself otherwise"),
    ],
)
def test_each_breach_is_named(books: Callable[[str], list[str]], change: str, said: str) -> None:
    assert any(said in line for line in books(change))


def test_a_document_that_cannot_be_read_is_named(books: Callable[[str], list[str]]) -> None:
    # the hash of the new bytes, so that only reading them tells
    found = books(
        "UPDATE issued_documents SET content = CAST('{}' AS BLOB), sha256 = "
        "'44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a' WHERE series = 'R'"
    )
    assert any("cannot be read" in line for line in found)
