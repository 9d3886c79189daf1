"""Every page that staff see: its statements with few rows and with many, and what travels."""

import gzip
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy.orm import Session

from app.kernel import migrating
from app.kernel.db import Database
from app.kernel.money import Money
from app.main import create_app
from app.parts import stock
from app.sales import catalogue, parking
from app.sales.catalogue import ProductInput
from app.sales.models import Category, ProductKind
from app.settings import Settings
from bench.statements import listening
from tests.house.routes import Way, ways
from tests.makers.browsing import Browser
from tests.makers.customers import a_customer
from tests.makers.sales import Counter, a_counter, a_robot
from tests.makers.whole_sales import a_basket, sold, sold_and_handed_over

FEW, MANY = 2, 60
MOST_STATEMENTS = 15
FIRST_KB, NAVIGATION_KB = 70, 10
SERIAL = "DEMO-G1-0001"
# What fills a gap of an address; all else is number 1.
_GAPS = {"serial:path": SERIAL, "what": "cash", "serial": SERIAL}
WAITING = "/sales/{number}/handover"
_ASSET = re.compile(r'(?:href|src)="(/static/[^"#]+)')
_GZIP_LEVEL = 6


@dataclass(frozen=True, slots=True)
class Page:
    """Statements in a shop with few rows and in one with many; KB compressed in the latter."""

    path: str
    few: int
    many: int
    kilobytes: float


@dataclass(frozen=True, slots=True)
class Pages:
    """All pages, the addresses that showed none, and the weight of the first one with its files."""

    measured: list[Page]
    silent: list[str]
    first_kb: float

    @property
    def too_many(self) -> list[Page]:
        return [page for page in self.measured if page.many > MOST_STATEMENTS]

    @property
    def growing(self) -> list[Page]:
        """Pages whose statements grow with their lists."""
        return [page for page in self.measured if page.many > page.few]


def measure(folder: Path) -> Pages:
    (folder / "first").mkdir()
    few, many = (_shown(folder, rows) for rows in (FEW, MANY))
    pages = [
        Page(path, few[path].statements, shown.statements, shown.kilobytes)
        for path, shown in many.items()
        if path in few
    ]
    silent = [way.path for way in _ways() if way.path not in few or way.path not in many]
    return Pages(pages, silent, _first_load_kb(folder))


@dataclass(frozen=True, slots=True)
class _Shown:
    statements: int
    kilobytes: float


def _shown(folder: Path, rows: int) -> dict[str, _Shown]:
    """Each page that answers with HTML, by its path."""
    shown = {}
    with _service(folder, rows) as (app, browser):
        for way in _ways():
            address = _address(way, rows)
            browser.get(address)
            with listening(app.state.database) as heard:
                answer = browser.get(address)
            if answer.status_code == 200 and _is_html(answer):
                shown[way.path] = _Shown(heard.total, _kilobytes(answer.content))
    return shown


@contextmanager
def _service(folder: Path, rows: int) -> Iterator[tuple[FastAPI, Browser]]:
    url = f"sqlite:///{folder / f'pages-{rows}.db'}"
    migrating.upgrade(url)
    database = Database(url)
    with database.transaction() as session:
        counter = a_counter(session)
        _trade(session, counter, rows)
    database.close()
    app = create_app(Settings(database_url=url, data_dir=folder))
    yield app, Browser(TestClient(app), counter.manager_cookie)
    app.state.database.close()


def _trade(session: Session, counter: Counter, rows: int) -> None:
    """As many as `rows`: customers, products, sales handed over, sales that wait for it, baskets
    that are parked, robots for sale.
    """
    manager, part_id = counter.manager, counter.battery.part_id or 0
    stock.receive(session, manager, part_id, quantity=3 * rows, reason="plenty")
    robots = [a_robot(session, counter, f"DEMO-G1-{index:04d}") for index in range(1, 3 * rows + 1)]
    for index in range(rows):
        a_customer(session, counter.seller, f"Customer {index}", phone=f"+49 341 555 {index:04d}")
        catalogue.add(session, manager, _product(index))
    for unit in robots[:rows]:
        sold_and_handed_over(session, counter, unit)
    for unit in robots[rows : 2 * rows]:
        sold(session, counter, unit)
    for _ in range(rows):
        parking.park(session, counter.seller, a_basket(session, counter, batteries=1))
    a_basket(session, counter, batteries=1)


def _product(index: int) -> ProductInput:
    return ProductInput(
        code=f"PART-{index}",
        name=f"Part {index}",
        kind=ProductKind.ITEM,
        category=Category.PARTS,
        price=Money(1_000, "EUR"),
        tax_code="standard",
    )


def _ways() -> list[Way]:
    """Addresses of pages; `/robots/unit` is another writing of `/robots/{serial}`."""
    return [
        way
        for way in ways()
        if way.is_page and not way.writes and not way.path.startswith("/robots/unit")
    ]


def _address(way: Way, rows: int) -> str:
    if way.path == WAITING:
        return way.path.format(number=rows + 1)
    return re.sub(r"{([^}]+)}", lambda gap: _GAPS.get(gap[1], "1"), way.path)


def _is_html(answer: Response) -> bool:
    return answer.headers.get("content-type", "").startswith("text/html")


def _kilobytes(content: bytes) -> float:
    """As it travels: compressed as the service does."""
    return len(gzip.compress(content, _GZIP_LEVEL)) / 1000


def _first_load_kb(folder: Path) -> float:
    """The first page of the day with its style, scripts, font and icons."""
    with _service(folder / "first", FEW) as (_app, browser):
        page = browser.get("/")
        addresses = sorted(set(_ASSET.findall(page.text)))
        files = [browser.get(address).content for address in addresses]
    return sum(_kilobytes(content) for content in (page.content, *files))
