"""Which faults are found how often: by part, by lot, by model, by symptom."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.robots.models import Maker, RobotModel
from app.service.models import Diagnosis

_MOST = 25


@dataclass(frozen=True, slots=True)
class Seen:
    """One fault of one robot, as often as it was found."""

    unit_id: int
    model: str
    maker: str
    part: str
    lot: str
    symptom: str
    times: int


@dataclass(frozen=True, slots=True)
class Count:
    """`robots` are the different ones among `faults`; `often`: the symptom seen most."""

    name: str
    more: str
    faults: int
    robots: int
    often: str


@dataclass(frozen=True, slots=True)
class Faults:
    """Counts since a moment, the most frequent first."""

    by_part: list[Count]
    by_lot: list[Count]
    by_model: list[Count]
    by_symptom: list[Count]
    total: int


def faults(session: Session, actor: Actor, *, since: datetime) -> Faults:
    """What was found in a store since a moment and still counts, in one statement."""
    actor.require("service.view")
    grouped = (
        Diagnosis.unit_id,
        RobotModel.name,
        Maker.name,
        Diagnosis.part_number,
        Diagnosis.lot,
        Diagnosis.symptom,
    )
    rows = session.execute(
        select(*grouped, func.count())
        .join(RobotModel, RobotModel.id == Diagnosis.model_id)
        .join(Maker, Maker.id == RobotModel.maker_id)
        .where(
            Diagnosis.store_id == actor.store_id,
            Diagnosis.at >= since,
            Diagnosis.withdrawn_at.is_(None),
        )
        .group_by(*grouped)
    )
    seen = [Seen(*row) for row in rows]
    return Faults(
        by_part=_counted((one for one in seen if one.part), lambda one: (one.part, "")),
        by_lot=_counted((one for one in seen if one.lot), lambda one: (one.lot, one.part)),
        by_model=_counted(seen, lambda one: (one.model, one.maker)),
        by_symptom=_counted(seen, lambda one: (one.symptom, "")),
        total=sum(one.times for one in seen),
    )


def _counted(seen: Iterable[Seen], by: Callable[[Seen], tuple[str, str]]) -> list[Count]:
    groups: dict[tuple[str, str], list[Seen]] = defaultdict(list)
    for one in seen:
        groups[by(one)].append(one)
    counts = [
        Count(
            name,
            more,
            faults=sum(one.times for one in ones),
            robots=len({one.unit_id for one in ones}),
            often=_most_seen(ones),
        )
        for (name, more), ones in groups.items()
    ]
    return sorted(counts, key=lambda one: (-one.faults, one.name))[:_MOST]


def _most_seen(ones: Iterable[Seen]) -> str:
    times: Counter[str] = Counter()
    for one in ones:
        times[one.symptom] += one.times
    return max(times, key=lambda symptom: (times[symptom], symptom))
