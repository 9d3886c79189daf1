"""Customers who follow their repair while tills sell: does the checkout wait for them?

The tills work at a cashier's pace. Each window with customers lies between two half as long without
them, so that a machine which grows slower or faster meanwhile tells for neither. All sales with
customers are compared with all without: of the few in one window, the 95th percentile is chance.
"""

import json
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.customers import book
from app.customers.book import CustomerInput
from app.customers.models import CustomerKind
from app.identity.models import Staff
from app.identity.roles import Role
from app.identity.signing import actor_for
from app.kernel.db import Database
from app.kernel.filestore import FileStore
from app.main import create_app
from app.service import links
from app.settings import Settings
from app.stores import desk
from bench.figures import percentile, verdict_at_most
from bench.machine import processor_s
from bench.sales import CASH, STEPS, Sale
from bench.shops import Shop
from bench.statements import Heard, listening
from bench.visitors import Visitor
from bench.workers import watched_worker
from tests.makers.service import Workshop, a_customers_unit, a_ticket

TILLS = 5
POLLS_A_SECOND = 200
MOST_STATEMENTS = 1
MOST_RATIO = 2.0
# Where windows without customers differ by more among themselves, the machine is not ours alone.
STEADY = 1.5
# Each on a line of its own: fewer, and they would wait for their answers instead of asking.
_REPAIRS = 100
# A cashier's hands: from one step of a sale to the next.
_PACE_S = 0.5


@dataclass(slots=True)
class Polled:
    """Seconds of the last step of each sale, by window; polls answered a second; what failed.

    `worker_s` and `quiet_worker_s` are the worker's processor time in windows with and without.
    """

    quiet: list[list[float]] = field(default_factory=list)
    polled: list[list[float]] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    poll_ms: list[float] = field(default_factory=list)
    worker_s: float = 0.0
    quiet_worker_s: float = 0.0
    polls: int = 0
    errors: int = 0

    def hear(self, told: dict[str, Any]) -> None:
        """What came of the polls of a window."""
        self.rates.append(told["rate"])
        self.poll_ms.append(percentile(told["taken"], 0.95) * 1000)
        self.polls += len(told["taken"])
        self.errors += told["wrong"]

    @property
    def ratio(self) -> float:
        """Of the 95th percentile of all sales with customers to that of all without."""
        return p95_ms(self.polled) / p95_ms(self.quiet)

    @property
    def verdict(self) -> str:
        alone = [p95_ms([window]) for window in self.quiet]
        is_steady = max(alone) <= min(alone) * STEADY
        return verdict_at_most([self.ratio], MOST_RATIO) if is_steady else "no verdict: busy"

    @property
    def worker_ms(self) -> float:
        """Processor time of the worker for one poll, beside what the sales take of it."""
        quiet = self.quiet_worker_s * sales(self.polled) / sales(self.quiet)
        return (self.worker_s - quiet) / self.polls * 1000


def p95_ms(windows: list[list[float]]) -> float:
    return percentile([one for window in windows for one in window], 0.95) * 1000


def sales(windows: list[list[float]]) -> int:
    return sum(len(window) for window in windows)


def repairs(url: str, folder: Path) -> list[str]:
    """The keys of some repairs that are under way in a shop."""
    database = Database(url)
    with database.transaction() as session:
        shop, keys = _workshop(session, folder), []
        for number in range(_REPAIRS):
            unit = a_customers_unit(session, shop.store, shop.manager, shop.owner, f"POLL-{number}")
            ticket = a_ticket(session, shop, unit=unit)
            keys.append(links.new(session, shop.technician, ticket))
    database.close()
    return keys


def _workshop(session: Session, folder: Path) -> Workshop:
    """The shop's own, in which its manager does everything."""
    person = session.scalars(select(Staff).where(Staff.role == Role.MANAGER)).one()
    store, manager = desk.store_of(session, person.store_id), actor_for(person, terminal=None)
    owner = book.add(session, manager, CustomerInput(kind=CustomerKind.COMPANY, name="Klinik"))
    return Workshop(
        store=store,
        technician=manager,
        manager=manager,
        people={Role.MANAGER: person},
        owner=owner,
        unit=a_customers_unit(session, store, manager, owner, "POLL-OWN"),
        files=FileStore.below(folder),
    )


def heard_of_a_poll(url: str, folder: Path, key: str) -> Heard:
    """What the database is asked for one poll, once everything is warm."""
    app = create_app(Settings(database_url=url, data_dir=folder))
    client = TestClient(app)
    client.get(_address(key))
    with listening(app.state.database) as heard:
        answer = client.get(_address(key))
    app.state.database.close()
    if not answer.is_success:
        raise RuntimeError(f"poll: {answer.status_code} {answer.text[:500]}")
    return heard


def measure(shop: Shop, folder: Path, keys: list[str], *, windows: int, seconds: float) -> Polled:
    """So many windows with customers, each of so many seconds."""
    serials, found = count(1), Polled()
    with (
        watched_worker(shop.url, folder) as (port, process),
        ThreadPoolExecutor(TILLS) as pool,
    ):
        tills = [Visitor(port, session=cookie) for cookie in shop.cookies[:TILLS]]

        def window(length: float) -> list[float]:
            for till in tills:
                till.hang_up()
            ends = time.perf_counter() + length
            done = pool.map(lambda till: _sell_until(till, shop, serials, ends, found), tills)
            return [taken for of_one in done for taken in of_one]

        def quiet() -> None:
            before = processor_s(process)
            found.quiet.append(window(seconds / 2))
            found.quiet_worker_s += processor_s(process) - before

        window(_PACE_S * len(STEPS) * 2)
        for _ in range(windows):
            quiet()
            with _customers(port, keys, seconds) as asking:
                before = processor_s(process)
                found.polled.append(window(seconds))
                found.hear(json.loads(_heard(asking)))
                found.worker_s += processor_s(process) - before
            quiet()
    return found


def _sell_until(
    till: Visitor, shop: Shop, serials: "count[int]", ends: float, found: Polled
) -> list[float]:
    """Whole sales, a step each pace; the seconds of their last steps."""
    taken = []
    while time.perf_counter() < ends:
        number, order = next(serials), ""
        for step in STEPS:
            address, fields = Sale(shop, number).form(step)
            if step == CASH:
                fields["order"] = order
            answer = till.post(address, **fields)
            found.errors += answer.status != 200
            order = answer.order or order
            if step == CASH:
                taken.append(answer.seconds)
            time.sleep(max(_PACE_S - answer.seconds, 0))
    return taken


@contextmanager
def _customers(port: int, keys: list[str], seconds: float) -> Iterator["Popen[str]"]:
    """A process of their own, so that asking takes no time from those who sell; it asks already
    within the block, and says at the end what came of it.
    """
    command = (sys.executable, "-m", "bench.asking")
    arguments = (str(port), str(POLLS_A_SECOND), str(seconds))
    with Popen((*command, *arguments), stdin=PIPE, stdout=PIPE, text=True) as asking:
        try:
            _say(asking, json.dumps([_address(key) for key in keys]))
            _heard(asking)
            _say(asking, "begin")
            yield asking
        finally:
            asking.terminate()


def _say(asking: "Popen[str]", line: str) -> None:
    if asking.stdin is None:
        raise RuntimeError("nobody hears")
    asking.stdin.write(f"{line}\n")
    asking.stdin.flush()


def _heard(asking: "Popen[str]") -> str:
    line = asking.stdout.readline() if asking.stdout is not None else ""
    if not line:
        raise RuntimeError("the customers were sent away")
    return line


def _address(key: str) -> str:
    return f"/s/{key}/live"
