"""A certificate drawn before the store's turn to write begins, so that nobody waits for paper.

Whoever calls these must be out of the queue of writers, and enters it afterwards.
"""

from app.calibration import certificatelists, certificates, drawingup, jobs
from app.calibration.certificate_models import CertificateKind
from app.calibration.certificatebytes import Forms
from app.calibration.corrections import Correction
from app.calibration.drawingup import House, Issue
from app.kernel.actor import Actor
from app.kernel.db import Database


def of_job(
    database: Database, actor: Actor, number: int, wanted: Issue, *, house: House
) -> Forms | None:
    """The forms of the certificate of a job; None where it would be refused anyway."""
    with database.reading() as session:
        job = jobs.by_number(session, actor, number)
        return drawingup.draw_ahead(session, actor, job, wanted, house=house)


def of_correction(
    database: Database,
    actor: Actor,
    number: str,
    correction: Correction,
    *,
    kind: CertificateKind,
    reason: str,
    house: House,
) -> Forms | None:
    """The forms of a further certificate in place of one."""
    with database.reading() as session:
        found = certificatelists.by_number(session, actor, number).certificate
        return drawingup.draw_correction_ahead(
            session,
            actor,
            certificates.snapshot_of(found),
            correction,
            kind=kind,
            reason=reason,
            house=house,
        )
