"""A sale taxed by who buys: prices, books, and what the invoice says."""

from datetime import date

import pytest
from lxml import etree
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.customers import book
from app.customers.book import CustomerInput
from app.customers.models import Customer, CustomerKind
from app.kernel.errors import Forbidden, Refused
from app.kernel.money import Money
from app.kernel.tax import PriceMode, TaxCategory
from app.payments import bills, issuing, journal
from app.payments.documents import DocumentContent
from app.payments.invoice_models import ElectronicInvoice
from app.payments.models import Account, IssuedDocument
from app.payments.treatments import Treatment
from app.sales import basket, catalogue, checkout, lines, orders, taxchoice, totals
from app.sales.catalogue import ProductInput
from app.sales.errors import OrderLocked
from app.sales.models import Category, Order, ProductKind
from app.stores.models import TaxRate
from tests.makers.books import breaches_of
from tests.makers.sales import Counter, a_counter, a_robot
from tests.makers.whole_sales import a_basket


def french(session: Session, counter: Counter) -> Customer:
    return book.add(
        session,
        counter.seller,
        CustomerInput(
            CustomerKind.COMPANY,
            "Robots & Fils SARL",
            city="Lyon",
            country="FR",
            vat_id="FR40303265045",
        ),
    )


def shop(session: Session, *, mode: PriceMode = PriceMode.GROSS) -> Counter:
    counter = a_counter(session, price_mode=mode)
    counter.store.vat_id = "DE300100200"
    return counter


def robot_and_plan(session: Session, counter: Counter) -> Order:
    order = a_basket(session, counter, a_robot(session, counter))
    basket.add_product(session, counter.seller, order, counter.plan, quantity=1, minutes=30)
    return order


def paid(session: Session, counter: Counter, order: Order) -> DocumentContent:
    checkout.pay_cash(session, counter.seller, order, amount=None, tendered=None)
    document = session.scalars(
        select(IssuedDocument).where(IssuedDocument.reference == orders.reference(order))
    ).one()
    return issuing.content_of(document)


def test_a_company_of_another_member_state_pays_prices_without_tax(session: Session) -> None:
    counter = shop(session)
    order = robot_and_plan(session, counter)

    orders.set_customer(session, counter.seller, order, french(session, counter).id)

    robot, plan = order.lines
    assert (robot.tax_category, plan.tax_category) == (TaxCategory.INTRA, TaxCategory.REVERSE)
    assert (robot.unit_price_minor, plan.unit_price_minor) == (1_134_454, 167_983)
    assert totals.of_order(order).gross == Money(1_302_437, "EUR")
    assert not totals.of_order(order).tax


def test_net_prices_stay_what_they_are(session: Session) -> None:
    counter = shop(session, mode=PriceMode.NET)
    order = robot_and_plan(session, counter)

    orders.set_customer(session, counter.seller, order, french(session, counter).id)

    assert totals.of_order(order).gross == Money(1_350_000 + 199_900, "EUR")


def test_its_invoice_says_why_and_its_books_hold_no_tax(session: Session) -> None:
    counter = shop(session)
    order = robot_and_plan(session, counter)
    orders.set_customer(session, counter.seller, order, french(session, counter).id)

    content = paid(session, counter, order)

    assert [(tax.category, bool(tax.reason)) for tax in content.taxes] == [
        (TaxCategory.REVERSE, True),
        (TaxCategory.INTRA, True),
    ]
    bill = bills.by_reference(session, counter.store.id, orders.reference(order))
    assert bill is not None
    assert not journal.balance(session, counter.store.id, Account.TAX, "EUR")
    kept = session.scalars(select(ElectronicInvoice)).one()
    codes = [part.text for part in etree.fromstring(kept.xml).iter("{*}CategoryCode")]
    assert {"K", "AE"} == set(codes)
    assert breaches_of(session) == []


def test_what_is_added_later_is_taxed_alike(session: Session) -> None:
    counter = shop(session)
    order = a_basket(session, counter)
    orders.set_customer(session, counter.seller, order, french(session, counter).id)

    for _ in range(2):
        basket.add_product(session, counter.seller, order, counter.battery, quantity=1, minutes=30)

    (line,) = order.lines
    assert (line.quantity, line.unit_price_minor) == (2, 75_546)
    assert line.tax_category is TaxCategory.INTRA


def test_another_customer_brings_prices_and_discounts_back(session: Session) -> None:
    counter = shop(session)
    order = robot_and_plan(session, counter)
    lines.discount(session, counter.seller, order, order.lines[0], percent_bp=333, reason="on show")
    before = [(line.unit_price_minor, line.discount_minor) for line in order.lines]

    orders.set_customer(session, counter.seller, order, french(session, counter).id)
    orders.set_customer(session, counter.seller, order, counter.customer.id)

    assert [(line.unit_price_minor, line.discount_minor) for line in order.lines] == before
    assert {line.tax_category for line in order.lines} == {TaxCategory.STANDARD}
    assert {line.tax_rate_bp for line in order.lines} == {1900}


def test_a_discount_given_without_tax_stays_the_same_share(session: Session) -> None:
    counter = shop(session)
    order = robot_and_plan(session, counter)
    orders.set_customer(session, counter.seller, order, french(session, counter).id)
    lines.discount(session, counter.seller, order, order.lines[0], percent_bp=500, reason="fair")

    orders.set_customer(session, counter.seller, order, counter.customer.id)

    assert order.lines[0].discount_minor == 67_500


def test_what_was_quoted_without_tax_bears_it_at_home(session: Session) -> None:
    counter = shop(session)
    order = robot_and_plan(session, counter)
    orders.set_customer(session, counter.seller, order, french(session, counter).id)
    for line in order.lines:  # as the lines of an accepted quote
        line.taxed_price_minor = line.taxed_discount_minor = None

    orders.set_customer(session, counter.seller, order, counter.customer.id)

    assert [line.unit_price_minor for line in order.lines] == [1_350_000, 199_900]
    assert {line.tax_rate_bp for line in order.lines} == {1900}


def test_a_vat_id_that_came_late_counts_at_payment(session: Session) -> None:
    counter = shop(session)
    order = robot_and_plan(session, counter)
    customer = french(session, counter)
    known, customer.vat_id = customer.vat_id, ""
    orders.set_customer(session, counter.seller, order, customer.id)
    assert order.tax_treatment is Treatment.HOME
    customer.vat_id = known

    session.expire(order, ["customer"])
    order = orders.by_number(session, counter.seller, order.number)
    content = paid(session, counter, order)

    assert content.totals.gross == Money(1_302_437, "EUR")


def test_a_persons_export_is_a_choice_with_its_papers(session: Session) -> None:
    counter = shop(session)
    order = robot_and_plan(session, counter)
    person = book.add(
        session, counter.seller, CustomerInput(CustomerKind.PERSON, "Beat Egli", country="CH")
    )
    orders.set_customer(session, counter.seller, order, person.id)
    assert order.tax_treatment is Treatment.HOME

    taxchoice.choose(
        session, counter.manager, order, Treatment.ABROAD, reason="export papers 25DE4711"
    )
    content = paid(session, counter, order)

    assert {tax.category for tax in content.taxes} == {TaxCategory.EXPORT, TaxCategory.OUTSIDE}
    assert breaches_of(session) == []


def test_a_choice_stays_when_the_customer_changes_and_can_be_taken_back(session: Session) -> None:
    counter = shop(session)
    order = robot_and_plan(session, counter)
    taxchoice.choose(session, counter.manager, order, Treatment.EXEMPT, reason="embassy")
    orders.set_customer(session, counter.seller, order, french(session, counter).id)
    assert order.tax_treatment is Treatment.EXEMPT

    taxchoice.by_rule(session, counter.seller, order)

    assert (order.tax_treatment, order.tax_reason) == (Treatment.UNION, "")


def test_the_reason_of_an_exemption_stands_on_the_invoice(session: Session) -> None:
    counter = shop(session)
    order = robot_and_plan(session, counter)
    taxchoice.choose(session, counter.manager, order, Treatment.EXEMPT, reason="Embassy of Norway")

    content = paid(session, counter, order)

    assert [tax.reason for tax in content.taxes] == ["Embassy of Norway"]


def test_only_who_may_taxes_otherwise_and_says_why(session: Session) -> None:
    counter = shop(session)
    order = robot_and_plan(session, counter)

    with pytest.raises(Forbidden):
        taxchoice.choose(session, counter.seller, order, Treatment.EXEMPT, reason="embassy")
    with pytest.raises(Refused, match="Say why"):
        taxchoice.choose(session, counter.manager, order, Treatment.EXEMPT, reason=" ")
    with pytest.raises(Refused, match="VAT ID"):
        taxchoice.choose(session, counter.manager, order, Treatment.UNION, reason="they said so")


def test_a_paid_sale_keeps_its_tax(session: Session) -> None:
    counter = shop(session)
    order = robot_and_plan(session, counter)
    paid(session, counter, order)

    with pytest.raises(OrderLocked):
        taxchoice.choose(session, counter.manager, order, Treatment.EXEMPT, reason="embassy")


def test_an_exempt_rate_says_its_own_reason(session: Session) -> None:
    counter = shop(session)
    session.add(
        TaxRate(
            store_id=counter.store.id,
            code="course",
            label="Course",
            rate_bp=0,
            valid_from=date(2020, 1, 1),
            category=TaxCategory.EXEMPT,
            reason="VAT-free by UStG § 4 no. 21",
        )
    )
    session.flush()
    course = catalogue.add(
        session,
        counter.manager,
        ProductInput(
            code="COURSE",
            name="Course",
            kind=ProductKind.SERVICE,
            category=Category.SERVICES,
            price=Money(50_000, "EUR"),
            tax_code="course",
        ),
    )
    order = a_basket(session, counter)
    basket.add_product(session, counter.seller, order, course, quantity=1, minutes=30)

    content = paid(session, counter, order)

    assert [(tax.category, tax.reason) for tax in content.taxes] == [
        (TaxCategory.EXEMPT, "VAT-free by UStG § 4 no. 21")
    ]


def test_margin_tax_is_in_the_books_and_not_on_the_paper(session: Session) -> None:
    """A robot bought for 10,000.00 and sold for 13,500.00: 3,500.00 hold 558.82 of tax."""
    counter = shop(session)
    order = robot_and_plan(session, counter)
    robot = order.lines[0]
    robot.tax_category, robot.margin_cost_minor = TaxCategory.MARGIN, 1_000_000
    session.flush()

    content = paid(session, counter, order)

    assert content.totals.tax == Money(31_917, "EUR")
    assert [(tax.category, tax.tax.minor) for tax in content.taxes] == [
        (TaxCategory.STANDARD, 31_917),
        (TaxCategory.MARGIN, 0),
    ]
    assert content.taxes[1].reason == "Margin scheme, second-hand goods."
    tax = journal.balance(session, counter.store.id, Account.TAX, "EUR")
    assert abs(tax.minor) == 31_917 + 55_882
    # but for that nobody bought it
    assert [line for line in breaches_of(session) if not line.startswith("trade-in")] == []


def test_a_used_robot_sold_at_a_loss_owes_no_margin_tax(session: Session) -> None:
    counter = shop(session)
    order = robot_and_plan(session, counter)
    robot = order.lines[0]
    robot.tax_category, robot.margin_cost_minor = TaxCategory.MARGIN, 1_400_000

    assert totals.margin_tax(robot) == 0
    assert totals.net_by_line(order, order.lines) == [1_350_000, 199_900 - 31_917]
