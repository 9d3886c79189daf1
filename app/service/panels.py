"""Panels that other parts put on a ticket's first page: its estimate, its work, what a customer
writes; how many messages wait there to be read, and how many requests of owners.

Each brings a template below `templates/service/` and what that needs. Filled by `app.wiring`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.service.models import Ticket

Teller = Callable[[Session, Actor, Ticket], Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class Panel:
    """`template` is included with `panel.facts`."""

    template: str
    facts: Mapping[str, object]


Counter = Callable[[Session, Sequence[int]], Mapping[int, int]]

OfStore = Callable[[Session, Actor], int]

_unread: list[Counter] = []
_requests: list[OfStore] = []
_tellers: dict[str, tuple[str, Teller]] = {}


def show(name: str, template: str, teller: Teller) -> None:
    """Have `template` shown with what `teller` says; the same name again replaces it."""
    _tellers[name] = (template, teller)


def of_ticket(session: Session, actor: Actor, ticket: Ticket) -> list[Panel]:
    """Every panel, in the order in which they were told."""
    return [
        Panel(template, teller(session, actor, ticket)) for template, teller in _tellers.values()
    ]


def count_unread_by(counter: Counter) -> None:
    """Have `counter` tell how many messages wait to be read, by ticket; it replaces another."""
    _unread[:] = [counter]


def unread(session: Session, ticket_ids: Sequence[int]) -> Mapping[int, int]:
    """How many messages of customers wait to be read; tickets with none are left out."""
    return _unread[0](session, ticket_ids) if _unread and ticket_ids else {}


def count_requests_by(counter: OfStore) -> None:
    """Have `counter` tell how many requests of owners wait; it replaces another."""
    _requests[:] = [counter]


def requests(session: Session, actor: Actor) -> int:
    """How many requests of owners wait for the store."""
    return _requests[0](session, actor) if _requests else 0
