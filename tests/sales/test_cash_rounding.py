"""A sale in coins that there are: what the counter asks for, what the invoice says of it."""

import pytest
from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.payments import issuing
from app.payments.documents import DocumentKind, imbalances
from app.payments.models import IssuedDocument
from app.stores.models import Store
from tests.makers.browsing import Browser, a_browser
from tests.makers.sales import Counter, a_counter

pytestmark = pytest.mark.only_on("sqlite")


@pytest.fixture
def till(app: FastAPI, session: Session) -> Browser:
    """The counter of a Dutch store, with a battery for 999.98 in the basket."""
    counter: Counter = a_counter(session)
    session.get_one(Store, counter.store.id).country = "NL"
    counter.battery.price_minor = 99_998
    session.commit()
    browser = a_browser(app, counter.session_cookie)
    browser.post("/counter/scan", htmx=True, code="BAT-G1", scan_id="1")
    return browser


def test_the_counter_asks_for_what_coins_can_make(till: Browser) -> None:
    cart = till.get("/counter").text
    assert "€999.98" in cart
    assert "Take €1,000.00 in cash" in cart

    dialog = till.get("/counter/ask/cash", htmx=True).text
    assert 'value="1000.00"' in dialog
    assert "no smaller coins" in dialog


def test_the_invoice_has_the_rounding_as_a_line_of_its_own(till: Browser, session: Session) -> None:
    """CASH-01."""
    paid = till.post("/counter/pay/cash", htmx=True, order="1", due="99998", token="t1")
    assert "is paid" in paid.text

    document = session.scalars(
        select(IssuedDocument).where(IssuedDocument.kind == DocumentKind.INVOICE)
    ).one()
    content = issuing.content_of(document)
    assert content.totals.rounding is not None
    assert (content.totals.rounding.minor, content.totals.due.minor) == (2, 100_000)
    assert not content.open
    assert imbalances(content) == []
    assert "Rounding" in till.get(f"/documents/{document.id}/paper").text


def test_a_part_that_no_coins_make_is_refused_and_the_rest_goes_by_transfer(till: Browser) -> None:
    odd = till.post("/counter/pay/cash", htmx=True, order="1", amount="100.01", token="a")
    assert odd.status_code == 422
    assert "steps of" in odd.text

    till.post("/counter/pay/cash", htmx=True, order="1", amount="100", token="b")
    done = till.post("/counter/pay/transfer", htmx=True, order="1", note="T 1", token="c")

    assert "is paid" in done.text
