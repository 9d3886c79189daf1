"""Bills: what a sale or a repair owes, what has been paid on it, and when it becomes revenue."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import bindparam, func, insert, select, text
from sqlalchemy.orm import Session

from app.kernel import audit, clock, events
from app.kernel.actor import Actor
from app.kernel.db import add_if_new, at_hand
from app.kernel.errors import Conflict
from app.kernel.money import Money
from app.kernel.tax import TaxSum
from app.kernel.text import msg
from app.payments import journal, standing
from app.payments.errors import PaymentUnderWay
from app.payments.events import BillSettled
from app.payments.models import (
    LIVE_SQL,
    UNBOOKED_SQL,
    Account,
    Bill,
    EntryKind,
    JournalEntry,
    PaymentAttempt,
    Posting,
    SaleTax,
)
from app.payments.standing import MONEY_KINDS, OWED_ACCOUNTS, Standing

_BY_REFERENCE = select(Bill).where(
    Bill.store_id == bindparam("store_id"), Bill.reference == bindparam("reference")
)
_ATTEMPTS = (
    select(PaymentAttempt)
    .where(PaymentAttempt.bill_id == bindparam("bill_id"))
    .order_by(PaymentAttempt.number)
)
_WITH_ATTEMPTS = (
    select(Bill, PaymentAttempt)
    .outerjoin(PaymentAttempt, PaymentAttempt.bill_id == Bill.id)
    .where(Bill.store_id == bindparam("store_id"), Bill.reference == bindparam("reference"))
    .order_by(PaymentAttempt.number)
)


def raise_bill(
    session: Session, actor: Actor, *, reference: str, customer_id: int | None, total: Money
) -> Bill:
    """The bill of this reference, made when there is none; nothing is posted yet.

    Until money has come or is under way it may be raised again with another total. Raises
    Conflict after that. A bill over nothing is settled at once.
    """
    first = raise_first(session, actor, reference=reference, customer_id=customer_id, total=total)
    if first is not None:
        return first
    return raise_again(session, actor, reference=reference, customer_id=customer_id, total=total)


def raise_first(
    session: Session, actor: Actor, *, reference: str, customer_id: int | None, total: Money
) -> Bill | None:
    """A new bill, for which nothing was ever posted or tried; None where there is one already."""
    wanted = {
        "store_id": actor.store_id,
        "reference": reference,
        "customer_id": customer_id,
        "total_minor": total.minor,
        "currency": total.currency,
        "raised_at": clock.now(),
    }
    bill = add_if_new(session, Bill, wanted, key=("store_id", "reference"))
    if bill is None:
        return None
    audit.record(session, actor, "bill.raised", subject=f"bill:{reference}", after={"total": total})
    if not total:
        events.announce(session, BillSettled(bill.id, reference, bill.store_id, actor))
    return bill


def raise_again(
    session: Session, actor: Actor, *, reference: str, customer_id: int | None, total: Money
) -> Bill:
    """The bill that there is, over what is sold now; raises Conflict once money is on its way."""
    facts = {"store_id": actor.store_id, "reference": reference}
    bill = session.scalars(_BY_REFERENCE, facts).one()
    if total_of(bill) != total or bill.customer_id != customer_id:
        require_quiet(session, bill)
        follow(session, actor, bill, customer_id=customer_id, total=total)
    return bill


def follow(
    session: Session, actor: Actor, bill: Bill, *, customer_id: int | None, total: Money
) -> None:
    """Bring a bill to what is sold now, before its first money is booked. Raises Conflict after."""
    before = total_of(bill)
    if before == total and bill.customer_id == customer_id:
        return
    if before.currency != total.currency or paid(session, bill):
        raise Conflict(
            msg("A payment for {total} was already taken; the total stays.", total=before)
        )
    bill.customer_id, bill.total_minor = customer_id, total.minor
    session.flush()
    audit.record(
        session,
        actor,
        "bill.raised_again",
        subject=f"bill:{bill.reference}",
        before={"total": before},
        after={"total": total},
    )
    if not total:
        events.announce(session, BillSettled(bill.id, bill.reference, bill.store_id, actor))


def by_reference(session: Session, store_id: int, reference: str) -> Bill | None:
    facts = {"store_id": store_id, "reference": reference}
    return at_hand(session, Bill, **facts) or session.scalar(_BY_REFERENCE, facts)


def total_of(bill: Bill) -> Money:
    return Money(bill.total_minor, bill.currency)


def paid(session: Session, bill: Bill) -> Money:
    """What has come in for a bill less what went back, by the journal."""
    return Money(paid_of(session, [bill.id]).get(bill.id, 0), bill.currency)


def paid_of(session: Session, bill_ids: Collection[int]) -> dict[int, int]:
    """What has come in for each of many bills less what went back, in minor units; those without
    money are left out.
    """
    return _sums_of(session, bill_ids, MONEY_KINDS)


def credited_of(session: Session, bill_ids: Collection[int]) -> dict[int, int]:
    """What was taken back of the sales behind many bills, in minor units."""
    return _sums_of(session, bill_ids, (EntryKind.RETURN,))


def _sums_of(
    session: Session, bill_ids: Collection[int], kinds: Collection[EntryKind]
) -> dict[int, int]:
    if not bill_ids:
        return {}
    rows = session.execute(
        select(JournalEntry.bill_id, func.sum(-Posting.amount_minor))
        .join(Posting, Posting.entry_id == JournalEntry.id)
        .where(
            JournalEntry.bill_id.in_(bill_ids),
            JournalEntry.kind.in_(kinds),
            Posting.account.in_(OWED_ACCOUNTS),
        )
        .group_by(JournalEntry.bill_id)
    )
    return {bill_id: int(minor) for bill_id, minor in rows if bill_id is not None}


def due(session: Session, bill: Bill) -> Money:
    """What is still owed; never below zero, also when a late capture has overpaid."""
    return standing.of(session, bill).due


def with_attempts(
    session: Session, store_id: int, reference: str
) -> tuple[Bill | None, list[PaymentAttempt]]:
    """The bill of this reference and every try to pay it, oldest first, in one statement."""
    rows = session.execute(_WITH_ATTEMPTS, {"store_id": store_id, "reference": reference}).all()
    return rows[0][0] if rows else None, list(filter(None, (attempt for _, attempt in rows)))


def live_attempt(session: Session, bill: Bill) -> PaymentAttempt | None:
    """The payment that is under way for a bill: its outcome is open, or its money is not booked."""
    return session.scalar(
        select(PaymentAttempt)
        .where(PaymentAttempt.bill_id == bill.id, text(f"({LIVE_SQL} OR {UNBOOKED_SQL})"))
        .order_by(PaymentAttempt.id)
        .limit(1)
    )


def attempts_of(
    session: Session, bill: Bill, *, stands: Standing | None = None
) -> list[PaymentAttempt]:
    """Every try to pay a bill, oldest first. `stands` is how it stands, where that is known: what
    the session holds need not be asked for when there is no other.
    """
    if stands is not None:
        rows = [one for one in session.identity_map.values() if isinstance(one, PaymentAttempt)]
        held = {one.number: one for one in rows if one.bill_id == bill.id}
        if held.keys() == set(range(1, stands.last_attempt + 1)):
            return [held[number] for number in sorted(held)]
    return list(session.scalars(_ATTEMPTS, {"bill_id": bill.id}))


def require_quiet(session: Session, bill: Bill) -> None:
    """Raises PaymentUnderWay while money may still come of an earlier attempt."""
    attempt = live_attempt(session, bill)
    if attempt is not None:
        raise under_way(attempt)


def under_way(attempt: PaymentAttempt) -> PaymentUnderWay:
    """The refusal of another payment while this one is not decided."""
    return PaymentUnderWay(
        msg(
            "A card payment over {amount} is not decided yet. Wait for it, cancel it, "
            "or ask the card service again.",
            amount=Money(attempt.amount_minor, attempt.currency),
        ),
        link="/till",
    )


def recognise(
    session: Session,
    actor: Actor,
    bill: Bill,
    *,
    revenue: Mapping[Account, int],
    tax_minor: int,
    taxes: Sequence[TaxSum] = (),
    stands: Standing | None = None,
) -> JournalEntry:
    """The sale becomes revenue: deposits (and what is owed on terms) against revenue and tax.

    `revenue` is net by account; with `tax_minor` it is the bill's total. `taxes` are the same by
    rate: the Z report prints them. `stands` is how the bill stands, where this transaction has
    booked its last payment. Raises Conflict the second time, ValueError for wrong sums.
    """
    net_minor = sum(revenue.values())
    if net_minor + tax_minor != bill.total_minor:
        raise ValueError(f"revenue and tax are not the total of {bill.reference}")
    by_rate = (sum(share.net for share in taxes), sum(share.tax for share in taxes))
    if taxes and by_rate != (net_minor, tax_minor):
        raise ValueError(f"the sums by rate are not revenue and tax of {bill.reference}")
    stands = stands or standing.of(session, bill)
    if stands.is_recognised:
        raise Conflict(msg("This sale already stands in the journal."))
    covered = min(stands.paid.minor, bill.total_minor)
    sides = {
        Account.DEPOSITS: covered,
        Account.RECEIVABLE: bill.total_minor - covered,
        Account.TAX: -tax_minor,
        **{account: -minor for account, minor in revenue.items()},
    }
    entry = journal.post(
        session,
        store_id=bill.store_id,
        kind=EntryKind.SALE,
        sides={account: Money(minor, bill.currency) for account, minor in sides.items()},
        bill_id=bill.id,
        till_session_id=stands.till_session_id,
        memo=bill.reference,
    )
    _keep_taxes(session, entry, taxes)
    audit.record(
        session,
        actor,
        "bill.recognised",
        subject=f"bill:{bill.reference}",
        after={"total": total_of(bill), "on_terms": bill.total_minor - covered},
    )
    return entry


def credit(
    session: Session,
    actor: Actor,
    bill: Bill,
    *,
    revenue: Mapping[Account, int],
    tax_minor: int,
    taxes: Sequence[TaxSum] = (),
    till_session_id: int | None = None,
    memo: str = "",
) -> JournalEntry:
    """Take back a part of a recognised sale: revenue and tax, against what the customer is owed.

    Amounts are positive; what stood open on terms is no longer owed, nor is what was given up a
    loss any more; the rest is held for a refund. Raises Conflict when nothing was recognised, or
    more is taken back than was sold.
    """
    minor = sum(revenue.values()) + tax_minor
    stands = standing.of(session, bill)
    _check_credit(stands, Money(minor, bill.currency))
    off_loss = min(stands.written_off.minor, max(minor - stands.on_terms.minor, 0))
    if off_loss:
        _undo_loss(session, bill, Money(off_loss, bill.currency))
    off_terms = min(stands.on_terms.minor + off_loss, minor)
    sides = {
        Account.RECEIVABLE: -off_terms,
        Account.DEPOSITS: off_terms - minor,
        Account.TAX: tax_minor,
        **revenue,
    }
    entry = journal.post(
        session,
        store_id=bill.store_id,
        kind=EntryKind.RETURN,
        sides={account: Money(side, bill.currency) for account, side in sides.items()},
        bill_id=bill.id,
        till_session_id=till_session_id,
        memo=memo or bill.reference,
    )
    back = [TaxSum(share.rate_bp, -share.net, -share.tax, share.category) for share in taxes]
    _keep_taxes(session, entry, back)
    audit.record(
        session,
        actor,
        "bill.credited",
        subject=f"bill:{bill.reference}",
        after={"credited": Money(minor, bill.currency), "off_terms": off_terms},
    )
    return entry


def end_with(session: Session, actor: Actor, bill: Bill, total: Money) -> None:
    """The sale does not come about: from now on the bill is over what the store keeps, if anything.
    Whatever else came is held for its owner. Raises Conflict once the sale is recognised.
    """
    require_quiet(session, bill)
    stands = standing.of(session, bill)
    if stands.is_recognised:
        raise Conflict(msg("This sale already stands in the journal."))
    if not Money(0, bill.currency) <= total <= max(stands.held, Money(0, bill.currency)):
        raise ValueError(f"more than was paid for {bill.reference} cannot be kept")
    before, bill.total_minor = total_of(bill), total.minor
    session.flush()
    audit.record(
        session,
        actor,
        "bill.ended",
        subject=f"bill:{bill.reference}",
        before={"total": before},
        after={"total": total},
    )


def _check_credit(stands: Standing, amount: Money) -> None:
    if not stands.is_recognised:
        raise Conflict(msg("This sale is not complete, so nothing of it can be taken back."))
    if stands.credited + amount > stands.total:
        raise Conflict(
            msg(
                "Only {left} of this sale is left to take back.",
                left=stands.total - stands.credited,
            )
        )


def _undo_loss(session: Session, bill: Bill, amount: Money) -> None:
    """What was given up is owed again: nobody loses what came back as goods."""
    journal.post(
        session,
        store_id=bill.store_id,
        kind=EntryKind.WRITE_OFF,
        sides={Account.RECEIVABLE: amount, Account.BAD_DEBT: -amount},
        bill_id=bill.id,
        memo=bill.reference,
    )


def _keep_taxes(session: Session, entry: JournalEntry, taxes: Sequence[TaxSum]) -> None:
    rows = [
        {
            "entry_id": entry.id,
            "rate_bp": share.rate_bp,
            "net_minor": share.net,
            "tax_minor": share.tax,
            "category": share.category,
        }
        for share in taxes
    ]
    if rows:
        session.execute(insert(SaleTax), rows)
