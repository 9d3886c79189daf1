"""Products as JSON."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from app.identity.guard import ApiReading, ApiWriting
from app.kernel.actor import Actor
from app.kernel.errors import Invalid
from app.kernel.quantity import MOST
from app.kernel.text import msg
from app.robots import makers
from app.robots.contracts import MOST_VISITS
from app.sales import catalogue, tiles
from app.sales.catalogue import ProductInput
from app.sales.models import Category, Product, ProductKind
from app.sales.ordering import naming
from app.sales.tiles import Tile
from app.web.idempotent import once
from app.web.problems import refusals, refusals_of_writing
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import Cursor, MoneyOut, PageOut, PriceIn, Sent, Words

router = APIRouter(prefix="/api/v1/products", tags=["products"])


class ModelIn(Sent):
    """A robot model by its maker's name and its code."""

    maker: Words
    code: Words


class ContentIn(Sent):
    """So many of a product inside a bundle."""

    product: Words
    quantity: int = Field(default=1, ge=1, le=MOST)


class ProductIn(Sent):
    """A `robot` names its `model`, an `item` may name a `part_number` (else its own code), a
    `plan` its `plan_months`, a `bundle` its `contents`.
    """

    code: Annotated[str, Field(min_length=1, max_length=64)]
    name: Annotated[str, Field(min_length=1, max_length=200)]
    kind: Annotated[ProductKind, Field(strict=False)]
    category: Annotated[Category, Field(strict=False)]
    price: PriceIn
    tax_code: Annotated[str, Field(max_length=16)]
    model: ModelIn | None = None
    part_number: Annotated[str, Field(max_length=64)] = ""
    plan_months: Annotated[int, Field(ge=1, le=120)] | None = None
    plan_visits: Annotated[
        int | None,
        Field(ge=1, le=MOST_VISITS, description="Visits that a plan pays for; null: any number."),
    ] = None
    contents: Annotated[list[ContentIn], Field(max_length=50)] = []


class ProductOut(BaseModel):
    """`left`: robots for sale or pieces not promised; null where nothing is counted."""

    code: str
    name: str
    kind: ProductKind
    category: Category
    price: MoneyOut
    tax_code: str
    plan_months: int | None
    plan_visits: int | None
    left: int | None


@router.get("", responses=refusals())
def list_products(
    session: ReadSession,
    actor: ApiReading,
    q: Annotated[str, Query(description="Part of a name or code; then one page of 50.")] = "",
    cursor: Cursor = "",
) -> PageOut[ProductOut]:
    """Products by code, 50 a page, with what is left of each."""
    actor.require("products.view")
    page = tiles.product_page(session, actor, q=q, cursor=cursor or None)
    return PageOut(items=[_product_out(tile) for tile in page.items], next=page.next)


@router.post("", status_code=201, responses=refusals_of_writing())
@once
def add_product(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    body: ProductIn,
) -> ProductOut:
    """A new product; a bundle with its contents, all of them or nothing."""
    actor.require("products.edit")
    _check_kind(body)
    model_id = _model_id(session, actor, body.model) if body.model is not None else None
    fields = {name: name for name in ProductIn.model_fields} | {"number": "part_number"}
    with naming("tax_code", inner=fields):
        product = catalogue.add(session, actor, _read(body, model_id))
    for index, content in enumerate(body.contents):
        _put_inside(session, actor, product, content, prefix=f"contents.{index}.")
    return _product_out(tiles.of(session, [product])[0])


def _check_kind(body: ProductIn) -> None:
    """What belongs to another kind of product is told, not lost."""
    kind = body.kind
    sent = {
        "model": (body.model is not None, kind is ProductKind.ROBOT),
        "part_number": (bool(body.part_number), kind is ProductKind.ITEM),
        "plan_months": (body.plan_months is not None, kind is ProductKind.PLAN),
        "plan_visits": (body.plan_visits is not None, kind is ProductKind.PLAN),
        "contents": (bool(body.contents), kind is ProductKind.BUNDLE),
    }
    needed = {"model", "plan_months", "contents"}
    problems = {
        name: msg("Please fill this in.") if belongs else msg("This kind of product has none.")
        for name, (given, belongs) in sent.items()
        if given != belongs and (given or name in needed)
    }
    if problems:
        raise Invalid(msg("Please look at the marked fields."), problems=problems)


def _model_id(session: Session, actor: Actor, wanted: ModelIn) -> int:
    with naming("model.maker"):
        maker = makers.maker_called(session, wanted.maker)
    with naming("model.code"):
        return makers.model(session, actor, maker, wanted.code).id


def _read(body: ProductIn, model_id: int | None) -> ProductInput:
    return ProductInput(
        code=body.code,
        name=body.name,
        kind=body.kind,
        category=body.category,
        price=body.price.money(),
        tax_code=body.tax_code,
        model_id=model_id,
        part_number=body.part_number,
        plan_months=body.plan_months,
        plan_visits=body.plan_visits,
    )


def _put_inside(
    session: Session, actor: Actor, bundle: Product, content: ContentIn, *, prefix: str
) -> None:
    with naming(f"{prefix}product", inner={"quantity": f"{prefix}quantity"}):
        product = catalogue.require_code(session, actor, content.product)
        catalogue.put_into_bundle(session, actor, bundle, product, quantity=content.quantity)


def _product_out(tile: Tile) -> ProductOut:
    product = tile.product
    return ProductOut(
        code=product.code,
        name=product.name,
        kind=product.kind,
        category=product.category,
        price=MoneyOut.of(tile.price),
        tax_code=product.tax_code,
        plan_months=product.plan_months,
        plan_visits=product.plan_visits,
        left=tile.left,
    )
