"""Versions in robots and components: what runs, what ran, and what must not run together.

Records are kept for ever. Before the first of them, its own `before` tells what ran.
"""

from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from app.kernel import audit, events, words
from app.kernel.actor import Actor
from app.kernel.errors import Refused
from app.kernel.text import Text, msg
from app.robots import addresses, timeline
from app.robots.components import label_of, read_version
from app.robots.events import FirmwareChanged
from app.robots.models import Unit
from app.robots.moments import moment_of
from app.robots.slot_models import (
    Component,
    FirmwareRecord,
    VersionOf,
)

_LONGEST_REFERENCE = 64
PART_LABELS: dict[VersionOf, Text] = {
    VersionOf.ROBOT: msg("Firmware"),
    VersionOf.CONTROLLER: msg("Controller"),
    VersionOf.AI_MODEL: msg("AI model"),
    VersionOf.COMPONENT: msg("Component"),
}
IN_ROBOT = (VersionOf.ROBOT, VersionOf.CONTROLLER, VersionOf.AI_MODEL)


def record(
    session: Session,
    actor: Actor,
    unit: Unit,
    part: VersionOf,
    version: str,
    *,
    at: datetime | None = None,
    reference: str = "",
) -> FirmwareRecord:
    """What runs in a robot, as somebody has just read or installed it.

    The version that is on record already is a confirmation: kept, but no change. Raises Refused
    for what is no version, or for a moment before the last record.
    """
    actor.require("robots.report")
    return keep(session, actor, unit, part, version, at=at, reference=reference)


def keep(
    session: Session,
    actor: Actor,
    unit: Unit,
    part: VersionOf,
    version: str,
    *,
    at: datetime | None = None,
    reference: str = "",
) -> FirmwareRecord:
    """The same as part of an act whose own permission was checked."""
    if part not in IN_ROBOT:
        raise Refused(msg("A component’s version is recorded with the component."), field="part")
    installed = _required(version, field="version")
    before = versions(session, unit).get(part, "")
    moment = _moment(
        session, at, (FirmwareRecord.unit_id == unit.id) & (FirmwareRecord.part == part)
    )
    kept = FirmwareRecord(
        store_id=unit.store_id,
        unit_id=unit.id,
        part=part,
        version=installed,
        before=before,
        at=moment,
        reference=_reference(reference),
        by=actor.name,
    )
    session.add(kept)
    if part is VersionOf.ROBOT:
        unit.firmware = installed
    session.flush()
    if before != installed:
        _tell(session, actor, unit, PART_LABELS[part], kept)
        _announce(session, actor, kept, unit=unit)
    return kept


def record_in_component(
    session: Session,
    actor: Actor,
    component: Component,
    version: str,
    *,
    unit: Unit | None = None,
    at: datetime | None = None,
    reference: str = "",
) -> None:
    """The same for a component, which sits in `unit` or is about to."""
    installed = _required(version, field="firmware")
    if installed == component.firmware:
        return
    moment = _moment(session, at, FirmwareRecord.component_id == component.id)
    kept = FirmwareRecord(
        store_id=component.store_id,
        component_id=component.id,
        part=VersionOf.COMPONENT,
        version=installed,
        before=component.firmware,
        at=moment,
        reference=_reference(reference),
        by=actor.name,
    )
    session.add(kept)
    component.firmware = installed
    session.flush()
    if unit is not None:
        _tell(
            session,
            actor,
            unit,
            label_of(component),
            kept,
            link=addresses.component_page(component.id),
        )
    _announce(session, actor, kept, unit=unit)


def versions(session: Session, unit: Unit) -> dict[VersionOf, str]:
    """What runs in a robot as a whole; a part of which nobody knows is left out."""
    last = (
        select(func.max(FirmwareRecord.id))
        .where(FirmwareRecord.unit_id == unit.id)
        .group_by(FirmwareRecord.part)
    )
    rows = session.scalars(select(FirmwareRecord).where(FirmwareRecord.id.in_(last)))
    found = {row.part: row.version for row in rows}
    if unit.firmware:
        found[VersionOf.ROBOT] = unit.firmware
    return found


def history(session: Session, unit_id: int) -> list[FirmwareRecord]:
    """Every record of a robot's own versions, newest first."""
    return list(
        session.scalars(
            select(FirmwareRecord)
            .where(FirmwareRecord.unit_id == unit_id)
            .order_by(FirmwareRecord.at.desc(), FirmwareRecord.id.desc())
        )
    )


def history_of_component(session: Session, component_id: int) -> list[FirmwareRecord]:
    return list(
        session.scalars(
            select(FirmwareRecord)
            .where(FirmwareRecord.component_id == component_id)
            .order_by(FirmwareRecord.at.desc(), FirmwareRecord.id.desc())
        )
    )


def _required(version: str, *, field: str) -> str:
    installed = read_version(version, field=field)
    if not installed:
        raise Refused(msg("Please fill this in."), field=field)
    return installed


def _reference(text: str) -> str:
    return words.fitting(text, most=_LONGEST_REFERENCE, field="reference")


def _moment(session: Session, at: datetime | None, of_the_same: ColumnElement[bool]) -> datetime:
    """Records follow each other in time, so that the last one is what runs."""
    moment = moment_of(at)
    last = session.scalar(select(func.max(FirmwareRecord.at)).where(of_the_same))
    if last is None or moment >= last:
        return moment
    if at is None:
        return last  # the wall clock was set back
    raise Refused(
        msg("Only from {moment} on: what was before is on record already.", moment=last),
        field="at",
    )


def _tell(
    session: Session,
    actor: Actor,
    unit: Unit,
    what: Text,
    kept: FirmwareRecord,
    *,
    link: str = "",
) -> None:
    timeline.note(
        session,
        unit.id,
        kind="firmware",
        summary=msg(
            "{what}: {before} → {after}", what=what, before=kept.before or "–", after=kept.version
        ),
        link=link or addresses.page_below(unit.serial, "firmware"),
        actor_name=actor.name,
    )


def _announce(session: Session, actor: Actor, kept: FirmwareRecord, *, unit: Unit | None) -> None:
    subject = f"component:{kept.component_id}"
    if kept.component_id is None and unit is not None:
        subject = f"robot:{unit.serial}"
    audit.record(
        session,
        actor,
        "firmware.changed",
        subject=subject,
        before={"part": kept.part, "version": kept.before},
        after={"part": kept.part, "version": kept.version, "at": kept.at},
        reason=kept.reference or None,
    )
    events.announce(
        session,
        FirmwareChanged(
            actor=actor,
            store_id=kept.store_id,
            unit_id=unit.id if unit else None,
            component_id=kept.component_id,
            part=kept.part,
            before=kept.before,
            after=kept.version,
            at=kept.at,
        ),
    )
