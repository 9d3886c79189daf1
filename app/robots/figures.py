"""Published figures of a model, each with its source; where sources disagree, both are shown."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, NotFound
from app.kernel.searchkeys import folded
from app.kernel.text import msg
from app.robots.duty_models import ModelFigure
from app.robots.models import RobotModel
from app.stores import desk
from app.web.forms import Reading

_LONGEST_LINE = 200
_LONGEST_NAME = 100
_LONGEST_UNIT = 32


@dataclass(frozen=True, slots=True)
class FigureInput:
    """What one source says, and on which day it was read there."""

    name: str
    value: str
    unit: str
    source: str
    as_of: date


@dataclass(frozen=True, slots=True)
class Figure:
    """All that is said of one thing, the newest first."""

    name: str
    said: tuple[ModelFigure, ...]

    @property
    def in_conflict(self) -> bool:
        """Sources disagree: another value, or another unit."""
        return len({(folded(one.value), folded(one.unit)) for one in self.said}) > 1


def say(session: Session, actor: Actor, model: RobotModel, typed: FigureInput) -> ModelFigure:
    """What a source says of a model. Raises Invalid."""
    actor.require("robots.edit")
    seen = Reading()
    name = seen.text("name", typed.name, most=_LONGEST_NAME, required=True)
    if len(folded(name)) > _LONGEST_LINE:
        seen.refuse("name", msg("At most {most} characters fit here.", most=_LONGEST_NAME))
    value = seen.text("value", typed.value, most=_LONGEST_LINE, required=True)
    unit = seen.text("unit", typed.unit, most=_LONGEST_UNIT)
    source = seen.text("source", typed.source, most=_LONGEST_LINE, required=True)
    if typed.as_of > desk.business_day_of(desk.store_of(session, actor.store_id)):
        seen.refuse("as_of", msg("This day has not come yet."))
    seen.done()
    row = ModelFigure(
        store_id=actor.store_id,
        model_id=model.id,
        name=name,
        name_key=folded(name),
        value=value,
        unit=unit,
        source=source,
        as_of=typed.as_of,
        made_at=clock.now(),
        made_by=actor.name,
    )
    session.add(row)
    session.flush()
    audit.record(
        session,
        actor,
        "figure.said",
        subject=f"robot_model:{model.code}",
        after={"name": name, "value": value, "unit": unit, "source": source},
    )
    return row


def withdraw(session: Session, actor: Actor, model: RobotModel, figure_id: int) -> None:
    """The source took it back, or it was misread."""
    actor.require("robots.edit")
    row = session.get(ModelFigure, figure_id)
    if row is None or row.model_id != model.id:
        raise NotFound(msg("There is no such figure of this model."))
    if row.withdrawn_at is not None:
        raise Conflict(msg("This was withdrawn already."))
    row.withdrawn_at, row.withdrawn_by = clock.now(), actor.name
    session.flush()
    audit.record(
        session,
        actor,
        "figure.withdrawn",
        subject=f"robot_model:{model.code}",
        before={"name": row.name, "value": row.value, "source": row.source},
    )


def of_model(session: Session, model_id: int) -> list[Figure]:
    """Figures in force, by name."""
    said: dict[str, list[ModelFigure]] = defaultdict(list)
    for row in session.scalars(
        select(ModelFigure)
        .where(ModelFigure.model_id == model_id, ModelFigure.withdrawn_at.is_(None))
        .order_by(ModelFigure.name_key, ModelFigure.as_of.desc(), ModelFigure.id.desc())
    ):
        said[row.name_key].append(row)
    return [Figure(rows[0].name, tuple(rows)) for rows in said.values()]
