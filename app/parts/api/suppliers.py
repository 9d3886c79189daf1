"""Suppliers as JSON."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from app.identity.guard import ApiReading, ApiWriting
from app.kernel.errors import Invalid, NotFound
from app.kernel.quantity import MOST
from app.parts import catalogue, prices, suppliers
from app.parts.buying_models import Supplier, SupplierPrice
from app.parts.models import Part
from app.parts.prices import PriceInput
from app.parts.suppliers import MOST_DAYS, SupplierInput
from app.stores import desk
from app.web.idempotent import once
from app.web.problems import refusals, refusals_of_writing
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import MoneyOut, PriceIn, RowId, Sent, Words

router = APIRouter(prefix="/api/v1/suppliers", tags=["suppliers"])

_Days = Annotated[int, Field(ge=0, le=MOST_DAYS)]
_Long = Annotated[str, Field(max_length=2_000)]


class SupplierIn(Sent):
    """`language` (en, de, zh) is the one of the orders; `return_days` 0: not agreed."""

    name: Words
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    lead_days: _Days = 0
    return_days: _Days = 0
    language: Annotated[str, Field(max_length=8)] = "en"
    account: Annotated[str, Field(max_length=64)] = ""
    contact: Words = ""
    email: Words = ""
    phone: Words = ""
    address: _Long = ""
    note: _Long = ""


class SupplierPriceIn(Sent):
    """A price of one piece, from `minimum` pieces on, as of a day; without it, of today."""

    part: Words
    price: PriceIn
    number: Annotated[str, Field(max_length=64, description="The supplier's own.")] = ""
    minimum: Annotated[int, Field(ge=1, le=MOST)] = 1
    pack: Annotated[int, Field(ge=1, le=MOST)] = 1
    valid_from: Annotated[date | None, Field(strict=False)] = None


class SupplierPriceOut(BaseModel):
    part: str
    number: str
    price: MoneyOut
    minimum: int
    pack: int
    valid_from: date


class SupplierOut(BaseModel):
    id: int
    name: str
    currency: str
    lead_days: int
    return_days: int
    language: str
    account: str
    contact: str
    email: str
    phone: str
    archived: bool


class SuppliersOut(BaseModel):
    items: list[SupplierOut]


class PriceListOut(BaseModel):
    items: list[SupplierPriceOut]


@router.get("", responses=refusals())
def list_suppliers(session: ReadSession, actor: ApiReading) -> SuppliersOut:
    """All of the store's, those in use first."""
    actor.require("stock.view")
    return SuppliersOut(items=[_out(one) for one in suppliers.listed(session, actor)])


@router.post("", status_code=201, responses=refusals_of_writing())
@once
def add_supplier(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    body: SupplierIn,
) -> SupplierOut:
    wanted = SupplierInput(**body.model_dump())
    return _out(suppliers.add(session, actor, wanted))


@router.get("/{supplier_id}/prices", responses=refusals(404))
def list_supplier_prices(
    session: ReadSession, actor: ApiReading, supplier_id: RowId
) -> PriceListOut:
    actor.require("stock.view")
    supplier = suppliers.by_id(session, actor, supplier_id)
    return _prices(prices.price_list(session, supplier), supplier)


@router.post("/{supplier_id}/prices", status_code=201, responses=refusals_of_writing(404))
@once
def set_supplier_price(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    supplier_id: RowId,
    body: SupplierPriceIn,
) -> PriceListOut:
    """Put a price on the list; the same part, minimum and day overwrites it."""
    supplier = suppliers.by_id(session, actor, supplier_id)
    try:
        part = catalogue.by_number(session, actor, body.part)
    except NotFound as missing:
        raise Invalid(missing.message, problems={"part": missing.message}) from missing
    today = desk.business_day_of(desk.store_of(session, actor.store_id))
    wanted = PriceInput(
        body.price.money(), body.valid_from or today, body.number, body.minimum, body.pack
    )
    price = prices.set_price(session, actor, supplier, part, wanted)
    return _prices([(price, part)], supplier)


def _prices(rows: Sequence[tuple[SupplierPrice, Part]], supplier: Supplier) -> PriceListOut:
    return PriceListOut(
        items=[
            SupplierPriceOut(
                part=part.number,
                number=price.number,
                price=MoneyOut.minor(price.price_minor, supplier.currency),
                minimum=price.minimum,
                pack=price.pack,
                valid_from=price.valid_from,
            )
            for price, part in rows
        ]
    )


def _out(supplier: Supplier) -> SupplierOut:
    return SupplierOut(
        id=supplier.id,
        name=supplier.name,
        currency=supplier.currency,
        lead_days=supplier.lead_days,
        return_days=supplier.return_days,
        language=supplier.language,
        account=supplier.account,
        contact=supplier.contact,
        email=supplier.email,
        phone=supplier.phone,
        archived=supplier.archived,
    )
