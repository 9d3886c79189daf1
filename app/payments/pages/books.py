"""The books: the trial balance of a period, the journal, and both as files."""

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from sqlalchemy.orm import Session
from starlette.responses import Response, StreamingResponse

from app.identity.guard import SignedIn
from app.kernel import csvfile
from app.kernel.actor import Actor
from app.payments import bookfiles, books
from app.payments.books import ACCOUNT_LABELS, KIND_LABELS, Period, Wanted
from app.payments.models import Account, EntryKind
from app.robots.daytext import read_day
from app.web.rendering import render
from app.web.sessions import ReadSession, database_of

router = APIRouter()
FirstDay = Annotated[str, Query(alias="from")]
LastDay = Annotated[str, Query(alias="to")]


@router.get("/books")
def show_balance(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    first: FirstDay = "",
    last: LastDay = "",
) -> Response:
    """Each account: what stood on it, what came and went, what stands on it now."""
    period = _period(session, actor, first, last)
    rows = books.trial_balance(session, actor, period)
    return render(
        request,
        "payments/books.html",
        rows=rows,
        totals=books.totals(rows),
        period=period,
        labels=ACCOUNT_LABELS,
        query=urlencode(_days(period)),
    )


@router.get("/books/journal")
def show_journal(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    *,
    first: FirstDay = "",
    last: LastDay = "",
    account: str = "",
    kind: str = "",
    about: str = "",
    cursor: str = "",
) -> Response:
    """Entries with both their sides. What is about one sale is shown whatever its day."""
    actor.require("books.view")
    asked = bool(first or last)
    period = _period(session, actor, first, last)
    wanted = Wanted(
        period=period if asked or not about.strip() else None,
        account=Account(account) if account in set(Account) else None,
        kind=EntryKind(kind) if kind in set(EntryKind) else None,
        about=about,
    )
    page = books.entries(session, actor, wanted, cursor=cursor)
    query = {**(_days(period) if wanted.period else {}), **_chosen(wanted)}
    return render(
        request,
        "payments/journal.html",
        page=page,
        wanted=wanted,
        period=period,
        accounts=ACCOUNT_LABELS,
        kinds=KIND_LABELS,
        query=urlencode(query),
        first_page=f"/books/journal?{urlencode(query)}" if cursor else None,
        next_page=(
            f"/books/journal?{urlencode({**query, 'cursor': page.next})}" if page.next else None
        ),
    )


@router.get("/books/balance.csv")
def balance_file(
    session: ReadSession,
    actor: SignedIn,
    first: FirstDay = "",
    last: LastDay = "",
) -> Response:
    period = _period(session, actor, first, last)
    content = bookfiles.balance(books.trial_balance(session, actor, period))
    return Response(content, headers=_as_file("balance", period), media_type=csvfile.MEDIA_TYPE)


@router.get("/books/journal.csv")
def journal_file(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    *,
    first: FirstDay = "",
    last: LastDay = "",
    account: str = "",
    kind: str = "",
) -> Response:
    """Every posting of the period; written as it is read, however much it is."""
    actor.require("books.view")
    period = _period(session, actor, first, last)
    session.rollback()
    wanted = Wanted(
        period=period,
        account=Account(account) if account in set(Account) else None,
        kind=EntryKind(kind) if kind in set(EntryKind) else None,
    )
    return StreamingResponse(
        bookfiles.journal(database_of(request), actor, wanted),
        headers=_as_file("journal", period),
        media_type=csvfile.MEDIA_TYPE,
    )


def _period(session: Session, actor: Actor, first: str, last: str) -> Period:
    """As asked; without days this month, with one of them to or from the other's month."""
    month = books.this_month(session, actor.store_id)
    end = read_day(last, field="to")
    begin = read_day(first, field="from")
    if begin is None:
        begin = (end or month.last).replace(day=1)
    return Period(begin, end or max(begin, month.last))


def _days(period: Period) -> dict[str, Any]:
    return {"from": period.first.isoformat(), "to": period.last.isoformat()}


def _chosen(wanted: Wanted) -> dict[str, str]:
    chosen = {
        "account": wanted.account.value if wanted.account else "",
        "kind": wanted.kind.value if wanted.kind else "",
        "about": wanted.about.strip(),
    }
    return {name: value for name, value in chosen.items() if value}


def _as_file(what: str, period: Period) -> dict[str, str]:
    return {
        "Content-Disposition": f'attachment; filename="{bookfiles.name_of(what, period)}"',
        "Cache-Control": "private, no-store",
    }
