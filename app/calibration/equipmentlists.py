"""Reference equipment as lists and pages show it: due states, certificates, the chain above."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import Session, selectinload

from app.calibration.equipment_models import (
    Equipment,
    EquipmentCertificate,
    EquipmentEvent,
    EquipmentHappening,
    EquipmentParent,
    EquipmentState,
)
from app.calibration.equipmentcertificates import MOST_LINKS, due_tone
from app.identity.models import Staff
from app.kernel.actor import Actor
from app.kernel.searchkeys import search_key
from app.kernel.text import Text, msg
from app.stores import desk

PAGE = 50
SOON_DAYS = 30
_EVENTS = 100
STATE_TONES: dict[EquipmentState, str] = {
    EquipmentState.IN_SERVICE: "ok",
    EquipmentState.QUARANTINED: "bad",
    EquipmentState.OUT_OF_SERVICE: "hold",
    EquipmentState.RETIRED: "plain",
}
DUE_LABELS: dict[str, Text] = {
    "overdue": msg("Overdue"),
    "soon": msg("Due within 30 days"),
    "uncertified": msg("Without a certificate"),
}
HAPPENING_LABELS: dict[EquipmentHappening, Text] = {
    EquipmentHappening.REGISTERED: msg("Registered"),
    EquipmentHappening.STATE: msg("State"),
    EquipmentHappening.CHECK_PASSED: msg("Intermediate check passed"),
    EquipmentHappening.CHECK_FAILED: msg("Intermediate check failed"),
    EquipmentHappening.DAMAGED: msg("Damaged"),
    EquipmentHappening.REPAIRED: msg("Repaired"),
    EquipmentHappening.ADJUSTED: msg("Adjusted"),
    EquipmentHappening.MOVED: msg("Moved"),
    EquipmentHappening.FIRMWARE: msg("Firmware"),
    EquipmentHappening.MAINTAINED: msg("Maintained"),
    EquipmentHappening.NOTE: msg("Note"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """A piece with its newest certificate, and how that stands today."""

    equipment: Equipment
    certificate: EquipmentCertificate | None
    due_label: Text
    due_tone: str


@dataclass(frozen=True, slots=True)
class Link:
    """A reference above another: `depth` 1 is what a piece was calibrated with itself."""

    depth: int
    equipment: Equipment
    certificate: EquipmentCertificate


def listed(
    session: Session, actor: Actor, *, q: str = "", state: str = "", due: str = "", after: str = ""
) -> list[Row]:
    """Pieces in the order of their asset numbers, one more than a page shows."""
    actor.require("calibration.view")
    today = desk.business_day_of(desk.store_of(session, actor.store_id))
    query = _with_newest().where(Equipment.store_id == actor.store_id)
    if key := search_key(q):
        like = f"%{key.replace('%', '').replace('_', '')}%"
        query = query.where(
            or_(
                Equipment.asset_key.like(like),
                Equipment.serial_key.like(like),
                Equipment.maker_key.like(like),
                Equipment.type_key.like(like),
                Equipment.kind.like(like),
                Equipment.name.ilike(like),
            )
        )
    if state in set(EquipmentState):
        query = query.where(Equipment.state == EquipmentState(state))
    if due == "overdue":
        query = query.where(EquipmentCertificate.due_on < today)
    elif due == "soon":
        soon = today + timedelta(days=SOON_DAYS)
        query = query.where(
            EquipmentCertificate.due_on >= today, EquipmentCertificate.due_on <= soon
        )
    elif due == "uncertified":
        query = query.where(EquipmentCertificate.id.is_(None))
    if due in DUE_LABELS:
        query = query.where(Equipment.state != EquipmentState.RETIRED)
    if after:
        query = query.where(Equipment.asset_key > after)
    rows = session.execute(query.order_by(Equipment.asset_key).limit(PAGE + 1))
    return [_row(equipment, certificate, today) for equipment, certificate in rows]


def _with_newest() -> Select[Equipment, EquipmentCertificate]:
    inner = EquipmentCertificate.__table__.alias("newest")
    newest = (
        select(inner.c.id)
        .where(inner.c.equipment_id == Equipment.id, inner.c.withdrawn_at.is_(None))
        .order_by(inner.c.calibrated_on.desc(), inner.c.id.desc())
        .limit(1)
        .correlate(Equipment)
        .scalar_subquery()
    )
    return select(Equipment, EquipmentCertificate).outerjoin(
        EquipmentCertificate,
        and_(EquipmentCertificate.equipment_id == Equipment.id, EquipmentCertificate.id == newest),
    )


def _row(equipment: Equipment, certificate: EquipmentCertificate | None, today: date) -> Row:
    if certificate is None:
        return Row(equipment, None, msg("No certificate"), "bad")
    label, tone = due_tone(certificate.due_on, today, soon_days=SOON_DAYS)
    return Row(equipment, certificate, label, tone)


def one(session: Session, equipment: Equipment) -> Row:
    """How a piece stands today."""
    today = desk.business_day_of(desk.store_of(session, equipment.store_id))
    found = session.execute(_with_newest().where(Equipment.id == equipment.id)).one()
    return _row(found[0], found[1], today)


def certificates_of(session: Session, equipment: Equipment) -> Sequence[EquipmentCertificate]:
    """The newest first, with their results."""
    return session.scalars(
        select(EquipmentCertificate)
        .where(EquipmentCertificate.equipment_id == equipment.id)
        .order_by(EquipmentCertificate.calibrated_on.desc(), EquipmentCertificate.id.desc())
        .options(selectinload(EquipmentCertificate.results))
        .limit(PAGE)
    ).all()


def events_of(session: Session, equipment: Equipment) -> Sequence[EquipmentEvent]:
    return session.scalars(
        select(EquipmentEvent)
        .where(EquipmentEvent.equipment_id == equipment.id)
        .order_by(EquipmentEvent.at.desc(), EquipmentEvent.id.desc())
        .limit(_EVENTS)
    ).all()


def chain_of(session: Session, equipment: Equipment) -> list[Link]:
    """References above a piece by its certificates, each once, the nearest first."""
    found: list[Link] = []
    level, known = {equipment.id}, {equipment.id}
    for depth in range(1, MOST_LINKS + 1):
        rows = session.execute(
            select(Equipment, EquipmentCertificate)
            .join(EquipmentParent, EquipmentParent.parent_id == Equipment.id)
            .join(EquipmentCertificate, EquipmentCertificate.id == EquipmentParent.certificate_id)
            .where(
                EquipmentCertificate.equipment_id.in_(level),
                EquipmentCertificate.withdrawn_at.is_(None),
            )
            .order_by(EquipmentCertificate.calibrated_on.desc(), Equipment.asset_key)
        ).all()
        level = set()
        for parent, certificate in rows:
            if parent.id not in known:
                known.add(parent.id)
                level.add(parent.id)
                found.append(Link(depth, parent, certificate))
        if not level:
            break
    return found


def others(session: Session, equipment: Equipment) -> list[tuple[str, str]]:
    """What a piece can have been calibrated with, for a choice."""
    rows = session.execute(
        select(Equipment.id, Equipment.asset_number, Equipment.name)
        .where(Equipment.store_id == equipment.store_id, Equipment.id != equipment.id)
        .order_by(Equipment.asset_key)
        .limit(500)
    )
    return [(str(row.id), f"{row.asset_number} · {row.name}") for row in rows]


def people(session: Session, store_id: int) -> list[tuple[int, str]]:
    rows = session.execute(
        select(Staff.id, Staff.name).where(Staff.store_id == store_id).order_by(Staff.name)
    )
    return [(row.id, row.name) for row in rows]
