"""What must always hold of customers on account and of reminders."""

from collections.abc import Iterator

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.customers.models import Customer, CustomerKind
from app.payments.models import Account, Bill, EntryKind, JournalEntry, Posting
from app.payments.terms_models import CreditAccount, DunningNotice


def breaches(session: Session) -> Iterator[str]:
    for number in session.scalars(
        select(Customer.number)
        .join(CreditAccount, CreditAccount.customer_id == Customer.id)
        .where(Customer.kind != CustomerKind.COMPANY, CreditAccount.limit_minor > 0)
    ):
        yield f"payments: customer {number} buys on account and is no company"
    rows = session.execute(
        select(DunningNotice.bill_id, func.count(), func.max(DunningNotice.level)).group_by(
            DunningNotice.bill_id
        )
    )
    for bill_id, count, highest in rows:
        if count != highest:
            yield f"payments: bill {bill_id} was reminded out of order"
    for bill_id, minor in session.execute(
        select(DunningNotice.bill_id, DunningNotice.open_minor)
        .join(Bill, Bill.id == DunningNotice.bill_id)
        .where(DunningNotice.open_minor > Bill.total_minor)
    ):
        yield f"payments: bill {bill_id} was reminded of {minor}, more than it is"
    lost = (
        select(JournalEntry.id)
        .join(Posting, Posting.entry_id == JournalEntry.id)
        .where(
            JournalEntry.kind == EntryKind.WRITE_OFF,
            Posting.account.not_in((Account.BAD_DEBT, Account.RECEIVABLE)),
        )
    )
    for entry_id in session.scalars(lost):
        yield f"payments: entry {entry_id} gives up something that was not owed on terms"
