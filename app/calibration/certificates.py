"""Certificates: issued from a reviewed job, amended or replaced by a further one, withdrawn.

An issued certificate never changes, the database refuses it. Whether it still holds is derived:
nothing stands in its place, and nobody withdrew it (ISO/IEC 17025:2017 7.8.8).
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.calibration import (
    certificatebytes,
    certificatelists,
    drawingup,
    events,
    jobs,
)
from app.calibration.certificate_models import (
    CalibrationCertificate,
    CertificateKind,
    CertificateWithdrawal,
)
from app.calibration.certificatebytes import Forms, Named
from app.calibration.certificatelists import STANDING_LABELS, Standing, address
from app.calibration.corrections import Correction, needed
from app.calibration.drawingup import House, Issue
from app.calibration.job_models import CalibrationJob, JobState
from app.calibration.jobbook import label, lock, page, reference
from app.calibration.snapshot import Snapshot
from app.calibration.states import JOB_LABELS
from app.identity import approval
from app.kernel import audit, clock, numbers, queueing
from app.kernel.actor import Actor
from app.kernel.canonical import sha256_hex
from app.kernel.errors import Conflict
from app.kernel.events import announce
from app.kernel.frozen import freeze, thaw
from app.kernel.text import Text, msg
from app.robots import timeline
from app.robots.models import new_passport_code

FIRST_LINK = "0" * 64
_MOST_LANGUAGES = 2


KIND_LABELS: dict[CertificateKind, Text] = {
    CertificateKind.ORIGINAL: msg("Certificate"),
    CertificateKind.AMENDMENT: msg("Amendment"),
    CertificateKind.REPLACEMENT: msg("Replacement"),
}


def snapshot_of(certificate: CalibrationCertificate) -> Snapshot:
    return thaw(Snapshot, certificate.snapshot.encode())


def link_after(one: CalibrationCertificate) -> str:
    """What the next certificate of the store carries of this one: all its forms, and its place."""
    parts = (one.previous_sha256, one.sha256, one.pdf_sha256, one.dcc_sha256)
    return sha256_hex("".join(parts).encode())


def issue(
    session: Session,
    actor: Actor,
    job: CalibrationJob,
    wanted: Issue,
    *,
    house: House,
    pin: str,
    ahead: Forms | None = None,
) -> CalibrationCertificate:
    """The certificate of a reviewed job, signed with a PIN; the job is over with it.

    `ahead` is what `draw_ahead` drew before the turn began.

    Raises Refused for a job that lacks a result, WrongPin for a wrong PIN.
    """
    actor.require("calibration.certify")
    lock(session, actor, job)
    if job.state is not JobState.REVIEWED:
        raise Conflict(
            msg("{number} is {state}.", number=label(job), state=JOB_LABELS[job.state]),
            link=page(job),
        )
    passed = drawingup.checked(session, actor, job, wanted)
    approval.sign(session, actor, pin=pin)
    shot = drawingup.drawn_up(session, actor, job, wanted, house=house, passed=passed)
    made = _write(session, actor, job, shot, house=house, ahead=ahead)
    jobs.certified(session, actor, job)
    _tell(session, actor, job, made)
    return made


def correct(
    session: Session,
    actor: Actor,
    certificate: CalibrationCertificate,
    correction: Correction,
    *,
    kind: CertificateKind,
    reason: str,
    house: House,
    pin: str,
    ahead: Forms | None = None,
) -> CalibrationCertificate:
    """A further certificate in place of one: an amendment to it, or a whole new one for it.

    What was measured stays what it was; only texts around it change. Raises Conflict for one that
    no longer holds.
    """
    actor.require("calibration.certify")
    queueing.enter(session, actor.store_id)
    why = needed(reason)
    job = jobs.by_id(session, actor, certificate.job_id)
    _require_standing(session, actor, certificate)
    shot = drawingup.further(actor, snapshot_of(certificate), correction, kind=kind, why=why)
    approval.sign(session, actor, pin=pin)
    made = _write(session, actor, job, shot, house=house, ahead=ahead, supersedes=certificate)
    _tell(session, actor, job, made)
    return made


def withdraw(
    session: Session, actor: Actor, certificate: CalibrationCertificate, *, reason: str
) -> None:
    """It no longer holds, and nothing stands in its place."""
    actor.require("calibration.certify")
    queueing.enter(session, actor.store_id)
    why = needed(reason)
    _require_standing(session, actor, certificate)
    session.add(
        CertificateWithdrawal(
            certificate_id=certificate.id, reason=why, at=clock.now(), by=actor.name
        )
    )
    session.flush()
    audit.record(
        session,
        actor,
        "certificate.withdrawn",
        subject=f"certificate:{certificate.number}",
        reason=why,
    )
    timeline.note(
        session,
        certificate.unit_id,
        kind="calibration",
        summary=msg("Certificate {number} withdrawn", number=certificate.number),
        link=address(certificate),
        actor_name=actor.name,
    )


def _write(
    session: Session,
    actor: Actor,
    job: CalibrationJob,
    shot: Snapshot,
    *,
    house: House,
    ahead: Forms | None,
    supersedes: CalibrationCertificate | None = None,
) -> CalibrationCertificate:
    """The row with its frozen bytes, next in the store's chain."""
    sequence = numbers.allot(session, store_id=actor.store_id, series=certificatebytes.SERIES)
    forms = _forms(session, actor, shot, sequence, house=house, ahead=ahead)
    shot = thaw(Snapshot, forms.snapshot)
    last = session.scalar(
        select(CalibrationCertificate)
        .where(CalibrationCertificate.store_id == actor.store_id)
        .order_by(CalibrationCertificate.sequence.desc())
        .limit(1)
    )
    made = CalibrationCertificate(
        store_id=actor.store_id,
        sequence=sequence,
        number=shot.number,
        job_id=job.id,
        unit_id=job.unit_id,
        kind=CertificateKind(shot.kind),
        supersedes_id=supersedes.id if supersedes else None,
        reason=shot.replaced_why,
        snapshot=forms.snapshot.decode(),
        sha256=sha256_hex(forms.snapshot),
        previous_sha256=link_after(last) if last else FIRST_LINK,
        languages=",".join(shot.languages),
        pdf=forms.pdf,
        pdf_sha256=sha256_hex(forms.pdf),
        dcc=forms.xml,
        dcc_sha256=sha256_hex(forms.xml),
        is_signed_xml=house.signing is not None,
        is_interval_agreed=shot.due_on is not None,
        due_on=shot.due_on,
        issued_at=shot.issued_at,
        issued_by=actor.name,
        issuer_id=actor.staff_id,
        code=forms.named.code,
    )
    session.add(made)
    session.flush()
    return made


def _forms(
    session: Session,
    actor: Actor,
    shot: Snapshot,
    sequence: int,
    *,
    house: House,
    ahead: Forms | None,
) -> Forms:
    """What was drawn ahead, if it is of this very snapshot and number; else drawn now."""
    if ahead is not None and ahead.named.sequence == sequence:
        known = certificatebytes.named(session, actor.store_id, shot, ahead.named, house.public_url)
        if freeze(known) == ahead.snapshot:
            return ahead
    name = Named(sequence, new_passport_code(), clock.now())
    shot = certificatebytes.named(session, actor.store_id, shot, name, house.public_url)
    return certificatebytes.made_of(shot, name, house.signing)


def _tell(
    session: Session, actor: Actor, job: CalibrationJob, made: CalibrationCertificate
) -> None:
    audit.record(
        session,
        actor,
        "certificate.issued",
        subject=f"certificate:{made.number}",
        after={
            "job": reference(job),
            "kind": made.kind,
            "sha256": made.sha256,
            "pdf_sha256": made.pdf_sha256,
            "dcc_sha256": made.dcc_sha256,
        },
        reason=made.reason or None,
    )
    timeline.note(
        session,
        job.unit_id,
        kind="calibration",
        summary=msg("Certificate {number} issued", number=made.number),
        link=address(made),
        actor_name=actor.name,
    )
    announce(session, events.CertificateIssued(actor, job.store_id, made.id, job.id, job.unit_id))


def _require_standing(session: Session, actor: Actor, certificate: CalibrationCertificate) -> None:
    found = certificatelists.by_number(session, actor, certificate.number)
    if found.standing is not Standing.ISSUED:
        raise Conflict(
            msg(
                "{number} is {state}.",
                number=certificate.number,
                state=STANDING_LABELS[found.standing],
            ),
            link=address(certificate),
        )
