"""What comes out of tolerance: as-found failures by procedure, model, target or lot of a part."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, case, distinct, func, literal_column, or_, select
from sqlalchemy.orm import Session

from app.calibration.job_models import CalibrationJob, CalibrationResult, Phase
from app.calibration.metrology.decision import Verdict
from app.calibration.metrology.proportion import SuccessBounds, success_bounds
from app.calibration.procedure_models import Procedure, ProcedurePoint, ProcedureVersion
from app.calibration.trends import COUNTED
from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.text import Text, msg
from app.robots.models import Maker, RobotModel, Unit
from app.robots.slot_models import Component, Occupant, Slot

FAILED = (Verdict.FAIL, Verdict.CONDITIONAL_FAIL)
MOST_MONTHS = 120
_MONTH = timedelta(days=30.4375)
_MOST_GROUPS = 200
# written into the statement: PostgreSQL takes two parameters for two expressions
_NOTHING: ColumnElement[str] = literal_column("''")


class Grouping(StrEnum):
    PROCEDURE = "procedure"
    MODEL = "model"
    TARGET = "target"
    LOT = "lot"


GROUPING_LABELS: dict[Grouping, Text] = {
    Grouping.PROCEDURE: msg("Procedure"),
    Grouping.MODEL: msg("Model"),
    Grouping.TARGET: msg("Target"),
    Grouping.LOT: msg("Part and lot"),
}


@dataclass(frozen=True, slots=True)
class Failures:
    """How many calibrations were judged as found, in how many something failed, how many robots.

    `share` has exact two-sided bounds at 95 % (Clopper-Pearson): few calibrations prove little.
    """

    name: str
    robots: int
    calibrations: int
    failed: int

    @property
    def share(self) -> float:
        return self.failed / self.calibrations

    @property
    def bounds(self) -> SuccessBounds:
        return success_bounds(self.failed, self.calibrations)


def by(session: Session, actor: Actor, grouping: Grouping, *, months: int) -> list[Failures]:
    """The groups with most failures first; one statement."""
    actor.require("calibration.view")
    since = clock.now() - min(max(months, 1), MOST_MONTHS) * _MONTH
    query, name = _QUERIES[grouping]()
    failed = case((CalibrationResult.verdict.in_(FAILED), CalibrationJob.id))
    count = func.count(distinct(failed))
    rows = session.execute(
        query.add_columns(
            func.count(distinct(CalibrationJob.unit_id)),
            func.count(distinct(CalibrationJob.id)),
            count,
        )
        .where(*_judged(actor, since))
        .group_by(*name)
        .order_by(count.desc(), *name)
        .limit(_MOST_GROUPS)
    ).all()
    width = len(name)
    return [
        Failures(
            " · ".join(str(part) for part in row[:width] if part) or "–",
            *row[width:],
        )
        for row in rows
    ]


def _judged(actor: Actor, since: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        CalibrationJob.store_id == actor.store_id,
        CalibrationJob.state.in_(COUNTED),
        CalibrationJob.measured_at >= since,
        CalibrationResult.phase == Phase.AS_FOUND,
        CalibrationResult.verdict.is_not(None),
    )


_Query = tuple[Select[Any], tuple[Any, ...]]


def _by_procedure() -> _Query:
    name = (Procedure.code,)
    return (
        _results(name)
        .join(ProcedurePoint, ProcedurePoint.id == CalibrationResult.point_id)
        .join(ProcedureVersion, ProcedureVersion.id == ProcedurePoint.version_id)
        .join(Procedure, Procedure.id == ProcedureVersion.procedure_id)
    ), name


def _by_model() -> _Query:
    name = (Maker.name, RobotModel.name)
    return (
        _results(name)
        .join(Unit, Unit.id == CalibrationJob.unit_id)
        .join(RobotModel, RobotModel.id == Unit.model_id)
        .join(Maker, Maker.id == RobotModel.maker_id)
    ), name


def _by_target() -> _Query:
    name = (ProcedurePoint.target, ProcedurePoint.label)
    return (
        _results(name).join(ProcedurePoint, ProcedurePoint.id == CalibrationResult.point_id)
    ), name


def _by_lot() -> _Query:
    """By what sat in the target's slot when it was measured."""
    part = func.coalesce(func.nullif(Component.part_number, _NOTHING), Occupant.part_number)
    lot = func.coalesce(func.nullif(Component.lot, _NOTHING), Occupant.lot)
    name = (part, lot)
    return (
        _results(name)
        .join(ProcedurePoint, ProcedurePoint.id == CalibrationResult.point_id)
        .join(
            Occupant,
            (Occupant.unit_id == CalibrationJob.unit_id)
            & (Occupant.since <= CalibrationJob.measured_at)
            & or_(Occupant.until.is_(None), Occupant.until > CalibrationJob.measured_at),
        )
        .join(
            Slot,
            (Slot.id == Occupant.slot_id)
            & or_(
                ProcedurePoint.target == "joint:" + Slot.joint_name,
                ProcedurePoint.target == "frame:" + Slot.link_name,
                ProcedurePoint.target == "slot:" + Slot.path,
            ),
        )
        .outerjoin(Component, Component.id == Occupant.component_id)
    ), name


def _results(name: tuple[Any, ...]) -> Select[Any]:
    return (
        select(*name)
        .select_from(CalibrationJob)
        .join(CalibrationResult, CalibrationResult.job_id == CalibrationJob.id)
    )


_QUERIES: Mapping[Grouping, Any] = {
    Grouping.PROCEDURE: _by_procedure,
    Grouping.MODEL: _by_model,
    Grouping.TARGET: _by_target,
    Grouping.LOT: _by_lot,
}
