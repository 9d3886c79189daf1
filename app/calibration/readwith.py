"""What a point is read with: whether it may be used now, and that it then stays as it is."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from app.calibration import chosenpoints, equipment, seedwords
from app.calibration.equipment_models import EquipmentCertificate
from app.calibration.job_models import CalibrationJob, JobEquipment
from app.calibration.jobbook import page
from app.calibration.procedure_models import ProcedurePoint, RowSource
from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.errors import Refused
from app.kernel.text import msg
from app.stores import desk


class EquipmentRefused(Refused):
    """What the point is read with may not be used now."""

    code = "equipment_refused"


def usable(
    session: Session,
    actor: Actor,
    job: CalibrationJob,
    point: ProcedurePoint,
    roles: Mapping[str, JobEquipment],
) -> EquipmentCertificate | None:
    """The certificate that the point is read by; every role must be played, and by what may."""
    for need in chosenpoints.needs_of(job):
        if need.role not in roles:
            raise EquipmentRefused(
                msg("Say first which equipment is the {role}.", role=seedwords.word(need.role)),
                field="equipment",
                link=f"{page(job)}/equipment",
            )
    used = {line.role for line in point.budget if line.source is not RowSource.FIXED} | {point.role}
    now = clock.now()
    for role in sorted(used - {""}):
        _check_usable(session, actor, job, roles[role], now)
    return roles[point.role].certificate if point.role else None


def freeze(roles: Mapping[str, JobEquipment], *, at: datetime) -> None:
    """From the first reading on the job's equipment stays as it is."""
    for row in roles.values():
        if row.frozen_at is None:
            row.frozen_at = at
            row.resolution = row.equipment.resolution
            row.resolution_unit = row.equipment.unit


def _check_usable(
    session: Session, actor: Actor, job: CalibrationJob, chosen: JobEquipment, now: datetime
) -> None:
    """Raises EquipmentRefused unless it may be used now, by the very certificate of this job."""
    try:
        newest = equipment.usable(session, chosen.equipment, at=now, staff_id=actor.staff_id)
    except Refused as refusal:
        raise EquipmentRefused(
            refusal.message, field="equipment", link=refusal.link or page(job)
        ) from refusal
    if newest.id == chosen.certificate_id:
        return
    certificate = chosen.certificate
    day = desk.business_day_of(desk.store_of(session, job.store_id), now)
    is_over = certificate.due_on is not None and certificate.due_on < day
    if certificate.withdrawn_at is not None or is_over:
        raise EquipmentRefused(
            msg(
                "The certificate {number} of {asset} does not hold any more; what was read with "
                "it stays. Void this job and begin a new one.",
                number=certificate.number,
                asset=chosen.equipment.asset_number,
            ),
            field="equipment",
            link=page(job),
        )
