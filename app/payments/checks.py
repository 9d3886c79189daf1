"""What must always hold of bills, journal, tills, payments and documents: one line per breach."""

from collections.abc import Iterator
from itertools import pairwise

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from app.kernel.canonical import sha256_hex
from app.kernel.numbers import DocumentSeries
from app.payments import journal
from app.payments.documents import DocumentContent, from_json, imbalances, to_json
from app.payments.models import (
    Account,
    Bill,
    CashMovement,
    EntryKind,
    IssuedDocument,
    JournalEntry,
    PaymentAttempt,
    Posting,
    SaleTax,
    Tender,
    TillSession,
)
from app.payments.refund_models import Refund
from app.payments.standing import MONEY_KINDS, OWED_ACCOUNTS
from app.payments.states import REFUND_OPEN, REFUND_WENT, AttemptState, RefundState

_OWED = OWED_ACCOUNTS


def breaches(session: Session) -> Iterator[str]:
    """Every line of the plan that this database breaks."""
    yield from _entries(session)
    yield from _payments(session)
    yield from _bills(session)
    yield from _refunds(session)
    yield from _held(session)
    yield from _sales(session)
    yield from _sessions(session)
    yield from _series(session)
    yield from _documents(session)


def _entries(session: Session) -> Iterator[str]:
    """Each entry sums to zero per currency."""
    for entry_id, currency, minor in journal.unbalanced(session):
        yield f"payments: journal entry {entry_id} is off by {minor} {currency}"


def _payments(session: Session) -> Iterator[str]:
    """Captured payments are booked once, as what they are, in a session that was open then."""
    booked = (
        select(
            Posting.entry_id.label("entry_id"),
            func.sum(-Posting.amount_minor).label("minor"),
            func.min(Posting.currency).label("currency"),
        )
        .where(Posting.account.in_(_OWED))
        .group_by(Posting.entry_id)
        .subquery()
    )
    rows = session.execute(
        select(PaymentAttempt, JournalEntry, booked.c.minor, booked.c.currency)
        .join(JournalEntry, JournalEntry.id == PaymentAttempt.entry_id)
        .outerjoin(booked, booked.c.entry_id == JournalEntry.id)
        .order_by(PaymentAttempt.id)
        .execution_options(yield_per=1000)
    )
    seen: set[int] = set()
    for attempt, entry, minor, currency in rows:
        name = f"payments: payment {attempt.id}"
        if (minor, currency) != (attempt.amount_minor, attempt.currency):
            yield f"{name} is {attempt.amount_minor}, but {minor} stands in the journal"
        taken = attempt.amount_minor + attempt.rounding_minor
        if attempt.tendered_minor - attempt.change_minor != taken:
            yield f"{name}: tendered less change is not its amount"
        if attempt.change_minor and attempt.tender is not Tender.CASH:
            yield f"{name} gave change from {attempt.tender}"
        if (entry.bill_id, entry.till_session_id) != (attempt.bill_id, attempt.till_session_id):
            yield f"{name} is booked for another bill or till session"
        if entry.id in seen:
            yield f"{name} shares its journal entry with another payment"
        seen.add(entry.id)
    strays = session.scalars(
        select(JournalEntry.id)
        .outerjoin(PaymentAttempt, PaymentAttempt.entry_id == JournalEntry.id)
        .where(JournalEntry.kind == EntryKind.PAYMENT, PaymentAttempt.id.is_(None))
    )
    for entry_id in strays:
        yield f"payments: journal entry {entry_id} is a payment that nobody made"


def _bills(session: Session) -> Iterator[str]:
    """What was captured for a bill less what went back is what the journal says was paid on it."""
    captured: dict[int | None, int] = dict(
        session.execute(
            select(PaymentAttempt.bill_id, func.sum(PaymentAttempt.amount_minor))
            .where(
                PaymentAttempt.state == AttemptState.CAPTURED,
                PaymentAttempt.entry_id.is_not(None),
            )
            .group_by(PaymentAttempt.bill_id)
        ).all()
    )
    for refunded_id, minor in session.execute(
        select(Refund.bill_id, func.sum(Refund.amount_minor))
        .where(Refund.state == RefundState.PAID_OUT)
        .group_by(Refund.bill_id)
    ):
        captured[refunded_id] = captured.get(refunded_id, 0) - int(minor)
    paid = dict(
        session.execute(
            select(JournalEntry.bill_id, func.sum(-Posting.amount_minor))
            .join(Posting, Posting.entry_id == JournalEntry.id)
            .where(JournalEntry.kind.in_(MONEY_KINDS), Posting.account.in_(_OWED))
            .group_by(JournalEntry.bill_id)
        ).all()
    )
    for bill_id in sorted({*captured, *paid} - {None}, key=lambda each: each or 0):
        if captured.get(bill_id or 0, 0) != paid.get(bill_id, 0):
            yield f"payments: bill {bill_id}: captured is not what the journal says is paid"


def _refunds(session: Session) -> Iterator[str]:
    """No payment gives back more than it was, and each refund that went out is booked as such."""
    for attempt_id, amount, back in session.execute(
        select(PaymentAttempt.id, PaymentAttempt.amount_minor, func.sum(Refund.amount_minor))
        .join(Refund, Refund.attempt_id == PaymentAttempt.id)
        .where(Refund.state.in_({*REFUND_OPEN, RefundState.PAID_OUT}))
        .group_by(PaymentAttempt.id, PaymentAttempt.amount_minor)
        .having(func.sum(Refund.amount_minor) > PaymentAttempt.amount_minor)
    ):
        yield f"payments: payment {attempt_id} of {amount} gives back {back}"
    for its_entry, sign in ((Refund.entry_id, 1), (Refund.return_entry_id, -1)):
        rows = session.execute(
            select(Refund, JournalEntry, func.sum(Posting.amount_minor))
            .join(JournalEntry, JournalEntry.id == its_entry)
            .join(Posting, Posting.entry_id == JournalEntry.id)
            .where(Posting.account.in_(_OWED))
            .group_by(Refund.id, JournalEntry.id)
        )
        for refund, entry, minor in rows:
            if (sign * int(minor), entry.bill_id) != (refund.amount_minor, refund.bill_id):
                yield f"payments: refund {refund.id} is {refund.amount_minor}, its entry {minor}"
    for refund_id in session.scalars(
        select(Refund.id).where(Refund.state.in_(REFUND_WENT), Refund.entry_id.is_(None))
    ):
        yield f"payments: refund {refund_id} went out and stands in no entry"
    for entry_id in session.scalars(
        select(JournalEntry.id)
        .outerjoin(Refund, JournalEntry.id.in_((Refund.entry_id, Refund.return_entry_id)))
        .where(JournalEntry.kind == EntryKind.REFUND, Refund.id.is_(None))
    ):
        yield f"payments: journal entry {entry_id} is a refund that nobody made"


def _held(session: Session) -> Iterator[str]:
    """No bill holds less than nothing for its owner, nor is owed less, nor takes back too much."""
    rows = session.execute(
        select(
            Bill.reference,
            Bill.total_minor,
            func.sum(case((Posting.account == Account.DEPOSITS, -Posting.amount_minor), else_=0)),
            func.sum(case((Posting.account == Account.RECEIVABLE, Posting.amount_minor), else_=0)),
            func.sum(
                case(
                    (
                        (JournalEntry.kind == EntryKind.RETURN) & Posting.account.in_(_OWED),
                        -Posting.amount_minor,
                    ),
                    else_=0,
                )
            ),
        )
        .join(JournalEntry, JournalEntry.bill_id == Bill.id)
        .join(Posting, Posting.entry_id == JournalEntry.id)
        .group_by(Bill.id, Bill.reference, Bill.total_minor)
    )
    for reference, total, held, owed, credited in rows:
        if held < 0:
            yield f"payments: bill {reference} holds {held} of its owner"
        if owed < 0:
            yield f"payments: bill {reference} is owed {owed}"
        if credited > total:
            yield f"payments: bill {reference} of {total} takes back {credited}"


def _sales(session: Session) -> Iterator[str]:
    """A recognised sale is its bill's total, and its taxes by rate are its tax."""
    rows = session.execute(
        select(
            JournalEntry.id,
            Bill.total_minor,
            func.coalesce(
                func.sum(case((Posting.account.in_(_OWED), Posting.amount_minor), else_=0)), 0
            ),
            func.coalesce(
                func.sum(case((Posting.account == Account.TAX, -Posting.amount_minor), else_=0)),
                0,
            ),
        )
        .join(Bill, Bill.id == JournalEntry.bill_id)
        .outerjoin(Posting, Posting.entry_id == JournalEntry.id)
        .where(JournalEntry.kind == EntryKind.SALE)
        .group_by(JournalEntry.id, Bill.total_minor)
    )
    by_rate = dict(
        session.execute(
            select(SaleTax.entry_id, func.sum(SaleTax.tax_minor)).group_by(SaleTax.entry_id)
        ).all()
    )
    for entry_id, total, owed, tax in rows:
        if int(owed) != total:
            yield f"payments: sale entry {entry_id} is {owed}, its bill {total}"
        if entry_id in by_rate and int(by_rate[entry_id]) != int(tax):
            yield f"payments: sale entry {entry_id}: the taxes by rate are not its tax"


def _sessions(session: Session) -> Iterator[str]:
    """Float and cash in less cash out are what was expected; the difference is recorded."""
    for till_session in session.scalars(select(TillSession).order_by(TillSession.id)):
        yield from _session(session, till_session)


def _session(session: Session, till_session: TillSession) -> Iterator[str]:
    name = f"payments: till session {till_session.number} of store {till_session.store_id}"
    cash = session.scalar(
        select(
            func.coalesce(func.sum(PaymentAttempt.amount_minor + PaymentAttempt.rounding_minor), 0)
        ).where(
            PaymentAttempt.till_session_id == till_session.id,
            PaymentAttempt.entry_id.is_not(None),
            PaymentAttempt.tender == Tender.CASH,
        )
    )
    given_back = session.scalar(
        select(func.coalesce(func.sum(Refund.amount_minor + Refund.rounding_minor), 0)).where(
            Refund.till_session_id == till_session.id,
            Refund.state == RefundState.PAID_OUT,
            Refund.tender == Tender.CASH,
        )
    )
    moved = session.scalar(
        select(func.coalesce(func.sum(CashMovement.amount_minor), 0)).where(
            CashMovement.till_session_id == till_session.id
        )
    )
    expected = till_session.float_minor + int(cash or 0) + int(moved or 0) - int(given_back or 0)
    in_drawer = journal.cash_in_drawer(session, till_session.id, till_session.currency).minor
    if till_session.closed_at is None:
        if in_drawer != expected:
            yield f"{name}: the journal has {in_drawer} in the drawer, its payments {expected}"
        return
    counted, difference = till_session.counted_minor or 0, till_session.difference_minor or 0
    if till_session.expected_minor != expected:
        yield f"{name} expected {till_session.expected_minor}, its payments say {expected}"
    if counted - expected != difference:
        yield f"{name}: counted less expected is not the recorded difference"
    if in_drawer:
        yield f"{name} is closed, and {in_drawer} still stand in its drawer"
    late = session.scalar(
        select(func.count(JournalEntry.id)).where(
            JournalEntry.till_session_id == till_session.id,
            JournalEntry.at > till_session.closed_at,
        )
    )
    if late:
        yield f"{name} took {late} entries after it was closed"


def _series(session: Session) -> Iterator[str]:
    """Each series of documents begins at 1, has no gap, and ends where its counter stands."""
    numbers: dict[tuple[int, str], list[int]] = {}
    for store_id, series, number in session.execute(
        select(IssuedDocument.store_id, IssuedDocument.series, IssuedDocument.number).order_by(
            IssuedDocument.store_id, IssuedDocument.series, IssuedDocument.number
        )
    ):
        numbers.setdefault((store_id, series), []).append(number)
    counters = {
        (row.store_id, row.series): row.last_number
        for row in session.scalars(select(DocumentSeries))
    }
    for (store_id, series), given in numbers.items():
        for before, after in pairwise([0, *given]):
            if after != before + 1:
                yield f"payments: series {series} of store {store_id} jumps to {after}"
        if counters.get((store_id, series)) != given[-1]:
            yield f"payments: series {series} of store {store_id}: the counter is elsewhere"


def _documents(session: Session) -> Iterator[str]:
    """Issued documents are as they were issued, can be read, and add up."""
    for document in session.scalars(
        select(IssuedDocument).order_by(IssuedDocument.id).execution_options(yield_per=200)
    ):
        name = f"payments: {document.label} of store {document.store_id}"
        if sha256_hex(document.content) != document.sha256:
            yield f"{name} is not as it was issued"
            continue
        try:
            content = from_json(document.content)
        except ValueError:
            yield f"{name} cannot be read"
            continue
        for problem in _content_problems(document, content):
            yield f"{name}: {problem}"


def _content_problems(document: IssuedDocument, content: DocumentContent) -> Iterator[str]:
    if (content.number, content.kind) != (document.label, document.kind):
        yield "it calls itself otherwise"
    if to_json(content) != document.content:
        yield "it is not byte-stable"
    yield from imbalances(content)
