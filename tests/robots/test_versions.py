"""Firmware versions: one order for all of them, ranges, and combinations known bad."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.errors import Refused
from app.robots.versions import BadCombination, bad_combinations, read_range, version_key

ASCENDING = [
    ["4.9", "4.10", "4.10.1", "5"],
    ["1.2.3-dev4", "1.2.3-alpha", "1.2.3-beta2", "1.2.3-rc1", "v1.2.3-rc1.1", "1.2.3-rc2", "1.2.3"],
    ["1.2.3", "1.2.3-1", "1.2.3-2", "1.2.3-10", "1.2.3.1"],
    ["4.1rc1", "4.1", "4.1a", "4.1b", "4.1.1"],
    ["20231231", "2024-01-01", "2024.2.1", "20240301", "2024_03_02"],
    ["V1.0.2_build7", "V1.0.2_build12", "V1.0.3"],
    ["G1_V1.0.9", "G1_V1.0.10", "1.0.11"],
    ["0.0.1", "0.1", "1"],
    ["2.0", "２.１"],  # full-width digits of a Chinese keyboard
]


@pytest.mark.parametrize("versions", ASCENDING, ids=lambda versions: versions[0])
def test_versions_ascend(versions: list[str]) -> None:
    keys = [version_key(version) for version in versions]

    assert all(earlier < later for earlier, later in itertools.pairwise(keys))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1.2", "1.2.0"), ("v1.2", "V1.2"), ("FW 4.2.1", "4.2.1"), ("1.2.3+build5", "1.2.3"),
        ("20240301", "2024-03-01"), ("4.2.1-release", "4.2.1"), (" 4.2 ", "4.2"),
        ("firmware: 1.0", "1"), ("01.02", "1.2"),
    ],
)  # fmt: skip
def test_writings_of_one_version_are_equal(one: str, other: str) -> None:
    assert version_key(one) == version_key(other)


@given(
    st.lists(st.text(min_size=1, max_size=20).filter(lambda text: bool(text.strip())), min_size=3)
)
def test_any_texts_have_one_order(texts: list[str]) -> None:
    keys = []
    for text in texts:
        try:
            keys.append(version_key(text))
        except Refused:  # nothing but control characters
            continue

    assert sorted(sorted(keys, reverse=True)) == sorted(keys)


@pytest.mark.parametrize("nothing", ["", "   ", "\x1d", "1" * 101])
def test_no_version_is_refused(nothing: str) -> None:
    with pytest.raises(Refused):
        version_key(nothing)


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        (">=4.1,<4.3", ["4.1", "4.1.0", "4.2.9", "4.3-rc1"], ["4.0.9", "4.1-rc1", "4.3", "4.10"]),
        (">4.1 <=4.3", ["4.1.1", "4.3"], ["4.1", "4.3.1"]),
        ("4.2.1", ["v4.2.1", "4.2.1.0"], ["4.2", "4.2.2"]),
        ("=4.2.1", ["4.2.1"], ["4.2.2"]),
        (">=4.1,!=4.2", ["4.1", "4.2.1"], ["4.2"]),
        ("≥4.1，＜4.3", ["4.2"], ["4.3"]),
        ("*", ["0.1", "99"], []),
        (">= 4.1 , < 4.3", ["4.1"], ["4.3"]),
        ("<2024-03-01", ["20240229"], ["2024.3.1"]),
    ],
)
def test_a_range_holds_what_it_says(text: str, inside: list[str], outside: list[str]) -> None:
    versions = read_range(text)

    assert [version for version in inside if not versions.contains(version)] == []
    assert [version for version in outside if versions.contains(version)] == []
    assert read_range(str(versions)) == versions


@pytest.mark.parametrize(
    "text",
    ["", ">=", ">=4.1,", "<>4", "=>4.1", ",", ">=4.1,,<5", "4.1 <", ">=1" + " " * 400 + "<2"],
)
def test_an_unreadable_range_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        read_range(text)


@pytest.mark.parametrize("text", [">4.3,<4.1", ">4.1,<4.1", "<4.1,>=4.1", "==4.1,!=4.1", "4.1,4.2"])
def test_a_range_that_nothing_is_in_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="No version can be in"):
        read_range(text)


RULE = BadCombination(
    code="FW-1",
    reason="Arms drop when the controller is older than the robot's firmware.",
    parts={"robot": read_range(">=4.1,<4.3"), "actuator": read_range("<2.0")},
    models=frozenset({"g1"}),
)


def test_a_bad_combination_is_found_and_names_its_culprits() -> None:
    found = bad_combinations(
        [RULE], model="g1", installed={"robot": ["4.2"], "actuator": ["2.1", "1.9", "1.8"]}
    )

    assert [match.rule.code for match in found] == ["FW-1"]
    assert found[0].certain
    assert found[0].versions == (("robot", "4.2"), ("actuator", "1.9"), ("actuator", "1.8"))


@pytest.mark.parametrize(
    ("model", "installed"),
    [
        ("g1", {"robot": ["4.3"], "actuator": ["1.9"]}),
        ("g1", {"robot": ["4.2"], "actuator": ["2.0"]}),
        ("g1", {"robot": ["4.2"]}),
        ("g1", {}),
        ("h1", {"robot": ["4.2"], "actuator": ["1.9"]}),
    ],
)
def test_all_parts_must_be_bad_together(model: str, installed: dict[str, list[str | None]]) -> None:
    assert bad_combinations([RULE], model=model, installed=installed) == ()


def test_an_unrecorded_version_is_an_uncertain_match_and_comes_last() -> None:
    parts = {"robot": read_range("4.2")}
    other = BadCombination(code="FW-2", reason="", parts=parts, models=frozenset())

    found = bad_combinations(
        [RULE, other], model="G1", installed={"robot": ["4.2"], "actuator": [None, "2.4"]}
    )

    assert [(match.rule.code, match.certain) for match in found] == [
        ("FW-2", True),
        ("FW-1", False),
    ]
