"""A clerk receives an order of twenty lines with twelve serials, with nothing but a scanner."""

from collections.abc import Callable
from contextlib import closing

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import checking
from app.identity.roles import Role
from app.identity.signing import actor_for
from app.kernel.db import Database
from app.parts import purchasing
from app.parts.buying_models import PurchaseOrder
from app.parts.purchase_states import OrderState, state_of
from app.robots.slot_models import Control
from tests.journeys.hands import PATIENCE_MS, Hands
from tests.makers.buying import a_bin, a_part, a_sent_order, a_supplier
from tests.makers.identity import PASSWORD, a_person
from tests.makers.stores import a_store

# The engine behind the page does not change what a scanner sends.
pytestmark = pytest.mark.only_on("sqlite")

PLAIN, SERIAL_LINES, SERIALS_EACH = 16, 4, 3
PIECES = sum(1 + number % 2 for number in range(PLAIN)) + SERIAL_LINES * SERIALS_EACH


@pytest.fixture
def order(session: Session) -> PurchaseOrder:
    """Sixteen lines of pieces, one or two of each, and four of three serials."""
    store = a_store(session)
    clerk = actor_for(a_person(session, store, "Mei Lin", role=Role.PARTS), terminal=None)
    quantities = {
        a_part(session, clerk, f"PART-{number:02}"): 1 + number % 2 for number in range(PLAIN)
    }
    quantities |= {
        a_part(session, clerk, f"ACT-{number}", control=Control.SERIAL): SERIALS_EACH
        for number in range(SERIAL_LINES)
    }
    a_bin(session, clerk, "A-01")  # where deliveries are put down
    a_bin(session, clerk, "B-02")
    made = a_sent_order(session, clerk, a_supplier(session, clerk), quantities)
    session.commit()
    return made


@pytest.fixture
def hands(page: Page, order: PurchaseOrder, start_server: Callable[..., str]) -> Hands:  # noqa: ARG001
    working = Hands(page)
    working.go(f"{start_server()}/sign-in")
    working.write("#f-login", "mei")
    working.write("#f-password", PASSWORD)
    working.press("Enter")
    working.page.wait_for_url("**/")
    return working


@pytest.mark.usefixtures("order")
def test_a_clerk_receives_an_order_and_puts_it_away_by_scanner_alone(
    hands: Hands, database: Database
) -> None:
    base = hands.page.url.rstrip("/")
    hands.go(f"{base}/parts/orders")
    hands.scan("PO-1")
    hands.sees("Receive PO-1", within="main")
    for number in range(PLAIN):
        for _ in range(1 + number % 2):
            hands.scan(f"part{number:02}")  # as another label writes it
    for number in range(SERIAL_LINES):
        hands.scan(f"ACT-{number}")
        for serial in range(SERIALS_EACH):
            hands.scan(f"SN-{number}-{serial}")
    accepted = hands.page.locator("#book-state dd").first
    expect(accepted).to_have_text(str(PIECES), timeout=PATIENCE_MS)
    hands.scan("PO-1")  # the label again: that was all
    hands.sees("GR-1 is booked.", within="main")

    hands.go(f"{base}/parts/move")
    hands.scan("SN-0-0")
    hands.sees("Now scan where it goes", within="#hands")
    hands.scan("B-02")
    hands.sees("ACT-0 SN-0-0: 1 to B-02.", within="#notice")

    with closing(database.reading()) as reading:
        order = reading.scalars(select(PurchaseOrder)).one()
        lines = purchasing.lines_of(reading, order)
        assert state_of(order, lines) is OrderState.RECEIVED
        assert sum(line.accepted for line in lines) == PIECES
        assert checking.prove(database).breaches == []
