"""Which calibrations in force rest on a reference that was found bad."""

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.calibration import reach
from app.calibration.events import EquipmentFoundBad
from app.calibration.impact_models import ImpactSubject
from app.calibration.procedure_models import ProcedurePoint
from app.calibration.reach import Window
from app.calibration.validity_models import Validity
from app.stores import desk


def validities(session: Session, found: EquipmentFoundBad) -> list[Validity]:
    """What nothing has ended yet and has a result that the reference touched, or one that was
    calibrated by it in the window, and so on down the chain.

    By target: one bad reference of a job does not touch what the others read.
    """
    touched = reach.touched(session, window_of(session, found))
    points = {one.point_id for one in touched}
    if not points:
        return []
    wanted = select(ProcedurePoint.id, ProcedurePoint.target).where(ProcedurePoint.id.in_(points))
    targets = {row.id: row.target for row in session.execute(wanted)}
    told = {(one.row.job_id, targets[one.point_id]) for one in touched}
    rows = session.scalars(
        select(Validity)
        .where(Validity.ended_at.is_(None), Validity.job_id.in_({job_id for job_id, _ in told}))
        .options(joinedload(Validity.procedure))
        .order_by(Validity.id)
    )
    return [row for row in rows if (row.job_id, row.target) in told]


def window_of(session: Session, found: EquipmentFoundBad) -> Window:
    """When the reference was wrong, with the store's own days."""
    store = desk.store_of(session, found.store_id)
    return Window(
        store_id=found.store_id,
        subject=ImpactSubject.EQUIPMENT,
        key=str(found.equipment_id),
        since=found.since,
        until=found.until,
        first_day=desk.business_day_of(store, found.since),
        last_day=desk.business_day_of(store, found.until),
    )
