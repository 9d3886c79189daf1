"""Orders as programs give them: whole, at once, each line by serial or by product code."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.customers import book
from app.kernel.actor import Actor
from app.kernel.errors import Invalid, NotFound, Refused, StoreError
from app.kernel.money import Money
from app.kernel.text import msg
from app.payments import giftcards
from app.robots import claims, makers, registry
from app.robots.models import Unit
from app.sales import basket, bundles, catalogue, giftsale, orders, parking, sellable
from app.sales.models import Order, Product, ProductKind
from app.stores import desk


@dataclass(frozen=True, slots=True)
class Wish:
    """One line: a robot by its serial, or pieces of a product.

    A bundle that holds a robot names both. `maker` only where two makers share the serial.
    """

    serial: str = ""
    maker: str = ""
    product: str = ""
    quantity: int = 1
    # of a gift card: what is on it, None for the product's price; and the number of a card that
    # gets it, None for a new one
    amount: Money | None = None
    gift_card: int | None = None


@dataclass(frozen=True, slots=True)
class _Named:
    """What a wish names; `prefix` is where it was sent (`lines.2.`)."""

    unit: Unit | None
    product: Product | None
    wish: Wish
    prefix: str


def open_with(
    session: Session,
    actor: Actor,
    wishes: Sequence[Wish],
    *,
    till_id: int | None,
    customer_number: int | None,
    minutes: int,
) -> Order:
    """A new order with its lines, or nothing at all.

    With a till it lies on that till's screen, where no other may lie open. What it holds is kept
    for `minutes`. Refusals name the field: `lines.2.serial`.
    """
    actor.require("counter.sell")
    if till_id is not None:
        with naming("till"):
            desk.till_by_id(session, actor, till_id)
            parking.require_free_till(session, actor, till_id)
    # before anything is written: most who want what is gone already are told at little cost
    named = [
        _find(session, actor, wish, prefix=f"lines.{index}.") for index, wish in enumerate(wishes)
    ]
    for one in named:
        _require_free(session, one)
    order = orders.open_order(session, actor, till_id=till_id)
    if customer_number is not None:
        with naming("customer"):
            customer = book.by_number(session, actor, customer_number)
            orders.set_customer(session, actor, order, customer.id)
    for one in named:
        _put(session, actor, order, one, minutes=minutes)
    return order


def add(session: Session, actor: Actor, order: Order, wish: Wish, *, minutes: int) -> None:
    """Put one line into an order; a bundle becomes several. Refusals name the wish's field."""
    actor.require("counter.sell")
    _put(session, actor, order, _find(session, actor, wish, prefix=""), minutes=minutes)


@contextmanager
def naming(field: str, *, inner: Mapping[str, str] | None = None) -> Iterator[None]:
    """A refusal inside is about `field` of what was sent, or about what `inner` maps its own to.

    What was named in a body and does not exist is bad input, not a missing address.
    """
    try:
        yield
    except StoreError as refusal:
        named = (inner or {}).get(refusal.field or "", field)
        if isinstance(refusal, NotFound):
            raise Invalid(refusal.message, problems={named: refusal.message}) from refusal
        refusal.field = named
        raise


def _find(session: Session, actor: Actor, wish: Wish, *, prefix: str) -> _Named:
    unit, product = None, None
    if wish.serial:
        with naming(f"{prefix}serial", inner={"maker": f"{prefix}maker"}):
            maker_id = makers.maker_called(session, wish.maker).id if wish.maker else None
            unit = registry.by_serial(session, actor, wish.serial, maker_id=maker_id)
    if wish.product or unit is None:
        with naming(f"{prefix}product"):
            product = catalogue.require_code(session, actor, wish.product)
    return _Named(unit, product, wish, prefix)


def _require_free(session: Session, named: _Named) -> None:
    if named.unit is not None:
        with naming(f"{named.prefix}serial"):
            sellable.require(session, named.unit)
            claims.require_free(session, named.unit)


def _put(session: Session, actor: Actor, order: Order, named: _Named, *, minutes: int) -> None:
    unit, product, quantity = named.unit, named.product, named.wish.quantity
    is_bundle = product is not None and product.kind is ProductKind.BUNDLE
    scanned = "product" if unit is None else "serial"
    with naming(f"{named.prefix}{scanned}", inner={"quantity": f"{named.prefix}quantity"}):
        if quantity != 1 and (unit is not None or is_bundle):
            raise Refused(
                msg("A robot or a bundle is one line each; its quantity is 1."), field="quantity"
            )
        if product is not None and is_bundle:
            bundles.add(session, actor, order, product, unit=unit, minutes=minutes)
        elif unit is not None:
            _require_same_model(unit, product)
            basket.add_unit(session, actor, order, unit, minutes=minutes)
        elif product is not None and product.kind is ProductKind.GIFT_CARD:
            _put_card(session, actor, order, product, named)
        elif product is not None:
            basket.add_product(session, actor, order, product, quantity=quantity, minutes=minutes)


def _put_card(
    session: Session, actor: Actor, order: Order, product: Product, named: _Named
) -> None:
    wish, card = named.wish, None
    if wish.quantity != 1:
        raise Refused(msg("Each gift card is a line of its own; add it again."), field="quantity")
    if wish.gift_card is not None:
        with naming(f"{named.prefix}gift_card"):
            card = giftcards.by_number(session, actor, wish.gift_card)
    with naming(f"{named.prefix}amount"):
        giftsale.add(session, actor, order, product, amount=wish.amount, card=card)


def _require_same_model(unit: Unit, product: Product | None) -> None:
    if product is not None and product.model_id != unit.model_id:
        raise Refused(msg("{serial} is not sold as {name}.", serial=unit.serial, name=product.name))
