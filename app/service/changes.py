"""Who changed what on a ticket: written down with each change, asked before a later one.

A page shows a version of the ticket and sends it back with what was typed. Fields that nobody else
touched since are saved; one that somebody did is refused with what they wrote, and nothing typed
is lost.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.canonical import canonical, plain
from app.kernel.errors import Conflict, Refused
from app.kernel.text import Text, msg
from app.service.models import Ticket, TicketChange
from app.service.states import STATE_LABELS, TicketState

FIELD_LABELS: dict[str, Text] = {
    "complaint": msg("Complaint"),
    "accessories": msg("Accessories"),
    "seal": msg("Seal number"),
    "soc_percent": msg("Battery charge"),
    "brought_by": msg("Brought by"),
    "customer_id": msg("Who is billed"),
    "promised_at": msg("Promised for"),
    "technician_id": msg("In charge"),
    "bench_place": msg("Bench"),
    "outcome": msg("Outcome"),
    "state": msg("State"),
    "waiting": msg("Waits for"),
}
# As the name of somebody stands in what was written.
_NAMED = '"brought_by":'


@dataclass(frozen=True, slots=True)
class Other:
    """What somebody else did to a field meanwhile: `theirs` is what stands there now."""

    field: str
    theirs: object
    by: str
    at: datetime

    @property
    def label(self) -> Text:
        return FIELD_LABELS[self.field]


class EditedMeanwhile(Conflict):
    """Somebody else changed the same field since the page was shown."""

    code = "edited_meanwhile"

    def __init__(self, others: list[Other]) -> None:
        first = others[0]
        super().__init__(
            msg(
                "{who} has changed “{field}” meanwhile ({when}). Compare, then save again.",
                who=first.by,
                field=first.label,
                when=first.at,
            ),
            field=first.field,
        )
        self.others = others


def write_down(
    session: Session,
    actor: Actor,
    ticket: Ticket,
    *,
    before: Mapping[str, object],
    after: Mapping[str, object],
    moved: tuple[TicketState | None, TicketState] | None = None,
    why: str = "",
) -> None:
    """The line of a change that was made, under the version that it brings."""
    ticket.version += 1
    session.add(_line(actor, ticket, before=before, after=after, moved=moved, why=why))
    session.flush()


def begin(session: Session, actor: Actor, ticket: Ticket) -> None:
    """The first line of a ticket: it is there."""
    session.add(_line(actor, ticket, before={}, after={}, moved=(None, ticket.state), why=""))
    session.flush()


def _line(
    actor: Actor,
    ticket: Ticket,
    *,
    before: Mapping[str, object],
    after: Mapping[str, object],
    moved: tuple[TicketState | None, TicketState] | None,
    why: str,
) -> TicketChange:
    return TicketChange(
        ticket_id=ticket.id,
        version=ticket.version,
        at=clock.now(),
        by=actor.name,
        from_state=moved[0] if moved else None,
        to_state=moved[1] if moved else None,
        before=canonical(before).decode(),
        after=canonical(after).decode(),
        why=why,
    )


def wanted(
    session: Session, ticket: Ticket, given: Mapping[str, object], *, seen: int
) -> dict[str, object]:
    """Of the fields that were sent, those that were changed on the page that showed `seen`.

    Raises EditedMeanwhile for one that somebody else has made another.
    """
    shown, others = _since(session, ticket, seen)
    changed = {
        name: value
        for name, value in given.items()
        if plain(value) != shown.get(name, plain(getattr(ticket, name)))
    }
    clashes = [
        Other(name, getattr(ticket, name), line.by, line.at)
        for name, line in others.items()
        if name in changed and plain(changed[name]) != plain(getattr(ticket, name))
    ]
    if clashes:
        raise EditedMeanwhile(clashes)
    return {name: value for name, value in changed.items() if plain(value) != _now(ticket, name)}


def require_state_seen(session: Session, ticket: Ticket, seen: int | None) -> None:
    """Raises EditedMeanwhile when the ticket has moved since the page that showed `seen`."""
    if seen is None or seen == ticket.version:
        return
    _, others = _since(session, ticket, seen)
    if "state" in others:
        line = others["state"]
        raise EditedMeanwhile([Other("state", STATE_LABELS[ticket.state], line.by, line.at)])


def forget_names(session: Session, ticket_ids: Collection[int]) -> None:
    """Who brought the robots is nobody's business any more; all else stays as it was written.

    The database lets just this through.
    """
    lines = session.scalars(
        select(TicketChange).where(
            TicketChange.ticket_id.in_(ticket_ids),
            or_(TicketChange.before.contains(_NAMED), TicketChange.after.contains(_NAMED)),
        )
    )
    for line in lines:
        line.before, line.after = _nameless(line.before), _nameless(line.after)
    session.flush()


def _nameless(told: str) -> str:
    fields = json.loads(told)
    return canonical(fields | {"brought_by": ""}).decode() if "brought_by" in fields else told


def unnamed(told: Mapping[str, object]) -> dict[str, object]:
    """The same for the audit, which never forgets: that a name was changed, not what it is."""
    return {name: bool(value) if name == "brought_by" else value for name, value in told.items()}


def _now(ticket: Ticket, name: str) -> object:
    return plain(getattr(ticket, name))


def _since(
    session: Session, ticket: Ticket, seen: int
) -> tuple[dict[str, object], dict[str, TicketChange]]:
    """What fields showed at a version, as far as they were changed since, and who did last."""
    if seen == ticket.version:
        return {}, {}
    if not 1 <= seen < ticket.version:
        raise Refused(msg("This page is not of this ticket. Open it again."), field="version")
    shown: dict[str, object] = {}
    others: dict[str, TicketChange] = {}
    for line in session.scalars(
        select(TicketChange)
        .where(TicketChange.ticket_id == ticket.id, TicketChange.version > seen)
        .order_by(TicketChange.version)
    ):
        for name, value in json.loads(line.before).items():
            shown.setdefault(name, value)
            others[name] = line
    return shown, others
