"""The pages of imports and exports: a file is chosen, understood, followed, taken in, given out."""

import csv
import threading
from io import BytesIO, StringIO

import openpyxl
import pytest
from fastapi import FastAPI
from httpx2 import Response
from sqlalchemy.orm import Session

from app.identity.roles import Role
from app.kernel.db import Database
from app.parts import importwork, stock
from app.parts.moves import Move
from app.web import csrf
from tests.makers.browsing import SECRET, Browser, a_browser
from tests.makers.identity import a_person, a_session
from tests.makers.store_room import StoreRoom, a_store_room

pytestmark = pytest.mark.only_on("sqlite")

GERMAN = "Teilenummer;Bezeichnung;Was\nNEU-1;Größe 5;x\nCAB-1;Kabel;y\n"


@pytest.fixture
def room(session: Session) -> StoreRoom:
    made = a_store_room(session)
    session.commit()
    return made


@pytest.fixture
def clerk(app: FastAPI, session: Session, room: StoreRoom) -> Browser:
    cookie = a_session(session, a_person(session, room.store, "Mei", role=Role.PARTS))
    session.commit()
    return a_browser(app, cookie)


def upload(browser: Browser, data: bytes, kind: str = "parts", name: str = "list.csv") -> Response:
    return browser.client.post(
        "/parts/imports",
        data={csrf.FIELD: csrf._token(SECRET), "kind": kind},
        files={"file": (name, data, "text/csv")},
        follow_redirects=False,
    )


def check(browser: Browser, here: str, *fields: str) -> Response:
    """Say what the columns are, and have every row looked at."""
    chosen = {f"column-{at}": name for at, name in enumerate(fields)}
    return browser.post(f"{here}/check", htmx=False, **chosen, token=f"check {here}")


def test_a_file_is_followed_from_its_columns_to_its_last_row(
    database: Database, clerk: Browser
) -> None:
    here = upload(clerk, GERMAN.encode("cp1252")).headers["location"]
    columns = clerk.get(here).text
    asked = check(clerk, here, "number", "name", "")
    waiting = clerk.get(here).text
    importwork.run_due(database, threading.Event())
    checked = clerk.get(here, htmx=True).text
    clerk.post(f"{here}/import", token="t2")
    importwork.run_due(database, threading.Event())
    done = clerk.get(here).text

    assert "Windows-1252" in columns
    assert "Größe 5" in columns
    assert "1 column is not used" in columns
    assert asked.status_code == 303
    assert 'hx-trigger="every 1s"' in waiting
    assert "<progress" in waiting
    assert 'hx-trigger="every 1s"' not in checked
    assert "Import now" in checked
    assert "Imported by Mei" in done
    assert clerk.get("/parts/NEU-1").status_code == 200
    assert "I-1" in clerk.get("/parts/imports").text


def test_a_bad_row_is_shown_with_its_number_and_field_and_nothing_can_be_imported(
    database: Database, clerk: Browser
) -> None:
    here = upload(clerk, b"number;quantity;bin\nCAB-1;1,5;A-2\n", "stock").headers["location"]
    check(clerk, here, "number", "quantity")
    importwork.run_due(database, threading.Event())

    page = clerk.get(here).text
    refused = clerk.post(f"{here}/import", token="t2")

    assert "1 row has a problem" in page
    assert "“1,5” is not a whole number of pieces." in page
    assert "Import now" not in page
    assert refused.status_code == 422
    assert "Nothing was imported" in refused.text


def test_columns_that_cannot_be_are_told_and_stay_chosen(clerk: Browser) -> None:
    here = upload(clerk, GERMAN.encode()).headers["location"]

    answer = check(clerk, here, "name", "name", "")

    assert answer.status_code == 422
    assert "Say which column is “Part number”" in answer.text
    assert (
        answer.text.count('<option value="name"\n                                    selected') == 2
    )


def test_a_file_can_be_read_in_another_encoding(clerk: Browser) -> None:
    here = upload(clerk, GERMAN.encode("cp1252")).headers["location"]

    clerk.post(f"{here}/look", encoding="GB18030", separator=";")

    assert "Größe 5" not in clerk.get(here).text
    clerk.post(f"{here}/look", encoding="Windows-1252", separator=";")
    assert "Größe 5" in clerk.get(here).text


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "Please choose a file"),
        (b"number;name\n", "no rows below its titles"),
        (b"\xd0\xcf\x11\xe0old", "Old or protected workbooks"),
        (b"PK\x03\x04broken", "This workbook cannot be read"),
        (b"\x00\x01\x02", "This is not a text file"),
    ],
)
def test_what_is_no_list_is_one_sentence_at_the_field(
    clerk: Browser, data: bytes, told: str
) -> None:
    answer = upload(clerk, data)

    assert answer.status_code == 422
    assert told in answer.text


def rows_of(answer: Response) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(answer.content.decode("utf-8-sig"))))


def test_tables_are_given_out_and_no_cell_is_a_formula(
    session: Session, room: StoreRoom, clerk: Browser
) -> None:
    """TXT-03: serials and numbers stay text."""
    room.cable.name = '=HYPERLINK("x")'
    stock.book(session, room.manager, [Move(room.cable.id, 2, room.a1, room.a2)], reason="-1+1")
    session.commit()

    parts = rows_of(clerk.get("/parts/export/parts.csv"))
    stocked = rows_of(clerk.get("/parts/export/stock.csv"))
    moved = rows_of(clerk.get("/parts/export/movements.csv"))
    priced = rows_of(clerk.get("/parts/export/prices.csv"))
    book = openpyxl.load_workbook(BytesIO(clerk.get("/parts/export/stock.xlsx").content))

    assert {row["number"]: row["name"] for row in parts}["CAB-1"] == '\'=HYPERLINK("x")'
    assert [(row["number"], row["place"], row["quantity"], row["cost"]) for row in stocked] == [
        ("CAB-1", "A-1", "8", "5.00"),
        ("PAD-7", "A-1", "20", "1.00"),
        ("BAT-9", "A-2", "1", "900.00"),
        ("CAB-1", "A-2", "2", "5.00"),
    ]
    assert moved[-1]["reason"] == "'-1+1"
    assert {row["number"] for row in priced} == {"CAB-1", "BAT-9", "PAD-7"}
    sheet = book.active
    assert sheet is not None
    assert [cell.value for cell in sheet[2]] == [
        "CAB-1",
        '=HYPERLINK("x")',
        "A-1",
        None,
        None,
        8,
        5,
    ]
    assert sheet["B2"].data_type == "s"


def test_what_was_given_out_comes_in_again_and_changes_nothing(
    database: Database, clerk: Browser
) -> None:
    data = clerk.get("/parts/export/parts.xlsx").content
    here = upload(clerk, data, name="parts.xlsx").headers["location"]
    page = clerk.get(here).text
    fields = (
        *("number", "name", "gtin", "control", "slot_class", "maker", "revision", "description"),
        *("price", "tax_code", "minimum", "maximum", "core_days", "un_number", "successor"),
    )
    check(clerk, here, *fields)
    importwork.run_due(database, threading.Event())

    assert "1 column is not used" in page
    assert "importing it would change nothing" in clerk.get(here).text


def test_days_that_are_none_are_told(clerk: Browser) -> None:
    answer = clerk.get("/parts/export/movements.csv?since=yesterday")

    assert answer.status_code == 422
    assert "is not a day like" in answer.text
    assert clerk.get("/parts/export/secrets.csv").status_code == 404
    assert clerk.get("/parts/export/parts.exe").status_code == 404
