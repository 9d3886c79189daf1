"""Where components are and were besides robots: the floor that keeps them on shelves says it.

Who answers stands in `app.wiring`. Nobody answering, components are only known by their robots.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from app.kernel.text import Text
from app.robots.slot_models import Component


@dataclass(frozen=True, slots=True)
class Passage:
    """A component went from one place to another."""

    at: datetime
    start: Text
    end: Text
    by: str
    reason: str
    reference: Text | None = None
    link: str = ""


Teller = Callable[[Session, Component], Sequence[Passage]]
Keeper = Callable[[Session, Collection[int]], set[int]]


@dataclass(slots=True)
class _Doors:
    tellers: list[Teller] = field(default_factory=list)
    keepers: list[Keeper] = field(default_factory=list)


_doors = _Doors()


def tell_by(teller: Teller) -> None:
    """Have `teller` say where a component went, the newest first."""
    if teller not in _doors.tellers:
        _doors.tellers.append(teller)


def keep_by(keeper: Keeper) -> None:
    """Have `keeper` say which of these components it keeps a ledger of."""
    if keeper not in _doors.keepers:
        _doors.keepers.append(keeper)


def passages(session: Session, component: Component) -> list[Passage]:
    """Where a component went outside robots, the newest first."""
    told = [one for teller in _doors.tellers for one in teller(session, component)]
    # sorting keeps the order of those at one moment
    return sorted(told, key=lambda one: one.at, reverse=True)


def kept(session: Session, component_ids: Collection[int]) -> set[int]:
    """Those of these components of which a ledger is kept: their places change by its lines."""
    found: set[int] = set()
    for keeper in _doors.keepers if component_ids else ():
        found |= keeper(session, component_ids)
    return found
