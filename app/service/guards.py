"""What must hold before a ticket comes into a state: each part of service asks its own question.

Who asks stands in `app.wiring`. Moving goes through `tickets.move`, which hears all of them, so
board, page and program meet the same reasons.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable

from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.kernel.errors import Conflict
from app.robots.gate import Reason
from app.service.models import Ticket
from app.service.states import TicketState

Guard = Callable[[Session, Actor, Ticket], Iterable[Reason]]
_guards: dict[TicketState, dict[str, Guard]] = defaultdict(dict)


class NotYet(Conflict):
    """Something has to be done before the ticket may go on; the link leads there."""

    code = "not_yet"


def before(state: TicketState, name: str, guard: Guard) -> None:
    """Have `guard` asked before a ticket comes into `state`; the same name replaces it."""
    _guards[state][name] = guard


def reasons(session: Session, actor: Actor, ticket: Ticket, to: TicketState) -> list[Reason]:
    """All that keeps a ticket from this state; empty: it may go there."""
    return [reason for guard in _guards[to].values() for reason in guard(session, actor, ticket)]


def require(session: Session, actor: Actor, ticket: Ticket, to: TicketState) -> None:
    """Raises NotYet with the first reason."""
    for reason in reasons(session, actor, ticket, to):
        raise NotYet(reason.text, link=reason.link or None)
