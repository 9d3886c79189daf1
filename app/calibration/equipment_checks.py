"""What must hold of references and of cases about them: `quatrefoil check` proves it."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from app.calibration.equipment_models import (
    Equipment,
    EquipmentCertificate,
    EquipmentEvent,
    EquipmentHappening,
    EquipmentParent,
    EquipmentState,
)
from app.calibration.equipmentcertificates import ancestors
from app.calibration.impact_models import ImpactCase, ImpactItem, ImpactState
from app.calibration.job_models import Reading


def breaches(session: Session) -> Iterator[str]:
    """One line for each thing that is not as it must be."""
    yield from _states(session)
    yield from _out_of_service(session)
    yield from _circles(session)
    yield from _cases(session)


def _states(session: Session) -> Iterator[str]:
    """The state of a piece is what its history says last."""
    newer = aliased(EquipmentEvent)
    last = (
        select(func.max(newer.id))
        .where(newer.equipment_id == Equipment.id, newer.kind == EquipmentHappening.STATE)
        .correlate(Equipment)
        .scalar_subquery()
    )
    rows = session.execute(
        select(Equipment.asset_number, Equipment.state, EquipmentEvent.after).outerjoin(
            EquipmentEvent, EquipmentEvent.id == last
        )
    )
    for asset, state, said in rows:
        if state.value != (said or EquipmentState.IN_SERVICE.value):
            yield f"equipment: {asset} is {state.value}, its history says {said or 'in_service'}"


def _out_of_service(session: Session) -> Iterator[str]:
    """No reading was taken with a piece while it was set aside."""
    spans: dict[int, list[tuple[datetime, datetime | None]]] = {}
    begun: dict[int, datetime] = {}
    for event in session.scalars(
        select(EquipmentEvent)
        .where(EquipmentEvent.kind == EquipmentHappening.STATE)
        .order_by(EquipmentEvent.equipment_id, EquipmentEvent.id)
    ):
        was = begun.pop(event.equipment_id, None)
        if was is not None:
            spans.setdefault(event.equipment_id, []).append((was, event.at))
        if event.after != EquipmentState.IN_SERVICE.value:
            begun[event.equipment_id] = event.at
    for equipment_id, since in begun.items():
        spans.setdefault(equipment_id, []).append((since, None))
    for equipment_id, stretches in spans.items():
        for since, until in stretches:
            query = select(Reading.id).where(
                Reading.equipment_id == equipment_id, Reading.taken_at > since
            )
            if until is not None:
                query = query.where(Reading.taken_at < until)
            for reading_id in session.scalars(query):
                yield f"equipment: reading {reading_id} was taken while its reference was set aside"


def _circles(session: Session) -> Iterator[str]:
    """No reference rests on itself."""
    children = session.scalars(
        select(EquipmentCertificate.equipment_id)
        .join(EquipmentParent, EquipmentParent.certificate_id == EquipmentCertificate.id)
        .distinct()
    ).all()
    for equipment_id in children:
        if equipment_id in ancestors(session, equipment_id):
            yield f"equipment: {equipment_id} was calibrated by way of itself"


def _cases(session: Session) -> Iterator[str]:
    """A closed case left nothing open."""
    rows = session.execute(
        select(ImpactCase.number, func.count())
        .join(ImpactItem, ImpactItem.case_id == ImpactCase.id)
        .where(ImpactCase.state == ImpactState.CLOSED, ImpactItem.disposition.is_(None))
        .group_by(ImpactCase.number)
    )
    for number, left in rows:
        yield f"impact: case I-{number} is closed with {left} results open"
