"""How files of a device are read, kept by the device's name, so that it is declared once."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.calibration.filekinds import FileKind
from app.calibration.impact_models import CalibrationUpload, FileMapping
from app.kernel import audit, clock, queueing
from app.kernel.actor import Actor
from app.kernel.errors import NotFound, Refused
from app.kernel.searchkeys import clean, search_key
from app.kernel.text import msg

_LONGEST = 80
_MOST = 200


def save(session: Session, actor: Actor, upload: CalibrationUpload, name: str) -> FileMapping:
    """Keep how this file is read, by the name of the device that writes such files."""
    actor.require("calibration.measure")
    said = clean(name)
    if not said or len(said) > _LONGEST:
        raise Refused(
            msg("Name the device in 1 to {most} characters.", most=_LONGEST),
            field="mapping_name",
        )
    queueing.enter(session, actor.store_id)
    row = session.scalar(
        select(FileMapping).where(
            FileMapping.store_id == actor.store_id,
            FileMapping.kind == upload.kind,
            FileMapping.name_key == search_key(said)[:_LONGEST],
        )
    )
    if row is None:
        row = FileMapping(
            store_id=actor.store_id,
            kind=upload.kind,
            name=said,
            name_key=search_key(said)[:_LONGEST],
            settings=upload.settings,
            saved_at=clock.now(),
            saved_by=actor.name,
        )
        session.add(row)
    else:
        row.settings, row.saved_at, row.saved_by = upload.settings, clock.now(), actor.name
    session.flush()
    audit.record(
        session,
        actor,
        "calibration.mapping_saved",
        subject=f"file_mapping:{row.id}",
        after={"name": row.name, "kind": row.kind, "settings": row.settings},
    )
    return row


def listed(session: Session, actor: Actor, kind: FileKind) -> Sequence[FileMapping]:
    """Kept mappings of one kind of file, by name."""
    return session.scalars(
        select(FileMapping)
        .where(FileMapping.store_id == actor.store_id, FileMapping.kind == kind)
        .order_by(FileMapping.name_key)
        .limit(_MOST)
    ).all()


def by_id(session: Session, actor: Actor, mapping_id: int) -> FileMapping:
    found = session.scalar(
        select(FileMapping).where(
            FileMapping.store_id == actor.store_id, FileMapping.id == mapping_id
        )
    )
    if found is None:
        raise NotFound(msg("There is no such mapping."))
    return found
