"""May this robot leave? Each domain with something to say answers a question of its own.

Who asks and in which order stands in `app.wiring`. A robot goes out when nobody has a reason.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.kernel.text import Text
from app.robots.models import Unit


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


_checkers: dict[str, tuple[Text, Checker]] = {}


def ask(name: str, question: Text, checker: Checker) -> None:
    """Have `checker` asked of each robot that is to leave; the same name again replaces it."""
    _checkers[name] = (question, checker)


def answers(session: Session, actor: Actor, unit: Unit) -> list[Answer]:
    """Every question with what it found, as a gate shows them."""
    return [
        Answer(name, question, tuple(checker(session, actor, unit)))
        for name, (question, checker) in _checkers.items()
    ]


def reasons(session: Session, actor: Actor, unit: Unit) -> list[Reason]:
    """All that keeps the robot here; empty: the gate is open."""
    return [reason for answer in answers(session, actor, unit) for reason in answer.reasons]
