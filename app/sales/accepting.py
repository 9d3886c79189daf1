"""A quote is accepted: the version that was read becomes an order at its prices, once.

Whatever the price list says by now. What the quote promised is kept from here on without end; a
robot without a serial takes its place in the queue of its model (`preorders`).
"""

from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, Refused, StoreError
from app.kernel.money import Money
from app.kernel.searchkeys import clean
from app.kernel.signatures import Signed
from app.kernel.tax import TaxCategory
from app.kernel.text import msg
from app.parts import reservations
from app.payments import bills, treatments
from app.payments.models import IssuedDocument
from app.robots import claims
from app.sales import deposits, orders, preorders, quotes, sellable, totals, usedrobots
from app.sales.models import Order, OrderLine, ProductKind
from app.sales.quote_models import Quote, QuoteLine, QuoteVersion
from app.stores import desk

# Until the money comes it is kept without end anyway; a claim must begin with some time.
_MINUTES = 1


class OldVersion(Conflict):
    """Another version was sent meanwhile: what was read is not what would be bought."""

    code = "old_version"


class GoneMeanwhile(Conflict):
    """Something that was quoted cannot be had any more."""

    code = "gone_meanwhile"


def accept(session: Session, actor: Actor, quote: Quote, *, version: int, signed: Signed) -> Order:
    """The order of this version, for whoever signs. The second time the order that there is.

    Raises OldVersion, GoneMeanwhile, Conflict where it is withdrawn or its last day is over.
    """
    by = clean(signed.name)[:200]
    wanted = _require_acceptable(session, quote, version)
    standing = _order_of(session, actor, quote, wanted)
    if standing is not None:
        return standing
    if not by:
        raise Refused(msg("The customer's name stands under what is accepted."), field="by")
    order = orders.open_order(session, actor, till_id=None)
    order.customer_id = quote.customer_id
    store = desk.store_of(session, quote.store_id)
    order.tax_treatment = treatments.by_rule(store, quote.customer)
    for line in wanted.lines:
        _put(session, actor, order, line)
    session.flush()
    _check_total(quote, wanted, order)
    order.parked_at, order.park_label = clock.now(), _label_of(session, wanted)
    wanted.accepted_at, wanted.accepted_by = clock.now(), by
    wanted.signature = signed.picture
    quote.order_id = order.id
    session.flush()
    _place(session, actor, quote, wanted, order)
    audit.record(
        session,
        actor,
        "quote.accepted",
        subject=quotes.reference(quote),
        after={"version": version, "by": by, "order": order.number},
    )
    return order


def _require_acceptable(session: Session, quote: Quote, version: int) -> QuoteVersion:
    sent = quotes.sent_of(quote)
    if quote.withdrawn_at is not None:
        raise Conflict(msg("This quote was withdrawn. Please talk to the store."))
    if sent is None:
        raise Conflict(msg("This quote was not sent yet."))
    if sent.version != version:
        raise OldVersion(msg("There is a newer version of this quote. Please read that one."))
    if quote.order_id is None and quotes.today(session, quote) > sent.valid_until:
        raise Conflict(
            msg("This quote was valid until {day}. Please ask for a new one.", day=sent.valid_until)
        )
    return sent


def _order_of(session: Session, actor: Actor, quote: Quote, wanted: QuoteVersion) -> Order | None:
    """Accepted in another tab before: that order, and no second one."""
    if quote.order_id is None:
        return None
    if wanted.accepted_at is None:
        raise OldVersion(msg("Another version of this quote was accepted."))
    number = session.get_one(Order, quote.order_id).number
    return orders.by_number(session, actor, number)


def _put(session: Session, actor: Actor, order: Order, quoted: QuoteLine) -> None:
    """One line as it was quoted; what it needs is ours from now on."""
    line = OrderLine(
        order_id=order.id,
        position=quoted.position,
        product_id=quoted.product_id,
        unit_id=quoted.unit_id,
        for_unit_id=_robot_of(order, quoted),
        description=quoted.description,
        quantity=quoted.quantity,
        unit_price_minor=quoted.unit_price_minor,
        discount_minor=quoted.discount_minor,
        discount_reason=quoted.discount_reason,
        discount_by=quoted.discount_by,
        tax_code=quoted.tax_code,
        tax_rate_bp=quoted.tax_rate_bp,
        tax_category=quoted.tax_category,
    )
    product, unit = quoted.product, quoted.unit
    set_committed_value(line, "product", product)
    set_committed_value(line, "unit", unit)
    owner, holder = orders.reference(order), f"S-{order.number}"
    try:
        if unit is not None:
            sellable.require(session, unit)
            claims.claim(session, actor, unit, owner=owner, holder=holder, minutes=_MINUTES)
            if quoted.tax_category is TaxCategory.MARGIN:
                line.margin_cost_minor = usedrobots.margin_cost(session, unit)
        elif product.part_id is not None:
            reservations.reserve(
                session,
                actor,
                product.part_id,
                quantity=quoted.quantity,
                owner=owner,
                holder=holder,
                minutes=None,
            )
    except StoreError as refusal:
        raise GoneMeanwhile(
            msg(
                "{name} cannot be had any more as quoted. Please talk to the store.",
                name=quoted.description,
            ),
            link=refusal.link,
        ) from refusal
    order.lines.append(line)


def _label_of(session: Session, version: QuoteVersion) -> str:
    document = session.get(IssuedDocument, version.document_id) if version.document_id else None
    return document.label if document else ""


def _robot_of(order: Order, quoted: QuoteLine) -> int | None:
    """The unit of the robot that an option was chosen for, or that an item was put under."""
    if quoted.unit_id is not None or quoted.product.kind is ProductKind.ROBOT:
        return None
    robots = [line for line in order.lines if line.product.kind is ProductKind.ROBOT]
    if quoted.for_position is not None:
        robots = [line for line in robots if line.position == quoted.for_position]
    return robots[-1].unit_id if robots else None


def _check_total(quote: Quote, version: QuoteVersion, order: Order) -> None:
    """What is bought costs what was quoted, to the cent."""
    quoted, ordered = quotes.sums(quote, version).gross, totals.of_order(order).gross
    if quoted != ordered:
        raise GoneMeanwhile(msg("This quote cannot be kept as it is. Please talk to the store."))


def _place(
    session: Session, actor: Actor, quote: Quote, version: QuoteVersion, order: Order
) -> None:
    """The bill of it, the deposit that is asked, and places in the queues."""
    owner = orders.reference(order)
    claims.make_permanent(session, owner, store_id=order.store_id)
    order.placed_at = clock.now()
    if version.deposit_minor:
        deposits.ask(
            session,
            actor,
            order,
            Money(version.deposit_minor, quote.currency),
            rule=deposits.rule_from(
                quotes.today(session, quote),
                days=version.deposit_days,
                free_days=version.free_days,
                keep_bp=version.keep_bp,
            ),
        )
    preorders.queue(session, actor, order)
    bills.raise_bill(
        session,
        actor,
        reference=owner,
        customer_id=order.customer_id,
        total=totals.of_order(order).gross,
    )
