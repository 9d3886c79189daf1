"""A scan among few robots and among many: what it costs exactly, and how long it takes."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

from app.main import create_app
from app.settings import Settings
from bench.figures import percentile
from bench.shops import Shop, furnish
from bench.statements import Heard, listening
from bench.visitors import Visitor
from bench.workers import our_worker
from tests.makers.browsing import Browser

FEW, MANY = 100, 100_000
# Each scan is voided, so that the next one finds the counter as this one did.
_VOID = {"reason": "measured"}


@dataclass(slots=True)
class Scans:
    """The same scans in a shop of `robots`: exact costs of one, and seconds of each window."""

    robots: int
    heard: Heard
    windows: list[list[float]] = field(default_factory=list)

    @property
    def p95_ms(self) -> list[float]:
        return [percentile(window, 0.95) * 1000 for window in self.windows]


def measure(
    url: Callable[[], str], folder: Path, *, windows: int, seconds: float
) -> tuple[Scans, Scans]:
    """Few and many, in turns; the counters first, so that timing disturbs no plan."""
    shops = furnish(url(), robots=FEW), furnish(url(), robots=MANY)
    few, many = (Scans(shop.robots, _heard(shop, folder)) for shop in shops)
    with our_worker(shops[0].url, folder) as port, our_worker(shops[1].url, folder) as other:
        visitors = [
            Visitor(port, session=shops[0].cookies[0]),
            Visitor(other, session=shops[1].cookies[0]),
        ]
        for visitor, shop in zip(visitors, shops, strict=True):
            _window(visitor, shop, 0.5)
        for _ in range(windows):
            few.windows.append(_window(visitors[0], shops[0], seconds))
            many.windows.append(_window(visitors[1], shops[1], seconds))
    return few, many


def _heard(shop: Shop, folder: Path) -> Heard:
    """What one scan asks and costs, once everything is warm."""
    app = create_app(Settings(database_url=shop.url, data_dir=folder))
    browser = Browser(TestClient(app), shop.cookies[0])
    for index in (0, 1):
        _done(browser.post("/counter/scan", htmx=True, **_scan(shop, index)))
        _done(browser.post("/counter/void", htmx=True, **_VOID))
    with listening(app.state.database, explain=True) as heard:
        _done(browser.post("/counter/scan", htmx=True, **_scan(shop, 2)))
    app.state.database.close()
    return heard


def _window(visitor: Visitor, shop: Shop, seconds: float) -> list[float]:
    taken: list[float] = []
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        # steps that meet every region of the index, the same for both sizes
        answer = visitor.post("/counter/scan", **_scan(shop, len(taken) * 7919))
        if answer.status != 200:
            raise RuntimeError(f"scan: {answer.status} {answer.body[:500]!r}")
        taken.append(answer.seconds)
        visitor.post("/counter/void", **_VOID)
    return taken


def _scan(shop: Shop, index: int) -> dict[str, str]:
    return {"code": shop.serial(index), "scan_id": f"scan-{index}"}


def _done(answer: Any) -> None:
    if not answer.is_success:
        raise RuntimeError(f"{answer.status_code} {answer.text[:500]}")
