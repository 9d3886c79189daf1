"""Whether a reference is good enough for its role: in a unit that it states, and with a U that the
procedure allows. Told when it is chosen, before anything is read with it.
"""

from app.calibration import chosenpoints, equipment
from app.calibration.equipment_models import EquipmentCertificate
from app.calibration.figures import figure
from app.calibration.job_models import CalibrationJob
from app.calibration.procedure_models import RowSource
from app.kernel.errors import Refused
from app.kernel.text import msg


def require(job: CalibrationJob, role: str, certificate: EquipmentCertificate | None) -> None:
    """Raises Refused naming the unit that its certificate lacks, or the U that is too large."""
    if certificate is None:
        return
    for unit in sorted(_units(job, role)):
        try:
            equipment.expanded_for(certificate, unit)
        except Refused as refusal:
            raise Refused(refusal.message, field="equipment") from refusal
    need = next((one for one in chosenpoints.needs_of(job) if one.role == role), None)
    most = figure(need.largest_expanded) if need is not None else None
    if need is None or most is None:
        return
    try:
        stated, _ = equipment.expanded_for(certificate, need.unit)
    except Refused as refusal:
        raise Refused(refusal.message, field="equipment") from refusal
    if stated > most:
        raise Refused(
            msg(
                "{number} states U = {stated} {unit}; the procedure allows {most} {unit}.",
                number=certificate.number,
                stated=f"{stated:.3g}",
                most=need.largest_expanded,
                unit=need.unit,
            ),
            field="equipment",
        )


def _units(job: CalibrationJob, role: str) -> set[str]:
    """The units in which the job's budgets ask this role for an uncertainty."""
    return {
        line.unit or point.unit
        for point in chosenpoints.of_job(job)
        for line in point.budget
        if line.source is RowSource.REFERENCE and line.role == role
    }
