"""Workbooks of other programs are read, ours are read by others, and bombs are put out."""

import zipfile
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from io import BytesIO

import openpyxl
import pytest

from app.kernel import workbooks
from app.kernel.errors import Refused, TooLarge


def of_another_program(fill: Callable[[openpyxl.Workbook], None]) -> bytes:
    book = openpyxl.Workbook()
    fill(book)
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def repacked(data: bytes, **members: bytes) -> bytes:
    """A workbook with some members replaced; `sheet1` and the like by the file's bare name."""
    file = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as old, zipfile.ZipFile(file, "w", 8) as new:
        for name in old.namelist():
            bare = name.rpartition("/")[2].partition(".")[0]
            new.writestr(name, members.get(bare, old.read(name)))
    return file.getvalue()


def read(data: bytes, most: int = 1_000) -> list[tuple[int, list[str]]]:
    return list(workbooks.rows(data, most=most))


def test_cells_of_every_kind_come_as_the_text_that_they_show() -> None:
    def fill(book: openpyxl.Workbook) -> None:
        sheet = book.active
        sheet.append(["007", 7, 1.5, 0.1 + 0.2, True, None, "a & b"])
        sheet.append([7, datetime(2025, 11, 30), datetime(2025, 11, 30, 8, 5)])  # noqa: DTZ001
        sheet["A2"].number_format = "0000"
        sheet["A4"] = "merged"
        sheet.merge_cells("A4:C4")

    assert read(of_another_program(fill)) == [
        (1, ["007", "7", "1.5", "0.3", "TRUE", "", "a & b"]),
        (2, ["0007", "2025-11-30", "2025-11-30T08:05:00"]),
        (4, ["merged"]),
    ]


def test_a_number_that_was_rounded_shows_it() -> None:
    """TXT-03: a spreadsheet keeps fifteen figures."""

    def fill(book: openpyxl.Workbook) -> None:
        book.active.append([8.939010102358478e18])

    assert read(of_another_program(fill)) == [(1, ["8.93901010235848E+18"])]


def test_the_first_sheet_that_is_not_hidden_counts() -> None:
    def fill(book: openpyxl.Workbook) -> None:
        book.active.sheet_state = "hidden"
        book.create_sheet("seen").append(["here"])
        book.active = 1

    assert read(of_another_program(fill)) == [(1, ["here"])]


def test_ours_are_read_by_others_and_hold_no_formula() -> None:
    data = workbooks.workbook(
        "Parts: [a]", ["name", "n"], [["=1+1", 5], ["ä\x07<", Decimal("1.5")]]
    )

    sheet = openpyxl.load_workbook(BytesIO(data)).active

    assert sheet is not None
    assert [[cell.value for cell in row] for row in sheet.rows] == [
        ["name", "n"],
        ["=1+1", 5],
        ["ä<", 1.5],
    ]
    assert sheet["A2"].data_type == "s"
    assert read(data)[1] == (2, ["=1+1", "5"])
    assert data == workbooks.workbook(
        "Parts: [a]", ["name", "n"], [["=1+1", 5], ["ä\x07<", Decimal("1.5")]]
    )


def test_a_cell_far_away_costs_nothing() -> None:
    def fill(book: openpyxl.Workbook) -> None:
        book.active["A1"] = "here"
        book.active["XFD1048576"] = "far"

    assert read(of_another_program(fill), most=2_000_000) == [(1, ["here"])]


def test_what_unpacks_to_too_much_is_refused_before_it_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ours = workbooks.workbook("x", ["a"], [])
    bomb = repacked(ours, sheet1=b"<worksheet>" + b" " * 5_000_000 + b"</worksheet>")
    with pytest.raises(TooLarge):
        read(bomb)

    monkeypatch.setattr(workbooks, "MOST_UNPACKED", 500)
    with pytest.raises(TooLarge):
        read(ours)


@pytest.mark.parametrize(
    "sheet",
    [
        b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><worksheet/>',
        "<worksheet/>".encode("utf-16"),
        b"<worksheet><sheetData><row",
        b"<worksheet><sheetData><row r='x'><c r='1'/></row></sheetData></worksheet>",
        b"<worksheet><sheetData><row><c t='s'><v>99</v></c></row></sheetData></worksheet>",
    ],
)
def test_a_broken_or_malicious_sheet_is_one_sentence(sheet: bytes) -> None:
    ours = workbooks.workbook("x", ["a"], [])
    with pytest.raises(Refused, match="cannot be read"):
        read(repacked(ours, sheet1=sheet))


@pytest.mark.parametrize("data", [b"PK\x03\x04", b"PK\x03\x04" + b"x" * 500, b""])
def test_what_is_no_workbook_is_one_sentence(data: bytes) -> None:
    with pytest.raises(Refused, match="cannot be read"):
        read(data)


def test_a_zip_of_something_else_is_one_sentence() -> None:
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("hello.txt", "hello")
    with pytest.raises(Refused, match="cannot be read"):
        read(file.getvalue())
