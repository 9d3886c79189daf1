"""Money: whole minor units in, the same out, and nothing lost in between."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.errors import Refused
from app.kernel.money import MOST_MINOR, Money, decimals, half_up, parse_money, split
from app.web.i18n import LANGUAGES, speech

CURRENCIES = ["EUR", "USD", "CNY", "JPY", "KWD"]
currencies = st.sampled_from(CURRENCIES)
minors = st.integers(-MOST_MINOR, MOST_MINOR)
weights = st.lists(st.integers(0, 10**9), min_size=1, max_size=40).filter(any)


@given(minor=minors, currency=currencies)
def test_what_is_written_is_read_as_the_same_amount(minor: int, currency: str) -> None:
    amount = Money(minor, currency)

    assert parse_money(amount.plain, currency) == amount


@given(minor=minors, currency=currencies, language=st.sampled_from(sorted(LANGUAGES)))
def test_what_a_page_shows_has_every_digit_of_the_amount(
    minor: int, currency: str, language: str
) -> None:
    """VAT-09: no decimals for yen, none rounded away for any other."""
    shown = speech(language).money(Money(minor, currency))
    digits = "".join(sign for sign in shown if sign.isascii() and sign.isdigit())

    assert int(digits) == abs(minor)
    assert ("−" in shown) == (minor < 0)


@given(amount=minors, parts=weights)
def test_the_parts_of_a_split_add_up_to_the_whole(amount: int, parts: list[int]) -> None:
    shares = split(amount, parts)

    assert sum(shares) == amount
    total = sum(parts)
    for share, weight in zip(shares, parts, strict=True):
        assert abs(share * total - amount * weight) < total


def test_a_split_without_weights_is_a_defect() -> None:
    with pytest.raises(ValueError, match="weights"):
        split(10, [0, 0])


@given(numerator=st.integers(-(10**20), 10**20), denominator=st.integers(1, 10**9))
def test_half_goes_away_from_zero_exactly(numerator: int, denominator: int) -> None:
    rounded = half_up(numerator, denominator)

    assert abs(2 * (rounded * denominator - numerator)) <= denominator
    assert half_up(-numerator, denominator) == -rounded


@pytest.mark.parametrize(
    ("typed", "minor"),
    [
        ("1234.50", 123_450),
        ("1234,5", 123_450),
        ("1.234,50", 123_450),
        ("1,234.50", 123_450),
        ("1 234,50", 123_450),
        ("1\u00a0234", 123_400),
        ("1\u202f234", 123_400),
        ("1'234", 123_400),
        ("1.234.567", 123_456_700),
        ("１２３４", 123_400),
        (" 5 ", 500),
        ("0", 0),
        ("-3.05", -305),
    ],
)
def test_people_write_amounts_in_many_ways(typed: str, minor: int) -> None:
    assert parse_money(typed, "EUR") == Money(minor, "EUR")


@pytest.mark.parametrize(
    "typed",
    [
        *["", " ", "1e5", "1_000", "1.234", "1,234", "0x10", "+5", "--5", "5-", "1.2.3", "1,2,3"],
        *["12,34,56.7", "1.005", "NaN", "inf", "½", "²", "5 €", "9" * 13, "1.234,567", ".", ",5"],
        *["1234567.89.01", "1.234.56", "\x00", "٣", "5\n6", "9" * 5_000],
    ],
)
def test_what_can_be_misread_is_refused_beside_its_field(typed: str) -> None:
    if typed == "٣":
        # full-width digits are NFKC digits, Arabic ones are not
        assert typed.isdigit()
    with pytest.raises(Refused) as refused:
        parse_money(typed, "EUR", field="price")

    assert refused.value.field == "price"
    assert len(str(refused.value)) < 200


def test_an_amount_that_reads_in_two_ways_is_refused_with_both() -> None:
    with pytest.raises(Refused, match=r"Write 1234 or 1\.23"):
        parse_money("1.234", "EUR")
    assert parse_money("1.234", "JPY") == Money(1234, "JPY")
    assert parse_money("1.234", "KWD") == Money(1234, "KWD")


@given(text=st.text(max_size=30), currency=currencies)
def test_whatever_is_typed_is_an_amount_or_a_refusal(text: str, currency: str) -> None:
    try:
        amount = parse_money(text, currency)
    except Refused:
        return
    assert abs(amount.minor) <= MOST_MINOR
    assert parse_money(amount.plain, currency) == amount


def test_two_currencies_are_never_added_or_compared() -> None:
    euro, yuan = Money(1, "EUR"), Money(1, "CNY")
    for act in (
        lambda: euro + yuan,
        lambda: euro - yuan,
        lambda: euro < yuan,
        lambda: euro >= yuan,
    ):
        with pytest.raises(ValueError, match="is not EUR"):
            act()
    assert euro != yuan


@pytest.mark.parametrize("minor", [1.0, "1", True, None])
def test_minor_units_are_whole_numbers(minor: object) -> None:
    with pytest.raises(TypeError, match="whole"):
        Money(minor, "EUR")  # type: ignore[arg-type]


@pytest.mark.parametrize(("currency", "digits"), [("EUR", 2), ("JPY", 0), ("KWD", 3), ("CNY", 2)])
def test_each_currency_has_its_own_digits(currency: str, digits: int) -> None:
    """VAT-07, VAT-09: ISO 4217 says how many; yen have none."""
    assert decimals(currency) == digits
