"""What a handover puts on file of each robot: days that start warranties, and contracts."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.payments import issuing
from app.payments.documents import DocumentKind
from app.robots import contracts, warrantypapers
from app.robots.contracts import ContractInput
from app.robots.duty_models import PaperKind
from app.robots.models import Unit
from app.sales import orders
from app.sales.events import HandedOver
from app.sales.models import Order, OrderLine, Product, ProductKind
from app.stores import desk


def on_handed_over(session: Session, event: HandedOver) -> None:
    """Listens in `app.wiring`: robots do not know sales, so the sale tells what it knows."""
    order = session.get_one(Order, event.order_id)
    units = {unit_id: session.get_one(Unit, unit_id) for unit_id in event.unit_ids}
    today = desk.business_day_of(desk.store_of(session, order.store_id))
    for unit in units.values():
        warrantypapers.keep_paper(
            session,
            event.actor,
            unit,
            PaperKind.RECEIPT,
            today,
            source=f"S-{order.number}",
            link=f"/sales/{order.number}",
        )
    _file_invoice(session, event.actor, order, list(units.values()))
    for unit_id, plans in _plans(session, order, list(units)).items():
        _sign(session, event.actor, units[unit_id], plans, since=today, order=order)


def _file_invoice(session: Session, actor: Actor, order: Order, units: list[Unit]) -> None:
    store = desk.store_of(session, order.store_id)
    issued = issuing.documents_of(session, order.store_id, orders.reference(order))
    for document in issued:
        if document.kind is not DocumentKind.INVOICE:
            continue
        for unit in units:
            warrantypapers.keep_paper(
                session,
                actor,
                unit,
                PaperKind.INVOICE,
                desk.business_day_of(store, document.issued_at),
                source=document.label,
                link=f"/documents/{document.id}",
            )


@dataclass(frozen=True, slots=True)
class _Plan:
    """A plan that was bought; `visits` None: as many as it takes."""

    name: str
    months: int
    visits: int | None


def _plans(session: Session, order: Order, unit_ids: list[int]) -> dict[int, list[_Plan]]:
    """The plans of an order by the robot they are for, one for each piece.

    Pieces of one line are dealt out to the order's robots in turn, beginning with the one that the
    line names: two robots with two plans have one each.
    """
    rows = session.execute(
        select(OrderLine, Product.plan_months, Product.plan_visits)
        .join(Product, Product.id == OrderLine.product_id)
        .where(
            OrderLine.order_id == order.id,
            Product.kind == ProductKind.PLAN,
            Product.plan_months.is_not(None),
        )
        .order_by(OrderLine.position)
    )
    plans: dict[int, list[_Plan]] = defaultdict(list)
    back = orders.returned_of(session, [order.id])
    for line, months, visits in rows:
        first = unit_ids.index(line.for_unit_id) if line.for_unit_id in unit_ids else 0
        for piece in range(line.quantity - back.get(line.id, 0)):
            unit_id = unit_ids[(first + piece) % len(unit_ids)]
            plans[unit_id].append(_Plan(line.description, months or 0, visits))
    return plans


def _sign(
    session: Session,
    actor: Actor,
    unit: Unit,
    plans: list[_Plan],
    *,
    since: date,
    order: Order,
) -> None:
    """Contracts one after the other: the second begins on the day after the first."""
    day = since
    for plan in plans:
        contract = contracts.sign(
            session,
            actor,
            unit,
            ContractInput(
                plan.name,
                day,
                plan.months,
                visits=plan.visits,
                reference=orders.reference(order),
            ),
        )
        day = contracts.day_after(contract)
