"""Data vouchers as JSON: issued, used, given back, their statement."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from app.customers import book
from app.identity.guard import ApiReading, ApiWriting
from app.kernel.actor import Actor
from app.payments import entitlementlists, entitlements
from app.payments.entitlement_models import (
    Entitlement,
    EntitlementMove,
    EntitlementUnit,
    MoveKind,
)
from app.payments.entitlementlists import EntitlementRow
from app.payments.entitlements import Issued
from app.payments.measured import Measured, parse_measured
from app.web.idempotent import once
from app.web.problems import refusals, refusals_of_writing
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import Cursor, Number, PageOut, Sent, Words

router = APIRouter(prefix="/api/v1/entitlements", tags=["data vouchers"])
# as text, so that no program rounds it
Amount = Annotated[str, Field(max_length=16, description="A number such as `2` or `1.5`.")]


class EntitlementOut(BaseModel):
    """`usable` is what is left today: nothing after the last day. Amounts are decimal texts."""

    number: int
    customer: int
    name: str
    unit: EntitlementUnit
    granted: str
    balance: str
    usable: str
    serial: str | None
    issued_on: date
    expires_on: date | None
    reference: str
    reason: str


class MoveOut(BaseModel):
    """One line of the statement; `reverses` is the number of the use that it gives back."""

    number: int
    kind: MoveKind
    amount: str
    left: str
    reference: str
    note: str
    reverses: int | None
    day: date
    at: datetime
    by: str


class StatementOut(EntitlementOut):
    moves: list[MoveOut]


class GiftIn(Sent):
    """A data voucher as a gift. `customer` is a number, `serial` the robot that it is for."""

    customer: Annotated[int, Field(ge=1, le=2**31 - 1)]
    name: Words
    unit: Annotated[EntitlementUnit, Field(strict=False)]
    amount: Amount
    reason: Words
    serial: Words = ""
    expires_on: Annotated[date | None, Field(strict=False)] = None


class DrawIn(Sent):
    """`reference` says what it is used for: a session of data collection, a ticket."""

    amount: Amount
    reference: Words
    note: Words = ""


class ReasonIn(Sent):
    reason: Words


@router.get("", responses=refusals(404))
def list_entitlements(
    session: ReadSession,
    actor: ApiReading,
    customer: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
    cursor: Cursor = "",
) -> PageOut[EntitlementOut]:
    """Those of the store, or of one customer (by number), the newest first, 50 a page."""
    actor.require("customers.view")
    whose = book.by_number(session, actor, customer).id if customer else None
    page = entitlementlists.page(session, actor, cursor=cursor or None, customer_id=whose)
    return PageOut(items=[_said(row) for row in page.items], next=page.next)


@router.post("", status_code=201, responses=refusals_of_writing(404))
@once
def give_entitlement(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    body: GiftIn,
) -> StatementOut:
    actor.require("vouchers.edit")
    made = entitlements.give(
        session,
        actor,
        Issued(
            customer_id=book.by_number(session, actor, body.customer).id,
            name=body.name,
            amount=parse_measured(body.amount, body.unit),
            expires_on=body.expires_on,
            unit_id=entitlements.robot_called(session, actor, body.serial),
            reason=body.reason,
        ),
    )
    return _statement(session, actor, made)


@router.get("/{number}", responses=refusals(404))
def show_entitlement(session: ReadSession, actor: ApiReading, number: Number) -> StatementOut:
    """A data voucher with its statement, oldest first."""
    return _statement(session, actor, entitlements.by_number(session, actor, number))


@router.post("/{number}/draw", status_code=201, responses=refusals_of_writing(404))
@once
def draw_entitlement(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    number: Number,
    body: DrawIn,
) -> StatementOut:
    """Use a part of it; 422 for more than is left, 409 after its last day."""
    found = entitlements.by_number(session, actor, number)
    amount = parse_measured(body.amount, found.unit)
    entitlements.draw(session, actor, found, amount, reference=body.reference, note=body.note)
    return _statement(session, actor, found)


@router.post("/{number}/moves/{move}/reverse", status_code=201, responses=refusals_of_writing(404))
@once
def reverse_draw(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    number: Number,
    move: Number,
    body: ReasonIn,
) -> StatementOut:
    """Give back what was used by mistake, whole and once."""
    found = entitlements.by_number(session, actor, number)
    entitlements.reverse(session, actor, found, move, note=body.reason)
    return _statement(session, actor, found)


@router.post("/{number}/withdraw", responses=refusals_of_writing(404))
@once
def withdraw_entitlement(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    number: Number,
    body: ReasonIn,
) -> StatementOut:
    """Take away what is left."""
    found = entitlements.by_number(session, actor, number)
    entitlements.withdraw(session, actor, found, reason=body.reason)
    return _statement(session, actor, found)


def _said(row: EntitlementRow) -> EntitlementOut:
    one = row.entitlement
    return EntitlementOut(
        number=one.number,
        customer=row.customer.number,
        name=one.name,
        unit=one.unit,
        granted=row.granted.plain,
        balance=row.left.balance.plain,
        usable=row.left.usable.plain,
        serial=row.serial or None,
        issued_on=one.issued_on,
        expires_on=one.expires_on,
        reference=one.reference,
        reason=one.reason,
    )


def _statement(session: Session, actor: Actor, one: Entitlement) -> StatementOut:
    moves = entitlements.moves_of(session, one)
    numbers = {move.id: move.number for move in moves}
    return StatementOut(
        **dict(_said(entitlementlists.row_of(session, actor, one))),
        moves=[_move(move, one.unit, numbers) for move in moves],
    )


def _move(move: EntitlementMove, unit: EntitlementUnit, numbers: dict[int, int]) -> MoveOut:
    return MoveOut(
        number=move.number,
        kind=move.kind,
        amount=Measured(move.amount_milli, unit).plain,
        left=Measured(move.balance_milli, unit).plain,
        reference=move.reference,
        note=move.note,
        reverses=numbers.get(move.reverses_id or 0),
        day=move.day,
        at=move.at,
        by=move.by,
    )
