"""Which job or robot an address means."""

from sqlalchemy.orm import Session

from app.calibration import jobs
from app.calibration.job_models import CalibrationJob
from app.kernel.actor import Actor
from app.robots import makers, registry
from app.robots.models import Unit


def asked(session: Session, actor: Actor, number: int) -> CalibrationJob:
    """The job that an address names; raises NotFound."""
    actor.require("calibration.view")
    return jobs.by_number(session, actor, number)


def robot_of(session: Session, actor: Actor, serial: str, maker: str) -> Unit:
    """The robot of a serial; `maker` tells apart two robots that share one."""
    maker_id = makers.maker_called(session, maker).id if maker else None
    return registry.by_serial(session, actor, serial, maker_id=maker_id)
