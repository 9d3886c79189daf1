"""Messages that arrive in the card service's name: are they genuine, and each kept once.

The signature scheme is Stripe's (https://docs.stripe.com/webhooks#verify-manually): HMAC-SHA256
with the endpoint's secret over `time.body`, where `body` are the bytes as they came.
"""

import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.kernel import clock, queueing
from app.kernel.text import msg
from app.payments.errors import NotGenuine
from app.payments.intents import IntentReport, intent_report
from app.payments.models import PaymentAttempt, WebhookEvent

TOLERANCE_S = 300
# Messages belong to no store before they are matched; they queue apart from all stores.
_QUEUE = 0
# Of these something follows for a payment; others are kept, and that is all.
_TELLING = (
    "payment_intent.succeeded",
    "payment_intent.payment_failed",
    "payment_intent.canceled",
    "payment_intent.processing",
    "terminal.reader.action_succeeded",
    "terminal.reader.action_failed",
)


@dataclass(frozen=True, slots=True)
class Notice:
    """One event. `intent_id` is empty when it is about no payment; `body` is as it came."""

    event_id: str
    kind: str
    intent_id: str
    snapshot: IntentReport | None
    body: str

    @property
    def is_telling(self) -> bool:
        return self.kind in _TELLING and bool(self.intent_id)


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
        notice = Notice(
            event_id=str(event["id"])[:64],
            kind=str(event["type"])[:64],
            intent_id=_intent_id(subject),
            snapshot=intent_report(subject) if _is_intent(subject) else None,
            body=raw.decode(),
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
            body=notice.body,
            received_at=clock.now(),
            applied=not notice.is_telling,
            outcome="" if notice.is_telling else "nothing follows",
        )
        session.add(row)
        session.flush()
    return row


def attempt_of(session: Session, intent_id: str) -> int | None:
    """The attempt that an intent was made for, once it knows its intent."""
    return session.scalar(select(PaymentAttempt.id).where(PaymentAttempt.intent_id == intent_id))


def note_applied(session: Session, row_id: int, *, outcome: str) -> None:
    row = session.get_one(WebhookEvent, row_id)
    row.applied, row.outcome = True, outcome


def apply_waiting(session: Session, intent_id: str, *, outcome: str) -> bool:
    """Note that what was kept about an intent has been dealt with; False when nothing waited."""
    waiting = session.execute(
        update(WebhookEvent)
        .where(WebhookEvent.intent_id == intent_id, WebhookEvent.applied.is_(False))
        .values(applied=True, outcome=outcome)
        .returning(WebhookEvent.id)
    )
    return waiting.first() is not None


def _is_intent(subject: Any) -> bool:
    return bool(subject.get("object") == "payment_intent")


def _intent_id(subject: Any) -> str:
    """The payment that an intent, a charge or a reader's action is about."""
    if _is_intent(subject):
        return str(subject["id"])[:64]
    action = subject.get("action") or {}
    process = action.get("process_payment_intent") or {}
    return str(subject.get("payment_intent") or process.get("payment_intent") or "")[:64]
