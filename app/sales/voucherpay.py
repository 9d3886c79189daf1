"""A sale is paid in part with a voucher of a scheme."""

from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.payments import vouchers
from app.payments.voucher_models import Voucher, VoucherScheme
from app.sales import checkout, vouchergoods
from app.sales.models import Order


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
    goods = vouchergoods.goods_for(session, order, scheme)
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
