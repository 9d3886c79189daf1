"""Messages that arrive in the card service's name: are they genuine, and each kept once.

The signature scheme is Stripe's (https://docs.stripe.com/webhooks#verify-manually): HMAC-SHA256
with the endpoint's secret over `time.body`, where `body` are the bytes as they came.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.kernel import clock, queueing
from app.kernel.text import msg
from app.payments.errors import NotGenuine
from app.payments.intents import (
    DisputeReport,
    IntentReport,
    RefundReport,
    dispute_report,
    intent_report,
    refund_report,
)
from app.payments.models import Bill, PaymentAttempt, Tender, WebhookEvent

TOLERANCE_S = 300
# Messages belong to no store before they are matched; they queue apart from all stores.
_QUEUE = 0
# Of these something follows; others are kept, and that is all.
_OF_PAYMENTS = frozenset(
    {
        "payment_intent.succeeded",
        "payment_intent.payment_failed",
        "payment_intent.canceled",
        "payment_intent.processing",
        "payment_intent.partially_funded",
        "charge.succeeded",
        "charge.failed",
        "charge.captured",
        "charge.refunded",
        "terminal.reader.action_succeeded",
        "terminal.reader.action_failed",
        "checkout.session.completed",
        "checkout.session.expired",
        "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed",
    }
)
_OF_REFUNDS = frozenset(
    {"refund.created", "refund.updated", "refund.failed", "charge.refund.updated"}
)
_OF_DISPUTES = frozenset(
    {
        "charge.dispute.created",
        "charge.dispute.updated",
        "charge.dispute.closed",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.funds_reinstated",
    }
)


@dataclass(frozen=True, slots=True)
class Notice:
    """One event. `intent_id` is empty when it is about no payment; `body` is as it came.

    `checkout_id`, `snapshot`, `refund`, `dispute` are what it is about, as it was then; `origin`
    what we wrote on the thing when it was made.
    """

    event_id: str
    kind: str
    intent_id: str
    snapshot: IntentReport | None
    body: str
    checkout_id: str = ""
    refund: RefundReport | None = None
    dispute: DisputeReport | None = None
    origin: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_telling(self) -> bool:
        """Something of ours may follow from it."""
        if self.kind in _OF_PAYMENTS:
            return bool(self.intent_id or self.checkout_id)
        return self.refund is not None or self.dispute is not None

    @property
    def object_id(self) -> str:
        """What it is about, beside a payment."""
        if self.refund is not None:
            return self.refund.id
        return self.dispute.id if self.dispute is not None else self.checkout_id


def check_signature(raw: bytes, header: str, *, secret: str) -> None:
    """Raises NotGenuine unless `header` signs these bytes, within five minutes either way."""
    if not secret:
        raise NotGenuine(msg("No webhook secret is set, so no message can be trusted."))
    fields = [part.partition("=")[::2] for part in header.split(",")]
    times = [value for name, value in fields if name.strip() == "t"]
    signatures = [value.strip() for name, value in fields if name.strip() == "v1"]
    if len(times) != 1 or not (times[0].isascii() and times[0].isdigit()) or not signatures:
        raise NotGenuine(msg("The signature cannot be read."))
    signed = times[0].encode() + b"." + raw
    expected = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest().encode()
    # a secret that is being replaced signs beside its successor
    if not any(hmac.compare_digest(expected, each.encode()) for each in signatures):
        raise NotGenuine(msg("The signature is not that of the card service."))
    if abs(clock.now().timestamp() - int(times[0])) > TOLERANCE_S:
        raise NotGenuine(msg("The message is too old, or from the future."))


def read(raw: bytes, *, livemode: bool, account: str) -> Notice:
    """The event in a genuine body. Raises NotGenuine when it is not meant for us.

    An event names an account only when it is a connected one's; that must then be ours.
    """
    try:
        event = json.loads(raw)
        subject = event["data"]["object"]
        kind = str(event["type"])[:64]
        notice = Notice(
            event_id=str(event["id"])[:64],
            kind=kind,
            intent_id=_intent_id(subject),
            snapshot=intent_report(subject) if _is_intent(subject) else None,
            body=raw.decode(),
            checkout_id=_checkout_id(subject),
            refund=refund_report(subject) if kind in _OF_REFUNDS else None,
            dispute=dispute_report(subject) if kind in _OF_DISPUTES else None,
            origin=_origin(subject),
        )
        its_account, its_mode = event.get("account"), event.get("livemode")
    except (ValueError, KeyError, TypeError, AttributeError):
        raise NotGenuine(msg("This is not an event.")) from None
    if its_account and its_account != account:
        raise NotGenuine(msg("This event belongs to another account."))
    if its_mode is not livemode:
        raise NotGenuine(msg("This event is of the other mode, test or live."))
    return notice


def keep(session: Session, notice: Notice) -> WebhookEvent:
    """The event's row, made the first time; the same id twice, also at once, is one row."""
    queueing.enter(session, _QUEUE)
    row = session.scalar(select(WebhookEvent).where(WebhookEvent.event_id == notice.event_id))
    if row is None:
        row = WebhookEvent(
            event_id=notice.event_id,
            kind=notice.kind,
            intent_id=notice.intent_id,
            object_id=notice.object_id[:80],
            body=notice.body,
            received_at=clock.now(),
            applied=not notice.is_telling,
            outcome="" if notice.is_telling else "nothing follows",
        )
        session.add(row)
        session.flush()
    return row


def attempt_of(session: Session, notice: Notice) -> int | None:
    """The attempt that an event is about: by its payment, by its page, by what we wrote on it."""
    for column, value in (
        (PaymentAttempt.intent_id, notice.intent_id),
        (PaymentAttempt.checkout_id, notice.checkout_id),
    ):
        if value:
            found = session.scalar(select(PaymentAttempt.id).where(column == value))
            if found is not None:
                return found
    return _by_origin(session, notice)


def _by_origin(session: Session, notice: Notice) -> int | None:
    """A payment at a page whose news came before we noted its ids; they are noted now.

    Only what names no other payment: one that is done or runs keeps its own.
    """
    said = {name: notice.origin.get(name, "") for name in ("store", "bill", "attempt")}
    if not all(said.values()) or not (said["store"].isdecimal() and said["attempt"].isdecimal()):
        return None
    if max(len(said["store"]), len(said["attempt"])) > 9:  # noqa: PLR2004 - as our numbers are
        return None
    attempt = session.scalar(
        select(PaymentAttempt)
        .join(Bill, Bill.id == PaymentAttempt.bill_id)
        .where(
            Bill.store_id == int(said["store"]),
            Bill.reference == said["bill"][:64],
            PaymentAttempt.number == int(said["attempt"]),
            PaymentAttempt.tender == Tender.ONLINE,
        )
    )
    if attempt is None:
        return None
    if notice.checkout_id and attempt.checkout_id is None:
        attempt.checkout_id = notice.checkout_id
    if notice.intent_id and attempt.intent_id is None:
        attempt.intent_id = notice.intent_id
    session.flush()
    is_its = notice.intent_id in ("", attempt.intent_id) and notice.checkout_id in (
        "",
        attempt.checkout_id,
    )
    return attempt.id if is_its else None


def note_applied(session: Session, row_id: int, *, outcome: str) -> None:
    row = session.get_one(WebhookEvent, row_id)
    row.applied, row.outcome = True, outcome


def apply_waiting(session: Session, intent_id: str, *, outcome: str) -> bool:
    """Note that what was kept about an intent has been dealt with; False when nothing waited.

    Its disputes wait on: see `waiting_disputes`.
    """
    waiting = session.execute(
        update(WebhookEvent)
        .where(
            WebhookEvent.intent_id == intent_id,
            WebhookEvent.applied.is_(False),
            WebhookEvent.kind.not_in(_OF_DISPUTES),
        )
        .values(applied=True, outcome=outcome)
        .returning(WebhookEvent.id)
    )
    return waiting.first() is not None


def waiting_disputes(session: Session, intent_id: str) -> list[tuple[WebhookEvent, DisputeReport]]:
    """What was told of disputes of a payment while nobody here knew the payment."""
    rows = session.scalars(
        select(WebhookEvent)
        .where(
            WebhookEvent.intent_id == intent_id,
            WebhookEvent.applied.is_(False),
            WebhookEvent.kind.in_(_OF_DISPUTES),
        )
        .order_by(WebhookEvent.id)
    )
    return [(row, dispute_report(json.loads(row.body)["data"]["object"])) for row in rows]


def _is_intent(subject: Any) -> bool:
    return bool(subject.get("object") == "payment_intent")


def _checkout_id(subject: Any) -> str:
    return str(subject["id"])[:80] if subject.get("object") == "checkout.session" else ""


def _origin(subject: Any) -> Mapping[str, str]:
    found = subject.get("metadata") or {}
    return {str(name): str(value) for name, value in found.items()}


def _intent_id(subject: Any) -> str:
    """The payment that an intent, a charge or a reader's action is about."""
    if _is_intent(subject):
        return str(subject["id"])[:64]
    action = subject.get("action") or {}
    process = action.get("process_payment_intent") or {}
    meant = subject.get("payment_intent") or process.get("payment_intent") or ""
    return str(meant["id"] if isinstance(meant, Mapping) else meant)[:64]
