"""Products and checklists: what a manager sets up before anything is sold."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity.guard import Acting, SignedIn
from app.kernel.actor import Actor
from app.kernel.errors import StoreError
from app.kernel.money import parse_money
from app.kernel.quantity import parse_quantity
from app.kernel.text import Text
from app.parts import catalogue as parts
from app.parts import stock
from app.robots import makers
from app.sales import catalogue, checklists, tiles
from app.sales.forms import ChecklistForm, PriceForm, ProductForm, StockForm
from app.stores import desk
from app.web.errors import status_of
from app.web.forms import problems_of
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import RowId

router = APIRouter()


@router.get("/products")
def list_products(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    q: str = "",
    cursor: str | None = None,
) -> Response:
    actor.require("products.view")
    page = tiles.product_page(session, actor, q=q, cursor=cursor)
    return render(request, "sales/products.html", block="rows", page=page, q=q, cursor=cursor)


@router.get("/products/new")
def ask_product(request: Request, session: ReadSession, actor: SignedIn) -> Response:
    actor.require("products.edit")
    return _product_page(request, session, actor, form={}, problems={})


@router.post("/products/new")
@once
def add_product(
    request: Request,
    session: WriteSession,
    actor: Acting,
    form: Annotated[ProductForm, Form()],
) -> Response:
    try:
        store = desk.store_of(session, actor.store_id)
        catalogue.add(session, actor, form.read(store.currency))
    except StoreError as refusal:
        session.rollback()
        return _product_page(
            request,
            session,
            actor,
            form=form.typed(),
            problems=problems_of(refusal),
            status=status_of(refusal),
        )
    return RedirectResponse("/products", 303)


@router.post("/products/{product_id}/price")
@once
def change_price(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: Acting,
    product_id: RowId,
    form: Annotated[PriceForm, Form()],
) -> Response:
    product = catalogue.by_id(session, actor, product_id)
    price = parse_money(form.price, product.currency, field="price")
    catalogue.change_price(session, actor, product, price)
    return RedirectResponse("/products", 303)


@router.post("/products/{product_id}/stock")
@once
def receive_pieces(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: Acting,
    product_id: RowId,
    form: Annotated[StockForm, Form()],
) -> Response:
    """Pieces that came in for a counted product."""
    product = catalogue.by_id(session, actor, product_id)
    part = parts.by_id(session, actor, product.part_id or 0)
    stock.receive(
        session,
        actor,
        part.id,
        quantity=parse_quantity(form.quantity),
        reason=form.reason.strip() or "received",
    )
    return RedirectResponse("/products", 303)


@router.get("/settings/checklists")
def show_checklists(request: Request, session: ReadSession, actor: SignedIn) -> Response:
    actor.require("settings.view")
    return _checklist_page(request, session, actor, form={}, problems={})


@router.post("/settings/checklists")
def publish_checklist(
    request: Request,
    session: WriteSession,
    actor: Acting,
    form: Annotated[ChecklistForm, Form()],
) -> Response:
    try:
        wanted = form.read()
        checklists.publish(
            session,
            actor,
            purpose=wanted.purpose,
            model_id=wanted.model_id,
            texts=wanted.texts,
        )
    except StoreError as refusal:
        session.rollback()
        return _checklist_page(
            request,
            session,
            actor,
            form=form.typed(),
            problems=problems_of(refusal),
            status=status_of(refusal),
        )
    return RedirectResponse("/settings/checklists", 303)


def _product_page(
    request: Request,
    session: Session,
    actor: Actor,
    *,
    form: dict[str, str],
    problems: dict[str, Text],
    status: int = 200,
) -> Response:
    store = desk.store_of(session, actor.store_id)
    return render(
        request,
        "sales/product_new.html",
        status=status,
        form=form,
        problems=problems,
        currency=store.currency,
        model_options=_model_options(session),
        tax_options=[
            (code, code) for code in desk.rates_on(session, store.id, desk.business_day_of(store))
        ],
    )


def _model_options(session: Session) -> list[tuple[str, str]]:
    models = makers.models(session)
    return [("", "–")] + [(str(one.id), f"{one.maker.name} {one.name}") for one in models]


def _checklist_page(
    request: Request,
    session: Session,
    actor: Actor,
    *,
    form: dict[str, str],
    problems: dict[str, Text],
    status: int = 200,
) -> Response:
    models = makers.models(session)
    lists = [
        (row, checklists.items_of(row), next((m for m in models if m.id == row.model_id), None))
        for row in checklists.newest(session, actor)
    ]
    return render(
        request,
        "sales/checklists.html",
        status=status,
        lists=lists,
        model_options=_model_options(session),
        form=form,
        problems=problems,
    )
