"""The order in which a run with several workers takes its tests."""

from dataclasses import dataclass
from typing import Any

from tests.ordering import LONG, long_ones_first


@dataclass(frozen=True, slots=True)
class Named:
    nodeid: str


def ordered(names: list[str], *, workers: int) -> list[str]:
    items: list[Any] = [Named(name) for name in names]
    return [item.nodeid for item in long_ones_first(items, workers=workers)]


def test_each_workers_row_begins_with_long_tests() -> None:
    small = [f"tests/small.py::test_{number}" for number in range(7)]
    pages, calls = (f"{LONG[0]}::test_a", f"{LONG[1]}_b")

    assert ordered([*small, calls, pages], workers=2) == [pages, *small[:3], calls, *small[3:]]


def test_no_test_is_lost_whoever_runs_how_many() -> None:
    names = [f"{start}::test_{number}" for start in (*LONG, "tests/small.py") for number in "ab"]

    for workers in (1, 2, 3, 50):
        assert sorted(ordered(names, workers=workers)) == sorted(names)
