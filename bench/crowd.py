"""Eight clients writing at once: how long the unluckiest wait, and whether any is sent away."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from bench.figures import percentile
from bench.sales import CASH, STEPS, Sale
from bench.shops import Shop
from bench.visitors import Visitor
from bench.workers import our_worker

CLIENTS = 8


@dataclass(frozen=True, slots=True)
class Crowd:
    """Seconds and status of each write."""

    writes: list[tuple[float, int]]
    seconds: float

    @property
    def rate(self) -> float:
        return len(self.writes) / self.seconds

    @property
    def failures(self) -> int:
        return sum(status >= 500 for _, status in self.writes)

    def percentile_ms(self, share: float) -> float:
        return percentile([taken for taken, _ in self.writes], share) * 1000


def measure(shop: Shop, folder: Path, *, writes: int) -> Crowd:
    """Whole sales at eight tills of one store, none of which waits between its steps."""
    serials = count(1)
    with our_worker(shop.url, folder) as port:
        visitors = [Visitor(port, session=cookie) for cookie in shop.cookies]
        for visitor in visitors:
            _sell(visitor, shop, next(serials))
        started = time.perf_counter()
        with ThreadPoolExecutor(CLIENTS) as pool:
            done = list(
                pool.map(lambda one: _trade(one, shop, serials, writes // CLIENTS), visitors)
            )
        seconds = time.perf_counter() - started
    return Crowd([write for of_one in done for write in of_one], seconds)


def _trade(
    visitor: Visitor, shop: Shop, serials: "count[int]", writes: int
) -> list[tuple[float, int]]:
    done: list[tuple[float, int]] = []
    while len(done) < writes:
        done += _sell(visitor, shop, next(serials))
    return done


def _sell(visitor: Visitor, shop: Shop, number: int) -> list[tuple[float, int]]:
    """One sale; the order's number stands in the cart, since others sell meanwhile."""
    done = []
    order = ""
    for step in STEPS:
        address, fields = Sale(shop, number).form(step)
        if step == CASH:
            fields["order"] = order
        answer = visitor.post(address, **fields)
        done.append((answer.seconds, answer.status))
        order = answer.order or order
    return done
