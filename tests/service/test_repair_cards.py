"""A repair paid by card: the reader is asked until it knows, and the invoice follows."""

import pytest
from fastapi import FastAPI
from sqlalchemy.orm import Session

from app.identity.roles import Role
from app.kernel.money import Money
from app.payments import issuing, stripe_gate, tills
from app.service import billing, tickets
from app.settings import Settings
from app.stores.models import Till
from tests.makers.books import breaches_of
from tests.makers.browsing import a_browser
from tests.makers.estimates import a_fee, approved_ticket, priced
from tests.makers.identity import a_session, a_terminal
from tests.makers.service import Workshop
from tests.makers.work import released
from tests.stripe_server import StripeStandIn

pytestmark = pytest.mark.only_on("sqlite")  # what depends on the engine is in test_cards.py


@pytest.fixture
def settings(database_url: str, stripe_stand_in: StripeStandIn) -> Settings:
    return Settings(
        database_url=database_url,
        stripe_secret_key=stripe_stand_in.key,
        stripe_api_base=stripe_stand_in.url,
    )


def test_the_customer_pays_a_repair_by_card(
    session: Session, shop: Workshop, app: FastAPI, stripe_stand_in: StripeStandIn
) -> None:
    stripe_stand_in.reset()
    priced(session, shop)
    ticket = approved_ticket(session, shop, a_fee("Wash", 5_000))
    released(session, shop, ticket)
    reader = stripe_gate.gate_of(app.state.database).add_simulated_reader("Till 1", country="DE")
    till = Till(store_id=shop.store.id, name="Till 1", reader_id=reader.id)
    session.add(till)
    session.flush()
    tills.open_session(session, shop.manager, till, Money(20_000, "EUR"))
    person = shop.people[Role.MANAGER]
    terminal = a_terminal(session, shop.store, person, till=till)
    cookie = a_session(session, person, terminal)
    session.commit()
    counter = a_browser(app, cookie)
    page = f"/service/tickets/{ticket.number}"

    started = counter.post(f"{page}/bill/card", amount="20", token="first")
    assert started.status_code == 303, started.text
    for _ in range(5):
        counter.post(f"{page}/bill/look")
    # Back, and the same button: no second payment begins
    assert counter.post(f"{page}/bill/card", amount="20", token="first").status_code == 303
    another = counter.post(f"{page}/bill/card", amount="30", token="first")
    assert another.status_code == 409
    session.expire_all()
    assert billing.owed(session, ticket).paid.minor == 2_000
    session.commit()
    counter.post(f"{page}/bill/card", amount="", token="second")
    for _ in range(5):
        counter.post(f"{page}/bill/look")

    session.expire_all()
    assert billing.owed(session, ticket).settled
    (invoice,) = issuing.documents_of(session, shop.store.id, tickets.reference(ticket))
    assert issuing.content_of(invoice).payments[0].card_last4 == "4242"
    assert breaches_of(session) == []
