"""Checkout: the session, its page as a customer's browser uses it, and what the shop hears."""

import re
import time
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPRedirectHandler, Request, build_opener

import pytest
from stripe import InvalidRequestError, StripeClient
from stripe.checkout import Session

from tests.stripe_server import StripeStandIn


class StayHere(HTTPRedirectHandler):
    """Shows a redirect instead of following it out of the test."""

    def redirect_request(self, *_: Any) -> None:
        return None


def browse(url: str, form: dict[str, str] | None = None, language: str = "en") -> tuple[int, str]:
    """Open or send a page; return its status, and its text or where it redirects to."""
    body = urlencode(form).encode() if form else None
    request = Request(url, body, {"Accept-Language": language})
    try:
        with build_opener(StayHere).open(request, timeout=5) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as other:
        with other:
            return other.code, other.headers.get("Location") or other.read().decode()


def open_session(stripe: StripeClient, **more: Any) -> Session:
    params: Any = {
        "mode": "payment",
        "success_url": "https://shop.example/paid?session={CHECKOUT_SESSION_ID}",
        "cancel_url": "https://shop.example/back",
        "customer_email": "ada@example.com",
        "client_reference_id": "T-1",
        "metadata": {"ticket": "T-1"},
        "payment_intent_data": {"metadata": {"bill": "B-1"}, "description": "Repair T-1"},
        "line_items": [
            {
                "price_data": {
                    "currency": "eur",
                    "unit_amount": 120_00,
                    "product_data": {"name": "Knee <actuator>"},
                },
                "quantity": 2,
            }
        ],
        **more,
    }
    return stripe.v1.checkout.sessions.create(params)


def pay(session: Session, way: str) -> tuple[int, str]:
    assert session.url
    return browse(session.url, {"email": "ada@example.com", "with": way})


def again(stripe: StripeClient, session: Session) -> Session:
    return stripe.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]})


def test_a_session_starts_open_and_without_an_intent(
    stripe: StripeClient, stand_in: StripeStandIn
) -> None:
    session = open_session(stripe)

    assert (session.status, session.payment_status) == ("open", "unpaid")
    assert (session.amount_total, session.currency) == (240_00, "eur")
    assert session.payment_intent is None
    assert session.url == f"{stand_in.url}/pay/{session.id}"
    lines = stripe.v1.checkout.sessions.line_items.list(session.id)
    assert [(line.description, line.quantity) for line in lines] == [("Knee <actuator>", 2)]


def test_the_page_shows_what_is_to_be_paid(stripe: StripeClient) -> None:
    session = open_session(stripe)

    status, page = browse(str(session.url))

    assert status == 200
    assert "Pay €240.00" in page
    assert "Knee &lt;actuator&gt;" in page
    assert 'value="ada@example.com"' in page
    assert not re.search(r"<script|style=| on\w+=", page)


@pytest.mark.parametrize(
    ("locale", "accepted", "words"),
    [
        (None, "de-DE,de;q=0.9", "bezahlen"),
        (None, "zh-CN", "支付"),
        ("de", "en", "bezahlen"),
        (None, "fr", "Pay"),
    ],
)
def test_the_page_speaks_the_customers_language(
    stripe: StripeClient, locale: str | None, accepted: str, words: str
) -> None:
    session = open_session(stripe, **({"locale": locale} if locale else {}))

    assert words in browse(str(session.url), language=accepted)[1]


def test_a_customer_pays(stripe: StripeClient, stand_in: StripeStandIn) -> None:
    session = open_session(stripe)

    status, place = pay(session, "card")

    assert (status, place) == (303, f"https://shop.example/paid?session={session.id}")
    paid = again(stripe, session)
    assert (paid.status, paid.payment_status, paid.url) == ("complete", "paid", None)
    intent: Any = paid.payment_intent
    assert (intent.amount_received, intent.metadata.to_dict()) == (240_00, {"bill": "B-1"})
    assert stand_in.events() == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "checkout.session.completed",
    ]


def test_pressing_twice_pays_once(stripe: StripeClient, stand_in: StripeStandIn) -> None:
    session = open_session(stripe)

    answers = [pay(session, "card") for _ in range(2)]

    assert answers[0] == answers[1]
    assert len(stand_in.charges()) == 1


def test_a_declined_card_leaves_the_page_open(
    stripe: StripeClient, stand_in: StripeStandIn
) -> None:
    session = open_session(stripe)

    status, page = pay(session, "decline")

    assert status == 200
    assert "Your card was declined." in page
    assert again(stripe, session).status == "open"
    assert pay(session, "card")[0] == 303
    paid = again(stripe, session)
    assert paid.payment_status == "paid"
    assert [charge["status"] for charge in stand_in.charges()] == ["succeeded", "failed"]
    assert len(stand_in.read("payment_intents")) == 1


def test_while_the_page_is_open_its_intent_cannot_be_cancelled(
    stripe: StripeClient, stand_in: StripeStandIn
) -> None:
    session = open_session(stripe)
    pay(session, "decline")
    intent = stand_in.read("payment_intents")[0]["id"]

    with pytest.raises(InvalidRequestError, match="Checkout Session"):
        stripe.v1.payment_intents.cancel(intent)

    stripe.v1.checkout.sessions.expire(session.id)
    assert stripe.v1.payment_intents.retrieve(intent).status == "canceled"


def test_an_intent_paid_elsewhere_is_not_paid_again_on_its_page(
    stripe: StripeClient, stand_in: StripeStandIn
) -> None:
    session = open_session(stripe)
    pay(session, "decline")
    intent = stand_in.read("payment_intents")[0]["id"]
    stripe.v1.payment_intents.confirm(intent, {"payment_method": "pm_card_visa"})

    pay(session, "card")

    assert len(stand_in.charges(status="succeeded")) == 1


def test_cancelling_leads_back_and_leaves_the_session_open(stripe: StripeClient) -> None:
    session = open_session(stripe)

    assert pay(session, "cancel") == (303, "https://shop.example/back")
    assert again(stripe, session).status == "open"


@pytest.mark.parametrize(
    ("way", "news", "status"), [("bank", "succeeded", "paid"), ("bank_decline", "failed", "unpaid")]
)
def test_a_transfer_arrives_later_or_never(
    stripe: StripeClient, stand_in: StripeStandIn, way: str, news: str, status: str
) -> None:
    session = open_session(stripe)
    pay(session, way)
    waiting = again(stripe, session)
    assert (waiting.status, waiting.payment_status) == ("complete", "unpaid")
    intent: Any = waiting.payment_intent
    assert intent.status == "processing"

    outcome = "approve" if news == "succeeded" else "decline"
    stand_in.control("settle", id=intent.id, outcome=outcome)

    assert again(stripe, session).payment_status == status
    assert stand_in.events()[-1] == f"checkout.session.async_payment_{news}"


def test_the_control_desk_goes_before_the_button(
    stripe: StripeClient, stand_in: StripeStandIn
) -> None:
    session = open_session(stripe)
    stand_in.next("decline", code="expired_card")

    assert "Your card has expired." in pay(session, "card")[1]


def test_a_payment_whose_redirect_is_lost(stripe: StripeClient, stand_in: StripeStandIn) -> None:
    session = open_session(stripe)
    stand_in.next("lose_answer", on=["checkout.pay"])

    with pytest.raises(OSError, match="without response"):
        pay(session, "card")

    assert again(stripe, session).payment_status == "paid"


def test_an_expired_session_takes_no_money(stripe: StripeClient, stand_in: StripeStandIn) -> None:
    session = open_session(stripe)
    stripe.v1.checkout.sessions.expire(session.id)

    status, page = pay(session, "card")

    assert (status, "expired" in page) == (200, True)
    assert again(stripe, session).status == "expired"
    assert stand_in.charges() == []
    assert stand_in.events() == ["checkout.session.expired"]
    with pytest.raises(InvalidRequestError, match="status of expired"):
        stripe.v1.checkout.sessions.expire(session.id)


def test_a_paid_session_cannot_be_expired(stripe: StripeClient) -> None:
    session = open_session(stripe)
    pay(session, "card")

    with pytest.raises(InvalidRequestError, match="status of complete"):
        stripe.v1.checkout.sessions.expire(session.id)
    assert "This has been paid." in browse(str(session.url))[1]


def test_an_address_that_nobody_has_gives_nothing_away(stand_in: StripeStandIn) -> None:
    status, page = browse(f"{stand_in.url}/pay/cs_test_none")

    assert (status, "nothing to pay" in page) == (404, True)


def test_a_held_amount_is_captured_after_checkout(stripe: StripeClient) -> None:
    session = open_session(stripe, payment_intent_data={"capture_method": "manual"})
    pay(session, "card")

    held = again(stripe, session)

    intent: Any = held.payment_intent
    assert (held.payment_status, intent.status) == ("unpaid", "requires_capture")
    assert stripe.v1.payment_intents.capture(intent.id).status == "succeeded"


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"line_items": []}, "line_items"),
        ({"success_url": "javascript:alert(1)"}, "success_url"),
        ({"expires_at": int(time.time()) + 60}, "expires_at"),
        ({"mode": "subscription"}, "mode"),
        ({"payment_method_types": ["card"]}, "payment_method_types"),
        ({"line_items": [{"price": "price_0"}]}, "line_items[0][price]"),
    ],
)
def test_a_session_that_stripe_would_not_open_is_refused(
    stripe: StripeClient, changes: dict[str, Any], param: str
) -> None:
    with pytest.raises(InvalidRequestError) as refusal:
        open_session(stripe, **changes)

    assert refusal.value.param == param
