"""The workshop's catalogue: operations, the hourly rate, and what makers have authorised."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity.guard import Acting, SignedIn
from app.kernel.actor import Actor
from app.kernel.errors import StoreError
from app.kernel.money import Money
from app.robots import makers
from app.robots.slotnames import CLASS_LABELS
from app.service import authorisations, operations
from app.service.estimateforms import GrantForm, OperationForm, RateForm
from app.service.forms import BareForm, version
from app.service.operation_models import Operation
from app.service.operations import KIND_LABELS, TICK_LABELS
from app.stores import desk
from app.web.errors import status_of
from app.web.forms import StoreForm, problems_of
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import RowId

router = APIRouter(prefix="/service/operations")

Refused = tuple[str, dict[str, Any], StoreError]


@router.get("")
def list_operations(
    request: Request, session: ReadSession, actor: SignedIn, change: int = 0
) -> Response:
    """`change`: the operation whose form is open."""
    return _page(request, session, actor, change=change)


@router.post("")
@once
def add(
    request: Request,
    session: WriteSession,
    actor: Acting,
    form: Annotated[OperationForm, Form()],
) -> Response:
    def act() -> None:
        operations.add(session, actor, form.read(_currency(session, actor)))

    return _do(request, session, actor, act=act, refused=("operation", form))


@router.post("/rate")
@once
def set_rate(
    request: Request, session: WriteSession, actor: Acting, form: Annotated[RateForm, Form()]
) -> Response:
    def act() -> None:
        hourly = form.read(_currency(session, actor))
        operations.set_rate(session, actor, hourly, tax_code=form.tax_code)

    return _do(request, session, actor, act=act, refused=("rate", form))


@router.post("/authorisations")
@once
def grant(
    request: Request, session: WriteSession, actor: Acting, form: Annotated[GrantForm, Form()]
) -> Response:
    def act() -> None:
        authorisations.grant(session, actor, form.read())

    return _do(request, session, actor, act=act, refused=("grant", form), at="#authorisations")


@router.post("/authorisations/{authorisation_id}/withdraw")
@once
def withdraw(
    request: Request,
    session: WriteSession,
    actor: Acting,
    authorisation_id: RowId,
    form: Annotated[BareForm, Form()],
) -> Response:
    def act() -> None:
        authorisations.withdraw(session, actor, authorisation_id)

    return _do(request, session, actor, act=act, refused=("withdraw", form), at="#authorisations")


@router.post("/{operation_id}")
@once
def edit(
    request: Request,
    session: WriteSession,
    actor: Acting,
    operation_id: RowId,
    form: Annotated[OperationForm, Form()],
) -> Response:
    def act() -> None:
        operation = operations.by_id(session, actor, operation_id)
        typed = form.read(_currency(session, actor))
        operations.edit(session, actor, operation, typed, seen=version(form.version))

    return _do(request, session, actor, act=act, refused=("operation", form), change=operation_id)


@router.post("/{operation_id}/archive")
@once
def archive(
    request: Request,
    session: WriteSession,
    actor: Acting,
    operation_id: RowId,
    form: Annotated[BareForm, Form()],
) -> Response:
    def act() -> None:
        operations.archive(session, actor, operations.by_id(session, actor, operation_id))

    return _do(request, session, actor, act=act, refused=("archive", form))


@router.post("/{operation_id}/restore")
@once
def restore(
    request: Request,
    session: WriteSession,
    actor: Acting,
    operation_id: RowId,
    form: Annotated[BareForm, Form()],
) -> Response:
    def act() -> None:
        operations.restore(session, actor, operations.by_id(session, actor, operation_id))

    return _do(request, session, actor, act=act, refused=("restore", form))


def _do(
    request: Request,
    session: Session,
    actor: Actor,
    *,
    act: Callable[[], None],
    refused: tuple[str, StoreForm],
    change: int = 0,
    at: str = "",
) -> Response:
    try:
        act()
    except StoreError as refusal:
        session.rollback()
        which, form = refused
        told = (which, form.typed(), refusal)
        return _page(request, session, actor, change=change, refused=told)
    return RedirectResponse(f"/service/operations{at}", 303)


def _page(
    request: Request,
    session: Session,
    actor: Actor,
    *,
    change: int = 0,
    refused: Refused | None = None,
) -> Response:
    actor.require("service.view")
    which, typed, refusal = refused or ("", {}, None)
    found = operations.listed(session, actor.store_id)
    rate = operations.rate_of(session, actor.store_id)
    store = desk.store_of(session, actor.store_id)
    today = desk.business_day_of(store)
    changed = next((one for one in found if one.id == change), None)
    filled = _filled(changed, store.currency)
    return render(
        request,
        "service/operations.html",
        status=status_of(refusal) if refusal else 200,
        operations=[(one, operations.price_of(one, rate.hourly)) for one in found],
        changed=changed,
        form=filled | typed if which == "operation" else filled,
        rate=rate,
        rates=desk.rates_on(session, actor.store_id, today),
        grants=authorisations.listed(session, actor.store_id),
        today=today,
        makers=makers.makers(session),
        kinds=KIND_LABELS,
        ticks=TICK_LABELS,
        classes=CLASS_LABELS,
        which=which,
        typed=typed,
        problems=problems_of(refusal) if refusal else {},
    )


def _filled(changed: Operation | None, currency: str) -> dict[str, Any]:
    """The form as it begins: empty, or with the operation that is to be changed."""
    if changed is None:
        return OperationForm().typed()
    price = changed.price_minor
    return OperationForm(
        code=changed.code,
        name=changed.name,
        kind=changed.kind,
        slot_class=changed.slot_class or "",
        minutes=str(changed.minutes),
        price="" if price is None else Money(price, currency).plain,
        needs_two="yes" if changed.needs_two else "",
        ticks=[tick.value for tick in changed.safety],
        needs_authorisation="yes" if changed.needs_authorisation else "",
        maker=str(changed.maker_id or ""),
        version=str(changed.version),
    ).typed()


def _currency(session: Session, actor: Actor) -> str:
    return desk.store_of(session, actor.store_id).currency
