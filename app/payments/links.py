"""Links by which a bill is paid from home: a key of 256 bits, kept as a hash, that ends."""

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.identity.secrets import new_token, token_hash
from app.kernel import audit, clock, events
from app.kernel.actor import Actor
from app.kernel.errors import NotFound, Refused
from app.kernel.money import Money
from app.kernel.text import msg
from app.payments import standing
from app.payments.card_models import PaymentLink
from app.payments.cardamounts import by_card
from app.payments.events import PaymentLinkMade
from app.payments.models import Bill

DAYS = 14
MOST_DAYS = 90
_LONGEST = 100


def make(
    session: Session,
    actor: Actor,
    bill: Bill,
    *,
    amount: Money | None = None,
    days: int = DAYS,
    back_to: str = "",
) -> str:
    """A key that is told this once; earlier ones stay in force. Without an amount: all that is due.

    Raises Refused where nothing is due, or for an amount that is not.
    """
    if not 1 <= days <= MOST_DAYS:
        raise Refused(msg("A link is valid for 1 to {most} days.", most=MOST_DAYS), field="days")
    due = standing.of(session, bill).due
    if not due:
        raise Refused(msg("Nothing is due here any more."), field="amount")
    if amount is not None and not 0 < amount.minor <= due.minor:
        raise Refused(msg("Only {due} is due. Take that, or less.", due=due), field="amount")
    key = new_token()
    now = clock.now()
    link = PaymentLink(
        store_id=bill.store_id,
        bill_id=bill.id,
        token_hash=token_hash(key),
        amount_minor=amount.minor if amount else None,
        back_to=_sealed(back_to.encode(), key).hex(),
        made_at=now,
        made_by=actor.name,
        expires_at=now + timedelta(days=days),
    )
    session.add(link)
    session.flush()
    audit.record(
        session,
        actor,
        "payment_link.made",
        subject=f"bill:{bill.reference}",
        after={"amount": amount or due, "days": days},
    )
    if not back_to:  # else the customer is with us and goes there now
        events.announce(
            session,
            PaymentLinkMade(bill.id, bill.reference, bill.store_id, link.id, key, actor),
        )
    return key


def of_key(session: Session, key: str) -> PaymentLink:
    """The link that a key opens; raises NotFound, in the same words whatever was guessed."""
    found = None
    if 0 < len(key) <= _LONGEST:
        found = session.scalar(select(PaymentLink).where(PaymentLink.token_hash == token_hash(key)))
    if found is None or found.revoked_at is not None:
        raise NotFound(msg("There is nothing to pay at this address."))
    return found


def way_back(link: PaymentLink, key: str) -> str:
    """The page of ours that the customer came from; empty where they came from none."""
    if link.back_to.startswith("/"):  # as it was kept once; such a link ends within a day
        return link.back_to
    return _sealed(bytes.fromhex(link.back_to), key).decode()


def is_over(link: PaymentLink) -> bool:
    return clock.now() > link.expires_at


def asks(session: Session, link: PaymentLink) -> Money:
    """What the page asks for now: never more than is due, nor what no card can be charged with."""
    bill = session.get_one(Bill, link.bill_id)
    due = standing.of(session, bill).due
    asked = due if link.amount_minor is None else Money(link.amount_minor, due.currency)
    return by_card(min(due, asked))


def in_force(session: Session, bill: Bill) -> list[PaymentLink]:
    """The links of a bill that can still be used, newest first."""
    rows = session.scalars(
        select(PaymentLink)
        .where(
            PaymentLink.bill_id == bill.id,
            PaymentLink.revoked_at.is_(None),
            PaymentLink.expires_at > clock.now(),
        )
        .order_by(PaymentLink.id.desc())
    )
    return list(rows)


def revoke_all(session: Session, actor: Actor, bill: Bill) -> int:
    """No link to this bill opens anything any more; returns how many did."""
    actor.require("counter.sell")
    links = in_force(session, bill)
    now: datetime = clock.now()
    for link in links:
        link.revoked_at = now
    session.flush()
    if links:
        audit.record(
            session,
            actor,
            "payment_link.revoked",
            subject=f"bill:{bill.reference}",
            after={"links": len(links)},
        )
    return len(links)


def _sealed(text: bytes, key: str) -> bytes:
    """Sealed by the link's own key, and opened by it again: the address holds a key too, and of
    keys the house keeps nothing that opens anything.
    """
    pad = hashlib.shake_256(b"way back " + key.encode()).digest(len(text))
    return bytes(one ^ other for one, other in zip(text, pad, strict=True))
