"""What moves when anything on a repair's public page does, for all who follow one, in one look."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import ScalarSelect, String, bindparam, cast, func, literal, or_, select
from sqlalchemy.orm import Session

from app.identity.secrets import token_hash
from app.kernel import clock
from app.payments.models import Bill, PaymentAttempt
from app.portal.talk_models import TalkMessage
from app.service import links
from app.service.estimate_models import Decision, Estimate, EstimateLine, EstimateState
from app.service.models import Ticket, TicketLink, TicketPhoto

_AT_ONCE = 500


def mark(session: Session, ticket_id: int) -> str:
    """The same for one."""
    return marks(session, [ticket_id]).get(ticket_id, "")


def marks(session: Session, ticket_ids: Collection[int]) -> dict[int, str]:
    """The present mark of each ticket. A key that was revoked moves it too: its page is gone."""
    found: dict[int, str] = {}
    wanted = sorted(ticket_ids)
    for begin in range(0, len(wanted), _AT_ONCE):
        found |= _marks(session, wanted[begin : begin + _AT_ONCE])
    return found


@dataclass(frozen=True, slots=True)
class Known:
    """A repair that a key opens, with its present mark."""

    ticket_id: int
    mark: str


def by_keys(session: Session, tokens: Collection[str]) -> dict[str, Known]:
    """What each of many keys opens, in one statement; a key that opens nothing is left out."""
    said = {token_hash(one): one for one in tokens if 0 < len(one) <= links.LONGEST}
    rows = session.execute(_BY_KEYS, {"hashes": list(said), "now": clock.now()}) if said else ()
    return {
        said[key]: Known(ticket_id, _written(parts))
        for key, ended_at, ticket_id, *parts in rows
        if not links.has_passed(ended_at)
    }


def _marks(session: Session, ticket_ids: list[int]) -> Mapping[int, str]:
    rows = session.execute(_MARKS, {"ticket_ids": ticket_ids})
    return {ticket_id: _written(parts) for ticket_id, *parts in rows}


def _written(parts: Iterable[int | None]) -> str:
    return ".".join(str(part or 0) for part in parts)


def _newest(table: type[TalkMessage | TicketPhoto]) -> ScalarSelect[int]:
    return (
        select(func.max(table.id))
        .where(table.ticket_id == Ticket.id)
        .correlate(Ticket)
        .scalar_subquery()
    )


def _sent() -> ScalarSelect[int]:
    return (
        select(func.max(Estimate.id))
        .where(Estimate.ticket_id == Ticket.id, Estimate.state != EstimateState.DRAFT)
        .correlate(Ticket)
        .scalar_subquery()
    )


def _decided() -> ScalarSelect[int]:
    return (
        select(func.count(Decision.id))
        .join(EstimateLine, EstimateLine.id == Decision.line_id)
        .join(Estimate, Estimate.id == EstimateLine.estimate_id)
        .where(Estimate.ticket_id == Ticket.id)
        .correlate(Ticket)
        .scalar_subquery()
    )


def _revoked() -> ScalarSelect[int]:
    return (
        select(func.count(TicketLink.revoked_at))
        .where(TicketLink.ticket_id == Ticket.id)
        .correlate(Ticket)
        .scalar_subquery()
    )


def _payments() -> ScalarSelect[int]:
    """Each try to pay counts when it begins, when it is decided and when its money is booked."""
    return (
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
        .scalar_subquery()
    )


_PARTS = (
    Ticket.version,
    _newest(TalkMessage),
    _newest(TicketPhoto),
    _sent(),
    _decided(),
    _revoked(),
    _payments(),
)
_MARKS = select(Ticket.id, *_PARTS).where(Ticket.id.in_(bindparam("ticket_ids", expanding=True)))
_BY_KEYS = (
    select(TicketLink.token_hash, Ticket.ended_at, Ticket.id, *_PARTS)
    .join(Ticket, Ticket.id == TicketLink.ticket_id)
    .where(
        TicketLink.token_hash.in_(bindparam("hashes", expanding=True)),
        TicketLink.revoked_at.is_(None),
        or_(TicketLink.expires_at.is_(None), TicketLink.expires_at > bindparam("now")),
    )
)
