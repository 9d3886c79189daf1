"""The day and the books as a person meets them, and as programs do."""

from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from app.identity.roles import Role
from app.kernel.outbox import OutboxItem
from app.payments import bills, drawers, refunds, tenders, tills
from app.stores.models import Till
from tests.makers.browsing import Browser, a_browser
from tests.makers.payments import eur
from tests.makers.programs import Program, a_program
from tests.makers.sales import Counter, a_counter

pytestmark = pytest.mark.only_on("sqlite")


@pytest.fixture
def here(session: Session) -> Counter:
    made = a_counter(session)
    session.commit()
    return made


@pytest.fixture
def seller(app: FastAPI, here: Counter) -> Browser:
    return a_browser(app, here.session_cookie)


@pytest.fixture
def manager(app: FastAPI, here: Counter) -> Browser:
    return a_browser(app, here.manager_cookie)


@pytest.fixture
def program(app: FastAPI, session: Session, here: Counter) -> Program:
    return a_program(session, TestClient(app), here)


def test_a_till_is_counted_by_pieces_and_closed(seller: Browser) -> None:
    page = seller.get("/till").text
    assert 'name="piece_50000"' in page
    assert "counting.js" in page

    closed = seller.post("/till/close", piece_5000="3", piece_2000="2", piece_200="5", token="c")

    assert closed.headers["location"] == "/till/sessions/1"
    session_page = seller.get("/till/sessions/1").text
    assert "Notes and coins counted" in session_page
    assert "At closing" in session_page


def test_a_count_that_differs_is_asked_again_keeps_what_was_typed_and_stays_on_record(
    seller: Browser,
) -> None:
    seller.post("/till/movements", direction="in", amount="12.34", reason="found", token="m")
    refused = seller.post("/till/close", piece_5000="3", token="c")
    assert refused.status_code == 422
    assert 'value="3"' in refused.text
    assert "212.34" not in refused.text, "the count is blind"

    seller.post("/till/close", counted="212.34", token="d")

    assert "Differed, no reason given" in seller.get("/till/sessions/1").text


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ({"piece_5000": "3,5"}, "Write how many there are"),
        ({"piece_5000": "3", "counted": "150,01"}, "not"),
        ({"piece_300": "1"}, "no note or coin"),
        ({}, 'class="err"'),
    ],
)
def test_a_count_that_cannot_be_read_stands_at_its_field(
    seller: Browser, fields: dict[str, Any], shown: str
) -> None:
    answer = seller.post("/till/close", token="c", **fields)
    assert answer.status_code == 422
    assert shown in answer.text


def test_the_float_is_counted_by_pieces(seller: Browser) -> None:
    seller.post("/till/close", counted="200", token="c")
    assert seller.post("/till/open", piece_2000="5", token="o").status_code == 303
    assert "€100.00" in seller.get("/till").text


def test_a_bag_goes_to_the_safe_and_the_page_says_which(seller: Browser) -> None:
    assert seller.post("/till/safe", safe_amount="150", bag="A-17", token="s").status_code == 303
    assert "Into the safe, bag A-17" in seller.get("/till").text
    again = seller.post("/till/safe", safe_amount="999", bag="A-18", token="t")
    assert again.status_code == 422
    assert 'value="A-18"' in again.text
    assert 'class="err"' in again.text


def test_the_drawer_opens_by_the_tills_printer(
    session: Session, here: Counter, seller: Browser
) -> None:
    assert "/till/drawer" not in seller.get("/till").text
    session.get_one(Till, here.till.id).printer = "file:///dev/null"
    session.commit()
    assert "/till/drawer" in seller.get("/till").text

    assert seller.post("/till/drawer", drawer_reason="", token="a").status_code == 422
    assert seller.post("/till/drawer", drawer_reason="change", token="b").status_code == 303

    kinds = session.scalars(select(OutboxItem.kind)).all()
    assert drawers.KICK in kinds


def test_the_day_shows_what_came_and_walks_to_others(seller: Browser) -> None:
    seller.post("/counter/scan", code="BAT-G1", scan_id="1")
    seller.post("/counter/pay/cash", order="1", tendered="2000", token="p")

    page = seller.get("/till/day").text

    assert "All tills, by way of payment" in page
    assert "Cash" in page
    assert 'id="day-before"' in page
    assert seller.get("/till/day.pdf").content.startswith(b"%PDF")
    assert "No money moved" in seller.get("/till/day?day=2020-01-01").text
    assert seller.get("/till/day?day=nonsense").status_code == 422


def test_the_books_balance_and_lead_to_the_journal(manager: Browser) -> None:
    page = manager.get("/books").text
    assert "In balance" in page
    assert "account=cash" in page

    journal = manager.get("/books/journal?account=cash").text
    assert "Float" in journal
    assert "No entry fits" in manager.get("/books/journal?kind=write_off").text


@pytest.mark.parametrize(
    "address",
    [
        "/books?from=2026-13-01",
        "/books?from=2026-02-01&to=2026-01-01",
        "/books/journal?cursor=nonsense",
        "/books/journal.csv?to=x",
    ],
)
def test_what_cannot_be_a_period_is_refused(manager: Browser, address: str) -> None:
    assert manager.get(address).status_code == 422


def test_the_books_are_not_for_sellers(seller: Browser) -> None:
    assert seller.get("/books").status_code == 403
    assert seller.get("/books/journal.csv").status_code == 403


def test_the_books_are_files_too(manager: Browser) -> None:
    journal = manager.get("/books/journal.csv")
    assert journal.headers["content-disposition"].startswith('attachment; filename="journal-')
    assert '"float"' in journal.text
    balance = manager.get("/books/balance.csv").text
    assert '"cash","EUR","0.00","200.00","0.00","200.00"' in balance


def test_programs_read_balance_journal_and_day(program: Program) -> None:
    balance = program.get("/books/trial-balance").json()
    assert sum(row["closing"]["amount"] for row in balance["accounts"]) == 0
    (entry,) = program.get("/books/journal").json()["items"]
    assert (entry["kind"], len(entry["sides"])) == ("float", 2)
    assert '"float"' in program.get("/books/journal.csv").text
    day = program.get(f"/till-days/{balance['last']}").json()
    assert (day["sales"], len(day["sessions"])) == (0, 1)
    assert program.get("/till-days/9999-12-31").status_code == 422


def test_programs_drop_open_and_count(session: Session, here: Counter, program: Program) -> None:
    session.get_one(Till, here.till.id).printer = "file:///dev/null"
    session.commit()
    fifty = {"amount": 5_000, "currency": "EUR"}

    dropped = program.post("/till-sessions/1/safe-drops", {"amount": fifty, "bag": "B-1"})
    opened = program.post("/till-sessions/1/drawer", {"reason": "change"})
    wrong = program.post("/till-sessions/1/close", {"counted": fifty})
    right = program.post(
        "/till-sessions/1/close",
        {
            "counted": {"amount": 15_000, "currency": "EUR"},
            "pieces": [{"value": 5_000, "pieces": 3}],
        },
    )

    assert (dropped.status_code, opened.status_code) == (201, 201)
    assert (wrong.status_code, wrong.json()["code"]) == (422, "difference_unexplained")
    assert right.status_code == 200
    report = program.get("/till-sessions/1/z-report").json()
    assert report["pieces"] == [{"value": fifty, "pieces": 3}]


def test_a_seller_program_reads_no_books(app: FastAPI, session: Session, here: Counter) -> None:
    seller = a_program(session, TestClient(app), here, Role.SALES)
    assert seller.get("/books/trial-balance").status_code == 403


@pytest.mark.parametrize("address", ["/till", "/till/day", "/books", "/books/journal"])
def test_a_page_asks_little(app: FastAPI, manager: Browser, address: str) -> None:
    manager.get(address)
    asked: list[str] = []
    engine = app.state.database.reader
    event.listen(engine, "before_cursor_execute", lambda *call: asked.append(call[2]))

    manager.get(address)

    assert len([one for one in asked if not one.startswith(("BEGIN", "PRAGMA"))]) <= 15, asked


def test_a_refund_that_came_back_stands_on_the_first_page_until_it_is_given_again(
    session: Session, here: Counter, manager: Browser
) -> None:
    owed = bills.raise_bill(
        session, here.seller, reference="order:17", customer_id=None, total=eur(6_000)
    )
    drawer = tills.require_open(session, here.till.id)
    paid = tenders.take_transfer(session, here.seller, owed, drawer, amount=eur(5_000), note="RF18")
    refund = refunds.start(session, here.manager, owed, paid, eur(5_000), reason="cancelled")
    refunds.take_back(session, here.manager, refund, failure="closed")
    session.commit()

    told = manager.get("/").text
    assert "Refunds that came back" in told
    assert 'href="/sales/17"' in told

    refunds.start(session, here.manager, owed, paid, eur(5_000), reason="by hand")
    session.commit()
    assert "Refunds that came back" not in manager.get("/").text
