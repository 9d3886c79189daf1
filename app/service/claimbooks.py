"""A claim in the books: owed from its submission on, settled by what comes, the rest is lost."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.kernel.money import Money, half_up
from app.payments import bills, journal
from app.payments.models import Account, Bill, EntryKind, JournalEntry, SaleTax
from app.service import invoicing
from app.service.invoicing import Portion


def raise_and_recognise(
    session: Session, actor: Actor, *, reference: str, customer_id: int | None, portion: Portion
) -> int:
    """The bill of a claim, as revenue that is still to be paid; its id."""
    bill = bills.raise_bill(
        session, actor, reference=reference, customer_id=customer_id, total=portion.total.gross
    )
    bills.recognise(
        session,
        actor,
        bill,
        revenue=invoicing.revenue(portion),
        tax_minor=portion.total.tax.minor,
        taxes=portion.total.taxes,
    )
    return bill.id


def settle(session: Session, bill_id: int, granted: Money, *, memo: str) -> None:
    """`granted` has come to the bank; the rest of the bill is a loss, with its part of the tax."""
    bill = session.get_one(Bill, bill_id)
    lost = bill.total_minor - granted.minor
    tax_lost = half_up(lost * _tax_of(session, bill), bill.total_minor)
    journal.post(
        session,
        store_id=bill.store_id,
        kind=EntryKind.CLAIM,
        sides={
            Account.BANK_CLEARING: granted,
            Account.CLAIM_LOSS: Money(lost - tax_lost, bill.currency),
            Account.TAX: Money(tax_lost, bill.currency),
            Account.RECEIVABLE: Money(-bill.total_minor, bill.currency),
        },
        bill_id=bill.id,
        memo=memo,
    )


def _tax_of(session: Session, bill: Bill) -> int:
    found = session.scalar(
        select(func.coalesce(func.sum(SaleTax.tax_minor), 0))
        .join(JournalEntry, JournalEntry.id == SaleTax.entry_id)
        .where(JournalEntry.bill_id == bill.id, JournalEntry.kind == EntryKind.SALE)
    )
    return int(found or 0)
