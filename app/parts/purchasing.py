"""Purchase orders: drawn up, sent, cancelled; what is no longer awaited is closed."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel import audit, clock, numbers
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, NotFound, Refused
from app.kernel.money import MOST_MINOR, Money, decimals, half_up
from app.kernel.quantity import MOST
from app.kernel.searchkeys import clean, search_key
from app.kernel.text import msg
from app.parts import covering, prices
from app.parts.buying_models import PurchaseLine, PurchaseOrder, Supplier
from app.parts.models import Part
from app.parts.purchase_states import ORDER_MOVES, OrderState, state_of
from app.stores import desk

SERIES = "purchase"
MOST_LINES = 200
SAME = 1_000_000  # millionths: one for one
_MOST_RATE = 10**12
_NUMBER = re.compile(r"(?:https?://[^/]+/parts/orders/|po-?)?0*([0-9]{1,9})(?:/receive)?", re.ASCII)
_LONGEST_WHY = 500


@dataclass(frozen=True, slots=True)
class Wanted:
    """So many of a part from a supplier."""

    part: Part
    quantity: int
    supplier: Supplier
    why: str = ""


def label(order: PurchaseOrder) -> str:
    return f"PO-{order.number}"


def reference(order: PurchaseOrder) -> str:
    """How the ledger and the audit name it."""
    return f"purchase:{order.number}"


def read_number(text: str) -> int | None:
    """The number in `PO-12`, `12`, or what the label's code says; None for anything else."""
    match = _NUMBER.fullmatch(search_key(text))
    return int(match[1]) if match else None


def by_number(session: Session, actor: Actor, number: int) -> PurchaseOrder:
    order = session.scalar(
        select(PurchaseOrder).where(
            PurchaseOrder.store_id == actor.store_id, PurchaseOrder.number == number
        )
    )
    if order is None:
        raise NotFound(msg("There is no purchase order {number}.", number=f"PO-{number}"))
    return order


def lines_of(session: Session, order: PurchaseOrder) -> list[PurchaseLine]:
    return list(
        session.scalars(
            select(PurchaseLine)
            .where(PurchaseLine.order_id == order.id)
            .order_by(PurchaseLine.position)
            .execution_options(populate_existing=True)
        )
    )


def line_at(lines: Sequence[PurchaseLine], position: int) -> PurchaseLine:
    found = next((line for line in lines if line.position == position), None)
    if found is None:
        raise NotFound(msg("This order has no line {position}.", position=position))
    return found


def lock(session: Session, order: PurchaseOrder) -> list[PurchaseLine]:
    """Whoever changes an order or receives it does so alone; gives its lines as they are now."""
    session.scalars(
        select(PurchaseOrder)
        .where(PurchaseOrder.id == order.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    return lines_of(session, order)


def draft(session: Session, actor: Actor, supplier: Supplier, *, note: str = "") -> PurchaseOrder:
    """A new order without lines."""
    actor.require("purchases.edit")
    if supplier.archived:
        raise Refused(
            msg("{supplier} is no longer in use.", supplier=supplier.name), field="supplier"
        )
    order = PurchaseOrder(
        store_id=actor.store_id,
        number=numbers.allot(session, store_id=actor.store_id, series=SERIES),
        supplier_id=supplier.id,
        currency=supplier.currency,
        made_at=clock.now(),
        made_by=actor.name,
        note=clean(note),
    )
    session.add(order)
    session.flush()
    _record(session, actor, order, "purchase.drafted", after={"supplier": supplier.name})
    return order


def order_wanted(session: Session, actor: Actor, wanted: Sequence[Wanted]) -> list[PurchaseOrder]:
    """What was chosen from the suggestions, on one order for each supplier: a draft, or a new one.

    Raises Refused when nothing was chosen.
    """
    actor.require("purchases.edit")
    if not wanted:
        raise Refused(msg("Choose at least one part to order."), field="form")
    orders: dict[int, PurchaseOrder] = {}
    for each in wanted:
        if each.supplier.id not in orders:
            orders[each.supplier.id] = _draft_for(session, actor, each.supplier)
        add_line(
            session,
            actor,
            orders[each.supplier.id],
            each.part,
            quantity=each.quantity,
            why=each.why,
        )
    return list(orders.values())


def add_line(
    session: Session,
    actor: Actor,
    order: PurchaseOrder,
    part: Part,
    *,
    quantity: int,
    price: Money | None = None,
    why: str = "",
) -> PurchaseLine:
    """Put a part on a draft, at the supplier's list price if none is given; the same part adds up.

    Who lacks the part gets the new pieces promised.
    """
    lines = _open_draft(session, actor, order)
    supplier = session.get_one(Supplier, order.supplier_id)
    same = next((line for line in lines if line.part_id == part.id), None)
    total = quantity + (same.quantity if same else 0)
    offer = prices.offer_of(session, actor, supplier, part.id)
    if price is None:
        price = offer.price(total) if offer else None
    if price is None:
        raise Refused(
            msg("{supplier} has no price for {part}.", supplier=supplier.name, part=part.number),
            field="price",
            link=f"/parts/suppliers/{supplier.id}",
        )
    _check(order, total, price)
    if same is None:
        if len(lines) >= MOST_LINES:
            raise Refused(msg("An order has at most {most} lines.", most=MOST_LINES))
        same = PurchaseLine(
            order_id=order.id,
            position=max((line.position for line in lines), default=0) + 1,
            part_id=part.id,
            quantity=quantity,
            price_minor=price.minor,
            supplier_number=offer.number if offer else "",
            why=clean(why)[:_LONGEST_WHY],
        )
        session.add(same)
    else:
        same.quantity, same.price_minor = total, price.minor
        same.why = " ".join(text for text in (same.why, clean(why)) if text)[:_LONGEST_WHY]
    session.flush()
    lacking = covering.open_demands(session, order.store_id, [part.id])
    covering.cover(session, actor, same, lacking, pieces=quantity)
    _record(session, actor, order, "purchase.line_added", after=_facts(part, same))
    return same


def change_line(
    session: Session,
    actor: Actor,
    order: PurchaseOrder,
    position: int,
    *,
    quantity: int,
    price: Money,
) -> None:
    line = line_at(_open_draft(session, actor, order), position)
    _check(order, quantity, price)
    before = {"quantity": line.quantity, "price_minor": line.price_minor}
    more = quantity - line.quantity
    line.quantity, line.price_minor = quantity, price.minor
    session.flush()
    if more < 0:
        covering.uncover(session, line, still=quantity)
    else:
        lacking = covering.open_demands(session, order.store_id, [line.part_id])
        covering.cover(session, actor, line, lacking, pieces=more)
    after = {"quantity": quantity, "price_minor": price.minor}
    _record(session, actor, order, "purchase.line_changed", before=before, after=after)


def remove_line(session: Session, actor: Actor, order: PurchaseOrder, position: int) -> None:
    """Off the draft; who had been promised its pieces lacks them again."""
    line = line_at(_open_draft(session, actor, order), position)
    covering.give_up(session, line)
    session.delete(line)
    session.flush()
    _record(session, actor, order, "purchase.line_removed", before={"position": position})


def send(
    session: Session,
    actor: Actor,
    order: PurchaseOrder,
    *,
    expected_on: date | None = None,
    rate_micro: int | None = None,
) -> None:
    """It goes to the supplier as it stands; its lines never change again.

    Without a day it is expected after the supplier's lead time. `rate_micro`: millionths of the
    store's currency for one of the order's; needed where the two differ.
    """
    actor.require("purchases.edit")
    lines = lock(session, order)
    ORDER_MOVES.check(state_of(order, lines), OrderState.SENT)
    if not lines:
        raise Refused(msg("An order without lines is not sent."))
    supplier = session.get_one(Supplier, order.supplier_id)
    store = desk.store_of(session, order.store_id)
    today = desk.business_day_of(store)
    expected_on = expected_on or today + timedelta(days=supplier.lead_days)
    if expected_on < today:
        raise Refused(msg("This day is over."), field="expected_on")
    order.rate_micro = _rate(order, store.currency, rate_micro)
    order.sent_at, order.sent_by = clock.now(), actor.name
    order.expected_on = expected_on
    session.flush()
    after = {"expected_on": expected_on, "rate_micro": order.rate_micro}
    _record(session, actor, order, "purchase.sent", after=after)


def cancel(session: Session, actor: Actor, order: PurchaseOrder, *, reason: str) -> None:
    """Nothing of it comes. Raises WrongState once something came: then the rest is closed."""
    actor.require("purchases.edit")
    lines = lock(session, order)
    ORDER_MOVES.check(state_of(order, lines), OrderState.CANCELLED)
    reason = clean(reason)[:200]
    if order.sent_at is not None and not reason:
        raise Refused(msg("Say why it is cancelled."), field="reason")
    now = clock.now()
    for line in lines:
        line.closed_at = line.closed_at or now
        covering.uncover(session, line)
    order.cancelled_at, order.closed_at = now, now
    order.cancelled_by, order.cancel_reason = actor.name, reason
    session.flush()
    _record(session, actor, order, "purchase.cancelled", reason=reason)


def close_rest(session: Session, actor: Actor, order: PurchaseOrder, position: int) -> None:
    """What is still open of a line will not come; who waited for it lacks it again."""
    actor.require("purchases.edit")
    lines = lock(session, order)
    line = line_at(lines, position)
    if order.sent_at is None or line.closed_at is not None:
        raise Conflict(msg("Nothing is awaited on this line."))
    line.closed_at = clock.now()
    covering.uncover(session, line)
    close_if_done(order, lines)
    session.flush()
    _record(
        session,
        actor,
        order,
        "purchase.rest_closed",
        after={"position": position, "not_coming": line.quantity - line.accepted},
    )


def close_if_done(order: PurchaseOrder, lines: Sequence[PurchaseLine]) -> None:
    if all(line.closed_at is not None for line in lines):
        order.closed_at = clock.now()


def cost_of(order: PurchaseOrder, price_minor: int, quantity: int, currency: str) -> Money:
    """What pieces cost the store, in its own currency, at the order's rate."""
    minor = half_up(
        price_minor * quantity * order.rate_micro * 10 ** decimals(currency),
        SAME * 10 ** decimals(order.currency),
    )
    return Money(minor, currency)


def _rate(order: PurchaseOrder, currency: str, rate_micro: int | None) -> int:
    if order.currency == currency:
        return SAME
    if rate_micro is None:
        raise Refused(
            msg("Say what one {theirs} costs in {ours}.", theirs=order.currency, ours=currency),
            field="rate",
        )
    if not 1 <= rate_micro <= _MOST_RATE:
        raise Refused(msg("This is no rate of exchange."), field="rate")
    return rate_micro


def _draft_for(session: Session, actor: Actor, supplier: Supplier) -> PurchaseOrder:
    lying = session.scalar(
        select(PurchaseOrder)
        .where(
            PurchaseOrder.supplier_id == supplier.id,
            PurchaseOrder.currency == supplier.currency,
            PurchaseOrder.sent_at.is_(None),
            PurchaseOrder.cancelled_at.is_(None),
        )
        .order_by(PurchaseOrder.number.desc())
        .limit(1)
    )
    return lying or draft(session, actor, supplier)


def _open_draft(session: Session, actor: Actor, order: PurchaseOrder) -> list[PurchaseLine]:
    """The lines of a draft, locked; raises Conflict for an order that has left."""
    actor.require("purchases.edit")
    lines = lock(session, order)
    if state_of(order, lines) is not OrderState.DRAFT:
        raise Conflict(
            msg("{order} has been sent or cancelled; it no longer changes.", order=label(order)),
            link=f"/parts/orders/{order.number}",
        )
    return lines


def _check(order: PurchaseOrder, quantity: int, price: Money) -> None:
    if not 1 <= quantity <= MOST:
        raise Refused(msg("A quantity is between 1 and {most}.", most=MOST), field="quantity")
    if price.currency != order.currency:
        raise Refused(msg("This order is in {currency}.", currency=order.currency), field="price")
    if not 0 <= price.minor <= MOST_MINOR:
        raise Refused(msg("A price is not less than nothing."), field="price")


def _facts(part: Part, line: PurchaseLine) -> dict[str, object]:
    return {"part": part.number, "quantity": line.quantity, "price_minor": line.price_minor}


def _record(
    session: Session,
    actor: Actor,
    order: PurchaseOrder,
    verb: str,
    *,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
    reason: str | None = None,
) -> None:
    audit.record(
        session,
        actor,
        verb,
        subject=reference(order),
        before=before,
        after=after,
        reason=reason,
    )
