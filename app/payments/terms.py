"""Companies on account: how much each may owe, and until when a bill is paid.

A limit counts over everything that stands open on terms, sales and repairs alike. Whoever puts a
bill on account holds the customer's row, so that two at once cannot both take what is left.
"""

from datetime import timedelta

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from app.customers.models import Customer, CustomerKind
from app.customers.panels import Panel, PanelRow
from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.errors import Refused
from app.kernel.money import MOST_MINOR, Money
from app.kernel.text import msg
from app.payments import standing
from app.payments.models import Account, Bill, JournalEntry, Posting
from app.payments.terms_models import CreditAccount
from app.stores import desk
from app.stores.models import Store

DAYS = 14
MOST_DAYS = 90


class LimitExceeded(Refused):
    """With this bill the customer would owe more than may be."""

    code = "limit_exceeded"


def set_limit(
    session: Session, actor: Actor, customer: Customer, limit: Money, *, days: int = DAYS
) -> CreditAccount:
    """Let a company owe so much, each bill for `days`. A limit of nothing: no more on account."""
    actor.require("credit.issue")
    store = desk.store_of(session, actor.store_id)
    if customer.kind is not CustomerKind.COMPANY or customer.erased_at is not None:
        raise Refused(msg("Only a company buys on account."), field="limit")
    if limit.currency != store.currency:
        raise Refused(
            msg("This store sells in {currency}.", currency=store.currency), field="limit"
        )
    if not 0 <= limit.minor <= MOST_MINOR:
        raise Refused(msg("A limit is not below zero."), field="limit")
    if not 1 <= days <= MOST_DAYS:
        raise Refused(msg("Terms are 1 to {most} days.", most=MOST_DAYS), field="days")
    account = account_of(session, customer.id)
    before = account.limit_minor if account else None
    if account is None:
        account = CreditAccount(
            store_id=store.id,
            customer_id=customer.id,
            limit_minor=limit.minor,
            currency=limit.currency,
            term_days=days,
            set_at=clock.now(),
            set_by=actor.name,
        )
        session.add(account)
    else:
        account.limit_minor, account.term_days = limit.minor, days
        account.set_at, account.set_by = clock.now(), actor.name
    session.flush()
    audit.record(
        session,
        actor,
        "terms.limit_set",
        subject=f"customer:{customer.number}",
        before={"limit": before},
        after={"limit": limit, "days": days},
    )
    return account


def account_of(session: Session, customer_id: int) -> CreditAccount | None:
    return session.scalar(select(CreditAccount).where(CreditAccount.customer_id == customer_id))


def limit_of(account: CreditAccount) -> Money:
    """How much may stand open."""
    return Money(account.limit_minor, account.currency)


_PANEL = (
    select(
        Store.currency,
        CreditAccount,
        select(func.coalesce(func.sum(Posting.amount_minor), 0))
        .join(JournalEntry, JournalEntry.id == Posting.entry_id)
        .join(Bill, Bill.id == JournalEntry.bill_id)
        .where(
            Bill.customer_id == bindparam("customer_id"),
            Posting.account == Account.RECEIVABLE,
            Posting.currency == Store.currency,
        )
        .scalar_subquery(),
    )
    .select_from(Store)
    .outerjoin(CreditAccount, CreditAccount.customer_id == bindparam("customer_id"))
    .where(Store.id == bindparam("store_id"))
)


def panel(session: Session, actor: Actor, customer: Customer) -> Panel:
    """A customer's page leads to the account."""
    rows = []
    if customer.kind is CustomerKind.COMPANY:
        currency, account, minor = session.execute(
            _PANEL, {"store_id": actor.store_id, "customer_id": customer.id}
        ).one()
        facts: tuple[object, ...] = (msg("owes"), Money(int(minor), currency))
        if account is not None:
            facts = (*facts, msg("of at most"), limit_of(account))
        href = f"/customers/{customer.number}/account"
        rows.append(PanelRow(name=str(customer.number), href=href, facts=facts))
    return Panel(title=msg("Account"), nothing=msg("Only a company buys on account."), rows=rows)


def open_of(session: Session, customer_id: int, currency: str) -> Money:
    """What a customer owes on terms by the journal."""
    minor = session.scalar(
        select(func.coalesce(func.sum(Posting.amount_minor), 0))
        .join(JournalEntry, JournalEntry.id == Posting.entry_id)
        .join(Bill, Bill.id == JournalEntry.bill_id)
        .where(
            Bill.customer_id == customer_id,
            Posting.account == Account.RECEIVABLE,
            Posting.currency == currency,
        )
    )
    return Money(int(minor or 0), currency)


def require_room(session: Session, bill: Bill) -> CreditAccount:
    """The account of the bill's customer, held until the end of the transaction. Raises Refused
    without one, LimitExceeded where what is due on this bill is more than is left.
    """
    account = _held_account(session, bill)
    if account is None or not account.limit_minor:
        raise Refused(msg("This customer does not buy on account. A manager can set a limit."))
    _check(session, account, bill)
    return account


def require_room_if_limited(session: Session, bill: Bill) -> None:
    """The same for who may put any company on terms: a limit that was set holds for them too."""
    account = _held_account(session, bill)
    if account is not None:
        _check(session, account, bill)


def due_after(session: Session, bill: Bill, days: int) -> None:
    """The bill is on terms: its last day in time, by the store's days."""
    store = desk.store_of(session, bill.store_id)
    bill.due_on = desk.business_day_of(store) + timedelta(days=days)
    session.flush()


def _held_account(session: Session, bill: Bill) -> CreditAccount | None:
    return session.scalar(
        select(CreditAccount).where(CreditAccount.customer_id == bill.customer_id).with_for_update()
    )


def _check(session: Session, account: CreditAccount, bill: Bill) -> None:
    if account.currency != bill.currency:
        raise Refused(msg("The account is in {currency}.", currency=account.currency))
    owes = open_of(session, account.customer_id, account.currency)
    wanted = standing.of(session, bill).due
    limit = limit_of(account)
    if owes + wanted > limit:
        raise LimitExceeded(
            msg(
                "The limit is {limit}, and {owes} stand open: {wanted} more is too much.",
                limit=limit,
                owes=owes,
                wanted=wanted,
            )
        )
