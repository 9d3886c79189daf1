"""The pages of stocktakes: bins chosen, counted blind, approved by somebody else."""

import csv
import re
from io import BytesIO, StringIO

import openpyxl
import pytest
from fastapi import FastAPI
from sqlalchemy.orm import Session

from app.identity.roles import Role
from app.parts import counting, counts
from tests.makers.browsing import Browser
from tests.makers.store_room import StoreRoom, a_store_room
from tests.parts.conftest import as_role

pytestmark = pytest.mark.only_on("sqlite")


@pytest.fixture
def room(session: Session) -> StoreRoom:
    made = a_store_room(session)
    session.commit()
    return made


@pytest.fixture
def clerk(app: FastAPI, session: Session, room: StoreRoom) -> Browser:
    return as_role(app, session, room.store, Role.PARTS)


@pytest.fixture
def manager(app: FastAPI, session: Session, room: StoreRoom) -> Browser:
    return as_role(app, session, room.store, Role.MANAGER)


def test_a_stocktake_is_counted_by_scans_and_approved_by_somebody_else(
    room: StoreRoom, clerk: Browser, manager: Browser
) -> None:
    assert "Nothing was counted yet" in clerk.get("/parts/counts").text
    chosen: dict[str, str] = {"title": "Year end", "token": "t1", f"place-{room.a1.id}": "yes"}
    begun = clerk.post("/parts/counts/new", htmx=False, **chosen)
    here = f"{begun.headers['location']}/bins/{room.a1.id}"
    assert begun.status_code == 303
    for token, code in (("t2", "CAB-1"), ("t3", "*12"), ("t3", "*12")):
        page = clerk.get(here).text
        line = page.partition('name="last" value="')[2].partition('"')[0]
        seen = clerk.post(f"{here}/scan", htmx=True, code=code, last=line, token=token)
        assert seen.status_code == 200, seen.text
    pad = clerk.post(f"{here}/scan", htmx=True, code="PAD-7", token="t4")
    assert "Now the lot of PAD-7" in pad.text
    clerk.post(f"{here}/scan", htmx=True, code="L1", part=str(room.pad.id), token="t5")
    clerk.post(f"{here}/finish", token="t6")

    assert "Somebody who approves" in clerk.get(begun.headers["location"]).text
    page = manager.get(begun.headers["location"]).text
    assert "+2" in page
    assert "€10.00" in page
    booked = manager.post(f"{begun.headers['location']}/approve", note="checked", token="t7")

    assert booked.status_code == 303
    assert "Booked" in manager.get("/parts/counts").text


def test_the_counter_never_sees_what_is_expected(
    session: Session, room: StoreRoom, clerk: Browser
) -> None:
    count = counts.start(session, room.clerk, place_ids=[room.a1.id])
    session.commit()
    here = f"/parts/counts/{count.number}/bins/{room.a1.id}"

    seen = clerk.post(f"{here}/scan", htmx=True, code="CAB-1", token="t1").text
    page = clerk.get(f"/parts/counts/{count.number}").text

    assert "10" not in re.sub(r"<[^>]*>", " ", seen).split()
    assert 'value="10"' not in seen
    assert "Differences" not in page
    assert clerk.get(f"/parts/counts/{count.number}/differences.csv").status_code == 403


def test_a_typed_count_that_is_none_stands_at_its_field(
    session: Session, room: StoreRoom, clerk: Browser
) -> None:
    count = counts.start(session, room.clerk, place_ids=[room.a1.id])
    spot = counts.spot_of(session, count, room.a1.id)
    seen = counting.scan(session, room.clerk, count, spot, "CAB-1")
    assert isinstance(seen, counting.Counted)
    session.commit()
    here = f"/parts/counts/{count.number}/bins/{room.a1.id}/lines/{seen.line.id}"

    answer = clerk.post(here, htmx=True, counted="1,5", token="t1")

    assert answer.status_code == 422
    assert 'value="1,5"' in answer.text
    assert "is not a whole number" in answer.text


def test_an_unknown_scan_is_a_refusal_and_counts_nothing(
    session: Session, room: StoreRoom, clerk: Browser
) -> None:
    count = counts.start(session, room.clerk, place_ids=[room.a1.id])
    session.commit()
    here = f"/parts/counts/{count.number}/bins/{room.a1.id}"

    answer = clerk.post(f"{here}/scan", htmx=True, code="XYZ-9", token="t1")

    assert answer.status_code == 404
    assert "Nobody knows XYZ-9" in answer.text
    assert "Scan the first piece" in clerk.get(here).text


def test_choosing_nothing_is_told_and_keeps_the_title(clerk: Browser) -> None:
    answer = clerk.post("/parts/counts/new", title="Year end", token="t1")

    assert answer.status_code == 422
    assert 'value="Year end"' in answer.text
    assert "Choose between 1 and 500 bins" in answer.text


def test_differences_come_as_files_without_formulas(
    session: Session, room: StoreRoom, manager: Browser
) -> None:
    room.cable.name = "=cmd|calc"
    count = counts.start(session, room.clerk, place_ids=[room.a1.id, room.a2.id])
    for place in (room.a1, room.a2):
        counting.finish(session, room.clerk, count, counts.spot_of(session, count, place.id))
    session.commit()

    as_csv = manager.get(f"/parts/counts/{count.number}/differences.csv")
    as_xlsx = manager.get(f"/parts/counts/{count.number}/differences.xlsx")

    rows = list(csv.DictReader(StringIO(as_csv.content.decode("utf-8-sig"))))
    assert [(row["part"], row["name"], row["difference"]) for row in rows] == [
        ("CAB-1", "'=cmd|calc", "-10"),
        ("PAD-7", "Foot pad", "-20"),
        ("BAT-9", "Battery", "-1"),
    ]
    sheet = openpyxl.load_workbook(BytesIO(as_xlsx.content)).active
    assert sheet is not None
    assert (sheet["C2"].value, sheet["C2"].data_type) == ("=cmd|calc", "s")
    assert sheet["H2"].value == -10


def test_giving_up_asks_for_a_reason(session: Session, room: StoreRoom, clerk: Browser) -> None:
    count = counts.start(session, room.clerk, place_ids=[room.a1.id])
    session.commit()

    refused = clerk.post(f"/parts/counts/{count.number}/cancel", reason=" ", token="t1")
    given_up = clerk.post(f"/parts/counts/{count.number}/cancel", reason="wrong day", token="t2")

    assert refused.status_code == 422
    assert "Say why" in refused.text
    assert given_up.status_code == 303
    assert "Given up" in clerk.get("/parts/counts").text
