"""Keys to a ticket's public page: 256 random bits on the receipt, a hash of them in the house."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import Select, bindparam, or_, select, update
from sqlalchemy.orm import Session, joinedload

from app.identity.secrets import new_token, token_hash
from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, NotFound
from app.kernel.text import msg
from app.robots.models import Unit
from app.service import tickets
from app.service.models import Ticket, TicketLink

# How long after its end a ticket is still shown to who holds its key.
_SHOWN_FOR = timedelta(days=90)
LONGEST = 100


@dataclass(frozen=True, slots=True)
class Kept:
    """A key as staff see it: never the key. `ends_at`: when it opens nothing more, where known."""

    link: TicketLink
    ends_at: datetime | None
    opens: bool


def new(
    session: Session, actor: Actor, ticket: Ticket, *, expires_at: datetime | None = None
) -> str:
    """A key that is told this once; earlier ones, on other receipts, stay in force."""
    token = new_token()
    session.add(
        TicketLink(
            ticket_id=ticket.id,
            token_hash=token_hash(token),
            made_at=clock.now(),
            made_by=actor.name,
            expires_at=expires_at,
        )
    )
    session.flush()
    audit.record(session, actor, "ticket.link_made", subject=tickets.reference(ticket))
    return token


def of_ticket(session: Session, actor: Actor, ticket: Ticket) -> Sequence[Kept]:
    """Every key of a ticket, the newest first."""
    actor.require("service.view")
    rows = session.scalars(
        select(TicketLink).where(TicketLink.ticket_id == ticket.id).order_by(TicketLink.id.desc())
    )
    now = clock.now()
    last = ticket.ended_at + _SHOWN_FOR if ticket.ended_at else None
    kept = []
    for row in rows:
        ends_at = min(filter(None, (row.expires_at, last)), default=None)
        opens = row.revoked_at is None and (ends_at is None or now <= ends_at)
        kept.append(Kept(row, ends_at, opens))
    return kept


def revoke(session: Session, actor: Actor, ticket: Ticket, link_id: int) -> None:
    """One key opens nothing any more. Raises NotFound, Conflict."""
    actor.require("service.intake")
    row = session.get(TicketLink, link_id)
    if row is None or row.ticket_id != ticket.id:
        raise NotFound(msg("There is no such key of this ticket."))
    if row.revoked_at is not None:
        raise Conflict(msg("This key was revoked already."))
    row.revoked_at, row.revoked_by = clock.now(), actor.name
    session.flush()
    audit.record(
        session, actor, "ticket.link_revoked", subject=tickets.reference(ticket),
        after={"links": 1},
    )  # fmt: skip


def rotate(session: Session, actor: Actor, ticket: Ticket) -> str:
    """A new key, told this once; no earlier one opens anything any more."""
    actor.require("service.intake")
    revoked = session.execute(
        update(TicketLink)
        .where(TicketLink.ticket_id == ticket.id, TicketLink.revoked_at.is_(None))
        .values(revoked_at=clock.now(), revoked_by=actor.name)
        .returning(TicketLink.id)
    ).all()
    audit.record(
        session, actor, "ticket.link_revoked", subject=tickets.reference(ticket),
        after={"links": len(revoked)},
    )  # fmt: skip
    return new(session, actor, ticket)


def ticket_of(session: Session, token: str) -> Ticket:
    """The ticket that a key opens; raises NotFound, in the same words whatever was guessed."""
    found = None
    if 0 < len(token) <= LONGEST:
        found = session.scalar(_by_key(), {"token_hash": token_hash(token), "now": clock.now()})
    if found is None or is_over(found):
        raise NotFound(msg("There is no repair at this address."))
    return found


@cache
def _by_key() -> Select[Ticket]:
    return (
        select(Ticket)
        .join(TicketLink, TicketLink.ticket_id == Ticket.id)
        .where(
            TicketLink.token_hash == bindparam("token_hash"),
            TicketLink.revoked_at.is_(None),
            or_(TicketLink.expires_at.is_(None), TicketLink.expires_at > bindparam("now")),
        )
        .options(
            joinedload(Ticket.unit).joinedload(Unit.model),
            joinedload(Ticket.unit).joinedload(Unit.maker),
        )
    )


def is_over(ticket: Ticket) -> bool:
    """Whether it ended so long ago that nobody outside sees it any more."""
    return has_passed(ticket.ended_at)


def has_passed(ended_at: datetime | None) -> bool:
    """The same of a ticket that ended at this moment; None: it is open."""
    return ended_at is not None and clock.now() > ended_at + _SHOWN_FOR
