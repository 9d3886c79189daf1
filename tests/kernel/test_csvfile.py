"""Spreadsheets in which nothing is a formula."""

import csv
import io

import pytest

from app.kernel.csvfile import csv_bytes, harmless


@pytest.mark.parametrize(
    "cell", ["=1+1", "+49 341", "-7", "@SUM(A1)", "\tx", "\rx", " =1", "\n=1", "\u00a0=1"]
)
def test_what_looks_like_a_formula_gets_an_apostrophe(cell: str) -> None:
    assert harmless(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "Müller", "a=b", "2025-11-30", "'=1", "李伟"])
def test_other_cells_stay(cell: str) -> None:
    assert harmless(cell) == cell


def test_a_file_is_read_as_it_was_written() -> None:
    data = csv_bytes(("name", "text"), [('Ann, "A"', "two\nlines"), ("=x", "李伟")])
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert rows == [["name", "text"], ['Ann, "A"', "two\nlines"], ["'=x", "李伟"]]
