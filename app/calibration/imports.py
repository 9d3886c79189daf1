"""Files that bring calibration data of a robot: laid aside, looked at, taken in whole or not.

The bytes stand in the file store by their hash before anything else is done with them. What was
taken in is the robot's history: append-only, as written, with the line that it stood on.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from itertools import islice
from zoneinfo import ZoneInfo

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from app.calibration import filekinds, jobbook, readingimports
from app.calibration.filekinds import FileKind, Settings
from app.calibration.impact_models import (
    CalibrationFile,
    CalibrationUpload,
    ImportedValue,
)
from app.calibration.job_models import CalibrationJob
from app.calibration.readers.columns import Head, Row, look
from app.calibration.readers.findings import MOST_BYTES, MOST_PROBLEMS, Content, Declared, Remark
from app.kernel import audit, clock, queueing
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, NotFound, Refused, StoreError, TooLarge
from app.kernel.filestore import FileStore
from app.kernel.searchkeys import clean
from app.kernel.text import msg
from app.robots import bodies, timeline
from app.robots.daytext import read_day
from app.robots.models import Unit
from app.robots.plans import limits_of
from app.robots.slot_models import Slot
from app.stores import desk

_LONGEST_NAME = 200
_KEPT_BACK = 50  # files waiting in a store; older ones make room


@dataclass(frozen=True, slots=True)
class Sent:
    """A file as it came: bytes, name, and when it was measured if somebody says so."""

    data: bytes
    name: str
    measured_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """What taking a file in would do; `refusal` says why it cannot be read as a whole.

    `content` for values of the robot, `rows` for readings of a job; `head` of a table.
    """

    content: Content | None = None
    rows: tuple[Row, ...] = ()
    problems: tuple[Remark, ...] = ()
    notes: tuple[Remark, ...] = ()
    head: Head | None = None
    refusal: StoreError | None = None
    waits: bool = False

    @property
    def sound(self) -> bool:
        """Whether it can be taken in: all of it, without a problem in any row."""
        return not self.waits and self.refusal is None and not self.problems


def stage(
    session: Session,
    actor: Actor,
    unit: Unit,
    kind: FileKind,
    *,
    sent: Sent,
    files: FileStore,
    settings: Settings | None = None,
    job: CalibrationJob | None = None,
) -> CalibrationUpload:
    """Lay a file aside for a robot, or for the readings of a job; nothing is taken in yet.

    Raises Conflict for a file that this robot or job has already.
    """
    actor.require("calibration.measure")
    if not sent.data:
        raise Refused(msg("Please choose a file."), field="file")
    if len(sent.data) > MOST_BYTES:
        raise TooLarge(msg("A file has at most {most} MB.", most=MOST_BYTES // 10**6), field="file")
    if job is not None and (kind is not FileKind.TABLE or job.unit_id != unit.id):
        raise Refused(msg("Readings of a job come from a table of a device."), field="kind")
    upload = CalibrationUpload(
        store_id=actor.store_id,
        unit_id=unit.id,
        kind=kind,
        name=clean(sent.name)[:_LONGEST_NAME] or "–",
        sha256=files.put(sent.data),
        size=len(sent.data),
        settings=filekinds.kept(kind, settings or {}),
        job_id=job.id if job else None,
        measured_at=sent.measured_at,
        uploaded_at=clock.now(),
        uploaded_by=actor.name,
    )
    _refuse_known(session, upload)
    _make_room(session, actor)
    session.add(upload)
    session.flush()
    return upload


def settle(session: Session, actor: Actor, upload: CalibrationUpload, settings: Settings) -> None:
    """Declare of a waiting file what it does not say itself; raises Refused for what cannot be."""
    actor.require("calibration.measure")
    kind = FileKind(upload.kind)
    upload.settings = filekinds.kept(kind, settings)
    if kind is FileKind.TABLE and not filekinds.waits(kind, filekinds.told(upload.settings)):
        filekinds.mapping_of(filekinds.told(upload.settings))
    session.flush()


def preview(session: Session, actor: Actor, upload: CalibrationUpload, files: FileStore) -> Preview:
    """The file read as it was declared, with every row's problem."""
    return checked(
        session,
        FileKind(upload.kind),
        files.get(upload.sha256),
        filekinds.told(upload.settings),
        unit_id=upload.unit_id,
        job=jobbook.by_id(session, actor, upload.job_id) if upload.job_id else None,
    )


def checked(
    session: Session,
    kind: FileKind,
    data: bytes,
    settings: Settings,
    *,
    unit_id: int,
    job: CalibrationJob | None,
) -> Preview:
    """The same of bytes that are not laid aside."""
    robot = known_of(session, unit_id)
    found = look_at(kind, data, settings, robot=robot, for_job=job is not None)
    if job is None or not found.rows:
        return found
    misfits = islice(readingimports.problems(job, found.rows, settings), MOST_PROBLEMS)
    told = sorted([*found.problems, *misfits], key=lambda problem: problem.line or 0)
    return replace(found, problems=tuple(told))


def look_at(
    kind: FileKind, data: bytes, settings: Settings, *, robot: Declared, for_job: bool
) -> Preview:
    """What a file says by itself, whatever job it is for."""
    waits = filekinds.waits(kind, settings)
    head: Head | None = None
    try:
        if kind is FileKind.TABLE and settings.get("separator"):
            head = look(
                data,
                separator=settings["separator"],
                encoding=settings.get("encoding", ""),
                titles=filekinds.whole(settings.get("titles", "1"), "titles"),
            )
        if waits:
            return Preview(head=head, waits=True)
        if for_job:
            rows, problems = filekinds.rows(data, settings)
            return Preview(rows=tuple(rows), problems=tuple(problems), head=head)
        content = filekinds.read(kind, data, settings, robot=robot)
    except StoreError as refusal:
        return Preview(head=head, refusal=refusal, waits=waits)
    return Preview(content=content, problems=content.problems, notes=content.notes, head=head)


def take_in(
    session: Session, actor: Actor, upload: CalibrationUpload, files: FileStore
) -> CalibrationFile:
    """Take a file in: every row of it, or nothing.

    Raises Refused while a row has a problem, Conflict for a file that is there already.
    """
    actor.require("calibration.measure")
    queueing.enter(session, actor.store_id)
    _refuse_known(session, upload)
    found = preview(session, actor, upload, files)
    _refuse_unsound(found)
    unit = session.get_one(Unit, upload.unit_id)
    file = CalibrationFile(
        store_id=actor.store_id,
        unit_id=upload.unit_id,
        kind=upload.kind,
        name=upload.name,
        sha256=upload.sha256,
        size=upload.size,
        mapping=upload.settings or "{}",
        job_id=upload.job_id,
        job_key=upload.job_id or 0,
        measured_at=upload.measured_at,
        imported_at=clock.now(),
        imported_by=actor.name,
    )
    session.add(file)
    session.delete(upload)
    session.flush()
    if found.content is not None:
        _keep(session, file, found.content)
        count = len(found.content.findings)
    else:
        settings = filekinds.told(file.mapping)
        count = readingimports.take(session, actor, file, found.rows, settings)
    _tell(session, actor, unit, file, count=count)
    return file


def _keep(session: Session, file: CalibrationFile, content: Content) -> None:
    session.execute(
        insert(ImportedValue),
        [
            {
                "file_id": file.id,
                "unit_id": file.unit_id,
                "seq": seq,
                "line": finding.line,
                "target": finding.target,
                "parameter": finding.parameter,
                "value": finding.value,
                "unit": finding.unit,
            }
            for seq, finding in enumerate(content.findings, start=1)
        ],
    )


def _tell(session: Session, actor: Actor, unit: Unit, file: CalibrationFile, *, count: int) -> None:
    audit.record(
        session,
        actor,
        "calibration.file_imported",
        subject=f"unit:{unit.id}",
        after={
            "file": file.name,
            "sha256": file.sha256,
            "kind": file.kind,
            "values": count,
            "job_id": file.job_id,
        },
    )
    if file.job_id is None:
        timeline.note(
            session,
            unit.id,
            kind="calibration",
            summary=msg(
                "{count} calibration values imported from {file}", count=count, file=file.name
            ),
            link=page(file),
            actor_name=actor.name,
        )


def _refuse_unsound(found: Preview) -> None:
    if found.refusal is not None:
        raise found.refusal
    if found.waits:
        raise Refused(msg("Say first how the file is to be read."))
    if found.problems:
        first = found.problems[0]
        raise Refused(
            msg(
                "Nothing was imported. Problems: {count}, the first on line {line}: {problem}",
                count=len(found.problems),
                line=first.line or "–",
                problem=first.text,
            )
        )


def cancel(session: Session, actor: Actor, upload: CalibrationUpload) -> None:
    """Give a waiting file up."""
    actor.require("calibration.measure")
    session.delete(upload)
    session.flush()


def upload_by_id(session: Session, actor: Actor, upload_id: int) -> CalibrationUpload:
    actor.require("calibration.view")
    found = session.scalar(
        select(CalibrationUpload).where(
            CalibrationUpload.store_id == actor.store_id, CalibrationUpload.id == upload_id
        )
    )
    if found is None:
        raise NotFound(
            msg("This file is not waiting any more: it was taken in or given up."),
            link="/calibration/imports",
        )
    return found


def known_of(session: Session, unit_id: int) -> Declared:
    """The joints that a robot has by its plan of slots, and how far each turns."""
    plan = bodies.plan_of(session, session.get_one(Unit, unit_id))
    if plan is None:
        return Declared()
    slots = session.scalars(
        select(Slot).where(Slot.plan_id == plan.id, Slot.joint_name != "")
    ).all()
    travel: dict[str, tuple[float, float]] = {}
    for slot in slots:
        limits = limits_of(slot)
        if (
            limits is not None
            and limits.position_unit == "rad"
            and limits.lower is not None
            and limits.upper is not None
        ):
            travel[slot.joint_name] = (limits.lower, limits.upper)
    return Declared(known_joints=frozenset(slot.joint_name for slot in slots), travel=travel)


def measured_at(session: Session, actor: Actor, typed: str) -> datetime | None:
    """Noon of the day that was typed, where the store is; None for nothing typed."""
    day = read_day(typed, field="measured_on")
    if day is None:
        return None
    zone = ZoneInfo(desk.store_of(session, actor.store_id).zone)
    return datetime.combine(day, time(12), zone).astimezone(UTC)


def page(file: CalibrationFile) -> str:
    return f"/calibration/imports/{file.id}"


def upload_page(upload: CalibrationUpload) -> str:
    return f"/calibration/imports/uploads/{upload.id}"


def _refuse_known(session: Session, upload: CalibrationUpload) -> None:
    known = session.scalar(
        select(CalibrationFile).where(
            CalibrationFile.store_id == upload.store_id,
            CalibrationFile.unit_id == upload.unit_id,
            CalibrationFile.job_key == (upload.job_id or 0),
            CalibrationFile.kind == upload.kind,
            CalibrationFile.sha256 == upload.sha256,
        )
    )
    if known is not None:
        raise Conflict(
            msg(
                "This very file was imported on {when} by {who}. Nothing was changed.",
                when=known.imported_at,
                who=known.imported_by,
            ),
            field="file",
            link=page(known),
        )


def _make_room(session: Session, actor: Actor) -> None:
    """Files that nobody went on with are forgotten, the oldest first."""
    oldest = session.scalars(
        select(CalibrationUpload.id)
        .where(CalibrationUpload.store_id == actor.store_id)
        .order_by(CalibrationUpload.id.desc())
        .offset(_KEPT_BACK)
    ).all()
    if oldest:
        session.execute(delete(CalibrationUpload).where(CalibrationUpload.id.in_(oldest)))
