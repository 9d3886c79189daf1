"""Amounts as the card service counts them: https://docs.stripe.com/currencies#special-cases."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.errors import Refused
from app.kernel.money import Money
from app.payments.cardamounts import by_card, check_charge, our_amount, provider_amount
from app.payments.intents import intent_report, reader_report


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (Money(80, "JPY"), 80),
        (Money(8_000, "EUR"), 8_000),
        (Money(80, "ISK"), 8_000),
        (Money(80, "UGX"), 8_000),
        (Money(80, "RSD"), 8_000),
        (Money(5_120, "KWD"), 5_120),
        (Money(5_120, "BHD"), 5_120),
    ],
    ids=str,
)
def test_each_currency_is_charged_in_the_services_own_parts(ours: Money, theirs: int) -> None:
    """VAT-07: JPY 80 is charged as 80, not as 8,000; ISK and RSD have two decimals there."""
    assert provider_amount(ours) == theirs


@given(
    minor=st.integers(0, 10**12),
    currency=st.sampled_from(["EUR", "CNY", "JPY", "ISK", "UGX", "KRW", "RSD", "KWD", "LYD"]),
)
def test_an_amount_comes_back_as_it_went(minor: int, currency: str) -> None:
    amount = by_card(Money(minor, currency))

    assert our_amount(provider_amount(amount), currency.lower()) == amount


@pytest.mark.parametrize("currency", ["KWD", "BHD"])
def test_the_last_of_three_decimals_is_nought_by_card(currency: str) -> None:
    with pytest.raises(Refused, match=r"5\.120"):
        check_charge(Money(5_124, currency))

    check_charge(by_card(Money(5_124, currency)))


def test_a_report_needs_no_more_than_its_name_and_state() -> None:
    report = intent_report({"id": "pi_1", "status": "succeeded", "currency": "jpy"})
    reader = reader_report({"id": "tmr_1"})

    assert (report.received, report.livemode, report.card.brand) == (Money(0, "JPY"), False, "")
    assert (reader.label, reader.status, reader.works_on("pi_1")) == ("tmr_1", "offline", False)
