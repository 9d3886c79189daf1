"""How a bill stands: all that taking money for it has to know, in one statement."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from sqlalchemy import BindParameter, bindparam, case, func, select, text
from sqlalchemy.orm import Session, aliased

from app.kernel.money import Money
from app.payments.models import (
    LIVE_SQL,
    UNBOOKED_SQL,
    Account,
    Bill,
    EntryKind,
    JournalEntry,
    PaymentAttempt,
    Posting,
    TillSession,
)

# What a bill's owner has with us: a payment is credited to these, a refund taken from them.
OWED_ACCOUNTS = (Account.DEPOSITS, Account.RECEIVABLE)
MONEY_KINDS = (EntryKind.PAYMENT, EntryKind.REFUND)


@dataclass(frozen=True, slots=True)
class Cover:
    """What answers for a bill, in minor units: money, what was taken back, and what is owed on
    terms (or was, and is given up).
    """

    paid: int = 0
    credited: int = 0
    on_terms: int = 0

    @property
    def all(self) -> int:
        """A recognised sale is covered whole; one that is not, as far as it was paid."""
        return self.paid + self.credited + self.on_terms


UNCOVERED = Cover()


@dataclass(frozen=True, slots=True)
class Standing:
    """A bill by its journal and attempts.

    `paid` is what came less what went back, `credited` what was taken back of the sale, `held` what
    the customer has with us: a deposit, or what is still to be refunded. `on_terms` is what stands
    open as receivable, `written_off` what of it was given up, `under_way_id` the attempt whose
    money may still come, `till_session_id` the open session that took the last payment: its Z
    report tells of it.
    """

    total: Money
    credited: Money
    paid: Money
    held: Money
    on_terms: Money
    written_off: Money
    is_recognised: bool
    last_attempt: int
    under_way_id: int | None
    till_session_id: int | None

    @property
    def due(self) -> Money:
        """What is still owed; never below zero, also when a late capture has overpaid."""
        settled = self.credited + self.paid + self.written_off
        return max(self.total - settled, Money(0, self.total.currency))

    @property
    def cover(self) -> Cover:
        """What answers for the bill, as `covers_of` says it of many."""
        on_terms = self.on_terms + self.written_off
        return Cover(self.paid.minor, self.credited.minor, on_terms.minor)


_BILL: BindParameter[int] = bindparam("bill_id")
_payment = aliased(JournalEntry)
_last_attempt = select(func.max(PaymentAttempt.number)).where(PaymentAttempt.bill_id == _BILL)
_under_way = (
    select(PaymentAttempt.id)
    .where(PaymentAttempt.bill_id == _BILL, text(f"({LIVE_SQL} OR {UNBOOKED_SQL})"))
    .order_by(PaymentAttempt.id)
    .limit(1)
)
_till_session = (
    select(TillSession.id)
    .join(_payment, _payment.till_session_id == TillSession.id)
    .where(
        _payment.bill_id == _BILL,
        _payment.kind == EntryKind.PAYMENT,
        TillSession.closed_at.is_(None),
    )
    .order_by(_payment.id.desc())
    .limit(1)
)
_is_owed = Posting.account.in_(OWED_ACCOUNTS)
_paid = func.sum(
    case((JournalEntry.kind.in_(MONEY_KINDS) & _is_owed, -Posting.amount_minor), else_=0)
)
_credited = func.sum(
    case(((JournalEntry.kind == EntryKind.RETURN) & _is_owed, -Posting.amount_minor), else_=0)
)
_on_terms = func.sum(case((Posting.account == Account.RECEIVABLE, Posting.amount_minor), else_=0))
# also what was given up later: the sale was made on it
_owed_at_all = func.sum(
    case(
        (
            (Posting.account == Account.RECEIVABLE) & (JournalEntry.kind != EntryKind.WRITE_OFF),
            Posting.amount_minor,
        ),
        else_=0,
    )
)
_written_off = func.sum(
    case(
        (
            (Posting.account == Account.RECEIVABLE) & (JournalEntry.kind == EntryKind.WRITE_OFF),
            -Posting.amount_minor,
        ),
        else_=0,
    )
)
_STANDING = (
    select(
        _paid,
        _credited,
        func.sum(case((Posting.account == Account.DEPOSITS, -Posting.amount_minor), else_=0)),
        _on_terms,
        _written_off,
        func.max(case((JournalEntry.kind == EntryKind.SALE, 1), else_=0)),
        _last_attempt.scalar_subquery(),
        _under_way.scalar_subquery(),
        _till_session.scalar_subquery(),
    )
    .select_from(JournalEntry)
    .outerjoin(Posting, Posting.entry_id == JournalEntry.id)
    .where(JournalEntry.bill_id == _BILL)
)


def untouched(bill: Bill) -> Standing:
    """How a bill stands that was raised just now: nothing was tried and nothing came."""
    nothing = Money(0, bill.currency)
    return Standing(
        total=Money(bill.total_minor, bill.currency),
        credited=nothing,
        paid=nothing,
        held=nothing,
        on_terms=nothing,
        written_off=nothing,
        is_recognised=False,
        last_attempt=0,
        under_way_id=None,
        till_session_id=None,
    )


def with_payment(before: Standing, attempt: PaymentAttempt) -> Standing | None:
    """How a bill stands with a payment that this transaction has just booked on what stood before.
    None where another may be under way: then it has to be asked.
    """
    if before.under_way_id is not None:
        return None
    amount = Money(attempt.amount_minor, attempt.currency)
    off_terms = min(before.on_terms, amount)
    return replace(
        before,
        paid=before.paid + amount,
        held=before.held + amount - off_terms,
        on_terms=before.on_terms - off_terms,
        last_attempt=attempt.number,
        till_session_id=attempt.till_session_id or before.till_session_id,
    )


def of(session: Session, bill: Bill) -> Standing:
    """How a bill stands at this moment."""
    row = session.execute(_STANDING, {"bill_id": bill.id}).one()
    paid, credited, held, on_terms, written_off, recognised, *attempts = row
    last_attempt, under_way_id, till_session_id = attempts
    return Standing(
        total=Money(bill.total_minor, bill.currency),
        credited=Money(int(credited or 0), bill.currency),
        paid=Money(int(paid or 0), bill.currency),
        held=Money(int(held or 0), bill.currency),
        on_terms=Money(int(on_terms or 0), bill.currency),
        written_off=Money(int(written_off or 0), bill.currency),
        is_recognised=bool(recognised),
        last_attempt=last_attempt or 0,
        under_way_id=under_way_id,
        till_session_id=till_session_id,
    )


def covered(
    session: Session, store_id: int, references: Collection[str]
) -> dict[str, tuple[Bill, Cover]]:
    """The bills of many references with what answers for each, in one statement; what has no bill
    is left out.
    """
    if not references:
        return {}
    rows = session.execute(
        select(Bill, _paid, _credited, _owed_at_all)
        .outerjoin(JournalEntry, JournalEntry.bill_id == Bill.id)
        .outerjoin(Posting, Posting.entry_id == JournalEntry.id)
        .where(Bill.store_id == store_id, Bill.reference.in_(references))
        .group_by(Bill.id)
    )
    return {
        bill.reference: (bill, Cover(int(paid or 0), int(credited or 0), int(on_terms or 0)))
        for bill, paid, credited, on_terms in rows
    }


def covers_of(session: Session, bill_ids: Collection[int]) -> dict[int, Cover]:
    """What answers for each of many bills, in one statement; those without entries are left out."""
    if not bill_ids:
        return {}
    rows = session.execute(
        select(JournalEntry.bill_id, _paid, _credited, _owed_at_all)
        .join(Posting, Posting.entry_id == JournalEntry.id)
        .where(JournalEntry.bill_id.in_(bill_ids))
        .group_by(JournalEntry.bill_id)
    )
    return {
        bill_id: Cover(int(paid), int(credited), int(on_terms))
        for bill_id, paid, credited, on_terms in rows
        if bill_id is not None
    }
