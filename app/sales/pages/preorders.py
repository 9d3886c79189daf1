"""Who waits for which robot, in turn; and giving a robot that came."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity.guard import Acting, SignedIn
from app.kernel.actor import Actor
from app.kernel.errors import StoreError
from app.kernel.quantity import row_number
from app.robots import registry
from app.sales import preorders
from app.sales.quoteforms import AllocateForm
from app.web.errors import status_of
from app.web.forms import StoreForm, problems_of
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import RowId

router = APIRouter(prefix="/sales/pre-orders")
HERE = "/sales/pre-orders"


@router.get("")
def show_queues(request: Request, session: ReadSession, actor: SignedIn) -> Response:
    return _page(request, session, actor)


@router.post("/models/{model_id}/allocate")
@once
def allocate_in_turn(
    request: Request,
    session: WriteSession,
    actor: Acting,
    model_id: RowId,
    form: Annotated[StoreForm, Form()],
) -> Response:
    """The free robots of a model to those who are next."""

    def act() -> None:
        preorders.allocate_in_turn(session, actor, model_id)

    return _acted(request, session, actor, act=act, row_id=0, form=form)


@router.post("/{row_id}/allocate")
@once
def allocate(
    request: Request,
    session: WriteSession,
    actor: Acting,
    row_id: RowId,
    form: Annotated[AllocateForm, Form()],
) -> Response:
    """One robot to one place; out of turn with a reason."""

    def act() -> None:
        row = preorders.by_id(session, actor, row_id)
        unit = registry.by_id(session, actor, row_number(form.unit) or 0)
        preorders.allocate(session, actor, row, unit, reason=form.reason)

    return _acted(request, session, actor, act=act, row_id=row_id, form=form)


def _acted(
    request: Request,
    session: Session,
    actor: Actor,
    *,
    act: Callable[[], object],
    row_id: int,
    form: StoreForm,
) -> Response:
    try:
        act()
    except StoreError as refusal:
        session.rollback()
        return _page(request, session, actor, row_id=row_id, typed=form.typed(), refusal=refusal)
    return RedirectResponse(HERE, 303)


def _page(
    request: Request,
    session: Session,
    actor: Actor,
    *,
    row_id: int = 0,
    typed: dict[str, Any] | None = None,
    refusal: StoreError | None = None,
) -> Response:
    return render(
        request,
        "sales/pre_orders.html",
        status=status_of(refusal) if refusal else 200,
        queues=preorders.queues(session, actor),
        which=row_id,
        typed=typed or {},
        problems=problems_of(refusal) if refusal else {},
    )
