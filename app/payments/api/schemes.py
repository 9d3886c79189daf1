"""Voucher schemes as JSON: what an authority pays for, from when to when, and what it asks for."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from app.identity.guard import ApiReading, ApiWriting
from app.payments import schemes
from app.payments.schemes import SchemeInput
from app.payments.voucher_models import Buyers, Rest, VoucherScheme
from app.stores import desk
from app.web.idempotent import once
from app.web.problems import refusals, refusals_of_writing
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import Cursor, MoneyOut, PageOut, PriceIn, RowId, Sent, Words

router = APIRouter(prefix="/api/v1/schemes", tags=["vouchers"])
Id = Annotated[int, Field(ge=1, le=2**63 - 1)]


class PaperAskedOut(BaseModel):
    id: int
    name: str


class SchemeOut(BaseModel):
    """`share_bp` is null where the amount is fixed, a cap where there is none. Without `models`
    every robot is paid for. `rest` says who bears what the authority does not accept.
    """

    id: int
    name: str
    authority: str
    share_bp: int | None
    most: MoneyOut
    valid_from: date
    valid_until: date
    is_open: bool
    buyers: Buyers
    models: list[int]
    per_buyer: int | None
    in_all: int | None
    evidence: str
    papers: list[PaperAskedOut]
    rest: Rest


class SchemeIn(Sent):
    """`evidence` is written down at the till; a claim waits for the files named by `papers`."""

    name: Words
    authority: Words
    most: PriceIn
    valid_from: Annotated[date, Field(strict=False)]
    valid_until: Annotated[date, Field(strict=False)]
    share_bp: int = Field(default=0, ge=0, le=10_000)
    buyers: Annotated[Buyers, Field(strict=False)] = Buyers.ANYBODY
    models: Annotated[list[Id], Field(max_length=200)] = []
    per_buyer: int = Field(default=1, ge=0, le=1_000_000)
    in_all: int = Field(default=0, ge=0, le=1_000_000)
    evidence: Words = ""
    papers: Annotated[list[Words], Field(max_length=schemes.MOST_PAPERS)] = []
    rest: Annotated[Rest, Field(strict=False)] = Rest.STORE


@router.get("", responses=refusals())
def list_schemes(
    session: ReadSession, actor: ApiReading, cursor: Cursor = ""
) -> PageOut[SchemeOut]:
    """The newest first, 50 a page."""
    actor.require("counter.sell")
    page = schemes.page(session, actor, cursor=cursor or None)
    return PageOut(items=_schemes(session, list(page.items)), next=page.next)


@router.post("", status_code=201, responses=refusals_of_writing())
@once
def add_scheme(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    body: SchemeIn,
) -> SchemeOut:
    made = schemes.create(
        session,
        actor,
        SchemeInput(
            name=body.name,
            authority=body.authority,
            most=body.most.money(),
            valid_from=body.valid_from,
            valid_until=body.valid_until,
            share_bp=body.share_bp,
            buyers=body.buyers,
            models=tuple(body.models),
            per_buyer=body.per_buyer,
            in_all=body.in_all,
            evidence=body.evidence,
            papers=tuple(body.papers),
            rest=body.rest,
        ),
    )
    return _schemes(session, [made])[0]


@router.get("/{scheme_id}", responses=refusals(404))
def show_scheme(session: ReadSession, actor: ApiReading, scheme_id: RowId) -> SchemeOut:
    actor.require("counter.sell")
    return _schemes(session, [schemes.by_id(session, actor, scheme_id)])[0]


@router.post("/{scheme_id}/end", responses=refusals_of_writing(404))
@once
def end_scheme(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    scheme_id: RowId,
) -> SchemeOut:
    """No more of it from now on; again is the same as once."""
    found = schemes.by_id(session, actor, scheme_id)
    schemes.end(session, actor, found)
    return _schemes(session, [found])[0]


def _schemes(session: Session, found: list[VoucherScheme]) -> list[SchemeOut]:
    ids = [one.id for one in found]
    models, papers = schemes.models_of(session, ids), schemes.papers_of(session, ids)
    store = desk.store_of(session, found[0].store_id) if found else None
    today = desk.business_day_of(store) if store else date.min
    return [
        SchemeOut(
            id=one.id,
            name=one.name,
            authority=one.authority,
            share_bp=one.share_bp or None,
            most=MoneyOut.minor(one.most_minor, one.currency),
            valid_from=one.valid_from,
            valid_until=one.valid_until,
            is_open=schemes.is_open(one, today),
            buyers=one.buyers,
            models=models.get(one.id, []),
            per_buyer=one.per_buyer or None,
            in_all=one.in_all or None,
            evidence=one.evidence,
            papers=[PaperAskedOut(id=each.id, name=each.name) for each in papers.get(one.id, [])],
            rest=one.rest,
        )
        for one in found
    ]
