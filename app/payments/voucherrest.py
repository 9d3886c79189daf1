"""What an authority did not accept, where a scheme has the customer pay it: a bill over it.

It stands on terms at once, for its sale is revenue already. When the sale comes back, the bill is
taken back too: what was not paid is no longer owed, what was paid becomes store credit.
"""

from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.kernel.money import Money
from app.payments import bills, credit, journal, standing, terms
from app.payments.models import Account, Bill, EntryKind
from app.payments.voucher_models import Voucher


def reference(voucher: Voucher) -> str:
    return f"voucher:{voucher.id}"


def bill_of(session: Session, voucher: Voucher) -> Bill | None:
    """The bill over what was not accepted, if there is one."""
    return bills.by_reference(session, voucher.store_id, reference(voucher))


def charge(session: Session, actor: Actor, voucher: Voucher, amount: Money) -> Bill:
    """The customer owes what the authority does not pay, on the store's usual terms."""
    bill = bills.raise_bill(
        session,
        actor,
        reference=reference(voucher),
        customer_id=voucher.customer_id,
        total=amount,
    )
    journal.post(
        session,
        store_id=voucher.store_id,
        kind=EntryKind.VOUCHER_CLAIM,
        sides={Account.RECEIVABLE: amount, Account.VOUCHERS: -amount},
        bill_id=bill.id,
        memo=bill.reference,
    )
    terms.due_after(session, bill, terms.DAYS)
    voucher.charged_minor = amount.minor
    session.flush()
    return bill


def take_back(session: Session, actor: Actor, voucher: Voucher, amount: Money) -> None:
    """So much of the bill is no longer owed, for its sale came back; the caller has the voucher's
    row say so.
    """
    bill = bill_of(session, voucher)
    if bill is None:
        raise ValueError(f"voucher {voucher.id} was charged without a bill")
    bills.require_quiet(session, bill)
    stands = standing.of(session, bill)
    off_terms = min(stands.on_terms, amount)
    as_credit = min(stands.paid, amount - off_terms)
    given_up = amount - off_terms - as_credit
    journal.post(
        session,
        store_id=voucher.store_id,
        kind=EntryKind.RETURN,
        sides={
            Account.VOUCHERS: amount,
            Account.RECEIVABLE: -off_terms,
            Account.STORE_CREDIT: -as_credit,
            Account.BAD_DEBT: -given_up,
        },
        bill_id=bill.id,
        memo=bill.reference,
    )
    if as_credit:
        credit.issue(session, actor, voucher.customer_id, as_credit, reference=bill.reference)
