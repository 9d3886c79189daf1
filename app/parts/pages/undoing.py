"""Part of a delivery was booked by mistake: asked why, then undone."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity.guard import Acting, SignedIn
from app.kernel.actor import Actor
from app.kernel.errors import StoreError
from app.kernel.text import Text
from app.parts import purchasing, receipts
from app.parts.buyforms import ReasonForm
from app.web.errors import status_of
from app.web.forms import problems_of
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import Number, RowId

router = APIRouter(prefix="/parts/orders/{number}/receipts/{row_id}/undo")


@router.get("")
def ask_undo(
    request: Request, session: ReadSession, actor: SignedIn, number: Number, row_id: RowId
) -> Response:
    actor.require("purchases.receive")
    return _ask(request, session, actor, number, row_id)


@router.post("")
@once
def undo_receipt(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    row_id: RowId,
    form: Annotated[ReasonForm, Form()],
) -> Response:
    """What was booked by mistake is awaited again."""
    order = purchasing.by_number(session, actor, number)
    try:
        receipts.undo(session, actor, order, row_id, reason=form.reason)
    except StoreError as refusal:
        session.rollback()
        return _ask(
            request,
            session,
            actor,
            number,
            row_id,
            typed=form.typed(),
            problems=problems_of(refusal),
            status=status_of(refusal),
        )
    return RedirectResponse(f"/parts/orders/{number}", 303)


def _ask(
    request: Request,
    session: Session,
    actor: Actor,
    number: int,
    row_id: int,
    *,
    typed: dict[str, str] | None = None,
    problems: dict[str, Text] | None = None,
    status: int = 200,
) -> Response:
    order = purchasing.by_number(session, actor, number)
    row, part = receipts.row_of(session, order, row_id)
    return render(
        request,
        "parts/undo_receipt.html",
        status=status,
        order=order,
        label=purchasing.label(order),
        row=row,
        part=part,
        typed=typed or {},
        problems=problems or {},
    )
