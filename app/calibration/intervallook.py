"""Everything of the store that has an interval, with what was found and decided last."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Integer, cast, func, select
from sqlalchemy.orm import Session, selectinload

from app.calibration import intervals, procedures
from app.calibration.equipment_models import Equipment, EquipmentCertificate, EquipmentState
from app.calibration.impact_models import IntervalSuggestion
from app.calibration.intervals import Subject
from app.calibration.procedure_models import Procedure, ProcedureVersion, VersionState
from app.kernel.actor import Actor
from app.kernel.errors import NotFound
from app.kernel.text import msg

_MOST = 500


@dataclass(frozen=True, slots=True)
class SubjectRow:
    """A subject, how many of its recalibrations were judged and good, and the last decision."""

    subject: Subject
    judged: int | None
    good: int | None
    last: IntervalSuggestion | None


def listed(session: Session, actor: Actor) -> list[SubjectRow]:
    """Procedures first, then equipment; four statements."""
    actor.require("calibration.view")
    versions, equipment = _versions(session, actor), _equipment(session, actor)
    last = _last_decisions(session, actor)
    return [
        *(
            SubjectRow(
                intervals.of_version(version),
                None,
                None,
                last.get(("procedure", version.procedure_id)),
            )
            for version in versions
        ),
        *(
            SubjectRow(intervals.of_equipment(one), judged, good, last.get(("equipment", one.id)))
            for one, judged, good in equipment
        ),
    ]


def _versions(session: Session, actor: Actor) -> Sequence[ProcedureVersion]:
    """Those in force whose results hold for so many months."""
    return session.scalars(
        select(ProcedureVersion)
        .join(Procedure, Procedure.id == ProcedureVersion.procedure_id)
        .where(
            Procedure.store_id == actor.store_id,
            ProcedureVersion.state == VersionState.RELEASED,
            ProcedureVersion.valid_months.is_not(None),
        )
        .options(selectinload(ProcedureVersion.procedure))
        .order_by(Procedure.code_key, ProcedureVersion.id)
        .limit(_MOST)
    ).all()


def _equipment(session: Session, actor: Actor) -> list[tuple[Equipment, int, int]]:
    """Each piece with an interval, how often it was judged as found, and how often it was good."""
    rows = session.execute(
        select(
            Equipment,
            func.count(EquipmentCertificate.as_found_ok),
            func.sum(cast(EquipmentCertificate.as_found_ok, Integer)),
        )
        .outerjoin(
            EquipmentCertificate,
            (EquipmentCertificate.equipment_id == Equipment.id)
            & EquipmentCertificate.withdrawn_at.is_(None),
        )
        .where(
            Equipment.store_id == actor.store_id,
            Equipment.state != EquipmentState.RETIRED,
            Equipment.interval_months.is_not(None),
        )
        .group_by(Equipment.id)
        .order_by(Equipment.asset_key)
        .limit(_MOST)
    )
    return [(one, judged, good or 0) for one, judged, good in rows]


def subject(session: Session, actor: Actor, kind: str, key: int) -> Subject:
    """What an address names: a piece of equipment, or a released version of a procedure."""
    actor.require("calibration.view")
    if kind == "equipment":
        found = session.get(Equipment, key)
        if found is not None and found.store_id == actor.store_id:
            return intervals.of_equipment(found)
    elif kind == "procedure":
        version = procedures.version_by_id(session, actor, key)
        if version.state is VersionState.RELEASED:
            return intervals.of_version(version)
    raise NotFound(msg("Nothing with an interval is here."), link="/calibration/intervals")


def _last_decisions(session: Session, actor: Actor) -> dict[tuple[str, int], IntervalSuggestion]:
    newest = (
        select(func.max(IntervalSuggestion.id))
        .where(IntervalSuggestion.store_id == actor.store_id)
        .group_by(IntervalSuggestion.equipment_id, IntervalSuggestion.procedure_id)
    )
    rows = session.scalars(select(IntervalSuggestion).where(IntervalSuggestion.id.in_(newest)))
    return {
        ("equipment", row.equipment_id)
        if row.equipment_id is not None
        else ("procedure", row.procedure_id or 0): row
        for row in rows
    }
