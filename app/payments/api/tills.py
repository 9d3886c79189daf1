"""Till sessions for programs: open, move cash, look, close."""

from datetime import date, datetime

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.identity.guard import ApiReading, ApiWriting
from app.kernel.actor import Actor
from app.kernel.errors import NotFound, Refused
from app.kernel.searchkeys import clean
from app.kernel.text import msg
from app.payments import counts, drawers, issuing, tills
from app.payments.documents import DocumentContent
from app.payments.errors import DifferenceUnexplained
from app.payments.models import CashMovement, IssuedDocument, TillSession
from app.stores import desk
from app.stores.models import Till
from app.web.idempotent import once
from app.web.problems import refusals, refusals_of_writing
from app.web.sessions import ReadSession, WriteSession, database_of
from app.web.wire import MoneyIn, MoneyOut, PriceIn, RowId, Sent, TaxOut

router = APIRouter(prefix="/api/v1/till-sessions", tags=["till sessions"])


class OpenSession(Sent):
    """Which till, by its name, and what lies in its drawer."""

    till: str = Field(min_length=1, max_length=40)
    float_amount: MoneyIn = Field(alias="float")


class MoveCash(Sent):
    """Positive into the drawer, negative out of it."""

    amount: MoneyIn
    reason: str = Field(min_length=1, max_length=200)


class PieceIn(Sent):
    """How many notes or coins of one value, in minor units: a 5 euro note is 500."""

    value: int = Field(ge=1, le=10**9)
    pieces: int = Field(ge=0, le=100_000)


class CloseSession(Sent):
    """What was counted; `reason` where it is not what was expected. `pieces`, where they are told,
    make that sum.
    """

    counted: MoneyIn
    reason: str = Field(default="", max_length=200)
    pieces: list[PieceIn] = Field(default=[], max_length=40)


class DropToSafe(Sent):
    """What goes into the safe, and what is printed on its bag."""

    amount: PriceIn
    bag: str = Field(min_length=1, max_length=64)


class OpenDrawer(Sent):
    reason: str = Field(min_length=1, max_length=200)


class OpeningOut(BaseModel):
    """The drawer opens as soon as the till's printer is told."""

    at: datetime
    by: str
    reason: str


class SessionOut(BaseModel):
    """A till session; count, expectation and difference only once it is closed."""

    id: int
    number: int
    till: str
    till_id: int
    is_open: bool
    float_amount: MoneyOut = Field(serialization_alias="float")
    opened_at: datetime
    opened_by: str
    closed_at: datetime | None
    closed_by: str
    counted: MoneyOut | None
    expected: MoneyOut | None
    difference: MoneyOut | None
    difference_reason: str
    z_report: str | None


class MovementOut(BaseModel):
    id: int
    amount: MoneyOut
    reason: str
    at: datetime
    by: str


class TenderOut(BaseModel):
    tender: str
    count: int
    taken: MoneyOut
    returned: MoneyOut


class PieceOut(BaseModel):
    """How many notes or coins of one value were counted."""

    value: MoneyOut
    pieces: int


class ReportMovementOut(BaseModel):
    at: datetime
    reason: str
    amount: MoneyOut


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
    float_amount: MoneyOut = Field(serialization_alias="float")
    expected: MoneyOut
    counted: MoneyOut | None
    difference: MoneyOut | None
    net: MoneyOut
    tax: MoneyOut
    gross: MoneyOut
    tenders: list[TenderOut]
    taxes: list[TaxOut]
    movements: list[ReportMovementOut]
    pieces: list[PieceOut]
    rounding: MoneyOut | None
    chain_head: str


@router.post("", status_code=201, responses=refusals_of_writing(404))
@once
def open_session(
    request: Request,  # noqa: ARG001 - read by @once
    session: WriteSession,
    actor: ApiWriting,
    body: OpenSession,
) -> SessionOut:
    """Open a till with its float."""
    till = _till_named(session, actor, body.till)
    opened = tills.open_session(session, actor, till, body.float_amount.money())
    return _session_out(session, actor, opened)


@router.post("/{session_id}/movements", status_code=201, responses=refusals_of_writing(404))
@once
def move_cash(
    request: Request,  # noqa: ARG001 - read by @once
    session: WriteSession,
    actor: ApiWriting,
    session_id: RowId,
    body: MoveCash,
) -> MovementOut:
    """Put cash into a drawer, or take it out."""
    till_session = tills.by_id(session, actor, session_id)
    moved = tills.move_cash(session, actor, till_session, body.amount.money(), body.reason)
    return _movement_out(moved, till_session.currency)


@router.post("/{session_id}/close", responses=refusals_of_writing(404))
@once
def close_session(
    request: Request,
    session: WriteSession,
    actor: ApiWriting,
    session_id: RowId,
    body: CloseSession,
) -> SessionOut:
    """Count and close. A difference without a reason is refused and not told; that it was counted
    stays on record.
    """
    till_session = tills.by_id(session, actor, session_id)
    counted = counts.told(
        session,
        actor.store_id,
        total=body.counted.money(),
        pieces=_pieces(body.pieces),
        field="counted",
    )
    try:
        tills.close(session, actor, till_session, counted, body.reason)
    except DifferenceUnexplained:
        session.rollback()
        counts.keep_refused(database_of(request), actor, session_id, counted)
        raise
    return _session_out(session, actor, till_session)


@router.post("/{session_id}/safe-drops", status_code=201, responses=refusals_of_writing(404))
@once
def drop_to_safe(
    request: Request,  # noqa: ARG001 - read by @once
    session: WriteSession,
    actor: ApiWriting,
    session_id: RowId,
    body: DropToSafe,
) -> MovementOut:
    """Take cash out of a drawer into the safe, in a sealed bag."""
    till_session = tills.by_id(session, actor, session_id)
    moved = drawers.drop_to_safe(session, actor, till_session, body.amount.money(), bag=body.bag)
    return _movement_out(moved, till_session.currency)


@router.post("/{session_id}/drawer", status_code=201, responses=refusals_of_writing(404))
@once
def open_drawer(
    request: Request,  # noqa: ARG001 - read by @once
    session: WriteSession,
    actor: ApiWriting,
    session_id: RowId,
    body: OpenDrawer,
) -> OpeningOut:
    """Open a drawer without a sale, by the till's printer."""
    till_session = tills.by_id(session, actor, session_id)
    opening = drawers.open_without_sale(session, actor, till_session, reason=body.reason)
    return OpeningOut(at=opening.at, by=opening.by, reason=opening.reason)


@router.get("/{session_id}/x-report", responses=refusals(404))
def x_report(session: ReadSession, actor: ApiReading, session_id: RowId) -> ReportOut:
    """An open session as it stands now."""
    till_session = tills.by_id(session, actor, session_id)
    if till_session.closed_at is not None:
        raise Refused(msg("Till session {number} has its Z report.", number=till_session.number))
    return _report_out(tills.x_report(session, actor, till_session))


@router.get("/{session_id}/z-report", responses=refusals(404))
def z_report(session: ReadSession, actor: ApiReading, session_id: RowId) -> ReportOut:
    """A closed session as it was frozen."""
    till_session = tills.by_id(session, actor, session_id)
    if till_session.z_document_id is None:
        raise NotFound(msg("Till session {number} is still open.", number=till_session.number))
    document = issuing.document(session, actor, till_session.z_document_id)
    return _report_out(issuing.content_of(document))


def _pieces(told: list[PieceIn]) -> dict[int, int]:
    """How many of each value; a value that is told twice lay in two heaps."""
    heaps: dict[int, int] = {}
    for each in told:
        heaps[each.value] = heaps.get(each.value, 0) + each.pieces
    return heaps


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
        till_id=found.till_id,
        is_open=found.closed_at is None,
        float_amount=MoneyOut.minor(found.float_minor, found.currency),
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
        amount=MoneyOut.minor(moved.amount_minor, currency),
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
        float_amount=MoneyOut.of(report.float_amount),
        expected=MoneyOut.of(report.expected),
        counted=MoneyOut.of(report.counted) if report.counted is not None else None,
        difference=MoneyOut.of(report.difference) if report.difference is not None else None,
        net=MoneyOut.of(content.totals.net),
        tax=MoneyOut.of(content.totals.tax),
        gross=MoneyOut.of(content.totals.gross),
        tenders=[
            TenderOut(
                tender=each.label,
                count=each.count,
                taken=MoneyOut.of(each.taken),
                returned=MoneyOut.of(each.returned),
            )
            for each in report.tenders
        ],
        taxes=[
            TaxOut(
                rate_bp=each.rate_bp,
                net=MoneyOut.of(each.net),
                tax=MoneyOut.of(each.tax),
                gross=MoneyOut.of(each.gross),
            )
            for each in content.taxes
        ],
        movements=[
            ReportMovementOut(at=each.at, reason=each.reason, amount=MoneyOut.of(each.amount))
            for each in report.movements
        ],
        pieces=[
            PieceOut(value=MoneyOut.of(each.value), pieces=each.pieces) for each in report.pieces
        ],
        rounding=MoneyOut.of(report.rounding) if report.rounding is not None else None,
        chain_head=content.chain_head,
    )


def _minor(minor: int | None, currency: str) -> MoneyOut | None:
    return None if minor is None else MoneyOut.minor(minor, currency)
