"""Procedures for looking at: the list, the versions of one, what a version's points come to."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session, joinedload

from app.calibration import previewing, procedures
from app.calibration.methods import METHODS, Method
from app.calibration.previewing import Preview
from app.calibration.procedure_models import (
    EquipmentNeed,
    Procedure,
    ProcedurePoint,
    ProcedureVersion,
    VersionState,
)
from app.calibration.procedureinputs import NeedInput, PointInput, RowInput, VersionInput
from app.kernel.errors import NotFound
from app.kernel.searchkeys import clean, like_pattern, search_key
from app.kernel.text import msg
from app.robots.models import RobotModel
from app.robots.slot_models import BodyPlan, Slot

MOST_ROWS = 500


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One version in a list, with the model it is for and how many points it has."""

    procedure: Procedure
    version: ProcedureVersion
    model: RobotModel | None
    points: int


@dataclass(frozen=True, slots=True)
class PointRow:
    point: ProcedurePoint
    method: Method | None
    inputs: tuple[int, ...]
    preview: Preview


@dataclass(frozen=True, slots=True)
class Body:
    plan: BodyPlan
    slots: int


def rows(session: Session, store_id: int, *, text: str = "", state: str = "") -> list[VersionRow]:
    """Versions by code, newest first; `text` is looked for in code and title."""
    conditions: list[ColumnElement[bool]] = [Procedure.store_id == store_id]
    if clean(text):
        key = like_pattern(search_key(text))
        conditions.append(
            or_(
                Procedure.code_key.like(key, escape="\\"),
                func.lower(ProcedureVersion.title).like(
                    like_pattern(clean(text).lower()), escape="\\"
                ),
            )
        )
    if state in set(VersionState):
        conditions.append(ProcedureVersion.state == VersionState(state))
    return _rows(session, conditions)


def of_procedure(session: Session, procedure: Procedure) -> list[VersionRow]:
    return _rows(session, [Procedure.id == procedure.id])


def has_any(session: Session, store_id: int) -> bool:
    found = session.scalar(select(Procedure.id).where(Procedure.store_id == store_id).limit(1))
    return found is not None


def former_of(session: Session, version: ProcedureVersion) -> ProcedureVersion | None:
    """The released version whose place it takes, whole."""
    former_id = session.scalar(
        select(ProcedureVersion.id).where(
            ProcedureVersion.procedure_id == version.procedure_id,
            ProcedureVersion.model_key == version.model_key,
            ProcedureVersion.state == VersionState.RELEASED,
            ProcedureVersion.id != version.id,
        )
    )
    return None if former_id is None else procedures.loaded(session, former_id)


def changes(former: ProcedureVersion, version: ProcedureVersion) -> Sequence[tuple[str, str, str]]:
    """What differs: where, before, after; of points by number."""
    before, after = _said(former), _said(version)
    return [
        (name, before.get(name, "–"), after.get(name, "–"))
        for name in dict.fromkeys((*before, *after))
        if before.get(name) != after.get(name)
    ]


def points_of(version: ProcedureVersion) -> list[PointRow]:
    """The points with what their budgets come to before anybody measures."""
    return [_point(version, point) for point in version.points]


def needs_of(needs: Iterable[EquipmentNeed]) -> list[dict[str, str]]:
    return [asdict(NeedInput.of(need)) for need in needs]


def bodies(session: Session, version: ProcedureVersion) -> list[Body]:
    """The bodies whose slots a draft may take points from."""
    counting = select(Slot.plan_id, func.count()).group_by(Slot.plan_id)
    if version.model_id is not None:
        counting = counting.join(BodyPlan, BodyPlan.id == Slot.plan_id).where(
            BodyPlan.model_id == version.model_id
        )
    counted = dict(session.execute(counting).all())
    plans = session.scalars(
        select(BodyPlan)
        .where(BodyPlan.id.in_(counted))
        .options(joinedload(BodyPlan.model).joinedload(RobotModel.maker))
        .order_by(BodyPlan.model_id, BodyPlan.revision_key)
    )
    return [Body(plan, counted[plan.id]) for plan in plans]


def plan_by_id(session: Session, plan_id: int) -> BodyPlan:
    plan = session.get(BodyPlan, plan_id)
    if plan is None:
        raise NotFound(msg("There is no such body of a robot."), field="plan")
    return plan


def _rows(session: Session, conditions: Sequence[ColumnElement[bool]]) -> list[VersionRow]:
    counting = (
        select(ProcedurePoint.version_id, func.count().label("points"))
        .group_by(ProcedurePoint.version_id)
        .subquery()
    )
    found = session.execute(
        select(Procedure, ProcedureVersion, RobotModel, counting.c.points)
        .join(ProcedureVersion, ProcedureVersion.procedure_id == Procedure.id)
        .outerjoin(RobotModel, RobotModel.id == ProcedureVersion.model_id)
        .outerjoin(counting, counting.c.version_id == ProcedureVersion.id)
        .where(*conditions)
        .order_by(Procedure.code_key, ProcedureVersion.number.desc())
        .limit(MOST_ROWS)
    )
    return [
        VersionRow(procedure, version, model, points or 0)
        for procedure, version, model, points in found
    ]


def _point(version: ProcedureVersion, point: ProcedurePoint) -> PointRow:
    said = PointInput.of(point)
    planned = previewing.preview(version, said, [RowInput.of(line) for line in point.budget])
    return PointRow(point, METHODS.get(point.method), said.inputs, planned)


def _said(version: ProcedureVersion) -> dict[str, str]:
    """Everything a version says, flat: `title`, `point 3, upper`, `role level, kind`."""
    said = {name: str(value) for name, value in asdict(VersionInput.of(version)).items()}
    for need in version.needs:
        for name, value in asdict(NeedInput.of(need)).items():
            said[f"role {need.role}, {name}"] = str(value)
    for point in version.points:
        for name, value in asdict(PointInput.of(point)).items():
            said[f"point {point.seq}, {name}"] = str(value)
        for line in point.budget:
            for name, value in asdict(RowInput.of(line)).items():
                said[f"point {point.seq}, {line.name}, {name}"] = str(value)
    return {name: value for name, value in said.items() if value not in {"", "None"}}
