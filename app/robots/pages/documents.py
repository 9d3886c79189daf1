"""Documents of one robot: what its market asks for, what is on file, its data; files themselves."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, UploadFile
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity.guard import Acting, SignedIn
from app.kernel.actor import Actor
from app.kernel.errors import NotFound, StoreError
from app.kernel.text import msg
from app.kernel.uploads import MOST_BYTES
from app.robots import addresses, aiclasses, dataduties, documents, requirements
from app.robots.aiclasses import RISK_LABELS, RISK_TONES, ROLE_LABELS
from app.robots.documents import FILED, KIND_LABELS, LANGUAGES, SentFile
from app.robots.duty_models import RobotDocument
from app.robots.dutyforms import BackupForm, DocumentForm, ReasonForm, WipeForm
from app.robots.models import Unit
from app.robots.pages.passport import asked_robot, frame
from app.robots.requirements import STANDING_LABELS, Standing
from app.robots.wipecertificate import certificate_pdf
from app.stores import desk
from app.web.errors import status_of
from app.web.files import file_response, files_of
from app.web.forms import StoreForm, problems_of
from app.web.i18n import language_of
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import Number, RowId

router = APIRouter(prefix="/robots")

STANDING_TONES: dict[Standing, str] = {
    Standing.THERE: "ok",
    Standing.MISSING: "bad",
    Standing.EXPIRED: "bad",
    Standing.NOT_YET: "warn",
    Standing.FORBIDDEN: "bad",
}


class DocumentUpload(DocumentForm):
    """With its file, if there is one."""

    file: UploadFile | None = None

    def typed(self) -> dict[str, Any]:
        return {name: text for name, text in super().typed().items() if name != "file"}

    def sent(self) -> SentFile | None:
        """The file, of which one byte more than allowed is enough to be refused."""
        if self.file is None:
            return None
        return SentFile(self.file.filename or "", self.file.file.read(MOST_BYTES + 1))


@router.get("/documents/{document_id}/file")
def take_file(
    request: Request, session: ReadSession, actor: SignedIn, document_id: RowId
) -> Response:
    document = documents.by_id(session, actor, document_id)
    if not document.file_sha256:
        raise NotFound(msg("This document has no file; it is kept at: {place}.",
                           place=document.kept_at))  # fmt: skip
    content = files_of(request).get(document.file_sha256)
    return file_response(content, media_type=document.media_type, name=document.file_name)


@router.post("/documents/{document_id}/withdraw")
@once
def withdraw_document(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: Acting,
    *,
    document_id: RowId,
    form: Annotated[ReasonForm, Form()],
) -> Response:
    document = documents.by_id(session, actor, document_id)
    documents.withdraw(session, actor, document, reason=form.reason)
    return RedirectResponse(_page_of(session, document), 303)


@router.get("/{serial:path}/documents")
@router.get("/unit/documents")
def show_documents(
    request: Request, session: ReadSession, actor: SignedIn, *, serial: str, maker: str = ""
) -> Response:
    return _documents(request, session, actor, serial=serial, maker=maker)


@router.post("/{serial:path}/documents")
@router.post("/unit/documents")
@once
def file_document(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    serial: str,
    form: Annotated[DocumentUpload, Form()],
    maker: str = "",
) -> Response:
    def act(unit: Unit) -> None:
        files = files_of(request)
        documents.add(session, actor, unit, form.read(), sent=form.sent(), files=files)

    return _do(request, session, actor, robot=(serial, maker), act=act, which="document", form=form)


@router.post("/{serial:path}/documents/wipe")
@router.post("/unit/documents/wipe")
@once
def certify_wipe(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    serial: str,
    form: Annotated[WipeForm, Form()],
    maker: str = "",
) -> Response:
    def act(unit: Unit) -> None:
        dataduties.certify_wipe(session, actor, unit, form.read())

    return _do(request, session, actor, robot=(serial, maker), act=act, which="wipe", form=form)


@router.post("/{serial:path}/documents/backup")
@router.post("/unit/documents/backup")
@once
def record_backup(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    serial: str,
    form: Annotated[BackupForm, Form()],
    maker: str = "",
) -> Response:
    def act(unit: Unit) -> None:
        dataduties.record_backup(
            session,
            actor,
            unit,
            has_backup=form.read(),
            person=form.person,
            reference=form.reference,
        )

    return _do(request, session, actor, robot=(serial, maker), act=act, which="backup", form=form)


@router.get("/{serial:path}/documents/wipe/{number}")
@router.get("/unit/documents/wipe/{number}")
def take_certificate(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    *,
    serial: str,
    number: Number,
    maker: str = "",
) -> Response:
    """A wipe certificate as PDF, the same bytes each time in one language."""
    row = asked_robot(session, actor, serial, maker)
    record = dataduties.certificate(session, row.unit, number)
    store = desk.store_of(session, row.unit.store_id)
    pdf = certificate_pdf(record, row, store, language=language_of(request))
    name = f"{dataduties.label_of(record)}.pdf"
    return Response(
        pdf,
        media_type="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _page_of(session: Session, document: RobotDocument) -> str:
    """Where a document is listed."""
    if document.unit_id is not None:
        unit = session.get_one(Unit, document.unit_id)
        return addresses.page_below(unit.serial, "documents")
    return addresses.model_documents_page(document.model_id or 0)


def _do(
    request: Request,
    session: Session,
    actor: Actor,
    *,
    robot: tuple[str, str],
    act: Callable[[Unit], object],
    which: str,
    form: StoreForm,
) -> Response:
    """Act on a robot (serial, maker) and go back to its page; refused, show it with the form."""
    serial, maker = robot
    try:
        unit = asked_robot(session, actor, serial, maker).unit
        act(unit)
    except StoreError as refusal:
        session.rollback()
        return _documents(
            request,
            session,
            actor,
            serial=serial,
            maker=maker,
            refused=(which, form.typed(), refusal),
        )
    return RedirectResponse(addresses.page_below(unit.serial, "documents", maker=maker), 303)


def _documents(
    request: Request,
    session: Session,
    actor: Actor,
    *,
    serial: str,
    maker: str,
    refused: tuple[str, dict[str, Any], StoreError] | None = None,
) -> Response:
    row = asked_robot(session, actor, serial, maker)
    unit = row.unit
    which, typed, refusal = refused or ("", {}, None)
    page = frame(session, actor, row, maker=maker, tab="documents")
    page |= document_words() | {
        "answers": requirements.answers(session, unit),
        "documents": documents.of_unit(session, unit),
        "ai_class": aiclasses.current(session, unit.model_id),
        "records": dataduties.of_unit(session, unit.id),
        "today": desk.business_day_of(desk.store_of(session, unit.store_id)),
        "model_page": addresses.model_documents_page(unit.model_id),
        "below": lambda *path: addresses.page_below(unit.serial, "documents", *path, maker=maker),
        "standings_of": STANDING_LABELS,
        "standing_tones": STANDING_TONES,
        "data_labels": dataduties.KIND_LABELS,
        "label_of": dataduties.label_of,
        "which": which,
        "form": DocumentUpload().typed() | WipeForm().typed() | BackupForm().typed() | typed,
        "problems": problems_of(refusal) if refusal else {},
    }
    status = status_of(refusal) if refusal else 200
    return render(request, "robots/documents.html", status=status, **page)


def document_words() -> dict[str, Any]:
    """What lists of documents and the form for one need, whatever they are of."""
    return {
        "kind_labels": KIND_LABELS,
        "filed": [(kind.value, KIND_LABELS[kind]) for kind in FILED],
        "languages_of": LANGUAGES,
        "is_valid": documents.is_valid,
        "roles": ROLE_LABELS,
        "risks": RISK_LABELS,
        "risk_tones": RISK_TONES,
    }
