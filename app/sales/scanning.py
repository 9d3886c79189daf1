"""What a code means: one box for serial, product, part, customer, parked sale and receipt.

Each kind of number is looked up in its own table by its own key, so that `44` never means "the row
whose id is 44". One exact meaning acts; several are asked about; none becomes a search.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any
from urllib.parse import unquote, urlsplit

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload
from sqlalchemy.sql.base import ExecutableOption

from app.customers import book
from app.customers.models import Customer
from app.kernel import findable
from app.kernel.actor import Actor
from app.kernel.errors import NotFound, StoreError
from app.kernel.findable import Found, Known
from app.kernel.scancodes import gs1, without_prefix
from app.kernel.searchkeys import clean
from app.kernel.text import Text, msg
from app.parts import addresses as part_addresses
from app.parts import catalogue as parts
from app.parts import places
from app.parts.models import Part, Place
from app.payments.models import IssuedDocument
from app.robots import registry, scanned
from app.robots.models import Unit
from app.sales import catalogue, orders
from app.sales.models import Order, Product

_CUSTOMER = re.compile(r"c-?0*([0-9]{1,9})", re.IGNORECASE)
_SALE = re.compile(r"s-?0*([0-9]{1,9})", re.IGNORECASE)
_DOCUMENT = re.compile(r"(inv|r|q|h|z)-0*([0-9]{1,9})", re.IGNORECASE)
_COMMAND = re.compile(r"([*%])\s*([0-9.,]+)")
_UPC_WITHOUT_CHECK = 11
# A scanner set to US on a PC set to German: what the PC makes of what the scanner meant.
_LOADED: dict[str, Callable[[Any], Sequence[ExecutableOption]]] = {
    "unit": lambda unit: (joinedload(unit.model), joinedload(unit.maker)),
    "product": lambda _: (),
    "customer": lambda _: (),
}
_AS_TYPED_IN_GERMAN = str.maketrans("yzYZß?-_'#ü", "zyZY-_/?#'[")


class CodeKind(StrEnum):
    QUANTITY = "quantity"
    DISCOUNT = "discount"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class Code:
    """A code as read: a command with its number, or a text to look up, GTIN apart."""

    kind: CodeKind
    text: str
    gtin: str = ""


class HitKind(StrEnum):
    UNIT = "unit"
    PRODUCT = "product"
    CUSTOMER = "customer"
    ORDER = "order"
    DOCUMENT = "document"
    TICKET = "ticket"
    PART = "part"
    PLACE = "place"
    PURCHASE = "purchase"
    CALIBRATION = "calibration"
    CERTIFICATE = "certificate"
    EQUIPMENT = "equipment"
    GIFT_CARD = "gift_card"


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing that a code may mean. `value` is what to scan to mean just this."""

    kind: HitKind
    label: str
    detail: str
    value: str
    thing: Unit | Product | Customer | Order | IssuedDocument | Found | Part


@dataclass(frozen=True, slots=True)
class Meaning:
    """What was found. `exact`: each hit is named by the code itself, not just similar to it."""

    hits: list[Hit]
    exact: bool
    remark: Text | None = None


def read(raw: str) -> Code:
    """Take a scan apart: commands, addresses of ours, GS1 with AIM prefix, or plain text."""
    bare = without_prefix(raw)
    command = _COMMAND.fullmatch(clean(bare))
    if command:
        kind = CodeKind.QUANTITY if command[1] == "*" else CodeKind.DISCOUNT
        return Code(kind, command[2])
    parts = gs1(bare)
    if parts:
        return Code(
            CodeKind.PLAIN, clean(parts.get("21") or parts.get("01", "")), parts.get("01", "")
        )
    return Code(CodeKind.PLAIN, _from_address(clean(bare)))


def resolve(session: Session, actor: Actor, code: Code) -> Meaning:
    """Every exact meaning of a code; failing those, the nearest things (most 8 of a kind)."""
    return _meaning(session, actor, code, _exact)


def _meaning(
    session: Session, actor: Actor, code: Code, exact: Callable[[Session, Actor, str], list[Hit]]
) -> Meaning:
    hits = exact(session, actor, code.text)
    if not hits and code.gtin:
        hits = exact(session, actor, code.gtin)
    if hits or not code.text:
        return Meaning(hits, exact=True)
    remapped = code.text.translate(_AS_TYPED_IN_GERMAN)
    if remapped != code.text:
        hits = exact(session, actor, remapped)
        if hits:
            return Meaning(
                hits, exact=True, remark=msg("The scanner types English; set it to German.")
            )
    return Meaning(_similar(session, actor, code.text), exact=False)


def for_sale(session: Session, actor: Actor, code: Code) -> Meaning:
    """At the counter a part is what it is sold as; by itself it only leads to its page."""
    meaning = _meaning(session, actor, code, _exact_for_sale)
    if meaning.exact:
        return meaning
    return replace(
        meaning, hits=[hit for hit in meaning.hits if hit.kind not in {HitKind.PART, HitKind.PLACE}]
    )


def to_look_at(meaning: Meaning) -> Meaning:
    """Elsewhere a part's own page says more than the product that it is sold as."""
    parts = {hit.thing.id for hit in meaning.hits if isinstance(hit.thing, Part)}
    return replace(
        meaning,
        hits=[
            hit
            for hit in meaning.hits
            if not (isinstance(hit.thing, Product) and hit.thing.part_id in parts)
        ],
    )


def _exact(session: Session, actor: Actor, text: str) -> list[Hit]:
    known = _known(session, actor, text)
    return _named(session, actor, text, known) + _kept_here(session, actor, text, known)


def _exact_for_sale(session: Session, actor: Actor, text: str) -> list[Hit]:
    known = _known(session, actor, text)
    hits = _named(session, actor, text, known)
    if "product" in known.kinds:
        return hits
    return hits + _kept_here(session, actor, text, known)


def _known(session: Session, actor: Actor, text: str) -> Known:
    asked = _asked(actor, text) | findable.queries(actor, text)
    return findable.which(session, asked, loaded=_LOADED)


def _named(session: Session, actor: Actor, text: str, known: Known) -> list[Hit]:
    hits = [_unit_hit(unit) for unit in known.rows.get("unit", ())]
    hits += [_product_hit(product) for product in known.rows.get("product", ())]
    hits += [_of_customer(customer) for customer in known.rows.get("customer", ())]
    sale = _SALE.fullmatch(text)
    if sale:
        hits += _order_hit(session, actor, int(sale[1]))
    document = _DOCUMENT.fullmatch(text)
    if document:
        hits += _document_hits(session, actor, document[1].upper(), int(document[2]))
    told = findable.named(session, actor, text, known=known.kinds)
    return hits + [_found_hit(found) for found in told]


def _kept_here(session: Session, actor: Actor, text: str, known: Known) -> list[Hit]:
    """Parts and their places, which only lead to their pages."""
    hits: list[Hit] = []
    if "part" in known.kinds:
        hits += _part_hits(session, actor, text)
    if "place" in known.kinds:
        hits += _place_hits(session, actor, text)
    return hits


def _asked(actor: Actor, text: str) -> dict[str, Select[Any] | None]:
    """Where a code of any shape may stand, for whoever may look there."""
    number, customer = _with_check_digit(text), _CUSTOMER.fullmatch(text)
    asked: dict[str, Select[Any] | None] = {
        "unit": scanned.named(actor, text),
        "product": catalogue.naming(actor, text, number=number),
        "customer": book.numbered(actor, int(customer[1])) if customer else None,
    }
    if actor.may("stock.view"):
        place_id = part_addresses.place_at(text)
        asked["part"] = parts.coded(actor, part_addresses.number_at(text) or number)
        asked["place"] = (
            places.coded(actor, text)
            if place_id is None
            else select(Place.id).filter_by(id=place_id)
        )
    return asked


def _similar(session: Session, actor: Actor, text: str) -> list[Hit]:
    hits = [_product_hit(product) for product in catalogue.find(session, actor, text)]
    if actor.may("stock.view"):
        hits += [_part_hit(part) for part in parts.find(session, actor, text)]
    hits += [_unit_hit(unit) for unit in registry.search(session, actor, text, most=8)]
    hits += [_of_customer(customer) for customer in book.find(session, actor, text)]
    return hits


def _part_hits(session: Session, actor: Actor, text: str) -> list[Hit]:
    number = part_addresses.number_at(text) or _with_check_digit(text)
    return [_part_hit(part) for part in parts.by_code(session, actor, number)]


def _part_hit(part: Part) -> Hit:
    return Hit(HitKind.PART, part.name, part.number, part.number, part)


def _place_hits(session: Session, actor: Actor, text: str) -> list[Hit]:
    """A bin by the code on its label, or by where that leads."""
    place_id = part_addresses.place_at(text)
    try:
        if place_id is not None:
            place = places.by_id(session, actor, place_id)
        else:
            place = places.by_code(session, actor, text)
    except StoreError:
        return []
    page = part_addresses.place_page(place.id)
    label = place.code or place.name
    return [_found_hit(Found("place", label, place.name, place.code, page))]


def _unit_hit(unit: Unit) -> Hit:
    return Hit(HitKind.UNIT, unit.serial, unit.model.name, unit.serial, unit)


def _product_hit(product: Product) -> Hit:
    return Hit(HitKind.PRODUCT, product.name, product.code, product.code, product)


def _found_hit(found: Found) -> Hit:
    return Hit(HitKind(found.kind), found.label, found.detail, found.code, found)


def _of_customer(customer: Customer) -> Hit:
    detail = ", ".join(part for part in (customer.contact_name, customer.city) if part)
    return Hit(HitKind.CUSTOMER, customer.name, detail, f"C-{customer.number}", customer)


def _order_hit(session: Session, actor: Actor, number: int) -> list[Hit]:
    try:
        order = orders.by_number(session, actor, number)
    except NotFound:
        return []
    return [Hit(HitKind.ORDER, f"S-{number}", order.park_label, f"S-{number}", order)]


def _document_hits(session: Session, actor: Actor, series: str, number: int) -> list[Hit]:
    found = session.scalar(
        select(IssuedDocument).where(
            IssuedDocument.store_id == actor.store_id,
            IssuedDocument.series == series,
            IssuedDocument.number == number,
        )
    )
    if found is None:
        return []
    return [Hit(HitKind.DOCUMENT, found.label, found.reference, found.label, found)]


def _from_address(text: str) -> str:
    """The serial in an address of ours (`https://…/robots/H1-0001`), else the text itself."""
    if not text.lower().startswith(("http://", "https://")):
        return text
    path = urlsplit(text).path
    for start in ("/robots/", "/sales/"):
        if path.startswith(start):
            serial = unquote(path.removeprefix(start)).strip("/")
            return f"S-{serial}" if start == "/sales/" else serial
    return text


def _with_check_digit(text: str) -> str:
    """A UPC-A that a scanner sent without its check digit, completed (GS1 section 7.9)."""
    if len(text) != _UPC_WITHOUT_CHECK or not (text.isascii() and text.isdigit()):
        return text
    total = sum(int(digit) * (3 if index % 2 == 0 else 1) for index, digit in enumerate(text))
    return f"{text}{-total % 10}"
