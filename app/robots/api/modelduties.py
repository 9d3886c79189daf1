"""What is owed around models, as JSON: class under the AI Act, figures, terms, required papers."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.identity.guard import ApiReading, ApiWriting
from app.robots import aiclasses, figures, makers, requirements, termsbook
from app.robots.aiclasses import ClassInput
from app.robots.duty_models import (
    AiClass,
    AiRisk,
    AiRole,
    Buyers,
    DocumentRequirement,
    FileKind,
    WarrantyTerms,
)
from app.robots.figures import FigureInput
from app.robots.requirements import RequirementInput
from app.robots.warranty_terms import MAX_BYTES
from app.web.idempotent import once
from app.web.problems import refusals, refusals_of_writing
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import RowId, Sent, Words

router = APIRouter(prefix="/api/v1", tags=["models"])

_Long = Annotated[str, Field(max_length=2_000)]


class ClassIn(Sent):
    """An assessment, which counts from now on; `review_on` null: until something changes."""

    role: AiRole = Field(strict=False)
    risk: AiRisk = Field(strict=False)
    basis: _Long
    assessed_on: date = Field(strict=False)
    review_on: date | None = Field(default=None, strict=False)


class ClassOut(BaseModel):
    role: AiRole
    risk: AiRisk
    basis: str
    assessed_on: date
    review_on: date | None


class ClassList(BaseModel):
    """The newest first; it counts."""

    items: list[ClassOut]


class FigureIn(Sent):
    """What one source says, and on which day it was read there."""

    name: Words
    value: Words
    unit: Annotated[str, Field(max_length=32)] = ""
    source: Words
    as_of: date = Field(strict=False)


class SourceOut(BaseModel):
    id: int
    value: str
    unit: str
    source: str
    as_of: date


class FigureOut(BaseModel):
    """All that is said of one thing; `in_conflict`: sources disagree."""

    name: str
    in_conflict: bool
    said: list[SourceOut]


class FigureList(BaseModel):
    items: list[FigureOut]


class RequirementIn(Sent):
    """What robots need before a handover in a market: a country, or EU; null `model`: of each."""

    market: Words
    kind: FileKind = Field(strict=False)
    since: date = Field(default=date(2000, 1, 1), strict=False)
    model: Annotated[int, Field(ge=1, le=2**63 - 1)] | None = None
    language: Words = ""
    basis: _Long = ""


class RequirementOut(BaseModel):
    id: int
    market: str
    kind: FileKind
    since: date
    model: int | None
    language: str
    basis: str


class RequirementList(BaseModel):
    items: list[RequirementOut]


class TermsIn(Sent):
    """A new version; `terms` is the JSON of the terms as text."""

    maker: Words
    buyers: Buyers = Field(default=Buyers.EVERYBODY, strict=False)
    valid_from: date | None = Field(default=None, strict=False)
    terms: Annotated[str, Field(max_length=MAX_BYTES)]


class TermsVersionOut(BaseModel):
    id: int
    maker: str
    key: str
    version: int
    buyers: Buyers
    valid_from: date | None


class TermsList(BaseModel):
    items: list[TermsVersionOut]


@router.get("/robot-models/{model_id}/ai-class", responses=refusals(404))
def list_classes(session: ReadSession, actor: ApiReading, model_id: RowId) -> ClassList:
    """A model's class under the EU AI Act, with the basis."""
    actor.require("robots.view")
    makers.model_by_id(session, model_id)
    return ClassList(items=[_class(row) for row in aiclasses.history(session, model_id)])


@router.post(
    "/robot-models/{model_id}/ai-class", status_code=201, responses=refusals_of_writing(404)
)
@once
def assess_model(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    model_id: RowId,
    sent: ClassIn,
) -> ClassOut:
    """A new assessment; earlier ones stay on record."""
    model = makers.model_by_id(session, model_id)
    return _class(aiclasses.assess(session, actor, model, ClassInput(**sent.model_dump())))


@router.get("/robot-models/{model_id}/figures", responses=refusals(404))
def list_figures(session: ReadSession, actor: ApiReading, model_id: RowId) -> FigureList:
    """What sources say of a model; those that disagree stand side by side."""
    actor.require("robots.view")
    makers.model_by_id(session, model_id)
    return _figures(session, model_id)


@router.post(
    "/robot-models/{model_id}/figures", status_code=201, responses=refusals_of_writing(404)
)
@once
def say_figure(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    model_id: RowId,
    sent: FigureIn,
) -> FigureList:
    """What a source says."""
    model = makers.model_by_id(session, model_id)
    figures.say(session, actor, model, FigureInput(**sent.model_dump()))
    return _figures(session, model_id)


@router.post(
    "/robot-models/{model_id}/figures/{figure_id}/withdraw", responses=refusals_of_writing(404)
)
@once
def withdraw_figure(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    model_id: RowId,
    figure_id: RowId,
) -> FigureList:
    """The source took it back, or it was misread."""
    figures.withdraw(session, actor, makers.model_by_id(session, model_id), figure_id)
    return _figures(session, model_id)


@router.get("/document-requirements", responses=refusals())
def list_requirements(session: ReadSession, actor: ApiReading) -> RequirementList:
    """What markets ask for before a handover."""
    actor.require("robots.view")
    return RequirementList(items=[_requirement(row) for row in requirements.in_force(session)])


@router.post("/document-requirements", status_code=201, responses=refusals_of_writing(404))
@once
def add_requirement(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    sent: RequirementIn,
) -> RequirementOut:
    """Such robots stay here without this document."""
    typed = RequirementInput(
        market=sent.market,
        kind=sent.kind,
        since=sent.since,
        model_id=sent.model,
        language=sent.language,
        basis=sent.basis,
    )
    return _requirement(requirements.require(session, actor, typed))


@router.post(
    "/document-requirements/{requirement_id}/end",
    responses=refusals_of_writing(404),
)
@once
def end_requirement(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    requirement_id: RowId,
) -> RequirementList:
    """It is asked for no more; answers with what is."""
    requirements.end(session, actor, requirement_id)
    return list_requirements(session, actor)


@router.get("/warranty-terms", responses=refusals())
def list_terms(session: ReadSession, actor: ApiReading) -> TermsList:
    """Every version of every maker's terms."""
    actor.require("robots.view")
    listed = termsbook.everything(session)
    return TermsList(
        items=[
            _terms(maker.name, version.row)
            for maker in makers.makers(session)
            for version in listed.get(maker.id, [])
        ]
    )


@router.post("/warranty-terms", status_code=201, responses=refusals_of_writing(404))
@once
def put_terms(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    sent: TermsIn,
) -> TermsVersionOut:
    """A new version of a maker's terms; versions never change."""
    maker = makers.maker_called(session, sent.maker)
    row = termsbook.put_on_file(
        session,
        actor,
        maker,
        sent.terms.encode(errors="replace"),
        buyers=sent.buyers,
        valid_from=sent.valid_from,
    )
    return _terms(maker.name, row)


@router.get(
    "/warranty-terms/{terms_id}",
    responses=refusals(404) | {200: {"content": {"application/json": {}}}},
    response_class=Response,
)
def take_terms(session: ReadSession, actor: ApiReading, terms_id: RowId) -> Response:
    """A version as the JSON that a new one can be made from."""
    actor.require("robots.view")
    row = termsbook.by_id(session, terms_id).row
    return Response(row.terms, media_type="application/json")


def _class(row: AiClass) -> ClassOut:
    return ClassOut(
        role=row.role,
        risk=row.risk,
        basis=row.basis,
        assessed_on=row.assessed_on,
        review_on=row.review_on,
    )


def _figures(session: Session, model_id: int) -> FigureList:
    return FigureList(
        items=[
            FigureOut(
                name=figure.name,
                in_conflict=figure.in_conflict,
                said=[
                    SourceOut(
                        id=one.id,
                        value=one.value,
                        unit=one.unit,
                        source=one.source,
                        as_of=one.as_of,
                    )
                    for one in figure.said
                ],
            )
            for figure in figures.of_model(session, model_id)
        ]
    )


def _requirement(row: DocumentRequirement) -> RequirementOut:
    return RequirementOut(
        id=row.id,
        market=row.market,
        kind=row.kind,
        since=row.since,
        model=row.model_id,
        language=row.language,
        basis=row.basis,
    )


def _terms(maker: str, row: WarrantyTerms) -> TermsVersionOut:
    return TermsVersionOut(
        id=row.id,
        maker=maker,
        key=row.terms_key,
        version=row.version,
        buyers=row.buyers,
        valid_from=row.valid_from,
    )
