"""Credit notes: each of several adds up, and says what became of the money."""

import pytest
from sqlalchemy.orm import Session

from app.kernel.money import Money
from app.payments import issuing, receipts
from app.payments.documents import DocumentContent, imbalances
from app.sales import checkout, lines
from tests.makers.returning import pieces, taken_back
from tests.makers.sales import Counter, a_counter
from tests.makers.whole_sales import a_basket, sold

pytestmark = pytest.mark.only_on("sqlite")


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def notes_of_a_sale(session: Session, counter: Counter) -> list[DocumentContent]:
    """Three returns of three batteries, sold with a discount that no third divides."""
    order = a_basket(session, counter, batteries=3)
    line = lines.line_at(order, 1)
    percent = {"percent_bp": 333, "reason": "regular customer"}
    lines.discount(session, counter.seller, order, line, approved_by=None, **percent)  # type: ignore[arg-type]
    checkout.pay_cash(session, counter.seller, order, amount=None, tendered=None)
    done = [taken_back(session, counter, order, pieces()) for _ in range(3)]
    return [issuing.content_of(one.document) for one in done if one.document]


def test_several_notes_add_up_to_the_invoice(session: Session) -> None:
    counter = a_counter(session)
    notes = notes_of_a_sale(session, counter)

    total = sum((note.totals.gross for note in notes), eur(0))

    assert total == eur(-(3 * 89_900 - 8_981))
    assert [imbalances(note) for note in notes] == [[], [], []]
    assert {note.open.minor for note in notes} == {0}


def test_what_is_kept_for_the_customer_is_a_credit_balance(session: Session) -> None:
    counter = a_counter(session)
    order = sold(session, counter, batteries=1)
    done = taken_back(session, counter, order, refund=False)
    assert done.document is not None

    slip = receipts.escpos_receipt(issuing.content_of(done.document)).decode("cp858", "replace")

    assert "Credit note CN-000001" in slip
    assert "Credit balance" in slip
