"""What an import would do, known before anything is written."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy.orm import Session

from app.kernel.actor import Actor

_PIECE = 500
Item = TypeVar("Item")


@dataclass(slots=True)
class Plan:
    """How many rows bring something new, change something, or say what is known."""

    rows_new: int = 0
    rows_changed: int = 0
    same: int = 0

    def apply(self, session: Session, actor: Actor, *, reference: str) -> None:
        """Write it down: all of it, in the caller's transaction. Here, where nothing is planned,
        that is nothing.
        """


def in_pieces(items: Sequence[Item], *, most: int = _PIECE) -> Iterator[Sequence[Item]]:
    """So many at a time: databases take a bounded number of values in a statement."""
    for start in range(0, len(items), most):
        yield items[start : start + most]
