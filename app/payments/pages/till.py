"""The till: its session, its drawer, and the payments that need a look."""

from typing import Annotated

from fastapi import APIRouter, Form, Path, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity.guard import Acting, SignedIn
from app.kernel.actor import Actor
from app.kernel.errors import Refused, StoreError
from app.kernel.money import Money
from app.payments import (
    cards,
    counts,
    drawers,
    issuing,
    queries,
    stripe_gate,
    tills,
)
from app.payments.errors import DifferenceUnexplained
from app.payments.forms import (
    CloseForm,
    DrawerForm,
    MovementForm,
    OpenForm,
    SafeForm,
    SetAsideForm,
    TillForm,
)
from app.payments.models import TillSession
from app.payments.pages.terminal import till_of, till_or_none, to_till
from app.stores import desk
from app.web.errors import status_of
from app.web.forms import StoreForm, problems_of
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession, database_of

router = APIRouter()
RowId = Annotated[int, Path(ge=1, le=2**63 - 1)]
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]


@router.get("/till")
def show_till(request: Request, session: ReadSession, actor: SignedIn, till: str = "") -> Response:
    """This terminal's till: its session, its drawer, and the payments that need a look."""
    actor.require("till.view")
    return _till_page(request, session, actor, chosen=till)


@router.post("/till/open")
@once
def open_till(
    request: Request, session: WriteSession, actor: Acting, form: Annotated[OpenForm, Form()]
) -> Response:
    till = till_of(request, session, actor, form.till)
    currency = desk.store_of(session, actor.store_id).currency
    try:
        typed = form.read(currency)
        float_ = counts.told(
            session, actor.store_id, total=typed.total, pieces=typed.pieces, field="float_amount"
        )
        tills.open_session(session, actor, till, float_)
    except StoreError as refusal:
        session.rollback()
        return _till_page(request, session, actor, form=form, refusal=refusal, part="open")
    return to_till(form)


@router.post("/till/movements")
@once
def move_cash(
    request: Request, session: WriteSession, actor: Acting, form: Annotated[MovementForm, Form()]
) -> Response:
    till_session = tills.require_open(session, till_of(request, session, actor, form.till).id)
    try:
        movement = form.read(till_session.currency)
        tills.move_cash(session, actor, till_session, movement.amount, movement.reason)
    except StoreError as refusal:
        session.rollback()
        return _till_page(request, session, actor, form=form, refusal=refusal, part="move")
    return to_till(form)


@router.post("/till/safe")
@once
def drop_to_safe(
    request: Request, session: WriteSession, actor: Acting, form: Annotated[SafeForm, Form()]
) -> Response:
    till_session = tills.require_open(session, till_of(request, session, actor, form.till).id)
    try:
        amount = form.read(till_session.currency)
        drawers.drop_to_safe(session, actor, till_session, amount, bag=form.bag)
    except StoreError as refusal:
        session.rollback()
        return _till_page(request, session, actor, form=form, refusal=refusal, part="safe")
    return to_till(form)


@router.post("/till/drawer")
@once
def open_drawer(
    request: Request, session: WriteSession, actor: Acting, form: Annotated[DrawerForm, Form()]
) -> Response:
    till_session = tills.require_open(session, till_of(request, session, actor, form.till).id)
    try:
        drawers.open_without_sale(session, actor, till_session, reason=form.drawer_reason)
    except StoreError as refusal:
        session.rollback()
        return _till_page(request, session, actor, form=form, refusal=refusal, part="drawer")
    return to_till(form)


@router.post("/till/close")
@once
def close_till(
    request: Request, session: WriteSession, actor: Acting, form: Annotated[CloseForm, Form()]
) -> Response:
    till_session = tills.require_open(session, till_of(request, session, actor, form.till).id)
    session_id, counted = till_session.id, None
    try:
        typed = form.read(till_session.currency)
        counted = counts.told(
            session, actor.store_id, total=typed.total, pieces=typed.pieces, field="counted"
        )
        tills.close(session, actor, till_session, counted, form.reason)
    except StoreError as refusal:
        session.rollback()
        if isinstance(refusal, DifferenceUnexplained) and counted is not None:
            counts.keep_refused(database_of(request), actor, session_id, counted)
        return _till_page(request, session, actor, form=form, refusal=refusal, part="close")
    return RedirectResponse(f"/till/sessions/{till_session.number}", 303)


@router.get("/till/x")
def show_x_report(
    request: Request, session: ReadSession, actor: SignedIn, till: str = ""
) -> Response:
    """The session as it stands; nothing is changed or numbered."""
    here = till_of(request, session, actor, till)
    content = tills.x_report(session, actor, tills.require_open(session, here.id))
    return render(request, "payments/x_report.html", content=content, till=here)


@router.get("/till/sessions")
def list_sessions(
    request: Request, session: ReadSession, actor: SignedIn, cursor: str = ""
) -> Response:
    return render(
        request,
        "payments/sessions.html",
        page=queries.sessions(session, actor, cursor=cursor),
        cursor=cursor,
    )


@router.get("/till/sessions/{number}")
def show_session(
    request: Request, session: ReadSession, actor: SignedIn, number: Number
) -> Response:
    """A closed session as its Z report froze it; an open one has an X report only."""
    actor.require("till.view")
    found = tills.by_number(session, actor, number)
    document = (
        issuing.document(session, actor, found.z_document_id) if found.z_document_id else None
    )
    return render(
        request,
        "payments/session.html",
        till_session=found,
        till=desk.till_by_id(session, actor, found.till_id),
        document=document,
        content=issuing.content_of(document) if document else None,
        counts=counts.rows_of(session, found),
    )


# The card service is asked outside any transaction, so these have no writing session of their own.


@router.post("/till/payments/{attempt_id}/reconcile")
def reconcile(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    attempt_id: RowId,
    form: Annotated[StoreForm, Form()],  # noqa: ARG001 - read for its CSRF token
) -> Response:
    session.rollback()
    cards.reconcile(database_of(request), actor, attempt_id)
    return RedirectResponse("/till", 303)


@router.post("/till/payments/{attempt_id}/cancel")
def cancel(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    attempt_id: RowId,
    form: Annotated[StoreForm, Form()],  # noqa: ARG001 - read for its CSRF token
) -> Response:
    session.rollback()
    cards.cancel(database_of(request), actor, attempt_id)
    return RedirectResponse("/till", 303)


@router.post("/till/payments/{attempt_id}/set-aside")
def set_aside(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    attempt_id: RowId,
    form: Annotated[SetAsideForm, Form()],
) -> Response:
    session.rollback()
    try:
        cards.set_aside(database_of(request), actor, attempt_id, reason=form.reason)
    except Refused as refusal:
        part = f"payment-{attempt_id}"
        return _till_page(request, session, actor, form=form, refusal=refusal, part=part)
    return RedirectResponse("/till", 303)


def _till_page(
    request: Request,
    session: Session,
    actor: Actor,
    *,
    chosen: str = "",
    form: StoreForm | None = None,
    refusal: StoreError | None = None,
    part: str = "",
) -> Response:
    """The till; with a refused form, that form again (`part` names it) and what was typed."""
    chosen = form.till if isinstance(form, TillForm) else chosen
    choice = desk.tills_of(session, actor.store_id)
    till = till_or_none(request, choice, chosen)
    till_session = tills.open_session_of(session, till.id) if till else None
    return render(
        request,
        "payments/till.html",
        status=status_of(refusal) if refusal else 200,
        tills=choice,
        till=till,
        till_session=till_session,
        float_amount=_float_of(till_session),
        kinds=counts.kinds_at(session, actor.store_id),
        movements=queries.movements_of(session, till_session) if till_session else [],
        undecided=queries.undecided(session, actor.store_id),
        has_cards=stripe_gate.is_connected(database_of(request)),
        typed=form.typed() if form else {},
        problems=problems_of(refusal) if refusal else {},
        part=part,
    )


def _float_of(till_session: TillSession | None) -> Money | None:
    return Money(till_session.float_minor, till_session.currency) if till_session else None
