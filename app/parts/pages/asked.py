"""What addresses of parts ask for."""

from collections.abc import Iterable
from enum import StrEnum
from typing import TypeVar

from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.parts import catalogue
from app.parts.models import Part
from app.robots import makers
from app.robots.bodyplan import SlotClass
from app.robots.models import RobotModel
from app.robots.slotnames import CLASS_LABELS

Member = TypeVar("Member", bound=StrEnum)


def asked_part(session: Session, actor: Actor, number: str) -> Part:
    """The part of our own number `number`; raises Forbidden or NotFound."""
    actor.require("stock.view")
    return catalogue.by_number(session, actor, number)


def member(kind: type[Member], text: str) -> Member | None:
    """One of a list by its word; a strange one counts as none."""
    return next((one for one in kind if one.value == text), None)


def model_options(session: Session) -> list[tuple[str, str]]:
    """Robot models for a choice; the first chooses none."""
    return options_of(makers.models(session))


def options_of(models: Iterable[RobotModel]) -> list[tuple[str, str]]:
    """The same of models that were loaded with their makers."""
    return [("", "–"), *((str(one.id), f"{one.maker.name} {one.name}") for one in models)]


CLASS_OPTIONS = [("", "–"), *((one.value, CLASS_LABELS[one]) for one in SlotClass)]
