"""The board, the list behind it, and how many tickets a column should hold."""

from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity.guard import Acting, SignedIn
from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.errors import Refused, StoreError
from app.kernel.quantity import row_number
from app.kernel.searchkeys import clean
from app.kernel.text import msg
from app.service import board, efforts, panels, queries
from app.service.board import Shown
from app.service.queries import Wanted
from app.service.states import OPEN, STATE_LABELS, WAITING_LABELS, TicketState, WaitingReason
from app.web.errors import status_of
from app.web.forms import problems_of
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession
from app.web.submitted import Submitted

router = APIRouter(prefix="/service")

_WAITING = "any"


@router.get("")
def show_board(
    request: Request, session: ReadSession, actor: SignedIn, *, who: str = "", waiting: str = ""
) -> Response:
    """`who=me` for one's own tickets, `waiting=any` or a reason for those that wait."""
    shown = _shown(who, waiting)
    reason = shown.reason.value if shown.reason else (_WAITING if shown.waiting else "")
    here = _address(mine=shown.mine, waiting=reason)
    columns = board.board(session, actor, shown)
    return render(
        request,
        "service/board.html",
        block="columns",
        columns=columns,
        unread=panels.unread(
            session, [card.ticket.id for column in columns for card in column.cards]
        ),
        open_requests=panels.requests(session, actor),
        efforts=efforts.of_store(session, actor.store_id, clock.now()),
        shown=shown,
        here=here,
        stream=f"/live?topics=board:all={board.mark(session, actor, 'all')}",
        reasons=WAITING_LABELS,
        people=_people(shown, reason),
        waits=_waits(shown, reason),
    )


@router.get("/tickets")
def show_list(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    *,
    state: str = "",
    after: str = "",
) -> Response:
    """Every ticket, the newest first; `state`: one of the states, or `open`."""
    wanted = Wanted(
        state=TicketState(state) if state in set(TicketState) else None,
        open_only=state == "open",
    )
    page = queries.listed(session, actor, wanted, cursor=after or None)
    return render(
        request,
        "service/list.html",
        block="results",
        page=page,
        chosen=state,
        after=after,
        states=STATE_LABELS,
    )


@router.get("/limits")
def ask_limits(request: Request, session: ReadSession, actor: SignedIn) -> Response:
    actor.require("settings.edit")
    return _limits(request, session, actor)


@router.post("/limits")
def set_limits(request: Request, session: WriteSession, actor: Acting, form: Submitted) -> Response:
    """A number for each column; empty: no limit."""
    typed = {state: clean(form.values.get(f"most-{state}", "")) for state in OPEN}
    try:
        for state, text in typed.items():
            board.limit(session, actor, state, _most(text, field=f"most-{state}"))
    except StoreError as refusal:
        session.rollback()
        return _limits(request, session, actor, typed=typed, refusal=refusal)
    return RedirectResponse("/service", 303)


def _limits(
    request: Request,
    session: Session,
    actor: Actor,
    *,
    typed: dict[TicketState, str] | None = None,
    refusal: StoreError | None = None,
) -> Response:
    now = board.limits(session, actor.store_id)
    return render(
        request,
        "service/limits.html",
        status=status_of(refusal) if refusal else 200,
        states=[(state, STATE_LABELS[state]) for state in OPEN],
        typed=typed or {state: str(most) for state, most in now.items()},
        problems=problems_of(refusal) if refusal else {},
    )


def _most(text: str, *, field: str) -> int | None:
    if not text:
        return None
    most = row_number(text)
    if most is None:
        raise Refused(msg("A limit is a whole number, or nothing."), field=field)
    return most


def _shown(who: str, waiting: str) -> Shown:
    reason = WaitingReason(waiting) if waiting in set(WaitingReason) else None
    return Shown(mine=who == "me", waiting=waiting == _WAITING or reason is not None, reason=reason)


def _address(*, mine: bool, waiting: str) -> str:
    asked = "&".join([*(["who=me"] if mine else []), *([f"waiting={waiting}"] if waiting else [])])
    return f"/service?{asked}" if asked else "/service"


def _people(shown: Shown, reason: str) -> list[dict[str, Any]]:
    return [
        {
            "href": _address(mine=mine, waiting=reason),
            "label": label,
            "current": shown.mine is mine,
        }
        for mine, label in ((False, msg("Everybody’s")), (True, msg("Mine")))
    ]


def _waits(shown: Shown, reason: str) -> list[dict[str, Any]]:
    words = [("", msg("All")), (_WAITING, msg("Waiting"))]
    return [
        {
            "href": _address(mine=shown.mine, waiting=word),
            "label": label,
            "current": word == reason or (word == _WAITING and shown.reason is not None),
        }
        for word, label in words
    ]
