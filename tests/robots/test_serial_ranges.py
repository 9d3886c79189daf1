"""Serial ranges: natural order, both ends included, one series."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.errors import Refused
from app.kernel.searchkeys import search_key
from app.robots.serialranges import (
    SerialRange,
    order_text,
    read_serial_range,
    serial_key,
    serial_range,
)


@pytest.mark.parametrize(
    "serials",
    [
        ["A9", "A10", "A100"],
        ["G1-24-9", "G1-24-0010", "G1-25-1"],
        ["1", "2", "10", "A1"],
        ["A1", "AA1", "B1"],
        ["A10", "A10X", "A11"],
    ],
)
def test_serials_ascend_as_a_person_counts(serials: list[str]) -> None:
    keys = [serial_key(serial) for serial in serials]

    assert all(earlier < later for earlier, later in itertools.pairwise(keys))


@pytest.mark.parametrize("writing", ["a10", " A10 ", "Ａ１０", "A10\x1d"])
def test_case_width_and_outer_space_do_not_matter(writing: str) -> None:
    assert serial_key(writing) == serial_key("A10")
    assert serial_range("A9", "A12").contains(writing)


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("A9..A12", ["A9", "A10", "A11", "A12", "a012"], ["A8", "A13", "A100", "B10", "10"]),
        ("G1-0100 to 0199", ["G1-0100", "G1-0150", "G1-199"], ["G1-99", "G1-0200", "H1-0150"]),
        ("G1-0100 – G1-0199", ["G1-0101"], ["G1-0200"]),
        ("H1-24-0001..H1-25-0420", ["H1-24-9999", "H1-25-1"], ["H1-25-0421", "H1-23-5"]),
        ("100..199", ["100", "0150"], ["99", "200", "A150"]),
        ("A24*", ["A24", "a24-1", "A240"], ["A25", "BA24"]),
        ("A9..", ["A9", "A10000"], ["A8", "B10", "AB10"]),
        ("..A9", ["A1", "A9"], ["A10", "1"]),
        ("007", ["007", "００７"], ["7", "0007"]),
        ("*", ["A1", "7"], []),
        ("A9 至 A12", ["A10"], ["A13"]),
    ],
)
def test_a_range_holds_what_it_says(text: str, inside: list[str], outside: list[str]) -> None:
    serials = read_serial_range(text)

    assert [serial for serial in inside if not serials.contains(serial)] == []
    assert [serial for serial in outside if serials.contains(serial)] == []


def test_a_prefix_narrows_a_range() -> None:
    serials = SerialRange("A9", "A12", prefix="A1")

    assert serials.contains("A10")
    assert not serials.contains("A9")


@pytest.mark.parametrize(("first", "last"), [("A10", "A9"), ("G1-0200", "0199"), ("B2-2", "B2-1")])
def test_a_reversed_range_is_refused(first: str, last: str) -> None:
    with pytest.raises(Refused, match="runs backwards"):
        serial_range(first, last)


@pytest.mark.parametrize(("first", "last"), [("G1-1", "H1-9"), ("A9", "AB9"), ("AX", "9")])
def test_a_range_over_two_series_is_refused(first: str, last: str) -> None:
    with pytest.raises(Refused, match="two series"):
        serial_range(first, last)


@pytest.mark.parametrize(
    "text", ["", "  ", "A" * 101, "A9..\x1d" + "9" * 101, "A1" + " " * 300 + "B"]
)
def test_an_unreadable_range_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        read_serial_range(text)


def test_a_range_refuses_to_judge_a_serial_of_nothing() -> None:
    with pytest.raises(Refused):
        serial_range("A1", "A2").contains("  ")


@given(
    st.lists(
        st.text(alphabet="aB-/ 0019宇🤖", min_size=1, max_size=12).filter(search_key), min_size=2
    )
)
def test_the_order_of_bytes_is_the_order_of_serials(serials: list[str]) -> None:
    keys = [search_key(serial) for serial in serials]
    by_bytes = sorted(keys, key=lambda key: order_text(key).encode())
    assert [serial_key(key) for key in by_bytes] == sorted(serial_key(key) for key in keys)


@given(
    st.sampled_from(["A9..A12", "A10..", "..a007", "0..9", "-1..-20", "宇1..宇3"]),
    st.text(alphabet="aA-0129宇", min_size=1, max_size=6).filter(search_key),
)
def test_bounds_hold_exactly_what_the_range_holds(text: str, serial: str) -> None:
    span = read_serial_range(text)
    bounds = span.order_bounds()
    assert bounds is not None
    assert (bounds[0] <= order_text(search_key(serial)) <= bounds[1]) == span.contains(serial)
