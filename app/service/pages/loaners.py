"""A loaner for a ticket's customer: out and back, with what it counts."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.identity.guard import Acting, SignedIn
from app.kernel.actor import Actor
from app.kernel.errors import NotFound, StoreError
from app.kernel.searchkeys import clean
from app.kernel.text import msg
from app.robots import addresses, counters, scanned, touches
from app.robots.counters import COUNTER_LABELS
from app.robots.lifeforms import LoanForm
from app.robots.models import Unit
from app.service import loaners
from app.service.models import Ticket
from app.service.pages.asked import act_on, asked_ticket, frame
from app.web.errors import status_of
from app.web.forms import Typed, problems_of
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import Number, RowId

router = APIRouter(prefix="/service/tickets")


class LoanerForm(LoanForm):
    """Which loaner goes, until when, in what condition, and what it counts."""

    code: Typed = ""


@router.get("/{number}/loaner")
def show_loaner(
    request: Request, session: ReadSession, actor: SignedIn, *, number: Number
) -> Response:
    return _page(request, session, actor, asked_ticket(session, actor, number))


@router.post("/{number}/loaner")
@once
def lend(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    form: Annotated[LoanerForm, Form()],
) -> Response:
    def act(ticket: Ticket) -> None:
        unit = _loaner(session, actor, form.code)
        loaners.lend(session, actor, ticket, unit, form.lending(ticket.customer_id))

    return _do(request, session, actor, number, act=act, form=form)


@router.post("/{number}/loaner/{loan_id}/back")
@once
def take_back(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    loan_id: RowId,
    form: Annotated[LoanerForm, Form()],
) -> Response:
    def act(ticket: Ticket) -> None:
        loaners.take_back(
            session, actor, ticket, loan_id, condition=form.condition, touch=form.touch()
        )

    return _do(request, session, actor, number, act=act, form=form)


def _loaner(session: Session, actor: Actor, code: str) -> Unit:
    found = scanned.units(session, actor, code) if clean(code) else []
    if len(found) != 1:
        raise NotFound(msg("There is no one robot {code} here.", code=clean(code)), field="code")
    return found[0]


def _do(
    request: Request,
    session: Session,
    actor: Actor,
    number: int,
    *,
    act: Callable[[Ticket], None],
    form: LoanerForm,
) -> Response:
    def show(ticket: Ticket, refusal: StoreError) -> Response:
        return _page(request, session, actor, ticket, typed=form.typed(), refusal=refusal)

    return act_on(session, actor, number, act, then="/loaner", refused=show)


def _page(
    request: Request,
    session: Session,
    actor: Actor,
    ticket: Ticket,
    *,
    typed: dict[str, Any] | None = None,
    refusal: StoreError | None = None,
) -> Response:
    lent = loaners.of_ticket(session, ticket)
    out = next((one for one in lent if one.is_out), None)
    return render(
        request,
        "service/loaner.html",
        status=status_of(refusal) if refusal else 200,
        **frame(session, actor, ticket, tab="loaner"),
        lent=lent,
        out=out,
        free=[] if out else loaners.free(session, actor),
        asked=touches.asked(session, out.unit) if out else _unread(),
        counter_labels=COUNTER_LABELS,
        shown=counters.shown,
        robot_page=addresses.robot_page,
        form=LoanerForm().typed() | (typed or {}),
        problems=problems_of(refusal) if refusal else {},
        link=refusal.link if refusal else None,
    )


def _unread() -> list[touches.Asked]:
    """The fields for a robot that is not known before its scan."""
    return [touches.Asked(counter, label, None) for counter, label in COUNTER_LABELS.items()]
