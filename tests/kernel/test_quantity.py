"""Quantities and shares are read strictly; what `int()` would take by mistake is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.errors import Refused
from app.kernel.quantity import MOST, parse_percent, parse_quantity, row_number


@pytest.mark.parametrize(
    ("typed", "quantity"), [("1", 1), (" 12 ", 12), ("007", 7), ("３", 3), ("1000000", MOST)]
)
def test_a_whole_number_of_pieces_is_read(typed: str, quantity: int) -> None:
    assert parse_quantity(typed) == quantity


@pytest.mark.parametrize(
    "typed",
    [
        *["", " ", "0", "-1", "-0", "+2", "1e5", "1_000", "1.5", "1,5", "1.0", "1,000", "0x1"],
        *[
            "²",
            "½",
            "٣",
            "1000001",
            "9999999",
            "99999999",
            "9" * 5_000,
            "NaN",
            "one",
            "1 2",
            "\x00",
        ],
    ],
)
def test_what_is_no_number_of_pieces_is_refused(typed: str) -> None:
    with pytest.raises(Refused) as refused:
        parse_quantity(typed, field="quantity")

    assert refused.value.field == "quantity"
    assert len(str(refused.value)) < 200


@pytest.mark.parametrize(
    ("typed", "basis_points"),
    [("0", 0), ("5", 500), ("7,5", 750), ("12.25", 1225), ("100", 10_000), (" 5 % ", 500)],
)
def test_a_share_is_read_in_basis_points(typed: str, basis_points: int) -> None:
    assert parse_percent(typed) == basis_points


@pytest.mark.parametrize("typed", ["", "-5", "101", "100.01", "1e1", "5.123", "5..", "%", "half"])
def test_what_is_no_share_is_refused(typed: str) -> None:
    with pytest.raises(Refused):
        parse_percent(typed)


@given(text=st.text(max_size=20))
def test_whatever_is_typed_is_a_number_or_a_refusal(text: str) -> None:
    for parse, most in ((parse_quantity, MOST), (parse_percent, 10_000)):
        try:
            number = parse(text)
        except Refused:
            continue
        assert 0 <= number <= most


@pytest.mark.parametrize(
    ("sent", "row"),
    [("7", 7), (" 7 ", 7), ("9" * 18, 10**18 - 1), ("", None), ("-1", None), ("²", None)],
)
def test_a_form_names_a_row_or_none(sent: str, row: int | None) -> None:
    assert row_number(sent) == row


@pytest.mark.parametrize("sent", ["9" * 19, "9" * 5_000, "1e3", "1_0"])
def test_no_row_number_outgrows_its_column(sent: str) -> None:
    assert row_number(sent) is None
