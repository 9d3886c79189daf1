"""One ticket: its first page, and the dialog that moves it."""

import json
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.identity.guard import SignedIn
from app.kernel.actor import Actor
from app.kernel.errors import StoreError
from app.robots import warrantypapers
from app.robots.slotnames import name_of
from app.service import diagnosis, notes, panels, photos, queries, tickets, wayback
from app.service.changes import EditedMeanwhile
from app.service.intake import SEEN_LABELS, Seen
from app.service.models import Ticket
from app.service.pages.asked import asked_ticket, frame
from app.service.pages.telling import happenings, news_since, shown_value
from app.service.states import (
    BACKUP_LABELS,
    STAGE_LABELS,
    STATE_LABELS,
    WAITING_LABELS,
    FaultKind,
)
from app.web.errors import status_of
from app.web.forms import problems_of
from app.web.nextpage import own_path, page_at
from app.web.rendering import is_htmx, render
from app.web.sessions import ReadSession
from app.web.viewer import viewer_of
from app.web.wire import Number

router = APIRouter(prefix="/service/tickets")

Refused = tuple[str, dict[str, Any], StoreError]


@router.get("/{number}")
def show_ticket(
    request: Request, session: ReadSession, actor: SignedIn, *, number: Number
) -> Response:
    return ticket_page(request, session, actor, asked_ticket(session, actor, number))


@router.get("/{number}/changed")
def show_changed(
    request: Request, session: ReadSession, actor: SignedIn, *, number: Number, version: int = 0
) -> Response:
    """What somebody did to the ticket since the page that showed `version`; nothing: no change."""
    ticket = asked_ticket(session, actor, number)
    page = frame(session, actor, ticket, tab="")
    names = {one.id: one.name for one in page["people"]}
    news = news_since(queries.changes_of(session, ticket), names, version)
    return render(request, "service/ticket.html", block="changed", **page | {"news": news})


@router.get("/{number}/undo")
def offer_undo(
    request: Request, session: ReadSession, actor: SignedIn, *, number: Number
) -> Response:
    """The way back from a move that was just made; the page that follows it asks."""
    ticket = asked_ticket(session, actor, number)
    before = wayback.just_moved(session, actor, ticket)
    around = {} if is_htmx(request) else frame(session, actor, ticket, tab="")
    known = {"label": tickets.label(ticket), "state_label": STATE_LABELS[ticket.state]}
    return render(
        request,
        "service/undo.html",
        block="undo",
        **around | known | {"ticket": ticket, "here": tickets.page(ticket)},
        before=before,
        before_label=STATE_LABELS[before] if before else None,
        back=page_at(request) if is_htmx(request) else tickets.page(ticket),
    )


@router.get("/{number}/move")
def ask_move(
    request: Request, session: ReadSession, actor: SignedIn, *, number: Number, back: str = ""
) -> Response:
    """Where the ticket may go next, and for whom it may wait: as a dialog, or as a page."""
    ticket = asked_ticket(session, actor, number)
    return move_page(request, session, actor, ticket, back=back)


def move_page(
    request: Request,
    session: Session,
    actor: Actor,
    ticket: Ticket,
    *,
    back: str,
    refused: Refused | None = None,
) -> Response:
    _, typed, refusal = refused or ("", {}, None)
    return render(
        request,
        "service/move.html",
        block="dialog",
        status=status_of(refusal) if refusal else 200,
        ticket=ticket,
        label=tickets.label(ticket),
        title=queries.title_of(ticket),
        here=tickets.page(ticket),
        state_label=STATE_LABELS[ticket.state],
        waits=WAITING_LABELS[ticket.waiting] if ticket.waiting else None,
        moves=[(state, STATE_LABELS[state]) for state in tickets.may_move(actor, ticket)],
        before=wayback.state_before(session, actor, ticket),
        reasons=[(reason, label) for reason, label in WAITING_LABELS.items()],
        back=own_path(back, default=tickets.page(ticket)),
        typed=typed,
        refusal=refusal,
        link=refusal.link if refusal else None,
    )


def ticket_page(
    request: Request,
    session: Session,
    actor: Actor,
    ticket: Ticket,
    *,
    refused: Refused | None = None,
) -> Response:
    """The first page; refused, with what was typed and what somebody else wrote meanwhile."""
    which, typed, refusal = refused or ("", {}, None)
    found, codes = diagnosis.with_codes(session, ticket)
    page = frame(session, actor, ticket, tab="")
    names = {one.id: one.name for one in page["people"]}
    others = refusal.others if isinstance(refusal, EditedMeanwhile) else []
    page |= {
        "found": found,
        "codes": codes,
        "kinds": FaultKind,
        "name_of": name_of,
        "photos": photos.of_ticket(session, ticket),
        "stages": STAGE_LABELS,
        "notes": notes.of_ticket(session, ticket),
        "lines": happenings(queries.changes_of(session, ticket), names),
        "panels": panels.of_ticket(session, actor, ticket),
        "accessories": tickets.accessories_of(ticket),
        "evidence": _evidence(ticket),
        "backup": BACKUP_LABELS[ticket.backup] if ticket.backup else None,
        "which": which,
        "typed": typed,
        "problems": problems_of(refusal) if refusal else {},
        "refusal": refusal,
        "others": [(one, shown_value(one.field, one.theirs, names)) for one in others],
        "technicians": list(names.items()),
        "promised_input": _as_typed(request, ticket.promised_at),
    }
    status = status_of(refusal) if refusal else 200
    return render(request, "service/overview.html", block="fresh", status=status, **page)


def _as_typed(request: Request, moment: datetime | None) -> str:
    """A moment as a field for it wants it, in the store's time."""
    viewer = viewer_of(request)
    if moment is None or viewer is None:
        return ""
    return moment.astimezone(ZoneInfo(viewer.zone)).strftime("%Y-%m-%dT%H:%M")


def _evidence(ticket: Ticket) -> list[tuple[Any, Any]]:
    """What of the maker's list was seen or suspected at the intake."""
    answers = json.loads(ticket.evidence)
    return [
        (warrantypapers.evidence_label(code), SEEN_LABELS[Seen(how)])
        for code, how in answers.items()
        if how != Seen.NOT_SEEN
    ]
