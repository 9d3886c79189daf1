"""Certificates for tests: a measured job, reviewed and certified."""

from sqlalchemy.orm import Session

from app.calibration import certificates, review
from app.calibration.certificate_models import CalibrationCertificate
from app.calibration.drawingup import House, Issue
from app.calibration.job_models import CalibrationJob
from tests.makers.calibration import Lab, a_measured_job
from tests.makers.identity import PIN

HOUSE = House(public_url="https://robots.example")


def a_reviewed_job(session: Session, lab: Lab, *, text: str = "0.010") -> CalibrationJob:
    job = a_measured_job(session, lab, text=text)
    review.review(session, lab.metrologist, job, pin=PIN)
    return job


def a_certificate(
    session: Session,
    lab: Lab,
    *,
    text: str = "0.010",
    languages: tuple[str, ...] = ("en",),
    house: House = HOUSE,
    job: CalibrationJob | None = None,
) -> CalibrationCertificate:
    return certificates.issue(
        session,
        lab.metrologist,
        job or a_reviewed_job(session, lab, text=text),
        Issue(languages=languages),
        house=house,
        pin=PIN,
    )
