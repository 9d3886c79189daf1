"""What must always hold of credit and gift cards: moves add up, and the books say the same."""

from collections.abc import Iterator

from sqlalchemy import ColumnElement, SQLColumnExpression, func, literal, select
from sqlalchemy.orm import Session

from app.payments.credit_models import CreditMove
from app.payments.gift_card_models import CardCause, CardMove, GiftCard
from app.payments.models import Account, JournalEntry, PaymentAttempt, Posting, Tender
from app.payments.refund_models import Refund
from app.payments.states import AttemptState, RefundState


def breaches(session: Session) -> Iterator[str]:
    yield from _sums(session)
    yield from _card_sums(session)
    yield from _replaced(session)
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


def _card_sums(session: Session) -> Iterator[str]:
    before = func.sum(CardMove.amount_minor).over(
        partition_by=CardMove.card_id, order_by=CardMove.number
    )
    rank = func.row_number().over(partition_by=CardMove.card_id, order_by=CardMove.number)
    moves = select(
        CardMove.card_id,
        CardMove.number,
        CardMove.balance_minor,
        before.label("adds_up"),
        rank.label("rank"),
    ).subquery()
    for card, number in session.execute(
        select(GiftCard.number, moves.c.number)
        .join(GiftCard, GiftCard.id == moves.c.card_id)
        .where((moves.c.balance_minor != moves.c.adds_up) | (moves.c.number != moves.c.rank))
    ):
        yield f"payments: move {number} of gift card {card} does not add up"


def _replaced(session: Session) -> Iterator[str]:
    """What moves from card to card comes on where it goes off, and a replaced card is empty."""
    moved = session.execute(
        select(CardMove.store_id, func.sum(CardMove.amount_minor))
        .where(CardMove.cause == CardCause.MOVED)
        .group_by(CardMove.store_id)
        .having(func.sum(CardMove.amount_minor) != 0)
    )
    for store_id, minor in moved:
        yield f"payments: gift cards of store {store_id} were replaced by {minor} more or less"
    last = (
        select(CardMove.card_id, func.max(CardMove.number).label("number"))
        .group_by(CardMove.card_id)
        .subquery()
    )
    for card in session.scalars(
        select(GiftCard.number)
        .join(last, last.c.card_id == GiftCard.id)
        .join(CardMove, (CardMove.card_id == last.c.card_id) & (CardMove.number == last.c.number))
        .where(GiftCard.replaced_by_id.is_not(None), CardMove.balance_minor != 0)
    ):
        yield f"payments: gift card {card} was replaced and still holds something"


def _books(session: Session) -> Iterator[str]:
    by_moves: dict[tuple[int, str], int] = {}
    for kind in (CreditMove, CardMove):
        for store_id, currency, minor in session.execute(
            select(kind.store_id, kind.currency, func.sum(kind.amount_minor)).group_by(
                kind.store_id, kind.currency
            )
        ):
            key = (store_id, currency)
            by_moves[key] = by_moves.get(key, 0) + int(minor)
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
                f"payments: store {store_id} owes {moved} {currency} on cards and of credit, "
                f"and the journal says {booked}"
            )


def _payments(session: Session) -> Iterator[str]:
    for attempt_id in session.scalars(
        select(PaymentAttempt.id)
        .outerjoin(CreditMove, CreditMove.attempt_id == PaymentAttempt.id)
        .outerjoin(CardMove, CardMove.attempt_id == PaymentAttempt.id)
        .where(
            PaymentAttempt.tender == Tender.STORE_CREDIT,
            PaymentAttempt.state == AttemptState.CAPTURED,
            _either(CreditMove.amount_minor, CardMove.amount_minor) != -PaymentAttempt.amount_minor,
        )
    ):
        yield f"payments: payment {attempt_id} used another credit than it says"
    for refund_id in session.scalars(
        select(Refund.id)
        .outerjoin(CreditMove, CreditMove.refund_id == Refund.id)
        .outerjoin(CardMove, CardMove.refund_id == Refund.id)
        .where(
            Refund.tender == Tender.STORE_CREDIT,
            Refund.state == RefundState.PAID_OUT,
            _either(CreditMove.amount_minor, CardMove.amount_minor) != Refund.amount_minor,
        )
    ):
        yield f"payments: refund {refund_id} gave another credit than it says"


def _either(*amounts: SQLColumnExpression[int]) -> ColumnElement[int]:
    return sum((func.coalesce(amount, 0) for amount in amounts), literal(0))
