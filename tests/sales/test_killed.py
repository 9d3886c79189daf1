"""kill -9 in the middle of a sale, a refund or the closing of the till: the service comes back, and
each is made once.
"""

import json
import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import checking
from app.kernel.db import Database
from app.kernel.money import Money
from app.parts import stock
from app.payments import bills, stripe_gate, tills
from app.payments.models import PaymentAttempt, Tender, TillSession
from app.payments.refund_models import Refund
from app.payments.states import AttemptState
from app.sales.models import Order, UnitSale
from app.settings import Settings
from tests.makers.programs import a_token, eur
from tests.makers.sales import Counter, a_counter, a_robot
from tests.processes import QUATREFOIL, Running, forked, free_port, is_ready, wait_until_up
from tests.stripe_server import StripeStandIn, running_stripe_stand_in

# `make soak` kills fifty times. PostgreSQL is not killed with us, so fewer times tell as much.
KILLS = int(os.environ.get("QUATREFOIL_TEST_KILLS", "6"))
KILLS_ON_POSTGRESQL = max(KILLS // 3, 1)
READY_WITHIN_S = 5.0
# Running programs for each processor, above which the time of a start says nothing about ours.
BUSY = 1.5
PATIENCE_S = 60.0
WEBHOOK_SECRET = "whsec_killed"
BATTERIES_EACH = 2


class Service:
    """`quatrefoil serve` on one port, to be started and killed."""

    def __init__(self, settings: dict[str, str], log: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.starts_s: list[float] = []
        self._settings = settings
        self._log = log
        self._process: Running | None = None

    def start(self) -> None:
        """From the program's file, and see how long that takes."""
        began = time.monotonic()
        with self._log.open("ab") as log:
            process = subprocess.Popen(
                (QUATREFOIL, *self._arguments),
                env={**os.environ, **self._settings},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._wait_for(process)
        self.starts_s.append(time.monotonic() - began)

    def start_again(self) -> None:
        """The same, from its imports on: those know nothing of what was under way."""
        self._wait_for(forked(self._arguments, settings=self._settings, log=self._log))

    @property
    def _arguments(self) -> tuple[str, ...]:
        return ("serve", "--port", str(self.port), "--no-demo")

    def _wait_for(self, process: Running) -> None:
        self._process = process
        wait_until_up(process, lambda: is_ready(self.url), self._log)

    def kill(self) -> None:
        """As a power cut does it: no last word."""
        if self._process is not None:
            os.kill(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None


class Customer:
    """A program that wants one sale, brings a part of it back and closes the till after it; it
    repeats each request until somebody answers it.
    """

    def __init__(self, url: str, token: str, serial: str) -> None:
        self._netloc = urlsplit(url).netloc
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._serial = serial
        self._order = ""

    def buys(self, counter: Counter, tenders: list[dict[str, Any]]) -> None:
        wanted = {
            "customer": counter.customer.number,
            "lines": [
                {"serial": self._serial},
                {"product": counter.battery.code, "quantity": BATTERIES_EACH},
            ],
        }
        order = self._post("/orders", wanted, step="order")
        here = f"/orders/{order['number']}"
        for index, tender in enumerate(tenders):
            sent = {"till": counter.till.id, **tender}
            self._post(f"{here}/payments", sent, step=f"pay-{index}")
            if tender["tender"] == "card":
                self._wait_for_card(here)
        paid = self._ask("GET", here)[1]
        assert (paid["due"], paid["status"]) == (eur(0), "paid"), paid

        self._order = here

    def brings_one_back(self, counter: Counter) -> None:
        """One of the batteries, and its money by the way of the last payment."""
        here = self._order
        last = self._ask("GET", f"{here}/payments")[1]["items"][-1]
        back = {"payment": last["number"], "amount": eur(counter.battery.price_minor)}
        item = {"position": 2, "quantity": 1, "condition": "as_new"}
        wanted = {
            "reason": "does not fit",
            "items": [item],
            "refunds": [back],
            "till": counter.till.id,
        }
        self._post(f"{here}/returns", wanted, step="return")
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            (refund,) = self._ask("GET", f"{here}/returns")[1]["refunds"]
            if refund["state"] == "paid_out":
                return
            assert refund["state"] != "failed", refund
            time.sleep(0.02)
        raise AssertionError("the money never went back")

    def closes(self, counter: Counter, session_id: int) -> int:
        """The drawer holds what is expected; the next session begins. Returns its id."""
        expected = self._ask("GET", f"/till-sessions/{session_id}/x-report")[1]["expected"]
        self._post(f"/till-sessions/{session_id}/close", {"counted": expected}, step="close")
        opening = {"till": counter.till.name, "float": eur(20_000)}
        opened = self._post("/till-sessions", opening, step="open")
        return int(opened["id"])

    def _wait_for_card(self, here: str) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            payment = self._ask("GET", f"{here}/payments")[1]["items"][-1]
            if payment["state"] == "captured":
                return
            if payment["state"] == "unknown":
                self._ask("POST", f"{here}/payments/{payment['number']}/reconcile", {})
            assert payment["state"] not in {"declined", "cancelled"}, payment
            time.sleep(0.02)
        raise AssertionError("the card was never charged")

    def _post(self, address: str, body: Any, *, step: str) -> Any:
        status, answer = self._ask("POST", address, body, key=f"{self._serial}-{step}")
        assert status in {200, 201, 202}, answer
        return answer

    def _ask(
        self, method: str, address: str, body: Any = None, *, key: str = ""
    ) -> tuple[int, Any]:
        """The same request, with the same key, until it is answered."""
        headers = self._headers | ({"Idempotency-Key": key} if key else {})
        content = None if body is None else json.dumps(body)
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            connection = HTTPConnection(self._netloc, timeout=10)
            with closing(connection), suppress(OSError, HTTPException):
                connection.request(method, f"/api/v1{address}", content, headers)
                answer = connection.getresponse()
                return answer.status, json.loads(answer.read())
            time.sleep(0.02)
        raise AssertionError(f"nobody answers {method} {address}")


@pytest.fixture
def stripe(tmp_path: Path) -> Iterator[StripeStandIn]:
    with running_stripe_stand_in(reader_delay=0.03, state=tmp_path / "stripe.db") as running:
        yield running


@pytest.fixture
def service(database_url: str, stripe: StripeStandIn, tmp_path: Path) -> Iterator[Service]:
    settings = {
        "QUATREFOIL_DATABASE_URL": database_url,
        "QUATREFOIL_DATA_DIR": str(tmp_path / "var"),
        "QUATREFOIL_STRIPE_SECRET_KEY": stripe.key,
        "QUATREFOIL_STRIPE_API_BASE": stripe.url,
        "QUATREFOIL_STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET,
        "QUATREFOIL_OUTBOX_SECONDS": "0.05",
        "QUATREFOIL_LOG_LEVEL": "WARNING",
    }
    made = Service(settings, tmp_path / "serve.log")
    with ExitStack() as ending:
        ending.callback(made.kill)
        yield made


@pytest.fixture
def settings(database_url: str, stripe: StripeStandIn) -> Settings:
    return Settings(
        database_url=database_url, stripe_secret_key=stripe.key, stripe_api_base=stripe.url
    )


def test_a_service_that_is_killed_makes_each_sale_refund_and_closing_once(
    session: Session,
    database: Database,
    settings: Settings,
    service: Service,
    stripe: StripeStandIn,
) -> None:
    # given
    stripe_gate.connect(database, settings)
    reader = stripe_gate.gate_of(database).add_simulated_reader("Till 1", country="DE")
    counter = a_counter(session, reader_id=reader.id)
    kills = KILLS if database.is_sqlite else KILLS_ON_POSTGRESQL
    serials = [f"KILL-{number:03d}" for number in range(kills + 1)]
    for serial in serials:
        a_robot(session, counter, serial)
    part_id = counter.battery.part_id or 0
    more = BATTERIES_EACH * len(serials)
    stock.receive(session, counter.manager, part_id, quantity=more, reason="for this test")
    before = stock.free(session, part_id)
    token = a_token(session, counter.manager)
    drawer = tills.require_open(session, counter.till.id).id
    session.commit()
    chance = random.Random(2026)
    ways: list[list[dict[str, Any]]] = [
        [{"tender": "card"}],
        [{"tender": "cash", "tendered": eur(2_000_000)}],
        [{"tender": "cash", "amount": eur(50_000)}, {"tender": "card"}],
        [{"tender": "transfer", "amount": eur(1), "note": "RF18"}, {"tender": "cash"}],
    ]
    service.start()

    # when
    began = time.monotonic()
    drawer = _day(Customer(service.url, token, serials[0]), counter, ways[2], drawer)
    undisturbed_s = time.monotonic() - began
    for number, serial in enumerate(serials[1:]):
        way, customer = chance.choice(ways), Customer(service.url, token, serial)
        with ThreadPoolExecutor(1) as crowd:
            day = crowd.submit(_day, customer, counter, way, drawer)
            time.sleep(chance.uniform(0, undisturbed_s))
            service.kill()
            service.start_again() if number else service.start()
            drawer = day.result(PATIENCE_S)

    # then
    _is_sold_once(session, counter, serials)
    assert stock.free(session, part_id) == before - (BATTERIES_EACH - 1) * len(serials)
    _stripe_moved_what_the_books_say(session, stripe)
    _tills_were_closed_once(session, len(serials))
    assert checking.prove(database).breaches == []
    # the best of all starts, since other work of this machine must not fail a test
    busy = os.getloadavg()[0] / (os.cpu_count() or 1)
    assert min(service.starts_s) < READY_WITHIN_S or busy > BUSY


def _day(customer: Customer, counter: Counter, way: list[dict[str, Any]], drawer: int) -> int:
    customer.buys(counter, way)
    customer.brings_one_back(counter)
    return customer.closes(counter, drawer)


def _is_sold_once(session: Session, counter: Counter, serials: list[str]) -> None:
    session.expire_all()
    assert session.scalar(select(func.count(Order.id))) == len(serials)
    assert session.scalar(select(func.count(UnitSale.id))) == len(serials)
    left = BATTERIES_EACH - 1
    price = counter.robot.price_minor + left * counter.battery.price_minor
    for order in session.scalars(select(Order)):
        bill = bills.by_reference(session, counter.store.id, f"order:{order.number}")
        assert bill is not None
        assert bills.paid(session, bill) == Money(price, "EUR")


def _stripe_moved_what_the_books_say(session: Session, stripe: StripeStandIn) -> None:
    booked = session.execute(
        select(PaymentAttempt.intent_id, PaymentAttempt.amount_minor).where(
            PaymentAttempt.intent_id.is_not(None), PaymentAttempt.state == AttemptState.CAPTURED
        )
    )
    charged = [
        (charge["payment_intent"], charge["amount_captured"])
        for charge in stripe.charges(status="succeeded")
    ]
    assert sorted(charged) == sorted((str(intent), int(minor)) for intent, minor in booked)
    given = session.execute(
        select(Refund.provider_id, Refund.amount_minor).where(Refund.tender == Tender.CARD)
    )
    told = [(refund["id"], refund["amount"]) for refund in stripe.read("refunds")]
    assert sorted(told) == sorted((str(known), int(minor)) for known, minor in given)


def _tills_were_closed_once(session: Session, days: int) -> None:
    closed = session.scalars(
        select(TillSession.difference_minor).where(TillSession.closed_at.is_not(None))
    ).all()
    assert closed == [0] * days
    assert session.scalar(select(func.count(TillSession.id))) == days + 1
