"""What a certificate says, gathered and drawn before it has its place in the store's chain."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy.orm import Session

from app.calibration import certificatebytes, chosenpoints, results
from app.calibration.certificate_models import CertificateKind
from app.calibration.certificatebytes import Forms
from app.calibration.corrections import Correction, corrected, needed
from app.calibration.dccsigning import SigningKey
from app.calibration.engine import ENGINE
from app.calibration.gathering import gathered
from app.calibration.job_models import CalibrationJob, JobState
from app.calibration.jobbook import label, page
from app.calibration.snapshot import Snapshot, all_accepted
from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.errors import Refused
from app.kernel.text import msg
from app.stores import desk
from app.web.i18n import LANGUAGES

_MOST_LANGUAGES = 2


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


def draw_ahead(
    session: Session, actor: Actor, job: CalibrationJob, wanted: Issue, *, house: House
) -> Forms | None:
    """The forms of a certificate that is about to be issued; nothing is written or taken.

    None for what would be refused: the turn that issues it says why.
    """
    if not actor.may("calibration.certify") or job.state is not JobState.REVIEWED:
        return None
    try:
        passed = checked(session, actor, job, wanted)
    except Refused:
        return None
    shot = drawn_up(session, actor, job, wanted, house=house, passed=passed)
    return _ahead(session, actor, shot, house)


def draw_correction_ahead(
    session: Session,
    actor: Actor,
    before: Snapshot,
    correction: Correction,
    *,
    kind: CertificateKind,
    reason: str,
    house: House,
) -> Forms | None:
    """The same of a further certificate in place of one."""
    if not actor.may("calibration.certify"):
        return None
    try:
        shot = further(actor, before, correction, kind=kind, why=needed(reason))
    except Refused:
        return None
    return _ahead(session, actor, shot, house)


def _ahead(session: Session, actor: Actor, shot: Snapshot, house: House) -> Forms:
    name = certificatebytes.next_name(session, actor.store_id, clock.now())
    shot = certificatebytes.named(session, actor.store_id, shot, name, house.public_url)
    return certificatebytes.made_of(shot, name, house.signing)


def checked(session: Session, actor: Actor, job: CalibrationJob, wanted: Issue) -> bool:
    """Whether everything passed; raises Refused for a job that lacks a result, or for the form."""
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
    return all_accepted(job, final)


def further(
    actor: Actor, before: Snapshot, correction: Correction, *, kind: CertificateKind, why: str
) -> Snapshot:
    """What a further certificate says; number and address come when it is written."""
    if kind is CertificateKind.ORIGINAL:
        raise Refused(msg("Say whether it amends or replaces."), field="kind")
    after = corrected(before, correction)
    if after == before:
        raise Refused(msg("Nothing is said otherwise: change at least one text."), field="reason")
    return replace(
        after,
        number="",
        kind=kind,
        issued_at=clock.now(),
        names=replace(before.names, issuer=actor.name),
        replaces=before.number,
        replaced_why=why,
    )


def drawn_up(
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
