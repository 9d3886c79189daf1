"""The store room with few parts and with many: its list, its value on a past day, one booking."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fastapi.testclient import TestClient
from sqlalchemy import insert, literal, select, text
from sqlalchemy.orm import Session

from app.kernel import migrating
from app.kernel.actor import Actor
from app.kernel.db import Base, Database
from app.main import create_app
from app.parts import places, stock, valuation
from app.parts.models import Balance, Movement, Part, Place, PlaceKind
from app.parts.moves import Move
from app.robots.slot_models import Control
from app.settings import Settings
from bench.statements import Heard, listening
from tests.makers.browsing import Browser
from tests.makers.sales import Counter, a_counter

FEW, MANY = 1_000, 100_000
MOVEMENTS_EACH = 10
TWO, SEVERAL = 2, 20
_CHUNK = 10_000
_COST = 1_250
_TABLES = Base.metadata.tables
_LAST = datetime(2026, 6, 1, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Room:
    """What the list of 50 costs, how long values take, what bookings ask."""

    parts: int
    list_heard: Heard
    total_s: float
    value_page_s: float
    two: Heard
    several: Heard


def measure(url: Callable[[], str], folder: Path) -> tuple[Room, Room]:
    return _measured(url(), folder, FEW), _measured(url(), folder, MANY)


def _measured(url: str, folder: Path, parts: int) -> Room:
    migrating.upgrade(url)
    database = Database(url)
    with database.transaction() as session:
        counter = a_counter(session)
        _fill(session, counter.manager, parts)
    with database.writer.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        # as autovacuum leaves a shop's tables
        connection.execute(text("ANALYZE" if database.is_sqlite else "VACUUM ANALYZE"))
    total_s = _total_s(database, counter.manager, parts)
    two, several = (_booked(database, counter.manager, count) for count in (TWO, SEVERAL))
    database.close()
    list_heard, value_page_s = _pages(url, folder, counter)
    return Room(parts, list_heard, total_s, value_page_s, two, several)


def _fill(session: Session, actor: Actor, count: int) -> None:
    """Parts that each came in ten times over three years, and what lies of them."""
    for first in range(0, count, _CHUNK):
        session.execute(
            insert(Part),
            [_part(actor.store_id, index) for index in range(first, min(first + _CHUNK, count))],
        )
    found = places.standards(session, actor.store_id, (PlaceKind.SUPPLIER, PlaceKind.BIN))
    ours = Part.number_key.like("bench-%")
    for index in range(MOVEMENTS_EACH):
        columns = {
            "store_id": literal(actor.store_id),
            "part_id": Part.id,
            "from_place_id": literal(found[PlaceKind.SUPPLIER].id),
            "to_place_id": literal(found[PlaceKind.BIN].id),
            "quantity": literal(1),
            "lot": literal(""),
            "lot_key": literal(""),
            "value_minor": literal(_COST),
            "stock_change": literal(1),
            "value_change": literal(_COST),
            "at": literal(_LAST - timedelta(days=100 * (MOVEMENTS_EACH - index - 1))),
            "actor": literal("Bench"),
            "reason": literal("delivery"),
            "reference": literal(""),
        }
        lines = select(*columns.values()).where(ours)
        session.execute(insert(_TABLES[Movement.__tablename__]).from_select(list(columns), lines))
    for place, sign in ((found[PlaceKind.BIN], 1), (found[PlaceKind.SUPPLIER], -1)):
        _lay(session, place, sign * MOVEMENTS_EACH)
    session.flush()


def _part(store_id: int, index: int) -> dict[str, object]:
    number = f"bench-{index:07d}"
    return {
        "store_id": store_id,
        "number": number.upper(),
        "number_key": number,
        "name": f"Part {index:07d}",
        "name_key": f"part {index:07d}",
        "gtin": "",
        "control": Control.NONE,
        "description": "",
        "price_minor": 2 * _COST,
        "tax_code": "",
        "minimum": 5,
        "maximum": 20,
        "un_number": "",
        "archived": False,
        "valued_quantity": MOVEMENTS_EACH,
        "valued_minor": MOVEMENTS_EACH * _COST,
    }


def _lay(session: Session, place: Place, quantity: int) -> None:
    columns = {
        "part_id": Part.id,
        "place_id": literal(place.id),
        "lot": literal(""),
        "lot_key": literal(""),
        "bounded": literal(quantity > 0),
        "pickable": literal(quantity > 0),
        "quantity": literal(quantity),
        "cost_minor": literal(0),
    }
    rows = select(*columns.values()).where(Part.number_key.like("bench-%"))
    session.execute(insert(_TABLES[Balance.__tablename__]).from_select(list(columns), rows))


def _total_s(database: Database, actor: Actor, parts: int) -> float:
    """Seconds that the value in the middle of them takes; the quickest of three."""
    before = _LAST - timedelta(days=450)
    taken = []
    for _ in range(3):
        with database.reading() as session:
            began = time.perf_counter()
            found = valuation.total(session, actor, before=before)
            taken.append(time.perf_counter() - began)
            if found.quantity != parts * MOVEMENTS_EACH // 2:
                raise RuntimeError(f"{found} is not half of what came in")
    return min(taken)


def _booked(database: Database, actor: Actor, count: int) -> Heard:
    """What it asks to move one piece each of so many parts."""
    with database.transaction() as session:
        bench = places.standard(session, actor.store_id, PlaceKind.BENCH)
        shelf = places.standard(session, actor.store_id, PlaceKind.BIN)
        newest = select(Part.id).where(Part.on_hand > 0).order_by(Part.id.desc()).limit(count)
        moves = [Move(part_id, 1, shelf, bench) for part_id in session.scalars(newest)]
        with listening(database) as heard:
            stock.book(session, actor, moves, reason="measured")
    return heard


def _pages(url: str, folder: Path, counter: Counter) -> tuple[Heard, float]:
    """The list of 50, warm, and seconds of the page of values."""
    app = create_app(Settings(database_url=url, data_dir=folder))
    browser = Browser(TestClient(app), counter.manager_cookie)
    day = (_LAST - timedelta(days=450)).date()
    shown = [browser.get(page) for page in ("/parts", "/parts/valuation", "/parts")]
    began = time.perf_counter()
    shown.append(browser.get(f"/parts/valuation?on={day}"))
    value_page_s = time.perf_counter() - began
    # last, for a connection that was listened to goes on counting
    with listening(app.state.database, explain=True) as heard:
        shown.append(browser.get("/parts"))
    for answer in shown:
        if answer.status_code != 200:
            raise RuntimeError(f"{answer.status_code} {answer.text[:500]}")
    app.state.database.close()
    return heard, value_page_s
