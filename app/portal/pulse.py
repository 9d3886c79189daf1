"""Whether a repair's page would say something else than before: one small statement, no page.

Many customers ask this at once, all day; the tills sell meanwhile.
"""

from sqlalchemy import Select, String, cast, func, literal, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.kernel.canonical import sha256_hex
from app.payments.models import Bill, PaymentAttempt
from app.portal.talk_models import TalkMessage
from app.service import links
from app.service.estimate_models import Estimate
from app.service.models import Ticket, TicketLink, TicketPhoto

_LENGTH = 16


def _newest(
    of_ticket: InstrumentedAttribute[int], row_id: InstrumentedAttribute[int]
) -> Select[int]:
    return select(func.max(row_id)).where(of_ticket == Ticket.id).correlate(Ticket)


# Each try counts when it begins, when it is decided and when its money is booked.
_payments = (
    select(
        func.count(PaymentAttempt.id)
        + func.count(PaymentAttempt.settled_at)
        + func.count(PaymentAttempt.entry_id)
    )
    .join(Bill, Bill.id == PaymentAttempt.bill_id)
    .where(
        Bill.store_id == Ticket.store_id,
        Bill.reference == literal("ticket:") + cast(Ticket.number, String),
    )
    .correlate(Ticket)
)
# Whatever of this moves, the page has moved; a state, a date and a reason move the version.
_MARK = (
    select(
        Ticket.ended_at,
        Ticket.id,
        Ticket.version,
        _newest(Estimate.ticket_id, Estimate.id).scalar_subquery(),
        _newest(TalkMessage.ticket_id, TalkMessage.id).scalar_subquery(),
        _newest(TicketPhoto.ticket_id, TicketPhoto.id)
        .where(TicketPhoto.is_shared)
        .scalar_subquery(),
        _payments.scalar_subquery(),
    )
    .join(TicketLink, TicketLink.ticket_id == Ticket.id)
    .where(*links.OPENED_BY)
)


def mark(session: Session, token: str) -> str:
    """A short text that changes with what the page behind this key says; raises NotFound."""
    row = None
    if 0 < len(token) <= links.LONGEST:
        row = session.execute(_MARK, links.facts_of(token)).first()
    if row is None or links.has_passed(row[0]):
        raise links.unknown()
    return sha256_hex(".".join(str(one) for one in row))[:_LENGTH]
