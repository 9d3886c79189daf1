"""Data vouchers that come with what is sold: a service that grants so many hours for each piece.

They are issued with the last payment. What comes back is taken away again, unless it was used.
"""

from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel import audit
from app.kernel.actor import Actor
from app.kernel.errors import Refused
from app.kernel.text import msg
from app.payments import entitlements
from app.payments.entitlement_models import Entitlement
from app.payments.entitlements import Issued
from app.payments.measured import Measured
from app.sales.events import TakenBack
from app.sales.grant_models import ProductGrant
from app.sales.models import Order, OrderLine, Product, ProductKind
from app.sales.return_models import ReturnLine
from app.stores import desk

MOST_DAYS = 3_650


def set_grant(
    session: Session, actor: Actor, product: Product, amount: Measured | None, *, days: int = 0
) -> ProductGrant | None:
    """What each piece of a service grants from now on, for how many days; None: nothing."""
    actor.require("products.edit")
    if product.kind is not ProductKind.SERVICE:
        raise Refused(msg("Only a service comes with a data voucher."), field="product")
    if not 0 <= days <= MOST_DAYS:
        raise Refused(msg("It can be used for at most {most} days.", most=MOST_DAYS), field="days")
    grant = session.get(ProductGrant, product.id)
    if amount is None:
        if grant is not None:
            session.delete(grant)
            grant = None
    elif grant is None:
        grant = ProductGrant(
            product_id=product.id, unit=amount.unit, amount_milli=amount.milli, days=days
        )
        session.add(grant)
    else:
        grant.unit, grant.amount_milli, grant.days = amount.unit, amount.milli, days
    session.flush()
    audit.record(
        session,
        actor,
        "product.grant_set",
        subject=f"product:{product.code}",
        after={
            "amount": amount.plain if amount else None,
            "unit": amount.unit if amount else None,
            "days": days,
        },
    )
    return grant


def grants_of(session: Session, product_ids: Collection[int]) -> dict[int, ProductGrant]:
    """What products grant; those that grant nothing are left out."""
    if not product_ids:
        return {}
    rows = session.scalars(select(ProductGrant).where(ProductGrant.product_id.in_(product_ids)))
    return {grant.product_id: grant for grant in rows}


def services_of(session: Session, store_id: int) -> list[tuple[Product, ProductGrant | None]]:
    """The services of a store with what they grant, by name."""
    rows = session.execute(
        select(Product, ProductGrant)
        .outerjoin(ProductGrant, ProductGrant.product_id == Product.id)
        .where(
            Product.store_id == store_id,
            Product.kind == ProductKind.SERVICE,
            Product.archived.is_(False),
        )
        .order_by(Product.name_key, Product.id)
        .limit(500)
    )
    return [(product, grant) for product, grant in rows]


def source(line: OrderLine) -> str:
    return f"line:{line.id}"


def require_customer(session: Session, order: Order) -> None:
    """Raises Refused for a sale without a customer in which something comes with a voucher."""
    if order.customer_id is None and _granting(session, order):
        raise Refused(
            msg("A data voucher belongs to a customer: choose who buys."), field="customer"
        )


def issue_for(session: Session, actor: Actor, order: Order) -> list[Entitlement]:
    """The data vouchers of a sale that has just been paid; nothing is asked where no service is."""
    granting = _granting(session, order)
    if not granting or order.customer_id is None:
        return []
    today = desk.business_day_of(desk.store_of(session, order.store_id))
    return [
        entitlements.issue(
            session,
            actor,
            Issued(
                customer_id=order.customer_id,
                name=line.description,
                amount=Measured(grant.amount_milli * line.quantity, grant.unit),
                expires_on=today + timedelta(days=grant.days) if grant.days else None,
                unit_id=line.for_unit_id,
                reference=f"order:{order.number}",
                source=source(line),
            ),
        )
        for line, grant in granting
    ]


def on_taken_back(session: Session, event: TakenBack) -> None:
    """Listens in `app.wiring`: refuses the return of what was used already."""
    for entitlement, quantity, sold in _returned(session, event.return_id):
        back = Measured(entitlement.granted_milli * quantity // sold, entitlement.unit)
        entitlements.take_back(
            session, event.actor, entitlement, back, reference=entitlement.reference
        )


def _returned(session: Session, return_id: int) -> list[tuple[Entitlement, int, int]]:
    lines = list(session.scalars(select(ReturnLine).where(ReturnLine.return_id == return_id)))
    # goods come back in a condition, services do not: only these can have granted anything
    wanted = {f"line:{line.order_line_id}": line for line in lines if line.condition is None}
    if not wanted:
        return []
    found = session.scalars(select(Entitlement).where(Entitlement.source.in_(wanted)))
    return [(one, wanted[str(one.source)].quantity, wanted[str(one.source)].sold) for one in found]


def _granting(session: Session, order: Order) -> list[tuple[OrderLine, ProductGrant]]:
    services = [line for line in order.lines if line.product.kind is ProductKind.SERVICE]
    grants = grants_of(session, {line.product_id for line in services})
    return [(line, grants[line.product_id]) for line in services if line.product_id in grants]
