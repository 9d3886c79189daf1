"""What a robot's warranty rests on, as JSON: papers, evidence, who paid; and its contracts."""

from dataclasses import replace
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from app.identity.guard import ApiReading, ApiWriting
from app.kernel.actor import Actor
from app.kernel.errors import NotFound
from app.kernel.text import msg
from app.robots import bodies, contracts, warrantycover, warrantypapers
from app.robots.api.configuration import robot_asked
from app.robots.api.files import FileIn
from app.robots.bodyplan import SlotClass
from app.robots.contracts import MOST_MONTHS, MOST_VISITS, ContractInput, InForce
from app.robots.duty_models import ExclusionEvidence, PaperKind, ServiceContract, WarrantyPaper
from app.robots.models import Unit
from app.robots.warrantypapers import EvidenceInput
from app.web.files import files_of
from app.web.idempotent import once
from app.web.problems import refusals, refusals_of_writing
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import Number, RowId, Sent, Words

router = APIRouter(prefix="/api/v1/robots", tags=["robots"])

_Maker = Annotated[str, Query(description="Needed where two makers share the serial number.")]
_Reference = Annotated[str, Field(max_length=64)]


class PaperIn(Sent):
    """A day that a warranty may start on; an `entitlement` is named."""

    kind: PaperKind = Field(strict=False)
    day: date = Field(strict=False)
    source: Words = Field(description="Which paper says it.")
    entitlement: _Reference = ""


class EvidenceIn(Sent):
    """Something that the terms exclude, by their code; without `slot` of the robot as a whole."""

    code: _Reference
    seen_on: date = Field(strict=False)
    confirmed: bool = True
    slot: Annotated[str, Field(max_length=160)] = ""
    note: Annotated[str, Field(max_length=2000)] = ""
    reference: _Reference = ""
    photo: FileIn | None = None


class ReasonIn(Sent):
    reason: Words


class PayerIn(Sent):
    """Who paid for the part that an occupant is, which replaced another."""

    occupant: Annotated[int, Field(ge=1, le=2**63 - 1)]
    under_warranty: bool
    reference: _Reference = ""


class ContractIn(Sent):
    """No classes: all of the robot; `visits` null: as many as it takes."""

    name: Words
    since: date = Field(strict=False)
    months: Annotated[int, Field(ge=1, le=MOST_MONTHS)]
    component_classes: Annotated[list[SlotClass], Field(strict=False, max_length=50)] = []
    visits: Annotated[int, Field(ge=1, le=MOST_VISITS)] | None = None
    reference: _Reference = ""


class VisitIn(Sent):
    """The same reference, a ticket, is one visit."""

    reference: _Reference


class PaperOut(BaseModel):
    kind: PaperKind
    day: date
    entitlement: str
    source: str


class EvidenceOut(BaseModel):
    """`photo` is its file's SHA-256; `counts` until it is withdrawn."""

    id: int
    code: str
    confirmed: bool
    seen_on: date
    note: str
    reference: str
    photo: str
    counts: bool


class ContractOut(BaseModel):
    number: int
    label: str
    name: str
    since: date
    until: date
    component_classes: list[SlotClass]
    visits_left: int | None


class BasisOut(BaseModel):
    """Everything on record, the newest first."""

    papers: list[PaperOut]
    evidence: list[EvidenceOut]
    contracts: list[ContractOut]


@router.get("/{serial:path}/warranty/basis", responses=refusals(404, 409))
def show_basis(
    session: ReadSession, actor: ApiReading, *, serial: str, maker: _Maker = ""
) -> BasisOut:
    """What warranty and contracts of a robot rest on."""
    return _basis(session, robot_asked(session, actor, serial, maker))


@router.post("/{serial:path}/warranty/papers", status_code=201, responses=refusals_of_writing(404))
@once
def file_paper(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    serial: str,
    sent: PaperIn,
    maker: _Maker = "",
) -> BasisOut:
    """A paper on file; of one kind the newest counts."""
    unit = robot_asked(session, actor, serial, maker)
    warrantypapers.file_paper(
        session,
        actor,
        unit,
        sent.kind,
        sent.day,
        source=sent.source,
        entitlement=sent.entitlement,
    )
    return _basis(session, unit)


@router.post(
    "/{serial:path}/warranty/evidence", status_code=201, responses=refusals_of_writing(404)
)
@once
def record_evidence(
    request: Request,
    session: WriteSession,
    actor: ApiWriting,
    *,
    serial: str,
    sent: EvidenceIn,
    maker: _Maker = "",
) -> BasisOut:
    """Something was seen that the terms exclude."""
    unit = robot_asked(session, actor, serial, maker)
    typed = EvidenceInput(
        code=sent.code,
        seen_on=sent.seen_on,
        confirmed=sent.confirmed,
        slot_path=sent.slot,
        note=sent.note,
        reference=sent.reference,
    )
    if sent.photo is not None:
        typed = replace(typed, photo=sent.photo.sent().data)
    terms = warrantycover.binding_terms(session, unit)
    warrantypapers.record_evidence(
        session,
        actor,
        unit,
        typed,
        terms=terms.terms if terms else None,
        slot=bodies.slot_called(session, unit, sent.slot) if sent.slot else None,
        files=files_of(request),
    )
    return _basis(session, unit)


@router.post(
    "/{serial:path}/warranty/evidence/{evidence_id}/withdraw", responses=refusals_of_writing(404)
)
@once
def withdraw_evidence(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    serial: str,
    evidence_id: RowId,
    sent: ReasonIn,
    maker: _Maker = "",
) -> BasisOut:
    """It counts no more; it stays on record."""
    unit = robot_asked(session, actor, serial, maker)
    warrantypapers.withdraw_evidence(session, actor, unit, evidence_id, reason=sent.reason)
    return _basis(session, unit)


@router.post("/{serial:path}/warranty/payer", status_code=201, responses=refusals_of_writing(404))
@once
def say_who_paid(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    serial: str,
    sent: PayerIn,
    maker: _Maker = "",
) -> BasisOut:
    """Whether a replaced part came under warranty or was bought; its own cover depends on it."""
    unit = robot_asked(session, actor, serial, maker)
    warrantypapers.say_who_paid(
        session,
        actor,
        unit,
        sent.occupant,
        under_warranty=sent.under_warranty,
        reference=sent.reference,
    )
    return _basis(session, unit)


@router.post("/{serial:path}/contracts", status_code=201, responses=refusals_of_writing(404))
@once
def agree_contract(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    serial: str,
    sent: ContractIn,
    maker: _Maker = "",
) -> BasisOut:
    """A contract that was agreed without a sale at the counter."""
    unit = robot_asked(session, actor, serial, maker)
    typed = ContractInput(
        name=sent.name,
        since=sent.since,
        months=sent.months,
        component_classes=tuple(sent.component_classes),
        visits=sent.visits,
        reference=sent.reference,
    )
    contracts.agree(session, actor, unit, typed)
    return _basis(session, unit)


@router.post(
    "/{serial:path}/contracts/{number}/visits", status_code=201, responses=refusals_of_writing(404)
)
@once
def use_visit(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    serial: str,
    number: Number,
    sent: VisitIn,
    maker: _Maker = "",
) -> BasisOut:
    """The contract pays for a visit."""
    unit = robot_asked(session, actor, serial, maker)
    contract = _contract_of(session, actor, unit, number)
    contracts.use_visit(session, actor, contract, reference=sent.reference)
    return _basis(session, unit)


@router.post("/{serial:path}/contracts/{number}/end", responses=refusals_of_writing(404))
@once
def end_contract(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    serial: str,
    number: Number,
    sent: ReasonIn,
    maker: _Maker = "",
) -> BasisOut:
    """It ends today, before its time."""
    unit = robot_asked(session, actor, serial, maker)
    contract = _contract_of(session, actor, unit, number)
    contracts.end(session, actor, contract, reason=sent.reason)
    return _basis(session, unit)


def _contract_of(session: Session, actor: Actor, unit: Unit, number: int) -> ServiceContract:
    contract = contracts.by_number(session, actor, number)
    if contract.unit_id != unit.id:
        raise NotFound(msg("There is no such contract of this robot."))
    return contract


def _basis(session: Session, unit: Unit) -> BasisOut:
    return BasisOut(
        papers=[_paper(row) for row in warrantypapers.papers_of(session, unit.id)],
        evidence=[_evidence(row) for row in warrantypapers.evidence_of(session, unit.id)],
        contracts=[_contract(one) for one in contracts.of_unit(session, unit.id)],
    )


def _paper(row: WarrantyPaper) -> PaperOut:
    return PaperOut(kind=row.kind, day=row.day, entitlement=row.entitlement, source=row.source)


def _evidence(row: ExclusionEvidence) -> EvidenceOut:
    return EvidenceOut(
        id=row.id,
        code=row.code,
        confirmed=row.confirmed,
        seen_on=row.seen_on,
        note=row.note,
        reference=row.reference,
        photo=row.photo_sha256,
        counts=row.withdrawn_at is None,
    )


def _contract(one: InForce) -> ContractOut:
    return ContractOut(
        number=one.row.number,
        label=one.label,
        name=one.row.name,
        since=one.row.since,
        until=one.ends_on,
        component_classes=one.classes,
        visits_left=one.visits_left,
    )
