"""Amounts as the card service counts them: https://docs.stripe.com/currencies#special-cases."""

from hypothesis import given
from hypothesis import strategies as st

from app.kernel.money import Money
from app.payments.intents import intent_report, our_amount, provider_amount, reader_report


def test_yen_have_no_cents_at_the_card_service_either() -> None:
    """VAT-07: JPY 80 is charged as 80, not as 8,000."""
    assert provider_amount(Money(80, "JPY")) == 80
    assert provider_amount(Money(8_000, "EUR")) == 8_000
    assert provider_amount(Money(80, "ISK")) == 8_000


@given(
    minor=st.integers(0, 10**12),
    currency=st.sampled_from(["EUR", "USD", "CNY", "JPY", "ISK", "UGX", "KRW"]),
)
def test_an_amount_comes_back_as_it_went(minor: int, currency: str) -> None:
    amount = Money(minor, currency)

    assert our_amount(provider_amount(amount), currency.lower()) == amount


def test_a_report_needs_no_more_than_its_name_and_state() -> None:
    report = intent_report({"id": "pi_1", "status": "succeeded", "currency": "jpy"})
    reader = reader_report({"id": "tmr_1"})

    assert (report.received, report.livemode, report.card.brand) == (Money(0, "JPY"), False, "")
    assert (reader.label, reader.status, reader.works_on("pi_1")) == ("tmr_1", "offline", False)
