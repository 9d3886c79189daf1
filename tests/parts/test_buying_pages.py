"""The pages of buying: from the list to the order, the packing table, moving, returns."""

import re
from collections.abc import Callable

import pytest
from fastapi import FastAPI
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from app.identity.roles import Role
from app.kernel.actor import Actor
from app.parts import buying, purchasing, receipts, stock
from app.parts.buying_models import GoodsReceipt, PurchaseOrder, Supplier, SupplierReturn
from app.parts.deliveries import Delivery, Piece
from app.parts.models import Balance, Part
from app.stores.models import Store
from tests.makers.browsing import Browser, a_browser
from tests.makers.buying import a_bin, a_part, a_price, a_sent_order, a_supplier, an_old_part
from tests.makers.identity import a_person, a_session

pytestmark = pytest.mark.only_on("sqlite")


@pytest.fixture
def supplier(session: Session, clerk: Actor) -> Supplier:
    made = a_supplier(session, clerk)
    session.commit()
    return made


@pytest.fixture
def low(session: Session, clerk: Actor, supplier: Supplier) -> Part:
    """Nothing there of three."""
    part = a_part(session, clerk, "LOW-1", minimum=2, maximum=3)
    a_price(session, clerk, supplier, part, number="TW-7")
    session.commit()
    return part


@pytest.fixture
def order(session: Session, clerk: Actor, supplier: Supplier, low: Part) -> PurchaseOrder:
    made = a_sent_order(session, clerk, supplier, {low: 3})
    session.commit()
    return made


def test_the_list_becomes_an_order_by_one_click(
    browser: Browser, session: Session, low: Part, supplier: Supplier
) -> None:
    assert "0 free or on the way, the minimum is 2." in browser.get("/parts/buying").text

    answer = browser.post(
        "/parts/buying",
        htmx=False,
        **{
            f"take_{low.id}": "yes",
            f"quantity_{low.id}": "3",
            f"supplier_{low.id}": str(supplier.id),
        },
    )

    assert answer.headers["location"] == "/parts/orders/1"
    (line,) = purchasing.lines_of(session, session.scalars(select(PurchaseOrder)).one())
    assert (line.quantity, line.supplier_number) == (3, "TW-7")
    assert "the minimum is 2" in line.why


def test_half_a_piece_is_not_ordered_and_what_was_typed_stays(
    browser: Browser, low: Part, supplier: Supplier
) -> None:
    answer = browser.post(
        "/parts/buying",
        htmx=False,
        **{
            f"take_{low.id}": "yes",
            f"quantity_{low.id}": "1,5",
            f"supplier_{low.id}": str(supplier.id),
        },
    )

    assert answer.status_code == 422
    assert "“1,5” is not a whole number of pieces." in answer.text
    assert 'value="1,5"' in answer.text


def test_one_scan_at_the_bench_says_that_it_was_the_last_one(
    browser: Browser, session: Session, clerk: Actor
) -> None:
    cable = a_part(session, clerk, "CABLE-1")
    session.commit()

    answer = browser.post("/parts/buying/last", htmx=True, code="cable 1")

    assert "CABLE-1 is on the list." in answer.text
    assert "Mei Lin took the last one." in browser.get("/parts/buying").text
    assert browser.post("/parts/buying/last", htmx=True, code="nothing").status_code == 404
    assert buying.incoming(session, [cable.id]) == {}


def test_a_label_leads_to_the_delivery(browser: Browser, order: PurchaseOrder) -> None:
    for code in ("PO-1", "po1", "https://store.example/parts/orders/1"):
        answer = browser.post("/parts/orders/open", htmx=True, code=code)

        assert answer.headers["HX-Redirect"] == f"/parts/orders/{order.number}/receive"


def test_an_order_is_drawn_up_changed_and_sent(
    browser: Browser, session: Session, low: Part, supplier: Supplier
) -> None:
    browser.post("/parts/orders", supplier=str(supplier.id))
    browser.post("/parts/orders/1/lines", part="low 1", quantity="4")
    browser.post("/parts/orders/1/lines/1", quantity="5", price="9,50")

    refused = browser.post("/parts/orders/1/send", expected_on="soon")
    assert refused.status_code == 422
    assert 'value="soon"' in refused.text
    browser.post("/parts/orders/1/send")

    page = browser.get("/parts/orders/1").text
    assert "€47.50" in page
    assert "Sent" in page
    assert buying.incoming(session, [low.id])[low.id].awaited == 5


def test_scans_fill_the_table_and_one_click_books_it_once(
    browser: Browser, session: Session, low: Part, order: PurchaseOrder
) -> None:
    here = f"/parts/orders/{order.number}/receive"
    answer = browser.post(f"{here}/scan", htmx=True, code="TW-7", scan_id="a")
    for _ in range(2):
        answer = browser.post(f"{here}/scan", htmx=True, code="TW-7", scan_id="b")
    assert re.search(r'count">2<small> / 3', answer.text)
    seen = re.search(r'name="seen" value="([^"]+)"', answer.text)
    assert seen

    booking = {"seen": seen[1], "note_number": "LS-9", "price_1": "12,00", "token": "once"}
    first, second = (browser.post(here, htmx=False, **booking) for _ in range(2))

    assert first.headers["location"] == second.headers["location"]
    assert stock.free(session, low.id) == 2
    page = browser.get(first.headers["location"]).text
    assert "GR-1 is booked." in page
    assert "€2.00" in page  # of difference to what was ordered


def test_more_than_ordered_is_asked_on_the_table(
    browser: Browser, session: Session, low: Part, order: PurchaseOrder
) -> None:
    here = f"/parts/orders/{order.number}/receive"
    browser.post(f"{here}/scan", htmx=True, code="LOW-1")
    browser.post(f"{here}/scan", htmx=True, code="*4", line="1")

    refused = browser.post(here, note_number="LS-9")
    assert refused.status_code == 422
    assert "3 ordered, 4 came" in refused.text
    assert 'value="LS-9"' in refused.text
    browser.post(here, confirmed="yes")

    assert stock.free(session, low.id) == 4


def test_who_comes_second_sees_what_was_booked(
    browser: Browser, session: Session, clerk: Actor, order: PurchaseOrder
) -> None:
    here = f"/parts/orders/{order.number}/receive"
    browser.post(f"{here}/scan", htmx=True, code="LOW-1")
    receipts.book(session, clerk, order, Delivery((Piece(1, 1),)))
    session.commit()
    browser.post(here)

    answer = browser.post(here)

    assert answer.status_code == 409
    assert "Mei Lin booked GR-2" in answer.text


def test_scanning_the_orders_label_again_books(
    browser: Browser, session: Session, order: PurchaseOrder
) -> None:
    here = f"/parts/orders/{order.number}/receive"
    browser.post(f"{here}/scan", htmx=True, code="LOW-1")

    answer = browser.post(f"{here}/scan", htmx=True, code="PO-1")

    assert answer.headers["HX-Redirect"] == "/parts/orders/1?receipt=1"
    assert session.scalars(select(GoodsReceipt)).one().by == "Mei Lin"


def test_a_rejection_says_why(browser: Browser, order: PurchaseOrder) -> None:
    here = f"/parts/orders/{order.number}/receive"

    assert browser.post(f"{here}/scan", htmx=True, code="LOW-1", rejects="yes").status_code == 422
    answer = browser.post(f"{here}/scan", htmx=True, code="LOW-1", rejects="yes", reason="Damaged")

    assert "Damaged" in answer.text


def test_two_scans_move_and_a_repeated_one_moves_nothing_more(
    browser: Browser, session: Session, clerk: Actor
) -> None:
    part = a_part(session, clerk, "LOW-1")
    shelf = a_bin(session, clerk, "A-01")
    a_bin(session, clerk, "B-02")
    stock.receive(session, clerk, part.id, quantity=5, reason="first", place=shelf)
    session.commit()
    taken = browser.post("/parts/move/scan", htmx=True, code="LOW-1")
    held = re.search(r'name="held" value="([^"]+)"', taken.text)
    assert held

    again = {"code": "B-02", "held": held[1], "token": "scan-2"}
    browser.post("/parts/move/scan", htmx=True, **again)
    moved = browser.post("/parts/move/scan", htmx=True, **again)

    assert "LOW-1: 1 to B-02." in moved.text
    quantities = session.scalars(select(Balance.quantity).where(Balance.bounded.is_(True)))
    assert sorted(quantities) == [1, 4]
    movement = re.search(r'name="movements" value="([^"]+)"', moved.text)
    assert movement
    browser.post("/parts/move/undo", htmx=True, movements=movement[1])
    assert "A-01" in browser.get(f"/parts/move?source={shelf.id}").text


def test_rejected_goods_go_back_and_are_credited(
    browser: Browser, session: Session, clerk: Actor, supplier: Supplier, order: PurchaseOrder
) -> None:
    receipts.book(session, clerk, order, Delivery((Piece(1, 1, rejected_for="torn"),)))
    session.commit()
    page = browser.get("/parts/returns").text
    row = re.search(r'name="(take_\d+)"', page)
    assert row
    assert "torn" in page

    wanted = {row[1]: "yes", "supplier": str(supplier.id), "reason": "torn", "expected": "10"}
    answer = browser.post("/parts/returns", htmx=False, **wanted)
    browser.post(f"{answer.headers['location']}/credit", amount="9,50")

    sent = session.scalars(select(SupplierReturn)).one()
    assert (sent.expected_minor, sent.credited_minor) == (1_000, 950)


def test_papers_are_pdf_in_the_suppliers_language(
    browser: Browser, session: Session, supplier: Supplier, order: PurchaseOrder
) -> None:
    supplier.language = "de"
    session.commit()

    first = browser.get(f"/parts/orders/{order.number}/order.pdf")
    again = browser.get(f"/parts/orders/{order.number}/order.pdf")

    assert first.headers["content-type"] == "application/pdf"
    assert first.content.startswith(b"%PDF")
    assert first.content == again.content


def test_suppliers_keep_what_was_typed(browser: Browser, supplier: Supplier) -> None:
    refused = browser.post("/parts/suppliers/new", name="Gear House", currency="EURO")
    assert refused.status_code == 422
    assert 'value="Gear House"' in refused.text
    twice = browser.post("/parts/suppliers/new", name=" tendon WORKS ", currency="EUR")
    assert twice.status_code == 409

    made = browser.post("/parts/suppliers/new", name="Gear House", currency="cny", lead_days="20")
    wrong = browser.post(f"/parts/suppliers/{supplier.id}/prices", part="NONE", price="1")

    assert made.status_code == 303
    assert "No part NONE." in wrong.text


@pytest.mark.usefixtures("order")
def test_sales_see_orders_and_change_none(app: FastAPI, session: Session, store: Store) -> None:
    cookie = a_session(session, a_person(session, store, "Jana Voss", role=Role.SALES))
    session.commit()
    seller = a_browser(app, cookie)

    assert seller.get("/parts/orders/1").status_code == 200
    for address in ("/parts/orders/1/cancel", "/parts/orders/1/lines/1/close"):
        assert seller.post(address, reason="no").status_code == 403
    assert seller.get("/parts/orders/1/receive").status_code == 403


ADDRESSES = ("/parts/buying", "/parts/orders", "/parts/orders/1", "/parts/orders/1/receive")


@pytest.mark.usefixtures("order")
def test_longer_pages_ask_no_more_often(
    browser: Browser, session: Session, app: FastAPI, clerk: Actor, supplier: Supplier
) -> None:
    def more(numbers: range) -> None:
        for number in numbers:
            part = a_part(session, clerk, f"MORE-{number}", minimum=3, maximum=5)
            a_price(session, clerk, supplier, part)
            a_sent_order(session, clerk, supplier, {part: 1})
        session.commit()

    def statements(address: str) -> int:
        asked: list[object] = []
        event.listen(app.state.database.reader, "before_cursor_execute", note := _noting(asked))
        try:
            assert browser.get(address).status_code == 200
        finally:
            event.remove(app.state.database.reader, "before_cursor_execute", note)
        return len(asked)

    more(range(1))
    few = [statements(address) for address in ADDRESSES]
    more(range(1, 6))

    assert [statements(address) for address in ADDRESSES] == few
    assert max(few) <= 15


def _noting(asked: list[object]) -> Callable[..., None]:
    def note(*facts: object) -> None:
        asked.append(facts[2])

    return note


def test_the_one_box_finds_an_order(browser: Browser, order: PurchaseOrder) -> None:
    answer = browser.get(f"/find?q=PO-{order.number}")

    assert answer.headers["location"] == f"/parts/orders/{order.number}/receive"


def test_a_booking_is_undone_with_a_reason(
    browser: Browser, session: Session, clerk: Actor, low: Part, order: PurchaseOrder
) -> None:
    receipts.book(session, clerk, order, Delivery((Piece(1, 3),)))
    session.commit()
    undo = re.search(
        r'href="(/parts/orders/1/receipts/\d+/undo)"', browser.get("/parts/orders/1").text
    )
    assert undo

    assert browser.get(undo[1]).status_code == 200
    assert browser.post(undo[1], reason=" ").status_code == 422
    browser.post(undo[1], reason="counted wrong")

    assert stock.free(session, low.id) == 0
    assert "Undone" in browser.get("/parts/orders/1").text


def test_an_old_part_goes_back_or_need_not(
    browser: Browser, session: Session, clerk: Actor, supplier: Supplier
) -> None:
    part = a_part(session, clerk, "CORE-1", core_days=20)
    for number in (1, 2):
        an_old_part(session, clerk, part, f"ticket:T-{number}")
    session.commit()
    first, second = re.findall(
        r"/parts/returns/cores/(\d+)/waive", browser.get("/parts/returns").text
    )

    refused = browser.post(f"/parts/returns/cores/{first}", reason="old part")
    sent = browser.post(
        f"/parts/returns/cores/{first}", supplier=str(supplier.id), reason="old part", expected="0"
    )
    browser.post(f"/parts/returns/cores/{second}/waive", reason="not wanted")

    assert "There is no such supplier" in refused.text
    assert sent.headers["location"] == "/parts/returns/1"
    assert browser.get("/parts/returns/1/return.pdf").content.startswith(b"%PDF")
    assert "No old part is due" in browser.get("/parts/returns").text


def test_awaited_pieces_are_kept_by_hand_and_given_back(
    browser: Browser, session: Session, low: Part, order: PurchaseOrder
) -> None:
    here = f"/parts/orders/{order.number}"
    refused = browser.post(f"{here}/keep", line="1", quantity="9", purpose="Fair")
    browser.post(f"{here}/keep", line="1", quantity="2", purpose="Fair")

    assert refused.status_code == 409
    assert 'value="9"' in refused.text
    assert buying.incoming(session, [low.id])[low.id].free == 1
    session.rollback()
    page = browser.get(here).text
    kept = re.search(rf"{here}/kept/\d+/give-back", page)
    assert kept
    assert "2 for Fair" in page
    browser.post(kept[0])
    assert buying.incoming(session, [low.id])[low.id].free == 3


def test_moving_works_without_a_script(browser: Browser, session: Session, clerk: Actor) -> None:
    part = a_part(session, clerk, "LOW-1")
    shelf = a_bin(session, clerk, "A-01")
    a_bin(session, clerk, "B-02")
    stock.receive(session, clerk, part.id, quantity=5, reason="first", place=shelf)
    session.commit()
    taken = browser.post("/parts/move/scan", code="LOW-1").text
    held = re.search(r'name="held" value="([^"]+)"', taken)
    assert held
    assert "<title>" in taken

    moved = browser.post("/parts/move/scan", code="B-02", held=held[1]).text

    assert "LOW-1: 1 to B-02." in moved
