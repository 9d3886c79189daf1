"""What staff see of the links to a bill, and customers of the page behind one."""

from typing import Any

from sqlalchemy.orm import Session

from app.kernel.text import Text, msg
from app.payments import bills, links, standing
from app.payments.card_models import PaymentLink
from app.payments.models import Bill, PaymentAttempt, Tender
from app.payments.states import ATTEMPT_LABELS, LIVE, AttemptState
from app.stores import desk


def for_staff(session: Session, bill: Bill | None) -> dict[str, Any]:
    """The links that can be used, and the payment by one that is under way."""
    if bill is None:
        return {"links": [], "online": None, "due": None}
    live = bills.live_attempt(session, bill)
    online = live if live is not None and live.tender is Tender.ONLINE else None
    return {
        "links": links.in_force(session, bill),
        "online": online,
        "online_label": ATTEMPT_LABELS[online.state] if online is not None else None,
        "due": standing.of(session, bill).due,
    }


def for_customer(session: Session, link: PaymentLink) -> dict[str, Any]:
    """The page: who asks for what, and how it stands."""
    bill = session.get_one(Bill, link.bill_id)
    stands = standing.of(session, bill)
    live = session.get(PaymentAttempt, stands.under_way_id) if stands.under_way_id else None
    return {
        "store": desk.store_of(session, link.store_id),
        "about": about(bill.reference),
        "asks": links.asks(session, link),
        "paid": stands.paid,
        "due": stands.due,
        "is_over": links.is_over(link),
        "live": live,
        "is_online": live is not None and live.tender is Tender.ONLINE and live.state in LIVE,
        "is_unknown": live is not None and live.state is AttemptState.UNKNOWN,
    }


def about(reference: str) -> Text:
    """What a bill is about, for its payer: `order:1042` is sale S-1042."""
    kind, _, number = reference.partition(":")
    if kind == "order":
        return msg("Sale {number}", number=f"S-{number}")
    return msg("Repair {number}", number=number)


def name_of(session: Session, bill: Bill) -> str:
    """What stands on the card service's page and on the customer's statement."""
    store = desk.store_of(session, bill.store_id)
    kind, _, number = bill.reference.partition(":")
    return f"{store.name}, {'S-' if kind == 'order' else ''}{number}"
