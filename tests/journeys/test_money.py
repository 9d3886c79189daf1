"""A sale with everything that moves money, from the quote to the closed till, as one person."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.identity.guard import SESSION_COOKIE
from app.kernel.db import Database
from app.kernel.money import Money
from app.payments import schemes
from app.payments.models import PaymentAttempt, Tender, TillSession
from app.payments.schemes import SchemeInput
from app.payments.stripe_gate import StripeGate
from app.sales import orders, orderstatus, tradeinvalues
from app.sales.orderstatus import OrderStatus
from app.sales.tradein_models import Grade
from app.sales.tradeinvalues import Shares
from app.stores import desk
from tests.journeys.hands import Hands
from tests.makers.books import breaches_of
from tests.makers.sales import Counter, a_counter, a_robot
from tests.makers.whole_sales import sold_and_handed_over
from tests.stripe_server import StripeStandIn

# What depends on the engine is in tests/sales and tests/payments.
pytestmark = pytest.mark.only_on("sqlite")


def test_from_the_quote_to_the_closed_till(
    page: Page,
    start_server: Callable[..., str],
    session: Session,
    database: Database,
    stripe_stand_in: StripeStandIn,
) -> None:
    """UI-01, UI-03 on the way: twice on the button, then Back."""
    counter = a_store(session, stripe_stand_in)
    base = start_server(
        QUATREFOIL_STRIPE_SECRET_KEY=stripe_stand_in.key,
        QUATREFOIL_STRIPE_API_BASE=stripe_stand_in.url,
    )
    page.context.add_cookies(
        [{"name": SESSION_COOKIE, "value": counter.session_cookie, "url": base}]
    )
    hands = Hands(page)

    link = make_a_quote(hands, base)
    accept_and_pay_on_the_phone(page, base + link)
    look_the_old_robot_over(hands, base)
    take_robot_voucher_and_card(hands, base)
    hand_over(hands)
    bring_the_battery_back(hands, base)
    take_a_plan_for_it(hands)
    close_the_till(hands, base)

    with database.reading() as after:
        taken = after.execute(
            select(PaymentAttempt.tender, PaymentAttempt.amount_minor)
            .where(PaymentAttempt.entry_id.is_not(None))
            .order_by(PaymentAttempt.id)
        ).all()
        difference = after.scalar(select(TillSession.difference_minor))
        status = [orderstatus.of(after, orders.by_number(after, counter.seller, n)) for n in (2, 3)]
        assert taken[1:] == [
            (Tender.ONLINE, 200_000),
            (Tender.TRADE_IN, 945_000),
            (Tender.VOUCHER, 150_000),
            (Tender.CARD, 144_900),
            (Tender.EXCHANGE, 89_900),
            (Tender.CARD, 110_000),
        ]
        assert status == [OrderStatus.PART_RETURNED, OrderStatus.CLOSED]
        assert difference == 0
        assert breaches_of(after) == []
    assert len(stripe_stand_in.charges(status="succeeded")) == 3


def a_store(session: Session, stripe: StripeStandIn) -> Counter:
    """A robot for sale, another that a customer has, a scheme that pays for some of it."""
    gate = StripeGate(stripe.key, api_base=stripe.url)
    counter = a_counter(session, reader_id=gate.add_simulated_reader("Till 1", country="DE").id)
    a_robot(session, counter, "NEW-1")
    tradeinvalues.set_rule(
        session, counter.manager, model_id=None, grade=Grade.A, shares=Shares(7_000)
    )
    today = desk.business_day_of(counter.store)
    subsidy = SchemeInput("Robots 2026", "Ministry", Money(150_000, "EUR"), today, today)
    schemes.create(session, counter.manager, subsidy)
    sold_and_handed_over(session, counter, a_robot(session, counter, "OLD-1"))
    session.commit()
    return counter


def make_a_quote(hands: Hands, base: str) -> str:
    """A robot, a battery, a deposit; sent. The address of the customer's page."""
    hands.go(f"{base}/sales/quotes/new")
    hands.write("#customer-search input", "Linden")
    hands.enter("#quote-for-1")
    hands.enter("#configure-1")
    hands.write("#robot-serial", "NEW-1")
    hands.press("Control+Enter")
    hands.sees("NEW-1", within="#lines")
    hands.write("#add-product", "BAT-G1")
    hands.enter("#add-line")
    hands.sees("14,399.00", within="#lines")
    hands.write("#f-deposit", "2000")
    hands.press("Control+Enter")  # sends it with what was just typed
    hands.enter("#make-link")
    address = hands.page.locator("#the-link a").get_attribute("href") or ""
    return address[address.index("/o/") :]


def accept_and_pay_on_the_phone(page: Page, address: str) -> None:
    """The customer, without a script: reads, accepts, pays the deposit at the card service."""
    browser = page.context.browser
    assert browser is not None
    with browser.new_context(
        java_script_enabled=False, viewport={"width": 390, "height": 844}
    ) as phone:
        shown = phone.new_page()
        shown.goto(address)
        shown.locator("#f-by").fill("A. Lindner")
        shown.locator("#accept-now").click()
        expect(shown.locator("#pay")).to_contain_text("2,000.00")
        shown.locator("#pay-online").click()
        expect(shown.locator("body")).to_contain_text("€2,000.00")
        shown.locator("button[value=card]").click()
        expect(shown.locator("#pay")).to_contain_text("12,399.00")


def look_the_old_robot_over(hands: Hands, base: str) -> None:
    hands.go(f"{base}/robots/OLD-1/trade-in")
    hands.press("a")
    expect(hands.page.locator("input[type=radio][value=ok]").first).to_be_checked()
    hands.tick("input[name=grade][value=a]")
    hands.press("Control+Enter")
    expect(hands.page).to_have_url(f"{base}/sales/trade-ins/1")
    hands.sees("9,450.00", within="main")


def take_robot_voucher_and_card(hands: Hands, base: str) -> None:
    hands.go(f"{base}/counter")
    hands.scan("S-2")
    hands.sees("12,399.00", within="#cart")
    hands.enter("#tender-trade-in")
    hands.tick("input[name=wipe][value=wiped]")
    hands.write("#statement-1", "Factory reset")
    hands.enter("#take-1")
    hands.sees("2,949.00", within="#cart")
    hands.enter("#tender-voucher")
    hands.write("#code-1", "BMWK 0815")
    hands.enter("#use-1")
    hands.sees("1,449.00", within="#cart")
    hands.page.locator("#take-payment").dblclick()
    hands.sees("Sale 2 is paid", within="#cart")
    hands.go(f"{base}/sales")
    hands.page.go_back()
    hands.sees("Nothing in this sale yet", within="#cart")


def hand_over(hands: Hands) -> None:
    hands.press("F3")
    hands.enter("#hand-over-2")
    hands.enter("#all-in-order")
    expect(hands.page.locator("input[type=radio][value=ok]").first).to_be_checked()
    hands.press("Control+Enter")
    hands.sees("Handed over", within="main")


def bring_the_battery_back(hands: Hands, base: str) -> None:
    hands.enter("#start-return")
    hands.write("#f-quantity-2", "1")
    hands.page.locator("#f-condition-2").select_option("as_new")
    hands.write("#f-reason", "one is enough")
    hands.press("Control+Enter")
    hands.sees("899.00", within="main")
    hands.tick("input[name=then][value=exchange]")
    hands.press("Control+Enter")
    expect(hands.page).to_have_url(f"{base}/counter")


def take_a_plan_for_it(hands: Hands) -> None:
    hands.sees("Lindenhof", within="#cart")
    hands.scan("CARE-24")
    hands.sees("1,999.00", within="#cart")
    hands.enter("#tender-exchange")
    hands.sees("1,100.00", within="#cart")
    hands.press("Control+Enter")
    hands.sees("Sale 3 is paid", within="#cart")


def close_the_till(hands: Hands, base: str) -> None:
    """What lies there: the float, and the first sale less what went to the safe."""
    hands.go(f"{base}/till")
    hands.write("#f-counted", "13599")
    hands.enter("#close-till button:not([type=button])")
    hands.sees("Z-00000")
