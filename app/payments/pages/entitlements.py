"""Data vouchers: the list, a gift, and the statement at which they are used."""

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.customers import book
from app.customers.models import Customer
from app.identity.guard import Acting, SignedIn
from app.kernel import csvfile
from app.kernel.actor import Actor
from app.kernel.errors import Invalid, Refused, StoreError
from app.kernel.quantity import document_number
from app.kernel.text import msg
from app.payments import entitlementlists, entitlementpaper, entitlements
from app.payments.entitlement_models import EntitlementUnit, MoveKind
from app.payments.entitlements import Issued
from app.payments.measured import UNIT_LABELS, Measured, parse_measured
from app.robots.daytext import read_day
from app.stores import desk
from app.web.errors import status_of
from app.web.forms import Reading, StoreForm, Typed, problems_of
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import Number

router = APIRouter()
HERE = "/entitlements"


class GiftForm(StoreForm):
    customer: Typed = ""
    name: Typed = ""
    unit: Typed = "hours"
    amount: Typed = ""
    serial: Typed = ""
    expires_on: Typed = ""
    reason: Typed = ""

    def read(self, session: Session, actor: Actor) -> Issued:
        seen = Reading()
        unit = _unit(self.unit)
        nothing: date | None = None
        said = Issued(
            customer_id=seen.take("customer", lambda: _customer(session, actor, self.customer), 0),
            name=seen.text("name", self.name, required=True),
            amount=seen.take("amount", lambda: parse_measured(self.amount, unit), _NONE),
            expires_on=seen.take(
                "expires_on", lambda: read_day(self.expires_on, field="expires_on"), nothing
            ),
            unit_id=seen.take(
                "serial", lambda: entitlements.robot_called(session, actor, self.serial), None
            ),
            reason=seen.text("reason", self.reason, required=True),
        )
        seen.done()
        return said


class DrawForm(StoreForm):
    amount: Typed = ""
    reference: Typed = ""
    note: Typed = ""


class ReasonForm(StoreForm):
    reason: Typed = ""


_NONE = Measured(0, EntitlementUnit.HOURS)


@router.get(HERE)
def show_list(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    customer: str = "",
    cursor: str | None = None,
) -> Response:
    """Those of the store, or of one customer."""
    actor.require("customers.view")
    whose = _customer_named(session, actor, customer)
    page = entitlementlists.page(
        session, actor, cursor=cursor, customer_id=whose.id if whose else None
    )
    query = {"customer": str(whose.number)} if whose else {}
    return render(
        request,
        "payments/entitlements.html",
        page=page,
        whose=whose,
        first_page=_address(query) if cursor else None,
        next_page=_address({**query, "cursor": page.next}) if page.next else None,
    )


@router.get(HERE + "/new")
def ask_gift(
    request: Request, session: ReadSession, actor: SignedIn, customer: str = ""
) -> Response:
    actor.require("vouchers.edit")
    return _gift(request, session, actor, typed={"customer": customer})


@router.post(HERE + "/new")
@once
def give(
    request: Request, session: WriteSession, actor: Acting, form: Annotated[GiftForm, Form()]
) -> Response:
    try:
        actor.require("vouchers.edit")
        made = entitlements.give(session, actor, form.read(session, actor))
    except StoreError as refusal:
        session.rollback()
        return _gift(request, session, actor, typed=form.typed(), refusal=refusal)
    return RedirectResponse(f"{HERE}/{made.number}", 303)


@router.get(HERE + "/{number}")
def show(request: Request, session: ReadSession, actor: SignedIn, number: Number) -> Response:
    return _one(request, session, actor, number)


@router.get(HERE + "/{number}/statement.csv")
def statement_file(session: ReadSession, actor: SignedIn, number: Number) -> Response:
    actor.require("customers.view")
    found = entitlements.by_number(session, actor, number)
    return Response(
        entitlementlists.statement_file(session, found),
        media_type=csvfile.MEDIA_TYPE,
        headers={
            "Content-Disposition": f'attachment; filename="data-voucher-{number}.csv"',
            "Cache-Control": "private, no-store",
        },
    )


@router.get(HERE + "/{number}/statement.pdf")
def statement_paper(session: ReadSession, actor: SignedIn, number: Number) -> Response:
    """The statement as it is handed to the customer."""
    found = entitlements.by_number(session, actor, number)
    row = entitlementlists.row_of(session, actor, found)
    return Response(
        entitlementpaper.statement(session, row),
        media_type="application/pdf",
        headers={
            "Content-Disposition": f'inline; filename="data-voucher-{number}.pdf"',
            "Cache-Control": "private, no-store",
        },
    )


@router.post(HERE + "/{number}/draw")
@once
def draw(
    request: Request,
    session: WriteSession,
    actor: Acting,
    number: Number,
    form: Annotated[DrawForm, Form()],
) -> Response:
    def act() -> None:
        found = entitlements.by_number(session, actor, number)
        seen = Reading()
        amount = seen.take(
            "amount", lambda: parse_measured(form.amount, found.unit), Measured(0, found.unit)
        )
        reference = seen.text("reference", form.reference, required=True)
        seen.done()
        entitlements.draw(session, actor, found, amount, reference=reference, note=form.note)

    return _done(request, session, actor, number, act, typed=form.typed())


@router.post(HERE + "/{number}/moves/{move}/reverse")
@once
def reverse(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    move: Number,
    form: Annotated[ReasonForm, Form()],
) -> Response:
    def act() -> None:
        found = entitlements.by_number(session, actor, number)
        try:
            entitlements.reverse(session, actor, found, move, note=form.reason)
        except Refused as refusal:
            raise _at(f"reason-{move}", refusal) from None

    return _done(request, session, actor, number, act, typed={f"reason-{move}": form.reason})


@router.post(HERE + "/{number}/withdraw")
@once
def withdraw(
    request: Request,
    session: WriteSession,
    actor: Acting,
    number: Number,
    form: Annotated[ReasonForm, Form()],
) -> Response:
    def act() -> None:
        found = entitlements.by_number(session, actor, number)
        entitlements.withdraw(session, actor, found, reason=form.reason)

    return _done(request, session, actor, number, act, typed=form.typed())


def _done(
    request: Request,
    session: Session,
    actor: Actor,
    number: int,
    act: Callable[[], None],
    *,
    typed: dict[str, Any],
) -> Response:
    try:
        act()
    except StoreError as refusal:
        session.rollback()
        return _one(request, session, actor, number, typed=typed, refusal=refusal)
    return RedirectResponse(f"{HERE}/{number}", 303)


def _one(
    request: Request,
    session: Session,
    actor: Actor,
    number: int,
    *,
    typed: dict[str, Any] | None = None,
    refusal: StoreError | None = None,
) -> Response:
    found = entitlements.by_number(session, actor, number)
    row = entitlementlists.row_of(session, actor, found)
    moves = entitlements.moves_of(session, found)
    given_back = {move.reverses_id for move in moves}
    return render(
        request,
        "payments/entitlement.html",
        status=status_of(refusal) if refusal else 200,
        row=row,
        moves=[
            (
                move,
                Measured(move.amount_milli, found.unit).said,
                Measured(move.balance_milli, found.unit).said,
                move.kind is MoveKind.DRAWN and move.id not in given_back,
            )
            for move in reversed(moves)
        ],
        kinds=entitlementlists.KIND_LABELS,
        may_use=entitlements.may_use(actor),
        unit_label=UNIT_LABELS[found.unit],
        typed=typed or {},
        problems=problems_of(refusal) if refusal else {},
    )


def _gift(
    request: Request,
    session: Session,
    actor: Actor,
    *,
    typed: dict[str, Any],
    refusal: StoreError | None = None,
) -> Response:
    return render(
        request,
        "payments/entitlement_new.html",
        status=status_of(refusal) if refusal else 200,
        units=list(UNIT_LABELS.items()),
        whose=_customer_named(session, actor, str(typed.get("customer", ""))),
        today=desk.business_day_of(desk.store_of(session, actor.store_id)),
        typed=typed,
        problems=problems_of(refusal) if refusal else {},
    )


def _customer(session: Session, actor: Actor, text: str) -> int:
    found = _customer_named(session, actor, text)
    if found is None:
        raise Refused(msg("Write the number of the customer."), field="customer")
    return found.id


def _customer_named(session: Session, actor: Actor, text: str) -> Customer | None:
    number = document_number(text)
    try:
        return book.by_number(session, actor, number) if number else None
    except StoreError:
        return None


def _unit(text: str) -> EntitlementUnit:
    return EntitlementUnit(text) if text in set(EntitlementUnit) else EntitlementUnit.HOURS


def _address(query: dict[str, Any]) -> str:
    return f"{HERE}?{urlencode(query)}" if query else HERE


def _at(field: str, refusal: Refused) -> Invalid:
    return Invalid(refusal.message, problems={field: refusal.message})
