"""Pages of calibration: files that bring values of a robot, or readings of a job."""

from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Form, Request, UploadFile
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.calibration import chosenpoints, filekinds, filemappings, importlook, imports, jobbook
from app.calibration.filekinds import KINDS, FileKind
from app.calibration.impact_models import CalibrationUpload
from app.calibration.imports import Sent
from app.calibration.job_models import CalibrationJob, Phase
from app.calibration.readers.columns import ROLES
from app.calibration.readers.figures import DECIMALS
from app.calibration.readers.findings import MOST_BYTES
from app.calibration.readers.tracker import UNITS
from app.identity.guard import Acting, SignedIn
from app.kernel.actor import Actor
from app.kernel.csvreading import ENCODINGS, SEPARATORS
from app.kernel.errors import NotFound, StoreError
from app.kernel.quantity import document_number
from app.kernel.searchkeys import clean
from app.kernel.text import msg
from app.robots import makers, registry
from app.robots.models import Unit
from app.web import paging
from app.web.errors import status_of
from app.web.files import files_of
from app.web.forms import StoreForm, Typed, problems_of
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession
from app.web.submitted import Submitted
from app.web.wire import RowId

router = APIRouter(prefix="/calibration/imports")

_SHOWN = 100
_PROBLEMS = 100
# What may be said of any file.
_CHOICES: dict[str, Any] = {
    "phases": [(Phase.AS_FOUND, msg("as found")), (Phase.AS_LEFT, msg("as left"))],
    "separators": [("", msg("Please choose")), *SEPARATORS.items()],
    "decimals": [("", msg("Please choose")), *DECIMALS.items()],
    "encodings": [("", msg("as the file says")), *((each, each) for each in ENCODINGS)],
    "units": [("", msg("Please choose")), *((each, each) for each in UNITS)],
}


class UploadForm(StoreForm):
    kind: Typed = FileKind.TABLE.value
    serial: Typed = ""
    maker: Typed = ""
    job: Typed = ""
    measured_on: Typed = ""


@router.get("")
def list_imports(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    *,
    serial: str = "",
    kind: str = "",
    cursor: str = "",
    job: str = "",
) -> Response:
    """What was taken in, what waits, and the place for the next file."""
    form = UploadForm(serial=serial, job=job, kind=kind or UploadForm().kind)
    return _list(request, session, actor, form=form, chosen=(serial, kind), cursor=cursor)


@router.post("")
def stage(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    form: Annotated[UploadForm, Form()],
    file: UploadFile | None = None,
) -> Response:
    """Lay the chosen file aside and look at it; nothing is taken in yet."""
    try:
        kind = filekinds.read_kind(form.kind)
        job = _job(session, actor, form.job)
        unit = job.unit if job is not None else _unit(session, actor, form.serial, form.maker)
        upload = imports.stage(
            session,
            actor,
            unit,
            kind,
            sent=Sent(
                # one byte more than allowed is enough to be refused
                data=file.file.read(MOST_BYTES + 1) if file else b"",
                name=(file.filename if file else None) or "",
                measured_at=imports.measured_at(session, actor, form.measured_on),
            ),
            files=files_of(request),
            job=job,
        )
    except StoreError as refusal:
        session.rollback()
        return _list(request, session, actor, form=form, refusal=refusal)
    return RedirectResponse(imports.upload_page(upload), 303)


@router.get("/uploads/{upload_id}")
def show_upload(
    request: Request, session: ReadSession, actor: SignedIn, upload_id: RowId
) -> Response:
    """A waiting file as it would be taken in."""
    return _upload(request, session, actor, imports.upload_by_id(session, actor, upload_id))


@router.post("/uploads/{upload_id}/settings")
@once
def settle(
    request: Request, session: WriteSession, actor: Acting, *, upload_id: RowId, form: Submitted
) -> Response:
    """Declare how the file is read; a kept mapping by its device, or what was chosen here."""
    upload = imports.upload_by_id(session, actor, upload_id)
    typed = dict(form.values)
    try:
        if typed.get("mapping", "").isdigit():
            kept = filemappings.by_id(session, actor, int(typed["mapping"][:18]))
            typed = filekinds.told(kept.settings)
        imports.settle(session, actor, upload, typed)
        if clean(typed.get("mapping_name", "")):
            filemappings.save(session, actor, upload, typed["mapping_name"])
    except StoreError as refusal:
        session.rollback()
        upload = imports.upload_by_id(session, actor, upload_id)
        return _upload(request, session, actor, upload, typed=typed, refusal=refusal)
    return RedirectResponse(imports.upload_page(upload), 303)


@router.post("/uploads/{upload_id}/take-in")
@once
def take_in(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    upload_id: RowId,
    form: Submitted,  # noqa: ARG001 - `once` reads its token
) -> Response:
    upload = imports.upload_by_id(session, actor, upload_id)
    try:
        file = imports.take_in(session, actor, upload, files_of(request))
    except StoreError as refusal:
        session.rollback()
        upload = imports.upload_by_id(session, actor, upload_id)
        return _upload(request, session, actor, upload, refusal=refusal)
    return RedirectResponse(imports.page(file), 303)


@router.post("/uploads/{upload_id}/cancel")
def cancel(
    request: Request,  # noqa: ARG001 - as every page
    session: WriteSession,
    actor: Acting,
    upload_id: RowId,
) -> Response:
    imports.cancel(session, actor, imports.upload_by_id(session, actor, upload_id))
    return RedirectResponse("/calibration/imports", 303)


@router.get("/robots/{serial:path}")
def show_history(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    *,
    serial: str,
    maker: str = "",
    target: str = "",
) -> Response:
    """Everything that files state of one robot, target by target."""
    actor.require("calibration.view")
    unit = _unit(session, actor, serial, maker)
    targets = importlook.targets_of(session, unit.id)
    chosen = target if target in dict(targets) else (targets[0][0] if targets else "")
    return render(
        request,
        "calibration/import_history.html",
        unit=unit,
        maker=maker,
        here=history_page(unit.serial, maker=maker),
        targets=targets,
        chosen=chosen,
        history=importlook.history(session, unit.id, chosen) if chosen else [],
        page=imports.page,
    )


@router.get("/{file_id}")
def show_file(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    *,
    file_id: RowId,
    after: str = "",
    changed: str = "",
) -> Response:
    """The values of one file, each beside the one before it."""
    row = importlook.by_id(session, actor, file_id)
    begin = int(paging.decode(after, int)[0]) if after else 0
    only = changed == "yes"
    values = importlook.values_of(session, row.file, after=begin, changed_only=only)
    job = jobbook.by_id(session, actor, row.file.job_id) if row.file.job_id else None
    return render(
        request,
        "calibration/import.html",
        row=row,
        kind_label=KINDS[FileKind(row.file.kind)].label,
        values=values,
        first=not after,
        changed=only,
        here=imports.page(row.file),
        history=history_page(row.unit.serial),
        job=job,
        job_label=jobbook.label(job) if job else "",
        job_page=jobbook.page(job) if job else "",
    )


@router.get("/{file_id}/file")
def download(request: Request, session: ReadSession, actor: SignedIn, file_id: RowId) -> Response:
    """The file as it came, only to be saved."""
    row = importlook.by_id(session, actor, file_id)
    name = quote(row.file.name, safe="")
    return Response(
        files_of(request).get(row.file.sha256),
        media_type="application/octet-stream",
        headers={
            "Content-Disposition": (
                f"attachment; filename=\"calibration\"; filename*=UTF-8''{name}"
            ),
            "Cache-Control": "private, no-store",
        },
    )


def history_page(serial: str, *, maker: str = "", target: str = "") -> str:
    asked = {name: said for name, said in (("maker", maker), ("target", target)) if said}
    query = f"?{urlencode(asked)}" if asked else ""
    return f"/calibration/imports/robots/{quote(serial, safe='')}{query}"


def _job(session: Session, actor: Actor, typed: str) -> CalibrationJob | None:
    """The job that is named, `K-1001` or its number; None for none."""
    said = clean(typed)
    if not said:
        return None
    number = document_number(said.upper().removeprefix("K-"))
    if number is None:
        raise NotFound(
            msg("There is no calibration {number} in this store.", number=said[:40]), field="job"
        )
    return jobbook.by_number(session, actor, number)


def _unit(session: Session, actor: Actor, serial: str, maker: str) -> Unit:
    maker_id = makers.maker_called(session, maker).id if clean(maker) else None
    return registry.by_serial(session, actor, serial, maker_id=maker_id)


def _list(
    request: Request,
    session: Session,
    actor: Actor,
    *,
    form: UploadForm,
    chosen: tuple[str, str] = ("", ""),
    cursor: str = "",
    refusal: StoreError | None = None,
) -> Response:
    serial, kind = clean(chosen[0]), chosen[1]
    unknown: StoreError | None = None
    unit_id = None
    try:
        unit_id = _unit(session, actor, serial, "").id if serial else None
    except StoreError as missing:
        unknown = missing
    page = (
        paging.Page([], None)
        if unknown
        else importlook.listed(session, actor, unit_id=unit_id, kind=kind, cursor=cursor)
    )
    asked = {name: said for name, said in (("serial", serial), ("kind", kind)) if said}
    return render(
        request,
        "calibration/imports.html",
        status=status_of(refusal) if refusal else 200,
        page=page,
        first=not cursor,
        next_href=f"/calibration/imports?{urlencode({**asked, 'cursor': page.next})}"
        if page.next
        else None,
        first_href=f"/calibration/imports?{urlencode(asked)}",
        waiting=importlook.waiting(session, actor),
        kinds=[(each.value, facts.label) for each, facts in KINDS.items()],
        labels={each.value: facts.label for each, facts in KINDS.items()},
        accept=",".join(
            dict.fromkeys(",".join(facts.accept for facts in KINDS.values()).split(","))
        ),
        serial=serial,
        kind=kind,
        unknown=unknown.message if unknown else None,
        form=form.typed(),
        problems=problems_of(refusal) if refusal else {},
        link=refusal.link if refusal else None,
        history_page=history_page,
        file_page=imports.page,
        upload_page=imports.upload_page,
    )


def _upload(
    request: Request,
    session: Session,
    actor: Actor,
    upload: CalibrationUpload,
    *,
    typed: dict[str, str] | None = None,
    refusal: StoreError | None = None,
) -> Response:
    kind = FileKind(upload.kind)
    found = imports.preview(session, actor, upload, files_of(request))
    job = jobbook.by_id(session, actor, upload.job_id) if upload.job_id else None
    settings = filekinds.told(upload.settings)
    told = refusal or found.refusal
    context: dict[str, Any] = {
        "upload": upload,
        "unit": session.get_one(Unit, upload.unit_id),
        "kind": kind,
        "kind_label": KINDS[kind].label,
        "declares": KINDS[kind].declares,
        "here": imports.upload_page(upload),
        "found": found,
        "settings": settings | (typed or {}),
        "columns": filekinds.columns_of(settings),
        "findings": found.content.findings[:_SHOWN] if found.content else (),
        "rows": found.rows[:_SHOWN],
        "count": len(found.content.findings) if found.content else len(found.rows),
        "told": found.problems[:_PROBLEMS],
        "job": job,
        "job_label": jobbook.label(job) if job else "",
        "points": [
            (point.seq, f"{point.seq} · {point.label}")
            for point in (chosenpoints.of_job(job) if job else ())
            if point.readings
        ],
        "roles": [
            (role, label)
            for role, label in ROLES.items()
            if (role.startswith("n") or role == "point") == (job is not None)
        ],
        "mappings": filemappings.listed(session, actor, kind) if KINDS[kind].declares else [],
        "problems": problems_of(told) if told else {},
        "link": told.link if told else None,
    }
    return render(
        request,
        "calibration/import_upload.html",
        status=status_of(refusal) if refusal else 200,
        **_CHOICES,
        **context,
    )
