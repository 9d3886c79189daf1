"""Shops to measure: one store with tills, goods to sell and as many robots as wanted."""

from dataclasses import dataclass

from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from app.identity import secrets
from app.identity.models import StaffSession, Terminal
from app.kernel import clock, migrating
from app.kernel.db import Database
from app.kernel.money import Money
from app.parts import stock
from app.payments import tills
from app.robots.models import Unit
from app.robots.states import UnitState
from app.stores.models import Till
from tests.makers.sales import Counter, a_counter

_CHUNK = 5_000
_PLENTY = 500_000
ACCESSORY = "BAT-G1"


@dataclass(frozen=True, slots=True)
class Shop:
    """A furnished database. `cookies` are of signed-in sellers, one at each till."""

    url: str
    robots: int
    customer: str
    cookies: tuple[str, ...]
    manager_cookie: str

    def serial(self, index: int) -> str:
        return f"BENCH-{index % self.robots:07d}"


def furnish(url: str, *, robots: int, counters: int = 1) -> Shop:
    """Bring an empty database to a store that sells."""
    migrating.upgrade(url)
    database = Database(url)
    with database.transaction() as session:
        made = a_counter(session)
        stock.receive(
            session, made.manager, made.battery.part_id or 0, quantity=_PLENTY, reason="plenty"
        )
        _add_robots(session, made, robots)
        cookies = [made.session_cookie]
        cookies += [_another_till(session, made, number) for number in range(2, counters + 1)]
        shop = Shop(
            url=url,
            robots=robots,
            customer=f"C-{made.customer.number}",
            cookies=tuple(cookies),
            manager_cookie=made.manager_cookie,
        )
    with database.writer.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text("ANALYZE"))
    database.close()
    return shop


def _add_robots(session: Session, made: Counter, robots: int) -> None:
    now = clock.now()
    for first in range(0, robots, _CHUNK):
        serials = [f"BENCH-{index:07d}" for index in range(first, min(first + _CHUNK, robots))]
        session.execute(
            insert(Unit),
            [
                {
                    "store_id": made.store.id,
                    "maker_id": made.model.maker_id,
                    "model_id": made.model.id,
                    "serial": serial,
                    "serial_key": serial.casefold(),
                    "state": UnitState.AVAILABLE,
                    "hardware_revision": "B",
                    "firmware": "1.4.2",
                    "cost_minor": 1_150_000,
                    "currency": "EUR",
                    "received_at": now,
                }
                for serial in serials
            ],
        )


def _another_till(session: Session, made: Counter, number: int) -> str:
    """A till with its terminal and the same seller signed in there; gives the cookie."""
    till = Till(store_id=made.store.id, name=f"Till {number}")
    session.add(till)
    session.flush()
    cookie, now = f"seller-{number}", clock.now()
    terminal = Terminal(
        store_id=made.store.id,
        name=f"Counter {number}",
        till_id=till.id,
        token_hash=secrets.token_hash(f"terminal-{number}"),
        enrolled_by_id=made.manager.staff_id or 0,
        enrolled_at=now,
    )
    session.add(terminal)
    session.flush()
    session.add(
        StaffSession(
            token_hash=secrets.token_hash(cookie),
            staff_id=made.seller.staff_id or 0,
            terminal_id=terminal.id,
            started_at=now,
            seen_at=now,
            expires_at=now.replace(year=now.year + 1),
        )
    )
    tills.open_session(session, made.seller, till, Money(20_000, "EUR"))
    return cookie
