"""Which job an address means."""

from sqlalchemy.orm import Session

from app.calibration import jobs
from app.calibration.job_models import CalibrationJob
from app.kernel.actor import Actor


def asked(session: Session, actor: Actor, number: int) -> CalibrationJob:
    """The job that an address names; raises NotFound."""
    actor.require("calibration.view")
    return jobs.by_number(session, actor, number)
