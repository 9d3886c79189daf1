"""A sale is paid in part with a voucher of a scheme."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.kernel.money import Money
from app.payments import schemes, vouchers
from app.payments.voucher_models import Voucher, VoucherScheme
from app.robots.models import Unit
from app.sales import checkout
from app.sales.models import Order


def goods_for(session: Session, order: Order, scheme: VoucherScheme) -> Money:
    """The price of those robots in a sale that a scheme pays for."""
    wanted = select(Unit.id).where(
        Unit.id.in_([line.unit_id for line in order.lines if line.unit_id is not None])
    )
    models = schemes.models_of(session, [scheme.id]).get(scheme.id)
    if models:
        wanted = wanted.where(Unit.model_id.in_(models))
    units = set(session.scalars(wanted))
    minor = sum(line.amount_minor for line in order.lines if line.unit_id in units)
    return Money(minor, order.currency)


def pay(
    session: Session,
    actor: Actor,
    order: Order,
    scheme: VoucherScheme,
    *,
    code: str,
    evidence: str = "",
    till_id: int | None = None,
) -> Voucher:
    """Use one voucher: it pays what the scheme says, never more than is due."""
    actor.require("counter.sell")
    goods = goods_for(session, order, scheme)
    placed = checkout.place(session, actor, order, till_id=till_id)
    return vouchers.redeem(
        session,
        actor,
        placed.bill,
        placed.drawer,
        scheme,
        code=code,
        goods=goods,
        evidence=evidence,
    )
