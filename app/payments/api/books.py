"""The books and the day for programs."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel
from sqlalchemy.orm import Session
from starlette.responses import StreamingResponse

from app.identity.guard import ApiReading
from app.kernel import csvfile
from app.kernel.actor import Actor
from app.kernel.errors import Refused
from app.kernel.text import msg
from app.payments import bookfiles, books, dayreport
from app.payments.books import Period, Wanted
from app.payments.models import Account, EntryKind
from app.web.problems import refusals
from app.web.sessions import ReadSession, database_of
from app.web.wire import Cursor, MoneyOut, PageOut

router = APIRouter(prefix="/api/v1", tags=["books"])
_FIRST, _LAST = date(1970, 1, 1), date(2200, 1, 1)
FirstDay = Annotated[
    date | None, Query(alias="from", description="Business day, the first of the period.")
]
LastDay = Annotated[
    date | None, Query(alias="to", description="Business day, the last of the period.")
]


class AccountOut(BaseModel):
    """A debit is positive: `closing` = `opening` + `debit` - `credit`."""

    account: str
    opening: MoneyOut
    debit: MoneyOut
    credit: MoneyOut
    closing: MoneyOut


class BalanceOut(BaseModel):
    """Every account in each of its currencies. Per currency the closings add up to zero."""

    first: date
    last: date
    accounts: list[AccountOut]


class SideOut(BaseModel):
    account: str
    debit: MoneyOut | None
    credit: MoneyOut | None


class EntryOut(BaseModel):
    """A journal entry; `reference` names what it is about (`order:1042`)."""

    id: int
    at: datetime
    business_day: date
    kind: str
    reference: str
    till_session: int | None
    memo: str
    sides: list[SideOut]


class TakenOut(BaseModel):
    """What one way to pay brought at one till; `till` is empty for what came at none."""

    till: str
    tender: str
    count: int
    taken: MoneyOut
    returned: MoneyOut
    net: MoneyOut


class RateOut(BaseModel):
    rate_bp: int
    net: MoneyOut
    tax: MoneyOut
    gross: MoneyOut


class DrawerOut(BaseModel):
    session: int
    till: str
    opened_at: datetime
    closed_at: datetime | None
    counted: MoneyOut | None
    difference: MoneyOut | None
    difference_reason: str
    z_report: str


class DayOut(BaseModel):
    """A business day over all tills. `undecided` payments and refunds are those of now."""

    day: date
    tenders: list[TakenOut]
    rates: list[RateOut]
    sessions: list[DrawerOut]
    sales: int
    net: MoneyOut
    tax: MoneyOut
    gross: MoneyOut
    total_taken: MoneyOut
    to_safe: MoneyOut
    difference: MoneyOut
    rounding: MoneyOut
    undecided: int
    unsigned: int
    chain_head: str


@router.get("/books/trial-balance", responses=refusals())
def trial_balance(
    session: ReadSession, actor: ApiReading, first: FirstDay = None, last: LastDay = None
) -> BalanceOut:
    """The trial balance of a period; without days, of this month."""
    period = _period(session, actor, first, last)
    rows = books.trial_balance(session, actor, period)
    return BalanceOut(
        first=period.first,
        last=period.last,
        accounts=[
            AccountOut(
                account=row.account.value,
                opening=MoneyOut.of(row.opening),
                debit=MoneyOut.of(row.debit),
                credit=MoneyOut.of(row.credit),
                closing=MoneyOut.of(row.closing),
            )
            for row in rows
        ],
    )


@router.get("/books/journal", responses=refusals())
def journal(
    session: ReadSession,
    actor: ApiReading,
    *,
    first: FirstDay = None,
    last: LastDay = None,
    account: Account | None = None,
    kind: EntryKind | None = None,
    about: Annotated[str, Query(max_length=64, description="`order:1042`, or 1042.")] = "",
    cursor: Cursor = "",
) -> PageOut[EntryOut]:
    """Entries with their postings, the newest day first. With `about` and no day: whatever day."""
    period = None if about and not (first or last) else _period(session, actor, first, last)
    wanted = Wanted(period=period, account=account, kind=kind, about=about)
    page = books.entries(session, actor, wanted, cursor=cursor)
    return PageOut(
        items=[
            EntryOut(
                id=entry.id,
                at=entry.at,
                business_day=entry.business_day,
                kind=entry.kind.value,
                reference=entry.reference,
                till_session=entry.till_session,
                memo=entry.memo,
                sides=[
                    SideOut(
                        account=side.account.value,
                        debit=MoneyOut.of(side.debit) if side.debit else None,
                        credit=MoneyOut.of(side.credit) if side.credit else None,
                    )
                    for side in entry.sides
                ],
            )
            for entry in page.items
        ],
        next=page.next,
    )


@router.get(
    "/books/journal.csv",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/csv": {}}}, **refusals()},
)
def journal_file(
    request: Request,
    session: ReadSession,
    actor: ApiReading,
    first: FirstDay = None,
    last: LastDay = None,
) -> StreamingResponse:
    """Every posting of a period, one row each, written as it is read."""
    actor.require("books.view")
    period = _period(session, actor, first, last)
    session.rollback()
    return StreamingResponse(
        bookfiles.journal(database_of(request), actor, Wanted(period=period)),
        media_type=csvfile.MEDIA_TYPE,
    )


@router.get("/till-days/{day}", responses=refusals())
def till_day(session: ReadSession, actor: ApiReading, day: date) -> DayOut:
    """A business day over all tills of the store."""
    _check(day, field="day")
    report = dayreport.of(session, actor, day)
    return DayOut(
        day=report.day,
        tenders=[
            TakenOut(
                till=row.till,
                tender=row.tender.value,
                count=row.count,
                taken=MoneyOut.of(row.taken),
                returned=MoneyOut.of(row.returned),
                net=MoneyOut.of(row.net),
            )
            for row in report.taken
        ],
        rates=[
            RateOut(
                rate_bp=row.rate_bp,
                net=MoneyOut.of(row.net),
                tax=MoneyOut.of(row.tax),
                gross=MoneyOut.of(row.gross),
            )
            for row in report.rates
        ],
        sessions=[_drawer(row) for row in report.drawers],
        sales=report.sales,
        net=MoneyOut.of(report.net),
        tax=MoneyOut.of(report.tax),
        gross=MoneyOut.of(report.gross),
        total_taken=MoneyOut.of(report.total),
        to_safe=MoneyOut.of(report.to_safe),
        difference=MoneyOut.of(report.difference),
        rounding=MoneyOut.of(report.rounding),
        undecided=report.undecided,
        unsigned=report.unsigned,
        chain_head=report.chain_head,
    )


def _period(session: Session, actor: Actor, first: date | None, last: date | None) -> Period:
    month = books.this_month(session, actor.store_id)
    begin = first or (last or month.last).replace(day=1)
    end = last or max(begin, month.last)
    _check(begin, field="from")
    _check(end, field="to")
    return Period(begin, end)


def _check(day: date, *, field: str) -> None:
    if not _FIRST <= day < _LAST:
        raise Refused(msg("“{text}” is not a day like 2025-11-30.", text=day), field=field)


def _drawer(row: dayreport.DrawerRow) -> DrawerOut:
    return DrawerOut(
        session=row.number,
        till=row.till,
        opened_at=row.opened_at,
        closed_at=row.closed_at,
        counted=MoneyOut.of(row.counted) if row.counted is not None else None,
        difference=MoneyOut.of(row.difference) if row.difference is not None else None,
        difference_reason=row.reason,
        z_report=row.z_report,
    )
