"""Suppliers and their price lists."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity.guard import Acting, SignedIn
from app.kernel.actor import Actor
from app.kernel.errors import NotFound, StoreError
from app.kernel.money import Money
from app.kernel.text import Text, msg
from app.parts import catalogue, prices, scanned, suppliers
from app.parts.addresses import part_page
from app.parts.buyforms import PriceForm, SupplierForm
from app.parts.buying_models import Supplier
from app.stores import desk
from app.web.errors import status_of
from app.web.forms import problems_of
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import RowId

router = APIRouter(prefix="/parts/suppliers")


@router.get("")
def list_suppliers(request: Request, session: ReadSession, actor: SignedIn) -> Response:
    actor.require("stock.view")
    return render(request, "parts/suppliers.html", suppliers=suppliers.listed(session, actor))


@router.get("/new")
def ask_supplier(request: Request, session: ReadSession, actor: SignedIn) -> Response:
    actor.require("purchases.edit")
    store = desk.store_of(session, actor.store_id)
    return _new(request, typed={"currency": store.currency, "language": store.language})


@router.post("/new")
@once
def add_supplier(
    request: Request, session: WriteSession, actor: Acting, form: Annotated[SupplierForm, Form()]
) -> Response:
    try:
        supplier = suppliers.add(session, actor, form.read())
    except StoreError as refusal:
        session.rollback()
        return _new(
            request,
            typed=form.typed(),
            problems=problems_of(refusal),
            status=status_of(refusal),
        )
    return RedirectResponse(f"/parts/suppliers/{supplier.id}", 303)


@router.get("/{supplier_id}")
def show_supplier(
    request: Request, session: ReadSession, actor: SignedIn, supplier_id: RowId
) -> Response:
    actor.require("stock.view")
    return _supplier(request, session, actor, suppliers.by_id(session, actor, supplier_id))


@router.post("/{supplier_id}")
@once
def change_supplier(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    supplier_id: RowId,
    form: Annotated[SupplierForm, Form()],
) -> Response:
    def act(supplier: Supplier) -> None:
        suppliers.change(session, actor, supplier, form.read())

    return _act(request, session, actor, supplier_id, act, typed=form.typed(), about="supplier")


@router.post("/{supplier_id}/prices")
@once
def set_price(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    supplier_id: RowId,
    form: Annotated[PriceForm, Form()],
) -> Response:
    def act(supplier: Supplier) -> None:
        today = desk.business_day_of(desk.store_of(session, actor.store_id))
        wanted = form.read(supplier.currency, today=today)
        found = catalogue.by_code(session, actor, scanned.read(form.part).text)
        if not found:
            raise NotFound(msg("No part {number}.", number=form.part[:60]), field="part")
        prices.set_price(session, actor, supplier, found[0], wanted)

    return _act(request, session, actor, supplier_id, act, typed=form.typed(), about="price")


@router.post("/{supplier_id}/archive")
def archive(request: Request, session: WriteSession, actor: Acting, supplier_id: RowId) -> Response:
    return _act(
        request,
        session,
        actor,
        supplier_id,
        lambda supplier: suppliers.archive(session, actor, supplier),
    )


@router.post("/{supplier_id}/restore")
def restore(request: Request, session: WriteSession, actor: Acting, supplier_id: RowId) -> Response:
    return _act(
        request,
        session,
        actor,
        supplier_id,
        lambda supplier: suppliers.restore(session, actor, supplier),
    )


def _act(
    request: Request,
    session: Session,
    actor: Actor,
    supplier_id: int,
    act: Callable[[Supplier], None],
    *,
    typed: dict[str, str] | None = None,
    about: str = "",
) -> Response:
    try:
        act(suppliers.by_id(session, actor, supplier_id))
    except StoreError as refusal:
        session.rollback()
        return _supplier(
            request,
            session,
            actor,
            suppliers.by_id(session, actor, supplier_id),
            typed=typed,
            about=about,
            problems=problems_of(refusal),
            status=status_of(refusal),
        )
    return RedirectResponse(f"/parts/suppliers/{supplier_id}", 303)


def _new(
    request: Request,
    *,
    typed: dict[str, str],
    problems: dict[str, Text] | None = None,
    status: int = 200,
) -> Response:
    return render(
        request,
        "parts/supplier_new.html",
        status=status,
        typed=typed,
        problems=problems or {},
    )


def _supplier(
    request: Request,
    session: Session,
    actor: Actor,
    supplier: Supplier,
    *,
    typed: dict[str, str] | None = None,
    about: str = "",
    problems: dict[str, Text] | None = None,
    status: int = 200,
) -> Response:
    today = desk.business_day_of(desk.store_of(session, actor.store_id))
    return render(
        request,
        "parts/supplier.html",
        status=status,
        supplier=supplier,
        prices=prices.price_list(session, supplier),
        typed=typed or {},
        about=about,
        problems=problems or {},
        today=today,
        money=Money,
        part_page=part_page,
    )
