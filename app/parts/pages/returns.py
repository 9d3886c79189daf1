"""What goes back: out of quarantine, old parts that are due, and the credits for them."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity.guard import Acting, SignedIn
from app.kernel.actor import Actor
from app.kernel.errors import StoreError
from app.kernel.money import Money, parse_money
from app.kernel.quantity import parse_quantity, row_number
from app.kernel.text import Text
from app.parts import cores, purchase_papers, returns, suppliers
from app.parts.buyforms import CreditForm, ReasonForm, read_return
from app.parts.buying_models import Supplier, SupplierReturn
from app.parts.owners import owner_label, owner_page
from app.parts.returns import Goods, ReturnInput
from app.web.errors import status_of
from app.web.forms import problems_of
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession
from app.web.submitted import Submitted
from app.web.wire import Number, RowId

router = APIRouter(prefix="/parts/returns")


@router.get("")
def list_returns(
    request: Request, session: ReadSession, actor: SignedIn, cursor: str = ""
) -> Response:
    actor.require("stock.view")
    return _list(request, session, actor, cursor=cursor)


@router.post("")
@once
def send_back(request: Request, session: WriteSession, actor: Acting, form: Submitted) -> Response:
    """The ticked goods of quarantine go to one supplier."""

    def act() -> SupplierReturn:
        supplier, wanted = _read(session, actor, form.values)
        return returns.send_back(session, actor, supplier, _goods(form.values), wanted)

    return _sent(request, session, actor, act, typed=form.values, about="goods")


@router.post("/cores/{core_id}")
@once
def send_core(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    core_id: RowId,
    form: Submitted,
) -> Response:
    """An old part goes to whom it belongs."""

    def act() -> SupplierReturn:
        core = cores.by_id(session, actor, core_id)
        supplier, wanted = _read(session, actor, form.values)
        return returns.send_core(session, actor, supplier, core, wanted)

    return _sent(request, session, actor, act, typed=form.values, about=f"core-{core_id}")


@router.post("/cores/{core_id}/waive")
def waive_core(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    core_id: RowId,
    form: Annotated[ReasonForm, Form()],
) -> Response:
    try:
        cores.waive(session, actor, cores.by_id(session, actor, core_id), reason=form.reason)
    except StoreError as refusal:
        session.rollback()
        return _list(
            request,
            session,
            actor,
            typed=form.typed(),
            about=f"waive-{core_id}",
            problems=problems_of(refusal),
            status=status_of(refusal),
        )
    return RedirectResponse("/parts/returns", 303)


@router.get("/{number}")
def show_return(
    request: Request, session: ReadSession, actor: SignedIn, number: Number
) -> Response:
    actor.require("stock.view")
    return _return(request, session, returns.by_number(session, actor, number))


@router.get("/{number}/return.pdf")
def print_return(
    request: Request, session: ReadSession, actor: SignedIn, number: Number
) -> Response:
    actor.require("stock.view")
    row = returns.by_number(session, actor, number)
    pdf = purchase_papers.return_pdf(session, row, public_url=request.app.state.settings.public_url)
    headers = {
        "Content-Disposition": f'inline; filename="{returns.label(row)}.pdf"',
        "Cache-Control": "no-store",
    }
    return Response(pdf, media_type="application/pdf", headers=headers)


@router.post("/{number}/credit")
@once
def credit(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    form: Annotated[CreditForm, Form()],
) -> Response:
    row = returns.by_number(session, actor, number)
    try:
        amount = parse_money(form.amount, row.currency, field="amount")
        returns.credit(session, actor, row, amount)
    except StoreError as refusal:
        session.rollback()
        return _return(
            request,
            session,
            returns.by_number(session, actor, number),
            typed=form.typed(),
            problems=problems_of(refusal),
            status=status_of(refusal),
        )
    return RedirectResponse(f"/parts/returns/{number}", 303)


def _read(session: Session, actor: Actor, values: dict[str, str]) -> tuple[Supplier, ReturnInput]:
    supplier = suppliers.by_id(session, actor, row_number(values.get("supplier", "")) or 0)
    typed = read_return(values, supplier.currency)
    wanted = ReturnInput(typed.reason, typed.expected, typed.due_on, typed.authorisation)
    return supplier, wanted


def _goods(values: dict[str, str]) -> list[Goods]:
    """Ticked rows are sent as `take_7`, with `quantity_7` beside."""
    found = []
    for name in values:
        row = row_number(name.removeprefix("take_")) if name.startswith("take_") else None
        if row is not None:
            field = f"quantity_{row}"
            found.append(Goods(row, parse_quantity(values.get(field, "1"), field=field)))
    return found


def _sent(
    request: Request,
    session: Session,
    actor: Actor,
    act: Callable[[], SupplierReturn],
    *,
    typed: dict[str, str],
    about: str,
) -> Response:
    try:
        row = act()
    except StoreError as refusal:
        session.rollback()
        return _list(
            request,
            session,
            actor,
            typed=typed,
            about=about,
            problems=problems_of(refusal),
            status=status_of(refusal),
        )
    return RedirectResponse(f"/parts/returns/{row.number}", 303)


def _list(
    request: Request,
    session: Session,
    actor: Actor,
    *,
    cursor: str = "",
    typed: dict[str, str] | None = None,
    about: str = "",
    problems: dict[str, Text] | None = None,
    status: int = 200,
) -> Response:
    return render(
        request,
        "parts/returns.html",
        status=status,
        cores=cores.due(session, actor),
        lying=returns.quarantined(session, actor),
        page=returns.listed(session, actor, cursor=cursor or None),
        suppliers=suppliers.in_use(session, actor),
        cursor=cursor,
        typed=typed or {},
        about=about,
        problems=problems or {},
        money=Money,
        label=returns.label,
        owner_label=owner_label,
        owner_page=owner_page,
    )


def _return(
    request: Request,
    session: Session,
    row: SupplierReturn,
    *,
    typed: dict[str, str] | None = None,
    problems: dict[str, Text] | None = None,
    status: int = 200,
) -> Response:
    return render(
        request,
        "parts/return.html",
        status=status,
        row=row,
        label=returns.label(row),
        supplier=session.get_one(Supplier, row.supplier_id),
        lines=returns.lines_of(session, row),
        expected=Money(row.expected_minor, row.currency),
        credited=(None if row.credited_minor is None else Money(row.credited_minor, row.currency)),
        typed=typed or {},
        problems=problems or {},
    )
