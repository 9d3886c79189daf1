"""Quotes: configured, sent in versions, accepted once at their own prices."""

from datetime import UTC, datetime, time, timedelta
from functools import partial

import pytest
from sqlalchemy import update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.customers import privacy
from app.kernel import clock
from app.kernel.errors import Conflict, Invalid, NotFound, Refused
from app.kernel.money import Money
from app.payments import bills
from app.robots import claims
from app.sales import (
    accepting,
    bundles,
    catalogue,
    checkout,
    counterquotes,
    lines,
    options,
    orders,
    quotelines,
    quotelinks,
    quotes,
    totals,
)
from app.sales.errors import DiscountTooBig
from app.sales.quote_models import QuoteLine
from app.sales.quotes import QuoteState
from tests.makers.books import breaches_of
from tests.makers.quotes import a_bundle, a_configurator, a_quote, accepted
from tests.makers.sales import Counter, a_robot
from tests.makers.whole_sales import a_basket, sold

G1, BATTERY = 1_350_000, 89_900
sqlite = pytest.mark.only_on("sqlite")


def test_a_quote_becomes_an_order_at_its_prices(session: Session, counter: Counter) -> None:
    quote = a_quote(session, counter)
    catalogue.change_price(session, counter.manager, counter.robot, Money(1_500_000, "EUR"))

    order = accepted(session, counter, quote)

    bill = orders.bill_of(session, order)
    assert bill is not None
    assert bills.total_of(bill) == Money(G1 + BATTERY, "EUR")
    assert breaches_of(session) == []


def test_accepted_in_two_tabs_it_is_one_order(session: Session, counter: Counter) -> None:
    quote = a_quote(session, counter)
    first = accepted(session, counter, quote)

    second = accepted(session, counter, quotes.by_number(session, counter.seller, quote.number))

    assert second.id == first.id


def test_only_the_version_sent_last_can_be_accepted(session: Session, counter: Counter) -> None:
    quote = a_quote(session, counter)
    quotes.revise(session, counter.seller, quote)
    quotelines.add_product(session, counter.seller, quote, counter.plan)
    quotes.send(session, counter.seller, quote)

    with pytest.raises(accepting.OldVersion):
        accepted(session, counter, quote, version=1)


def test_a_draft_leaves_what_was_sent_in_force(session: Session, counter: Counter) -> None:
    quote = a_quote(session, counter)
    quotes.revise(session, counter.seller, quote)

    order = accepted(session, counter, quote, version=1)

    assert len(order.lines) == 2


def test_a_quote_ends_at_the_stores_midnight(session: Session, counter: Counter) -> None:
    """Berlin is an hour ahead: 22:59 UTC is still its last day, 23:01 is not."""
    noon = datetime(2026, 11, 3, 12, tzinfo=UTC)
    counter.store.day_starts_at = time(0)
    with clock.set_to(noon):
        quote = a_quote(session, counter)
    last = noon + timedelta(days=quotes.VALID_DAYS)
    with clock.set_to(last.replace(hour=23, minute=1)), pytest.raises(Conflict):
        accepted(session, counter, quote)
    with clock.set_to(last.replace(hour=22, minute=59)):
        assert accepted(session, counter, quote).number


def test_a_withdrawn_quote_cannot_be_accepted(session: Session, counter: Counter) -> None:
    quote = a_quote(session, counter)
    quotes.withdraw(session, counter.seller, quote, reason="wrong model")

    with pytest.raises(Conflict, match="withdrawn"):
        accepted(session, counter, quote)


def test_a_robot_sold_meanwhile_is_said_and_nothing_is_kept(
    session: Session, counter: Counter
) -> None:
    unit = a_robot(session, counter, "DEMO-G1-0002")
    quote = a_quote(session, counter, unit=unit)
    sold(session, counter, unit)

    with pytest.raises(accepting.GoneMeanwhile), session.begin_nested():
        accepted(session, counter, quote)

    assert quotes.state_of(quote, quotes.today(session, quote)) is QuoteState.SENT


def test_a_quoted_serial_is_kept_from_acceptance_on(session: Session, counter: Counter) -> None:
    unit = a_robot(session, counter, "DEMO-G1-0002")
    accepted(session, counter, a_quote(session, counter, unit=unit))

    claim = claims.live_claim(session, unit.id)
    assert claim is not None
    assert claim.expires_at is None
    with pytest.raises(Conflict):
        a_basket(session, counter, unit)


def test_a_deposit_above_the_total_is_not_sent(session: Session, counter: Counter) -> None:
    with pytest.raises(Refused) as refused:
        a_quote(session, counter, deposit_minor=G1 + BATTERY + 1)

    assert refused.value.field == "deposit"


def test_a_deposit_in_another_currency_is_refused(session: Session, counter: Counter) -> None:
    quote = quotes.make(session, counter.seller, counter.customer.id)
    day = quotes.today(session, quote)

    with pytest.raises(Refused, match="EUR"):
        quotes.set_terms(session, counter.seller, quote, valid_until=day, deposit=Money(100, "USD"))


def test_a_sent_version_never_changes(session: Session, counter: Counter) -> None:
    """Not even past the house's own rules: the database refuses."""
    quote = a_quote(session, counter)
    cheaper = update(QuoteLine).where(QuoteLine.version_id == quote.versions[0].id)

    with pytest.raises(DBAPIError, match="stays as it was sent"), session.begin_nested():
        session.execute(cheaper.values(unit_price_minor=1))


def test_options_cost_what_their_products_cost(session: Session, counter: Counter) -> None:
    made = a_configurator(session, counter)
    quote = quotes.make(session, counter.seller, counter.customer.id)

    quotelines.add_robot(
        session,
        counter.seller,
        quote,
        counter.robot,
        wanted={made.plain.id: 1, made.battery.id: 2},
    )

    draft = quotes.require_draft(quote)
    assert [line.quantity for line in draft.lines] == [1, 2]
    assert "Rubber hands" in draft.lines[0].detail
    assert quotes.sums(quote, draft).gross == Money(G1 + 2 * BATTERY, "EUR")


def test_options_say_what_is_missing_or_too_much(session: Session, counter: Counter) -> None:
    made = a_configurator(session, counter)
    quote = quotes.make(session, counter.seller, counter.customer.id)

    with pytest.raises(Invalid) as refused:
        quotelines.add_robot(
            session, counter.seller, quote, counter.robot, wanted={made.battery.id: 3}
        )

    assert set(refused.value.problems) == {
        options.field_of(made.hands),
        options.field_of(made.batteries),
    }


def test_options_that_exclude_each_other_are_refused(session: Session, counter: Counter) -> None:
    made = a_configurator(session, counter)
    options.exclude(session, counter.manager, made.fine, made.battery)
    quote = quotes.make(session, counter.seller, counter.customer.id)

    with pytest.raises(Invalid):
        quotelines.add_robot(
            session,
            counter.seller,
            quote,
            counter.robot,
            wanted={made.fine.id: 1, made.battery.id: 1},
        )


def test_what_was_quoted_stays_kept_after_a_failed_payment(
    session: Session, counter: Counter
) -> None:
    unit = a_robot(session, counter, "DEMO-G1-0002")
    order = accepted(session, counter, a_quote(session, counter, unit=unit))

    checkout.free_after_failure(session, order, minutes=30)

    claim = claims.live_claim(session, unit.id)
    assert claim is not None
    assert claim.expires_at is None


def test_whoever_is_forgotten_is_offered_nothing_any_more(
    session: Session, counter: Counter
) -> None:
    quote = a_quote(session, counter)
    token = quotelinks.new(session, counter.seller, quote)
    privacy.export(session, counter.manager, counter.customer)

    privacy.erase(session, counter.manager, counter.customer, reason="asked for it")

    with pytest.raises(NotFound):
        quotelinks.quote_of(session, token)
    gone = quotes.by_number(session, counter.seller, quote.number)
    assert quotes.state_of(gone, quotes.today(session, gone)) is QuoteState.WITHDRAWN


def test_a_basket_is_quoted_as_it_lies_there(session: Session, counter: Counter) -> None:
    """Robot, discount and bundle: what is ordered later costs the same."""
    unit, bundle = a_robot(session, counter, "R-9"), a_bundle(session, counter)
    order = a_basket(session, counter, unit, batteries=2)
    line = lines.line_at(order, 2)
    lines.discount(session, counter.seller, order, line, percent_bp=500, reason="fair")
    bundles.add(session, counter.seller, order, bundle, unit=None, minutes=30)
    costs = totals.of_order(order).gross

    quote = counterquotes.quote_basket(session, counter.seller, order)

    assert order.cancelled_at is not None
    claims.require_free(session, unit)
    ordered = accepted(session, counter, quote)
    assert totals.of_order(ordered).gross == costs
    assert [one.for_unit_id for one in ordered.lines] == [None, *[unit.id] * 3]
    assert breaches_of(session) == []


@sqlite
def test_a_basket_without_a_customer_is_not_quoted(session: Session, counter: Counter) -> None:
    order = a_basket(session, counter, batteries=1)
    order.customer_id = None
    with pytest.raises(Refused, match="Choose the customer"):
        counterquotes.quote_basket(session, counter.seller, order)


@sqlite
def test_a_bundle_is_quoted_at_its_price(session: Session, counter: Counter) -> None:
    """A battery of 899.00 and a plan of 1,999.00 for 2,500.00 together."""
    bundle = a_bundle(session, counter)
    quote = quotes.make(session, counter.seller, counter.customer.id)
    quotelines.add_product(session, counter.seller, quote, bundle)
    draft = quotes.require_draft(quote)
    assert [line.amount_minor for line in draft.lines] == [77_553, 172_447]
    quotes.send(session, counter.seller, quote)
    order = accepted(session, counter, quotes.by_number(session, counter.seller, 1))
    assert totals.of_order(order).gross == Money(250_000, "EUR")


@sqlite
def test_much_off_a_quoted_price_needs_a_manager(session: Session, counter: Counter) -> None:
    quote = quotes.make(session, counter.seller, counter.customer.id)
    quotelines.add_product(session, counter.seller, quote, counter.battery)
    off = partial(
        quotelines.discount, session, counter.seller, quote, 1, percent_bp=2_000, reason="fair"
    )
    with pytest.raises(DiscountTooBig):
        off()
    off(approved_by=counter.manager)
    assert quotes.require_draft(quote).lines[0].discount_by == counter.manager.name
