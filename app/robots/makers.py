"""Makers and the robot models that they build."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.kernel import audit
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, NotFound, Refused
from app.kernel.searchkeys import clean, folded, search_key
from app.kernel.text import msg
from app.robots import termsbook
from app.robots.models import Maker, RobotModel

_LONGEST_NAME = 100
_LONGEST_CODE = 64
# Bounds within which a published figure is believed to be in the right unit.
TALLEST_MM = 10_000
HEAVIEST_G = 2_000_000
MOST_AXES = 500


@dataclass(frozen=True, slots=True)
class ModelInput:
    """A model as published. `source` says by whom and when."""

    maker: str
    code: str
    name: str
    height_mm: int | None = None
    mass_g: int | None = None
    axes: int | None = None
    source: str = ""


def maker(session: Session, actor: Actor, name: str) -> Maker:
    """The maker of this name in any writing; made at its first use, with the terms of warranty
    that it is known to publish.
    """
    actor.require("robots.edit")
    return named(session, actor, name)


def named(session: Session, actor: Actor, name: str) -> Maker:
    """As above, for verbs with a permission of their own."""
    try:
        return maker_called(session, name)
    except NotFound:
        made = Maker(name=_name(name, field="maker"), key=_maker_key(name))
    session.add(made)
    session.flush()
    audit.record(session, actor, "maker.added", subject=f"maker:{made.name}")
    termsbook.put_published(session, actor, made)
    return made


def maker_called(session: Session, name: str) -> Maker:
    """The maker of this name in any writing; raises NotFound."""
    found = session.scalar(select(Maker).where(Maker.key == folded(name)))
    if found is None:
        raise NotFound(msg("There is no maker {maker} here.", maker=clean(name)), field="maker")
    return found


def model(session: Session, actor: Actor, maker: Maker, code: str) -> RobotModel:  # noqa: ARG001
    """A maker's model by its code in any writing; raises NotFound."""
    found = session.scalar(
        select(RobotModel)
        .where(RobotModel.maker_id == maker.id, RobotModel.code_key == search_key(code))
        .options(joinedload(RobotModel.maker))
    )
    if found is None:
        raise NotFound(
            msg("There is no model {code} of {maker} here.", code=clean(code), maker=maker.name),
            field="model",
            link="/robots/models",
        )
    return found


def model_by_id(session: Session, model_id: int) -> RobotModel:
    found = session.get(RobotModel, model_id, options=[joinedload(RobotModel.maker)])
    if found is None:
        raise NotFound(msg("There is no such robot model."), field="model")
    return found


def models(session: Session) -> list[RobotModel]:
    """Every model with its maker, by maker and name."""
    return list(
        session.scalars(
            select(RobotModel)
            .join(RobotModel.maker)
            .options(joinedload(RobotModel.maker))
            .order_by(Maker.key, RobotModel.name, RobotModel.id)
        )
    )


def makers(session: Session) -> list[Maker]:
    return list(session.scalars(select(Maker).order_by(Maker.key)))


def add_model(session: Session, actor: Actor, typed: ModelInput) -> RobotModel:
    """A new model; its maker is made if need be. Raises Conflict when the code is taken."""
    actor.require("robots.edit")
    name, code = _name(typed.name, field="name"), _code(typed.code)
    _check_figure(typed.height_mm, most=TALLEST_MM, field="height")
    _check_figure(typed.mass_g, most=HEAVIEST_G, field="mass")
    _check_figure(typed.axes, most=MOST_AXES, field="axes")
    built_by = maker(session, actor, typed.maker)
    key = search_key(code)
    if session.scalar(
        select(RobotModel.id).where(RobotModel.maker_id == built_by.id, RobotModel.code_key == key)
    ):
        raise Conflict(
            msg("{maker} already has a model {code} here.", maker=built_by.name, code=code),
            field="code",
        )
    added = RobotModel(
        maker_id=built_by.id,
        code=code,
        code_key=key,
        name=name,
        height_mm=typed.height_mm,
        mass_g=typed.mass_g,
        axes=typed.axes,
        source=clean(typed.source),
    )
    session.add(added)
    session.flush()
    audit.record(
        session,
        actor,
        "robot_model.added",
        subject=f"robot_model:{code}",
        after={"maker": built_by.name, "name": name},
    )
    return added


def model_named(session: Session, actor: Actor, maker: Maker, code: str) -> RobotModel:
    """A maker's model by its code; made, with the code for a name, where nobody knows it yet.

    For verbs with a permission of their own.
    """
    try:
        return model(session, actor, maker, code)
    except NotFound:
        said = _code(code)
    made = RobotModel(
        maker_id=maker.id, code=said, code_key=search_key(said), name=f"{maker.name} {said}"[:200]
    )
    session.add(made)
    session.flush()
    audit.record(
        session,
        actor,
        "robot_model.added",
        subject=f"robot_model:{said}",
        after={"maker": maker.name, "name": made.name},
    )
    return made


def _name(text: str, *, field: str) -> str:
    name = clean(text)
    if not name:
        raise Refused(msg("Please fill this in."), field=field)
    # the key may be longer than the text: one sign can fold to many letters
    if max(len(name), len(folded(name))) > _LONGEST_NAME:
        raise Refused(msg("At most {most} characters fit here.", most=_LONGEST_NAME), field=field)
    return name


def _maker_key(name: str) -> str:
    key = folded(name)
    if not key:
        raise Refused(msg("Please fill this in."), field="maker")
    return key


def _code(text: str) -> str:
    code = clean(text)
    if not search_key(code):
        raise Refused(msg("Please fill this in."), field="code")
    if max(len(code), len(search_key(code))) > _LONGEST_CODE:
        raise Refused(msg("At most {most} characters fit here.", most=_LONGEST_CODE), field="code")
    return code


def _check_figure(value: int | None, *, most: int, field: str) -> None:
    if value is not None and not 1 <= value <= most:
        raise Refused(msg("This figure is not plausible for a robot."), field=field)
