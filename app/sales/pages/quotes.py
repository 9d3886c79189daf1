"""Quotes as staff see them: the list, a quote with its editor, the configurator with a live sum."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.customers import book, finding
from app.identity import approval
from app.identity.guard import Acting, SignedIn
from app.kernel.actor import Actor
from app.kernel.errors import StoreError
from app.kernel.money import Money
from app.kernel.quantity import document_number
from app.robots import registry, slotnames
from app.sales import catalogue, options, quotelines, quotes, quoteview
from app.sales.models import Product, ProductKind
from app.sales.quote_models import OptionGroup, Quote
from app.sales.quoteforms import LineForm, TermsForm, read_choices
from app.web.errors import status_of
from app.web.forms import StoreForm, problems_of
from app.web.idempotent import once
from app.web.rendering import is_htmx, render
from app.web.sessions import ReadSession, WriteSession, database_of
from app.web.submitted import Submitted
from app.web.wire import Number

router = APIRouter(prefix="/sales/quotes")


class CustomerForm(StoreForm):
    customer: str = ""


@router.get("")
def list_quotes(
    request: Request, session: ReadSession, actor: SignedIn, cursor: str | None = None
) -> Response:
    page = quoteview.quote_page(session, actor, cursor=cursor)
    return render(
        request,
        "sales/quotes.html",
        page=page,
        cursor=cursor,
        labels=quotes.STATE_LABELS,
        tones=quoteview.TONES,
    )


@router.get("/new")
def ask_customer(request: Request, session: ReadSession, actor: SignedIn, q: str = "") -> Response:
    """For whom: customers by name, number or phone."""
    actor.require("counter.sell")
    found = finding.find(session, actor, q, most=12) if q.strip() else []
    return render(request, "sales/quote_new.html", block="found", q=q, found=found, problems={})


@router.post("/new")
@once
def make(
    request: Request,
    session: WriteSession,
    actor: Acting,
    form: Annotated[CustomerForm, Form()],
) -> Response:
    try:
        number = document_number(form.customer) or 0
        quote = quotes.make(session, actor, book.by_number(session, actor, number).id)
    except StoreError as refusal:
        session.rollback()
        return render(
            request,
            "sales/quote_new.html",
            status=status_of(refusal),
            q="",
            found=[],
            problems=problems_of(refusal),
        )
    return RedirectResponse(f"/sales/quotes/{quote.number}", 303)


@router.get("/{number}")
def show_quote(
    request: Request, session: ReadSession, actor: SignedIn, number: Number, version: int = 0
) -> Response:
    actor.require("orders.view")
    quote = quotes.by_number(session, actor, number)
    return quote_page(request, session, actor, quote, version=version)


@router.get("/{number}/robot")
def configure(
    request: Request, session: ReadSession, actor: SignedIn, number: Number, product: str = ""
) -> Response:
    """What may be chosen of a model, by slot; asked again with each choice for its sum."""
    actor.require("counter.sell")
    quote = quotes.by_number(session, actor, number)
    robot = catalogue.require_code(session, actor, product)
    typed = dict(request.query_params)
    return _configurator(request, session, actor, quote, robot, typed=typed)


@router.post("/{number}/robot")
@once
def add_robot(
    request: Request, session: WriteSession, actor: Acting, number: Number, form: Submitted
) -> Response:
    typed = form.values
    try:
        quote = quotes.by_number(session, actor, number)
        robot = catalogue.require_code(session, actor, typed.get("product", ""))
        serial = typed.get("serial", "").strip()
        unit = registry.by_serial(session, actor, serial) if serial else None
        quotelines.add_robot(session, actor, quote, robot, wanted=read_choices(typed), unit=unit)
    except StoreError as refusal:
        session.rollback()
        quote = quotes.by_number(session, actor, number)
        robot = catalogue.require_code(session, actor, typed.get("product", ""))
        return _configurator(request, session, actor, quote, robot, typed=typed, refusal=refusal)
    return RedirectResponse(f"/sales/quotes/{number}", 303)


@router.post("/{number}/lines")
@once
def add_line(
    request: Request,
    session: WriteSession,
    actor: Acting,
    number: Number,
    form: Annotated[LineForm, Form()],
) -> Response:
    """A product by its code; a robot leads to its configurator."""
    robots: list[Product] = []

    def act(quote: Quote) -> None:
        product = catalogue.require_code(session, actor, form.product)
        if product.kind is ProductKind.ROBOT:
            robots.append(product)
        else:
            quotelines.add_product(session, actor, quote, product, quantity=form.count())

    answer = acted(request, session, actor, number, act=act, refused=("add", form))
    if robots:
        return RedirectResponse(f"/sales/quotes/{number}/robot?product={robots[0].code}", 303)
    return answer


@router.post("/{number}/lines/{position}")
def change_line(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    position: Number,
    form: Annotated[LineForm, Form()],
) -> Response:
    """How many, and what is taken off; more than the role may give with a manager's PIN."""

    def act(quote: Quote) -> None:
        quotelines.set_quantity(session, actor, quote, position, quantity=form.count())
        quotelines.discount(
            session,
            actor,
            quote,
            position,
            percent_bp=form.share(),
            reason=form.reason,
            approved_by=approver,
        )

    refused = (f"line-{position}", form)
    try:
        approver = _big_discount(request, session, actor, form.pin.strip())
    except StoreError as refusal:
        quote = quotes.by_number(session, actor, number)
        return quote_page(
            request,
            session,
            actor,
            quote,
            which=refused[0],
            typed=form.typed(),
            refusal=refusal,
        )
    return acted(request, session, actor, number, act=act, refused=refused)


def _big_discount(request: Request, session: Session, actor: Actor, pin: str) -> Actor | None:
    if not pin:
        return None
    may = "counter.big_discount"
    return approval.behind_pin(database_of(request), session, actor, pin=pin, permission=may)


@router.post("/{number}/lines/{position}/remove")
def remove_line(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    position: Number,
    form: Annotated[StoreForm, Form()],
) -> Response:
    def act(quote: Quote) -> None:
        quotelines.remove(session, actor, quote, position)

    return acted(request, session, actor, number, act=act, refused=("add", form))


@router.post("/{number}/terms")
def set_terms(
    request: Request,
    session: WriteSession,
    actor: Acting,
    number: Number,
    form: Annotated[TermsForm, Form()],
) -> Response:
    def act(quote: Quote) -> None:
        write_terms(session, actor, quote, form)

    return acted(request, session, actor, number, act=act, refused=("terms", form))


def write_terms(session: Session, actor: Actor, quote: Quote, form: TermsForm) -> None:
    """What the form of terms says, into the draft."""
    draft = quotes.require_draft(quote)
    said = form.read(quotes.sums(quote, draft).gross)
    quotes.set_terms(
        session,
        actor,
        quote,
        valid_until=said.valid_until,
        note=said.note,
        deposit=said.deposit,
        deposit_days=said.deposit_days,
        free_days=said.free_days,
        keep_bp=said.keep_bp,
    )


def acted(
    request: Request,
    session: Session,
    actor: Actor,
    number: int,
    *,
    act: Callable[[Quote], object],
    refused: tuple[str, StoreForm],
) -> Response:
    """Act and show the quote; refused, show it with what was typed. HTMX gets the editor alone."""
    quote = quotes.by_number(session, actor, number)
    try:
        act(quote)
    except StoreError as refusal:
        session.rollback()
        quote = quotes.by_number(session, actor, number)
        return quote_page(
            request,
            session,
            actor,
            quote,
            which=refused[0],
            typed=refused[1].typed(),
            refusal=refusal,
        )
    if is_htmx(request):
        session.flush()
        return quote_page(request, session, actor, quotes.by_number(session, actor, number))
    return RedirectResponse(f"/sales/quotes/{number}", 303)


def quote_page(
    request: Request,
    session: Session,
    actor: Actor,
    quote: Quote,
    *,
    version: int = 0,
    which: str = "",
    typed: dict[str, Any] | None = None,
    refusal: StoreError | None = None,
    link: str = "",
) -> Response:
    """The page of one quote. `which` form was refused; `link` is a key that is told this once."""
    return render(
        request,
        "sales/quote.html",
        block="editor",
        status=status_of(refusal) if refusal else 200,
        which=which,
        typed=typed or {},
        problems=problems_of(refusal) if refusal else {},
        link=link,
        **quoteview.staff_page(session, actor, quote, number=version),
    )


def _configurator(
    request: Request,
    session: Session,
    actor: Actor,
    quote: Quote,
    robot: Product,
    *,
    typed: dict[str, str],
    refusal: StoreError | None = None,
) -> Response:
    quotes.require_draft(quote)
    groups = options.of_model(session, actor, robot.model_id or 0)
    problems = problems_of(refusal) if refusal else {}
    chosen: dict[int, int] = {}
    try:
        chosen = read_choices(typed)
        if is_htmx(request) and not refusal:
            options.pick(groups, options.exclusions_of(session, groups), chosen)
    except StoreError as hint:
        problems = problems or problems_of(hint)
    return render(
        request,
        "sales/quote_robot.html",
        block="sum",
        status=status_of(refusal) if refusal else 200,
        quote=quote,
        robot=robot,
        groups=groups,
        slot_names={group.id: slotnames.name_of(group.slot_path) for group in groups},
        choice_prices={
            choice.id: Money(choice.product.price_minor, choice.product.currency)
            for group in groups
            for choice in group.choices
            if choice.product is not None
        },
        chosen=chosen,
        typed=typed,
        problems=problems,
        price=Money(robot.price_minor, robot.currency),
        sum=Money(robot.price_minor + _added(groups, chosen), robot.currency),
    )


def _added(groups: list[OptionGroup], chosen: dict[int, int]) -> int:
    """What the chosen options cost on top, at list price."""
    return sum(
        choice.product.price_minor * chosen.get(choice.id, 0)
        for group in groups
        for choice in group.choices
        if choice.product is not None
    )
