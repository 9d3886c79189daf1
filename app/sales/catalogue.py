"""Products: what has a price."""

from dataclasses import dataclass

from sqlalchemy import Select, select, union
from sqlalchemy.orm import Session

from app.kernel import audit
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, NotFound, Refused
from app.kernel.money import Money
from app.kernel.searchkeys import clean, folded, like_pattern, search_key
from app.kernel.text import msg
from app.parts import catalogue as parts
from app.parts import numbers as part_numbers
from app.parts.models import Part
from app.robots import makers
from app.robots.contracts import MOST_VISITS
from app.sales.models import BundleItem, Category, Product, ProductKind
from app.stores import desk

_LONGEST_PLAN = 120
_MOST_NAMED = 8
_LONGEST_CODE = 64
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class ProductInput:
    """A product as somebody wants it. A robot names its model, an item its part number."""

    code: str
    name: str
    kind: ProductKind
    category: Category
    price: Money
    tax_code: str
    model_id: int | None = None
    part_number: str = ""
    plan_months: int | None = None
    plan_visits: int | None = None


def add(session: Session, actor: Actor, wanted: ProductInput) -> Product:
    """A new product; an item whose part is not known yet makes the part as well."""
    actor.require("products.edit")
    code, name = clean(wanted.code), clean(wanted.name)
    _check(session, actor, wanted, code=code, name=name)
    product = Product(
        store_id=actor.store_id,
        code=code,
        code_key=search_key(code),
        name=name,
        name_key=folded(name)[:_LONGEST_NAME],
        kind=wanted.kind,
        category=wanted.category,
        price_minor=wanted.price.minor,
        currency=wanted.price.currency,
        tax_code=wanted.tax_code,
        model_id=wanted.model_id if wanted.kind is ProductKind.ROBOT else None,
        part_id=_part_id(session, actor, wanted, code=code, name=name),
        plan_months=wanted.plan_months if wanted.kind is ProductKind.PLAN else None,
        plan_visits=wanted.plan_visits if wanted.kind is ProductKind.PLAN else None,
    )
    session.add(product)
    session.flush()
    audit.record(
        session,
        actor,
        "product.added",
        subject=f"product:{code}",
        after={"name": name, "price": wanted.price},
    )
    return product


def change_price(session: Session, actor: Actor, product: Product, price: Money) -> None:
    """A new price for what is scanned from now on; open baskets keep theirs."""
    actor.require("products.edit")
    if price.minor < 0 or price.currency != product.currency:
        raise Refused(msg("A price is an amount in {currency}.", currency=product.currency))
    before = Money(product.price_minor, product.currency)
    product.price_minor = price.minor
    audit.record(
        session,
        actor,
        "product.price_changed",
        subject=f"product:{product.code}",
        before={"price": before},
        after={"price": price},
    )


def archive(session: Session, actor: Actor, product: Product) -> None:
    """No longer for sale; old documents keep naming it."""
    actor.require("products.edit")
    product.archived = True
    audit.record(session, actor, "product.archived", subject=f"product:{product.code}")


def put_into_bundle(
    session: Session, actor: Actor, bundle: Product, product: Product, *, quantity: int
) -> BundleItem:
    """Add a content to a bundle; a bundle holds no bundles, so nothing can contain itself."""
    actor.require("products.edit")
    if bundle.kind is not ProductKind.BUNDLE or product.kind is ProductKind.BUNDLE:
        raise Refused(msg("A bundle holds products, and no other bundle."), field="product")
    if product.kind is ProductKind.GIFT_CARD:
        raise Refused(msg("A gift card costs what is on it."), field="product")
    if quantity < 1:
        raise Refused(msg("A quantity is at least 1. Remove the line instead."), field="quantity")
    inside = [one for _, one in contents(session, bundle.id)]
    has_robot = any(one.kind is ProductKind.ROBOT for one in inside)
    if product.kind is ProductKind.ROBOT and (quantity != 1 or has_robot):
        raise Refused(msg("A bundle holds one robot at the most."), field="quantity")
    if any(one.id == product.id for one in inside):
        raise Conflict(msg("{name} is in this bundle already.", name=product.name), field="product")
    item = BundleItem(bundle_id=bundle.id, product_id=product.id, quantity=quantity)
    session.add(item)
    session.flush()
    return item


def contents(session: Session, bundle_id: int) -> list[tuple[BundleItem, Product]]:
    rows = session.execute(
        select(BundleItem, Product)
        .join(Product, Product.id == BundleItem.product_id)
        .where(BundleItem.bundle_id == bundle_id)
        .order_by(BundleItem.id)
    )
    return [(item, product) for item, product in rows]


def by_id(session: Session, actor: Actor, product_id: int) -> Product:
    product = session.get(Product, product_id)
    if product is None or product.store_id != actor.store_id:
        raise NotFound(msg("There is no such product."))
    return product


def by_code(session: Session, actor: Actor, code: str) -> Product | None:
    """The product with exactly this code, in any writing; archived ones are not for sale."""
    return session.scalar(
        select(Product).where(
            Product.store_id == actor.store_id,
            Product.code_key == search_key(code),
            Product.archived.is_(False),
        )
    )


def require_code(session: Session, actor: Actor, code: str) -> Product:
    """As `by_code`; raises NotFound."""
    product = by_code(session, actor, code)
    if product is None:
        raise NotFound(msg("There is no product {code}.", code=clean(code)))
    return product


def of_model(session: Session, actor: Actor, model_id: int) -> Product | None:
    """What a robot model is sold as."""
    return session.scalar(sold_as(actor, model_id))


def sold_as(actor: Actor, model_id: int) -> Select[Product]:
    """The same as a query."""
    return select(Product).where(
        Product.store_id == actor.store_id,
        Product.archived.is_(False),
        Product.model_id == model_id,
    )


def naming(actor: Actor, code: str, *, number: str) -> Select[Product]:
    """What is for sale under exactly this code, or under any number of a part, in any writing.

    A number never means a row's id.
    """
    store_id = actor.store_id
    for_sale = (Product.store_id == store_id, Product.archived.is_(False))
    own_code = select(Product.id).where(*for_sale, Product.code_key == search_key(code))
    of_part = (
        select(Product.id)
        .join(Part, Part.id == Product.part_id)
        .where(Part.archived.is_(False), part_numbers.is_named(store_id, number))
    )
    return (
        select(Product)
        .where(*for_sale, Product.id.in_(union(own_code, of_part)))
        .order_by(Product.id)
        .limit(_MOST_NAMED)
    )


def in_category(session: Session, actor: Actor, category: Category) -> list[Product]:
    return list(
        session.scalars(
            select(Product)
            .where(
                Product.store_id == actor.store_id,
                Product.category == category,
                Product.archived.is_(False),
            )
            .order_by(Product.position, Product.id)
            .limit(60)
        )
    )


def find(session: Session, actor: Actor, text: str, *, most: int = 8) -> list[Product]:
    """Products for sale whose name or code contains `text`."""
    wanted = folded(text)
    if not wanted:
        return []
    pattern = like_pattern(wanted)
    return list(
        session.scalars(
            select(Product)
            .where(
                Product.store_id == actor.store_id,
                Product.archived.is_(False),
                Product.name_key.like(pattern, escape="\\")
                | Product.code_key.like(like_pattern(search_key(text)), escape="\\"),
            )
            .order_by(Product.position, Product.name_key, Product.id)
            .limit(most)
        )
    )


def _check(session: Session, actor: Actor, wanted: ProductInput, *, code: str, name: str) -> None:
    if not code or not name:
        raise Refused(msg("Please fill this in."), field="code" if not code else "name")
    _check_length(code, most=_LONGEST_CODE, field="code")
    _check_length(name, most=_LONGEST_NAME, field="name")
    if wanted.price.minor < 0:
        raise Refused(msg("A price is not below zero."), field="price")
    store = desk.store_of(session, actor.store_id)
    if wanted.price.currency != store.currency:
        raise Refused(
            msg("This store sells in {currency}.", currency=store.currency), field="price"
        )
    desk.rate_on(session, actor.store_id, wanted.tax_code, desk.business_day_of(store))
    if wanted.kind is ProductKind.PLAN and not 1 <= (wanted.plan_months or 0) <= _LONGEST_PLAN:
        raise Refused(msg("A plan runs for 1 to 120 months."), field="plan_months")
    if wanted.plan_visits is not None and not 1 <= wanted.plan_visits <= MOST_VISITS:
        raise Refused(msg("A plan has 1 to {most} visits.", most=MOST_VISITS), field="plan_visits")
    if session.scalar(
        select(Product.id).where(
            Product.store_id == actor.store_id, Product.code_key == search_key(code)
        )
    ):
        raise Conflict(msg("The code {code} is already in use.", code=code), field="code")
    if wanted.kind is ProductKind.ROBOT:
        _check_model(session, actor, wanted.model_id)


def _check_length(text: str, *, most: int, field: str) -> None:
    """Its key counts too: one sign of a text can be several of the key."""
    if max(len(text), len(search_key(text))) > most:
        raise Refused(msg("At most {most} characters fit here.", most=most), field=field)


def _check_model(session: Session, actor: Actor, model_id: int | None) -> None:
    if model_id is None:
        raise Refused(msg("Say which robot model this is."), field="model")
    makers.model_by_id(session, model_id)
    if of_model(session, actor, model_id) is not None:
        raise Conflict(msg("This model already has a price."), field="model")


def _part_id(
    session: Session, actor: Actor, wanted: ProductInput, *, code: str, name: str
) -> int | None:
    if wanted.kind is not ProductKind.ITEM:
        return None
    number = clean(wanted.part_number) or code
    try:
        return parts.by_number(session, actor, number).id
    except NotFound:
        return parts.add_part(session, actor, number=number, name=name).id
