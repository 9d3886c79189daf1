"""Calibration for programs: reference equipment, its certificates, whether it may be used."""

from typing import Annotated

from fastapi import APIRouter, File, Form, Request, UploadFile
from pydantic import Field

from app.calibration import equipment as lookup
from app.calibration import equipmentbook, equipmentcertificates, equipmentlists
from app.calibration.api.equipmentshapes import (
    CertificateIn,
    CheckIn,
    EquipmentCertificateOut,
    EquipmentIn,
    EquipmentOut,
    HappeningIn,
    LineOut,
    OneEquipmentOut,
    StateIn,
    UsersIn,
    WithdrawIn,
)
from app.calibration.dccimport import record_dcc
from app.calibration.equipment_models import (
    Equipment,
    EquipmentCertificate,
)
from app.calibration.equipmentbook import EquipmentInput
from app.calibration.equipmentlists import Row
from app.calibration.equipmentpapers import read_paper
from app.calibration.figures import read_figure
from app.calibration.foundbad import Fault
from app.calibration.readers.findings import MOST_BYTES
from app.calibration.typedcertificate import CertificateInput, ResultInput
from app.identity.guard import ApiReading, ApiWriting
from app.kernel.errors import Refused
from app.kernel.uploads import MOST_BYTES as MOST_OF_PAPER
from app.web import paging
from app.web.files import files_of
from app.web.i18n import speech_of
from app.web.idempotent import once
from app.web.problems import refusals, refusals_of_writing
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import Cursor, PageOut, RowId

router = APIRouter(prefix="/api/v1/calibration/equipment", tags=["calibration"])

_Code = Annotated[str, Field(max_length=200)]


@router.get("", responses=refusals())
def list_reference_equipment(
    session: ReadSession,
    actor: ApiReading,
    *,
    q: str = "",
    state: str = "",
    due: str = "",
    cursor: Cursor = "",
) -> PageOut[EquipmentOut]:
    """In the order of asset numbers; `due` overdue, soon or uncertified."""
    after = str(paging.decode(cursor, str)[0]) if cursor else ""
    rows = equipmentlists.listed(session, actor, q=q, state=state, due=due, after=after)
    following = None
    if len(rows) > equipmentlists.PAGE:
        rows = rows[: equipmentlists.PAGE]
        following = paging.encode(rows[-1].equipment.asset_key)
    return PageOut(items=[EquipmentOut(**_said(row)) for row in rows], next=following)


@router.post("", status_code=201, responses=refusals_of_writing())
@once
def register_equipment(
    request: Request, session: WriteSession, actor: ApiWriting, body: EquipmentIn
) -> OneEquipmentOut:
    equipment = equipmentbook.register(session, actor, EquipmentInput(**body.model_dump()))
    return _one(request, session, actor, equipment)


@router.get("/by-code", responses=refusals(404))
def find_equipment(
    request: Request, session: ReadSession, actor: ApiReading, code: _Code
) -> OneEquipmentOut:
    """By asset number or serial, as a scanner reads it."""
    actor.require("calibration.view")
    return _one(request, session, actor, lookup.by_code(session, actor, code))


@router.get("/{equipment_id}", responses=refusals(404))
def get_equipment(
    request: Request, session: ReadSession, actor: ApiReading, equipment_id: RowId
) -> OneEquipmentOut:
    actor.require("calibration.view")
    return _one(request, session, actor, equipmentbook.by_id(session, actor, equipment_id))


@router.put("/{equipment_id}", responses=refusals_of_writing(404))
@once
def change_equipment(
    request: Request,
    session: WriteSession,
    actor: ApiWriting,
    *,
    equipment_id: RowId,
    body: EquipmentIn,
) -> OneEquipmentOut:
    equipment = equipmentbook.by_id(session, actor, equipment_id)
    equipmentbook.edit(session, actor, equipment, EquipmentInput(**body.model_dump()))
    return _one(request, session, actor, equipment)


@router.post("/{equipment_id}/state", responses=refusals_of_writing(404))
@once
def set_equipment_state(
    request: Request,
    session: WriteSession,
    actor: ApiWriting,
    *,
    equipment_id: RowId,
    body: StateIn,
) -> OneEquipmentOut:
    equipment = equipmentbook.by_id(session, actor, equipment_id)
    fault = None
    if body.found_bad:
        fault = Fault(
            read_figure(body.bias, field="bias"),
            read_figure(body.bias_standard, field="bias_standard") or "0",
        )
    equipmentbook.set_state(session, actor, equipment, body.state, reason=body.reason, fault=fault)
    return _one(request, session, actor, equipment)


@router.post("/{equipment_id}/checks", status_code=201, responses=refusals_of_writing(404))
@once
def check_equipment(
    request: Request,
    session: WriteSession,
    actor: ApiWriting,
    *,
    equipment_id: RowId,
    body: CheckIn,
) -> OneEquipmentOut:
    """An intermediate check; one that failed is quarantine at once."""
    equipment = equipmentbook.by_id(session, actor, equipment_id)
    equipmentbook.check(session, actor, equipment, passed=body.passed, note=body.note)
    return _one(request, session, actor, equipment)


@router.post("/{equipment_id}/events", status_code=201, responses=refusals_of_writing(404))
@once
def report_of_equipment(
    request: Request,
    session: WriteSession,
    actor: ApiWriting,
    *,
    equipment_id: RowId,
    body: HappeningIn,
) -> OneEquipmentOut:
    """Damage, repair, adjustment, maintenance, a note."""
    equipment = equipmentbook.by_id(session, actor, equipment_id)
    equipmentbook.report(session, actor, equipment, body.kind, note=body.note)
    return _one(request, session, actor, equipment)


@router.put("/{equipment_id}/users", responses=refusals_of_writing(404))
@once
def authorise_for_equipment(
    request: Request,
    session: WriteSession,
    actor: ApiWriting,
    *,
    equipment_id: RowId,
    body: UsersIn,
) -> OneEquipmentOut:
    """Who may measure with it, all of them at once."""
    equipment = equipmentbook.by_id(session, actor, equipment_id)
    equipmentbook.authorise(session, actor, equipment, body.staff)
    return _one(request, session, actor, equipment)


@router.post("/{equipment_id}/certificates", status_code=201, responses=refusals_of_writing(404))
@once
def record_equipment_certificate(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    equipment_id: RowId,
    body: CertificateIn,
) -> EquipmentCertificateOut:
    """Out of its limits as found (`as_found_ok` no) opens a case of what was measured with it."""
    equipment = equipmentbook.by_id(session, actor, equipment_id)
    said = body.model_dump(exclude={"results", "sensitivities"})
    wanted = CertificateInput(
        **said,
        sensitivities=dict(zip(body.parents, body.sensitivities, strict=False)),
        results=[ResultInput(**line.model_dump()) for line in body.results],
    )
    return _certificate(equipmentcertificates.record_certificate(session, actor, equipment, wanted))


@router.post(
    "/{equipment_id}/certificates/digital", status_code=201, responses=refusals_of_writing(404)
)
@once
def record_digital_certificate(
    request: Request,
    session: WriteSession,
    actor: ApiWriting,
    *,
    equipment_id: RowId,
    file: Annotated[UploadFile, File(description="A PTB DCC, at most 5 MB.")],
    due_on: Annotated[str, Form(max_length=20)] = "",
    as_found_ok: Annotated[str, Form(max_length=8)] = "",
    parent: Annotated[str, Form(max_length=20)] = "",
    parent_factor: Annotated[str, Form(max_length=40)] = "",
) -> EquipmentCertificateOut:
    """With every value of the file; one changed since it was signed is refused."""
    actor.require("calibration.equipment")
    equipment = equipmentbook.by_id(session, actor, equipment_id)
    # one byte more than allowed is enough to be refused
    data = file.file.read(MOST_BYTES + 1)
    made = record_dcc(
        session,
        actor,
        equipment,
        data,
        due_on=due_on,
        as_found_ok=as_found_ok,
        parent=parent,
        parent_factor=parent_factor,
    )
    files_of(request).put(data)
    return _certificate(made)


@router.post(
    "/{equipment_id}/certificates/{certificate_id}/paper",
    status_code=201,
    responses=refusals_of_writing(404, 409),
)
@once
def attach_equipment_paper(
    request: Request,
    session: WriteSession,
    actor: ApiWriting,
    *,
    equipment_id: RowId,
    certificate_id: RowId,
    file: Annotated[UploadFile, File(description="The scan: a PDF, PNG or JPEG of at most 20 MB.")],
) -> EquipmentCertificateOut:
    """The paper that its lines were typed from, kept by the hash of its bytes; once."""
    actor.require("calibration.equipment")
    equipment = equipmentbook.by_id(session, actor, equipment_id)
    certificate = equipmentcertificates.by_id(session, actor, equipment, certificate_id)
    paper = read_paper(file.file.read(MOST_OF_PAPER + 1), file.filename or "")
    files_of(request).put(paper.content)
    equipmentcertificates.attach_paper(
        session, actor, certificate, sha256=paper.sha256, name=paper.name
    )
    return _certificate(certificate)


@router.post(
    "/{equipment_id}/certificates/{certificate_id}/withdraw", responses=refusals_of_writing(404)
)
@once
def withdraw_equipment_certificate(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    equipment_id: RowId,
    certificate_id: RowId,
    body: WithdrawIn,
) -> EquipmentCertificateOut:
    equipment = equipmentbook.by_id(session, actor, equipment_id)
    certificate = equipmentcertificates.by_id(session, actor, equipment, certificate_id)
    equipmentcertificates.withdraw(session, actor, certificate, reason=body.reason)
    return _certificate(certificate)


def _one(
    request: Request, session: ReadSession, actor: ApiReading, equipment: Equipment
) -> OneEquipmentOut:
    why_not = ""
    try:
        lookup.usable(session, equipment, staff_id=actor.staff_id)
    except Refused as refused:
        why_not = speech_of(request).say(refused.message)
    return OneEquipmentOut(
        **_said(equipmentlists.one(session, equipment)),
        may_be_used=not why_not,
        why_not=why_not,
        users=sorted(lookup.users_of(session, equipment.id)),
        certificates=[
            _certificate(one) for one in equipmentlists.certificates_of(session, equipment)
        ],
        chain=[link.equipment.asset_number for link in equipmentlists.chain_of(session, equipment)],
    )


def _said(row: Row) -> dict[str, object]:
    wanted = EquipmentOut.model_fields.keys() - {"due_on"}
    said: dict[str, object] = {name: getattr(row.equipment, name) for name in wanted}
    return {**said, "due_on": row.certificate.due_on if row.certificate is not None else None}


def _certificate(one: EquipmentCertificate) -> EquipmentCertificateOut:
    wanted = EquipmentCertificateOut.model_fields.keys() - {"results"}
    lines = [
        LineOut(**{name: getattr(line, name) for name in LineOut.model_fields})
        for line in one.results
    ]
    return EquipmentCertificateOut(**{name: getattr(one, name) for name in wanted}, results=lines)
