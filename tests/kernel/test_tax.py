"""Tax: once per rate on the document, half up (EN 16931, BR-CO-17)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.tax import (
    PriceMode,
    TaxCategory,
    TaxSum,
    spread,
    sums_by_category,
    tax_within,
)

amounts = st.integers(-(10**9), 10**9)
rates = st.sampled_from([0, 250, 550, 700, 810, 1300, 1900, 2000, 2400, 2700])
lines = st.lists(st.tuples(amounts, rates), max_size=60)
sorted_lines = st.lists(st.tuples(amounts, rates, st.sampled_from(TaxCategory)), max_size=60)


def sums_by_rate(lines: list[tuple[int, int]], mode: PriceMode) -> list[TaxSum]:
    """Of lines that are taxed at home."""
    return sums_by_category(
        [(amount, rate_bp, TaxCategory.STANDARD) for amount, rate_bp in lines], mode
    )


def test_fifty_lines_are_taxed_as_their_sum() -> None:
    """VAT-03: 50 × 241.67 at 20 %; line by line it would be 2,416.50."""
    (tax,) = sums_by_rate([(24_167, 2000)] * 50, PriceMode.NET)

    assert tax == TaxSum(2000, net=1_208_350, tax=241_670)


def test_ten_units_cost_the_same_on_one_line_as_on_ten() -> None:
    """VAT-01: 3.60 net, 5.5 %, ten times."""
    assert sums_by_rate([(3_600, 550)], PriceMode.NET) == sums_by_rate(
        [(360, 550)] * 10, PriceMode.NET
    )


def test_prices_that_include_tax_lose_no_cent() -> None:
    """VAT-05: 2 × 1.96 at 13 % and 2 × 0.04 at 24 % are 4.00."""
    taxes = sums_by_rate([(196, 1300), (196, 1300), (4, 2400), (4, 2400)], PriceMode.GROSS)

    assert sum(tax.gross for tax in taxes) == 400
    assert taxes == [TaxSum(2400, net=6, tax=2), TaxSum(1300, net=347, tax=45)]


@pytest.mark.parametrize(("amount", "tax"), [(250, 48), (-250, -48), (263, 50), (0, 0)])
def test_half_a_cent_of_tax_goes_up_away_from_zero(amount: int, tax: int) -> None:
    """2.50 at 19 % is 0.475."""
    assert sums_by_rate([(amount, 1900)], PriceMode.NET)[0].tax == tax


@given(lines=lines, mode=st.sampled_from(PriceMode))
def test_the_sums_are_those_of_the_lines(lines: list[tuple[int, int]], mode: PriceMode) -> None:
    taxes = sums_by_rate(lines, mode)

    assert [tax.rate_bp for tax in taxes] == sorted({rate for _, rate in lines}, reverse=True)
    for tax in taxes:
        whole = sum(amount for amount, rate in lines if rate == tax.rate_bp)
        assert whole == (tax.net if mode is PriceMode.NET else tax.gross)
        # within half a cent of the exact tax
        exact = tax.net * tax.rate_bp if mode is PriceMode.NET else whole * tax.rate_bp
        basis = 10_000 if mode is PriceMode.NET else 10_000 + tax.rate_bp
        assert abs(2 * (tax.tax * basis - exact)) <= basis


@given(lines=lines, mode=st.sampled_from(PriceMode))
def test_the_order_of_lines_changes_nothing(lines: list[tuple[int, int]], mode: PriceMode) -> None:
    assert sums_by_rate(lines, mode) == sums_by_rate(lines[::-1], mode)


@given(total=amounts, parts=st.lists(st.integers(0, 10**6), max_size=30))
def test_a_documents_sum_spreads_over_its_lines_without_rest(total: int, parts: list[int]) -> None:
    shares = spread(total, parts)

    assert len(shares) == len(parts)
    assert sum(shares) == (total if any(parts) else 0)


@given(lines=sorted_lines, mode=st.sampled_from(PriceMode))
def test_only_a_standard_rate_puts_tax_on_a_document(
    lines: list[tuple[int, int, TaxCategory]], mode: PriceMode
) -> None:
    taxes = sums_by_category(lines, mode)

    assert len({(tax.rate_bp, tax.category) for tax in taxes}) == len(taxes)
    shown = sum(tax.net if mode is PriceMode.NET else tax.gross for tax in taxes)
    assert shown == sum(amount for amount, _, _ in lines)
    for tax in taxes:
        assert (tax.category is TaxCategory.STANDARD) == bool(tax.rate_bp)
        assert tax.rate_bp or not tax.tax


def test_one_rate_by_two_categories_is_two_sums() -> None:
    """A used robot by the margin scheme beside a new battery, both of 19 %."""
    sums = sums_by_category(
        [(11_900, 1900, TaxCategory.STANDARD), (50_000, 1900, TaxCategory.MARGIN)], PriceMode.GROSS
    )

    assert sums == [
        TaxSum(1900, net=10_000, tax=1_900),
        TaxSum(0, net=50_000, tax=0, category=TaxCategory.MARGIN),
    ]


@given(amount=st.integers(0, 10**9), rate_bp=rates)
def test_tax_taken_out_of_a_price_is_within_half_a_cent(amount: int, rate_bp: int) -> None:
    off = tax_within(amount, rate_bp) * (10_000 + rate_bp) - amount * rate_bp

    assert 2 * abs(off) <= 10_000 + rate_bp
