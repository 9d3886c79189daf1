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
_UNSAID = {"", "None"}


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


def changes(former: ProcedureVersion, version: ProcedureVersion) -> list[tuple[str, str, str]]:
    """What differs: where, before, after. What is new or gone as a whole is one line."""
    before, after = _said(former), _said(version)
    differing = []
    for part in dict.fromkeys((*before, *after)):
        old, new = before.get(part), after.get(part)
        if old is None or new is None:
            differing.append((part, old.name if old else "–", new.name if new else "–"))
            continue
        for key in dict.fromkeys((*old.facts, *new.facts)):
            if old.facts.get(key) != new.facts.get(key):
                where = f"{part}, {key}" if part else key
                differing.append((where, old.facts.get(key, "–"), new.facts.get(key, "–")))
    return differing


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


@dataclass(frozen=True, slots=True)
class _Part:
    name: str
    facts: dict[str, str]


def _said(version: ProcedureVersion) -> dict[str, _Part]:
    """Everything a version says: itself, each role, each point with its budget."""
    parts = {"": _Part(version.title, _written(asdict(VersionInput.of(version))))}
    for need in version.needs:
        parts[f"role {need.role}"] = _Part(need.kind, _written(asdict(NeedInput.of(need))))
    for point in version.points:
        facts = _written(asdict(PointInput.of(point)))
        for line in point.budget:
            row = _written(asdict(RowInput.of(line)))
            facts[line.name] = ", ".join(value for key, value in row.items() if key != "name")
        parts[f"point {point.seq}"] = _Part(point.label, facts)
    return parts


def _written(said: dict[str, object]) -> dict[str, str]:
    written = {key: str(value) for key, value in said.items()}
    return {key: value for key, value in written.items() if value not in _UNSAID}
