"""Panels that other parts of service put on a ticket's first page: its estimate, its work.

Each brings a template below `templates/service/` and what that needs. Filled by `app.wiring`.
"""

from collections.abc import Callable, Mapping
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


_tellers: dict[str, tuple[str, Teller]] = {}


def show(name: str, template: str, teller: Teller) -> None:
    """Have `template` shown with what `teller` says; the same name again replaces it."""
    _tellers[name] = (template, teller)


def of_ticket(session: Session, actor: Actor, ticket: Ticket) -> list[Panel]:
    """Every panel, in the order in which they were told."""
    return [
        Panel(template, teller(session, actor, ticket)) for template, teller in _tellers.values()
    ]
