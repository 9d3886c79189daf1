"""The estimate of a ticket: its editor as it is shown, and how what was refused comes back."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity.guard import SignedIn
from app.kernel.actor import Actor
from app.kernel.errors import StoreError
from app.payments import treatments
from app.robots.slotnames import name_of
from app.service import (
    decisions,
    estimate_queries,
    estimates,
    lines,
    papers,
    proposals,
    tickets,
)
from app.service.decisions import HOW_LABELS
from app.service.estimate_models import Estimate, How, LineKind
from app.service.estimate_queries import ESTIMATE_TONES
from app.service.estimateforms import share_text
from app.service.estimates import ESTIMATE_LABELS, KIND_LABELS
from app.service.lineitems import FREE
from app.service.models import Ticket
from app.service.pages.asked import asked_ticket, frame
from app.service.payers import PAYER_LABELS, Payer
from app.web.errors import status_of
from app.web.forms import problems_of
from app.web.raster import ink
from app.web.rendering import is_htmx, render
from app.web.sessions import ReadSession
from app.web.wire import Number

router = APIRouter(prefix="/service/tickets")

Act = Callable[[Ticket], object]
Refused = tuple[str, dict[str, Any], StoreError]


@router.get("/{number}/estimate")
def show_estimate(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    *,
    number: Number,
    version: int = 0,
    line: str = "",
) -> Response:
    """The newest version, or one by its number; `line` is the one whose form is open."""
    ticket = asked_ticket(session, actor, number)
    return estimate_page(request, session, actor, ticket, version=version, line=line)


@router.get("/{number}/estimate/suggestions")
def show_suggestions(
    request: Request, session: ReadSession, actor: SignedIn, *, number: Number
) -> Response:
    """What fits and is done in the faulty slots; the estimate's page fetches it by itself."""
    ticket = asked_ticket(session, actor, number)
    page = {"here": tickets.page(ticket)} if is_htmx(request) else {}
    return render(
        request,
        "service/estimate_suggestions.html",
        block="suggested",
        suggestions=proposals.suggestions(session, ticket, estimates.newest(session, ticket)),
        name_of=name_of,
        **(page or frame(session, actor, ticket, tab="estimate")),
    )


@router.get("/{number}/estimate/{version}.pdf")
def estimate_pdf(
    session: ReadSession, actor: SignedIn, *, number: Number, version: Number
) -> Response:
    """A version that was sent, to be read and signed on paper."""
    made, name = papers.estimate(session, asked_ticket(session, actor, number), version)
    return Response(
        made,
        media_type="application/pdf",
        headers={
            "Content-Disposition": f'inline; filename="{name}.pdf"',
            "Cache-Control": "private, no-store",
        },
    )


def acted(
    request: Request,
    session: Session,
    actor: Actor,
    number: int,
    *,
    act: Act,
    refused: tuple[str, dict[str, Any]],
    version: int = 0,
    line: str = "",
    at: str = "",
) -> Response:
    """Act and go back to the estimate; refused, show it with what was typed."""
    ticket = asked_ticket(session, actor, number)
    try:
        act(ticket)
    except StoreError as refusal:
        session.rollback()
        ticket = asked_ticket(session, actor, number)
        return estimate_page(
            request,
            session,
            actor,
            ticket,
            version=version,
            line=line,
            refused=(*refused, refusal),
        )
    return RedirectResponse(f"{estimates.page(ticket)}{at}", 303)


def estimate_page(
    request: Request,
    session: Session,
    actor: Actor,
    ticket: Ticket,
    *,
    version: int = 0,
    line: str = "",
    refused: Refused | None = None,
) -> Response:
    which, typed, refusal = refused or ("", {}, None)
    newest = estimates.newest(session, ticket)
    shown = newest
    if version > 0 and (newest is None or version != newest.version):
        shown = estimates.by_version(session, ticket, version)
    page = frame(session, actor, ticket, tab="estimate")
    page |= _sheet(session, ticket, shown, line=line)
    page |= {
        "is_newest": shown is None or newest is None or shown.id == newest.id,
        "newest": newest,
        "beside": estimate_queries.desk_of(session, actor, ticket),
        "slots": _slots(session, ticket),
        "states": ESTIMATE_LABELS,
        "tones": ESTIMATE_TONES,
        "free_kinds": [(kind, KIND_LABELS[kind]) for kind in LineKind if kind in FREE],
        "hows": [(how, HOW_LABELS[how]) for how in (How.PHONE, How.COUNTER, How.WRITING)],
        "how_labels": HOW_LABELS,
        "payers": PAYER_LABELS,
        "taxed_as": treatments.LABELS,
        "customer": Payer.CUSTOMER,
        "which": which,
        "typed": typed,
        "problems": problems_of(refusal) if refusal else {},
        "refusal": refusal,
    }
    status = status_of(refusal) if refusal else 200
    if refusal and is_htmx(request):
        status = (
            HTTPStatus.UNPROCESSABLE_ENTITY
        )  # what was typed stands in the answer, at its field
    return render(request, "service/estimate.html", block="fresh", status=status, **page)


def _sheet(
    session: Session, ticket: Ticket, shown: Estimate | None, *, line: str
) -> dict[str, Any]:
    """The version that is shown, and the line whose form is open, with its fields."""
    if shown is None:
        return {"sheet": None, "open_line": None, "pays": {}, "who": {}, "signatures": ()}
    sheet = estimate_queries.view(session, ticket, shown)
    chosen = next((one for one in sheet.lines if one.line.key == line), None)
    shares = lines.shares_of(chosen.line) if chosen else ()
    return {
        "sheet": sheet,
        "open_line": chosen if sheet.is_draft else None,
        "pays": {one.payer: share_text(one, shown.currency) for one in shares},
        "who": {one.payer: one.reference for one in shares},
        "signatures": [
            (one, ink(one.signature)) for one in decisions.signatures_of(session, shown)
        ],
    }


def _slots(session: Session, ticket: Ticket) -> list[tuple[str, Any]]:
    """The faulty slots, to say where a part goes."""
    paths = dict.fromkeys(one.slot_path for one in proposals.faults(session, ticket))
    return [(path, name_of(path)) for path in paths if path]
