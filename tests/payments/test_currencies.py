"""Money with no decimals and with three: through sale, card, return, invoice and Z."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.db import Database
from app.kernel.errors import Refused
from app.kernel.money import Money
from app.payments import cardrefunds, cards, issuing, stripe_gate, tills
from app.payments.cardamounts import by_card
from app.payments.documents import DocumentKind
from app.payments.models import IssuedDocument, PaymentAttempt, Tender
from app.payments.states import AttemptState, RefundState
from app.sales import catalogue, checkout, orders
from app.settings import Settings
from tests.makers.books import breaches_of
from tests.makers.returning import pieces, taken_back
from tests.makers.sales import Counter, a_counter
from tests.makers.whole_sales import a_basket
from tests.payments.test_counts import report_of
from tests.stripe_server import StripeStandIn

pytestmark = pytest.mark.only_on("sqlite")  # whole numbers of minor units, whichever the engine


def a_counter_in(database: Database, settings: Settings, currency: str) -> Counter:
    stripe_gate.connect(database, settings)
    reader = stripe_gate.gate_of(database).add_simulated_reader("Till 1", country="DE")
    with database.transaction() as session:
        return a_counter(session, currency=currency, reader_id=reader.id)


@pytest.mark.parametrize(
    ("currency", "there"),
    [("JPY", 1), ("ISK", 100), ("KWD", 1)],
)
def test_each_currency_goes_through_sale_card_return_invoice_and_z(
    database: Database, settings: Settings, stripe: StripeStandIn, currency: str, there: int
) -> None:
    """`there`: how many minor units of the card service one of ours is. Two pieces of 89,900, of
    which 50,000 are paid in cash; one comes back.
    """
    counter = a_counter_in(database, settings, currency)
    with database.transaction() as session:
        order = a_basket(session, counter, batteries=2)
        part = Money(50_000, currency)
        checkout.pay_cash(session, counter.seller, order, amount=part, tendered=part)
        card = started(checkout.start_card(session, counter.seller, order, amount=None))
    presented(database, stripe, counter, card)
    with database.transaction() as session:
        sale = orders.by_number(session, counter.seller, 1)
        (back,) = taken_back(session, counter, sale, pieces()).refunds
        assert back.tender is Tender.CARD
    assert cardrefunds.refresh(database, back.id) is RefundState.PAID_OUT

    (charge,) = stripe.charges(status="succeeded")
    assert (charge["amount"], charge["amount_refunded"]) == (129_800 * there, 89_900 * there)
    with database.transaction() as session:
        assert _papers(session) == {
            DocumentKind.INVOICE: Money(179_800, currency),
            DocumentKind.CREDIT_NOTE: Money(-89_900, currency),
        }
        drawer = tills.require_open(session, counter.till.id)
        tills.close(session, counter.seller, drawer, Money(70_000, currency))
        report = report_of(session, drawer)
        (by_card,) = (row for row in report.tenders if row.label == "Card")
        assert (by_card.taken.minor, by_card.returned.minor) == (129_800, 89_900)
        assert breaches_of(session) == []


def test_what_no_card_takes_goes_as_far_as_it_does_and_the_rest_in_coins(
    database: Database, settings: Settings, stripe: StripeStandIn
) -> None:
    """KWD 5.124: 5.120 by card, and a coin of 0.005 for the rest."""
    counter = a_counter_in(database, settings, "KWD")
    with database.transaction() as session:
        counter.battery = session.merge(counter.battery)
        price = Money(5_124, "KWD")
        catalogue.change_price(session, counter.manager, counter.battery, price)
        order = a_basket(session, counter, batteries=1)
        with pytest.raises(Refused, match=r"5\.120"):
            checkout.start_card(session, counter.seller, order, amount=None)
        card = started(checkout.start_card(session, counter.seller, order, amount=by_card(price)))
    presented(database, stripe, counter, card)
    with database.transaction() as session:
        sale = orders.by_number(session, counter.seller, 1)
        rest = checkout.pay_cash(session, counter.seller, sale, amount=None, tendered=None)
        assert rest is not None
        assert (rest.amount_minor, rest.rounding_minor) == (4, 1)
        assert sale.settled_at is not None
        assert breaches_of(session) == []


def started(attempt: PaymentAttempt | None) -> int:
    assert attempt is not None
    return attempt.id


def presented(database: Database, stripe: StripeStandIn, counter: Counter, attempt: int) -> None:
    """The reader asks, the customer presents a card, the money is taken."""
    assert cards.refresh(database, attempt) is AttemptState.PROCESSING
    stripe.client().v1.test_helpers.terminal.readers.present_payment_method(
        counter.till.reader_id, {"type": "card_present"}
    )
    assert cards.refresh(database, attempt) is AttemptState.CAPTURED


def _papers(session: Session) -> dict[DocumentKind, Money]:
    papers = session.scalars(select(IssuedDocument)).all()
    contents = [issuing.content_of(paper) for paper in papers]
    return {content.kind: content.totals.gross for content in contents}
