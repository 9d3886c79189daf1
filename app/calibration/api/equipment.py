"""Calibration for programs: reference equipment, its certificates, whether it may be used."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, File, Form, Request, UploadFile
from pydantic import BaseModel, Field

from app.calibration import equipment as lookup
from app.calibration import equipmentbook, equipmentcertificates, equipmentlists
from app.calibration.dccimport import record_dcc
from app.calibration.equipment_models import (
    Equipment,
    EquipmentCertificate,
    EquipmentHappening,
    EquipmentState,
)
from app.calibration.equipmentbook import EquipmentInput
from app.calibration.equipmentcertificates import MOST_RESULTS, CertificateInput, ResultInput
from app.calibration.equipmentlists import Row
from app.calibration.figures import read_figure
from app.calibration.foundbad import Fault
from app.calibration.readers.findings import MOST_BYTES
from app.identity.guard import ApiReading, ApiWriting
from app.kernel.errors import Refused
from app.web import paging
from app.web.files import files_of
from app.web.i18n import speech_of
from app.web.idempotent import once
from app.web.problems import refusals, refusals_of_writing
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import Cursor, PageOut, RowId, Sent, Words

router = APIRouter(prefix="/api/v1/calibration/equipment", tags=["calibration"])

_Figure = Annotated[str, Field(max_length=60)]
_Long = Annotated[str, Field(max_length=2_000)]
_Code = Annotated[str, Field(max_length=200)]


class EquipmentIn(Sent):
    """Figures are texts, as they are kept; months and days are whole numbers as text, or empty."""

    asset_number: Words
    name: Words
    kind: Words
    maker: Words
    type_name: Words
    serial: Words
    unit: Words
    firmware: Words = ""
    location: Words = ""
    resolution: _Figure = ""
    interval_months: _Figure = ""
    check_days: _Figure = ""
    acceptance: _Long = ""
    maintenance: _Long = ""


class StateIn(Sent):
    """`found_bad`: what was measured with it is judged again; `bias` empty: nobody knows."""

    state: Annotated[EquipmentState, Field(strict=False)]
    reason: Words
    found_bad: bool = False
    bias: _Figure = ""
    bias_standard: _Figure = "0"


class CheckIn(Sent):
    passed: bool
    note: _Long = ""


class HappeningIn(Sent):
    kind: Annotated[EquipmentHappening, Field(strict=False)]
    note: _Long


class LineIn(Sent):
    """`error` is the indication minus the reference; phase as_found, as_left or empty."""

    unit: Words
    name: Words = ""
    quantity: Words = ""
    nominal: _Figure = ""
    value: _Figure = ""
    error: _Figure = ""
    expanded: _Figure = ""
    factor: _Figure = "2"
    phase: Words = ""


class CertificateIn(Sent):
    """`as_found_ok` is yes, no or empty for not said; `parents` are ids of references."""

    issuer: Words
    number: Words
    calibrated_on: Words
    due_on: Words = ""
    accreditation: Words = ""
    as_found_ok: Words = ""
    adjusted: bool = False
    note: _Long = ""
    results: Annotated[list[LineIn], Field(max_length=MOST_RESULTS)] = []
    parents: Annotated[list[int], Field(max_length=20)] = []


class WithdrawIn(Sent):
    reason: Words


class LineOut(BaseModel):
    name: str
    quantity: str
    unit: str
    nominal: str
    value: str
    error: str
    expanded: str
    factor: str
    phase: str


class EquipmentCertificateOut(BaseModel):
    id: int
    issuer: str
    number: str
    accreditation: str
    calibrated_on: date
    due_on: date | None
    as_found_ok: bool | None
    adjusted: bool
    dcc_sha256: str
    dcc_schema: str
    withdrawn_at: datetime | None
    results: list[LineOut]


class EquipmentOut(BaseModel):
    """`may_be_used` by whoever asks, now; else `why_not` says why."""

    id: int
    asset_number: str
    name: str
    kind: str
    maker: str
    type_name: str
    serial: str
    firmware: str
    location: str
    unit: str
    resolution: str
    interval_months: int | None
    check_days: int | None
    state: EquipmentState
    state_reason: str
    due_on: date | None


class OneEquipmentOut(EquipmentOut):
    may_be_used: bool
    why_not: str
    certificates: list[EquipmentCertificateOut]
    chain: list[str]


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
    said = body.model_dump(exclude={"results"})
    wanted = CertificateInput(
        **said, results=[ResultInput(**line.model_dump()) for line in body.results]
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
) -> EquipmentCertificateOut:
    """With every value of the file; one changed since it was signed is refused."""
    actor.require("calibration.equipment")
    equipment = equipmentbook.by_id(session, actor, equipment_id)
    # one byte more than allowed is enough to be refused
    data = file.file.read(MOST_BYTES + 1)
    made = record_dcc(session, actor, equipment, data, due_on=due_on, as_found_ok=as_found_ok)
    files_of(request).put(data)
    return _certificate(made)


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
