"""A clerk counts two bins with nothing but a scanner, and sees nothing of what is expected."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.identity.roles import Role
from app.kernel.db import Database
from app.parts import counts
from app.parts.count_models import CountLine
from tests.journeys.hands import PATIENCE_MS, Hands
from tests.makers.identity import PASSWORD, a_person
from tests.makers.store_room import StoreRoom, a_store_room

# The engine behind the page does not change what a scanner sends.
pytestmark = pytest.mark.only_on("sqlite")


@pytest.fixture
def room(session: Session) -> StoreRoom:
    made = a_store_room(session)
    a_person(session, made.store, "Mei Lin", role=Role.PARTS)
    counts.start(session, made.clerk, place_ids=[made.a1.id, made.a2.id])
    session.commit()
    return made


def test_two_bins_are_counted_by_scanner_alone(
    page: Page, room: StoreRoom, start_server: Callable[..., str], database: Database
) -> None:
    hands = Hands(page)
    base = start_server()
    hands.go(f"{base}/sign-in")
    hands.write("#f-login", "mei")
    hands.write("#f-password", PASSWORD)
    hands.press("Enter")
    page.wait_for_url("**/")

    hands.go(f"{base}/parts/counts/1")
    hands.scan("a-1")
    hands.sees("Count A-1", within="h1")
    for code in ("CAB-1", "CAB-1", "*10", "PAD-7", "L1", "*20"):
        hands.scan(code)
    hands.sees("30 pieces in this bin", within="#counted")
    hands.press("Control+Enter")
    hands.sees("1 of 2 counted", within="#bins")
    hands.scan("A-2")
    hands.sees("Count A-2", within="h1")
    hands.scan("B-001")
    hands.sees("1 piece in this bin", within="#counted")
    hands.press("Control+Enter")
    page.wait_for_url(re.compile(r"/parts/counts/1$"), timeout=PATIENCE_MS)
    hands.sees("Everything is counted", within="main")

    with database.reading() as session:
        lines = session.execute(select(CountLine.part_id, CountLine.counted, CountLine.expected))
        assert {part_id: (counted, expected) for part_id, counted, expected in lines} == {
            room.cable.id: (10, 10),
            room.pad.id: (20, 20),
            room.battery.id: (1, 1),
        }
