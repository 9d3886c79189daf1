"""Certificates of reference equipment: recorded with their results, U and parents; withdrawn."""

from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from app.calibration import equipmentbook, foundbad, typedcertificate
from app.calibration.equipment_models import (
    Equipment,
    EquipmentCertificate,
    EquipmentParent,
    EquipmentResult,
    EquipmentState,
)
from app.calibration.figures import read_figure
from app.calibration.typedcertificate import Bytes, CertificateInput
from app.kernel import audit, clock, queueing
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, NotFound, Refused
from app.kernel.searchkeys import clean
from app.kernel.text import Text, msg

# References of references of references; a circle is found before that
MOST_LINKS = 20


def record_certificate(
    session: Session,
    actor: Actor,
    equipment: Equipment,
    wanted: CertificateInput,
    *,
    came_with: Bytes | None = None,
    foreign_units: bool = False,
) -> EquipmentCertificate:
    """A calibration that somebody made of a piece, with every line of its certificate.

    Without a due day the piece's interval says one. What was out of its limits as found is told to
    whoever measured with it since it was last good. `foreign_units` lets units pass that no
    procedure can ask for, as a digital certificate may have them.
    """
    actor.require("calibration.equipment")
    queueing.enter(session, actor.store_id)
    if equipment.state is EquipmentState.RETIRED:
        raise Conflict(msg("{asset} is retired.", asset=equipment.asset_number), field="number")
    certificate = typedcertificate.head(session, actor, equipment, wanted, came_with or Bytes())
    rows = typedcertificate.lines(wanted.results, foreign_units=foreign_units)
    parents = _read_parents(session, actor, equipment, wanted)
    _require_new(session, equipment, certificate)
    _keep(session, certificate, rows, parents)
    audit.record(
        session,
        actor,
        "equipment.certified",
        subject=equipmentbook.subject(equipment),
        after={
            "number": certificate.number,
            "issuer": certificate.issuer,
            "calibrated_on": certificate.calibrated_on,
            "due_on": certificate.due_on,
            "as_found_ok": certificate.as_found_ok,
            "lines": len(rows),
        },
    )
    if certificate.as_found_ok is False:
        foundbad.announce(
            session,
            actor,
            equipment,
            foundbad.fault_of(session, equipment, certificate),
            reason=f"{certificate.issuer} {certificate.number}",
        )
    return certificate


def _keep(
    session: Session,
    certificate: EquipmentCertificate,
    rows: Sequence[EquipmentResult],
    parents: Mapping[int, str],
) -> None:
    """The certificate with its lines, and what it was made with."""
    session.add(certificate)
    session.flush()
    for row in rows:
        row.certificate_id = certificate.id
    session.add_all(rows)
    session.add_all(
        EquipmentParent(certificate_id=certificate.id, parent_id=parent, sensitivity=times)
        for parent, times in parents.items()
    )
    session.flush()
    session.refresh(certificate, ["results"])


def withdraw(
    session: Session, actor: Actor, certificate: EquipmentCertificate, *, reason: str
) -> None:
    """A certificate that was recorded wrongly, or that its issuer took back, no longer counts."""
    actor.require("calibration.equipment")
    queueing.enter(session, actor.store_id)
    why = clean(reason)
    if not why:
        raise Refused(msg("Say why."), field="reason")
    if certificate.withdrawn_at is not None:
        raise Conflict(msg("It is withdrawn already."), field="reason")
    certificate.withdrawn_at = clock.now()
    certificate.withdrawn_by = actor.name
    certificate.withdrawn_why = why[:200]
    audit.record(
        session,
        actor,
        "equipment.certificate_withdrawn",
        subject=equipmentbook.subject(session.get_one(Equipment, certificate.equipment_id)),
        before={"number": certificate.number},
        reason=why,
    )


def attach_paper(
    session: Session, actor: Actor, certificate: EquipmentCertificate, *, sha256: str, name: str
) -> None:
    """The scan of a certificate that was typed from paper; its bytes lie in the file store.

    Once: another paper is another certificate.
    """
    actor.require("calibration.equipment")
    queueing.enter(session, actor.store_id)
    session.refresh(certificate, ["file_sha256"])
    if certificate.file_sha256:
        raise Conflict(msg("This certificate has its paper already."), field="file")
    certificate.file_sha256, certificate.file_name = sha256, clean(name)[:200]
    session.flush()
    audit.record(
        session,
        actor,
        "equipment.paper_attached",
        subject=equipmentbook.subject(session.get_one(Equipment, certificate.equipment_id)),
        after={"number": certificate.number, "sha256": sha256},
    )


def by_id(
    session: Session, actor: Actor, equipment: Equipment, certificate_id: int
) -> EquipmentCertificate:
    """A certificate of this very piece with its results; raises NotFound."""
    actor.require("calibration.view")
    found = session.scalar(
        select(EquipmentCertificate)
        .where(
            EquipmentCertificate.id == certificate_id,
            EquipmentCertificate.equipment_id == equipment.id,
        )
        .options(
            selectinload(EquipmentCertificate.results),
            selectinload(EquipmentCertificate.equipment),
        )
    )
    if found is None:
        raise NotFound(msg("There is no such certificate of this equipment."))
    return found


def _read_parents(
    session: Session, actor: Actor, equipment: Equipment, wanted: CertificateInput
) -> dict[int, str]:
    """The references it was calibrated with and how much of each one's error reaches it; never
    itself, nor one that rests on it.
    """
    parents: dict[int, str] = {}
    for parent in wanted.parents:
        found = equipmentbook.by_id(session, actor, parent)
        if parent == equipment.id or equipment.id in ancestors(session, parent):
            raise Refused(
                msg(
                    "{asset} was calibrated with this piece itself; a chain cannot be a circle.",
                    asset=found.asset_number,
                ),
                field="parents",
            )
        typed = wanted.sensitivities.get(parent, "")
        parents[parent] = read_figure(typed, field="parent_factor") or "1"
        if not float(parents[parent]):
            raise Refused(
                msg("A reference whose error does not reach it is none."), field="parent_factor"
            )
    return parents


def ancestors(session: Session, equipment_id: int) -> set[int]:
    """Every reference that a piece ever rested on, link by link."""
    level, known = {equipment_id}, set[int]()
    for _ in range(MOST_LINKS):
        level = (
            set(
                session.scalars(
                    select(EquipmentParent.parent_id)
                    .join(
                        EquipmentCertificate,
                        EquipmentCertificate.id == EquipmentParent.certificate_id,
                    )
                    .where(EquipmentCertificate.equipment_id.in_(level))
                )
            )
            - known
        )
        if not level:
            break
        known |= level
    return known


def _require_new(session: Session, equipment: Equipment, certificate: EquipmentCertificate) -> None:
    twin = session.scalar(
        select(EquipmentCertificate.id).where(
            EquipmentCertificate.equipment_id == equipment.id,
            EquipmentCertificate.issuer_key == certificate.issuer_key,
            EquipmentCertificate.number_key == certificate.number_key,
        )
    )
    if twin is not None:
        raise Conflict(
            msg("The certificate {number} is on record already.", number=certificate.number),
            field="number",
        )


def due_tone(due_on: date | None, today: date, *, soon_days: int = 30) -> tuple[Text, str]:
    """How a due day stands: its word and its colour."""
    if due_on is None:
        return msg("No due day"), "plain"
    if due_on < today:
        return msg("Overdue"), "bad"
    if (due_on - today).days <= soon_days:
        return msg("Due soon"), "warn"
    return msg("Valid"), "ok"
