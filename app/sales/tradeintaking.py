"""A robot is taken over in trade: it pays for a sale, and what it is worth beyond that goes out.

What goes out beyond a sale goes by bank or as store credit, never from the drawer.
"""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.customers.models import Customer
from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, Refused
from app.kernel.money import Money
from app.kernel.searchkeys import clean
from app.kernel.text import Text, msg
from app.payments import credit, journal, tenders
from app.payments.models import Account, EntryKind, PaymentAttempt, Tender
from app.payments.refund_models import Refund
from app.robots import registry, transfers
from app.robots.life_models import Wipe
from app.robots.transfers import WipeStatement
from app.sales import checkout, tradein, tradeinpaper
from app.sales.models import Order
from app.sales.tradein import TradeInState
from app.sales.tradein_models import Payout, TradeIn

PAYOUT_LABELS: dict[Payout, Text] = {
    Payout.TRANSFER: msg("By bank transfer"),
    Payout.STORE_CREDIT: msg("As store credit"),
}


@dataclass(frozen=True, slots=True)
class Rest:
    """How the customer gets what is left; `note` says to which account it is sent."""

    way: Payout | None = None
    note: str = ""


def take(
    session: Session,
    actor: Actor,
    trade_in: TradeIn,
    *,
    data: WipeStatement,
    order: Order | None = None,
    till_id: int | None = None,
    rest: Rest = Rest(),
) -> TradeIn:
    """Take the robot over: it pays what is due of `order`, and `rest` says how the remainder goes.

    All or nothing, in one transaction. Raises Conflict for an offer that is over, Refused when data
    stay in the robot or a remainder has no way out.
    """
    actor.require("counter.sell")
    _require_standing(session, trade_in)
    if data.wipe is Wipe.KEPT:
        raise Refused(msg("A robot is taken in trade only without its owner’s data."), field="wipe")
    unit = registry.by_id(session, actor, trade_in.unit_id)
    value = tradein.offered(trade_in)
    transfer = transfers.take_over(
        session, actor, unit, price=value, data=data, reference=tradein.reference(trade_in)
    )
    attempt = _pay(session, actor, trade_in, order, till_id=till_id) if order else None
    settled = attempt.amount_minor if attempt else 0
    left = Money(value.minor - settled, value.currency)
    way, note = _give_rest(session, actor, trade_in, left, rest)
    trade_in.transfer_id = transfer.id
    trade_in.order_id = order.id if order else None
    trade_in.attempt_id = attempt.id if attempt else None
    trade_in.settled_minor, trade_in.payout_minor = settled, left.minor
    trade_in.payout, trade_in.payout_note = way, note
    trade_in.taken_at, trade_in.taken_by = clock.now(), actor.name
    session.flush()
    tradeinpaper.issue(session, actor, trade_in, unit)
    audit.record(
        session,
        actor,
        "trade_in.taken",
        subject=tradein.reference(trade_in),
        after={"unit": unit.serial, "value": value, "settled": settled, "paid_out": left},
    )
    return trade_in


def give_back(
    session: Session,  # noqa: ARG001 - what a way of giving back is asked with
    actor: Actor,  # noqa: ARG001
    refund: Refund,  # noqa: ARG001
    attempt: PaymentAttempt,  # noqa: ARG001
) -> None:
    """A robot that was taken in trade does not go back as such. Raises Refused, always."""
    raise Refused(
        msg("This was paid with a robot. Give its value back by bank or as store credit."),
        field="tender",
    )


def _require_standing(session: Session, trade_in: TradeIn) -> None:
    state = tradein.state_of(session, trade_in)
    if state is not TradeInState.OFFERED:
        raise Conflict(
            msg(
                "{number} cannot be taken in: {state}.",
                number=tradein.label(trade_in),
                state=tradein.STATE_LABELS[state],
            ),
            link=tradein.page(trade_in),
        )


def _pay(
    session: Session, actor: Actor, trade_in: TradeIn, order: Order, *, till_id: int | None
) -> PaymentAttempt | None:
    """What the robot pays of a sale to its owner; None where nothing is due."""
    if order.customer_id != trade_in.customer_id:
        owner = session.get_one(Customer, trade_in.customer_id)
        raise Refused(
            msg("This robot is {name}’s: the sale has to be theirs too.", name=owner.name),
            field="customer",
        )
    placed = checkout.place(session, actor, order, till_id=till_id)
    amount = min(tradein.offered(trade_in), placed.due)
    if not amount:
        return None
    return tenders.take_value(
        session,
        actor,
        placed.bill,
        placed.drawer,
        tender=Tender.TRADE_IN,
        amount=amount,
        source=tradein.reference(trade_in),
        note=tradein.label(trade_in),
    )


def _give_rest(
    session: Session, actor: Actor, trade_in: TradeIn, left: Money, rest: Rest
) -> tuple[Payout | None, str]:
    """Send out what the robot is worth beyond the sale."""
    if not left:
        return None, ""
    if rest.way is None:
        raise Refused(
            msg("{left} are left of its value. Say how the customer gets them.", left=left),
            field="payout",
        )
    if rest.way is Payout.STORE_CREDIT:
        _post(session, trade_in, left, against=Account.STORE_CREDIT)
        reference = f"trade_in:{trade_in.number}"
        credit.issue(session, actor, trade_in.customer_id, left, reference=reference)
        return rest.way, ""
    note = clean(rest.note)[:200]
    if not note:
        raise Refused(msg("Say to which account it is sent."), field="payout_note")
    _post(session, trade_in, left, against=Account.BANK_CLEARING)
    return rest.way, note


def _post(session: Session, trade_in: TradeIn, left: Money, *, against: Account) -> None:
    journal.post(
        session,
        store_id=trade_in.store_id,
        kind=EntryKind.TRADE_IN,
        sides={Account.TRADE_INS: left, against: -left},
        memo=tradein.reference(trade_in),
    )
