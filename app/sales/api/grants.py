"""What services grant besides themselves, as JSON."""

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from app.identity.guard import ApiReading, ApiWriting
from app.payments.entitlement_models import EntitlementUnit
from app.payments.measured import Measured, parse_measured
from app.sales import catalogue, grants
from app.sales.grant_models import ProductGrant
from app.sales.models import Product
from app.web.idempotent import once
from app.web.problems import refusals, refusals_of_writing
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import RowId, Sent

router = APIRouter(prefix="/api/v1/products/{product_id}/grant", tags=["data vouchers"])


class GrantOut(BaseModel):
    """For each piece sold; both null: nothing. `days` null: to be used at any time."""

    product: int
    unit: EntitlementUnit | None
    amount: str | None
    days: int | None


class GrantIn(Sent):
    """Without an amount: nothing any more. 0 days: to be used at any time."""

    unit: Annotated[EntitlementUnit, Field(strict=False)] = EntitlementUnit.HOURS
    amount: Annotated[str, Field(max_length=16)] | None = None
    days: int = Field(default=0, ge=0, le=grants.MOST_DAYS)


@router.get("", responses=refusals(404))
def show_grant(session: ReadSession, actor: ApiReading, product_id: RowId) -> GrantOut:
    """The data voucher that comes with each piece of a service."""
    actor.require("products.view")
    product = catalogue.by_id(session, actor, product_id)
    return _grant(product, grants.grants_of(session, [product.id]).get(product.id))


@router.post("", responses=refusals_of_writing(404))
@once
def set_grant(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    product_id: RowId,
    body: GrantIn,
) -> GrantOut:
    product = catalogue.by_id(session, actor, product_id)
    amount = None if body.amount is None else parse_measured(body.amount, body.unit)
    return _grant(product, grants.set_grant(session, actor, product, amount, days=body.days))


def _grant(product: Product, grant: ProductGrant | None) -> GrantOut:
    said = Measured(grant.amount_milli, grant.unit).plain if grant else None
    return GrantOut(
        product=product.id,
        unit=grant.unit if grant else None,
        amount=said,
        days=(grant.days or None) if grant else None,
    )
