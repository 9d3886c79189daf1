"""The list of parts: what runs out, what a search finds, page after page."""

import re

import pytest
from fastapi import FastAPI
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.kernel.db import Database
from app.parts import arrivals, aside, numbers, places, stock, supersession
from app.parts.catalogue_models import NumberKind
from app.parts.models import PlaceKind
from app.parts.numbers import Numbered
from app.robots.bodyplan import SlotClass
from app.robots.slot_models import Control
from tests.makers.browsing import Browser
from tests.makers.parts import shelved
from tests.makers.robots import a_model

pytestmark = pytest.mark.only_on("sqlite")


def test_the_list_says_what_runs_out_and_each_filter_keeps_it_in_the_address(
    session: Session, clerk: Actor, browser: Browser
) -> None:
    shelved(session, clerk, "GOOD-1", pieces=9, minimum=2)
    shelved(session, clerk, "LOW-1", pieces=2, minimum=2)
    shelved(session, clerk, "OUT-1", minimum=1, core_days=14)

    everything, low, out, core = (
        browser.get(f"/parts?show={show}").text for show in ("", "low", "out", "core")
    )

    for page, numbers_there in (
        (everything, {"GOOD-1", "LOW-1", "OUT-1"}),
        (low, {"LOW-1", "OUT-1"}),
        (out, {"OUT-1"}),
        (core, {"OUT-1"}),
    ):
        assert {one for one in ("GOOD-1", "LOW-1", "OUT-1") if f"/parts/{one}" in page} == (
            numbers_there
        )
    assert "Enough" in everything
    assert "<html" not in browser.get("/parts?show=low", htmx=True).text


@pytest.mark.parametrize("typed", ["ak80 25", "AK-8025", "ut-7", "4006381333931", "Part ak"])
def test_a_search_by_any_number_finds_the_part(
    session: Session, clerk: Actor, browser: Browser, typed: str
) -> None:
    part = shelved(session, clerk, "AK80-25")
    numbers.add(session, clerk, part, Numbered(NumberKind.SUPPLIER, "UT-77", "Motus"))
    numbers.add(session, clerk, part, Numbered(NumberKind.GTIN, "4006381333931"))
    session.commit()

    assert "/parts/AK80-25" in browser.get(f"/parts?q={typed}").text


def test_the_old_number_finds_the_new_part_and_says_so(
    session: Session, clerk: Actor, browser: Browser
) -> None:
    old, new = shelved(session, clerk, "AK80-24"), shelved(session, clerk, "AK80-25", pieces=3)
    supersession.replace(session, clerk, old, new, both_ways=False)
    session.commit()

    found = browser.get("/parts?q=ak80-24").text
    page = browser.get("/parts/AK80-24").text

    assert found.index("/parts/AK80-25") < found.index("/parts/AK80-24")
    assert "replaced by AK80-25" in found
    assert "AK80-24 was replaced by AK80-25." in page


def test_the_list_asks_as_often_for_many_parts_as_for_few(
    session: Session, clerk: Actor, browser: Browser, app: FastAPI
) -> None:
    for number in range(4):
        shelved(session, clerk, f"P-{number}", pieces=1)
    few = statements(app.state.database, browser, "/parts")
    for number in range(4, 70):
        shelved(session, clerk, f"P-{number}", pieces=1)

    assert statements(app.state.database, browser, "/parts") == few <= 15
    first = browser.get("/parts").text
    assert first.count('id="part-') - first.count('id="part-filter"') >= 50
    assert "Next page" in first


def test_a_parts_page_asks_as_often_for_much_as_for_little(
    session: Session, clerk: Actor, browser: Browser, app: FastAPI
) -> None:
    part = shelved(session, clerk, "AK-80", control=Control.SERIAL, slot_class=SlotClass.ACTUATOR)
    a_model(session)

    def more(numbers_: range) -> None:
        for n in numbers_:
            (piece,) = arrivals.components(session, clerk, [(part, f"S-{n}", "")]).values()
            bin_ = places.add(session, clerk, kind=PlaceKind.BIN, name=f"Rack {n}", code=f"C-{n}")
            stock.receive(
                session, clerk, part.id, quantity=1, reason="x", component=piece, place=bin_
            )
            aside.put_aside(session, clerk, part.id, quantity=1, purpose="x", minutes=9)
            other = shelved(session, clerk, f"OLD-{n}")
            supersession.replace(session, clerk, other, part, both_ways=False)
            numbers.add(session, clerk, part, Numbered(NumberKind.MAKER, f"M-{n}", "CubeMars"))
        session.commit()

    more(range(1))
    few = statements(app.state.database, browser, "/parts/AK-80")
    more(range(1, 6))

    assert statements(app.state.database, browser, "/parts/AK-80") == few <= 15


def statements(database: Database, browser: Browser, address: str) -> int:
    seen: list[str] = []

    def note(*args: object) -> None:
        seen.append(str(args[2]))

    event.listen(database.reader, "before_cursor_execute", note)
    try:
        assert browser.get(address).status_code == 200
    finally:
        event.remove(database.reader, "before_cursor_execute", note)
    return len(seen)


def test_pages_of_the_list_follow_each_other_without_gap(
    session: Session, clerk: Actor, browser: Browser
) -> None:
    made = {shelved(session, clerk, f"P-{number}").id for number in range(120)}
    seen: list[int] = []
    address = "/parts"
    while address:
        page = browser.get(address).text
        seen += map(int, re.findall(r'<tr id="part-(\d+)"', page))
        found = re.search(r'href="([^"]+)" rel="next"', page)
        address = found[1].replace("&amp;", "&") if found else ""

    assert len(seen) == len(set(seen)) == len(made)
    assert set(seen) == made
