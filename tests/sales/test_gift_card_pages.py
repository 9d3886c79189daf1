"""Gift cards as people meet them: at the counter, in their list, and where they are handed out."""

import re

import pytest
from fastapi import FastAPI
from sqlalchemy.orm import Session

from app.payments import giftcards, giftcodes, giftledger
from app.payments.gift_card_models import GiftCard
from tests.makers.browsing import Browser, a_browser
from tests.makers.giftcards import a_card_product, card_sold
from tests.makers.sales import PIN, Counter, a_counter
from tests.makers.whole_sales import a_basket

pytestmark = pytest.mark.only_on("sqlite")  # pages alike on both: test_pages_answer


@pytest.fixture
def counter(session: Session) -> Counter:
    made = a_counter(session)
    a_card_product(session, made)
    session.commit()
    return made


@pytest.fixture
def till(app: FastAPI, counter: Counter) -> Browser:
    return a_browser(app, counter.session_cookie)


@pytest.fixture
def manager(app: FastAPI, counter: Counter) -> Browser:
    return a_browser(app, counter.manager_cookie)


def test_a_card_is_asked_for_its_amount_sold_and_handed_out_once(till: Browser) -> None:
    asked = till.post("/counter/scan", htmx=True, code="GIFT", scan_id="1")
    assert asked.headers["HX-Retarget"] == "#dialog"
    assert 'value="50.00"' in asked.text
    form = {"product": "GIFT", "amount": "75", "token": "g1"}
    assert "Outside the scope" in till.send("/counter/gift-card", form, htmx=True).text
    paid = till.post("/counter/pay/cash", htmx=True, order="1", due="7500", token="g2")
    (page,) = set(re.findall(r"/gift-cards/\d+", paid.text))
    assert "to hand out" in till.get(page).text
    out = till.post(f"{page}/hand-out")
    code = re.search(r'id="code">([^<]+)<', out.text)
    assert code is not None
    assert giftcodes.read(code[1]) is not None
    assert out.headers["Cache-Control"] == "no-store"
    assert "was handed out" in till.post(f"{page}/hand-out").text
    assert code[1] not in till.get(page).text


def test_a_scanned_card_pays_what_is_on_it(
    till: Browser, session: Session, counter: Counter
) -> None:
    card, code = card_sold(session, counter, 10_000)
    order = a_basket(session, counter, batteries=1)
    session.commit()
    assert 'id="gift-code"' in till.get("/counter/gift-card/pay", htmx=True).text
    asked = till.post("/counter/scan", htmx=True, code=code, scan_id="1")
    assert "pays €100.00" in asked.text
    form = {"order": str(order.number), "due": "89900", "code": code, "amount": "100.01"}
    refused = till.send("/counter/gift-card/pay", form | {"token": "p1"}, htmx=True)
    assert refused.status_code == 422
    assert 'value="100.00"' in refused.text
    paid = till.send("/counter/gift-card/pay", form | {"amount": "", "token": "p2"}, htmx=True)
    assert "Left to pay" in paid.text
    session.expire_all()
    assert not giftledger.balance(session, session.get_one(GiftCard, card.id))


def test_wrong_codes_at_the_counter_lock_whoever_scans_them(
    till: Browser, session: Session, counter: Counter
) -> None:
    _, code = card_sold(session, counter, 10_000)
    session.commit()
    for index in range(5):
        wrong = till.post("/counter/scan", htmx=True, code=giftcodes.new(), scan_id=str(index))
        assert wrong.status_code == 404
    assert till.post("/gift-cards/find", code=code).status_code == 429


def test_a_mistyped_code_keeps_what_was_typed_and_locks_nobody(till: Browser) -> None:
    for _ in range(5):
        till.post("/gift-cards/find", code="GC12-3456")
    page = till.post("/gift-cards/find", code="GC12-3456")
    assert page.status_code == 422
    assert "GC12-3456" in page.text
    assert "no code of a gift card" in page.text


def test_a_manager_replaces_a_lost_card_from_its_page(
    till: Browser, manager: Browser, session: Session, counter: Counter
) -> None:
    card, code = card_sold(session, counter, 10_000)
    session.commit()
    assert (
        till.post("/gift-cards/find", code=code).headers["location"] == f"/gift-cards/{card.number}"
    )
    page = f"/gift-cards/{card.number}"
    assert till.post(f"{page}/replace", reason="lost", token="r1").status_code == 403
    made = manager.post(f"{page}/replace", reason="lost", token="r2")
    assert made.headers["location"] == f"/gift-cards/{card.number + 1}"
    assert "Replaced by" in till.get(page).text
    listed = till.get("/gift-cards?show=waiting").text
    assert f"GC-{card.number + 1}" in listed


def test_goodwill_above_the_limit_asks_for_a_managers_pin(till: Browser, counter: Counter) -> None:
    page = f"/customers/{counter.customer.number}/credit"
    form = {"amount": "50.01", "reason": "late repair", "token": "c1"}
    asked = till.send(page, form)
    assert asked.status_code == 422
    assert 'name="pin"' in asked.text
    assert till.send(page, form | {"pin": PIN, "token": "c2"}).status_code == 303
    shown = till.get(page).text
    assert "€50.01" in shown
    assert "late repair (Petra Krause)" in shown


def test_the_rules_keep_what_was_typed(manager: Browser) -> None:
    form = {"card_most": "500", "card_months": "200", "credit_months": "", "goodwill": "20"}
    refused = manager.send("/settings/gift-cards", form | {"token": "s1"})
    assert refused.status_code == 422
    assert 'value="200"' in refused.text
    saved = manager.send("/settings/gift-cards", form | {"card_months": "36", "token": "s2"})
    assert saved.status_code == 303
    assert 'value="36"' in manager.get("/settings/gift-cards").text


def test_a_sales_page_leads_to_its_cards(till: Browser, session: Session, counter: Counter) -> None:
    card, _ = card_sold(session, counter, 10_000)
    number = card.source.split(":")[1]
    giftcards.block(session, counter.seller, card, reason="stolen")
    session.commit()
    assert f"/gift-cards/{card.number}" in till.get(f"/sales/{number}").text
    assert "stolen" in till.get(f"/gift-cards/{card.number}").text
