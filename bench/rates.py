"""Each step of a sale in requests a second, beside a bare endpoint that writes the same rows."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from bench.bare import address_of
from bench.sales import STEPS, Sale
from bench.shops import Shop
from bench.statements import Heard
from bench.visitors import Answer, Visitor
from bench.workers import bare_worker, our_worker

# requests a second by step, for each window
Windows = list[dict[str, float]]


@dataclass(frozen=True, slots=True)
class Rates:
    """Windows of ours and of the bare endpoints, in turns: the nth of both lie side by side."""

    ours: Windows
    bare: Windows

    def shares(self, step: str) -> list[float]:
        return [own[step] / bare[step] for own, bare in zip(self.ours, self.bare, strict=True)]


def measure(
    shop: Shop, folder: Path, heard: dict[str, Heard], *, windows: int, seconds: float
) -> Rates:
    """One worker each, one client, whole sales one after the other, in turns."""
    numbers = count(1)
    rates = Rates([], [])
    with our_worker(shop.url, folder) as port, bare_worker(shop.url, folder, heard) as bare_port:
        visitor = Visitor(port, session=shop.cookies[0])
        bare = Visitor(bare_port)

        def ours(step: str, number: int) -> Answer:
            address, fields = Sale(shop, number).form(step)
            return visitor.post(address, **fields)

        def bares(step: str, number: int) -> Answer:
            return bare.post(address_of(step), **Sale(shop, number).form(step)[1])

        _sell(ours, next(numbers))
        _sell(bares, 0)
        for _ in range(windows):
            rates.ours.append(_window(ours, lambda: next(numbers), seconds))
            rates.bare.append(_window(bares, lambda: 0, seconds))
    return rates


def _window(
    ask: Callable[[str, int], Answer], number: Callable[[], int], seconds: float
) -> dict[str, float]:
    spent, sales, until = dict.fromkeys(STEPS, 0.0), 0, time.perf_counter() + seconds
    while time.perf_counter() < until:
        for step, took in _sell(ask, number()).items():
            spent[step] += took
        sales += 1
    return {step: sales / took for step, took in spent.items()}


def _sell(ask: Callable[[str, int], Answer], number: int) -> dict[str, float]:
    """Seconds of each step of one sale."""
    took = {}
    for step in STEPS:
        answer = ask(step, number)
        if answer.status != 200:
            raise RuntimeError(f"{step}: {answer.status} {answer.body[:500]!r}")
        took[step] = answer.seconds
    return took
