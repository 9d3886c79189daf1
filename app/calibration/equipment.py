"""Reference equipment as jobs ask for it: by a scan, whether it may be used, and what it states."""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from app.calibration.equipment_models import (
    Equipment,
    EquipmentCertificate,
    EquipmentEvent,
    EquipmentHappening,
    EquipmentResult,
    EquipmentState,
    EquipmentUser,
)
from app.calibration.metrology.errors import MeasurementRefused
from app.calibration.metrology.units import level_in, parse_unit
from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.errors import NotFound, Refused
from app.kernel.searchkeys import clean, search_key
from app.kernel.text import Text, msg
from app.stores import desk

STATE_LABELS: dict[EquipmentState, Text] = {
    EquipmentState.IN_SERVICE: msg("In service"),
    EquipmentState.QUARANTINED: msg("In quarantine"),
    EquipmentState.OUT_OF_SERVICE: msg("Out of service"),
    EquipmentState.RETIRED: msg("Retired"),
}
_CHECKS = (EquipmentHappening.CHECK_PASSED, EquipmentHappening.CHECK_FAILED)


def page(equipment: Equipment) -> str:
    return f"/calibration/equipment/{equipment.id}"


def by_code(session: Session, actor: Actor, code: str) -> Equipment:
    """The store's equipment with this asset number or serial; raises NotFound."""
    key = search_key(code)
    found = session.scalars(coded(actor, code)).all()
    exact = [one for one in found if one.asset_key == key] or found
    if not key or not exact:
        raise NotFound(
            msg("There is no equipment {code} in this store.", code=clean(code)[:60]), field="code"
        )
    if len(exact) > 1:
        raise Refused(
            msg("Several pieces have the serial {code}. Scan the asset number.", code=code[:60]),
            field="code",
        )
    return exact[0]


def coded(actor: Actor, code: str) -> Select[Equipment]:
    """The store's equipment of which the asset number or the serial is this code."""
    key = search_key(code)
    return (
        select(Equipment)
        .where(
            Equipment.store_id == actor.store_id,
            or_(Equipment.asset_key == key, Equipment.serial_key == key),
        )
        .order_by(Equipment.id)
    )


def certificate_on(
    session: Session, equipment_id: int, at: datetime
) -> EquipmentCertificate | None:
    """The newest certificate of a piece that was in force at a moment; due or not."""
    return session.scalar(
        _newest(equipment_id, at, _day_of(session, equipment_id, at)).options(
            selectinload(EquipmentCertificate.results), joinedload(EquipmentCertificate.equipment)
        )
    )


def _day_of(session: Session, equipment_id: int, at: datetime) -> date:
    equipment = session.get_one(Equipment, equipment_id)
    return desk.business_day_of(desk.store_of(session, equipment.store_id), at)


def _newest(equipment_id: int, at: datetime, day: date) -> Select[EquipmentCertificate]:
    return (
        select(EquipmentCertificate)
        .where(
            EquipmentCertificate.equipment_id == equipment_id,
            EquipmentCertificate.calibrated_on <= day,
            or_(
                EquipmentCertificate.withdrawn_at.is_(None),
                EquipmentCertificate.withdrawn_at > at,
            ),
        )
        .order_by(EquipmentCertificate.calibrated_on.desc(), EquipmentCertificate.id.desc())
        .limit(1)
    )


def usable(
    session: Session,
    equipment: Equipment,
    *,
    at: datetime | None = None,
    staff_id: int | None = None,
) -> EquipmentCertificate:
    """The certificate by which a piece may be used; raises Refused saying why it may not be."""
    moment = at or clock.now()
    if equipment.state is not EquipmentState.IN_SERVICE:
        raise _refused(
            equipment,
            msg(
                "{asset} may not be used: {state}. {why}",
                asset=equipment.asset_number,
                state=STATE_LABELS[equipment.state],
                why=equipment.state_reason,
            ),
        )
    today = desk.business_day_of(desk.store_of(session, equipment.store_id), moment)
    certificate = session.scalar(_newest(equipment.id, moment, today))
    if certificate is None:
        raise _refused(
            equipment,
            msg("{asset} has no certificate in force.", asset=equipment.asset_number),
        )
    if certificate.due_on is not None and certificate.due_on < today:
        raise _refused(
            equipment,
            msg(
                "{asset} was due on {day}; it may not be used until it is calibrated.",
                asset=equipment.asset_number,
                day=certificate.due_on,
            ),
        )
    if equipment.check_days is not None:
        _require_checked(session, equipment, certificate, today)
    _require_authorised(session, equipment, staff_id)
    return certificate


def _require_checked(
    session: Session, equipment: Equipment, certificate: EquipmentCertificate, today: date
) -> None:
    """Its intermediate check is neither missing nor failed (ISO/IEC 17025:2017 6.4.10)."""
    last = session.scalar(
        select(EquipmentEvent)
        .where(EquipmentEvent.equipment_id == equipment.id, EquipmentEvent.kind.in_(_CHECKS))
        .order_by(EquipmentEvent.at.desc(), EquipmentEvent.id.desc())
        .limit(1)
    )
    since = max(certificate.calibrated_on, last.at.date() if last else certificate.calibrated_on)
    is_failed = last is not None and last.kind is EquipmentHappening.CHECK_FAILED
    if is_failed or (today - since).days > (equipment.check_days or 0):
        raise _refused(
            equipment,
            msg("The intermediate check of {asset} is due.", asset=equipment.asset_number),
        )


def users_of(session: Session, equipment_id: int) -> Sequence[int]:
    """Ids of those who may use a piece; none: everybody who may measure."""
    return session.scalars(
        select(EquipmentUser.staff_id).where(EquipmentUser.equipment_id == equipment_id)
    ).all()


def _require_authorised(session: Session, equipment: Equipment, staff_id: int | None) -> None:
    named = users_of(session, equipment.id)
    if named and staff_id not in named:
        raise _refused(
            equipment,
            msg("You are not among those who may use {asset}.", asset=equipment.asset_number),
        )


def expanded_for(
    certificate: EquipmentCertificate, unit: str, value: float | None = None
) -> tuple[float, float]:
    """U with its k at a value, in a unit: of the nearest line that states one, else the largest.

    Raises Refused for a certificate that states no uncertainty in such a unit.
    """
    lines = [(row, scale(row.unit, unit)) for row in as_left(certificate.results) if row.expanded]
    fitting = [(row, times) for row, times in lines if times is not None]
    if not fitting:
        raise Refused(
            msg(
                "The certificate {number} states no uncertainty in {unit}.",
                number=certificate.number,
                unit=unit,
            )
        )
    placed = [(row, times) for row, times in fitting if row.nominal]
    if value is not None and placed:
        row, times = min(placed, key=lambda one: abs(_level(one[0], unit) - value))
    else:
        row, times = max(fitting, key=lambda one: float(one[0].expanded) * one[1])
    return float(row.expanded) * times, float(row.factor or 2)


def correction_for(certificate: EquipmentCertificate, unit: str, value: float) -> float:
    """The known error at a value, between two lines in proportion; 0 where none is stated."""
    places = sorted(_errors(certificate.results, unit))
    if not places:
        return 0.0
    levels = [level for level, _ in places]
    place = bisect_left(levels, value)
    if place == 0 or place == len(places):
        return places[min(place, len(places) - 1)][1]
    (low, below), (high, above) = places[place - 1], places[place]
    return below + (above - below) * (value - low) / (high - low)


def as_left(rows: Sequence[EquipmentResult]) -> list[EquipmentResult]:
    """The lines that hold from now on: what was found before an adjustment is history."""
    return [row for row in rows if row.phase != "as_found"] or list(rows)


def _errors(rows: Sequence[EquipmentResult], unit: str) -> list[tuple[float, float]]:
    found: dict[float, float] = {}
    for row in as_left(rows):
        times = scale(row.unit, unit)
        if row.error and times is not None:
            found[_level(row, unit)] = float(row.error) * times
    return list(found.items())


def _level(row: EquipmentResult, unit: str) -> float:
    """Where on its scale a line was taken, in a unit of the same quantity; zero points count."""
    return level_in(float(row.nominal or 0), written=row.unit, wanted=unit) or 0.0


def scale(written: str, wanted: str) -> float | None:
    """How many of the wanted unit one of the written is; `None` for another quantity."""
    if written == wanted:
        return 1.0
    try:
        one, other = parse_unit(written), parse_unit(wanted)
    except MeasurementRefused:  # a unit of a certificate's own, that no procedure can ask for
        return None
    return one.factor / other.factor if one.dimension == other.dimension else None


def _refused(equipment: Equipment, why: Text) -> Refused:
    return Refused(why, field="equipment", link=page(equipment))
