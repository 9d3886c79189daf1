"""What must always hold of store credit: its moves add up, and the books say the same."""

from collections.abc import Iterator

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.payments.credit_models import CreditMove
from app.payments.models import Account, JournalEntry, PaymentAttempt, Posting, Tender
from app.payments.refund_models import Refund
from app.payments.states import AttemptState, RefundState


def breaches(session: Session) -> Iterator[str]:
    yield from _sums(session)
    yield from _books(session)
    yield from _payments(session)


def _sums(session: Session) -> Iterator[str]:
    before = func.coalesce(
        func.sum(CreditMove.amount_minor).over(
            partition_by=CreditMove.customer_id, order_by=CreditMove.number
        ),
        0,
    )
    rank = func.row_number().over(partition_by=CreditMove.customer_id, order_by=CreditMove.number)
    moves = select(
        CreditMove.customer_id,
        CreditMove.number,
        CreditMove.balance_minor,
        before.label("adds_up"),
        rank.label("rank"),
    ).subquery()
    for customer_id, number in session.execute(
        select(moves.c.customer_id, moves.c.number).where(
            (moves.c.balance_minor != moves.c.adds_up) | (moves.c.number != moves.c.rank)
        )
    ):
        yield f"payments: credit move {number} of customer {customer_id} does not add up"


def _books(session: Session) -> Iterator[str]:
    by_moves = {
        (store_id, currency): int(minor)
        for store_id, currency, minor in session.execute(
            select(
                CreditMove.store_id, CreditMove.currency, func.sum(CreditMove.amount_minor)
            ).group_by(CreditMove.store_id, CreditMove.currency)
        )
    }
    by_journal = {
        (store_id, currency): -int(minor)
        for store_id, currency, minor in session.execute(
            select(JournalEntry.store_id, Posting.currency, func.sum(Posting.amount_minor))
            .join(Posting, Posting.entry_id == JournalEntry.id)
            .where(Posting.account == Account.STORE_CREDIT)
            .group_by(JournalEntry.store_id, Posting.currency)
        )
    }
    for store_id, currency in sorted({*by_moves, *by_journal}):
        moved = by_moves.get((store_id, currency), 0)
        booked = by_journal.get((store_id, currency), 0)
        if moved != booked:
            yield (
                f"payments: customers of store {store_id} have {moved} {currency} of credit, "
                f"and the journal says {booked}"
            )


def _payments(session: Session) -> Iterator[str]:
    for attempt_id in session.scalars(
        select(PaymentAttempt.id)
        .outerjoin(CreditMove, CreditMove.attempt_id == PaymentAttempt.id)
        .where(
            PaymentAttempt.tender == Tender.STORE_CREDIT,
            PaymentAttempt.state == AttemptState.CAPTURED,
            func.coalesce(CreditMove.amount_minor, 0) != -PaymentAttempt.amount_minor,
        )
    ):
        yield f"payments: payment {attempt_id} used another credit than it says"
    for refund_id in session.scalars(
        select(Refund.id)
        .outerjoin(CreditMove, CreditMove.refund_id == Refund.id)
        .where(
            Refund.tender == Tender.STORE_CREDIT,
            Refund.state == RefundState.PAID_OUT,
            func.coalesce(CreditMove.amount_minor, 0) != Refund.amount_minor,
        )
    ):
        yield f"payments: refund {refund_id} gave another credit than it says"
