"""The counter terminal: one scan box, tiles, and the cart."""

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import Response

from app.customers.models import Customer
from app.identity.guard import Acting, SignedIn, till_at
from app.kernel.errors import NotFound, Refused
from app.kernel.findable import Found
from app.kernel.quantity import parse_percent, parse_quantity, row_number
from app.kernel.text import Text, msg
from app.parts.addresses import part_page
from app.parts.models import Part
from app.payments import giftcodes, giftguard
from app.payments.models import IssuedDocument
from app.robots.models import Unit
from app.sales import (
    basket,
    bundles,
    cart,
    catalogue,
    lines,
    orders,
    parking,
    quotes,
    scanning,
    tiles,
)
from app.sales.forms import ScanForm
from app.sales.models import Order, OrderLine, Product, ProductKind
from app.sales.pages import giftcards
from app.sales.pages.till import PAGE, Visit
from app.sales.scanning import CodeKind, Hit, HitKind
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession, database_of

router = APIRouter()


@router.get("/counter")
def show_counter(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    tab: str = "robots",
    done: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
) -> Response:
    """The counter; `done` shows the end of the sale that was just paid."""
    actor.require("counter.sell")
    if till_at(request) is None:
        return render(request, "sales/no_till.html")
    visit = Visit(request, session, actor)
    paid = orders.by_number(session, actor, done) if done else None
    return render(
        request,
        PAGE,
        block="tiles",
        fragment=False,
        hits=[],
        bundle="",
        remark=None,
        removed=None,
        done=cart.finished(session, paid) if paid else None,
        **tiles.counter_page(session, actor, tab),
        **cart.shown_of(session, visit.found_basket(), place=visit.place),
    )


@router.post("/counter/scan")
def scan(
    request: Request, session: WriteSession, actor: Acting, form: Annotated[ScanForm, Form()]
) -> Response:
    """Whatever was scanned, typed or tapped. The same scan id twice changes nothing."""
    visit = Visit(request, session, actor)
    order = visit.found_basket()
    if order is not None and basket.already_scanned(session, order, form.scan_id):
        return visit.show(order)
    code = scanning.read(form.code)
    if code.kind is not CodeKind.PLAIN:
        return _command(visit, order, code=code, position=form.line)
    if not code.text:
        raise Refused(msg("Nothing was scanned."), field="code")
    meaning = scanning.for_sale(session, actor, code)
    if not meaning.hits:
        giftguard.count_if_code(database_of(request), session, actor, code.text)
        raise NotFound(msg("“{code}” is not known here.", code=code.text[:60]), field="code")
    if not meaning.exact or len(meaning.hits) > 1:
        return visit.show(order, hits=meaning.hits, scan="many")
    hit = meaning.hits[0]
    asked = _ask_of_gift_card(visit, order, hit, code=form.code)
    return asked or _take(visit, order, hit, form=form, remark=meaning.remark)


def _ask_of_gift_card(visit: Visit, lying: Order | None, hit: Hit, *, code: str) -> Response | None:
    """A card to be sold is asked for its amount; one with a code pays for what lies here."""
    if isinstance(hit.thing, Product) and hit.thing.kind is ProductKind.GIFT_CARD:
        return giftcards.sell_dialog(visit, hit.thing)
    if hit.kind is HitKind.GIFT_CARD and lying and lying.lines and giftcodes.read(code):
        return giftcards.pay_dialog(visit, lying, typed={"code": code})
    return None


def _take(
    visit: Visit, lying: Order | None, hit: Hit, *, form: ScanForm, remark: Text | None
) -> Response:
    """Do with a thing what the counter does with its kind. What only leads elsewhere, or has to be
    chosen from first, begins no basket.
    """
    match hit.thing:
        case Order() as found:
            return _take_order(visit, found)
        case IssuedDocument() as document:
            return _take_document(visit, document)
        case Found() as found:
            return visit.go(found.page)
        case Part() as part:
            return visit.go(part_page(part.number))
        case Product() as product if (robot := _robot_in(visit, product)) is not None:
            bundle = product.code if product.kind is ProductKind.BUNDLE else ""
            return _offer_serials(visit, lying, robot, bundle=bundle)
    order = lying or _begin(visit, scan_id=form.scan_id)
    match hit.thing:
        case Unit() as unit:
            _take_unit(visit, order, unit, bundle_code=form.bundle)
        case Product() as product:
            _take_product(visit, order, product, quantity=form.quantity)
        case Customer() as customer:
            orders.set_customer(visit.session, visit.actor, order, customer.id)
    return visit.show(order, remark=remark)


def _begin(visit: Visit, *, scan_id: str) -> Order:
    """A basket that this scan begins, and remembers."""
    order = orders.open_order(visit.session, visit.actor, till_id=visit.place.till.id)
    basket.already_scanned(visit.session, order, scan_id)
    return order


def _take_unit(visit: Visit, order: Order, unit: Unit, *, bundle_code: str) -> None:
    bundle = catalogue.by_code(visit.session, visit.actor, bundle_code) if bundle_code else None
    if bundle is None:
        basket.add_unit(visit.session, visit.actor, order, unit, minutes=visit.minutes)
    else:
        bundles.add(visit.session, visit.actor, order, bundle, unit=unit, minutes=visit.minutes)


def _robot_in(visit: Visit, product: Product) -> Product | None:
    """The robot that a product is, or that a bundle holds: it is sold by a serial to be chosen."""
    if product.kind is ProductKind.BUNDLE:
        inside = [one for _, one in catalogue.contents(visit.session, product.id)]
        return next((one for one in inside if one.kind is ProductKind.ROBOT), None)
    return product if product.kind is ProductKind.ROBOT else None


def _take_product(visit: Visit, order: Order, product: Product, *, quantity: str) -> None:
    if product.kind is ProductKind.BUNDLE:
        bundles.add(visit.session, visit.actor, order, product, unit=None, minutes=visit.minutes)
        return
    basket.add_product(
        visit.session,
        visit.actor,
        order,
        product,
        quantity=parse_quantity(quantity) if quantity else 1,
        minutes=visit.minutes,
    )


def _offer_serials(visit: Visit, order: Order | None, product: Product, *, bundle: str) -> Response:
    """A robot is sold by serial: show which ones stand here."""
    units = tiles.available_units(visit.session, visit.actor, product.model_id or 0)
    if not units:
        raise Refused(
            msg("No {name} is for sale just now.", name=product.name), link="/robots/receive"
        )
    hits = [Hit(HitKind.UNIT, unit.serial, unit.model.name, unit.serial, unit) for unit in units]
    return visit.show(order, hits=hits, bundle=bundle, scan="many")


def _take_order(visit: Visit, found: Order) -> Response:
    """A parked sale comes to this till; any other opens as a page."""
    if found.parked_at is None or found.cancelled_at is not None:
        return visit.go(f"/sales/{found.number}")
    parking.resume(visit.session, visit.actor, found, till_id=visit.till_id)
    return visit.show(found)


def _take_document(visit: Visit, document: IssuedDocument) -> Response:
    """A quote leads to its page, once accepted into the basket; a receipt opens."""
    kind, _, number = document.reference.partition(":")
    if document.kind == "quote" and kind == "order":
        return _take_order(visit, orders.by_number(visit.session, visit.actor, int(number)))
    if document.kind == "quote":
        quote = quotes.by_number(visit.session, visit.actor, int(number))
        if quote.order_id is None:
            return visit.go(f"/sales/quotes/{quote.number}")
        order = visit.session.get_one(Order, quote.order_id)
        return _take_order(visit, orders.by_number(visit.session, visit.actor, order.number))
    return visit.go(f"/documents/{document.id}")


def _command(visit: Visit, order: Order | None, *, code: scanning.Code, position: str) -> Response:
    """`*3`: three of the selected line. `%5`: five per cent off it."""
    if order is None:
        raise Refused(msg("There is no line yet to change."), field="code")
    line = line_of(order, position)
    if code.kind is CodeKind.QUANTITY:
        lines.set_quantity(
            visit.session,
            visit.actor,
            order,
            line,
            quantity=parse_quantity(code.text),
            minutes=visit.minutes,
        )
    else:
        lines.discount(
            visit.session,
            visit.actor,
            order,
            line,
            percent_bp=parse_percent(code.text),
            reason=str(msg("At the counter")),
        )
    return visit.show(order, selected=line.position)


def line_of(order: Order, position: str) -> OrderLine:
    """The line that was selected, else the last one."""
    chosen = row_number(position)
    if chosen is not None:
        return lines.line_at(order, chosen)
    if not order.lines:
        raise Refused(msg("There is no line yet to change."), field="code")
    return order.lines[-1]
