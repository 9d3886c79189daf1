"""A customer takes a robot home, brings an accessory back, and takes something else for it."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from app.identity.guard import SESSION_COOKIE
from app.kernel.db import Database
from app.sales import orders
from app.sales.orders import OrderStatus
from tests.journeys.hands import Hands
from tests.makers.books import breaches_of
from tests.makers.sales import Counter, a_counter, a_robot

# What depends on the engine is in tests/sales/test_returns.py.
pytestmark = pytest.mark.only_on("sqlite")


def test_an_accessory_is_exchanged_after_the_handover(
    page: Page, start_server: Callable[..., str], session: Session, database: Database
) -> None:
    counter = a_counter(session)
    a_robot(session, counter)
    session.commit()
    base = start_server()
    page.context.add_cookies(
        [{"name": SESSION_COOKIE, "value": counter.session_cookie, "url": base}]
    )
    hands = Hands(page)

    sell_a_robot_with_a_battery(hands, base, counter)
    hand_over(hands, base)
    bring_the_battery_back(hands, base)
    take_a_plan_for_it(hands)
    close_the_till(hands, base)

    with database.reading() as after:
        sales = [orders.by_number(after, counter.seller, number) for number in (1, 2)]
        assert [orders.status(after, sale) for sale in sales] == [
            OrderStatus.PART_RETURNED,
            OrderStatus.CLOSED,
        ]
        assert breaches_of(after) == []


def sell_a_robot_with_a_battery(hands: Hands, base: str, counter: Counter) -> None:
    hands.go(f"{base}/counter")
    hands.scan("DEMO-G1-0001")
    hands.sees("DEMO-G1-0001", within="#cart")
    hands.scan("BAT-G1")
    hands.sees("Battery G1", within="#cart")
    hands.scan(f"C-{counter.customer.number}")
    hands.sees("Lindenhof", within="#cart")
    hands.press("Control+Enter")
    hands.sees("Sale 1 is paid", within="#cart")


def hand_over(hands: Hands, base: str) -> None:
    hands.go(f"{base}/sales/1/handover")
    hands.enter("#all-in-order")
    expect(hands.page.locator("input[type=radio][value=ok]").first).to_be_checked()
    hands.press("Control+Enter")
    hands.sees("Handed over", within="main")


def bring_the_battery_back(hands: Hands, base: str) -> None:
    hands.enter("#start-return")
    hands.write("#f-quantity-2", "1")
    hands.page.locator("#f-condition-2").select_option("as_new")
    hands.write("#f-reason", "one is enough")
    hands.enter("#to-money")
    hands.sees("899.00", within="main")
    hands.tick("#f-then-2")
    hands.enter("#take-back")
    expect(hands.page).to_have_url(f"{base}/counter")


def take_a_plan_for_it(hands: Hands) -> None:
    hands.sees("Lindenhof", within="#cart")
    hands.scan("CARE-24")
    hands.sees("1,999.00", within="#cart")
    hands.enter("#tender-exchange")
    hands.sees("1,100.00", within="#cart")
    hands.press("Control+Enter")
    hands.sees("Sale 2 is paid", within="#cart")


def close_the_till(hands: Hands, base: str) -> None:
    hands.go(f"{base}/till")
    hands.write("#f-counted", "15699")
    hands.enter("#close-till button:not([type=button])")
    hands.sees("Z-00000")
