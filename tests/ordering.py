"""In what order tests run: the long ones first, so that no worker ends long after the others."""

from collections.abc import Sequence

import pytest

# Whoever runs for more than some ten seconds, the longest first; a file stays with one worker.
LONG = (
    "tests/journeys/test_every_page.py",
    "tests/house/test_openapi.py::test_made_up_calls",
    "tests/house/test_migrations.py::test_no_migration_loses",
    "tests/sales/test_one_serial_many_buyers.py",
    "tests/sales/test_killed.py",
    "tests/service/test_ticket_machine.py",
    "tests/sales/test_sales_machine.py",
    "tests/calibration/test_job_machine.py",
    "tests/parts/test_stock_machine.py",
    "tests/journeys/",
)


def long_ones_first(items: Sequence[pytest.Item], *, workers: int) -> list[pytest.Item]:
    """The same tests; each worker is given as many in a row, so each row begins with long ones."""
    fronts: list[list[pytest.Item]] = [[] for _ in range(workers)]
    short: list[pytest.Item] = []
    long: dict[int, list[pytest.Item]] = {}
    for item in items:
        rank = _rank(item.nodeid)
        (short if rank is None else long.setdefault(rank, [])).append(item)
    for position, rank in enumerate(sorted(long)):
        fronts[position % workers].extend(long[rank])
    return _in_rows(fronts, short)


def _rank(name: str) -> int | None:
    return next((rank for rank, start in enumerate(LONG) if name.startswith(start)), None)


def _in_rows(fronts: list[list[pytest.Item]], short: list[pytest.Item]) -> list[pytest.Item]:
    """Rows of one length: what a front leaves free is filled with short ones, in their order."""
    total = sum(map(len, fronts)) + len(short)
    ordered: list[pytest.Item] = []
    left = iter(short)
    for number, front in enumerate(fronts, start=1):
        ordered.extend(front)
        end = total * number // len(fronts)
        ordered.extend(item for _, item in zip(range(end - len(ordered)), left, strict=False))
    return [*ordered, *left]
