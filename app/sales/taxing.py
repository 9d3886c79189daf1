"""Lines follow how their sale is taxed. A price that includes tax is without it where none is due.

Lines of the margin scheme stay as they are: their tax is not the customer's.
"""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from app.customers.models import Customer
from app.kernel.money import half_up
from app.kernel.tax import BASIS, PriceMode, TaxCategory, tax_within
from app.payments import treatments
from app.payments.treatments import Treatment
from app.sales.models import Order, OrderLine, ProductKind
from app.stores import desk
from app.stores.models import Store, TaxRate

_SERVICES = frozenset({ProductKind.PLAN, ProductKind.SERVICE})
_CHARGED = frozenset({TaxCategory.STANDARD, TaxCategory.ZERO})


def follow(session: Session, order: Order, customer: Customer | None) -> None:
    """The customer is another, or known better: the rule may say otherwise. A choice stays as
    long as it has what it needs.
    """
    chosen = order.tax_treatment if order.tax_reason else None
    wanted = treatments.following(chosen, desk.store_of(session, order.store_id), customer)
    if wanted is not order.tax_treatment:
        set_treatment(session, order, wanted)
        order.tax_reason = order.tax_by = ""


def customer_of(session: Session, order: Order) -> Customer | None:
    return session.get(Customer, order.customer_id) if order.customer_id else None


def set_treatment(session: Session, order: Order, wanted: Treatment) -> None:
    """Tax every line of the sale so."""
    for line in order.lines:
        restore(line)
    order.tax_treatment = wanted
    treat(session, order, order.lines)


def treat(session: Session, order: Order, lines: Sequence[OrderLine]) -> None:
    """Tax lines that have their own prices as their sale is taxed, at today's rates."""
    store = desk.store_of(session, order.store_id)
    rates = desk.taxes_on(session, order.store_id, desk.business_day_of(store))
    for line in lines:
        if line.tax_code in rates and line.tax_category is not TaxCategory.MARGIN:
            apply(line, rates[line.tax_code], order)


def apply(line: OrderLine, rate: TaxRate, order: Order) -> None:
    """Tax one line that has its own price. A gift card is no supply: what it buys is taxed then."""
    if line.product.kind is ProductKind.GIFT_CARD:
        line.tax_category, line.tax_rate_bp = TaxCategory.OUTSIDE, 0
        return
    at_home = rate.category.of_rate(rate.rate_bp)
    is_service = line.product.kind in _SERVICES
    category = treatments.category(order.tax_treatment, at_home, is_service=is_service)
    is_charged, was_charged = category in _CHARGED, line.tax_category in _CHARGED
    if rate.rate_bp and order.price_mode is PriceMode.GROSS and is_charged != was_charged:
        (_include if is_charged else _take_out)(line, rate.rate_bp)
    line.tax_category = category
    line.tax_rate_bp = rate.rate_bp if category is TaxCategory.STANDARD else 0


def _take_out(line: OrderLine, rate_bp: int) -> None:
    line.taxed_price_minor, line.taxed_discount_minor = line.unit_price_minor, line.discount_minor
    line.unit_price_minor -= tax_within(line.unit_price_minor, rate_bp)
    line.discount_minor = _within(
        line, line.discount_minor - tax_within(line.discount_minor, rate_bp)
    )


def _include(line: OrderLine, rate_bp: int) -> None:
    """Of a line that never had a price with tax: it was quoted without."""
    line.unit_price_minor += half_up(line.unit_price_minor * rate_bp, BASIS)
    line.discount_minor = _within(
        line, line.discount_minor + half_up(line.discount_minor * rate_bp, BASIS)
    )


def by_margin(session: Session, store: Store, line: OrderLine, cost: int) -> None:
    """Tax a used robot's line on what it costs more than it was bought for, whoever buys it."""
    rate = desk.tax_on(session, store.id, line.tax_code, desk.business_day_of(store))
    if rate.rate_bp:
        restore(line)
        line.tax_category, line.tax_rate_bp = TaxCategory.MARGIN, rate.rate_bp
        line.margin_cost_minor = cost


def restore(line: OrderLine) -> None:
    """Give a line its price with tax back; a discount that was given meanwhile stays a share."""
    if line.taxed_price_minor is None:
        return
    free, taxed = line.unit_price_minor, line.taxed_price_minor
    kept = line.taxed_discount_minor or 0
    line.unit_price_minor = taxed
    # the same discount, but for the cents that taking tax out of each price has rounded
    if 2 * abs(line.discount_minor * taxed - kept * free) > taxed * (line.quantity + 1):
        kept = half_up(line.discount_minor * taxed, free) if free else 0
    line.discount_minor = _within(line, kept)
    line.taxed_price_minor = line.taxed_discount_minor = None
    line.tax_category = TaxCategory.STANDARD


def exemption(session: Session, order: Order) -> str:
    """Why the exempt lines of a sale are: in the words of the choice, or of their rates."""
    codes = {line.tax_code for line in order.lines if line.tax_category is TaxCategory.EXEMPT}
    if not codes or order.tax_treatment is Treatment.EXEMPT:
        return order.tax_reason if codes else ""
    store = desk.store_of(session, order.store_id)
    rates = desk.taxes_on(session, order.store_id, desk.business_day_of(store))
    return " ".join(sorted({rates[code].reason for code in codes if code in rates} - {""}))


def full_price(line: OrderLine) -> int:
    """What one piece costs a customer at home."""
    return line.unit_price_minor if line.taxed_price_minor is None else line.taxed_price_minor


def _within(line: OrderLine, discount: int) -> int:
    return min(discount, line.unit_price_minor * line.quantity)
