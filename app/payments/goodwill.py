"""Credit that a customer gets for nothing: for a wait, a mistake, a complaint."""

from sqlalchemy.orm import Session

from app.customers.models import Customer
from app.kernel.actor import Actor
from app.kernel.errors import Refused
from app.kernel.money import Money
from app.kernel.searchkeys import clean
from app.kernel.text import msg
from app.payments import credit, creditrules, journal
from app.payments.credit_models import CreditCause, CreditMove
from app.payments.models import Account, EntryKind

APPROVE = "credit.approve"


class NeedsManager(Refused):
    """More than whoever asks may give alone: a manager's PIN stands behind it."""

    code = "needs_manager"


def give(
    session: Session,
    actor: Actor,
    customer: Customer,
    amount: Money,
    *,
    reason: str,
    approved_by: Actor | None = None,
) -> CreditMove:
    """Give it, at the store's cost. Raises NeedsManager beyond what the role gives alone."""
    actor.require("credit.issue")
    reason = clean(reason)[:200]
    rules = creditrules.of_store(session, actor.store_id)
    if amount.currency != rules.goodwill.currency or amount.minor <= 0:
        raise Refused(
            msg("Credit is an amount in {currency}.", currency=rules.goodwill.currency),
            field="amount",
        )
    if not reason:
        raise Refused(msg("Say why the customer gets credit."), field="reason")
    may_more = actor.may(APPROVE) or (approved_by is not None and approved_by.may(APPROVE))
    if amount > rules.goodwill and not may_more:
        raise NeedsManager(
            msg("More goodwill than {limit} needs a manager’s PIN.", limit=rules.goodwill),
            field="pin",
        )
    reference = f"customer:{customer.number}"
    journal.post(
        session,
        store_id=actor.store_id,
        kind=EntryKind.STORE_CREDIT,
        sides={Account.GOODWILL: amount, Account.STORE_CREDIT: -amount},
        memo=reference,
    )
    note = f"{reason} ({approved_by.name})" if approved_by is not None else reason
    return credit.issue(
        session,
        actor,
        customer.id,
        amount,
        reference=reference,
        cause=CreditCause.GOODWILL,
        note=note[:200],
    )
