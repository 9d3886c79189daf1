"""Who waits for robots that arrive, as the delivery note is looked at. Sales tell it."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.kernel.actor import Actor


@dataclass(frozen=True, slots=True)
class Awaited:
    """So many wait for a model; `first` is whose turn it is, `page` where it is given."""

    model: str
    waiting: int
    first: str
    page: str


Tell = Callable[[Session, Actor, Collection[int]], list[Awaited]]
_told: dict[str, Tell] = {}


def tell_by(name: str, tell: Tell) -> None:
    """Say (in `app.wiring`) who waits for robots of some models."""
    _told[name] = tell


def of(session: Session, actor: Actor, model_ids: Collection[int]) -> list[Awaited]:
    if not model_ids:
        return []
    return [found for tell in _told.values() for found in tell(session, actor, model_ids)]
