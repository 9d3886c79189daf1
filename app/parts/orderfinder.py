"""Purchase orders by what is scanned: their number, or the code on their paper."""

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.kernel.findable import Found
from app.parts import purchasing, scanned
from app.parts.buying_models import PurchaseOrder, Supplier


def find(session: Session, actor: Actor, code: str) -> Iterator[Found]:
    """The order that a code names exactly; nothing is asked for a code of another shape."""
    number = scanned.read(code).order
    if number is None or not actor.may("stock.view"):
        return
    row = session.execute(
        select(PurchaseOrder, Supplier.name)
        .join(Supplier, Supplier.id == PurchaseOrder.supplier_id)
        .where(PurchaseOrder.store_id == actor.store_id, PurchaseOrder.number == number)
    ).first()
    if row is None:
        return
    order, supplier = row
    is_awaited = order.sent_at is not None and order.closed_at is None
    below = "/receive" if is_awaited and actor.may("purchases.receive") else ""
    label = purchasing.label(order)
    yield Found("purchase", label, supplier, label, f"/parts/orders/{number}{below}")
