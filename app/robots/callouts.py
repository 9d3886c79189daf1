"""What higher floors say at the head of a robot's page: that it is in the workshop, what to do.

Filled by `app.wiring`; each teller is asked once for a page.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.kernel.text import Text
from app.robots.models import Unit


@dataclass(frozen=True, slots=True)
class Callout:
    """A banner with a link, or a button alone where there is nothing to say (no `said`)."""

    name: str
    link: str
    button: Text
    said: Text | None = None
    tone: str = "info"
    icon: str = ""
    key: str = ""


Teller = Callable[[Session, Actor, Unit], Iterable[Callout]]
_tellers: dict[str, Teller] = {}


def tell(name: str, teller: Teller) -> None:
    """Have `teller` say its part on each robot's page; the same name again replaces it."""
    _tellers[name] = teller


def of_unit(session: Session, actor: Actor, unit: Unit) -> list[Callout]:
    return [one for teller in _tellers.values() for one in teller(session, actor, unit)]
