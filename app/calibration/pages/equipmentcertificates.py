"""Pages of calibration: a reference's certificate, typed line by line or as a digital one."""

import re
from typing import Annotated

from fastapi import APIRouter, Form, Request, UploadFile
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.calibration import dccreading, equipmentbook, equipmentcertificates, equipmentlists
from app.calibration import equipment as lookup
from app.calibration.dccimport import record_dcc
from app.calibration.dccsignature import SIGNATURE_LABELS, SIGNATURE_TONES
from app.calibration.equipment_models import Equipment
from app.calibration.equipmentcertificates import record_certificate
from app.calibration.equipmentforms import LINES, CertificateForm, DccForm
from app.calibration.equipmentpapers import Paper, media_type_of, read_paper
from app.calibration.readers.findings import MOST_BYTES
from app.calibration.typedcertificate import Bytes
from app.identity.guard import Acting, SignedIn
from app.kernel.actor import Actor
from app.kernel.errors import NotFound, Refused, StoreError
from app.kernel.text import Text, msg
from app.kernel.uploads import MOST_BYTES as MOST_OF_PAPER
from app.web.errors import status_of
from app.web.files import file_response, files_of
from app.web.forms import problems_of
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession
from app.web.submitted import Submitted
from app.web.wire import RowId

router = APIRouter(prefix="/calibration/equipment")
PHASE_LABELS: dict[str, Text] = {
    "": msg("not said"),
    "as_found": msg("As found"),
    "as_left": msg("As left"),
}
AS_FOUND_LABELS: dict[str, Text] = {
    "": msg("not said"),
    "yes": msg("within its limits"),
    "no": msg("out of its limits"),
}
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)


@router.get("/{equipment_id}/certificates/new")
def ask_certificate(
    request: Request, session: ReadSession, actor: SignedIn, equipment_id: RowId
) -> Response:
    actor.require("calibration.equipment")
    equipment = equipmentbook.by_id(session, actor, equipment_id)
    return _typed(request, session, equipment, CertificateForm({}))


@router.post("/{equipment_id}/certificates/new")
@once
def add_certificate(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    equipment_id: RowId,
    form: Submitted,
    scan: UploadFile | None = None,
) -> Response:
    """Typed from paper, with its scan, which is kept while lines are put right."""
    actor.require("calibration.equipment")
    equipment = equipmentbook.by_id(session, actor, equipment_id)
    said = CertificateForm(form.values)
    try:
        said = _with_paper(request, form.values, scan)
        if form.values.get("more"):
            count = str(len(said.lines) + LINES)
            more = CertificateForm({**said.values, "lines": count})
            return _typed(request, session, equipment, more)
        record_certificate(session, actor, equipment, said.read(), came_with=_paper_of(said))
    except StoreError as refusal:
        session.rollback()
        equipment = equipmentbook.by_id(session, actor, equipment_id)
        return _typed(request, session, equipment, said, refusal=refusal)
    return RedirectResponse(lookup.page(equipment), 303)


@router.post("/{equipment_id}/certificates/{certificate_id}/paper")
@once
def attach_paper(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    equipment_id: RowId,
    certificate_id: RowId,
    form: Submitted,  # noqa: ARG001 - `once` reads its token
    file: UploadFile | None = None,
) -> Response:
    """The scan of a certificate that is on record without one."""
    actor.require("calibration.equipment")
    equipment = equipmentbook.by_id(session, actor, equipment_id)
    certificate = equipmentcertificates.by_id(session, actor, equipment, certificate_id)
    paper = _sent(file)
    if paper is None:
        raise Refused(msg("Choose a file."), field="file", link=lookup.page(equipment))
    files_of(request).put(paper.content)
    equipmentcertificates.attach_paper(
        session, actor, certificate, sha256=paper.sha256, name=paper.name
    )
    return RedirectResponse(lookup.page(equipment), 303)


@router.get("/{equipment_id}/certificates/{certificate_id}/paper")
def show_paper(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    *,
    equipment_id: RowId,
    certificate_id: RowId,
) -> Response:
    equipment = equipmentbook.by_id(session, actor, equipment_id)
    certificate = equipmentcertificates.by_id(session, actor, equipment, certificate_id)
    if not certificate.file_sha256:
        raise NotFound(msg("This certificate has no paper."), link=lookup.page(equipment))
    name = certificate.file_name
    content = files_of(request).get(certificate.file_sha256)
    return file_response(content, media_type=media_type_of(name), name=name)


@router.post("/{equipment_id}/certificates/digital")
def stage_dcc(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    equipment_id: RowId,
    file: UploadFile | None = None,
) -> Response:
    """Lay a digital certificate aside and show it; nothing is recorded yet."""
    actor.require("calibration.equipment")
    equipment = equipmentbook.by_id(session, actor, equipment_id)
    # one byte more than allowed is enough to be refused
    data = file.file.read(MOST_BYTES + 1) if file else b""
    try:
        if not data:
            raise Refused(msg("Choose a file."), field="file")
        dccreading.read(data)
    except StoreError as refusal:
        return _typed(request, session, equipment, CertificateForm({}), refusal=refusal)
    sha256 = files_of(request).put(data)
    return RedirectResponse(f"{lookup.page(equipment)}/certificates/digital/{sha256}", 303)


@router.get("/{equipment_id}/certificates/digital/{sha256}")
def show_dcc(
    request: Request, session: ReadSession, actor: SignedIn, *, equipment_id: RowId, sha256: str
) -> Response:
    actor.require("calibration.equipment")
    equipment = equipmentbook.by_id(session, actor, equipment_id)
    return _digital(request, session, actor, equipment, sha256)


@router.post("/{equipment_id}/certificates/digital/{sha256}")
@once
def take_in_dcc(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    equipment_id: RowId,
    sha256: str,
    form: Annotated[DccForm, Form()],
) -> Response:
    equipment = equipmentbook.by_id(session, actor, equipment_id)
    try:
        record_dcc(
            session,
            actor,
            equipment,
            _bytes(request, sha256),
            due_on=form.due_on,
            as_found_ok=form.as_found_ok,
            parent=form.parent,
            parent_factor=form.parent_factor,
        )
    except StoreError as refusal:
        session.rollback()
        equipment = equipmentbook.by_id(session, actor, equipment_id)
        return _digital(request, session, actor, equipment, sha256, form=form, refusal=refusal)
    return RedirectResponse(lookup.page(equipment), 303)


def _sent(file: UploadFile | None) -> Paper | None:
    """A scan that was sent; one byte more than allowed is enough to be refused."""
    data = file.file.read(MOST_OF_PAPER + 1) if file else b""
    return read_paper(data, (file.filename or "") if file else "", field="scan") if data else None


def _with_paper(
    request: Request, values: dict[str, str], file: UploadFile | None
) -> CertificateForm:
    paper = _sent(file)
    if paper is None:
        return CertificateForm(values)
    files_of(request).put(paper.content)
    return CertificateForm({**values, "paper": paper.sha256, "paper_name": paper.name})


def _paper_of(form: CertificateForm) -> Bytes:
    sha256 = form.values.get("paper", "")
    if not _SHA256.fullmatch(sha256):
        return Bytes()
    return Bytes(file_sha256=sha256, file_name=form.values.get("paper_name", ""))


def _bytes(request: Request, sha256: str) -> bytes:
    if not _SHA256.fullmatch(sha256):
        raise NotFound(msg("There is no such file."))
    return files_of(request).get(sha256)


def _typed(
    request: Request,
    session: Session,
    equipment: Equipment,
    form: CertificateForm,
    *,
    refusal: StoreError | None = None,
) -> Response:
    return render(
        request,
        "calibration/equipment_certificate.html",
        status=status_of(refusal) if refusal else 200,
        equipment=equipment,
        here=lookup.page(equipment),
        typed=form.values,
        lines=form.lines,
        others=[("", msg("none of ours")), *equipmentlists.others(session, equipment)],
        phases=list(PHASE_LABELS.items()),
        as_found=list(AS_FOUND_LABELS.items()),
        problems=problems_of(refusal) if refusal else {},
    )


def _digital(
    request: Request,
    session: Session,
    actor: Actor,
    equipment: Equipment,
    sha256: str,
    *,
    form: DccForm | None = None,
    refusal: StoreError | None = None,
) -> Response:
    actor.require("calibration.equipment")
    dcc = dccreading.read(_bytes(request, sha256))
    known = {equipment.serial, equipment.asset_number}
    return render(
        request,
        "calibration/equipment_dcc.html",
        status=status_of(refusal) if refusal else 200,
        equipment=equipment,
        here=lookup.page(equipment),
        action=f"{lookup.page(equipment)}/certificates/digital/{sha256}",
        dcc=dcc,
        other_units=sorted(
            {line.unit for line in dcc.results if lookup.scale(line.unit, equipment.unit) is None}
        ),
        is_named=bool(known & set(dcc.identifiers)),
        signature_label=SIGNATURE_LABELS[dcc.signature.state],
        signature_tone=SIGNATURE_TONES[dcc.signature.state],
        phase_labels=PHASE_LABELS,
        others=[("", msg("none of ours")), *equipmentlists.others(session, equipment)],
        as_found=list(AS_FOUND_LABELS.items()),
        typed=form.typed() if form else {"due_on": dcc.due_on, "as_found_ok": dcc.as_found_ok},
        problems=problems_of(refusal) if refusal else {},
    )
