"""Data vouchers: issued, drawn down, given back, over at the store's midnight; never below zero."""

from datetime import UTC, date, datetime, time

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.kernel import clock
from app.kernel.db import Database
from app.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from app.kernel.money import Money
from app.payments import entitlementlists, entitlements
from app.payments.entitlement_models import Entitlement, EntitlementUnit
from app.payments.entitlements import Issued, NotEnoughLeft
from app.payments.measured import Measured, parse_measured
from app.sales import basket, catalogue, checkout, grants
from app.sales.catalogue import ProductInput
from app.sales.models import Category, Order, Product, ProductKind
from app.sales.returns import Item
from tests.makers.at_once import Act, at_once
from tests.makers.books import breaches_of
from tests.makers.returning import taken_back
from tests.makers.sales import Counter, a_counter
from tests.makers.whole_sales import a_basket

HOURS, SESSIONS = EntitlementUnit.HOURS, EntitlementUnit.SESSIONS


def hours(amount: int) -> Measured:
    return Measured(amount * 1000, HOURS)


def a_gift(session: Session, counter: Counter, amount: int = 10, **facts: object) -> Entitlement:
    said = Issued(counter.customer.id, "Training data", hours(amount), reason="launch", **facts)  # type: ignore[arg-type]
    return entitlements.give(session, counter.manager, said)


def left(session: Session, entitlement: Entitlement) -> Measured:
    return entitlements.left_of(session, entitlement).usable


def a_service(session: Session, counter: Counter) -> Product:
    price = Money(49_900, "EUR")
    said = ProductInput(
        "DATA-10", "Training data, 10 h", ProductKind.SERVICE, Category.SERVICES, price, "standard"
    )
    product = catalogue.add(session, counter.manager, said)
    grants.set_grant(session, counter.manager, product, hours(10), days=30)
    return product


def a_sale_of(session: Session, counter: Counter, product: Product, quantity: int = 2) -> Order:
    order = a_basket(session, counter)
    basket.add_product(session, counter.seller, order, product, quantity=quantity, minutes=30)
    return order


def test_what_is_used_is_left_less_and_can_be_given_back_once(session: Session) -> None:
    counter = a_counter(session)
    gift = a_gift(session, counter)
    drawn = entitlements.draw(session, counter.seller, gift, hours(3), reference="session 2026-7")
    assert left(session, gift) == hours(7)
    entitlements.reverse(session, counter.seller, gift, drawn.number, note="wrong customer")
    assert left(session, gift) == hours(10)
    with pytest.raises(Conflict):
        entitlements.reverse(session, counter.seller, gift, drawn.number, note="again")
    assert breaches_of(session) == []


@pytest.mark.only_on("sqlite")
def test_no_more_is_used_than_is_left(session: Session) -> None:
    counter = a_counter(session)
    gift = a_gift(session, counter, 2)
    with pytest.raises(NotEnoughLeft) as refusal:
        entitlements.draw(session, counter.seller, gift, hours(3), reference="s")
    assert "2 h" in str(refusal.value.message)


def test_two_tills_that_want_the_last_hour_do_not_both_get_it(
    session: Session, database: Database
) -> None:
    counter = a_counter(session)
    number = a_gift(session, counter, 1).number
    session.commit()

    def draw(reference: str) -> Act:
        def act(own: Session) -> None:
            gift = entitlements.by_number(own, counter.seller, number)
            entitlements.draw(own, counter.seller, gift, hours(1), reference=reference)

        return act

    told = at_once(database, draw("a"), draw("b"))

    assert told == ["", "NotEnoughLeft"]
    with database.reading() as after:
        assert breaches_of(after) == []


def test_moves_stay_as_they_were_written(session: Session) -> None:
    gift = a_gift(session, a_counter(session))
    with pytest.raises(DBAPIError):
        session.execute(
            text("UPDATE entitlement_moves SET balance_milli = 1 WHERE entitlement_id = :id"),
            {"id": gift.id},
        )


@pytest.mark.only_on("sqlite")
def test_it_is_over_at_the_stores_midnight_and_not_before(session: Session) -> None:
    counter = a_counter(session)  # in Berlin: its midnight is two hours before that of UTC
    counter.store.day_starts_at = time(0)
    gift = a_gift(session, counter, expires_on=date(2031, 6, 30))
    with clock.set_to(datetime(2031, 6, 30, 21, 59, 59, tzinfo=UTC)):
        entitlements.draw(session, counter.seller, gift, hours(1), reference="just in time")
    with clock.set_to(datetime(2031, 6, 30, 22, 0, tzinfo=UTC)):
        with pytest.raises(Conflict):
            entitlements.draw(session, counter.seller, gift, hours(1), reference="too late")
        assert left(session, gift) == hours(0)


@pytest.mark.only_on("sqlite")
def test_only_who_answers_for_it_gives_one_and_says_why(session: Session) -> None:
    counter = a_counter(session)
    said = Issued(counter.customer.id, "Training data", hours(1))
    with pytest.raises(Forbidden):
        entitlements.give(session, counter.seller, said)
    with pytest.raises(Refused) as refusal:
        entitlements.give(session, counter.manager, said)
    assert refusal.value.field == "reason"


@pytest.mark.only_on("sqlite")
def test_what_is_left_can_be_taken_away(session: Session) -> None:
    counter = a_counter(session)
    gift = a_gift(session, counter)
    entitlements.withdraw(session, counter.manager, gift, reason="given twice")
    assert left(session, gift) == hours(0)
    with pytest.raises(NotFound):
        entitlements.reverse(session, counter.seller, gift, 2, note="no use at all")
    with pytest.raises(Conflict):
        entitlements.withdraw(session, counter.manager, gift, reason="again")


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(("typed", "milli"), [("1,5", 1500), ("0.001", 1), ("１２", 12_000)])
def test_amounts_are_read_to_a_thousandth(typed: str, milli: int) -> None:
    assert parse_measured(typed, HOURS).milli == milli


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize("typed", ["", "0", "-1", "1e3", "1.2345", "0.0"])
def test_what_is_no_amount_is_refused(typed: str) -> None:
    with pytest.raises(Refused):
        parse_measured(typed, HOURS)
    with pytest.raises(Refused):
        parse_measured("1.5", SESSIONS)


def test_a_paid_sale_issues_what_its_lines_grant(session: Session) -> None:
    counter = a_counter(session)
    order = a_sale_of(session, counter, a_service(session, counter))
    checkout.pay_cash(session, counter.seller, order, amount=None, tendered=None)
    (row,) = entitlementlists.page(session, counter.seller, cursor=None).items
    assert (row.left.usable, row.entitlement.reference) == (hours(20), f"order:{order.number}")
    assert (row.entitlement.expires_on or date.min) > row.entitlement.issued_on
    assert breaches_of(session) == []


@pytest.mark.only_on("sqlite")
def test_nobody_without_a_name_buys_a_data_voucher(session: Session) -> None:
    counter = a_counter(session)
    order = a_sale_of(session, counter, a_service(session, counter))
    order.customer_id = None
    with pytest.raises(Refused) as refusal:
        checkout.pay_cash(session, counter.seller, order, amount=None, tendered=None)
    assert refusal.value.field == "customer"


@pytest.mark.only_on("sqlite")
def test_a_robot_or_a_part_grants_nothing(session: Session) -> None:
    counter = a_counter(session)
    with pytest.raises(Refused):
        grants.set_grant(session, counter.manager, counter.battery, hours(1))


@pytest.mark.only_on("sqlite")
def test_a_customer_of_another_store_gets_none(session: Session) -> None:
    counter, other = a_counter(session), a_counter(session, code="BER")
    said = Issued(other.customer.id, "Training data", hours(1), reason="launch")
    with pytest.raises(Invalid) as refusal:
        entitlements.give(session, counter.manager, said)
    assert "customer" in refusal.value.problems


def test_what_comes_back_is_taken_away_unless_it_was_used(session: Session) -> None:
    counter = a_counter(session)
    order = a_sale_of(session, counter, a_service(session, counter))
    checkout.pay_cash(session, counter.seller, order, amount=None, tendered=None)
    (row,) = entitlementlists.page(session, counter.seller, cursor=None).items
    taken_back(session, counter, order, Item(1, 1))
    assert left(session, row.entitlement) == hours(10)
    entitlements.draw(session, counter.seller, row.entitlement, hours(1), reference="session 1")
    with pytest.raises(NotEnoughLeft):
        taken_back(session, counter, order, Item(1, 1))
