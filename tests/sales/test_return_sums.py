"""Several returns of one sale add up to it, to the cent, whatever was rounded."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.kernel.tax import PriceMode, TaxCategory
from app.payments.models import Account
from app.sales import returnsums, totals
from app.sales.models import Category, Order, OrderLine, Product, ProductKind
from app.sales.returnsums import Credit

pytestmark = pytest.mark.only_on("sqlite")

KINDS = [ProductKind.ROBOT, ProductKind.ITEM, ProductKind.PLAN]
RATES = [1900, 700, 0, 2400, 1300]


def an_order(mode: PriceMode) -> Order:
    """Without lines."""
    return Order(
        store_id=1,
        number=1,
        currency="EUR",
        price_mode=mode,
        opened_at=datetime(2026, 3, 2, tzinfo=UTC),
        opened_by="Jana Voss",
    )


def a_line(
    position: int,
    price: int,
    rate: int,
    *,
    quantity: int = 1,
    discount: int = 0,
    kind: ProductKind = ProductKind.ITEM,
    category: TaxCategory = TaxCategory.STANDARD,
    cost: int | None = None,
) -> OrderLine:
    """A line with its product, as it was loaded."""
    line = OrderLine(
        order_id=1,
        position=position,
        product_id=position,
        description=f"Thing {position}",
        quantity=quantity,
        unit_price_minor=price,
        discount_minor=discount,
        tax_code="standard",
        tax_rate_bp=rate,
        tax_category=category,
        margin_cost_minor=cost,
    )
    line.id = position
    line.product = Product(
        store_id=1,
        code=f"P{position}",
        code_key=f"p{position}",
        name="Thing",
        name_key="thing",
        kind=kind,
        category=Category.ROBOTS,
        price_minor=price,
        currency="EUR",
        tax_code="standard",
    )
    return line


@st.composite
def sales(draw: st.DrawFn) -> Order:
    """A sale with bundle parts, discounts and mixed rates; net or gross."""
    order = an_order(draw(st.sampled_from(PriceMode)))
    order.lines = [draw(lines(position)) for position in range(1, draw(st.integers(1, 6)) + 1)]
    return order


@st.composite
def lines(draw: st.DrawFn, position: int) -> OrderLine:
    kind = draw(st.sampled_from(KINDS))
    quantity = 1 if kind is ProductKind.ROBOT else draw(st.integers(1, 7))
    price = draw(st.one_of(st.integers(0, 20), st.integers(0, 2_000_000)))
    category = draw(st.sampled_from([TaxCategory.STANDARD] * 4 + [TaxCategory.EXPORT]))
    cost = None
    if kind is ProductKind.ROBOT and draw(st.booleans()):
        category, cost = TaxCategory.MARGIN, draw(st.integers(0, 2_000_000))
    return a_line(
        position,
        price,
        0 if category is TaxCategory.EXPORT else draw(st.sampled_from(RATES)),
        quantity=quantity,
        discount=draw(st.integers(0, price * quantity)),
        kind=kind,
        category=category,
        cost=cost,
    )


def credits_of(order: Order, draw: st.DrawFn) -> list[Credit]:
    """The sale comes back in several returns, a few pieces of some lines each time."""
    earlier: dict[int, int] = {}
    found = []
    while any(earlier.get(line.id, 0) < line.quantity for line in order.lines):
        now = {
            line.id: draw(st.integers(0, line.quantity - earlier.get(line.id, 0)))
            for line in order.lines
        }
        if not any(now.values()):
            now = {line.id: line.quantity - earlier.get(line.id, 0) for line in order.lines}
        now = {line_id: count for line_id, count in now.items() if count}
        found.append(returnsums.credit(order, earlier=earlier, now=now))
        for line_id, count in now.items():
            earlier[line_id] = earlier.get(line_id, 0) + count
    return found


@given(order=sales(), data=st.data())
@settings(max_examples=150, deadline=None)
def test_all_returns_together_are_the_sale(order: Order, data: st.DataObject) -> None:
    found = credits_of(order, data.draw)  # type: ignore[arg-type]

    sold = totals.book_taxes(order, order.lines)
    back: dict[object, tuple[int, int]] = {}
    for tax in (tax for credit in found for tax in credit.taxes):
        net, charged = back.get((tax.rate_bp, tax.category), (0, 0))
        back[tax.rate_bp, tax.category] = (net + tax.net, charged + tax.tax)
    assert sum(credit.minor for credit in found) == totals.of_order(order).gross.minor
    assert {
        (tax.rate_bp, tax.category): (tax.net, tax.tax) for tax in sold if tax.net or tax.tax
    } == {key: sums for key, sums in back.items() if any(sums)}


@given(order=sales(), data=st.data())
@settings(max_examples=150, deadline=None)
def test_each_return_adds_up(order: Order, data: st.DataObject) -> None:
    """Paper and books say the same sum, the lines are what is shown, and nothing is negative."""
    for credit in credits_of(order, data.draw):  # type: ignore[arg-type]
        shown = sum(tax.gross for tax in credit.shown)
        lines = sum(credit.amounts.values())
        net = sum(tax.net for tax in credit.shown)

        assert shown == credit.minor >= 0
        assert lines == (net if order.price_mode is PriceMode.NET else shown)
        assert all(amount >= 0 for amount in credit.amounts.values())
        assert all(tax.net >= 0 and tax.tax >= 0 for tax in credit.taxes)


def a_sale(*prices: int) -> Order:
    """One piece of each price, tax of 19 % included."""
    order = an_order(PriceMode.GROSS)
    order.lines = [a_line(position, price, 1900) for position, price in enumerate(prices, start=1)]
    return order


def test_a_cent_that_was_rounded_comes_back_with_the_last_piece() -> None:
    """Three times 0.33 with 19 % are 0.16 tax in 0.99, and not three times 0.05."""
    order = a_sale(33, 33, 33)

    first = returnsums.credit(order, earlier={}, now={1: 1})
    second = returnsums.credit(order, earlier={1: 1}, now={2: 1})
    third = returnsums.credit(order, earlier={1: 1, 2: 1}, now={3: 1})

    assert [credit.minor for credit in (first, second, third)] == [33, 33, 33]
    assert first.tax + second.tax + third.tax == 16


def test_revenue_goes_back_to_where_it_stood() -> None:
    order = a_sale(1190)

    credit = returnsums.credit(order, earlier={}, now={1: 1})

    assert credit.revenue == {Account.REVENUE_PARTS: 1000}
