"""One rule for what a serial number may be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.errors import Refused
from app.kernel.searchkeys import search_key
from app.robots.serials import MOST, read_serial


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("007", "007"),
        (" H1-0001", "H1-0001"),
        ("\tH1-0001\r\n", "H1-0001"),
        ("\u3000H1-0001\u00a0", "H1-0001"),
        ("H1  0001", "H1  0001"),
        ("[)>\x1e06\x1d21H1-0001\x1e\x04", "[)>0621H1-0001"),
        ("H1\x1d0001", "H10001"),
        ("8939010102358478435", "8939010102358478435"),
        ("12E34", "12E34"),
        ("2E-0001", "2E-0001"),
        ("OXI 0.05% X", "OXI 0.05% X"),
        ("A/B\\C", "A/B\\C"),
        ("🤖-1", "🤖-1"),
        ("Ａ７", "Ａ７"),
    ],
)
def test_a_serial_is_kept_as_printed_without_outer_space_and_control_characters(
    typed: str, kept: str
) -> None:
    """SER-17, UI-09."""
    assert read_serial(typed) == kept


@pytest.mark.parametrize(
    "typed", ["", "   ", "\t\r\n", "\x1d\x1e\x04", "\u200b", "\u3164", "\u2800"]
)
def test_what_shows_nothing_is_no_serial(typed: str) -> None:
    """SER-15."""
    with pytest.raises(Refused, match="needs its serial number"):
        read_serial(typed)


@pytest.mark.parametrize(
    "typed",
    ["8.93901E+18", "1,23E+15", "9E+18", "8.93901e18", "-1.5E+3", "８.９３Ｅ＋１８", "1.5E-7"],
)
def test_a_number_that_a_spreadsheet_shortened_is_refused_with_the_reason(typed: str) -> None:
    """TXT-03."""
    with pytest.raises(Refused, match="Excel") as refusal:
        read_serial(typed)
    assert refusal.value.field == "serial"


@pytest.mark.parametrize("typed", ["H1-0001\nH1-0002", "H1\u20280001"])
def test_two_lines_are_not_one_serial(typed: str) -> None:
    with pytest.raises(Refused, match="one line"):
        read_serial(typed)


@pytest.mark.parametrize("typed", ["x" * 101, "\ufdfa" * 20])
def test_neither_a_serial_nor_its_key_is_longer_than_the_column(typed: str) -> None:
    with pytest.raises(Refused, match="at most 100"):
        read_serial(typed)
    assert read_serial("x" * MOST) == "x" * MOST


def test_leading_zeros_make_another_serial() -> None:
    """SER-13."""
    assert search_key(read_serial("007")) != search_key(read_serial("7"))


@given(st.text(max_size=120))
def test_a_read_serial_reads_the_same_again_and_keeps_its_key(typed: str) -> None:
    try:
        serial = read_serial(typed)
    except Refused:
        return
    assert read_serial(serial) == serial
    assert search_key(serial) == search_key(typed)
    assert 1 <= len(search_key(serial)) <= MOST
    assert serial == serial.strip()
    assert not any(ord(sign) < 32 or 127 <= ord(sign) < 160 for sign in serial)


@given(st.text(alphabet=st.characters(categories=["Lu", "Ll", "Nd"]), min_size=1, max_size=30))
def test_space_and_case_around_a_serial_do_not_make_another(serial: str) -> None:
    key = search_key(serial)
    assert search_key(f" \x1d{serial.upper()}\t") == search_key(serial.upper())
    assert search_key(key) == key
