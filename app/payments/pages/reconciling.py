"""Ours against the card service's list, disputes, and asking again."""

from datetime import date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity.guard import SignedIn
from app.kernel.actor import Actor
from app.kernel.errors import StoreError
from app.kernel.money import Money
from app.payments import cardrefunds, cards, disputes, reconciling
from app.stores import desk
from app.web.forms import StoreForm, Typed, problems_of
from app.web.rendering import render
from app.web.sessions import ReadSession, database_of
from app.web.wire import Number

router = APIRouter()
_LONGEST = timedelta(days=92)


class AgainForm(StoreForm):
    since: Typed = ""
    until: Typed = ""


@router.get("/till/reconciliation")
def show(
    request: Request, session: ReadSession, actor: SignedIn, since: str = "", until: str = ""
) -> Response:
    """Each payment and refund of some days that is not the same here and there."""
    actor.require("payments.reconcile")
    first, last = _days(session, actor, since, until)
    begin, end = _moments(session, actor, first, last)
    told = disputes.listed(session, actor)
    session.rollback()
    problems = {}
    comparison = None
    try:
        comparison = reconciling.compare(database_of(request), actor, since=begin, until=end)
    except StoreError as refusal:
        problems = problems_of(refusal)
    return render(
        request,
        "payments/reconciliation.html",
        comparison=comparison,
        disputes=[
            (one, bill, Money(one.amount_minor, one.currency), disputes.is_open(one))
            for one, _, bill in told
        ],
        since=first.isoformat(),
        until=last.isoformat(),
        problems=problems,
    )


@router.post("/till/reconciliation/payments/{attempt_id}")
def ask_again(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    attempt_id: Number,
    form: Annotated[AgainForm, Form()],
) -> Response:
    """Ask what became of one payment; what was charged and not booked is booked."""
    session.rollback()
    cards.reconcile(database_of(request), actor, attempt_id)
    return _back(form)


@router.post("/till/reconciliation/refunds/{refund_id}")
def ask_of_refund(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    refund_id: Number,
    form: Annotated[AgainForm, Form()],
) -> Response:
    session.rollback()
    cardrefunds.reconcile(database_of(request), actor, refund_id)
    return _back(form)


def _back(form: AgainForm) -> Response:
    return RedirectResponse(
        f"/till/reconciliation?since={form.since[:10]}&until={form.until[:10]}", 303
    )


def _days(session: Session, actor: Actor, since: str, until: str) -> tuple[date, date]:
    """The days that are meant: the last week where none are named, a quarter at most."""
    store = desk.store_of(session, actor.store_id)
    today = desk.business_day_of(store)
    first, last = _day(since, today - timedelta(days=6)), _day(until, today)
    last = max(first, min(last, first + _LONGEST))
    return first, last


def _day(text: str, otherwise: date) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return otherwise


def _moments(session: Session, actor: Actor, first: date, last: date) -> tuple[datetime, datetime]:
    """From the beginning of the first day to the end of the last, in the store's zone."""
    zone = ZoneInfo(desk.store_of(session, actor.store_id).zone)
    begin = datetime.combine(first, time.min, zone)
    return begin, datetime.combine(last + timedelta(days=1), time.min, zone)
