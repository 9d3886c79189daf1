"""A robot's warranty and documents as JSON: read only, computed when asked."""

from datetime import date
from typing import Annotated, Self

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel
from sqlalchemy.orm import Session

from app.identity.guard import ApiReading
from app.kernel.actor import Actor
from app.kernel.searchkeys import search_key
from app.robots import documents, gate, makers, registry, requirements, warrantycover
from app.robots.bodyplan import SlotClass
from app.robots.duty_models import FileKind, RobotDocument
from app.robots.models import Unit
from app.robots.requirements import Standing
from app.robots.warranty import Verdict
from app.robots.warranty_case import PayerKind, VerdictKind
from app.robots.warranty_terms import DutyKind, StartBasis
from app.robots.warrantycover import SlotCover
from app.stores import desk
from app.web.i18n import Speech, speech_of
from app.web.problems import refusals
from app.web.sessions import ReadSession

router = APIRouter(prefix="/api/v1/robots", tags=["robots"])

_Maker = Annotated[str, Query(description="Needed where two makers share the serial number.")]


class ClauseOut(BaseModel):
    code: str
    text: str
    source: str


class FactOut(BaseModel):
    """Something that a verdict was computed from: a day, or a number."""

    label: str
    value: date | int


class PayerOut(BaseModel):
    """Who may be asked to pay; not `certain` where somebody must agree first."""

    kind: PayerKind
    reference: str
    certain: bool


class ClaimDutyOut(BaseModel):
    """Something that a claim asks for; `due_on` null: no day can be named yet."""

    kind: DutyKind
    due_on: date | None


class VerdictOut(BaseModel):
    """`clause` decides; `also` are the clauses that its days rest on."""

    verdict: VerdictKind
    sentence: str
    clause: ClauseOut | None
    also: list[ClauseOut]
    starts_on: date | None
    start: StartBasis | None
    ends_on: date | None
    ends_at_hours: int | None
    ends_at_cycles: int | None
    evidence: list[str]
    computed_from: list[FactOut]
    payers: list[PayerOut]
    duties: list[ClaimDutyOut]


class SlotVerdictOut(VerdictOut):
    """`component`: the serial of what sits there, empty for none on record."""

    slot: str
    slot_class: SlotClass
    component: str


class TermsOut(BaseModel):
    key: str
    version: int


class WarrantyOut(BaseModel):
    """A robot's verdicts as they stand on a day; of one slot when one was asked for."""

    judged_for: date
    terms: TermsOut | None
    robot: VerdictOut
    slots: list[SlotVerdictOut]


class RequirementOut(BaseModel):
    """What the store's market asks for, and whether it is there."""

    market: str
    kind: FileKind
    language: str
    standing: Standing


class DocumentOut(BaseModel):
    """A document of the robot (`of_model` false) or of its model; `sha256` is its file's."""

    id: int
    of_model: bool
    kind: FileKind
    title: str
    version: str
    market: str
    language: str
    valid_from: date
    valid_until: date | None
    valid: bool
    sha256: str

    @classmethod
    def of(cls, one: RobotDocument, today: date) -> Self:
        return cls(
            id=one.id,
            of_model=one.model_id is not None,
            kind=one.kind,
            title=one.title,
            version=one.version,
            market=one.market,
            language=one.language,
            valid_from=one.valid_from,
            valid_until=one.valid_until,
            valid=documents.is_valid(one, today),
            sha256=one.file_sha256,
        )


class DocumentsOut(BaseModel):
    required: list[RequirementOut]
    items: list[DocumentOut]


class ReasonOut(BaseModel):
    text: str
    link: str


class QuestionOut(BaseModel):
    """What is asked of a robot before it leaves; without reasons it passes."""

    name: str
    question: str
    reasons: list[ReasonOut]


class GateOut(BaseModel):
    open: bool
    items: list[QuestionOut]


@router.get("/{serial:path}/warranty", responses=refusals(404, 409))
def show_warranty(
    request: Request,
    session: ReadSession,
    actor: ApiReading,
    *,
    serial: str,
    maker: _Maker = "",
    slot: Annotated[str, Query(max_length=200, description="A slot's path; none: all.")] = "",
    on: Annotated[date | None, Query(description="The day it is judged for; none: today.")] = None,
) -> WarrantyOut:
    """Covered, not covered, or ask the maker: with the clause and what it was computed from."""
    unit = _unit(session, actor, serial, maker)
    cover = warrantycover.cover_of(session, actor, unit, on=on)
    wanted = [cover.of_slot(search_key(slot))] if slot else list(cover.slots)
    speech = speech_of(request)
    return WarrantyOut(
        judged_for=cover.day,
        terms=TermsOut(key=cover.terms.terms.key, version=cover.terms.row.version)
        if cover.terms
        else None,
        robot=_verdict(speech, cover.robot),
        slots=[_slot(speech, one) for one in wanted],
    )


@router.get("/{serial:path}/documents", responses=refusals(404, 409))
def list_documents(
    session: ReadSession, actor: ApiReading, *, serial: str, maker: _Maker = ""
) -> DocumentsOut:
    """What the market asks for, and what is on file of the robot and of its model."""
    unit = _unit(session, actor, serial, maker)
    today = desk.business_day_of(desk.store_of(session, unit.store_id))
    return DocumentsOut(
        required=[
            RequirementOut(
                market=answer.requirement.market,
                kind=answer.requirement.kind,
                language=answer.requirement.language,
                standing=answer.standing,
            )
            for answer in requirements.answers(session, unit)
        ],
        items=[DocumentOut.of(one, today) for one in documents.of_unit(session, unit)],
    )


@router.get("/{serial:path}/gate", responses=refusals(404, 409))
def show_gate(
    request: Request, session: ReadSession, actor: ApiReading, *, serial: str, maker: _Maker = ""
) -> GateOut:
    """May this robot leave? Every question that is asked before, and what was found."""
    unit = _unit(session, actor, serial, maker)
    say = speech_of(request).say
    answers = gate.answers(session, actor, unit)
    return GateOut(
        open=not any(answer.reasons for answer in answers),
        items=[
            QuestionOut(
                name=answer.name,
                question=say(answer.question),
                reasons=[
                    ReasonOut(text=say(reason.text), link=reason.link) for reason in answer.reasons
                ],
            )
            for answer in answers
        ],
    )


def _unit(session: Session, actor: Actor, serial: str, maker: str) -> Unit:
    actor.require("robots.view")
    maker_id = makers.maker_called(session, maker).id if maker else None
    return registry.by_serial(session, actor, serial, maker_id=maker_id)


def _slot(speech: Speech, one: SlotCover) -> SlotVerdictOut:
    component = one.occupant.component if one.occupant else None
    return SlotVerdictOut(
        **_verdict(speech, one.verdict).model_dump(),
        slot=one.slot.path,
        slot_class=one.slot.slot_class,
        component=component.serial if component else "",
    )


def _verdict(speech: Speech, verdict: Verdict) -> VerdictOut:
    clauses = [
        ClauseOut(code=one.code, text=speech.say(one.text), source=one.source)
        for one in (verdict.clause, *verdict.also)
        if one is not None
    ]
    decides = clauses[0] if verdict.clause is not None else None
    return VerdictOut(
        verdict=verdict.kind,
        sentence=speech.say(verdict.sentence),
        clause=decides,
        also=clauses[1:] if decides else clauses,
        starts_on=verdict.starts_on,
        start=verdict.start_basis,
        ends_on=verdict.ends_on,
        ends_at_hours=verdict.ends_at.hours,
        ends_at_cycles=verdict.ends_at.cycles,
        evidence=list(verdict.evidence),
        computed_from=[
            FactOut(label=speech.say(fact.label), value=fact.value)
            for fact in verdict.computed_from
        ],
        payers=[
            PayerOut(kind=one.kind, reference=one.reference, certain=one.certain)
            for one in verdict.payers
        ],
        duties=[ClaimDutyOut(kind=one.kind, due_on=one.due_on) for one in verdict.duties],
    )
