"""Certificates: issued from a reviewed job, amended or replaced by a further one, withdrawn.

An issued certificate never changes, the database refuses it. Whether it still holds is derived:
nothing stands in its place, and nobody withdrew it (ISO/IEC 17025:2017 7.8.8).
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.calibration import (
    certificatelists,
    certificatesheet,
    chosenpoints,
    dcc,
    dccsigning,
    events,
    jobs,
    results,
)
from app.calibration.certificate_models import (
    CalibrationCertificate,
    CertificateKind,
    CertificateWithdrawal,
)
from app.calibration.certificatelists import STANDING_LABELS, Standing, address
from app.calibration.dccsigning import SigningKey
from app.calibration.engine import ENGINE
from app.calibration.gathering import gathered
from app.calibration.job_models import CalibrationJob, JobState
from app.calibration.jobbook import label, lock, page, reference
from app.calibration.snapshot import Snapshot, all_accepted
from app.calibration.states import JOB_LABELS
from app.identity import approval
from app.kernel import audit, clock, numbers, queueing
from app.kernel.actor import Actor
from app.kernel.canonical import sha256_hex
from app.kernel.errors import Conflict, Refused
from app.kernel.events import announce
from app.kernel.frozen import freeze, thaw
from app.kernel.searchkeys import clean
from app.kernel.text import Text, msg
from app.robots import timeline
from app.robots.models import new_passport_code
from app.stores import desk
from app.web.i18n import LANGUAGES

SERIES = "certificate"
FIRST_LINK = "0" * 64
_LONGEST = 2_000
_MOST_LANGUAGES = 2


KIND_LABELS: dict[CertificateKind, Text] = {
    CertificateKind.ORIGINAL: msg("Certificate"),
    CertificateKind.AMENDMENT: msg("Amendment"),
    CertificateKind.REPLACEMENT: msg("Replacement"),
}


@dataclass(frozen=True, slots=True)
class House:
    """What the settings say of certificates: where they are checked, and by which accreditation.

    `accredited` are the codes of the procedures that the accreditation covers.
    """

    public_url: str
    accreditation: str = ""
    accredited: frozenset[str] = frozenset()
    signing: SigningKey | None = None

    def covers(self, code: str) -> str:
        return self.accreditation if code in self.accredited else ""


@dataclass(frozen=True, slots=True)
class Issue:
    """How it is issued: one language or two side by side, a due day only if that was agreed."""

    languages: tuple[str, ...]
    is_interval_agreed: bool = False
    due_on: date | None = None


@dataclass(frozen=True, slots=True)
class Correction:
    """Texts that a further certificate says otherwise; None: as before."""

    customer_name: str | None = None
    customer_address: str | None = None
    condition: str | None = None
    deviations: str | None = None
    place: str | None = None


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
) -> CalibrationCertificate:
    """The certificate of a reviewed job, signed with a PIN; the job is over with it.

    Raises Refused for a job that lacks a result, WrongPin for a wrong PIN.
    """
    actor.require("calibration.certify")
    lock(session, actor, job)
    if job.state is not JobState.REVIEWED:
        raise Conflict(
            msg("{number} is {state}.", number=label(job), state=JOB_LABELS[job.state]),
            link=page(job),
        )
    final = results.final(session, job)
    lacking = [
        point.label
        for point in chosenpoints.of_job(job)
        if point.is_required and (point.id not in final or final[point.id].value is None)
    ]
    if lacking:
        raise Refused(msg("{point} has no result.", point=lacking[0]), link=page(job))
    _require_languages(wanted.languages)
    _require_due(session, actor, wanted)
    approval.sign(session, actor, pin=pin)
    passed = all_accepted(job, final)
    shot = _drawn_up(session, actor, job, wanted, house=house, passed=passed)
    made = _write(session, actor, job, shot, house=house)
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
) -> CalibrationCertificate:
    """A further certificate in place of one: an amendment to it, or a whole new one for it.

    What was measured stays what it was; only texts around it change. Raises Conflict for one that
    no longer holds.
    """
    actor.require("calibration.certify")
    queueing.enter(session, actor.store_id)
    why = _needed(reason)
    job = jobs.by_id(session, actor, certificate.job_id)
    _require_standing(session, actor, certificate)
    if kind is CertificateKind.ORIGINAL:
        raise Refused(msg("Say whether it amends or replaces."), field="kind")
    before = snapshot_of(certificate)
    after = _corrected(before, correction)
    if after == before:
        raise Refused(msg("Nothing is said otherwise: change at least one text."), field="reason")
    approval.sign(session, actor, pin=pin)
    shot = replace(
        after,
        number="",
        kind=kind,
        issued_at=clock.now(),
        names=replace(before.names, issuer=actor.name),
        replaces=certificate.number,
        replaced_why=why,
    )
    made = _write(session, actor, job, shot, house=house, supersedes=certificate)
    _tell(session, actor, job, made)
    return made


def withdraw(
    session: Session, actor: Actor, certificate: CalibrationCertificate, *, reason: str
) -> None:
    """It no longer holds, and nothing stands in its place."""
    actor.require("calibration.certify")
    queueing.enter(session, actor.store_id)
    why = _needed(reason)
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


def _drawn_up(
    session: Session,
    actor: Actor,
    job: CalibrationJob,
    wanted: Issue,
    *,
    house: House,
    passed: bool,
) -> Snapshot:
    """What the certificate of a job says; number and address come when it is written."""
    taken = gathered(session, job, actor)
    return Snapshot(
        number="",
        kind=CertificateKind.ORIGINAL,
        languages=wanted.languages,
        zone=taken.zone,
        issued_at=clock.now(),
        laboratory=taken.laboratory,
        customer=taken.customer,
        item=taken.item,
        method=taken.method,
        surroundings=taken.surroundings,
        names=taken.names,
        job=label(job),
        reason=job.reason,
        references=taken.references,
        lines=taken.lines,
        passed=passed,
        check_address="",
        engine=ENGINE,
        adjustments=taken.adjustments,
        unadjusted_by=job.unadjusted_by,
        ticket=job.reference.removeprefix("ticket:"),
        deviations=job.deviations,
        accreditation=house.covers(taken.method.code),
        due_on=wanted.due_on if wanted.is_interval_agreed else None,
        points_in_all=len(job.procedure_version.points) if chosenpoints.is_part(job) else 0,
    )


def _write(
    session: Session,
    actor: Actor,
    job: CalibrationJob,
    shot: Snapshot,
    *,
    house: House,
    supersedes: CalibrationCertificate | None = None,
) -> CalibrationCertificate:
    """The row with its frozen bytes, next in the store's chain."""
    sequence = numbers.allot(session, store_id=actor.store_id, series=SERIES)
    code = new_passport_code()
    year = desk.business_day_of(desk.store_of(session, actor.store_id), shot.issued_at).year
    shot = replace(
        shot,
        number=f"C-{year}-{sequence:05}",
        check_address=f"{house.public_url.rstrip('/')}/c/{code}",
    )
    frozen = freeze(shot)
    pdf = certificatesheet.pdf(shot)
    xml = dcc.written(shot)
    signed = dccsigning.signed(xml, house.signing) if house.signing else xml
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
        snapshot=frozen.decode(),
        sha256=sha256_hex(frozen),
        previous_sha256=link_after(last) if last else FIRST_LINK,
        languages=",".join(shot.languages),
        pdf=pdf,
        pdf_sha256=sha256_hex(pdf),
        dcc=signed,
        dcc_sha256=sha256_hex(signed),
        is_signed_xml=house.signing is not None,
        is_interval_agreed=shot.due_on is not None,
        due_on=shot.due_on,
        issued_at=shot.issued_at,
        issued_by=actor.name,
        issuer_id=actor.staff_id,
        code=code,
    )
    session.add(made)
    session.flush()
    return made


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


def _corrected(shot: Snapshot, said: Correction) -> Snapshot:
    customer = shot.customer
    if said.customer_name is not None:
        customer = replace(customer, name=_text(said.customer_name) or customer.name)
    if said.customer_address is not None:
        lines = tuple(filter(None, map(_text, said.customer_address.splitlines())))
        customer = replace(customer, address=lines)
    item, around = shot.item, shot.surroundings
    if said.condition is not None:
        item = replace(item, condition=_text(said.condition))
    if said.place is not None:
        around = replace(around, place=_text(said.place))
    deviations = shot.deviations if said.deviations is None else _text(said.deviations)
    return replace(shot, customer=customer, item=item, surroundings=around, deviations=deviations)


def _text(typed: str) -> str:
    said = clean(typed)
    if len(said) > _LONGEST:
        raise Refused(msg("At most {most} characters fit here.", most=_LONGEST), field="reason")
    return said


def _needed(reason: str) -> str:
    why = _text(reason)
    if not why:
        raise Refused(msg("Say why."), field="reason")
    return why


def _require_languages(languages: Collection[str]) -> None:
    if not languages or len(set(languages)) != len(languages) or len(languages) > _MOST_LANGUAGES:
        raise Refused(msg("One language, or two side by side."), field="languages")
    if not set(languages) <= set(LANGUAGES):
        raise Refused(msg("This language is not among those of the house."), field="languages")


def _require_due(session: Session, actor: Actor, wanted: Issue) -> None:
    """No due day unless the customer agreed to one (ISO/IEC 17025:2017 7.8.4.3)."""
    if not wanted.is_interval_agreed:
        return
    if wanted.due_on is None:
        raise Refused(msg("Say the day that was agreed."), field="due_on")
    if wanted.due_on <= desk.business_day_of(desk.store_of(session, actor.store_id)):
        raise Refused(msg("This day is over already."), field="due_on")


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
