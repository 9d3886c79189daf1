"""Till sessions for programs: open, move cash, look, close."""

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import JSONResponse, Response

from app.identity.guard import ApiReading, ApiWriting
from app.kernel.actor import Actor
from app.kernel.errors import NotFound, Refused
from app.kernel.money import MOST_MINOR, Money
from app.kernel.searchkeys import clean
from app.kernel.text import msg
from app.payments import issuing, tills
from app.payments.documents import DocumentContent
from app.payments.models import CashMovement, IssuedDocument, TillSession
from app.stores import desk
from app.stores.models import Till
from app.web.idempotent import once
from app.web.sessions import ReadSession, WriteSession

router = APIRouter(prefix="/api/v1/till-sessions", tags=["till sessions"])
SessionId = Annotated[int, Path(ge=1, le=2**63 - 1)]


class Problem(BaseModel):
    """RFC 9457 problem details, as every refusal is told."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str


class Amount(BaseModel):
    """Minor units of a currency: 1234 EUR is 12.34 euro."""

    model_config = ConfigDict(extra="forbid", strict=True)

    amount: int = Field(ge=-MOST_MINOR, le=MOST_MINOR)
    currency: str = Field(pattern=r"^[A-Z]{3}$")

    def money(self) -> Money:
        return Money(self.amount, self.currency)


class _Sent(BaseModel):
    model_config = ConfigDict(extra="forbid")


class OpenSession(_Sent):
    """Which till, by its name, and what lies in its drawer."""

    till: str = Field(min_length=1, max_length=40)
    float_amount: Amount = Field(alias="float")


class MoveCash(_Sent):
    """Positive into the drawer, negative out of it."""

    amount: Amount
    reason: str = Field(min_length=1, max_length=200)


class CloseSession(_Sent):
    """What was counted; `reason` where it is not what was expected."""

    counted: Amount
    reason: str = Field(default="", max_length=200)


class SessionOut(BaseModel):
    """A till session; count, expectation and difference only once it is closed."""

    id: int
    number: int
    till: str
    is_open: bool
    float_amount: Amount = Field(serialization_alias="float")
    opened_at: datetime
    opened_by: str
    closed_at: datetime | None
    closed_by: str
    counted: Amount | None
    expected: Amount | None
    difference: Amount | None
    difference_reason: str
    z_report: str | None


class MovementOut(BaseModel):
    id: int
    amount: Amount
    reason: str
    at: datetime
    by: str


class TenderOut(BaseModel):
    tender: str
    count: int
    taken: Amount
    returned: Amount


class TaxOut(BaseModel):
    """One rate in basis points: 1900 is 19 %."""

    rate_bp: int
    net: Amount
    tax: Amount
    gross: Amount


class ReportMovementOut(BaseModel):
    at: datetime
    reason: str
    amount: Amount


class ReportOut(BaseModel):
    """An X report (no number, not counted) or a Z report (numbered, frozen)."""

    number: str
    kind: str
    till: str
    session: str
    business_day: date
    issued_at: datetime
    opened_at: datetime
    opened_by: str
    closed_at: datetime | None
    closed_by: str
    float_amount: Amount = Field(serialization_alias="float")
    expected: Amount
    counted: Amount | None
    difference: Amount | None
    net: Amount
    tax: Amount
    gross: Amount
    tenders: list[TenderOut]
    taxes: list[TaxOut]
    movements: list[ReportMovementOut]
    chain_head: str


_REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "description": what}
    for status, what in {
        401: "No token, or one that is not known",
        403: "The token's role may not do this",
        404: "There is no such till or session",
        409: "Somebody was faster",
        422: "A rule of the store says no",
    }.items()
}


@router.post("", status_code=201, response_model=SessionOut, responses=_REFUSALS)
@once
def open_session(
    request: Request,  # noqa: ARG001 - read by @once
    session: WriteSession,
    actor: ApiWriting,
    body: OpenSession,
) -> Response:
    """Open a till with its float."""
    till = _till_named(session, actor, body.till)
    opened = tills.open_session(session, actor, till, body.float_amount.money())
    return _created(_session_out(session, actor, opened))


@router.post(
    "/{session_id}/movements", status_code=201, response_model=MovementOut, responses=_REFUSALS
)
@once
def move_cash(
    request: Request,  # noqa: ARG001 - read by @once
    session: WriteSession,
    actor: ApiWriting,
    session_id: SessionId,
    body: MoveCash,
) -> Response:
    """Put cash into a drawer, or take it out."""
    till_session = tills.by_id(session, actor, session_id)
    moved = tills.move_cash(session, actor, till_session, body.amount.money(), body.reason)
    return _created(_movement_out(moved, till_session.currency))


@router.post("/{session_id}/close", response_model=SessionOut, responses=_REFUSALS)
@once
def close_session(
    request: Request,  # noqa: ARG001 - read by @once
    session: WriteSession,
    actor: ApiWriting,
    session_id: SessionId,
    body: CloseSession,
) -> Response:
    """Count and close. A difference without a reason is refused and not told."""
    till_session = tills.by_id(session, actor, session_id)
    tills.close(session, actor, till_session, body.counted.money(), body.reason)
    return JSONResponse(_plain(_session_out(session, actor, till_session)))


@router.get("/{session_id}/x-report", response_model=ReportOut, responses=_REFUSALS)
def x_report(session: ReadSession, actor: ApiReading, session_id: SessionId) -> Response:
    """An open session as it stands now."""
    till_session = tills.by_id(session, actor, session_id)
    if till_session.closed_at is not None:
        raise Refused(msg("Till session {number} has its Z report.", number=till_session.number))
    return JSONResponse(_plain(_report_out(tills.x_report(session, actor, till_session))))


@router.get("/{session_id}/z-report", response_model=ReportOut, responses=_REFUSALS)
def z_report(session: ReadSession, actor: ApiReading, session_id: SessionId) -> Response:
    """A closed session as it was frozen."""
    till_session = tills.by_id(session, actor, session_id)
    if till_session.z_document_id is None:
        raise NotFound(msg("Till session {number} is still open.", number=till_session.number))
    document = issuing.document(session, actor, till_session.z_document_id)
    return JSONResponse(_plain(_report_out(issuing.content_of(document))))


def _till_named(session: Session, actor: Actor, name: str) -> Till:
    till = session.scalar(
        select(Till).where(Till.store_id == actor.store_id, Till.name == clean(name))
    )
    if till is None:
        raise NotFound(msg("There is no such till in this store."), field="till")
    return till


def _session_out(session: Session, actor: Actor, found: TillSession) -> SessionOut:
    document = session.get(IssuedDocument, found.z_document_id) if found.z_document_id else None
    return SessionOut(
        id=found.id,
        number=found.number,
        till=desk.till_by_id(session, actor, found.till_id).name,
        is_open=found.closed_at is None,
        float_amount=Amount(amount=found.float_minor, currency=found.currency),
        opened_at=found.opened_at,
        opened_by=found.opened_by,
        closed_at=found.closed_at,
        closed_by=found.closed_by,
        counted=_minor(found.counted_minor, found.currency),
        expected=_minor(found.expected_minor, found.currency),
        difference=_minor(found.difference_minor, found.currency),
        difference_reason=found.difference_reason,
        z_report=document.label if document else None,
    )


def _movement_out(moved: CashMovement, currency: str) -> MovementOut:
    return MovementOut(
        id=moved.id,
        amount=Amount(amount=moved.amount_minor, currency=currency),
        reason=moved.reason,
        at=moved.at,
        by=moved.by,
    )


def _report_out(content: DocumentContent) -> ReportOut:
    report = content.till
    if report is None:
        raise ValueError(f"{content.number} is not a till report")
    return ReportOut(
        number=content.number,
        kind=content.kind.value,
        till=report.till,
        session=report.session,
        business_day=content.business_day,
        issued_at=content.issued_at,
        opened_at=report.opened_at,
        opened_by=report.opened_by,
        closed_at=report.closed_at,
        closed_by=report.closed_by,
        float_amount=_amount(report.float_amount),
        expected=_amount(report.expected),
        counted=_amount(report.counted) if report.counted is not None else None,
        difference=_amount(report.difference) if report.difference is not None else None,
        net=_amount(content.totals.net),
        tax=_amount(content.totals.tax),
        gross=_amount(content.totals.gross),
        tenders=[
            TenderOut(
                tender=each.label,
                count=each.count,
                taken=_amount(each.taken),
                returned=_amount(each.returned),
            )
            for each in report.tenders
        ],
        taxes=[
            TaxOut(
                rate_bp=each.rate_bp,
                net=_amount(each.net),
                tax=_amount(each.tax),
                gross=_amount(each.gross),
            )
            for each in content.taxes
        ],
        movements=[
            ReportMovementOut(at=each.at, reason=each.reason, amount=_amount(each.amount))
            for each in report.movements
        ],
        chain_head=content.chain_head,
    )


def _amount(money: Money) -> Amount:
    return Amount(amount=money.minor, currency=money.currency)


def _minor(minor: int | None, currency: str) -> Amount | None:
    return None if minor is None else Amount(amount=minor, currency=currency)


def _plain(out: BaseModel) -> dict[str, Any]:
    return out.model_dump(mode="json", by_alias=True)


def _created(out: BaseModel) -> Response:
    return JSONResponse(_plain(out), 201)
