"""What stands in a quote's draft: robots with their options, items, discounts."""

from collections.abc import Mapping

from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from app.kernel import audit
from app.kernel.actor import Actor
from app.kernel.errors import NotFound, Refused
from app.kernel.money import MOST_MINOR
from app.kernel.quantity import MOST
from app.kernel.tax import PriceMode, TaxCategory, tax_within
from app.kernel.text import msg
from app.payments import treatments
from app.robots.models import Unit
from app.sales import basket, bundles, discounts, options, quotes, sellable, usedrobots
from app.sales.models import Product, ProductKind
from app.sales.quote_models import OptionChoice, Quote, QuoteLine, QuoteVersion
from app.stores import desk

_SERVICES = frozenset({ProductKind.PLAN, ProductKind.SERVICE})
# what is charged at the price of the list, whoever buys
_AT_LIST = frozenset({TaxCategory.STANDARD, TaxCategory.MARGIN})


def add_robot(
    session: Session,
    actor: Actor,
    quote: Quote,
    product: Product,
    *,
    wanted: Mapping[int, int] | None = None,
    unit: Unit | None = None,
) -> QuoteLine:
    """A robot as configured: one line for it, one for each option that costs something.

    `wanted` is how many of each choice. Without a `unit` whichever comes: it is allocated later.
    Raises Invalid with a sentence per group of options.
    """
    actor.require("counter.sell")
    draft = quotes.require_draft(quote)
    if product.kind is not ProductKind.ROBOT or product.model_id is None:
        raise Refused(msg("{name} is no robot.", name=product.name), field="product")
    groups = options.of_model(session, actor, product.model_id)
    picked = options.pick(groups, options.exclusions_of(session, groups), wanted or {})
    if unit is not None:
        if unit.model_id != product.model_id:
            raise Refused(
                msg("{serial} is not sold as {name}.", serial=unit.serial, name=product.name),
                field="serial",
            )
        if any(line.unit_id == unit.id for line in draft.lines):
            raise Refused(
                msg("{serial} is already in this quote.", serial=unit.serial), field="serial"
            )
        sellable.require(session, unit)
    robot = _add(session, quote, draft, product, unit=unit)
    included = [one for one in picked if one.choice.product_id is None]
    robot.detail = ", ".join(f"{one.group.name}: {one.choice.name}" for one in included)[:200]
    for one in picked:
        option = options.product_of(session, actor, one.choice)
        if option is not None:
            _add(
                session,
                quote,
                draft,
                option,
                quantity=one.quantity,
                choice=one.choice,
                for_position=robot.position,
                detail=one.group.name,
            )
    session.flush()
    return robot


def add_product(
    session: Session, actor: Actor, quote: Quote, product: Product, *, quantity: int = 1
) -> QuoteLine:
    """Counted items, a plan or a service. A robot has options: `add_robot`."""
    actor.require("counter.sell")
    draft = quotes.require_draft(quote)
    if product.kind is ProductKind.ROBOT:
        return add_robot(session, actor, quote, product)
    if product.kind is ProductKind.BUNDLE:
        return _add_bundle(session, actor, quote, product)
    if product.kind is ProductKind.GIFT_CARD:
        raise Refused(msg("A gift card is sold at the counter, and not quoted."), field="product")
    line = _add(session, quote, draft, product, quantity=quantity)
    session.flush()
    return line


def _add_bundle(session: Session, actor: Actor, quote: Quote, bundle: Product) -> QuoteLine:
    """Every content as a line of its own; the price is spread as at the counter."""
    draft = quotes.require_draft(quote)
    made: list[QuoteLine] = []
    for item, product, share in bundles.shares(session, bundle):
        if product.kind is ProductKind.ROBOT:
            line = add_robot(session, actor, quote, product)
        else:
            line = _add(session, quote, draft, product, quantity=item.quantity)
        if made:
            line.for_position = made[0].position
        _price_as_share(session, quote, line, share, bundle)
        made.append(line)
    session.flush()
    return made[0]


def _price_as_share(
    session: Session, quote: Quote, line: QuoteLine, share: int, bundle: Product
) -> None:
    """The line costs `share`, shown as its own price less what the bundle saves."""
    store = desk.store_of(session, quote.store_id)
    is_net = quote.price_mode is not PriceMode.GROSS or line.tax_category in _AT_LIST
    if not is_net:
        rate = desk.tax_on(session, store.id, line.tax_code, quotes.today(session, quote))
        share -= tax_within(share, rate.rate_bp)
    full = line.unit_price_minor * line.quantity
    if share > full:
        line.unit_price_minor = -(-share // line.quantity)
        full = line.unit_price_minor * line.quantity
    line.discount_minor = full - share
    line.discount_reason = bundle.name if full != share else ""


def set_quantity(
    session: Session, actor: Actor, quote: Quote, position: int, *, quantity: int
) -> None:
    """Another number of pieces; a share that was taken off stays that share."""
    actor.require("counter.sell")
    line = line_at(quotes.require_draft(quote), position)
    if line.unit_id is not None and quantity != 1:
        raise Refused(
            msg("A robot with its serial is one line; its quantity is 1."), field="quantity"
        )
    if line.product.kind is ProductKind.ROBOT and quantity != 1:
        raise Refused(msg("Each robot is a line of its own; add it again."), field="quantity")
    _check_size(line.unit_price_minor, quantity)
    line.discount_minor = line.discount_minor * quantity // line.quantity
    line.quantity = quantity
    session.flush()


def discount(
    session: Session,
    actor: Actor,
    quote: Quote,
    position: int,
    *,
    percent_bp: int,
    reason: str,
    approved_by: Actor | None = None,
) -> None:
    """Take a share off a line's price. More than the role's limit needs a second person."""
    actor.require("counter.sell")
    line = line_at(quotes.require_draft(quote), position)
    giver = approved_by or actor
    before = discounts.give(line, percent_bp, reason=reason, giver=giver)
    session.flush()
    if line.discount_minor != before:
        audit.record(
            session,
            actor,
            "quote.discounted",
            subject=quotes.reference(quote),
            before={"line": line.position, "discount": before},
            after={"discount": line.discount_minor, "approved_by": giver.name},
            reason=line.discount_reason,
        )


def remove(session: Session, actor: Actor, quote: Quote, position: int) -> None:
    """Take a line out; a robot goes with its options."""
    actor.require("counter.sell")
    draft = quotes.require_draft(quote)
    gone = line_at(draft, position)
    for line in list(draft.lines):
        if line is gone or line.for_position == gone.position:
            draft.lines.remove(line)
    session.flush()


def line_at(version: QuoteVersion, position: int) -> QuoteLine:
    found = next((line for line in version.lines if line.position == position), None)
    if found is None:
        raise NotFound(msg("This line is no longer in the quote."))
    return found


def _add(
    session: Session,
    quote: Quote,
    draft: QuoteVersion,
    product: Product,
    *,
    quantity: int = 1,
    unit: Unit | None = None,
    choice: OptionChoice | None = None,
    for_position: int | None = None,
    detail: str = "",
) -> QuoteLine:
    if product.archived:
        raise Refused(msg("{name} is not for sale any more.", name=product.name), field="product")
    if product.currency != quote.currency:
        raise Refused(
            msg(
                "{name} has its price in {currency}.", name=product.name, currency=product.currency
            ),
            field="product",
        )
    if len(draft.lines) >= basket.MOST_LINES:
        raise Refused(msg("A sale has at most {most} lines.", most=basket.MOST_LINES))
    full = product.price_minor if unit is None else usedrobots.price_of(session, unit, product)
    _check_size(full, quantity)
    price, rate_bp, category = _taxed(session, quote, product, unit, full)
    line = QuoteLine(
        position=max((line.position for line in draft.lines), default=0) + 1,
        product_id=product.id,
        for_position=for_position,
        choice_id=choice.id if choice else None,
        unit_id=unit.id if unit else None,
        description=product.name,
        detail=detail,
        quantity=quantity,
        unit_price_minor=price,
        tax_code=product.tax_code,
        tax_rate_bp=rate_bp,
        tax_category=category,
    )
    set_committed_value(line, "product", product)
    set_committed_value(line, "unit", unit)
    draft.lines.append(line)
    return line


def _taxed(
    session: Session, quote: Quote, product: Product, unit: Unit | None, price_minor: int
) -> tuple[int, int, TaxCategory]:
    """Price, rate and category for this customer, by the rule that sales go by; a used robot is
    taxed on its margin where the store does so and it was bought so.
    """
    store = desk.store_of(session, quote.store_id)
    rate = desk.tax_on(session, store.id, product.tax_code, quotes.today(session, quote))
    is_margin = unit is not None and store.margin_scheme and rate.rate_bp
    if unit is not None and is_margin and usedrobots.margin_cost(session, unit) is not None:
        return price_minor, rate.rate_bp, TaxCategory.MARGIN
    category = treatments.category(
        treatments.by_rule(store, quote.customer),
        rate.category.of_rate(rate.rate_bp),
        is_service=product.kind in _SERVICES,
    )
    if category is TaxCategory.STANDARD:
        return price_minor, rate.rate_bp, category
    if quote.price_mode is PriceMode.GROSS:
        price_minor -= tax_within(price_minor, rate.rate_bp)
    return price_minor, 0, category


def _check_size(price_minor: int, quantity: int) -> None:
    if quantity < 1:
        raise Refused(msg("A quantity is at least 1. Remove the line instead."), field="quantity")
    if quantity > MOST or price_minor * quantity > MOST_MINOR:
        raise Refused(msg("That is more than one line can hold."), field="quantity")
