"""Imported files: understood whatever wrote them, checked row by row, taken in whole or not."""

import threading
from collections.abc import Callable, Sequence
from io import BytesIO

import openpyxl
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.identity.roles import Role
from app.kernel.csvfile import csv_bytes
from app.kernel.db import Database
from app.kernel.errors import Conflict, Forbidden, Refused, TooLarge
from app.parts import (
    catalogue,
    checks,
    importfiles,
    imports,
    importwork,
    prices,
    supersession,
    suppliers,
)
from app.parts.import_models import ImportKind, ImportState, PartImport
from app.parts.models import Balance, Movement, Part
from app.parts.suppliers import SupplierInput
from app.robots import components
from app.robots.slot_models import Control
from tests.makers.store_room import StoreRoom, a_store_room, an_actor_of

Take = Callable[..., PartImport]


@pytest.fixture
def room(session: Session) -> StoreRoom:
    made = a_store_room(session)
    session.commit()
    return made


@pytest.fixture
def take(database: Database, session: Session, room: StoreRoom) -> Take:
    """Have a file checked, and imported when it is sound."""

    def take_(kind: ImportKind, data: bytes, *, columns: Sequence[str] | None = None) -> PartImport:
        row = imports.stage(session, room.manager, kind, file_name="list.csv", data=data)
        if columns is not None:
            imports.choose_columns(session, room.manager, row, columns)
        imports.ask_check(session, room.manager, row)
        session.commit()
        assert importwork.run_due(database, threading.Event())
        session.expire_all()
        if not row.problem_count:
            imports.ask_import(session, room.manager, row)
            session.commit()
            assert importwork.run_due(database, threading.Event())
            session.expire_all()
        session.rollback()
        return row

    return take_


def lines(*rows: str) -> bytes:
    return "\n".join(rows).encode()


def problems(row: PartImport) -> list[tuple[int, str, str]]:
    return [(each.row, each.field, str(each.text)) for each in imports.problems_of(row)]


def part(session: Session, room: StoreRoom, number: str) -> Part:
    return catalogue.by_number(session, room.manager, number)


GERMAN = (
    "Teilenummer;Bezeichnung;Hersteller;Preis;Mindestbestand\n"
    "AKT-25;Aktuator für Knie;Böhm;1.234,50;2\n"
)
CHINESE = "零件号\t名称\t制造商\t售价\t最低库存\nAKT-25\t膝关节执行器\t宇树\t1234.50\t2\n"


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(
    ("file", "told"),
    [
        ((GERMAN, "utf-8"), ("UTF-8", "Aktuator für Knie")),
        ((GERMAN, "utf-8-sig"), ("UTF-8", "Aktuator für Knie")),  # TXT-01
        ((GERMAN, "utf-16"), ("UTF-16", "Aktuator für Knie")),
        ((GERMAN, "cp1252"), ("Windows-1252", "Aktuator für Knie")),
        ((CHINESE, "utf-8"), ("UTF-8", "膝关节执行器")),
        ((CHINESE, "gb18030"), ("GB18030", "膝关节执行器")),
    ],
)
def test_a_list_is_read_in_the_encodings_and_titles_of_the_trade(
    session: Session, room: StoreRoom, take: Take, file: tuple[str, str], told: tuple[str, str]
) -> None:
    (text, encoding), (read_as, name) = file, told
    row = take(ImportKind.PARTS, text.encode(encoding))

    made = part(session, room, "AKT-25")
    assert (row.state, row.encoding, row.rows_new) == (ImportState.DONE, read_as, 1)
    assert (made.name, made.price_minor, made.minimum) == (name, 123_450, 2)


def test_a_workbook_is_read_with_its_formulas_as_values_and_zeros_in_front(
    session: Session, room: StoreRoom, take: Take
) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Price list 2026"])
    sheet.merge_cells("A1:C1")
    sheet.append([])
    sheet.append(["Part number", "Name", "Selling price"])
    sheet.append(["007", "Screw", 1.5])
    sheet.append([])
    sheet.append([8, "Nut", 0.25])
    sheet["A6"].number_format = "000"
    sheet["C7"] = "=1+1"
    file = BytesIO()
    book.save(file)

    row = take(ImportKind.PARTS, file.getvalue())

    assert row.state is ImportState.DONE, problems(row)
    assert part(session, room, "007").price_minor == 150
    assert part(session, room, "008").price_minor == 25


def test_the_same_file_again_changes_nothing_and_says_so(session: Session, take: Take) -> None:
    data = GERMAN.encode()
    first = take(ImportKind.PARTS, data)

    again = take(ImportKind.PARTS, data)

    assert (again.rows_new, again.rows_changed, again.rows_same) == (0, 0, 1)
    found = imports.earlier(session, again)
    assert found is not None
    assert found.id == first.id


def test_a_percent_sign_in_a_name_is_a_letter_like_others(
    session: Session, room: StoreRoom, take: Take
) -> None:
    """TXT-07."""
    row = take(ImportKind.PARTS, lines("number,name", "OXI-5,OXI 0.05% X_"))

    assert row.rows_new == 1
    assert catalogue.find(session, room.manager, "0.05% x_") == [part(session, room, "OXI-5")]
    assert catalogue.find(session, room.manager, "0.05%%") == []


def test_a_number_that_differs_by_case_or_dashes_is_the_same_part(
    room: StoreRoom, take: Take
) -> None:
    """STK-13: one rule on all paths."""
    row = take(ImportKind.PARTS, lines("number,name,price", "cab 1,Cable,2.50"))
    twice = take(ImportKind.PARTS, lines("number,name", "NEW-1,One", "new1,Two"))

    assert (row.rows_new, row.rows_changed) == (0, 1)
    assert (room.cable.number, room.cable.price_minor) == ("CAB-1", 250)
    assert problems(twice) == [
        (3, "number", "new1 stands in row 2 already; dashes and spaces make no other number.")
    ]


@pytest.mark.only_on("sqlite")
def test_one_bad_row_of_fifty_thousand_keeps_all_others_out_and_is_named(
    session: Session, take: Take
) -> None:
    rows = [[f"N-{number}", "Part", "1"] for number in range(1, 50_001)]
    rows[41_999][2] = "1,5"

    row = take(ImportKind.PARTS, csv_bytes(["number", "name", "minimum"], rows))

    assert (row.state, row.rows_total) == (ImportState.CHECKED, 50_000)
    assert problems(row) == [(42_001, "minimum", "“1,5” is not a whole number of pieces.")]
    assert session.scalar(select(func.count()).where(Part.number.startswith("N-"))) == 0


def test_a_quantity_is_whole_pieces(take: Take) -> None:
    row = take(ImportKind.STOCK, lines("number;quantity;bin", "CAB-1;1,5;A-2"))

    assert problems(row) == [(2, "quantity", "“1,5” is not a whole number of pieces.")]


def test_a_ring_of_successors_is_refused(session: Session, room: StoreRoom, take: Take) -> None:
    """STK-11: directly, and over what is here already."""
    catalogue.add_part(session, room.manager, number="OLD", name="Old")
    supersession.replace(
        session, room.manager, part(session, room, "OLD"), room.cable, both_ways=False
    )
    session.commit()

    row = take(
        ImportKind.PARTS,
        lines("number,name,replaced by", "CAB-1,,NEW", "NEW,New,OLD", "SELF,Self,SELF"),
    )

    assert {number for number, field, text in problems(row) if "ring" in text} == {2, 3, 4}


def test_successors_of_a_list_are_entered(session: Session, room: StoreRoom, take: Take) -> None:
    row = take(ImportKind.PARTS, lines("number,name,replaced by", "CAB-1,,CAB-2", "CAB-2,Better,"))

    assert row.state is ImportState.DONE, problems(row)
    newest = supersession.newest(session, [room.cable.id])
    assert newest == {room.cable.id: part(session, room, "CAB-2").id}


def test_a_number_that_a_spreadsheet_has_shortened_is_refused(take: Take) -> None:
    """TXT-03."""
    row = take(ImportKind.STOCK, lines("number;quantity;serial number", "BAT-9;1;8,93901E+18"))

    assert problems(row)[0][:2] == (2, "serial")
    assert "has shortened" in problems(row)[0][2]


def test_an_unknown_column_is_asked_and_a_missing_one_refused(
    session: Session, room: StoreRoom
) -> None:
    """TXT-05."""
    row = imports.stage(
        session,
        room.manager,
        ImportKind.STOCK,
        file_name="stock.csv",
        data=lines("Part,Menge,Frobs", "CAB-1,3,x"),
    )

    assert imports.columns_of(row) == ["number", "quantity", ""]
    with pytest.raises(Refused, match="Say which column is “Part number”"):
        imports.choose_columns(session, room.manager, row, ["", "quantity", ""])
    with pytest.raises(Refused, match="Two columns cannot both be"):
        imports.choose_columns(session, room.manager, row, ["number", "number", "quantity"])


def test_opening_stock_goes_through_the_ledger_once(
    session: Session, room: StoreRoom, take: Take
) -> None:
    data = lines(
        "number;quantity;bin;lot;serial;cost",
        "cab-1;4;A-2;;;3,20",
        "PAD-7;6;A-2;L9;;",
        "BAT-9;1;A-1;;007;850",
        "BAT-9;;A-2;;B-001;",
    )

    row = take(ImportKind.STOCK, data)
    again = take(ImportKind.STOCK, data)

    assert row.state is ImportState.DONE, problems(row)
    assert (row.rows_new, row.rows_same) == (3, 1)
    assert (again.rows_new, again.rows_same) == (0, 4)
    (found,) = components.find(session, room.manager, "007")
    assert session.scalar(select(Balance.cost_minor).where(Balance.component_id == found.id)) == (
        85_000
    )
    movements = session.scalars(
        select(Movement).where(Movement.reference == f"import:{row.number}")
    ).all()
    assert sorted(movement.quantity for movement in movements) == [1, 4, 6]
    assert room.cable.valued_minor == 5_000 + 1_280
    assert list(checks.breaches(session)) == []


@pytest.mark.parametrize(
    ("line", "field", "told"),
    [
        ("CAB-9;1;A-1;;", "number", "No part CAB-9"),
        ("CAB-1;1;Z-9;;", "place", "No place Z-9"),
        ("PAD-7;1;A-1;;", "lot", "needs its lot"),
        ("CAB-1;1;A-2;L1;", "lot", "not kept by lot"),
        ("BAT-9;1;A-1;;", "serial", "kept by serial"),
        ("BAT-9;2;A-1;;X1", "quantity", "of one piece"),
        ("BAT-9;1;A-1;;B-001", "serial", "not in this bin"),
        ("CAB-1;;A-2;;", "quantity", "fill this in"),
    ],
)
@pytest.mark.only_on("sqlite")
def test_a_line_of_stock_that_cannot_be_is_told_with_its_field(
    take: Take, line: str, field: str, told: str
) -> None:
    row = take(ImportKind.STOCK, lines("number;quantity;bin;lot;serial", line))

    ((number, name, text),) = problems(row)
    assert (number, name) == (2, field)
    assert told in text


def test_another_quantity_for_what_was_opened_is_a_matter_of_a_stocktake(take: Take) -> None:
    take(ImportKind.STOCK, lines("number;quantity;bin", "CAB-1;4;A-2"))

    row = take(ImportKind.STOCK, lines("number;quantity;bin", "CAB-1;5;A-2"))

    assert "opened here with 4 already" in problems(row)[0][2]


def test_a_price_list_sets_selling_and_purchase_prices(
    session: Session, room: StoreRoom, take: Take
) -> None:
    supplier = suppliers.add(session, room.manager, SupplierInput(name="Böhm", currency="EUR"))
    session.commit()
    data = lines(
        "number;price;supplier;cost;supplier number;from pieces",
        "CAB-1;9,90;;;;",
        "PAD-7;;BÖHM;0,80;B-77;10",
    )

    row = take(ImportKind.PRICES, data)
    again = take(ImportKind.PRICES, data)

    assert row.state is ImportState.DONE, problems(row)
    assert (row.rows_new, row.rows_changed) == (1, 1)
    assert again.rows_same == 2
    assert room.cable.price_minor == 990
    ((price, found),) = prices.price_list(session, supplier)
    assert (found.number, price.price_minor, price.minimum, price.number) == (
        "PAD-7",
        80,
        10,
        "B-77",
    )


def test_control_does_not_change_under_pieces_that_are_here(room: StoreRoom, take: Take) -> None:
    row = take(ImportKind.PARTS, lines("number,tracking", "CAB-1,Seriennummer"))

    assert "Book them out first" in problems(row)[0][2]
    assert room.cable.control is Control.NONE


def test_a_file_that_is_given_up_is_read_no_further(
    database: Database, session: Session, room: StoreRoom
) -> None:
    row = imports.stage(
        session, room.manager, ImportKind.PARTS, file_name="a.csv", data=GERMAN.encode()
    )
    imports.ask_check(session, room.manager, row)
    imports.cancel(session, room.manager, row)
    session.commit()

    assert not importwork.run_due(database, threading.Event())
    with pytest.raises(Conflict):
        imports.ask_import(session, room.manager, row)


def test_a_process_that_stops_leaves_the_file_to_the_next(
    database: Database, session: Session, room: StoreRoom
) -> None:
    rows = [[f"N-{number}", f"Part {number}"] for number in range(1_500)]
    row = imports.stage(
        session,
        room.manager,
        ImportKind.PARTS,
        file_name="a.csv",
        data=csv_bytes(["number", "name"], rows),
    )
    imports.ask_check(session, room.manager, row)
    session.commit()
    stopping = threading.Event()
    stopping.set()
    assert importwork.run_due(database, stopping)

    assert importwork.run_due(database, threading.Event())

    session.expire_all()
    assert (row.state, row.rows_new) == (ImportState.CHECKED, 1_500)


def test_who_may_not_edit_parts_imports_none(session: Session, room: StoreRoom) -> None:
    seller = an_actor_of(room.store, Role.SALES, "Jana")
    with pytest.raises(Forbidden):
        imports.stage(session, seller, ImportKind.PARTS, file_name="a.csv", data=GERMAN.encode())


def test_more_rows_than_anybody_means_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    data = lines("number,name", *(f"N-{number},x" for number in range(20)))
    head = importfiles.look(data, ImportKind.PARTS)
    monkeypatch.setattr(importfiles, "MOST_ROWS", 5)

    with pytest.raises(TooLarge, match="at most 5 rows"):
        list(importfiles.body(data, head.layout, title_row=head.title_row))
