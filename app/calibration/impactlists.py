"""Cases of what was found wrong, as lists and pages show them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.calibration import impact
from app.calibration.impact import Counts
from app.calibration.impact_models import ImpactCase, ImpactItem, ImpactState
from app.calibration.job_models import CalibrationJob, CalibrationResult
from app.calibration.metrology.impact import Effect
from app.calibration.procedure_models import Procedure, ProcedurePoint, ProcedureVersion
from app.customers.models import Customer
from app.kernel.actor import Actor
from app.kernel.errors import NotFound
from app.robots.models import Ownership, Unit

PAGE = 50
_MOST_OWNERS = 500


@dataclass(frozen=True, slots=True)
class CaseRow:
    case: ImpactCase
    about: str
    counts: Counts


@dataclass(frozen=True, slots=True)
class ItemRow:
    """An item with the robot, point and result that it is about."""

    item: ImpactItem
    result: CalibrationResult
    point: ProcedurePoint
    job: CalibrationJob
    unit: Unit
    procedure: str


def cases(session: Session, actor: Actor, *, state: str = "", before: int = 0) -> list[CaseRow]:
    """The newest first, one more than a page shows."""
    actor.require("calibration.view")
    query = select(ImpactCase).where(ImpactCase.store_id == actor.store_id)
    if state in set(ImpactState):
        query = query.where(ImpactCase.state == ImpactState(state))
    if before:
        query = query.where(ImpactCase.id < before)
    found = session.scalars(query.order_by(ImpactCase.id.desc()).limit(PAGE + 1)).all()
    counted = impact.counts(session, [case.id for case in found])
    names: dict[tuple[str, str], str] = {}
    return [CaseRow(case, _about(session, case, names), counted[case.id]) for case in found]


def _about(session: Session, case: ImpactCase, names: dict[tuple[str, str], str]) -> str:
    key = (case.subject.value, case.subject_key)
    if key not in names:
        names[key] = about(session, case)
    return names[key]


def about(session: Session, case: ImpactCase) -> str:
    """What was wrong, by its name."""
    try:
        return impact.named(session, case.store_id, case.subject, case.subject_key)
    except NotFound:
        return case.subject_key


def items(
    session: Session, case: ImpactCase, *, effect: str = "", after: int = 0
) -> Sequence[ItemRow]:
    """The items of a case in their order, one more than a page shows."""
    query = _items().where(ImpactItem.case_id == case.id)
    if effect in set(Effect):
        query = query.where(ImpactItem.effect == Effect(effect))
    if after:
        query = query.where(ImpactItem.id > after)
    return [ItemRow(*row) for row in session.execute(query.order_by(ImpactItem.id).limit(PAGE + 1))]


def waiting(session: Session, case: ImpactCase, *, effect: str = "") -> list[int]:
    """Ids of the items that nobody disposed of yet."""
    query = select(ImpactItem.id).where(
        ImpactItem.case_id == case.id, ImpactItem.disposition.is_(None)
    )
    if effect in set(Effect):
        query = query.where(ImpactItem.effect == Effect(effect))
    return list(session.scalars(query.order_by(ImpactItem.id)))


def owners(session: Session, case: ImpactCase) -> Sequence[Customer]:
    """Whose robots a case touches in more than name: where a verdict changes, or may."""
    return session.scalars(
        select(Customer)
        .join(Ownership, Ownership.customer_id == Customer.id)
        .where(
            Ownership.until.is_(None),
            Ownership.unit_id.in_(
                select(ImpactItem.unit_id).where(
                    ImpactItem.case_id == case.id, ImpactItem.effect != Effect.UNAFFECTED
                )
            ),
        )
        .distinct()
        .order_by(Customer.id)
        .limit(_MOST_OWNERS)
    ).all()


def items_of_owner(session: Session, case: ImpactCase, customer: Customer) -> list[ItemRow]:
    """What a letter tells an owner of."""
    rows = session.execute(
        _items()
        .join(Ownership, Ownership.unit_id == ImpactItem.unit_id)
        .where(
            ImpactItem.case_id == case.id,
            ImpactItem.effect != Effect.UNAFFECTED,
            Ownership.customer_id == customer.id,
            Ownership.until.is_(None),
        )
        .order_by(Unit.serial, ImpactItem.id)
    )
    return [ItemRow(*row) for row in rows]


def _items() -> Select[ImpactItem, CalibrationResult, ProcedurePoint, CalibrationJob, Unit, str]:
    return (
        select(ImpactItem, CalibrationResult, ProcedurePoint, CalibrationJob, Unit, Procedure.code)
        .join(CalibrationResult, CalibrationResult.id == ImpactItem.result_id)
        .join(ProcedurePoint, ProcedurePoint.id == CalibrationResult.point_id)
        .join(CalibrationJob, CalibrationJob.id == CalibrationResult.job_id)
        .join(Unit, Unit.id == ImpactItem.unit_id)
        .join(ProcedureVersion, ProcedureVersion.id == CalibrationJob.version_id)
        .join(Procedure, Procedure.id == ProcedureVersion.procedure_id)
    )
