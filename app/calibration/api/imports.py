"""Calibration for programs: files of other programs, previewed, taken in, and what they brought."""

import json
from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, File, Form, Query, Request, UploadFile
from pydantic import BaseModel
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.calibration import filekinds, importlook, imports, jobbook
from app.calibration.filekinds import FileKind
from app.calibration.importlook import FileRow
from app.calibration.imports import Preview, Sent
from app.calibration.job_models import CalibrationJob
from app.calibration.readers.findings import MOST_BYTES, Remark
from app.identity.guard import ApiReading, ApiWriting
from app.kernel.actor import Actor
from app.kernel.errors import Refused
from app.kernel.text import msg
from app.robots import registry
from app.web import paging
from app.web.files import files_of
from app.web.i18n import speech_of
from app.web.idempotent import once
from app.web.problems import refusals, refusals_of_writing
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import Cursor, PageOut, RowId

router = APIRouter(prefix="/api/v1/calibration/imports", tags=["calibration"])

_Kind = Annotated[FileKind, Form(description="Which program writes such files.")]
_Serial = Annotated[str, Form(max_length=200)]
_Settings = Annotated[
    str,
    Form(
        max_length=10_000,
        description="JSON object of texts: unit, decimal, separator, columns (a list), …",
    ),
]
_Job = Annotated[int | None, Form(description="Number of the job that takes it as readings.")]
_Day = Annotated[date | None, Form(description="When it was measured, if the file does not say.")]
_SentFile = Annotated[UploadFile, File(description="At most 5 MB.")]


class RemarkOut(BaseModel):
    """A sentence about a line; without a line, about the file."""

    line: int | None
    detail: str


class FindingOut(BaseModel):
    """A value as written."""

    line: int | None
    target: str
    parameter: str
    value: str
    unit: str


class RowOut(BaseModel):
    """A reading as written."""

    line: int
    point: int | None
    numbers: list[str]


class PreviewOut(BaseModel):
    """What taking the file in would do; `sound` says whether it could be."""

    sound: bool
    values: list[FindingOut]
    readings: list[RowOut]
    problems: list[RemarkOut]
    notes: list[RemarkOut]


class ImportOut(BaseModel):
    id: int
    serial: str
    kind: str
    file: str
    sha256: str
    size: int
    values: int
    job: int | None
    measured_at: datetime | None
    imported_at: datetime
    imported_by: str


class ValueOut(FindingOut):
    """`before` is the value of the import before; `changed` whether it differs."""

    before: str | None
    changed: bool
    difference: str


class PastOut(FindingOut):
    """A value in a robot's history, with the import that brought it."""

    import_id: int
    imported_at: datetime
    measured_at: datetime | None
    difference: str


class HistoryOut(BaseModel):
    serial: str
    targets: list[str]
    values: list[PastOut]


@router.get("", responses=refusals(404))
def list_calibration_imports(
    session: ReadSession, actor: ApiReading, serial: str = "", cursor: Cursor = ""
) -> PageOut[ImportOut]:
    """Files that were taken in, the newest first; of one robot, if named."""
    actor.require("calibration.view")
    unit_id = registry.by_serial(session, actor, serial).id if serial else None
    page = importlook.listed(session, actor, unit_id=unit_id, cursor=cursor)
    return PageOut(items=[_out(row) for row in page.items], next=page.next)


@router.post("/preview", responses=refusals_of_writing(404))
@once
def preview_calibration_file(
    request: Request,
    session: WriteSession,
    actor: ApiWriting,
    *,
    kind: _Kind,
    file: _SentFile,
    serial: _Serial = "",
    settings: _Settings = "{}",
    job: _Job = None,
) -> PreviewOut:
    """Read a file and say what is in it and what is wrong with it; nothing is kept."""
    actor.require("calibration.measure")
    taker = _job(session, actor, job)
    unit = taker.unit if taker else registry.by_serial(session, actor, serial)
    found = imports.checked(
        session,
        kind,
        file.file.read(MOST_BYTES + 1),
        _settings(kind, settings),
        unit_id=unit.id,
        job=taker,
    )
    if found.refusal is not None:
        raise found.refusal
    if found.waits:
        raise Refused(msg("Say first how the file is to be read."), field="settings")
    return _preview(request, found)


@router.post("", status_code=201, responses=refusals_of_writing(404))
@once
def import_calibration_file(
    request: Request,
    session: WriteSession,
    actor: ApiWriting,
    *,
    kind: _Kind,
    file: _SentFile,
    serial: _Serial = "",
    settings: _Settings = "{}",
    job: _Job = None,
    measured_on: _Day = None,
) -> ImportOut:
    """Take a file in: every row of it, or nothing."""
    taker = _job(session, actor, job)
    unit = taker.unit if taker else registry.by_serial(session, actor, serial)
    upload = imports.stage(
        session,
        actor,
        unit,
        kind,
        sent=Sent(
            data=file.file.read(MOST_BYTES + 1),
            name=file.filename or "",
            measured_at=imports.measured_at(
                session, actor, measured_on.isoformat() if measured_on else ""
            ),
        ),
        files=files_of(request),
        settings=json.loads(_settings_text(settings)),
        job=taker,
    )
    taken = imports.take_in(session, actor, upload, files_of(request))
    return _out(importlook.by_id(session, actor, taken.id))


@router.get("/robots/{serial:path}", responses=refusals(404))
def get_imported_history(
    request: Request,
    session: ReadSession,
    actor: ApiReading,
    *,
    serial: str,
    target: Annotated[str, Query(max_length=180)] = "",
) -> HistoryOut:
    """All that files state of one target of a robot; without a target, which targets there are."""
    actor.require("calibration.view")
    unit = registry.by_serial(session, actor, serial)
    voice = speech_of(request)
    past = importlook.history(session, unit.id, target) if target else []
    return HistoryOut(
        serial=unit.serial,
        targets=[name for name, _ in importlook.targets_of(session, unit.id)],
        values=[
            PastOut(
                line=each.value.line,
                target=each.value.target,
                parameter=each.value.parameter,
                value=each.value.value,
                unit=each.value.unit,
                import_id=each.file.id,
                imported_at=each.file.imported_at,
                measured_at=each.file.measured_at,
                difference=each.difference.amount
                or (voice.say(each.difference.text) if each.difference.text else ""),
            )
            for each in past
        ],
    )


@router.get("/{file_id}", responses=refusals(404))
def get_calibration_import(session: ReadSession, actor: ApiReading, file_id: RowId) -> ImportOut:
    return _out(importlook.by_id(session, actor, file_id))


@router.get("/{file_id}/values", responses=refusals(404))
def get_imported_values(
    request: Request,
    session: ReadSession,
    actor: ApiReading,
    *,
    file_id: RowId,
    cursor: Cursor = "",
) -> PageOut[ValueOut]:
    """The values of a file in its order, each beside the one before it."""
    row = importlook.by_id(session, actor, file_id)
    after = int(paging.decode(cursor, int)[0]) if cursor else 0
    page = importlook.values_of(session, row.file, after=after)
    voice = speech_of(request)
    return PageOut(
        items=[
            ValueOut(
                line=each.value.line,
                target=each.value.target,
                parameter=each.value.parameter,
                value=each.value.value,
                unit=each.value.unit,
                before=each.before.value if each.before else None,
                changed=each.difference.changed,
                difference=each.difference.amount
                or (voice.say(each.difference.text) if each.difference.text else ""),
            )
            for each in page.items
        ],
        next=page.next,
    )


@router.get("/{file_id}/file", responses=refusals(404))
def get_calibration_file(
    request: Request, session: ReadSession, actor: ApiReading, file_id: RowId
) -> Response:
    """The bytes as they came."""
    row = importlook.by_id(session, actor, file_id)
    return Response(files_of(request).get(row.file.sha256), media_type="application/octet-stream")


def _job(session: Session, actor: Actor, number: int | None) -> CalibrationJob | None:
    return jobbook.by_number(session, actor, number) if number is not None else None


def _settings_text(settings: str) -> str:
    """A JSON object of texts; a list of columns may stand in it as it is. Raises Refused."""
    try:
        told = json.loads(settings or "{}")
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        raise Refused(msg("The settings are one JSON object of texts."), field="settings")
    if isinstance(told.get("columns"), list):
        told["columns"] = json.dumps(told["columns"])
    if not all(isinstance(value, str) for value in told.values()):
        raise Refused(msg("The settings are one JSON object of texts."), field="settings")
    return json.dumps(told)


def _settings(kind: FileKind, settings: str) -> dict[str, str]:
    return filekinds.told(filekinds.kept(kind, json.loads(_settings_text(settings))))


def _preview(request: Request, found: Preview) -> PreviewOut:
    voice = speech_of(request)

    def told(remarks: tuple[Remark, ...]) -> list[RemarkOut]:
        return [RemarkOut(line=each.line, detail=voice.say(each.text)) for each in remarks]

    return PreviewOut(
        sound=found.sound,
        values=[
            FindingOut(
                line=each.line,
                target=each.target,
                parameter=each.parameter,
                value=each.value,
                unit=each.unit,
            )
            for each in (found.content.findings if found.content else ())
        ],
        readings=[
            RowOut(line=each.line, point=each.point, numbers=list(each.numbers))
            for each in found.rows
        ],
        problems=told(found.problems),
        notes=told(found.notes),
    )


def _out(row: FileRow) -> ImportOut:
    file = row.file
    return ImportOut(
        id=file.id,
        serial=row.unit.serial,
        kind=file.kind,
        file=file.name,
        sha256=file.sha256,
        size=file.size,
        values=row.values,
        job=row.job_number,
        measured_at=file.measured_at,
        imported_at=file.imported_at,
        imported_by=file.imported_by,
    )
