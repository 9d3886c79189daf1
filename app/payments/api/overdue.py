"""Bills that are not paid in time, and what customers may owe, as JSON."""

from datetime import date

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from app.customers import book
from app.identity.guard import ApiReading, ApiWriting
from app.payments import arrivals, dunning, terms
from app.stores import desk
from app.web.idempotent import once
from app.web.problems import refusals, refusals_of_writing
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import Cursor, MoneyOut, Number, PageOut, PriceIn, RowId, Sent, Words

router = APIRouter(prefix="/api/v1", tags=["accounts"])


class OverdueOut(BaseModel):
    """`reference` names what was sold (`order:12`); `level` how often it was reminded."""

    id: int
    reference: str
    customer: int | None
    customer_name: str
    open: MoneyOut
    due_on: date | None
    days_late: int
    level: int
    next_reminder_on: date | None


class ReminderOut(BaseModel):
    level: int
    open: MoneyOut
    due_on: date
    document: int


class ArrivalIn(Sent):
    """A transfer: so much, and its text on the bank statement."""

    amount: PriceIn
    note: Words


class GiveUpIn(Sent):
    reason: Words


class DueOut(BaseModel):
    """What is left of the bill."""

    due: MoneyOut


class LimitIn(Sent):
    limit: PriceIn
    days: int = Field(default=terms.DAYS, ge=1, le=terms.MOST_DAYS)


class AccountOut(BaseModel):
    """`limit` is null where nothing may be bought on account."""

    owes: MoneyOut
    limit: MoneyOut | None
    days: int | None


@router.get("/overdue", responses=refusals())
def list_overdue(
    session: ReadSession, actor: ApiReading, cursor: Cursor = ""
) -> PageOut[OverdueOut]:
    """Bills whose day is over, the longest first, 50 a page."""
    page = dunning.overdue_page(session, actor, cursor=cursor or None)
    rows = [
        OverdueOut(
            id=row.bill.id,
            reference=row.bill.reference,
            customer=row.customer_number,
            customer_name=row.customer,
            open=MoneyOut.of(row.open),
            due_on=row.bill.due_on,
            days_late=row.days_late,
            level=row.level,
            next_reminder_on=row.next_on,
        )
        for row in page.items
    ]
    return PageOut(items=rows, next=page.next)


@router.post("/overdue/{bill_id}/remind", status_code=201, responses=refusals_of_writing(404))
@once
def remind_of_bill(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    bill_id: RowId,
) -> ReminderOut:
    """The next reminder with its letter; 409 before its day."""
    bill = dunning.bill_by_id(session, actor, bill_id)
    notice = dunning.remind(session, actor, bill)
    return ReminderOut(
        level=notice.level,
        open=MoneyOut.minor(notice.open_minor, bill.currency),
        due_on=notice.due_on,
        document=notice.document_id,
    )


@router.post("/overdue/{bill_id}/receive", responses=refusals_of_writing(404))
@once
def receive_transfer(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    bill_id: RowId,
    body: ArrivalIn,
) -> DueOut:
    """A transfer for a bill, at no till."""
    bill = dunning.bill_by_id(session, actor, bill_id)
    arrivals.receive(session, actor, bill, amount=body.amount.money(), note=body.note)
    return DueOut(due=MoneyOut.of(dunning.due_of(session, bill)))


@router.post("/overdue/{bill_id}/give-up", responses=refusals_of_writing(404))
@once
def give_up_bill(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    bill_id: RowId,
    body: GiveUpIn,
) -> DueOut:
    """What stands open is a loss from now on."""
    bill = dunning.bill_by_id(session, actor, bill_id)
    dunning.write_off(session, actor, bill, reason=body.reason)
    return DueOut(due=MoneyOut.of(dunning.due_of(session, bill)))


@router.get("/customers/{number}/account", responses=refusals(404))
def show_customer_account(session: ReadSession, actor: ApiReading, number: Number) -> AccountOut:
    """What a customer owes and may owe."""
    actor.require("customers.view")
    customer = book.by_number(session, actor, number)
    account = terms.account_of(session, customer.id)
    currency = desk.store_of(session, actor.store_id).currency
    return AccountOut(
        owes=MoneyOut.of(terms.open_of(session, customer.id, currency)),
        limit=MoneyOut.of(terms.limit_of(account)) if account else None,
        days=account.term_days if account else None,
    )


@router.post("/customers/{number}/account", responses=refusals_of_writing(404))
@once
def set_customer_limit(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    number: Number,
    body: LimitIn,
) -> AccountOut:
    """How much a company may owe, each bill for how many days."""
    customer = book.by_number(session, actor, number)
    account = terms.set_limit(session, actor, customer, body.limit.money(), days=body.days)
    return AccountOut(
        owes=MoneyOut.of(terms.open_of(session, customer.id, account.currency)),
        limit=MoneyOut.of(terms.limit_of(account)),
        days=account.term_days,
    )
