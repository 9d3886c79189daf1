"""Taking money: to the cent, in any split, and never without the goods."""

from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel import clock
from app.kernel.errors import Conflict, Refused
from app.kernel.money import Money
from app.kernel.tax import PriceMode
from app.parts import stock
from app.parts.errors import NotEnoughStock
from app.payments import bills, issuing, journal, tills
from app.payments.documents import DocumentContent
from app.payments.errors import NotEnoughTendered, OverTender, PaymentUnderWay
from app.payments.models import Account, Bill, IssuedDocument, PaymentAttempt
from app.robots import registry
from app.sales import basket, catalogue, checkout, lines, orders, orderstatus, parking
from app.sales.catalogue import ProductInput
from app.sales.errors import OrderLocked
from app.sales.models import Category, Order, Product, ProductKind
from app.sales.orderstatus import OrderStatus
from app.stores.models import TaxRate
from tests.makers.books import breaches_of
from tests.makers.sales import Counter, a_counter, a_robot
from tests.makers.whole_sales import a_basket, sold

SERIAL = "DEMO-G1-0001"


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def priced(session: Session, counter: Counter, minor: int, *, tax: str = "standard") -> Product:
    """A service at this price."""
    code = f"X-{minor}-{tax}"
    wanted = ProductInput(
        code=code,
        name=code,
        kind=ProductKind.SERVICE,
        category=Category.SERVICES,
        price=eur(minor),
        tax_code=tax,
    )
    return catalogue.add(session, counter.manager, wanted)


def put(
    session: Session, counter: Counter, order: Order, product: Product, quantity: int = 1
) -> None:
    basket.add_product(session, counter.seller, order, product, quantity=quantity, minutes=30)


def owing(session: Session, counter: Counter, minor: int) -> Order:
    """A basket that costs this much."""
    order = a_basket(session, counter)
    put(session, counter, order, priced(session, counter, minor))
    return order


def cash(
    session: Session,
    counter: Counter,
    order: Order,
    *,
    amount: int | None = None,
    tendered: int | None = None,
) -> PaymentAttempt:
    attempt = checkout.pay_cash(
        session,
        counter.seller,
        order,
        amount=None if amount is None else eur(amount),
        tendered=None if tendered is None else eur(tendered),
    )
    assert attempt is not None
    return attempt


def bill_of(session: Session, counter: Counter, order: Order) -> Bill:
    found = bills.by_reference(session, counter.store.id, orders.reference(order))
    assert found is not None
    return found


def paid(session: Session, counter: Counter, order: Order) -> int:
    return bills.paid(session, bill_of(session, counter, order)).minor


def invoice(session: Session, order: Order) -> DocumentContent:
    found = session.scalars(
        select(IssuedDocument).where(
            IssuedDocument.reference == orders.reference(order), IssuedDocument.series == "INV"
        )
    ).one()
    return issuing.content_of(found)


def drawer(session: Session, counter: Counter) -> int:
    held = tills.require_open(session, counter.till.id)
    return journal.cash_in_drawer(session, held.id, "EUR").minor


# Cash and change


def test_change_is_not_part_of_what_was_paid(session: Session, counter: Counter) -> None:
    """PAY-07: 25.84 with 26.00 given; a refund starts from 25.84."""
    order = owing(session, counter, 2_584)

    attempt = cash(session, counter, order, tendered=2_600)

    assert (attempt.amount_minor, attempt.change_minor) == (2_584, 16)
    assert paid(session, counter, order) == 2_584
    assert drawer(session, counter) == 20_000 + 2_584
    shown = invoice(session, order)
    assert (shown.payments[0].amount, shown.change) == (eur(2_600), eur(16))
    assert orderstatus.of(session, order) is OrderStatus.CLOSED


def test_a_split_with_change_is_paid(session: Session, counter: Counter) -> None:
    """PAY-11: 47.00 by 15.00 and a note of 50.00; the change is 18.00."""
    order = owing(session, counter, 4_700)
    checkout.pay_transfer(session, counter.seller, order, amount=eur(1_500), note="cheque 7")
    assert orderstatus.of(session, order) is OrderStatus.PART_PAID

    rest = cash(session, counter, order, tendered=5_000)

    assert (rest.amount_minor, rest.change_minor) == (3_200, 1_800)
    assert orderstatus.of(session, order) is OrderStatus.CLOSED
    assert breaches_of(session) == []


def test_less_cash_than_is_due_pays_a_part(session: Session, counter: Counter) -> None:
    order = owing(session, counter, 4_700)
    attempt = cash(session, counter, order, tendered=2_000)

    assert (attempt.amount_minor, attempt.change_minor) == (2_000, 0)
    assert orderstatus.of(session, order) is OrderStatus.PART_PAID


@pytest.mark.parametrize("minor", [0, -1, -4_700])
def test_nothing_given_pays_nothing(session: Session, counter: Counter, minor: int) -> None:
    """A typed zero is a zero, and no empty field that means all that is due."""
    order = owing(session, counter, 4_700)
    acts: list[Callable[[], object]] = [
        lambda: cash(session, counter, order, tendered=minor),
        lambda: cash(session, counter, order, amount=minor),
        lambda: checkout.pay_transfer(
            session, counter.seller, order, amount=eur(minor), note="RF18"
        ),
    ]
    for act in acts:
        with pytest.raises(Refused):
            act()

    assert session.scalars(select(PaymentAttempt)).all() == []


def test_who_gives_less_than_the_said_amount_is_told(session: Session, counter: Counter) -> None:
    order = owing(session, counter, 4_700)
    with pytest.raises(NotEnoughTendered, match=r"20\.00 EUR is less than 47\.00 EUR"):
        cash(session, counter, order, amount=4_700, tendered=2_000)


def test_over_tender_by_card_or_transfer_is_never_cut_down(
    session: Session, counter: Counter
) -> None:
    """PAY-09: 100.00; cash 60.00; then 60.00 by card is refused, 40.00 taken."""
    counter.till.reader_id = "tmr_1"
    order = owing(session, counter, 10_000)
    cash(session, counter, order, amount=6_000)
    acts: list[Callable[[], object]] = [
        lambda: checkout.start_card(session, counter.seller, order, amount=eur(6_000)),
        lambda: checkout.pay_transfer(
            session, counter.seller, order, amount=eur(6_000), note="RF18"
        ),
        lambda: cash(session, counter, order, amount=6_000, tendered=6_000),
    ]
    for act in acts:
        with pytest.raises(OverTender, match=r"Only 40\.00 EUR is due"):
            act()

    attempt = checkout.start_card(session, counter.seller, order, amount=None)
    assert attempt is not None
    assert attempt.amount_minor == 4_000


def test_two_payments_in_one_second_are_two(session: Session, counter: Counter) -> None:
    """POS-09: each has a number of its own, unique by the database."""
    order = owing(session, counter, 10_000)
    with clock.set_to(clock.now()):
        first, second = (cash(session, counter, order, amount=2_500) for _ in range(2))

    assert (first.number, second.number) == (1, 2)
    assert first.entry_id != second.entry_id
    assert paid(session, counter, order) == 5_000


# Nothing, and less than a card takes


def test_a_sale_for_nothing_asks_no_card_and_is_complete(
    session: Session, counter: Counter
) -> None:
    """POS-11: no payment is begun for nothing; the order is complete at once."""
    counter.till.reader_id = "tmr_1"
    order = owing(session, counter, 10_000)
    lines.discount(
        session,
        counter.seller,
        order,
        order.lines[0],
        percent_bp=2_500,
        reason="goodwill",
        approved_by=counter.manager,
    )
    order.lines[0].discount_minor = 10_000

    assert checkout.start_card(session, counter.seller, order, amount=None) is None

    assert order.settled_at is not None
    assert session.scalars(select(PaymentAttempt)).all() == []
    assert invoice(session, order).totals.gross == eur(0)
    assert breaches_of(session) == []


def test_less_than_a_card_takes_is_refused_with_the_least(
    session: Session, counter: Counter
) -> None:
    """POS-11."""
    counter.till.reader_id = "tmr_1"
    order = owing(session, counter, 49)
    with pytest.raises(Refused, match=r"Less than 0\.50 EUR"):
        checkout.start_card(session, counter.seller, order, amount=None)


def test_an_empty_sale_and_a_robot_without_an_owner_take_no_money(
    session: Session, counter: Counter
) -> None:
    empty = orders.open_order(session, counter.seller, till_id=counter.till.id)
    with pytest.raises(Refused, match="nothing in this sale"):
        cash(session, counter, empty)
    unit = registry.by_serial(session, counter.seller, SERIAL)
    basket.add_unit(session, counter.seller, empty, unit, minutes=30)
    with pytest.raises(Refused, match="choose the customer") as refused:
        cash(session, counter, empty)

    assert refused.value.field == "customer"


# Once paid


def test_a_paid_sale_takes_nothing_and_changes_no_more(session: Session, counter: Counter) -> None:
    """UI-01: the second click finds it paid."""
    order = sold(session, counter, registry.by_serial(session, counter.seller, SERIAL))
    with pytest.raises(Conflict, match="already paid") as refused:
        cash(session, counter, order)
    assert refused.value.link == f"/sales/{order.number}"
    acts: list[Callable[[], object]] = [
        lambda: put(session, counter, order, counter.plan),
        lambda: lines.remove(session, counter.seller, order, order.lines[0]),
        lambda: orders.set_customer(session, counter.seller, order, counter.customer.id),
        lambda: parking.park(session, counter.seller, order),
        lambda: orders.cancel(session, counter.seller, order, reason="x"),
    ]
    for act in acts:
        with pytest.raises(OrderLocked):
            act()


def test_a_part_paid_sale_keeps_its_lines_and_makes_room_for_the_next(
    session: Session, counter: Counter
) -> None:
    """A deposit: the buyer comes back, and the till serves others meanwhile."""
    unit = registry.by_serial(session, counter.seller, SERIAL)
    order = a_basket(session, counter, unit)
    cash(session, counter, order, amount=100_000)
    with pytest.raises(OrderLocked, match="has been paid"):
        put(session, counter, order, counter.plan)

    parking.park(session, counter.seller, order, label="brings the rest on Friday")
    other = sold(session, counter, batteries=1)
    parking.resume(session, counter.seller, order, till_id=counter.till.id)
    cash(session, counter, order)

    assert other.settled_at is not None
    assert orderstatus.of(session, order) is OrderStatus.PAID
    assert breaches_of(session) == []


def test_a_deposit_holds_the_robot_for_longer_than_a_scan(
    session: Session, counter: Counter
) -> None:
    unit = registry.by_serial(session, counter.seller, SERIAL)
    order = a_basket(session, counter, unit, batteries=10)
    cash(session, counter, order, amount=1)

    with clock.set_to(clock.now().replace(year=clock.now().year + 1)):
        rival = orders.open_order(session, counter.manager, till_id=None)
        with pytest.raises(Conflict, match="is kept for"):
            basket.add_unit(session, counter.manager, rival, unit, minutes=30)
        with pytest.raises(NotEnoughStock):
            put(session, counter, rival, counter.battery)


def test_while_a_card_is_asked_nothing_else_is_taken_or_changed(
    session: Session, counter: Counter
) -> None:
    counter.till.reader_id = "tmr_1"
    order = owing(session, counter, 4_700)
    checkout.start_card(session, counter.seller, order, amount=None)
    acts: list[Callable[[], object]] = [
        lambda: cash(session, counter, order),
        lambda: checkout.start_card(session, counter.seller, order, amount=None),
    ]
    for act in acts:
        with pytest.raises(PaymentUnderWay, match="not decided yet"):
            act()
    with pytest.raises(OrderLocked, match="under way"):
        put(session, counter, order, counter.plan)


# The goods


def test_what_lapsed_and_went_to_another_is_not_paid_for(
    session: Session, counter: Counter
) -> None:
    """STK-09, SER-01: a hold ends by time, and payment looks again."""
    now = clock.now()
    unit = registry.by_serial(session, counter.seller, SERIAL)
    with clock.set_to(now):
        slow = a_basket(session, counter, unit)
        parking.park(session, counter.seller, slow)
        few = a_basket(session, counter, batteries=6)
        parking.park(session, counter.seller, few)
    with clock.set_to(now.replace(year=now.year + 1)):
        fast = sold(session, counter, unit, batteries=6)
        for order, error in ((slow, Conflict), (few, NotEnoughStock)):
            parking.resume(session, counter.seller, order, till_id=counter.till.id)
            with pytest.raises(error):
                cash(session, counter, order)
            assert order.settled_at is None

    assert fast.settled_at is not None
    assert stock.free(session, counter.battery.part_id or 0) == 4


def test_what_lapsed_and_is_still_there_is_sold(session: Session, counter: Counter) -> None:
    now = clock.now()
    unit = registry.by_serial(session, counter.seller, SERIAL)
    with clock.set_to(now):
        order = a_basket(session, counter, unit, batteries=10)
    with clock.set_to(now.replace(year=now.year + 1)):
        cash(session, counter, order)

    assert order.settled_at is not None
    assert breaches_of(session) == []


# The tills


def test_a_closed_till_takes_nothing_and_keeps_its_basket(
    session: Session, counter: Counter
) -> None:
    """CASH-05: what lies open when a till closes is carried over, and still there."""
    order = owing(session, counter, 4_700)
    cash(session, counter, order, amount=700)
    held = tills.require_open(session, counter.till.id)
    closed = tills.close(session, counter.seller, held, eur(20_700))
    with pytest.raises(Conflict, match="till is closed") as refused:
        cash(session, counter, order)
    assert refused.value.link == "/till"

    tills.open_session(session, counter.seller, counter.till, eur(20_000))
    lying = orders.current_at(session, counter.seller, counter.till.id)
    assert lying is not None
    assert lying.number == order.number
    cash(session, counter, order)

    z_report = issuing.content_of(session.get_one(IssuedDocument, closed.z_document_id))
    assert z_report.till is not None
    # sales completed, bills part paid and carried on, card payments not decided
    assert [fact.value for fact in z_report.till.counts] == ["0", "1", "0"]
    assert breaches_of(session) == []


# Tax on a whole sale


def test_one_sale_has_one_tax_on_screen_receipt_and_report(session: Session) -> None:
    """VAT-01, VAT-03: 50 × 241.67 net at 20 % is 2,416.70 everywhere."""
    counter = a_counter(session, price_mode=PriceMode.NET)
    session.add(
        TaxRate(
            store_id=counter.store.id,
            code="twenty",
            label="VAT",
            rate_bp=2_000,
            valid_from=date(2020, 1, 1),
        )
    )
    session.flush()
    order = a_basket(session, counter)
    product = priced(session, counter, 24_167, tax="twenty")
    for _ in range(50):
        basket._add_line(session, order, product, price_minor=product.price_minor)

    attempt = cash(session, counter, order)

    assert attempt.amount_minor == 1_208_350 + 241_670
    shown = invoice(session, order)
    assert (shown.totals.net, shown.totals.tax) == (eur(1_208_350), eur(241_670))
    assert journal.balance(session, counter.store.id, Account.TAX, "EUR") == eur(-241_670)
    report = tills.x_report(session, counter.seller, tills.require_open(session, counter.till.id))
    assert report.totals.tax == eur(241_670)
    assert breaches_of(session) == []


def test_prices_with_tax_cost_what_they_say(session: Session) -> None:
    """VAT-05: 2 × 1.96 at 13 % and 2 × 0.04 at 24 % are 4.00."""
    counter = a_counter(session)
    for code, rate_bp in (("thirteen", 1_300), ("twenty-four", 2_400)):
        session.add(
            TaxRate(
                store_id=counter.store.id,
                code=code,
                label="VAT",
                rate_bp=rate_bp,
                valid_from=date(2020, 1, 1),
            )
        )
    session.flush()
    order = a_basket(session, counter)
    put(session, counter, order, priced(session, counter, 196, tax="thirteen"), 2)
    put(session, counter, order, priced(session, counter, 4, tax="twenty-four"), 2)

    assert cash(session, counter, order).amount_minor == 400
    assert invoice(session, order).totals.gross == eur(400)
    assert breaches_of(session) == []


def test_a_sale_that_failed_hinders_no_other(session: Session, counter: Counter) -> None:
    """POS-03: the invoice of the next one has the next number."""
    session.commit()
    order = owing(session, counter, 4_700)
    with pytest.raises(NotEnoughStock):
        put(session, counter, order, counter.battery, 11)
    session.rollback()
    first = sold(session, counter, batteries=1)
    second = sold(session, counter, a_robot(session, counter, "SECOND"))

    assert invoice(session, first).number == "INV-000001"
    assert invoice(session, second).number == "INV-000002"
