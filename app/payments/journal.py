"""The double-entry journal: every movement of money, each entry summing to zero per currency."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from app.kernel import clock
from app.kernel.money import Money
from app.payments.models import Account, EntryKind, JournalEntry, Posting
from app.stores import desk


def post(
    session: Session,
    *,
    store_id: int,
    kind: EntryKind,
    sides: Mapping[Account, Money],
    at: datetime | None = None,
    bill_id: int | None = None,
    till_session_id: int | None = None,
    memo: str = "",
) -> JournalEntry:
    """Write one entry on the store's business day; debits are positive, zero sides are left out.

    Raises ValueError when the sides do not sum to zero per currency: that is a defect of the
    caller, never something that a person could have typed.
    """
    check_balanced(list(sides.values()))
    moment = at or clock.now()
    entry = JournalEntry(
        store_id=store_id,
        at=moment,
        business_day=desk.business_day_of(desk.store_of(session, store_id), moment),
        kind=kind,
        bill_id=bill_id,
        till_session_id=till_session_id,
        memo=memo,
    )
    session.add(entry)
    session.flush()
    postings = [
        {
            "entry_id": entry.id,
            "account": account,
            "amount_minor": side.minor,
            "currency": side.currency,
        }
        for account, side in sides.items()
        if side
    ]
    if postings:
        session.execute(insert(Posting), postings)
    return entry


def check_balanced(sides: list[Money]) -> None:
    """Raises ValueError unless the amounts sum to zero in each currency."""
    sums: dict[str, int] = {}
    for side in sides:
        sums[side.currency] = sums.get(side.currency, 0) + side.minor
    off = {currency: minor for currency, minor in sums.items() if minor}
    if off:
        raise ValueError(f"the entry does not sum to zero: {off}")


def balance(session: Session, store_id: int, account: Account, currency: str) -> Money:
    """What stands on one account of a store; a debit is positive."""
    minor = session.scalar(
        select(func.coalesce(func.sum(Posting.amount_minor), 0))
        .join(JournalEntry, JournalEntry.id == Posting.entry_id)
        .where(
            JournalEntry.store_id == store_id,
            Posting.account == account,
            Posting.currency == currency,
        )
    )
    return Money(int(minor or 0), currency)


def trial_balance(session: Session, store_id: int) -> dict[tuple[Account, str], int]:
    """Every account of a store, in minor units by account and currency; each currency sums to 0."""
    rows = session.execute(
        select(Posting.account, Posting.currency, func.sum(Posting.amount_minor))
        .join(JournalEntry, JournalEntry.id == Posting.entry_id)
        .where(JournalEntry.store_id == store_id)
        .group_by(Posting.account, Posting.currency)
    )
    return {(account, currency): int(minor) for account, currency, minor in rows}


def cash_in_drawer(session: Session, till_session_id: int, currency: str) -> Money:
    """What the drawer holds by the journal: float, cash payments and movements of one session."""
    minor = session.scalar(
        select(func.coalesce(func.sum(Posting.amount_minor), 0))
        .join(JournalEntry, JournalEntry.id == Posting.entry_id)
        .where(
            JournalEntry.till_session_id == till_session_id,
            Posting.account == Account.CASH,
        )
    )
    return Money(int(minor or 0), currency)


def unbalanced(session: Session) -> Iterator[tuple[int, str, int]]:
    """Entries that do not sum to zero, as (entry, currency, sum)."""
    for entry_id, currency, minor in session.execute(
        select(Posting.entry_id, Posting.currency, func.sum(Posting.amount_minor))
        .group_by(Posting.entry_id, Posting.currency)
        .having(func.sum(Posting.amount_minor) != 0)
        .order_by(Posting.entry_id)
    ):
        yield entry_id, currency, int(minor)
