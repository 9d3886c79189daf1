"""Documents of robots and models and the data in robots, as JSON."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from app.identity.guard import ApiReading, ApiWriting
from app.kernel.errors import NotFound
from app.kernel.text import msg
from app.robots import dataduties, documents, makers
from app.robots.api.configuration import robot_asked
from app.robots.api.files import FileIn
from app.robots.api.warranty import DocumentOut
from app.robots.dataduties import WipeInput
from app.robots.documents import DocumentInput
from app.robots.duty_models import DataDuty, DataRecord, FileKind, RobotDocument
from app.stores import desk
from app.web.files import files_of
from app.web.idempotent import once
from app.web.problems import refusals, refusals_of_writing
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import RowId, Sent, Words
from app.web.wirefiles import FileOut

router = APIRouter(prefix="/api/v1", tags=["robots"])

_Maker = Annotated[str, Query(description="Needed where two makers share the serial number.")]
_Long = Annotated[str, Field(max_length=1_000)]


class DocumentIn(Sent):
    """A document with its file, or with the place where the paper is kept."""

    kind: FileKind = Field(strict=False)
    title: Words
    valid_from: date = Field(strict=False)
    valid_until: date | None = Field(default=None, strict=False)
    version: Words = ""
    market: Words = Field(default="", description="A country or EU; empty: every one.")
    language: Words = ""
    kept_at: Words = ""
    file: FileIn | None = None

    def typed(self) -> DocumentInput:
        return DocumentInput(**self.model_dump(exclude={"file"}))


class WithdrawalIn(Sent):
    reason: Words


class BackupIn(Sent):
    """The owner's word before the robot is opened."""

    has_backup: bool
    person: Words
    reference: Words = ""


class WipeIn(Sent):
    """What was wiped and how, as the certificate says it; `person`: whose data they were."""

    scope: _Long
    method: _Long
    person: Words = ""
    reference: Words = ""


class DataOut(BaseModel):
    """`certificate` is a wipe's, else null."""

    kind: DataDuty
    certificate: str | None
    person: str
    scope: str
    method: str
    reference: str
    at: datetime
    by: str


class DataList(BaseModel):
    items: list[DataOut]


class DocumentList(BaseModel):
    items: list[DocumentOut]


@router.post("/robots/{serial:path}/documents", status_code=201, responses=refusals_of_writing(404))
@once
def file_robot_document(
    request: Request,
    session: WriteSession,
    actor: ApiWriting,
    *,
    serial: str,
    sent: DocumentIn,
    maker: _Maker = "",
) -> DocumentOut:
    """Put a document of one robot on file."""
    unit = robot_asked(session, actor, serial, maker)
    file = sent.file.sent() if sent.file else None
    made = documents.add(session, actor, unit, sent.typed(), sent=file, files=files_of(request))
    return _shape(session, actor.store_id)(made)


@router.get("/robot-models/{model_id}/documents", responses=refusals(404))
def list_model_documents(session: ReadSession, actor: ApiReading, model_id: RowId) -> DocumentList:
    """What is on file of a model."""
    actor.require("robots.view")
    makers.model_by_id(session, model_id)
    shaped = _shape(session, actor.store_id)
    return DocumentList(items=[shaped(one) for one in documents.of_model(session, model_id)])


@router.post(
    "/robot-models/{model_id}/documents", status_code=201, responses=refusals_of_writing(404)
)
@once
def file_model_document(
    request: Request,
    session: WriteSession,
    actor: ApiWriting,
    *,
    model_id: RowId,
    sent: DocumentIn,
) -> DocumentOut:
    """Put a document of a model on file."""
    model = makers.model_by_id(session, model_id)
    file = sent.file.sent() if sent.file else None
    made = documents.add(session, actor, model, sent.typed(), sent=file, files=files_of(request))
    return _shape(session, actor.store_id)(made)


@router.get("/robot-documents/{document_id}/file", responses=refusals(404))
def take_file(
    request: Request, session: ReadSession, actor: ApiReading, document_id: RowId
) -> FileOut:
    """The file of a document, byte for byte as it is kept."""
    document = documents.by_id(session, actor, document_id)
    if not document.file_sha256:
        raise NotFound(
            msg("This document has no file; it is kept at: {place}.", place=document.kept_at)
        )
    content = files_of(request).get(document.file_sha256)
    return FileOut.of(content, name=document.file_name, media_type=document.media_type)


@router.post("/robot-documents/{document_id}/withdraw", responses=refusals_of_writing(404))
@once
def withdraw_document(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    document_id: RowId,
    sent: WithdrawalIn,
) -> DocumentOut:
    """It counts no more; it stays on file."""
    document = documents.by_id(session, actor, document_id)
    documents.withdraw(session, actor, document, reason=sent.reason)
    return _shape(session, actor.store_id)(document)


@router.get("/robots/{serial:path}/data", responses=refusals(404, 409))
def list_data_records(
    session: ReadSession, actor: ApiReading, *, serial: str, maker: _Maker = ""
) -> DataList:
    """What was said and certified of the data in a robot, the newest first."""
    unit = robot_asked(session, actor, serial, maker)
    return DataList(items=[_data(row) for row in dataduties.of_unit(session, unit.id)])


@router.post(
    "/robots/{serial:path}/data/backup", status_code=201, responses=refusals_of_writing(404)
)
@once
def record_backup(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    serial: str,
    sent: BackupIn,
    maker: _Maker = "",
) -> DataOut:
    """Whether the owner has a backup."""
    unit = robot_asked(session, actor, serial, maker)
    row = dataduties.record_backup(
        session,
        actor,
        unit,
        has_backup=sent.has_backup,
        person=sent.person,
        reference=sent.reference,
    )
    return _data(row)


@router.post("/robots/{serial:path}/data/wipe", status_code=201, responses=refusals_of_writing(404))
@once
def certify_wipe(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    serial: str,
    sent: WipeIn,
    maker: _Maker = "",
) -> DataOut:
    """A certificate that the robot's data were wiped."""
    unit = robot_asked(session, actor, serial, maker)
    typed = WipeInput(sent.scope, sent.method, sent.person, sent.reference)
    return _data(dataduties.certify_wipe(session, actor, unit, typed))


def _shape(session: Session, store_id: int) -> Callable[[RobotDocument], DocumentOut]:
    today = desk.business_day_of(desk.store_of(session, store_id))
    return lambda one: DocumentOut.of(one, today)


def _data(row: DataRecord) -> DataOut:
    return DataOut(
        kind=row.kind,
        certificate=None if row.number is None else dataduties.label_of(row),
        person=row.person,
        scope=row.scope,
        method=row.method,
        reference=row.reference,
        at=row.at,
        by=row.by,
    )
