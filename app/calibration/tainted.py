"""Which calibrations in force rest on a reference that was found bad."""

from collections.abc import Iterable
from datetime import date

from sqlalchemy import ColumnElement, and_, false, or_, select
from sqlalchemy.orm import Session, joinedload

from app.calibration.equipment_models import EquipmentCertificate, EquipmentParent
from app.calibration.events import EquipmentFoundBad
from app.calibration.job_models import Reading
from app.calibration.procedure_models import ProcedurePoint
from app.calibration.validity_models import Validity

# Chains of references are short; a circle among them ends here too.
_MOST_LINKS = 10


def validities(session: Session, found: EquipmentFoundBad) -> list[Validity]:
    """What nothing has ended yet and was read with the reference in the window, or with one that
    was calibrated by it in the window, and so on down the chain.
    """
    # the target's own readings alone: one bad reference of a job does not touch the others'
    used = (
        select(Reading.id)
        .join(ProcedurePoint, ProcedurePoint.id == Reading.point_id)
        .where(
            Reading.job_id == Validity.job_id,
            ProcedurePoint.target == Validity.target,
            _read_with(session, found),
        )
    )
    return list(
        session.scalars(
            select(Validity)
            .where(Validity.ended_at.is_(None), used.exists())
            .options(joinedload(Validity.procedure))
            .order_by(Validity.id)
        )
    )


def _read_with(session: Session, found: EquipmentFoundBad) -> ColumnElement[bool]:
    own = and_(
        Reading.equipment_id == found.equipment_id,
        Reading.taken_at > found.since,
        Reading.taken_at <= found.until,
    )
    certificates = _certificates_below(session, found)
    below = Reading.equipment_certificate_id.in_(certificates) if certificates else false()
    return or_(own, below)


def _certificates_below(session: Session, found: EquipmentFoundBad) -> set[int]:
    """Certificates of other references that rest on the bad one, link by link."""
    tainted: set[int] = set()
    level = _of_parents(session, {found.equipment_id}, found.since.date(), found.until.date())
    for _ in range(_MOST_LINKS):
        fresh = {row.id for row in level} - tainted
        if not fresh:
            break
        tainted |= fresh
        since = min(row.calibrated_on for row in level)
        level = _of_parents(session, {row.equipment_id for row in level}, since, None)
    return tainted


def _of_parents(
    session: Session, parents: Iterable[int], since: date, until: date | None
) -> list[EquipmentCertificate]:
    query = (
        select(EquipmentCertificate)
        .join(EquipmentParent, EquipmentParent.certificate_id == EquipmentCertificate.id)
        .where(
            EquipmentParent.parent_id.in_(set(parents)),
            EquipmentCertificate.calibrated_on >= since,
            EquipmentCertificate.withdrawn_at.is_(None),
        )
    )
    if until is not None:
        query = query.where(EquipmentCertificate.calibrated_on <= until)
    return list(session.scalars(query))
