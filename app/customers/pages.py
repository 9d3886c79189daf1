"""The book of customers as staff see it."""

import json
from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from app.customers import book, finding, panels, privacy
from app.customers.forms import CustomerForm, EraseForm, as_typed
from app.customers.models import Customer
from app.identity.guard import Acting, SignedIn
from app.kernel.errors import Conflict, StoreError
from app.kernel.text import Text
from app.web.errors import status_of
from app.web.forms import problems_of
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import Number

router = APIRouter(prefix="/customers", tags=["pages"], include_in_schema=False)


@router.get("")
def list_customers(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    q: str = "",
    cursor: str | None = None,
) -> Response:
    page = finding.page(session, actor, q=q, cursor=cursor)
    return render(request, "customers/list.html", block="rows", page=page, q=q, cursor=cursor)


@router.get("/new")
def ask_customer(request: Request, actor: SignedIn, name: str = "") -> Response:
    actor.require("customers.edit")
    return _new(request, form={"name": name})


@router.post("/new")
@once
def add_customer(
    request: Request,
    session: WriteSession,
    actor: Acting,
    form: Annotated[CustomerForm, Form()],
) -> Response:
    """Into the book; once warned when somebody like that is in it already."""
    typed = form.read()
    try:
        actor.require("customers.edit")
        book.checked(typed)
        twins = book.likely_duplicates(session, actor, typed)
        if twins and not form.despite_duplicates:
            return _new(request, form=form.typed(), twins=twins, status=409)
        customer = book.add(session, actor, typed)
    except StoreError as refusal:
        session.rollback()
        return _new(
            request, form=form.typed(), problems=problems_of(refusal), status=status_of(refusal)
        )
    return RedirectResponse(f"/customers/{customer.number}", 303)


@router.get("/{number}")
def show_customer(
    request: Request, session: ReadSession, actor: SignedIn, number: Number
) -> Response:
    actor.require("customers.view")
    customer = book.by_number(session, actor, number)
    twins = []
    if customer.erased_at is None:
        twins = book.likely_duplicates(session, actor, book.as_input(customer), but=customer.id)
    return render(
        request,
        "customers/customer.html",
        customer=customer,
        twins=twins,
        panels=panels.panels_of(session, actor, customer),
    )


@router.get("/{number}/edit")
def ask_change(request: Request, session: ReadSession, actor: SignedIn, number: Number) -> Response:
    actor.require("customers.edit")
    customer = book.by_number(session, actor, number)
    return _edit(request, customer, form=as_typed(customer))


@router.post("/{number}/edit")
def change_customer(
    request: Request,
    session: WriteSession,
    actor: Acting,
    number: Number,
    form: Annotated[CustomerForm, Form()],
) -> Response:
    """Save; what somebody else saved meanwhile is shown, and never overwritten unseen."""
    customer = book.by_number(session, actor, number)
    try:
        book.change(session, actor, customer, form.read(), version=form.version_seen())
    except StoreError as refusal:
        session.rollback()
        session.refresh(customer)
        typed = form.typed()
        theirs = as_typed(customer) if isinstance(refusal, Conflict) else {}
        return _edit(
            request,
            customer,
            form=typed,
            problems=problems_of(refusal),
            theirs={name: text for name, text in theirs.items() if text != typed.get(name)},
            status=status_of(refusal),
        )
    return RedirectResponse(f"/customers/{number}", 303)


@router.get("/{number}/export")
def export_customer(
    request: Request,  # noqa: ARG001 - each page endpoint takes one
    session: WriteSession,
    actor: Acting,
    number: Number,
) -> Response:
    """All that is kept of a person, as a file; that it was handed out is on record."""
    customer = book.by_number(session, actor, number)
    return _file(privacy.export(session, actor, customer), f"customer-{number}.json")


@router.get("/{number}/erase")
def ask_erasure(
    request: Request, session: ReadSession, actor: SignedIn, number: Number
) -> Response:
    actor.require("customers.erase")
    customer = book.by_number(session, actor, number)
    return _erasure(
        request,
        customer,
        exported=privacy.is_exported(session, customer),
        form={},
        problems={},
    )


@router.post("/{number}/erase")
@once
def erase_customer(
    request: Request,
    session: WriteSession,
    actor: Acting,
    number: Number,
    form: Annotated[EraseForm, Form()],
) -> Response:
    customer = book.by_number(session, actor, number)
    try:
        privacy.erase(session, actor, customer, reason=form.read(customer))
    except StoreError as refusal:
        session.rollback()
        session.refresh(customer)
        return _erasure(
            request,
            customer,
            exported=privacy.is_exported(session, customer),
            form=form.typed(),
            problems=problems_of(refusal),
            status=status_of(refusal),
        )
    return RedirectResponse(f"/customers/{number}", 303)


def _new(
    request: Request,
    *,
    form: dict[str, str],
    problems: dict[str, Text] | None = None,
    twins: list[Customer] | None = None,
    status: int = 200,
) -> Response:
    return render(
        request,
        "customers/new.html",
        status=status,
        form=form,
        problems=problems or {},
        twins=twins or [],
    )


def _edit(
    request: Request,
    customer: Customer,
    *,
    form: dict[str, str],
    problems: dict[str, Text] | None = None,
    theirs: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    return render(
        request,
        "customers/edit.html",
        status=status,
        customer=customer,
        form=form,
        problems=problems or {},
        theirs={name: text for name, text in (theirs or {}).items() if name != "version"},
    )


def _erasure(
    request: Request,
    customer: Customer,
    *,
    exported: bool,
    form: dict[str, str],
    problems: dict[str, Text],
    status: int = 200,
) -> Response:
    return render(
        request,
        "customers/erase.html",
        status=status,
        customer=customer,
        exported=exported,
        form=form,
        problems=problems,
    )


def _file(content: dict[str, object], name: str) -> Response:
    return Response(
        json.dumps(content, ensure_ascii=False, indent=2),
        media_type="application/json",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        },
    )
