"""What the demo store measures by, and what it has measured: two certificates and a job half done.

Makers and laboratories of the references are invented, and so is every figure.
"""

from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy.orm import Session

from app.calibration import (
    adjustments,
    certificates,
    chosenpoints,
    equipment,
    equipmentbook,
    equipmentcertificates,
    jobs,
    readings,
    review,
    rules,
    seeds,
)
from app.calibration.adjustments import AdjustmentInput
from app.calibration.drawingup import House, Issue
from app.calibration.equipmentbook import EquipmentInput
from app.calibration.job_models import CalibrationJob, JobReason, Phase
from app.calibration.procedure_models import ProcedurePoint
from app.calibration.readings import Spot
from app.calibration.surroundings import Conditions
from app.calibration.typedcertificate import CertificateInput, ResultInput
from app.demo import deliveries, people
from app.demo.opening import Crew
from app.kernel import clock
from app.robots import registry

_MAKER = "Demo Messtechnik"
_ISSUER = "Demo calibration laboratory"
_PUBLIC = "http://127.0.0.1:8000"
# asset, name, kind, type, unit, resolution, U with k = 2, days since it was calibrated
_REFERENCES = (
    ("INC-01", "Inclinometer", "inclinometer", "Clino 360", "deg", "0.001", "0.006", 60),
    ("CAL-02", "Caliper", "caliper", "DM 300", "mm", "0.01", "0.02", 90),
    ("BAL-03", "Floor balance", "balance", "FB 150", "kg", "0.02", "0.03", 120),
    ("LOAD-04", "Electronic load", "electronic_load", "EL 60", "A", "0.01", "0.02", 150),
    ("TGT-05", "Calibration target", "calibration_target", "Board 11 x 8", "mm", "", "0.02", 200),
    ("TRK-06", "Laser tracker", "tracker", "LT 20", "mm", "0.001", "0.03", 400),
)
_KNEE = "joint:left_knee_joint"
_CODE = "JOINT-ZERO"
_BEFORE_THE_SWAP, _AFTER_THE_SWAP = 0, 7  # thousandths of a degree
_READ_TODAY = 5


def write_procedures(session: Session, crew: Crew) -> None:
    """Released for every model, and for the models whose slots are drawn."""
    seeds.seed(session, crew.petra.store_id, crew.petra)


def write_rules(session: Session, crew: Crew) -> None:
    """Which change asks for which of them, from the day on which the bench is ready to measure."""
    rules.seed(session, crew.petra)


def buy_references(session: Session, crew: Crew) -> None:
    """Six of them, each with its certificate; the tracker's has run out, as one sees."""
    for asset, name, kind, model, unit, step, expanded, age in _REFERENCES:
        piece = equipmentbook.register(
            session,
            crew.ruth,
            EquipmentInput(
                asset_number=asset,
                name=name,
                kind=kind,
                maker=_MAKER,
                type_name=model,
                serial=f"DEMO-{asset}",
                location="Cell A",
                resolution=step,
                unit=unit,
                interval_months="12",
                acceptance="Error within half of the largest U that a procedure allows.",
            ),
        )
        day = (clock.now() - timedelta(days=age)).date()
        equipmentcertificates.record_certificate(
            session,
            crew.ruth,
            piece,
            CertificateInput(
                issuer=_ISSUER,
                number=f"DEMO-{day:%y}-{asset}",
                calibrated_on=day.isoformat(),
                as_found_ok="yes",
                results=(ResultInput(name=name, unit=unit, expanded=expanded, error="0"),),
            ),
        )


def measure_a_robot(session: Session, crew: Crew) -> None:
    """The zero positions of a robot before it is shown to anybody."""
    job = _begin(session, crew, deliveries.LOOKED_AFTER, JobReason.PRE_SALE)
    for point in _measured(job):
        _read(session, crew, job, Spot(point), _BEFORE_THE_SWAP)
    adjustments.nothing_adjusted(session, crew.emre, job)
    _certify(session, crew, job)


def measure_it_again(session: Session, crew: Crew) -> None:
    """Its left knee has got another actuator: the zero is set anew, and everything read again."""
    job = _begin(session, crew, deliveries.LOOKED_AFTER, JobReason.AFTER_REPAIR)
    for point in _measured(job):
        _read(session, crew, job, Spot(point), _AFTER_THE_SWAP)
    change = AdjustmentInput(
        _KNEE, "zero offset", before="0.000", after="-0.041", unit="deg", firmware="2.0.4"
    )
    adjustments.record(session, crew.emre, job, change)
    for point in _measured(job):
        if point.target == _KNEE:
            _read(session, crew, job, Spot(point, Phase.AS_LEFT), _BEFORE_THE_SWAP)
    _certify(session, crew, job)


def begin_another(session: Session, crew: Crew) -> None:
    """A job that waits for whoever goes on: the first joints of another robot are read."""
    job = _begin(session, crew, deliveries.SOLD_AND_GONE, JobReason.SCHEDULED)
    for point in list(_measured(job))[:_READ_TODAY]:
        _read(session, crew, job, Spot(point), _BEFORE_THE_SWAP)


def _begin(session: Session, crew: Crew, serial: str, reason: JobReason) -> CalibrationJob:
    unit = registry.by_serial(session, crew.emre, serial)
    job = jobs.plan(session, crew.emre, unit, code=_CODE, reason=reason)
    surroundings = Conditions(temperature="21.4", humidity="44", condition="Clean, no damage")
    jobs.start(session, crew.emre, job, surroundings)
    level = equipment.by_code(session, crew.emre, "INC-01")
    for need in job.procedure_version.needs:
        if need.kind == level.kind:
            jobs.choose_equipment(session, crew.emre, job, need.role, level)
    return job


def _measured(job: CalibrationJob) -> Iterator[ProcedurePoint]:
    return (point for point in chosenpoints.of_job(job) if point.readings)


def _read(
    session: Session,
    crew: Crew,
    job: CalibrationJob,
    spot: Spot,
    shift: int,
) -> None:
    """All readings of a point, some thousandths of a degree from zero and from each other."""
    offset = (spot.point.seq * 37) % 31 - 15 + shift
    places = range(spot.point.readings)
    column = [f"{(offset + (place * 3) % 5 - 2) / 1000:.3f}" for place in places]
    readings.paste(session, crew.emre, job, spot, "\n".join(column))


def _certify(session: Session, crew: Crew, job: CalibrationJob) -> None:
    jobs.finish(session, crew.emre, job, Conditions(temperature="21.7", humidity="43"))
    pin = next(one.pin for one in people.LOGINS if one.login == "ruth")
    note = "The left knee has another actuator." if job.reason is JobReason.AFTER_REPAIR else ""
    review.review(session, crew.ruth, job, pin=pin, note=note)
    certificates.issue(session, crew.ruth, job, Issue(("en", "de")), house=House(_PUBLIC), pin=pin)
