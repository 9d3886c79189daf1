"""A repair's customer says how they are written to; and comes back from what was refused."""

import re

import pytest
from fastapi import FastAPI
from sqlalchemy.orm import Session

from app.messaging import choices
from app.messaging.models import Channel
from app.web import csrf
from tests.makers.browsing import SECRET
from tests.makers.service import Workshop, a_ticket
from tests.portal.customer import Customer

pytestmark = pytest.mark.only_on("sqlite")  # pages alike on both: test_pages_answer


@pytest.fixture
def customer(app: FastAPI, session: Session, shop: Workshop) -> Customer:
    shop.owner.email, shop.owner.phone = "hart@klinik.example", "+49 341 555-0142"
    return Customer(app, session, shop, a_ticket(session, shop))


def test_the_customer_chooses_language_and_way_and_no_key_shows_their_address(
    session: Session, shop: Workshop, customer: Customer
) -> None:
    letters = f"{customer.here}/letters"
    assert f'href="{letters}"' in customer.client.get(customer.here).text
    assert "hart@" not in customer.client.get(letters).text
    assert customer.post(letters, language="xx", channel="mail")[0] == 422
    assert customer.post(letters, language="zh", channel="pigeon")[0] == 422

    assert customer.post(letters, language="zh", channel="text")[0] == 303

    session.refresh(shop.owner)
    choice = choices.of(session, shop.owner.id)
    assert (shop.owner.language, choice and choice.channel) == ("zh", Channel.TEXT)


def test_another_language_after_a_refusal_leads_to_the_page(customer: Customer) -> None:
    _, refused = customer.post(f"{customer.here}/messages", text="a" * 2_001, token="one")
    back = re.search(r'name="next" value="([^"]+)"', refused)
    assert back is not None
    sent = {csrf.FIELD: csrf._token(SECRET), "language": "de", "next": back[1]}
    turned = customer.client.post("/preferences", data=sent)
    assert customer.client.get(turned.headers["location"]).status_code == 200
