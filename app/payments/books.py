"""The books to look at: the trial balance of a period, and the journal with its postings.

Periods are business days of the store, first and last included.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Row, Select, SQLColumnExpression, case, func, select, tuple_
from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.kernel.db import Database
from app.kernel.errors import Refused
from app.kernel.money import Money
from app.kernel.searchkeys import clean
from app.kernel.text import Text, msg
from app.payments.models import Account, Bill, EntryKind, JournalEntry, Posting, TillSession
from app.stores import desk
from app.web import paging
from app.web.paging import Page

ACCOUNT_LABELS: dict[Account, Text] = {
    Account.CASH: msg("Cash in drawers"),
    Account.SAFE: msg("Safe"),
    Account.CARD_CLEARING: msg("Card service"),
    Account.BANK_CLEARING: msg("Bank transfers"),
    Account.RECEIVABLE: msg("Owed by customers"),
    Account.VOUCHERS: msg("Owed by authorities for vouchers"),
    Account.TRADE_INS: msg("Robots taken in trade"),
    Account.DEPOSITS: msg("Deposits of customers"),
    Account.EXCHANGES: msg("Exchanges under way"),
    Account.STORE_CREDIT: msg("Gift cards and store credit"),
    Account.TAX: msg("VAT"),
    Account.REVENUE_ROBOTS: msg("Revenue, robots"),
    Account.REVENUE_PARTS: msg("Revenue, parts"),
    Account.REVENUE_SERVICES: msg("Revenue, services"),
    Account.CASH_DIFFERENCE: msg("Differences of counts"),
    Account.ROUNDING: msg("Rounding of cash"),
    Account.CLAIM_LOSS: msg("Claims not paid"),
    Account.BAD_DEBT: msg("Debts given up"),
    Account.GOODWILL: msg("Credit given as goodwill"),
    Account.EXPIRED_CREDIT: msg("Expired gift cards and credit"),
}
KIND_LABELS: dict[EntryKind, Text] = {
    EntryKind.FLOAT: msg("Float"),
    EntryKind.PAYMENT: msg("Payment"),
    EntryKind.SALE: msg("Sale"),
    EntryKind.CASH_MOVEMENT: msg("Cash moved"),
    EntryKind.TILL_DIFFERENCE: msg("Difference of a count"),
    EntryKind.TAKINGS: msg("Takings to the safe"),
    EntryKind.CLAIM: msg("Claim"),
    EntryKind.REFUND: msg("Refund"),
    EntryKind.RETURN: msg("Return"),
    EntryKind.STORE_CREDIT: msg("Store credit"),
    EntryKind.TRADE_IN: msg("Trade-in"),
    EntryKind.VOUCHER_CLAIM: msg("Voucher claim"),
    EntryKind.WRITE_OFF: msg("Write-off"),
}
_BATCH = 2_000


@dataclass(frozen=True, slots=True)
class Period:
    """Business days, first and last included."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise Refused(msg("The period ends before it begins."), field="to")


@dataclass(frozen=True, slots=True)
class AccountRow:
    """One account in one currency. Debits are positive: `closing` = `opening` + debit - credit."""

    account: Account
    opening: Money
    debit: Money
    credit: Money

    @property
    def closing(self) -> Money:
        return self.opening + self.debit - self.credit


@dataclass(frozen=True, slots=True)
class Side:
    """One posting as pages show it: it stands on one side."""

    account: Account
    debit: Money | None
    credit: Money | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRow:
    """A journal entry with its sides, debits first."""

    id: int
    at: datetime
    business_day: date
    kind: EntryKind
    reference: str
    till_session: int | None
    memo: str
    sides: tuple[Side, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which entries: of a period, on an account, of a kind, about one sale or ticket."""

    period: Period | None = None
    account: Account | None = None
    kind: EntryKind | None = None
    about: str = ""


def this_month(session: Session, store_id: int) -> Period:
    """From the first of the month to the store's day."""
    today = desk.business_day_of(desk.store_of(session, store_id))
    return Period(today.replace(day=1), today)


def trial_balance(session: Session, actor: Actor, period: Period) -> list[AccountRow]:
    """Every account that was ever used until the period's end; per currency all add up to zero."""
    actor.require("books.view")
    in_period = JournalEntry.business_day >= period.first
    amount = Posting.amount_minor
    rows = session.execute(
        select(
            Posting.account,
            Posting.currency,
            _sum(~in_period, amount),
            _sum(in_period & (amount > 0), amount),
            _sum(in_period & (amount < 0), -amount),
        )
        .join(JournalEntry, JournalEntry.id == Posting.entry_id)
        .where(JournalEntry.store_id == actor.store_id, JournalEntry.business_day <= period.last)
        .group_by(Posting.account, Posting.currency)
    )
    order = {account: place for place, account in enumerate(ACCOUNT_LABELS)}
    found = [
        AccountRow(
            account,
            Money(int(opening), currency),
            Money(int(debit), currency),
            Money(int(credit), currency),
        )
        for account, currency, opening, debit, credit in rows
    ]
    return sorted(found, key=lambda row: (row.opening.currency, order.get(row.account, len(order))))


def totals(rows: Sequence[AccountRow]) -> list[tuple[Money, Money]]:
    """Debits and credits of the period by currency: the two are the same, or the books are off."""
    currencies = sorted({row.debit.currency for row in rows})
    return [
        (
            Money(sum(row.debit.minor for row in rows if row.debit.currency == one), one),
            Money(sum(row.credit.minor for row in rows if row.credit.currency == one), one),
        )
        for one in currencies
    ]


def entries(session: Session, actor: Actor, wanted: Wanted, *, cursor: str = "") -> Page[EntryRow]:
    """Entries with their postings, the newest day first; two statements a page."""
    actor.require("books.view")
    query = (
        _entries(actor.store_id, wanted)
        .order_by(JournalEntry.business_day.desc(), JournalEntry.id.desc())
        .limit(paging.PAGE + 1)
    )
    if cursor:
        day, last_id = paging.decode(cursor, str, int)
        query = query.where(
            tuple_(JournalEntry.business_day, JournalEntry.id) < (_day(str(day)), int(last_id))
        )
    found = list(session.execute(query))
    shown, more = found[: paging.PAGE], len(found) > paging.PAGE
    following = None
    if more:
        last: JournalEntry = shown[-1][0]
        following = paging.encode(last.business_day.isoformat(), last.id)
    return Page(_with_sides(session, shown), following)


def batches(database: Database, actor: Actor, wanted: Wanted) -> Iterator[list[EntryRow]]:
    """Entries in the order in which they were made, some thousand at a time, each in a short
    reading of its own: what is asked for may be years, and its reader slow.
    """
    actor.require("books.view")
    last_id = 0
    while True:
        with database.reading() as session:
            query = (
                _entries(actor.store_id, wanted)
                .where(JournalEntry.id > last_id)
                .order_by(JournalEntry.id)
                .limit(_BATCH)
            )
            rows = _with_sides(session, list(session.execute(query)))
        if not rows:
            return
        yield rows
        last_id = rows[-1].id


def _sum(which: ColumnElement[bool], amount: SQLColumnExpression[int]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((which, amount), else_=0)), 0)


def _entries(store_id: int, wanted: Wanted) -> Select[JournalEntry, str, int]:
    query = (
        select(JournalEntry, Bill.reference, TillSession.number)
        .outerjoin(Bill, Bill.id == JournalEntry.bill_id)
        .outerjoin(TillSession, TillSession.id == JournalEntry.till_session_id)
        .where(JournalEntry.store_id == store_id)
    )
    if wanted.period is not None:
        query = query.where(
            JournalEntry.business_day.between(wanted.period.first, wanted.period.last)
        )
    if wanted.kind is not None:
        query = query.where(JournalEntry.kind == wanted.kind)
    if wanted.account is not None:
        query = query.where(
            select(Posting.id)
            .where(Posting.entry_id == JournalEntry.id, Posting.account == wanted.account)
            .exists()
        )
    if wanted.about:
        query = query.where(
            JournalEntry.bill_id.in_(
                select(Bill.id).where(
                    Bill.store_id == store_id, Bill.reference.in_(references(wanted.about))
                )
            )
        )
    return query


def references(about: str) -> list[str]:
    """What a person may mean by it: `1042` and `S-1042` are a sale, `T-000012` a ticket."""
    text = clean(about)
    bare = text.removeprefix("S-").removeprefix("s-")
    return [text, f"order:{bare}", f"ticket:{text.upper()}"]


def _with_sides(session: Session, found: Sequence[Row[JournalEntry, str, int]]) -> list[EntryRow]:
    sides: dict[int, list[Side]] = {}
    rows = session.execute(
        select(Posting.entry_id, Posting.account, Posting.amount_minor, Posting.currency)
        .where(Posting.entry_id.in_([entry.id for entry, _, _ in found]))
        .order_by(Posting.entry_id, Posting.amount_minor.desc(), Posting.id)
    )
    for entry_id, account, minor, currency in rows:
        amount = Money(abs(minor), currency)
        sides.setdefault(entry_id, []).append(
            Side(account, amount if minor > 0 else None, amount if minor < 0 else None)
        )
    return [
        EntryRow(
            id=entry.id,
            at=entry.at,
            business_day=entry.business_day,
            kind=entry.kind,
            reference=reference or "",
            till_session=number,
            memo=entry.memo,
            sides=tuple(sides.get(entry.id, ())),
        )
        for entry, reference, number in found
    ]


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as not_ours:
        raise Refused(
            msg("This page mark is not one of ours; start at the first page."), field="cursor"
        ) from not_ours
