"""The first day of a store: from an empty folder to the first robot sold and the till closed."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from app import checking
from app.kernel.db import Database
from tests.journeys.hands import Hands

NOTE = Path(__file__).parents[2] / "docs" / "examples" / "delivery-note.csv"
SERIAL = "DEMO-G1-0001"

# That `serve` itself loads it into an empty database is in tests/house/test_cli.py.
pytestmark = pytest.mark.demo_store


@pytest.fixture
def hands(page: Page, start_server: Callable[..., str]) -> Hands:
    """A manager in front of a fresh demo store."""
    address = start_server()
    working = Hands(page)
    working.go(f"{address}/sign-in")
    return working


def test_the_first_robot_is_sold_by_keyboard_and_scanner(hands: Hands, database: Database) -> None:
    base = hands.page.url.removesuffix("/sign-in")
    sign_in(hands)
    enrol_this_device(hands, base)
    open_the_till(hands, base)
    receive_the_delivery(hands, base)
    inspect(hands, base)
    sell(hands, base)
    hand_over(hands)
    close_the_till(hands, base)

    assert checking.prove(database).breaches == []


@pytest.mark.only_on("sqlite")  # keys are counted; what is sold on either engine is above
def test_a_known_customer_buys_a_robot_in_six_actions_at_the_most(hands: Hands) -> None:
    base = hands.page.url.removesuffix("/sign-in")
    sign_in(hands)
    enrol_this_device(hands, base)
    open_the_till(hands, base)
    hands.go(f"{base}/counter")
    serial = hands.page.locator(".tile:not([disabled])").first.get_attribute("value")
    hands.actions = 0

    hands.scan(serial or "")  # a tile's product code: the robots of that model are offered
    hands.enter("#hit-1")
    hands.scan("C-1")
    hands.sees("C-1", within="#cart")
    hands.press("Control+Enter")
    hands.sees("is paid", within="#cart")

    assert hands.actions <= 6


def sign_in(hands: Hands) -> None:
    hands.write("#f-login", "petra")
    hands.write("#f-password", "quatrefoil")
    hands.press("Enter")
    hands.sees("Sales today")


def enrol_this_device(hands: Hands, base: str) -> None:
    hands.go(f"{base}/counter")
    hands.sees("not a till yet")
    hands.enter("#enrol")
    hands.write("#f-name", "Counter 1")
    hands.press("Enter")
    hands.sees("Counter 1", within="main")


def open_the_till(hands: Hands, base: str) -> None:
    hands.go(f"{base}/till")
    hands.write("#f-float_amount", "200")
    hands.press("Control+Enter")
    hands.sees("Close the till", within="main")


def receive_the_delivery(hands: Hands, base: str) -> None:
    hands.go(f"{base}/robots/receive")
    hands.page.set_input_files("#f-file", NOTE)
    hands.enter("#show")
    hands.sees("12 robots are ready to be received")
    hands.press("Control+Enter")
    hands.sees("12 robots")


def inspect(hands: Hands, base: str) -> None:
    hands.go(f"{base}/robots/{SERIAL}/inspection")
    everything_in_order(hands)
    hands.press("Control+Enter")
    hands.sees("Available")


def everything_in_order(hands: Hands) -> None:
    hands.press("a")
    expect(hands.page.locator("input[type=radio][value=ok]").first).to_be_checked()


def sell(hands: Hands, base: str) -> None:
    hands.go(f"{base}/counter")
    hands.scan(SERIAL)
    hands.sees(SERIAL, within="#cart")
    hands.scan("CHG-G1")
    hands.sees("Charger for G1 battery", within="#cart")
    hands.scan("PAD-05")
    hands.sees("Fingertip pads", within="#cart")
    hands.scan("CARE-12")
    hands.sees("Care plan, 12 months", within="#cart")
    new_company(hands)
    part_in_cash(hands, "10000")
    hands.press("Control+Enter")  # the rest by card, as the button says
    hands.sees("is paid", within="#cart")


def new_company(hands: Hands) -> None:
    hands.press("F2")
    hands.enter("#new-customer")
    hands.tick("input[name=kind][value=company]")
    hands.write("#c-name", "Erste Robotik GmbH")
    hands.write("#c-contact", "Ada Keller")
    hands.write("#c-country", "DE")
    hands.write("#c-vat", "DE136695976")
    hands.enter("#save-customer")
    hands.sees("Erste Robotik GmbH", within="#cart")


def part_in_cash(hands: Hands, amount: str) -> None:
    hands.press("F9")
    hands.write("#split-cash", amount)
    hands.press("Enter")
    hands.sees("Left to pay", within="#cart")


def hand_over(hands: Hands) -> None:
    hands.press("Shift+F3")
    hands.sees("What goes out")
    everything_in_order(hands)
    hands.press("Control+Enter")
    hands.sees("Handed over", within="main")
    hands.sees("H-00000", within="main")


def close_the_till(hands: Hands, base: str) -> None:
    hands.go(f"{base}/till")
    hands.write("#count-20000", "51")
    hands.press("Enter")  # to the next kind: it closes nothing
    hands.sees("10,200.00", within="[data-sum]")
    hands.enter("#close-till button")
    hands.sees("Z-00000")
