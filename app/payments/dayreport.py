"""A store's day over all its tills: what came by each way, what was sold, how the drawers closed.

It is read from the journal by business day; a session that runs over midnight stands in both days
with what it took in each.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ScalarSelect, func, select, text
from sqlalchemy.orm import Session

from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.money import Money
from app.payments.fiscal_models import UNSIGNED_SQL, FiscalSignature
from app.payments.models import (
    LIVE_SQL,
    UNBOOKED_SQL,
    Account,
    EntryKind,
    IssuedDocument,
    JournalEntry,
    PaymentAttempt,
    Posting,
    SaleTax,
    Tender,
    TillSession,
)
from app.payments.refund_models import OPEN_SQL, Refund
from app.stores import desk
from app.stores.models import Store, Till

# Of sales and returns the last is gift cards: sold without tax, and owed.
_SOLD = frozenset(
    {
        Account.REVENUE_ROBOTS,
        Account.REVENUE_PARTS,
        Account.REVENUE_SERVICES,
        Account.STORE_CREDIT,
    }
)
Count = ScalarSelect[int]
_SALES = frozenset({EntryKind.SALE, EntryKind.RETURN})


@dataclass(frozen=True, slots=True)
class Taken:
    """What one way to pay brought at one till; `till` is empty for what came at none."""

    till: str
    tender: Tender
    count: int
    taken: Money
    returned: Money

    @property
    def net(self) -> Money:
        return self.taken - self.returned


@dataclass(frozen=True, slots=True)
class RateRow:
    """Sales less returns of one tax rate, in basis points."""

    rate_bp: int
    net: Money
    tax: Money

    @property
    def gross(self) -> Money:
        return self.net + self.tax


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawerRow:
    """A session that ran on this day."""

    number: int
    till: str
    opened_at: datetime
    closed_at: datetime | None
    counted: Money | None
    difference: Money | None
    reason: str
    z_report: str
    z_document_id: int | None


@dataclass(frozen=True, slots=True)
class Counts:
    """Sales of the day, and what is not decided or signed now."""

    sales: int
    undecided: int
    unsigned: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DayReport:
    """`undecided` counts payments and refunds that are not decided now, whatever the day."""

    day: date
    currency: str
    taken: tuple[Taken, ...]
    rates: tuple[RateRow, ...]
    drawers: tuple[DrawerRow, ...]
    sales: int
    net: Money
    tax: Money
    # besides sales: what the drawers gave to the safe (negative: took), and what was off
    to_safe: Money
    difference: Money
    rounding: Money
    undecided: int
    unsigned: int
    chain_head: str

    @property
    def gross(self) -> Money:
        return self.net + self.tax

    @property
    def by_tender(self) -> tuple[Taken, ...]:
        """The same over all tills."""
        tenders = dict.fromkeys(row.tender for row in self.taken)
        return tuple(self._over_all(tender) for tender in Tender if tender in tenders)

    @property
    def total(self) -> Money:
        return Money(sum(row.net.minor for row in self.taken), self.currency)

    def _over_all(self, tender: Tender) -> Taken:
        rows = [row for row in self.taken if row.tender is tender]
        return Taken(
            "",
            tender,
            sum(row.count for row in rows),
            Money(sum(row.taken.minor for row in rows), self.currency),
            Money(sum(row.returned.minor for row in rows), self.currency),
        )


def today(session: Session, store_id: int) -> date:
    return desk.business_day_of(desk.store_of(session, store_id))


def of(session: Session, actor: Actor, day: date) -> DayReport:
    """The day of a store as its journal has it now; a fixed number of statements."""
    actor.require("till.view")
    store = desk.store_of(session, actor.store_id)
    sums = _sums(session, store.id, day)

    def on(account: Account, kinds: frozenset[EntryKind] = frozenset(EntryKind)) -> Money:
        minor = sum(
            each for (kind, booked), each in sums.items() if booked is account and kind in kinds
        )
        return Money(minor, store.currency)

    zero, counts = Money(0, store.currency), _counts(session, store.id, day)
    return DayReport(
        day=day,
        currency=store.currency,
        taken=tuple(_taken(session, store, day)),
        rates=_rates(session, store, day),
        drawers=tuple(_drawers(session, store, day)),
        sales=counts.sales,
        net=-sum((on(account, _SALES) for account in _SOLD), zero),
        tax=-on(Account.TAX, _SALES),
        to_safe=on(Account.SAFE),
        difference=-on(Account.CASH_DIFFERENCE),
        rounding=-on(Account.ROUNDING),
        undecided=counts.undecided,
        unsigned=counts.unsigned,
        chain_head=audit.head(session, store.id),
    )


def _sums(session: Session, store_id: int, day: date) -> dict[tuple[EntryKind, Account], int]:
    rows = session.execute(
        select(JournalEntry.kind, Posting.account, func.sum(Posting.amount_minor))
        .join(Posting, Posting.entry_id == JournalEntry.id)
        .where(JournalEntry.store_id == store_id, JournalEntry.business_day == day)
        .group_by(JournalEntry.kind, Posting.account)
    )
    return {(kind, account): int(minor) for kind, account, minor in rows}


def _taken(session: Session, store: Store, day: date) -> Iterator[Taken]:
    """By till and tender. Found by the bill, which both have an index for."""
    came: dict[tuple[str, Tender], tuple[int, int]] = {}
    back: dict[tuple[str, Tender], int] = {}
    for paid, found in ((PaymentAttempt, came), (Refund, back)):
        rows = session.execute(
            select(
                Till.name,
                paid.tender,
                func.count(paid.id),
                func.sum(paid.amount_minor + paid.rounding_minor),
            )
            .select_from(JournalEntry)
            .join(paid, (paid.bill_id == JournalEntry.bill_id) & (paid.entry_id == JournalEntry.id))
            .outerjoin(TillSession, TillSession.id == JournalEntry.till_session_id)
            .outerjoin(Till, Till.id == TillSession.till_id)
            .where(JournalEntry.store_id == store.id, JournalEntry.business_day == day)
            .group_by(Till.name, paid.tender)
        )
        for till, tender, count, minor in rows:
            key = (till or "", tender)
            if found is came:
                came[key] = (count, int(minor))
            else:
                back[key] = int(minor)
    order = list(Tender)
    for till, tender in sorted({*came, *back}, key=lambda key: (key[0], order.index(key[1]))):
        count, minor = came.get((till, tender), (0, 0))
        yield Taken(
            till,
            tender,
            count,
            Money(minor, store.currency),
            Money(back.get((till, tender), 0), store.currency),
        )


def _rates(session: Session, store: Store, day: date) -> tuple[RateRow, ...]:
    rows = session.execute(
        select(SaleTax.rate_bp, func.sum(SaleTax.net_minor), func.sum(SaleTax.tax_minor))
        .join(JournalEntry, JournalEntry.id == SaleTax.entry_id)
        .where(JournalEntry.store_id == store.id, JournalEntry.business_day == day)
        .group_by(SaleTax.rate_bp)
        .order_by(SaleTax.rate_bp.desc())
    )
    return tuple(
        RateRow(rate, Money(int(net), store.currency), Money(int(tax), store.currency))
        for rate, net, tax in rows
    )


def _drawers(session: Session, store: Store, day: date) -> Iterator[DrawerRow]:
    start, end = clock.day_bounds(day, zone=store.zone, cut_off=store.day_starts_at)
    rows: Sequence[tuple[TillSession, str, str | None]] = list(
        session.execute(
            select(TillSession, Till.name, IssuedDocument.label)
            .join(Till, Till.id == TillSession.till_id)
            .outerjoin(IssuedDocument, IssuedDocument.id == TillSession.z_document_id)
            .where(
                TillSession.store_id == store.id,
                TillSession.opened_at < end,
                TillSession.closed_at.is_(None) | (TillSession.closed_at >= start),
            )
            .order_by(TillSession.number)
        )
    )
    for found, till, label in rows:
        yield DrawerRow(
            number=found.number,
            till=till,
            opened_at=found.opened_at,
            closed_at=found.closed_at,
            counted=_money(found.counted_minor, found.currency),
            difference=_money(found.difference_minor, found.currency),
            reason=found.difference_reason,
            z_report=label or "",
            z_document_id=found.z_document_id,
        )


def _counts(session: Session, store_id: int, day: date) -> Counts:
    """All in one statement; what is open, each by the partial index that is made for it."""

    def waiting(table: type[PaymentAttempt | Refund | FiscalSignature], condition: str) -> Count:
        rows = select(func.count(table.id)).where(table.store_id == store_id, text(condition))
        return rows.scalar_subquery()

    sales = select(func.count(JournalEntry.id)).where(
        JournalEntry.store_id == store_id,
        JournalEntry.business_day == day,
        JournalEntry.kind == EntryKind.SALE,
    )
    row = session.execute(
        select(
            sales.scalar_subquery(),
            waiting(PaymentAttempt, LIVE_SQL),
            waiting(PaymentAttempt, UNBOOKED_SQL),
            waiting(Refund, OPEN_SQL),
            waiting(FiscalSignature, UNSIGNED_SQL),
        )
    ).one()
    return Counts(sales=row[0], undecided=row[1] + row[2] + row[3], unsigned=row[4])


def _money(minor: int | None, currency: str) -> Money | None:
    return None if minor is None else Money(minor, currency)
