"""Data in robots: what the owner said of a backup before work, and that a robot was wiped."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel import audit, clock, numbers
from app.kernel.actor import Actor
from app.kernel.errors import NotFound
from app.kernel.text import Text, msg
from app.robots import addresses, timeline
from app.robots.duty_models import DataDuty, DataRecord
from app.robots.life_models import TransferWipe
from app.robots.models import Unit
from app.web.forms import Reading

KIND_LABELS: dict[DataDuty, Text] = {
    DataDuty.BACKUP_CONSENT: msg("Owner has a backup"),
    DataDuty.BACKUP_REFUSED: msg("Owner has no backup and goes without"),
    DataDuty.WIPE: msg("Wiped"),
}
_LONGEST_LINE = 200
LONGEST_TEXT = 1_000
_LONGEST_REFERENCE = 64


@dataclass(frozen=True, slots=True)
class WipeInput:
    """What was wiped and how, as the certificate will say. `person`: whose data they were."""

    scope: str
    method: str
    person: str = ""
    reference: str = ""


def label_of(record: DataRecord) -> str:
    """The number of a certificate."""
    return f"W-{record.number:05d}"


def record_backup(
    session: Session,
    actor: Actor,
    unit: Unit,
    *,
    has_backup: bool,
    person: str,
    reference: str = "",
) -> DataRecord:
    """The owner's word before the robot is opened: makers ask for it. Raises Invalid."""
    actor.require("robots.record")
    seen = Reading()
    person = seen.text("person", person, most=_LONGEST_LINE, required=True)
    reference = seen.text("reference", reference, most=_LONGEST_REFERENCE)
    seen.done()
    row = DataRecord(
        store_id=unit.store_id,
        unit_id=unit.id,
        kind=DataDuty.BACKUP_CONSENT if has_backup else DataDuty.BACKUP_REFUSED,
        person=person,
        reference=reference,
        at=clock.now(),
        by=actor.name,
    )
    return _keep(
        session,
        actor,
        unit,
        row,
        msg("{what}: {person}", what=KIND_LABELS[row.kind], person=person),
    )


def certify_wipe(session: Session, actor: Actor, unit: Unit, typed: WipeInput) -> DataRecord:
    """A certificate with a number that the robot's data were wiped. Raises Invalid."""
    actor.require("robots.record")
    return issue_certificate(session, actor, unit, typed)


def issue_certificate(session: Session, actor: Actor, unit: Unit, typed: WipeInput) -> DataRecord:
    """The same as part of an act whose own permission was checked."""
    seen = Reading()
    scope = seen.text("scope", typed.scope, most=LONGEST_TEXT, required=True)
    method = seen.text("method", typed.method, most=LONGEST_TEXT, required=True)
    person = seen.text("person", typed.person, most=_LONGEST_LINE)
    reference = seen.text("reference", typed.reference, most=_LONGEST_REFERENCE)
    seen.done()
    row = DataRecord(
        store_id=unit.store_id,
        unit_id=unit.id,
        kind=DataDuty.WIPE,
        number=numbers.allot(session, store_id=unit.store_id, series="wipe"),
        person=person,
        scope=scope,
        method=method,
        reference=reference,
        at=clock.now(),
        by=actor.name,
    )
    said = msg("Data wiped, certificate {number}", number=label_of(row))
    return _keep(session, actor, unit, row, said)


def newest_wipe(session: Session, unit_id: int, *, since: datetime) -> DataRecord | None:
    """The latest certificate since a moment that no change of hands names yet."""
    return session.scalar(
        select(DataRecord)
        .outerjoin(TransferWipe, TransferWipe.record_id == DataRecord.id)
        .where(
            DataRecord.unit_id == unit_id,
            DataRecord.kind == DataDuty.WIPE,
            DataRecord.at >= since,
            TransferWipe.id.is_(None),
        )
        .order_by(DataRecord.id.desc())
        .limit(1)
    )


def of_unit(session: Session, unit_id: int) -> list[DataRecord]:
    """Everything on record, the newest first."""
    return list(
        session.scalars(
            select(DataRecord).where(DataRecord.unit_id == unit_id).order_by(DataRecord.id.desc())
        )
    )


def certificate(session: Session, unit: Unit, number: int) -> DataRecord:
    """The wipe certificate of a robot with this number; raises NotFound."""
    found = session.scalar(
        select(DataRecord).where(DataRecord.unit_id == unit.id, DataRecord.number == number)
    )
    if found is None:
        raise NotFound(msg("There is no such certificate of this robot."))
    return found


def _keep(session: Session, actor: Actor, unit: Unit, row: DataRecord, said: Text) -> DataRecord:
    session.add(row)
    session.flush()
    timeline.note(
        session,
        unit.id,
        kind="data",
        summary=said,
        link=addresses.page_below(unit.serial, "documents"),
        actor_name=actor.name,
    )
    audit.record(
        session,
        actor,
        f"data.{row.kind}",
        subject=f"robot:{unit.serial}",
        after={"number": row.number, "person": row.person},
        reason=row.reference or None,
    )
    return row
