"""Who pays a line: shares always add up to it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.errors import Refused
from app.kernel.quantity import WHOLE_BP
from app.service.payers import Measure, Payer, Share, divide

_PAYERS = list(Payer)


@st.composite
def percents(draw: st.DrawFn) -> list[Share]:
    """Two to six payers whose percentages make a whole, or whose last one takes the rest."""
    count = draw(st.integers(2, len(_PAYERS)))
    cuts = sorted(draw(st.lists(st.integers(0, WHOLE_BP), min_size=count - 1, max_size=count - 1)))
    points = [end - start for start, end in zip([0, *cuts], [*cuts, WHOLE_BP], strict=True)]
    shares = [
        Share(payer, Measure.PERCENT, value) for payer, value in zip(_PAYERS, points, strict=False)
    ]
    if draw(st.booleans()):
        shares[-1] = Share(shares[-1].payer, Measure.REST)
    return shares


@given(total=st.integers(0, 10**12), shares=percents())
def test_shares_by_percent_add_up_to_the_line(total: int, shares: list[Share]) -> None:
    parts = divide(total, shares)

    assert sum(parts) == total
    for share, part in zip(shares, parts, strict=True):
        if share.measure is Measure.PERCENT:
            assert abs(part * WHOLE_BP - total * share.value) < WHOLE_BP


@given(st.lists(st.integers(0, 10**10), min_size=1, max_size=5), st.integers(0, 10**10))
def test_amounts_add_up_when_one_payer_takes_the_rest(amounts: list[int], rest: int) -> None:
    shares = [
        Share(payer, Measure.AMOUNT, value)
        for payer, value in zip(_PAYERS[1:], amounts, strict=False)
    ]
    parts = divide(sum(amounts) + rest, [*shares, Share(Payer.CUSTOMER, Measure.REST)])

    assert parts == [*amounts, rest]


@pytest.mark.parametrize(
    "shares",
    [
        [Share(payer, Measure.PERCENT, 3_333) for payer in _PAYERS[:3]],
        [Share(payer, Measure.PERCENT, 6_000) for payer in _PAYERS[:2]],
        [Share(payer, Measure.REST) for payer in _PAYERS[:2]],
        [Share(Payer.CUSTOMER, Measure.AMOUNT, 99)],
        [Share(Payer.CUSTOMER, Measure.AMOUNT, 101)],
        [Share(Payer.CUSTOMER, Measure.PERCENT, 5_000)] * 2,
        [Share(Payer.CUSTOMER, Measure.PERCENT, 5_000), Share(Payer.STORE, Measure.AMOUNT, 50)],
        [],
    ],
)
def test_shares_that_do_not_make_a_whole_are_refused(shares: list[Share]) -> None:
    """33.33/33.33/33.33 among them: nobody would pay the last hundredth."""
    with pytest.raises(Refused):
        divide(100, shares)


def test_a_third_each_is_33_33_and_two_times_with_the_rest_to_one() -> None:
    shares = [
        Share(Payer.WARRANTY, Measure.PERCENT, 3_333),
        Share(Payer.GOODWILL, Measure.PERCENT, 3_333),
        Share(Payer.CUSTOMER, Measure.REST),
    ]

    assert divide(10_000, shares) == [3_333, 3_333, 3_334]
