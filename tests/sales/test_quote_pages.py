"""Quotes on their pages: the editor, the customer's phone, the queue, the reminders."""

import re
from datetime import timedelta

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel import clock
from app.kernel.money import Money
from app.payments import terms
from app.robots import receiving
from app.sales import onaccount, orders, quotelines, quotelinks, quotes
from app.sales.models import Order
from app.sales.quote_models import Quote
from app.web import csrf
from tests.makers.browsing import SECRET, Browser, a_browser
from tests.makers.quotes import a_configurator, a_quote, accepted
from tests.makers.robots import a_maker
from tests.makers.sales import PIN, Counter, a_robot
from tests.makers.whole_sales import a_basket

pytestmark = pytest.mark.only_on("sqlite")


@pytest.fixture
def till(app: FastAPI, counter: Counter) -> Browser:
    return a_browser(app, counter.session_cookie)


@pytest.fixture
def office(app: FastAPI, counter: Counter) -> Browser:
    return a_browser(app, counter.manager_cookie)


@pytest.fixture
def phone(app: FastAPI) -> TestClient:
    """A customer's browser: no session of staff."""
    made = TestClient(app, follow_redirects=False)
    made.cookies.set(csrf.COOKIE, SECRET)
    return made


def offered(session: Session, counter: Counter, *, deposit_minor: int = 0) -> str:
    """The customer's address of a quote that was sent."""
    quote = a_quote(session, counter, deposit_minor=deposit_minor)
    token = quotelinks.new(session, counter.seller, quote)
    session.commit()
    return f"/o/{token}"


def said(phone: TestClient, address: str, **fields: str) -> int:
    sent = {csrf.FIELD: csrf._token(SECRET), **fields}
    return phone.post(address, data=sent).status_code


def the_quote(session: Session, counter: Counter) -> Quote:
    session.rollback()
    session.expire_all()
    return quotes.by_number(session, counter.seller, 1)


def test_a_quote_is_made_configured_and_sent(
    till: Browser, session: Session, counter: Counter
) -> None:
    made = a_configurator(session, counter)
    session.commit()
    number = str(counter.customer.number)
    assert till.post("/sales/quotes/new", customer=number).headers["location"].endswith("/1")
    options = {f"pick-{made.hands.id}": str(made.plain.id), f"choice-{made.battery.id}": "2"}

    till.send("/sales/quotes/1/robot", {"product": "G1", **options})
    till.post("/sales/quotes/1/send")

    quote = the_quote(session, counter)
    sent = quotes.sent_of(quote)
    assert sent is not None
    assert [line.quantity for line in sent.lines] == [1, 2]
    assert "Rubber hands" in till.get("/sales/quotes/1").text


def test_the_configurators_sum_follows_each_choice(
    till: Browser, session: Session, counter: Counter
) -> None:
    made = a_configurator(session, counter)
    quotes.make(session, counter.seller, counter.customer.id)
    session.commit()
    query = f"product=G1&pick-{made.hands.id}={made.plain.id}&choice-{made.battery.id}=2"

    part = till.get(f"/sales/quotes/1/robot?{query}", htmx=True).text

    assert "15,298.00" in part
    assert "<html" not in part


def test_what_is_missing_stands_at_its_group(
    till: Browser, session: Session, counter: Counter
) -> None:
    made = a_configurator(session, counter)
    quotes.make(session, counter.seller, counter.customer.id)
    session.commit()

    answer = till.send("/sales/quotes/1/robot", {"product": "G1", f"choice-{made.battery.id}": "3"})

    assert answer.status_code == 422
    assert "Choose at least 1." in answer.text
    assert 'value="3"' in answer.text


def test_a_deposit_is_said_as_a_share_of_the_total(
    till: Browser, session: Session, counter: Counter
) -> None:
    quote = a_quote(session, counter)
    quotes.revise(session, counter.seller, quote)
    session.commit()
    until = quote.versions[0].valid_until.isoformat()

    till.post("/sales/quotes/1/terms", valid_until=until, deposit="20 %", keep="10")

    draft = quotes.draft_of(the_quote(session, counter))
    assert draft is not None
    assert draft.deposit_minor == 287_980


def test_much_off_a_price_asks_for_the_managers_pin(
    till: Browser, session: Session, counter: Counter
) -> None:
    quote = quotes.make(session, counter.seller, counter.customer.id)
    quotelines.add_product(session, counter.seller, quote, counter.battery)
    session.commit()
    much = {"quantity": "1", "percent": "20", "reason": "fair"}

    asked, wrong, given = (
        till.send("/sales/quotes/1/lines/1", much | {"pin": pin}) for pin in ("", "0000", PIN)
    )

    assert [one.status_code for one in (asked, wrong, given)] == [422, 422, 303]
    assert 'id="pin-1"' in asked.text
    assert "not right" in wrong.text


def test_terms_that_cannot_be_keep_what_was_typed(
    till: Browser, session: Session, counter: Counter
) -> None:
    quotes.make(session, counter.seller, counter.customer.id)
    session.commit()

    answer = till.post("/sales/quotes/1/terms", valid_until="2020-01-01", deposit="12x")

    assert answer.status_code == 422
    assert 'value="12x"' in answer.text


def test_the_link_is_told_once_and_opens_the_quote(
    till: Browser, phone: TestClient, session: Session, counter: Counter
) -> None:
    a_quote(session, counter)
    session.commit()

    page = till.post("/sales/quotes/1/link").text
    found = re.search(r"/o/([A-Za-z0-9_-]{40,})", page)

    assert found
    assert found[0] not in till.get("/sales/quotes/1").text
    assert "Unitree G1" in phone.get(found[0]).text


def test_the_customers_page_is_kept_by_nobody(
    phone: TestClient, session: Session, counter: Counter
) -> None:
    answer = phone.get(offered(session, counter))

    assert answer.headers["cache-control"] == "no-store"
    assert "noindex" in answer.headers["x-robots-tag"]


def test_a_wrong_or_ended_key_opens_nothing(
    phone: TestClient, session: Session, counter: Counter
) -> None:
    address = offered(session, counter)
    quotelinks.revoke(session, counter.seller, the_quote(session, counter))
    session.commit()

    answers = [phone.get(address), phone.get("/o/guessed"), phone.get(f"/o/{'x' * 200}")]

    assert [answer.status_code for answer in answers] == [404, 404, 404]


def test_the_customer_accepts_on_the_phone_once(
    phone: TestClient, session: Session, counter: Counter
) -> None:
    address = offered(session, counter, deposit_minor=200_000)

    first = said(phone, f"{address}/accept", version="1", by="A. Lindner")
    second = said(phone, f"{address}/accept", version="1", by="A. Lindner")

    assert (first, second) == (303, 303)
    session.rollback()
    assert len(session.scalars(select(Order)).all()) == 1
    page = phone.get(address).text
    assert "2,000.00" in page
    assert "Accept and order" not in page


def test_without_a_name_nothing_is_accepted(
    phone: TestClient, session: Session, counter: Counter
) -> None:
    assert said(phone, f"{offered(session, counter)}/accept", version="1", by=" ") == 422


def test_an_old_version_is_refused_and_the_new_one_shown(
    phone: TestClient, session: Session, counter: Counter
) -> None:
    address = offered(session, counter)
    quote = the_quote(session, counter)
    quotes.revise(session, counter.seller, quote)
    quotes.send(session, counter.seller, quote)
    session.commit()

    assert said(phone, f"{address}/accept", version="1", by="A. Lindner") == 409
    assert the_quote(session, counter).order_id is None


def test_a_sale_is_cancelled_by_its_rule_on_its_page(
    office: Browser, session: Session, counter: Counter
) -> None:
    quote = a_quote(session, counter, deposit_minor=200_000, keep_bp=5000)
    accepted(session, counter, quote)
    session.commit()
    office.post("/sales/1/arrival", amount="2000", note="bank 7")
    assert "1,000.00" in office.get("/sales/1").text

    answer = office.post("/sales/1/cancel", reason="went elsewhere")

    assert answer.status_code == 303
    assert "Kept when it was cancelled" in office.get("/sales/1").text


def test_the_queue_shows_who_is_next_and_gives_the_robot(
    till: Browser, session: Session, counter: Counter
) -> None:
    accepted(session, counter, a_quote(session, counter))
    a_robot(session, counter, "DEMO-G1-0002")
    session.commit()
    assert "S-1" in till.get("/sales/pre-orders").text

    till.post(f"/sales/pre-orders/models/{counter.model.id}/allocate")

    session.rollback()
    session.expire_all()
    order = orders.by_number(session, counter.seller, 1)
    assert orders.robots_of(order)


def test_a_delivery_note_says_who_waits_for_what_comes(
    app: FastAPI, session: Session, counter: Counter
) -> None:
    accepted(session, counter, a_quote(session, counter))
    note = f"maker,model,serial\n{a_maker(session).name},{counter.model.code},NEW-1\n"
    sha256 = receiving.stage(session, counter.manager, file_name="n.csv", data=note.encode())
    session.commit()

    shown = a_browser(app, counter.manager_cookie).get(f"/robots/receive/{sha256}")

    assert "1 customer waits for" in shown.text
    assert "Lindenhof Robotik GmbH (S-1)" in shown.text


def test_a_late_bill_is_reminded_from_its_list(
    office: Browser, session: Session, counter: Counter
) -> None:
    terms.set_limit(session, counter.manager, counter.customer, Money(500_000, "EUR"), days=1)
    with clock.set_to(clock.now() - timedelta(days=30)):
        bill = onaccount.put(session, counter.seller, a_basket(session, counter, batteries=1))
    session.commit()
    assert "Lindenhof" in office.get("/books/overdue").text

    answer = office.post(f"/books/overdue/{bill.id}/remind")

    assert answer.headers["location"].startswith("/documents/")
    assert "Payment reminder" in office.get("/books/overdue").text
    assert "Payment reminder" in office.get(answer.headers["location"]).text


def test_a_limit_is_set_on_the_customers_account(office: Browser, counter: Counter) -> None:
    page = f"/customers/{counter.customer.number}/account"

    refused = office.post(page, limit="12x", days="30")
    office.post(page, limit="5000", days="30")

    assert (refused.status_code, 'value="12x"' in refused.text) == (422, True)
    assert "5,000.00" in office.get(page).text


def test_options_are_set_up_by_model(office: Browser, counter: Counter) -> None:
    model = str(counter.model.id)

    office.post("/settings/options/groups", model=model, name="Hands", least="1", most="1")
    group = re.search(r'name="group" value="(\d+)"', office.get("/settings/options").text)
    assert group
    office.post("/settings/options/choices", group=group[1], product="BAT-G1")

    assert "Battery G1" in office.get("/settings/options").text
