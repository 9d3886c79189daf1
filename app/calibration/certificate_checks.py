"""What must always hold of certificates, proved row by row."""

from collections.abc import Iterator

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.calibration import verifying
from app.calibration.certificate_models import CalibrationCertificate, CertificateWithdrawal
from app.calibration.job_models import CalibrationJob, JobState


def breaches(session: Session) -> Iterator[str]:
    yield from (f"calibration: {line}" for line in verifying.breaches(session))
    yield from _without_a_job(session)
    yield from _two_that_stand(session)


def _without_a_job(session: Session) -> Iterator[str]:
    """A certificate is of a certified job and of that job's robot."""
    rows = session.execute(
        select(CalibrationCertificate.number)
        .join(CalibrationJob, CalibrationJob.id == CalibrationCertificate.job_id)
        .where(
            (CalibrationJob.state != JobState.CERTIFIED)
            | (CalibrationJob.unit_id != CalibrationCertificate.unit_id)
        )
    )
    for (number,) in rows:
        yield f"calibration: certificate {number} is not of a certified job of its robot"


def _two_that_stand(session: Session) -> Iterator[str]:
    """At most one certificate of a job holds."""
    superseded = select(CalibrationCertificate.supersedes_id).where(
        CalibrationCertificate.supersedes_id.is_not(None)
    )
    withdrawn = select(CertificateWithdrawal.certificate_id)
    rows = session.execute(
        select(CalibrationCertificate.job_id, func.count())
        .where(
            CalibrationCertificate.id.not_in(superseded),
            CalibrationCertificate.id.not_in(withdrawn),
        )
        .group_by(CalibrationCertificate.job_id)
        .having(func.count() > 1)
    )
    for job_id, count in rows:
        yield f"calibration: job {job_id} has {count} certificates that hold"
