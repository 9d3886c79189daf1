"""What is on file of a robot's warranty: days, entitlements, what speaks against it, who paid."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, NotFound, Refused
from app.kernel.filestore import FileStore
from app.kernel.searchkeys import clean
from app.kernel.text import Text, msg
from app.kernel.uploads import read_photo
from app.robots import addresses, timeline
from app.robots.duty_models import ExclusionEvidence, PaperKind, PartPayer, WarrantyPaper
from app.robots.models import Unit
from app.robots.slot_models import Occupant, Slot
from app.robots.slotnames import name_of
from app.robots.warranty import StartDates
from app.robots.warranty_terms import MakerTerms
from app.stores import desk
from app.web.forms import Reading

PAPER_LABELS: dict[PaperKind, Text] = {
    PaperKind.RECEIPT: msg("Receipt of the robot"),
    PaperKind.INVOICE: msg("Invoice"),
    PaperKind.WARRANTY_CARD: msg("Warranty card"),
    PaperKind.ACTIVATION: msg("Activation"),
    PaperKind.MANUFACTURE: msg("Manufacture"),
    PaperKind.ENTITLEMENT: msg("Entitlement"),
}
# What the published terms call the things that they exclude; others are shown by their code.
EVIDENCE_LABELS: dict[str, Text] = {
    "fall": msg("Fall"),
    "squeezing": msg("Squeezed or crushed"),
    "immersion": msg("Immersed in liquid"),
    "non_original_accessory": msg("Foreign accessory"),
    "non_original_battery": msg("Foreign battery"),
    "harsh_terrain": msg("Used on harsh terrain"),
    "self_repair": msg("Repaired by the owner"),
    "unauthorised_opening": msg("Opened without authorisation, seal broken"),
    "unauthorised_modification": msg("Modified without authorisation"),
    "third_party_service": msg("Serviced by a third party"),
    "run_with_worn_parts": msg("Run with aged or damaged components"),
}
_LONGEST_LINE = 200
_LONGEST_NOTE = 2_000
_LONGEST_CODE = 64


@dataclass(frozen=True, slots=True)
class EvidenceInput:
    """What was seen. `slot_path` empty: it concerns the robot as a whole."""

    code: str
    seen_on: date
    confirmed: bool = True
    slot_path: str = ""
    note: str = ""
    reference: str = ""
    photo: bytes = b""


def file_paper(
    session: Session,
    actor: Actor,
    unit: Unit,
    kind: PaperKind,
    day: date,
    *,
    source: str,
    link: str = "",
    entitlement: str = "",
) -> WarrantyPaper:
    """A day on file, typed by a person; `source` says which paper it is from."""
    actor.require("robots.record")
    seen = Reading()
    source = seen.text("source", source, most=_LONGEST_LINE, required=True)
    wanted = kind is PaperKind.ENTITLEMENT
    named = seen.text("entitlement", entitlement, most=_LONGEST_CODE, required=wanted)
    if day > _today(session, unit):
        seen.refuse("day", msg("This day has not come yet."))
    seen.done()
    return keep_paper(
        session,
        actor,
        unit,
        kind,
        day,
        source=source,
        link=link,
        entitlement=named if wanted else "",
    )


def keep_paper(
    session: Session,
    actor: Actor,
    unit: Unit,
    kind: PaperKind,
    day: date,
    *,
    source: str,
    link: str = "",
    entitlement: str = "",
) -> WarrantyPaper:
    """The same as part of a sale or handover, whose own permission was checked."""
    paper = WarrantyPaper(
        store_id=unit.store_id,
        unit_id=unit.id,
        kind=kind,
        day=day,
        entitlement=entitlement,
        source=source[:_LONGEST_LINE],
        link=link,
        at=clock.now(),
        by=actor.name,
    )
    session.add(paper)
    session.flush()
    audit.record(
        session,
        actor,
        "warranty.paper_filed",
        subject=f"robot:{unit.serial}",
        after={"kind": kind, "day": day, "entitlement": entitlement},
        reason=paper.source,
    )
    return paper


def papers_of(session: Session, unit_id: int) -> list[WarrantyPaper]:
    """Everything on file, oldest first."""
    return list(
        session.scalars(
            select(WarrantyPaper).where(WarrantyPaper.unit_id == unit_id).order_by(WarrantyPaper.id)
        )
    )


def in_force(papers: Iterable[WarrantyPaper]) -> list[WarrantyPaper]:
    """Of each kind, and of each entitlement, the one that counts."""
    return list({(paper.kind, paper.entitlement): paper for paper in papers}.values())


def start_dates(papers: Iterable[WarrantyPaper]) -> StartDates:
    """The days that can start a warranty."""
    days = {paper.kind.value: paper.day for paper in papers}
    days.pop(PaperKind.ENTITLEMENT.value, None)
    return StartDates(**days)


def entitlements(papers: Iterable[WarrantyPaper]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(paper.entitlement for paper in papers if paper.entitlement))


def record_evidence(
    session: Session,
    actor: Actor,
    unit: Unit,
    typed: EvidenceInput,
    *,
    terms: MakerTerms | None,
    slot: Slot | None,
    files: FileStore | None = None,
) -> ExclusionEvidence:
    """Something was seen that the terms exclude. `slot` is where, as `slot_path` names it; a photo
    goes into `files`. Raises Invalid or TooLarge.
    """
    actor.require("robots.record")
    seen = Reading()
    if typed.seen_on > _today(session, unit):
        seen.refuse("seen_on", msg("This day has not come yet."))
    evidence = _evidence(actor, unit, typed, slot=slot, allowed=codes_of(terms), seen=seen)
    photo = seen.take("photo", lambda: read_photo(typed.photo), None) if typed.photo else None
    seen.done()
    if photo is not None and files is not None:
        evidence.photo_sha256 = files.put(photo.content)
    session.add(evidence)
    session.flush()
    timeline.note(
        session,
        unit.id,
        kind="evidence",
        summary=_line(evidence, slot),
        link=addresses.page_below(unit.serial, "warranty"),
        actor_name=actor.name,
    )
    audit.record(
        session,
        actor,
        "warranty.evidence_recorded",
        subject=f"robot:{unit.serial}",
        after={
            "code": evidence.code,
            "slot": slot.path if slot else "",
            "confirmed": evidence.confirmed,
        },
        reason=evidence.note or None,
    )
    return evidence


def withdraw_evidence(
    session: Session, actor: Actor, unit: Unit, evidence_id: int, *, reason: str
) -> None:
    """It was none, or what it damaged was made good; it counts no more."""
    actor.require("robots.record")
    evidence = evidence_by_id(session, unit, evidence_id)
    why = clean(reason)
    if not 1 <= len(why) <= _LONGEST_LINE:
        raise Refused(msg("Say why it counts no more."), field="reason")
    if evidence.withdrawn_at is not None:
        raise Conflict(msg("This was withdrawn already."))
    evidence.withdrawn_at = clock.now()
    evidence.withdrawn_by = actor.name
    evidence.withdrawal_reason = why
    session.flush()
    label = evidence_label(evidence.code)
    timeline.note(
        session,
        unit.id,
        kind="evidence",
        summary=msg("No longer held against it: {what} ({reason})", what=label, reason=why),
        link=addresses.page_below(unit.serial, "warranty"),
        actor_name=actor.name,
    )
    audit.record(
        session,
        actor,
        "warranty.evidence_withdrawn",
        subject=f"robot:{unit.serial}",
        before={"code": evidence.code},
        reason=why,
    )


def evidence_by_id(session: Session, unit: Unit, evidence_id: int) -> ExclusionEvidence:
    """One record of a robot; raises NotFound."""
    evidence = session.get(ExclusionEvidence, evidence_id)
    if evidence is None or evidence.unit_id != unit.id:
        raise NotFound(msg("There is no such record of this robot."))
    return evidence


def evidence_of(session: Session, unit_id: int) -> list[ExclusionEvidence]:
    """Everything that was ever recorded, newest first."""
    return list(
        session.scalars(
            select(ExclusionEvidence)
            .where(ExclusionEvidence.unit_id == unit_id)
            .order_by(ExclusionEvidence.id.desc())
        )
    )


def codes_of(terms: MakerTerms | None) -> tuple[str, ...]:
    """What can be held against a robot: what its terms exclude, or what any maker excludes."""
    if terms is None:
        return tuple(EVIDENCE_LABELS)
    return tuple(dict.fromkeys(exclusion.evidence for exclusion in terms.exclusions))


def evidence_label(code: str) -> Text:
    return EVIDENCE_LABELS.get(code) or msg("{code}", code=code)


def say_who_paid(
    session: Session,
    actor: Actor,
    unit: Unit,
    occupant_id: int,
    *,
    under_warranty: bool,
    reference: str = "",
) -> PartPayer:
    """Whether a replaced part came under warranty or was bought: its own cover depends on it."""
    actor.require("robots.record")
    occupant = session.get(Occupant, occupant_id)
    if occupant is None or occupant.unit_id != unit.id or occupant.as_built:
        raise NotFound(msg("There is no such replaced part in this robot."))
    seen = Reading()
    reference = seen.text("reference", reference, most=_LONGEST_CODE)
    seen.done()
    said = PartPayer(
        store_id=unit.store_id,
        occupant_id=occupant_id,
        under_warranty=under_warranty,
        reference=reference,
        at=clock.now(),
        by=actor.name,
    )
    session.add(said)
    session.flush()
    audit.record(
        session,
        actor,
        "warranty.part_payer_said",
        subject=f"robot:{unit.serial}",
        after={"occupant": occupant_id, "under_warranty": under_warranty},
        reason=reference or None,
    )
    return said


def _evidence(
    actor: Actor,
    unit: Unit,
    typed: EvidenceInput,
    *,
    slot: Slot | None,
    allowed: Collection[str],
    seen: Reading,
) -> ExclusionEvidence:
    code = seen.text("code", typed.code, most=_LONGEST_CODE, required=True)
    if code and code not in allowed:
        seen.refuse("code", msg("The terms do not name this."))
    return ExclusionEvidence(
        store_id=unit.store_id,
        unit_id=unit.id,
        code=code,
        slot_id=slot.id if slot else None,
        confirmed=typed.confirmed,
        seen_on=typed.seen_on,
        note=seen.text("note", typed.note, most=_LONGEST_NOTE),
        reference=seen.text("reference", typed.reference, most=_LONGEST_CODE),
        at=clock.now(),
        by=actor.name,
    )


def _line(evidence: ExclusionEvidence, slot: Slot | None) -> Text:
    what = evidence_label(evidence.code)
    if slot is not None:
        what = msg("{what}, {slot}", what=what, slot=name_of(slot.path))
    if evidence.confirmed:
        return msg("Seen: {what}", what=what)
    return msg("Suspected: {what}", what=what)


def _today(session: Session, unit: Unit) -> date:
    return desk.business_day_of(desk.store_of(session, unit.store_id))
