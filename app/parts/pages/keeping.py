"""Awaited pieces of an order are kept for somebody by hand, and given back."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from app.identity.guard import Acting
from app.kernel.errors import StoreError
from app.parts import aside, purchasing
from app.parts.buyforms import KeepForm
from app.parts.pages.onorder import order_view
from app.web.errors import status_of
from app.web.forms import problems_of
from app.web.idempotent import once
from app.web.sessions import WriteSession
from app.web.wire import Number, RowId

router = APIRouter(prefix="/parts/orders/{number}")


@router.post("/keep")
@once
def keep_awaited(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    form: Annotated[KeepForm, Form()],
) -> Response:
    order = purchasing.by_number(session, actor, number)
    try:
        position, quantity = form.read()
        line = purchasing.line_at(purchasing.lines_of(session, order), position)
        aside.put_awaited_aside(session, actor, line, quantity=quantity, purpose=form.purpose)
    except StoreError as refusal:
        session.rollback()
        return order_view(
            request,
            session,
            purchasing.by_number(session, actor, number),
            typed=form.typed(),
            about="keep",
            problems=problems_of(refusal),
            status=status_of(refusal),
        )
    return RedirectResponse(f"/parts/orders/{number}", 303)


@router.post("/kept/{reservation_id}/give-back")
def give_back(
    request: Request,  # noqa: ARG001 - as the others are
    session: WriteSession,
    actor: Acting,
    number: Number,
    reservation_id: RowId,
) -> Response:
    aside.give_awaited_back(session, actor, reservation_id)
    return RedirectResponse(f"/parts/orders/{number}", 303)
