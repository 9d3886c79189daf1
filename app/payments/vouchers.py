"""Vouchers of a scheme: each is used once, within the scheme's days and caps.

Whoever uses one holds the scheme's row, so that two at once cannot both take the last one.
"""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.customers.models import Customer
from app.kernel import audit
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, NotFound, Refused
from app.kernel.money import Money, half_up
from app.kernel.searchkeys import clean
from app.kernel.text import msg
from app.payments import schemes, standing, tenders
from app.payments.models import Bill, PaymentAttempt, Tender, TillSession
from app.payments.refund_models import Refund
from app.payments.voucher_models import Buyers, Voucher, VoucherScheme
from app.stores import desk

_MOST_CODE = 64
_WHOLE_BP = 10_000


def worth(scheme: VoucherScheme, goods: Money) -> Money:
    """What the scheme pays for goods of this price; never more than they cost."""
    most = Money(scheme.most_minor, scheme.currency)
    if scheme.share_bp:
        share = Money(half_up(goods.minor * scheme.share_bp, _WHOLE_BP), goods.currency)
        most = min(most, share)
    return min(most, goods)


def open_value(voucher: Voucher) -> Money:
    """What the authority still owes for it; below nothing: what the store has to send back."""
    answered = voucher.paid_minor + voucher.lost_minor + voucher.charged_minor
    return Money(voucher.amount_minor - voucher.back_minor - answered, voucher.currency)


def by_id(session: Session, actor: Actor, voucher_id: int) -> Voucher:
    """A voucher that was used in the actor's store; raises NotFound."""
    found = session.get(Voucher, voucher_id)
    if found is None or found.store_id != actor.store_id:
        raise NotFound(msg("There is no such voucher in this store."))
    return found


def hold(session: Session, scheme: VoucherScheme) -> None:
    """One at a time: so that two at once do not both use or claim the same voucher."""
    session.scalars(
        select(VoucherScheme.id).where(VoucherScheme.id == scheme.id).with_for_update()
    ).one()


def redeem(
    session: Session,
    actor: Actor,
    bill: Bill,
    till_session: TillSession,
    scheme: VoucherScheme,
    *,
    code: str,
    goods: Money,
    evidence: str = "",
) -> Voucher:
    """Pay a part of a bill with a voucher; `goods` is the price of what the scheme pays for.

    Raises Conflict for one that was used, Refused outside the scheme's rules.
    """
    hold(session, scheme)
    code, evidence = "".join(code.split()).upper(), clean(evidence)[:200]
    customer = _check(session, bill, scheme, code=code, goods=goods, evidence=evidence)
    amount = min(worth(scheme, goods), standing.of(session, bill).due)
    attempt = tenders.take_value(
        session,
        actor,
        bill,
        till_session,
        tender=Tender.VOUCHER,
        amount=amount,
        source=f"scheme:{scheme.id}",
        note=code,
    )
    voucher = Voucher(
        store_id=bill.store_id,
        scheme_id=scheme.id,
        code=code,
        customer_id=customer.id,
        bill_id=bill.id,
        attempt_id=attempt.id,
        amount_minor=amount.minor,
        currency=amount.currency,
        evidence=evidence,
        used_on=desk.business_day_of(desk.store_of(session, bill.store_id)),
        by=actor.name,
    )
    session.add(voucher)
    session.flush()
    audit.record(
        session,
        actor,
        "voucher.used",
        subject=f"voucher:{voucher.id}",
        after={"scheme": scheme.name, "code": code, "amount": amount, "bill": bill.reference},
    )
    return voucher


def give_back(session: Session, actor: Actor, refund: Refund, attempt: PaymentAttempt) -> None:
    """The sale came back: so much less is claimed, or goes back to the authority if it paid."""
    voucher = session.scalar(select(Voucher).where(Voucher.attempt_id == attempt.id))
    if voucher is None:
        raise Refused(msg("This was not paid with a voucher."), field="tender")
    voucher.back_minor += refund.amount_minor
    session.flush()
    audit.record(
        session,
        actor,
        "voucher.back",
        subject=f"voucher:{voucher.id}",
        after={"back": Money(refund.amount_minor, refund.currency)},
    )


def _check(
    session: Session, bill: Bill, scheme: VoucherScheme, *, code: str, goods: Money, evidence: str
) -> Customer:
    today = desk.business_day_of(desk.store_of(session, bill.store_id))
    customer = session.get(Customer, bill.customer_id) if bill.customer_id else None
    if scheme.store_id != bill.store_id or not schemes.is_open(scheme, today):
        raise Refused(msg("{name} is not open today.", name=scheme.name), field="scheme")
    if customer is None:
        raise Refused(msg("A voucher belongs to its buyer: choose who buys."), field="customer")
    if scheme.buyers is not Buyers.ANYBODY and scheme.buyers.value != customer.kind.value:
        raise Refused(msg("This scheme is not for such a buyer."), field="customer")
    if not code or len(code) > _MOST_CODE:
        raise Refused(msg("Write the voucher’s code."), field="code")
    if scheme.evidence and not evidence:
        raise Refused(
            msg("The authority asks for this: {what}", what=scheme.evidence), field="evidence"
        )
    if not goods:
        raise Refused(msg("Nothing in this sale is what the scheme pays for."), field="scheme")
    used = select(func.count()).select_from(Voucher).where(Voucher.scheme_id == scheme.id)
    standing_ = used.where(Voucher.back_minor < Voucher.amount_minor)
    if session.scalar(used.where(Voucher.code == code)):
        raise Conflict(msg("This voucher was used already."))
    if scheme.in_all and (session.scalar(standing_) or 0) >= scheme.in_all:
        raise Conflict(msg("All vouchers of {name} are used.", name=scheme.name))
    mine = session.scalar(standing_.where(Voucher.customer_id == customer.id)) or 0
    if scheme.per_buyer and mine >= scheme.per_buyer:
        raise Conflict(msg("This buyer has had as many vouchers as the scheme allows."))
    return customer
