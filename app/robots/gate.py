"""May this robot leave? Each domain with something to say answers a question of its own.

Who asks and in which order stands in `app.wiring`. A robot goes out when nobody has a reason.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.kernel.text import Text
from app.robots.models import Unit


class Way(StrEnum):
    """By which way a robot leaves: sold to its first owner, or back to whose it is."""

    HANDOVER = "handover"
    RELEASE = "release"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a robot may not leave; `link` leads to where that can be changed."""

    text: Text
    link: str = ""


Checker = Callable[[Session, Actor, Unit], Iterable[Reason]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What one question found; without reasons it lets the robot pass."""

    name: str
    question: Text
    reasons: tuple[Reason, ...]


_checkers: dict[str, tuple[Text, Checker, frozenset[Way]]] = {}


def ask(
    name: str, question: Text, checker: Checker, *, ways: Collection[Way] = frozenset(Way)
) -> None:
    """Have `checker` asked of each robot that is to leave by one of these ways; the same name
    again replaces it.
    """
    _checkers[name] = (question, checker, frozenset(ways))


def answers(session: Session, actor: Actor, unit: Unit, *, way: Way = Way.HANDOVER) -> list[Answer]:
    """Every question with what it found, as a gate shows them."""
    return [
        Answer(name, question, tuple(checker(session, actor, unit)))
        for name, (question, checker, ways) in _checkers.items()
        if way in ways
    ]


def reasons(session: Session, actor: Actor, unit: Unit, *, way: Way = Way.HANDOVER) -> list[Reason]:
    """All that keeps the robot here; empty: the gate is open."""
    return [
        reason for answer in answers(session, actor, unit, way=way) for reason in answer.reasons
    ]
