"""A reference was found bad: since when nobody can trust it, by how much, and who is told."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from app.calibration import equipment as lookup
from app.calibration.equipment_models import Equipment, EquipmentCertificate, EquipmentResult
from app.calibration.events import EquipmentFoundBad
from app.calibration.figures import figure
from app.calibration.metrology.units import level_in
from app.kernel import clock, events
from app.kernel.actor import Actor
from app.stores import desk


@dataclass(frozen=True, slots=True)
class Fault:
    """By how much a piece was wrong in its unit; `bias` empty: nobody knows."""

    bias: str = ""
    bias_standard: str = "0"
    certificate: EquipmentCertificate | None = None


def announce(
    session: Session, actor: Actor, equipment: Equipment, fault: Fault, *, reason: str
) -> None:
    """Tell whoever measured with it. The window begins with the last calibration that was good
    and ends with the finding; days of certificates count whole, the doubtful way.
    """
    store = desk.store_of(session, equipment.store_id)
    until = clock.now()
    found_on = desk.business_day_of(store, until)
    if fault.certificate is not None:
        found_on = fault.certificate.calibrated_on
        until = min(until, _bounds(store.zone, found_on)[1])
    last = last_good(session, equipment.id, before=found_on, apart_from=fault.certificate)
    since = (
        _bounds(store.zone, last.calibrated_on)[0] if last is not None else equipment.registered_at
    )
    events.announce(
        session,
        EquipmentFoundBad(
            actor=actor,
            store_id=equipment.store_id,
            equipment_id=equipment.id,
            certificate_id=fault.certificate.id if fault.certificate is not None else None,
            since=min(since, until),
            until=until,
            bias=fault.bias,
            bias_standard=fault.bias_standard or "0",
            unit=equipment.unit,
            reason=reason,
        ),
    )


def last_good(
    session: Session,
    equipment_id: int,
    *,
    before: date,
    apart_from: EquipmentCertificate | None = None,
) -> EquipmentCertificate | None:
    """The newest certificate up to a day that nobody withdrew: what it left was good."""
    query = (
        select(EquipmentCertificate)
        .where(
            EquipmentCertificate.equipment_id == equipment_id,
            EquipmentCertificate.calibrated_on <= before,
            EquipmentCertificate.withdrawn_at.is_(None),
        )
        .order_by(EquipmentCertificate.calibrated_on.desc(), EquipmentCertificate.id.desc())
        .options(selectinload(EquipmentCertificate.results))
        .limit(1)
    )
    if apart_from is not None:
        query = query.where(EquipmentCertificate.id != apart_from.id)
    return session.scalar(query)


def fault_of(session: Session, equipment: Equipment, certificate: EquipmentCertificate) -> Fault:
    """The largest error as found beyond what the former certificate corrected for."""
    former = last_good(
        session, equipment.id, before=certificate.calibrated_on, apart_from=certificate
    )
    worst: tuple[float, EquipmentResult] | None = None
    for row in certificate.results:
        scale = lookup.scale(row.unit, equipment.unit)
        if row.phase == "as_left" or not row.error or scale is None:
            continue
        nominal = figure(row.nominal) or 0.0
        level = level_in(nominal, written=row.unit, wanted=equipment.unit) or 0.0
        known = lookup.correction_for(former, equipment.unit, level) if former else 0.0
        bias = float(row.error) * scale - known
        if worst is None or abs(bias) > abs(worst[0]):
            worst = (bias, row)
    if worst is None:
        return Fault(certificate=certificate)
    bias, row = worst
    scale = lookup.scale(row.unit, equipment.unit) or 1.0
    standard = (figure(row.expanded) or 0.0) * scale / (figure(row.factor) or 2.0)
    return Fault(f"{bias:.12g}", f"{standard:.12g}", certificate)


def _bounds(zone: str, day: date) -> tuple[datetime, datetime]:
    return clock.day_bounds(day, zone=zone, cut_off=datetime.min.time())
