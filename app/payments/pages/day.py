"""The day over all tills."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from app.identity.guard import Acting, SignedIn
from app.payments import daypaper, dayreport, fiscal, fiscalsigning
from app.payments.till_reports import TENDER_LABELS
from app.robots.daytext import read_day
from app.web.forms import StoreForm
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession

router = APIRouter()


@router.get("/till/day")
def show_day(request: Request, session: ReadSession, actor: SignedIn, day: str = "") -> Response:
    """What came in by each way and each till, what was sold, how the drawers closed."""
    actor.require("till.view")
    today = dayreport.today(session, actor.store_id)
    asked = read_day(day, field="day") or today
    return render(
        request,
        "payments/day.html",
        report=dayreport.of(session, actor, asked),
        before=asked - timedelta(days=1),
        after=asked + timedelta(days=1) if asked < today else None,
        is_today=asked == today,
        tender_labels=TENDER_LABELS,
        device=fiscal.signer().name,
    )


@router.get("/till/day.pdf")
def show_paper(session: ReadSession, actor: SignedIn, day: str = "") -> Response:
    """The same on paper."""
    actor.require("till.view")
    asked = read_day(day, field="day") or dayreport.today(session, actor.store_id)
    paper = daypaper.pdf(session, actor.store_id, dayreport.of(session, actor, asked))
    return Response(
        paper,
        media_type="application/pdf",
        headers={
            "Content-Disposition": f'inline; filename="day-{asked.isoformat()}.pdf"',
            "Cache-Control": "private, no-store",
        },
    )


@router.post("/till/fiscal")
def sign_again(
    session: WriteSession,
    actor: Acting,
    form: Annotated[StoreForm, Form()],  # noqa: ARG001 - read for its CSRF token
) -> Response:
    """Ask the fiscal device again about all that it has not signed."""
    fiscalsigning.ask_again(session, actor)
    return RedirectResponse("/till/day", 303)
