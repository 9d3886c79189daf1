"""How news travels upwards, in the same transaction.

A lower domain announces; `app.wiring` says who listens. Downward effects are plain calls.
A listener that raises rolls the whole transaction back.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Event:
    """Base of every announcement; named in the past tense."""


News = TypeVar("News", bound=Event)
Listener = Callable[[Session, Any], None]
_listeners: dict[type[Event], list[Listener]] = {}


def listen(kind: type[News], listener: Callable[[Session, News], None]) -> None:
    """Call `listener` for each `kind`; listening twice is the same as once."""
    listeners = _listeners.setdefault(kind, [])
    if listener not in listeners:
        listeners.append(listener)


def announce(session: Session, event: Event) -> None:
    for listener in _listeners.get(type(event), []):
        listener(session, event)
