"""The deposit of an accepted quote, paid at the card service's page from the customer's phone."""

import re
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.money import Money
from app.payments import bills
from app.payments.models import PaymentAttempt
from app.sales import orders, quotelinks
from app.settings import Settings
from app.web import csrf
from tests.makers.books import breaches_of
from tests.makers.browsing import SECRET
from tests.makers.quotes import a_quote, accepted
from tests.makers.sales import Counter, a_counter
from tests.payments.test_checkouts import pay
from tests.stripe_server import StripeStandIn, running_stripe_stand_in

pytestmark = pytest.mark.only_on("sqlite")  # what depends on the engine is in test_checkouts.py


@pytest.fixture(scope="module")
def stripe() -> Iterator[StripeStandIn]:
    with running_stripe_stand_in(auto_present=False) as made:
        yield made


@pytest.fixture
def settings(database_url: str, stripe: StripeStandIn) -> Settings:
    return Settings(
        database_url=database_url, stripe_secret_key=stripe.key, stripe_api_base=stripe.url
    )


@pytest.fixture
def counter(session: Session) -> Counter:
    made = a_counter(session)
    session.commit()
    return made


@pytest.fixture
def phone(app: FastAPI) -> TestClient:
    made = TestClient(app, follow_redirects=False)
    made.cookies.set(csrf.COOKIE, SECRET)
    return made


def test_the_deposit_is_paid_by_link_once(
    phone: TestClient, session: Session, counter: Counter
) -> None:
    quote = a_quote(session, counter, deposit_minor=200_000)
    token = quotelinks.new(session, counter.seller, quote)
    accepted(session, counter, quote)
    session.commit()
    here = f"/o/{token}"
    sent = {csrf.FIELD: csrf._token(SECRET)}

    answers = [phone.post(f"{here}/pay", data=sent) for _ in range(2)]
    page = phone.get(f"{here}?go=1").text
    found = re.search(r'id="go-on" href="([^"]+)"', page)
    assert found
    pay(found[1].replace("&amp;", "&"))
    after = phone.get(here).text

    assert [answer.headers["location"] for answer in answers] == [f"{here}?go=1"] * 2
    session.rollback()
    session.expire_all()
    bill = orders.bill_of(session, orders.by_number(session, counter.seller, 1))
    assert bill is not None
    assert bills.paid(session, bill) == Money(200_000, "EUR")
    assert len(session.scalars(select(PaymentAttempt)).all()) == 1
    assert "12,399.00" in after
    assert breaches_of(session) == []
