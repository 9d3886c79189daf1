"""How money of a sale goes back: by the way that it came, the newest payment first."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.kernel.errors import Conflict, Refused
from app.kernel.money import Money
from app.kernel.searchkeys import clean
from app.kernel.text import msg
from app.payments import bills, refunds, refundslips, standing, tills
from app.payments.models import Bill, PaymentAttempt, Tender, TillSession
from app.payments.refund_models import Refund
from app.sales import orders, returnrules, vouchergoods
from app.sales.models import Order

# What was paid by these does not go back as such: the robot stays here, the other sale stands.
NEVER_BACK = frozenset({Tender.TRADE_IN, Tender.EXCHANGE})
# By which other ways any payment may go back, with a manager behind it.
OTHER_WAYS = (Tender.CASH, Tender.TRANSFER, Tender.STORE_CREDIT)
NOTHING_OWED: Mapping[int, Money] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Back:
    """A part of one payment that goes back; `tender` None: by the way that it came."""

    attempt_id: int
    amount: Money
    tender: Tender | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Way:
    """A payment that can be given back, and how much of it is suggested."""

    attempt: PaymentAttempt
    left: Money
    suggested: Money
    tender: Tender

    @property
    def is_other(self) -> bool:
        return self.tender is not self.attempt.tender


def ways(
    session: Session, bill: Bill, amount: Money, *, owed: Mapping[int, Money] = NOTHING_OWED
) -> list[Way]:
    """The bill's payments with what of `amount` goes back by each, the newest first; but first of
    all what is `owed` to authorities, and of a voucher that stands nothing before all else.
    """
    payments = [one for one in refunds.returnable(session, bill) if one.left]
    shares = {one.attempt.id: Money(0, amount.currency) for one in payments}
    first = [one for one in payments if one.attempt.id in owed]
    last = [one for one in payments if one.attempt.tender is Tender.VOUCHER]
    rest = amount
    for one in (*first, *(one for one in payments if one not in last), *last):
        key = one.attempt.id
        most = min(owed[key], one.left) if key in owed else one.left
        part = min(most - shares[key], rest)
        shares[key], rest = shares[key] + part, rest - part
    found = []
    for one in payments:
        tender = _way_of(session, one.attempt)
        found.append(Way(one.attempt, one.left, shares[one.attempt.id], tender))
    return found


def suggested(
    session: Session, bill: Bill, amount: Money, *, owed: Mapping[int, Money] = NOTHING_OWED
) -> list[Back]:
    """The same as a plan."""
    return [
        Back(way.attempt.id, way.suggested, way.tender if way.is_other else None)
        for way in ways(session, bill, amount, owed=owed)
        if way.suggested
    ]


def after_credit(session: Session, bill: Bill, credited: Money) -> Money:
    """What could be given back once so much more was taken back of the sale."""
    on_terms = standing.of(session, bill).on_terms
    held = refunds.refundable(session, bill)
    return held + max(credited - on_terms, Money(0, credited.currency))


def give_held(
    session: Session,
    actor: Actor,
    order: Order,
    plan: Sequence[Back],
    *,
    reason: str,
    till_id: int | None = None,
    approved_by: Actor | None = None,
) -> list[Refund]:
    """Give back what the store holds of a sale: what a return left over, what came too much.

    Raises Conflict where nothing is held, Refused for more than that, NeedsManager beyond the
    limits of whoever gives it.
    """
    actor.require("payments.refund")
    bill = orders.bill_of(session, order)
    if bill is None or not refunds.refundable(session, bill):
        raise Conflict(msg("Nothing of sale {number} is left to give back.", number=order.number))
    if not plan:
        raise Refused(msg("Say how much goes back."), field="amount")
    if not (order.settled_at or order.cancelled_at):
        raise Conflict(
            msg("Sale {number} is not finished: cancel it first.", number=order.number),
            link=f"/sales/{order.number}",
        )
    require_allowed(session, actor, order, bill, plan, credited=None, approved_by=approved_by)
    made = give(session, actor, order, bill, plan, reason=reason, till_id=till_id)
    for refund in made:
        refundslips.post(session, refund)
    return made


def require_allowed(
    session: Session,
    actor: Actor,
    order: Order,
    bill: Bill,
    plan: Sequence[Back],
    *,
    credited: Money | None,
    approved_by: Actor | None,
) -> None:
    """Raises NeedsManager where the plan, or what it is for, needs a second person: by all that
    went back of this sale, however it was split.
    """
    made = [one for one in refunds.of_bill(session, bill) if one.state in refunds.COUNTS]
    before = [(one.tender, Money(one.amount_minor, bill.currency)) for one in made]
    payments = {one.attempt.id: one.attempt for one in refunds.returnable(session, bill)}
    goes = [
        (one, payments[one.attempt_id])
        for one in plan
        if one.attempt_id in payments  # of others `give` says that they are none of this bill's
    ]
    now = [(one.tender or paid.tender, one.amount) for one, paid in goes]
    nothing = Money(0, bill.currency)
    given = sum((amount for _, amount in (*before, *now)), nothing)
    so_far = standing.of(session, bill).credited
    returnrules.require_allowed(
        session,
        actor,
        order,
        credited=given if credited is None else so_far + credited,
        cash=sum((amount for way, amount in (*before, *now) if way is Tender.CASH), nothing)
        if any(way is Tender.CASH for way, _ in now)
        else nothing,
        is_other_way=any(
            (one.tender or paid.tender) not in _own_ways(session, paid) for one, paid in goes
        ),
        approved_by=approved_by,
    )


def _own_ways(session: Session, paid: PaymentAttempt) -> set[Tender]:
    """By which ways a payment goes back without a second person: as it came. The value of another
    sale as that one was paid; a robot's never out of the drawer.
    """
    if paid.tender is Tender.TRADE_IN:
        return {Tender.TRANSFER, Tender.STORE_CREDIT}
    if paid.tender is not Tender.EXCHANGE:
        return {paid.tender}
    first = bills.by_reference(session, paid.store_id, paid.source)
    ways: set[Tender] = set()
    for refund in refunds.of_bill(session, first) if first else []:
        if refund.tender is Tender.EXCHANGE:
            ways |= _own_ways(session, session.get_one(PaymentAttempt, refund.attempt_id))
    return ways


def _way_of(session: Session, paid: PaymentAttempt) -> Tender:
    """By which way a payment goes back unless somebody says another."""
    if paid.tender not in NEVER_BACK:
        return paid.tender
    own = _own_ways(session, paid)
    return next((way for way in OTHER_WAYS if way in own), Tender.TRANSFER)


def give(
    session: Session,
    actor: Actor,
    order: Order,
    bill: Bill,
    plan: Sequence[Back],
    *,
    reason: str,
    till_id: int | None,
    leaving: Collection[int] = (),
) -> list[Refund]:
    """Start every refund of a plan, and before it what goes back to authorities in any case, for
    the robots that went back or are `leaving`. Raises Refused for what cannot go back so.
    """
    drawer = _drawer(session, actor, till_id)
    payments = {one.attempt.id: one.attempt for one in refunds.returnable(session, bill)}
    owed = vouchergoods.owed_back(session, order, bill, leaving=leaving)
    made = []
    for back in (*_to_authorities(session, bill, plan, owed), *plan):
        attempt = payments.get(back.attempt_id)
        if attempt is None:
            raise Refused(msg("This payment belongs to another bill."), field="amount")
        tender = back.tender or attempt.tender
        if tender in NEVER_BACK:
            raise Refused(
                msg("This was not paid with money. Say by which way its value goes back."),
                field="tender",
            )
        if attempt.tender is Tender.VOUCHER and tender is not Tender.VOUCHER:
            raise Refused(
                msg("What an authority pays for goes back to it, not to the buyer."), field="tender"
            )
        if tender is not attempt.tender and tender not in OTHER_WAYS:
            raise Refused(msg("Money does not go back this way."), field="tender")
        if tender is Tender.TRANSFER and not clean(back.note):
            raise Refused(msg("Say to which account it is sent."), field="note")
        made.append(
            refunds.start(
                session,
                actor,
                bill,
                attempt,
                back.amount,
                reason=reason,
                till_session=drawer,
                tender=tender,
                note=back.note,
            )
        )
    return made


def _to_authorities(
    session: Session, bill: Bill, plan: Sequence[Back], owed: Mapping[int, Money]
) -> Iterator[Back]:
    """What of it a plan leaves out, as far as it is held."""
    held = refunds.refundable(session, bill) if owed else Money(0, bill.currency)
    for attempt_id, wanted in owed.items():
        planned = sum(back.amount.minor for back in plan if back.attempt_id == attempt_id)
        part = min(wanted - Money(planned, bill.currency), held)
        if part.minor > 0:
            held = held - part
            yield Back(attempt_id, part)


def _drawer(session: Session, actor: Actor, till_id: int | None) -> TillSession | None:
    """The session now open at a till, whichever took the money: that one may be long closed."""
    return None if till_id is None else tills.place(session, actor, till_id).open_session
