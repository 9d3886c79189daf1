"""Crowds over real HTTP: many buyers of one robot, and many who only look."""

import json
from collections import Counter as Tally
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection
from threading import Barrier
from urllib.parse import urlsplit

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.payments.checks import breaches as payment_breaches
from app.sales.checks import breaches
from app.sales.models import Order, UnitSale
from tests.makers.programs import a_token
from tests.makers.sales import Counter, a_counter, a_robot

BUYERS, ROUNDS = 200, 20
PATIENCE_S = 60


class Buyer:
    """A program that wants what all want."""

    def __init__(self, url: str, token: str, counter: Counter) -> None:
        self._address = urlsplit(url).netloc
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._customer, self._till = counter.customer.number, counter.till.id

    def buy(self, serial: str) -> tuple[int, ...]:
        """Order the robot, and pay for it if it is ours; the answers' status codes."""
        wanted = {"customer": self._customer, "lines": [{"serial": serial}]}
        with closing(HTTPConnection(self._address, timeout=PATIENCE_S)) as connection:
            status, order = self._post(connection, "/orders", wanted)
            if status != 201:
                return (status,)
            paying = {"tender": "cash", "till": self._till}
            paid, _ = self._post(connection, f"/orders/{order['number']}/payments", paying)
            return (status, paid)

    def _post(
        self, connection: HTTPConnection, address: str, body: object
    ) -> tuple[int, dict[str, object]]:
        connection.request("POST", f"/api/v1{address}", json.dumps(body), self._headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())


def test_a_serial_is_sold_once_whoever_comes(
    session: Session, start_server: Callable[..., str]
) -> None:
    # given
    counter = a_counter(session)
    serials = [f"RACE-{number:02d}" for number in range(ROUNDS)]
    for serial in serials:
        a_robot(session, counter, serial)
    token = a_token(session, counter.manager)
    session.commit()
    url = start_server(QUATREFOIL_LOG_LEVEL="ERROR")
    buyers = [Buyer(url, token, counter) for _ in range(BUYERS)]
    gate = Barrier(BUYERS)

    def race(buyer: Buyer) -> list[tuple[int, ...]]:
        answers = []
        for serial in serials:
            gate.wait(PATIENCE_S)
            answers.append(buyer.buy(serial))
        return answers

    # when
    with ThreadPoolExecutor(BUYERS) as crowd:
        answers = list(crowd.map(race, buyers))

    # then
    for number in range(ROUNDS):
        seen = Tally(answer[number] for answer in answers)
        assert seen == {(201, 201): 1, (409,): BUYERS - 1}, serials[number]
    assert session.scalar(select(func.count()).select_from(UnitSale)) == ROUNDS
    assert session.scalar(select(func.count()).select_from(Order)) == ROUNDS
    assert [*breaches(session), *payment_breaches(session)] == []


@pytest.mark.demo_store  # else the server would load it
def test_a_crowd_that_looks_is_answered(session: Session, live_server: str) -> None:
    counter = a_counter(session)
    headers = {"Authorization": f"Bearer {a_token(session, counter.manager)}"}
    session.commit()
    gate = Barrier(BUYERS)

    def look(_: int) -> list[int]:
        gate.wait(PATIENCE_S)
        with closing(HTTPConnection(urlsplit(live_server).netloc, timeout=PATIENCE_S)) as client:
            return [_status(client, path, headers) for path in ("products", "orders", "robots")]

    with ThreadPoolExecutor(BUYERS) as crowd:
        answers = Tally(status for seen in crowd.map(look, range(BUYERS)) for status in seen)

    assert answers == {200: 3 * BUYERS}


def _status(client: HTTPConnection, path: str, headers: dict[str, str]) -> int:
    client.request("GET", f"/api/v1/{path}", headers=headers)
    answer = client.getresponse()
    answer.read()
    return answer.status
