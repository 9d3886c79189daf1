"""What is stored beside a text so that any writing of it finds it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.searchkeys import bare_key, clean, folded, like_pattern, phone_key, search_key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("h1-0001", "H1-0001"),
        (" H1-0001\t", "H1-0001"),
        ("Ｈ１－０００１", "H1-0001"),
        ("H1-0001\x1d\x1e\x04", "H1-0001"),
        ("\u200bH1-0001", "H1-0001"),
        ("STRASSE", "straße"),
    ],
)
def test_two_writings_of_one_serial_have_one_key(one: str, other: str) -> None:
    """SER-17, UI-09: outer white space and a scanner's control characters are not of the serial."""
    assert search_key(one) == search_key(other)


@pytest.mark.parametrize(
    ("one", "other"), [("007", "7"), ("H1 0001", "H10001"), ("A-1", "A1"), ("O1", "01")]
)
def test_two_serials_have_two_keys(one: str, other: str) -> None:
    """SER-13: leading zeros and inner signs count."""
    assert search_key(one) != search_key(other)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("müller", "MÜLLER"),
        ("muller", "Müller"),
        ("łódź", "LODZ"),
        ("søren  æ", "Soren ae"),
        ("ISTANBUL", "İstanbul"),
        ("e\u0301clair", "éclair"),
        ("机器人", "机器人"),
    ],
)
def test_a_name_is_found_without_its_accents(typed: str, stored: str) -> None:
    """TXT-11."""
    assert folded(typed) == folded(stored)


@pytest.mark.parametrize("typed", ["+49 (0)30 12-34", "0049 30 1234", "4930 1234"])
def test_a_telephone_number_is_its_digits(typed: str) -> None:
    assert phone_key(typed) == "49301234"


@pytest.mark.parametrize(
    ("typed", "pattern"), [("0.05% X", r"%0.05\% X%"), ("a_b", r"%a\_b%"), ("a\\b", r"%a\\b%")]
)
def test_signs_of_like_mean_themselves(typed: str, pattern: str) -> None:
    """TXT-07."""
    assert like_pattern(typed) == pattern


@pytest.mark.parametrize("typed", ["AK80-25", "ak 80 25", "AK80–25", "ＡＫ８０‑２５", "AK80−25"])
def test_dashes_spaces_and_case_make_no_other_part_number(typed: str) -> None:
    assert bare_key(typed) == "ak8025"


@pytest.mark.parametrize("other", ["AK80.25", "AK80/25", "AK8O25", "AK80_25", "-", "M4×12"])
def test_other_signs_do(other: str) -> None:
    assert bare_key(other) not in {"", "ak8025", "m412"}


@given(text=st.text(max_size=60))
def test_keys_are_stable_and_hold_nothing_unseen(text: str) -> None:
    assert clean(clean(text)) == clean(text)
    assert search_key(search_key(text)) == search_key(text)
    assert folded(folded(text)) == folded(text)
    assert bare_key(bare_key(text)) == bare_key(text)
    assert not {"\x00", "\x1d", "\x04", "\ud800"} & set(clean(text))
