"""Things that a code may name beyond those that the counter knows: each domain tells its own.

The one box for everything asks them after its own tables; who is asked stands in `app.wiring`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.kernel.actor import Actor


@dataclass(frozen=True, slots=True)
class Found:
    """One thing: `code` is what to scan to mean just this, `page` where it is looked at."""

    kind: str
    label: str
    detail: str
    code: str
    page: str


Finder = Callable[[Session, Actor, str], Iterable[Found]]
_finders: dict[str, Finder] = {}


def tell(kind: str, finder: Finder) -> None:
    """Have `finder` say what a code names exactly; the same kind again replaces it."""
    _finders[kind] = finder


def named(session: Session, actor: Actor, code: str) -> list[Found]:
    """Everything that a code names, of all kinds that were told."""
    return [found for finder in _finders.values() for found in finder(session, actor, code)]
