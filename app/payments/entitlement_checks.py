"""What must always hold of data vouchers: their moves add up, and none was used after its day."""

from collections.abc import Iterator

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from app.payments.entitlement_models import Entitlement, EntitlementMove, MoveKind


def breaches(session: Session) -> Iterator[str]:
    yield from _sums(session)
    yield from _beginnings(session)
    yield from _reversals(session)
    for number, move in session.execute(
        select(Entitlement.number, EntitlementMove.number)
        .join(EntitlementMove, EntitlementMove.entitlement_id == Entitlement.id)
        .where(
            EntitlementMove.kind == MoveKind.DRAWN,
            EntitlementMove.day > Entitlement.expires_on,
        )
    ):
        yield f"payments: move {move} of data voucher {number} is after its last day"


def _sums(session: Session) -> Iterator[str]:
    """Each says what is left after it, counted without a gap."""
    one, place = EntitlementMove.entitlement_id, EntitlementMove.number
    moves = select(
        EntitlementMove.entitlement_id,
        EntitlementMove.number,
        EntitlementMove.balance_milli,
        func.sum(EntitlementMove.amount_milli)
        .over(partition_by=one, order_by=place)
        .label("adds_up"),
        func.row_number().over(partition_by=one, order_by=place).label("rank"),
    ).subquery()
    for number, move in session.execute(
        select(Entitlement.number, moves.c.number)
        .join(moves, moves.c.entitlement_id == Entitlement.id)
        .where((moves.c.balance_milli != moves.c.adds_up) | (moves.c.number != moves.c.rank))
    ):
        yield f"payments: move {move} of data voucher {number} does not add up"


def _beginnings(session: Session) -> Iterator[str]:
    """Each begins with what it grants."""
    for number in session.scalars(
        select(Entitlement.number)
        .outerjoin(
            EntitlementMove,
            (EntitlementMove.entitlement_id == Entitlement.id) & (EntitlementMove.number == 1),
        )
        .where(func.coalesce(EntitlementMove.amount_milli, 0) != Entitlement.granted_milli)
    ):
        yield f"payments: data voucher {number} does not begin with what it grants"


def _reversals(session: Session) -> Iterator[str]:
    """What was given back is what was drawn, of the same one."""
    drawn = aliased(EntitlementMove)
    for move_id in session.scalars(
        select(EntitlementMove.id)
        .join(drawn, drawn.id == EntitlementMove.reverses_id)
        .where(
            (drawn.kind != MoveKind.DRAWN)
            | (drawn.amount_milli != -EntitlementMove.amount_milli)
            | (drawn.entitlement_id != EntitlementMove.entitlement_id)
        )
    ):
        yield f"payments: entitlement move {move_id} gives back what was not drawn"
