"""Everything that is typed, clicked, sent twice or made up at the counter: a sentence, no harm."""

import re
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.identity.guard import SESSION_COOKIE
from app.identity.models import StaffSession, Terminal
from app.kernel.db import Database
from app.payments.models import IssuedDocument, PaymentAttempt
from app.robots.states import UnitState
from app.sales.models import Order, OrderLine, UnitSale
from app.stores.models import Till
from tests.makers.books import breaches_of
from tests.makers.browsing import Browser, a_browser
from tests.makers.robots import a_unit
from tests.makers.sales import Counter, a_counter, a_robot

SERIAL = "DEMO-G1-0001"
MORE = "DEMO-G1-0002"
BATTERY, PRICE = "BAT-G1", "899.00"


UNKNOWN = (
    *(
        "NOBODY-1",
        "park.",
        "multi-agent",
        "don't",
        "@x",
        '"',
        "OXI 0.05% X",
        "你好",
        "--",
        "(",
    ),
    *("'; DROP TABLE orders; --", "<script>alert(1)</script>", "C-99999", "S-99999", "INV-99999"),
    *("C-" + "9" * 50, "9" * 5_000, "]d2010400638133393121NOBODY\x1d", "01234567890"),
    "https://evil.example/robots/NOBODY",
)
NO_QUANTITIES = ("0", "-1", "1e5", "1_000", "1.5", "²", "abc", "1000001", "9" * 3_000)
NO_MONEY: tuple[tuple[dict[str, str], str], ...] = (
    ({"tendered": "0"}, "more than nothing"),
    ({"tendered": "-5"}, "more than nothing"),
    ({"tendered": "1e5"}, "is not an amount"),
    ({"amount": "1.234"}, "can be read in two ways"),
    ({"amount": "900"}, "Only"),
    ({"amount": "0"}, "more than nothing"),
    ({"amount": "100", "tendered": "99"}, "is less than"),
    ({"order": "2"}, "There is no sale 2"),
    ({"order": ""}, "does not say which sale"),
    ({"order": "1; DROP"}, "does not say which sale"),
    ({"order": "9" * 40}, "does not say which sale"),
)


@pytest.fixture
def counter(session: Session) -> Counter:
    made = a_counter(session)
    for serial in (SERIAL, MORE):
        a_robot(session, made, serial)
    session.commit()
    return made


@pytest.fixture
def till(app: FastAPI, counter: Counter) -> Browser:
    return a_browser(app, counter.session_cookie)


def scan(till: Browser, code: str, scan_id: str = "", **more: str) -> Response:
    return till.post("/counter/scan", htmx=True, code=code, scan_id=scan_id, **more)


def notice(answer: Response) -> str:
    """What stands where the eye is; a refusal must have something to say there."""
    assert answer.headers["HX-Retarget"] == "#notice", answer.text
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text)).strip()


def count(database: Database, table: type) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def sound(database: Database) -> bool:
    with database.reading() as session:
        return breaches_of(session) == []


# What is scanned


def test_what_nobody_knows_is_said_and_changes_nothing(till: Browser, database: Database) -> None:
    """TXT-09, UI-07, UI-09: no sign of a code is a command to anybody but us."""
    for code in UNKNOWN:
        answer = scan(till, code)

        assert answer.status_code == 404, code
        assert "is not known here" in notice(answer)
        assert "<script>" not in answer.text
    assert count(database, Order) == 0


def test_nothing_at_all_is_no_serial(till: Browser, database: Database) -> None:
    """SER-15."""
    for code in ("", " \t\x1d\x04", "\u200b"):
        answer = scan(till, code)

        assert answer.status_code == 422
        assert notice(answer) == "Nothing was scanned."
    assert count(database, Order) == 0


def test_a_command_without_a_line_says_so(till: Browser) -> None:
    for code in ("*3", "%5", "*0"):
        assert "There is no line yet" in notice(scan(till, code))


def test_what_has_to_be_chosen_first_or_leads_elsewhere_begins_no_sale(
    till: Browser, database: Database
) -> None:
    for code in ("G1", "DEMO-G1", "-"):
        answer = scan(till, code)

        assert answer.headers["X-Scan"] == "many"
        assert SERIAL in answer.text
    assert count(database, Order) == 0

    scan(till, BATTERY, "first")
    till.post("/counter/park", htmx=True, label="later")
    assert f"€{PRICE}" in scan(till, "S-1").text
    assert count(database, Order) == 1


def test_a_robot_that_cannot_be_sold_says_why_and_where_to_go(
    till: Browser, session: Session, counter: Counter, database: Database
) -> None:
    for state in (UnitState.EXPECTED, UnitState.RECEIVED, UnitState.RETURNED):
        a_unit(session, counter.store, f"X-{state}", model=counter.model, state=state)
    session.commit()

    for state, sentence, link in (
        (UnitState.EXPECTED, "has not been received yet", "/robots/X-expected"),
        (UnitState.RECEIVED, "pre-delivery inspection", "/robots/X-received/inspection"),
        (UnitState.RETURNED, "is not for sale", "/robots/X-returned"),
    ):
        answer = scan(till, f"X-{state}")

        assert answer.status_code == 409
        assert sentence in notice(answer)
        assert f'href="{link}"' in answer.text
    assert count(database, OrderLine) == 0


def test_a_scan_that_is_repeated_by_its_id_changes_nothing(
    till: Browser, database: Database
) -> None:
    """SER-05: the scanner's own retry, or F5."""
    for _ in range(3):
        assert scan(till, SERIAL, "scan-1").status_code == 200

    assert count(database, OrderLine) == 1


def test_two_tabs_of_one_till_are_one_basket(till: Browser, app: FastAPI, counter: Counter) -> None:
    """POS-05: nothing that one of them did is lost."""
    other = a_browser(app, counter.session_cookie)
    scan(till, SERIAL)

    both = scan(other, MORE)
    gone = other.post("/counter/lines/1/remove", htmx=True)
    again = till.post("/counter/lines/1/remove", htmx=True)

    assert SERIAL in both.text
    assert MORE in both.text
    assert gone.status_code == 200
    assert again.status_code == 404
    assert "no longer on the sale" in notice(again)
    assert MORE in till.get("/counter").text


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize("tender", ["cash", "transfer"])
def test_what_another_tab_added_is_not_paid_unseen(
    till: Browser, app: FastAPI, counter: Counter, database: Database, tender: str
) -> None:
    """Two tabs on one order: the button says an amount, and that one is taken or none."""
    scan(till, BATTERY)
    shown = due_shown(till.get("/counter").text)
    scan(a_browser(app, counter.session_cookie), BATTERY)
    form = {"order": "1", "token": "t-1", "note": "RF-2041"}

    refused = till.post(f"/counter/pay/{tender}", htmx=True, due=shown, **form)
    now = due_shown(till.get(f"/counter/ask/{tender}", htmx=True).text)
    paid = till.post(f"/counter/pay/{tender}", htmx=True, due=now, **form)

    assert refused.status_code == 409
    assert "changed elsewhere: €1,798.00 is left to pay" in notice(refused)
    assert 'href="/counter"' in refused.text
    assert (shown, now) == ("89900", "179800")
    assert paid.status_code == 200
    assert count(database, PaymentAttempt) == 1


def due_shown(page: str) -> str:
    found = re.search(r'name="due"\s+value="(\d+)"', page)
    assert found, page
    return found[1]


def test_a_robot_in_the_hands_of_another_till_says_whose(
    till: Browser, app: FastAPI, session: Session, counter: Counter, database: Database
) -> None:
    other = a_second_till(session, counter)
    scan(a_browser(app, other), SERIAL)

    answer = scan(till, SERIAL)

    assert answer.status_code == 409
    assert f"{SERIAL} is kept for Petra Krause, S-1 until" in notice(answer)
    assert 'href="/sales/1"' in answer.text
    assert count(database, OrderLine) == 1


def a_second_till(session: Session, counter: Counter) -> str:
    """Another open till of the store, with the manager at it; gives the manager's cookie."""
    till = Till(store_id=counter.store.id, name="Till 2")
    session.add(till)
    session.flush()
    terminal = a_terminal_of(session, counter, till)
    stays = select(StaffSession).where(StaffSession.staff_id == counter.manager.staff_id)
    for stay in session.scalars(stays):
        stay.terminal_id = terminal.id
    session.commit()
    return counter.manager_cookie


def a_terminal_of(session: Session, counter: Counter, till: Till) -> Terminal:
    terminal = Terminal(
        store_id=counter.store.id,
        name="Counter 2",
        till_id=till.id,
        token_hash="of no cookie",
        enrolled_by_id=counter.manager.staff_id or 0,
        enrolled_at=counter.customer.made_at,
    )
    session.add(terminal)
    session.flush()
    return terminal


# Quantities and prices


def test_a_quantity_that_is_none_is_refused_and_the_line_stays(till: Browser) -> None:
    scan(till, BATTERY)
    for typed in NO_QUANTITIES:
        for answer in (
            till.post("/counter/lines/1/quantity", htmx=True, quantity=typed),
            scan(till, BATTERY, quantity=typed),
        ):
            assert answer.status_code == 422, typed
            assert re.search("whole number of pieces|between 1 and", notice(answer))

    assert f"€{PRICE}" in till.get("/counter").text


def test_no_field_of_a_form_sets_a_price(
    till: Browser, database: Database, counter: Counter
) -> None:
    scan(till, SERIAL, unit_price="1", price_minor="1", amount="0.01", discount_minor="1349999")
    scan(till, f"C-{counter.customer.number}")

    paid = till.post(
        "/counter/pay/cash", htmx=True, order="1", tendered="0.01", total="0.01", token="t"
    )

    assert paid.status_code == 200
    with database.reading() as session:
        (line,) = session.scalars(select(OrderLine)).all()
        (order,) = session.scalars(select(Order)).all()
    assert line.unit_price_minor == counter.robot.price_minor
    assert order.settled_at is None
    assert sound(database)


def test_money_that_is_none_is_refused_and_the_sale_stays(
    till: Browser, database: Database
) -> None:
    scan(till, BATTERY)
    for fields, sentence in NO_MONEY:
        answer = pay(till, **({"tendered": ""} | fields))

        assert answer.status_code in {404, 422}, fields
        assert sentence in answer.text
    assert count(database, PaymentAttempt) == 0
    # the token of what was refused still works
    assert pay(till).status_code == 200


# Twice


def pay(till: Browser, **fields: str) -> Response:
    sent = {"order": "1", "tendered": "1000", "token": "t-1"} | fields
    return till.post("/counter/pay/cash", htmx=True, **sent)


def test_a_double_click_on_pay_is_one_payment_and_one_answer(
    till: Browser, database: Database
) -> None:
    """UI-01."""
    scan(till, BATTERY)

    first, second = pay(till), pay(till)

    assert first.status_code == second.status_code == 200
    assert first.text == second.text
    assert second.headers["Idempotent-Replayed"] == "true"
    assert count(database, PaymentAttempt) == count(database, IssuedDocument) == 1


def test_the_same_token_with_another_amount_is_refused(till: Browser, database: Database) -> None:
    scan(till, BATTERY)
    pay(till)

    other = pay(till, tendered="2000")

    assert other.status_code == 409
    assert "already sent with other contents" in notice(other)
    assert count(database, PaymentAttempt) == 1


def test_back_after_paying_finds_the_sale_paid(till: Browser, database: Database) -> None:
    """The page of before comes back with a fresh token, and its basket is no more."""
    scan(till, BATTERY)
    pay(till)

    again = pay(till, token="t-2")
    changed = till.post("/counter/lines/1/quantity", htmx=True, quantity="2")
    voided = till.post("/counter/void", htmx=True, reason="x")

    assert again.status_code == 409
    assert "is already paid" in notice(again)
    assert 'href="/sales/1"' in again.text
    for answer in (changed, voided):
        assert answer.status_code == 422
        assert "no open sale at this till any more" in notice(answer)
    assert count(database, PaymentAttempt) == 1
    assert sound(database)


def test_a_sale_of_another_till_is_not_paid_here(
    till: Browser, session: Session, counter: Counter
) -> None:
    order = Order(
        store_id=counter.store.id,
        number=77,
        till_id=None,
        currency="EUR",
        price_mode=counter.store.price_mode,
        opened_at=counter.customer.made_at,
        opened_by="web shop",
    )
    session.add(order)
    session.commit()

    answer = pay(till, order="77")

    assert answer.status_code == 404
    assert "is not at this till" in notice(answer)


def test_a_till_that_closed_meanwhile_says_so_and_keeps_the_basket(
    till: Browser, database: Database
) -> None:
    """CASH-05."""
    scan(till, BATTERY)
    closed = till.post("/till/close", counted="200", token="c")
    assert closed.status_code == 303, closed.text

    answer = pay(till)

    assert answer.status_code == 409
    assert "till is closed" in notice(answer)
    assert 'href="/till"' in answer.text
    assert f"€{PRICE}" in till.get("/counter").text
    till.post("/till/open", float_amount="200", token="o")
    assert pay(till).status_code == 200
    assert sound(database)


def test_eight_tills_that_send_everything_twice_make_one_sale_each(
    app: FastAPI, database: Database, session: Session
) -> None:
    """POS-01: at the same moment, each request twice at once."""
    counters = [a_counter(session, code=f"S{number}") for number in range(4)]
    session.commit()
    cookies = [cookie for each in counters for cookie in (each.session_cookie, each.manager_cookie)]
    gate = Barrier(2)

    def sell(which: int) -> list[int]:
        browser = a_browser(app, cookies[which // 2])
        mine = f"till-{which // 2}"
        gate.wait(30)
        scanned = scan(browser, BATTERY, mine)
        number = re.search(r'name="order"\s+value="(\d+)"', browser.get("/counter").text)
        sent = {"order": number[1] if number else "1", "tendered": "5000", "token": mine}
        paid = browser.post("/counter/pay/cash", htmx=True, **sent)
        return [scanned.status_code, paid.status_code]

    with ThreadPoolExecutor(2) as crowd:
        for person in range(len(cookies)):
            answers = list(crowd.map(sell, (2 * person, 2 * person + 1)))
            assert {status for some in answers for status in some} <= {200, 409}

    assert count(database, PaymentAttempt) == len(cookies)
    assert count(database, IssuedDocument) == len(cookies)
    assert sound(database)


def test_eight_cashiers_who_pay_one_sale_at_one_till_take_it_once(
    till: Browser, app: FastAPI, counter: Counter, database: Database
) -> None:
    """POS-01: each with a page and a token of their own, all at the same moment."""
    scan(till, BATTERY)
    gate = Barrier(8)

    def press(number: int) -> Response:
        browser = a_browser(app, counter.session_cookie)
        gate.wait(30)
        return pay(browser, token=f"cashier-{number}")

    with ThreadPoolExecutor(8) as crowd:
        answers = list(crowd.map(press, range(8)))

    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7
    assert all("already paid" in notice(one) for one in answers if one.status_code == 409)
    assert count(database, PaymentAttempt) == count(database, IssuedDocument) == 1
    assert sound(database)


# Who


def test_a_till_is_a_device_that_was_enrolled(app: FastAPI, counter: Counter) -> None:
    """A person who is signed in on their phone sells nothing by accident."""
    client = TestClient(app, follow_redirects=False)
    client.cookies.set(SESSION_COOKIE, "nobody's")
    assert client.get("/counter").headers["location"].startswith("/sign-in")
    assert counter.till.id


def test_a_sold_robot_is_refused_at_the_scan_and_its_sale_is_one_click_away(
    till: Browser, counter: Counter, database: Database
) -> None:
    """SER-01, SER-03."""
    scan(till, SERIAL)
    scan(till, f"C-{counter.customer.number}")
    twice = scan(till, SERIAL)
    assert "already on this sale" in notice(twice)
    assert pay(till, tendered="15000").status_code == 200

    answer = scan(till, SERIAL)

    assert answer.status_code == 409
    assert "was sold with sale 1" in notice(answer)
    assert 'href="/sales/1"' in answer.text
    assert count(database, UnitSale) == 1
