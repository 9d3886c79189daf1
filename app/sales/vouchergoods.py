"""What a scheme's voucher pays for in a sale, and what of it goes back when those robots do."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.money import Money
from app.payments import schemes, vouchers
from app.payments.models import Bill
from app.payments.voucher_models import Voucher, VoucherScheme
from app.robots.models import Unit
from app.sales import orders
from app.sales.models import Order


def goods_for(session: Session, order: Order, scheme: VoucherScheme) -> Money:
    """The price of those robots in a sale that a scheme pays for."""
    return _goods(session, order, scheme, {line.unit_id for line in orders.robots_of(order)})


def owed_back(
    session: Session, order: Order, bill: Bill, *, leaving: Collection[int] = ()
) -> dict[int, Money]:
    """What goes back to authorities, by payment: a voucher pays for no more than the robots that
    the customer keeps. `leaving` are units that come back now; of a cancelled sale none is kept.
    """
    rows = session.execute(
        select(Voucher, VoucherScheme)
        .join(VoucherScheme, VoucherScheme.id == Voucher.scheme_id)
        .where(Voucher.bill_id == bill.id, Voucher.back_minor < Voucher.amount_minor)
    ).all()
    if not rows:
        return {}
    staying = [] if order.cancelled_at is not None else orders.robots_waiting(session, order)
    kept = {line.unit_id for line in staying} - {*leaving}
    found = {}
    for voucher, scheme in rows:
        still = Money(voucher.amount_minor - voucher.back_minor, voucher.currency)
        owed = still - vouchers.worth(scheme, _goods(session, order, scheme, kept))
        if owed.minor > 0:
            found[voucher.attempt_id] = owed
    return found


def _goods(
    session: Session, order: Order, scheme: VoucherScheme, kept: Collection[int | None]
) -> Money:
    wanted = select(Unit.id).where(Unit.id.in_([unit_id for unit_id in kept if unit_id]))
    models = schemes.models_of(session, [scheme.id]).get(scheme.id)
    if models:
        wanted = wanted.where(Unit.model_id.in_(models))
    units = set(session.scalars(wanted))
    minor = sum(line.amount_minor for line in order.lines if line.unit_id in units)
    return Money(minor, order.currency)
