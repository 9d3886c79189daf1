"""Store credit: what a customer has with the store, got from a return, a trade-in or as goodwill,
and used at any of its tills.

The moves of a customer are a ledger beside the journal; whoever adds one holds the customer's row,
and posts the journal's side in the same transaction (`checks` compares the two).
"""

from datetime import date

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from app.customers.models import Customer
from app.customers.panels import Panel, PanelRow
from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.errors import Refused
from app.kernel.money import Money
from app.kernel.text import Text, msg
from app.payments import creditrules, tenders
from app.payments.credit_models import CreditCause, CreditMove
from app.payments.models import Bill, PaymentAttempt, Tender, TillSession
from app.payments.refund_models import Refund
from app.stores import desk
from app.web import paging
from app.web.paging import Page

_SHOWN = 20
_DEEDS = {
    CreditCause.EARNED: "credit.issued",
    CreditCause.GOODWILL: "credit.goodwill",
    CreditCause.SPENT: "credit.used",
    CreditCause.EXPIRED: "credit.expired",
}
CAUSE_LABELS: dict[CreditCause, tuple[Text, str]] = {
    CreditCause.EARNED: (msg("got"), "ok"),
    CreditCause.GOODWILL: (msg("goodwill"), "ok"),
    CreditCause.SPENT: (msg("used"), "info"),
    CreditCause.EXPIRED: (msg("expired"), "warn"),
}


def balance(session: Session, customer_id: int, currency: str) -> Money:
    """What a customer has as credit."""
    last = _last(session, customer_id)
    if last is None or last.currency != currency:
        return Money(0, currency)
    return Money(last.balance_minor, currency)


def moves_of(session: Session, customer_id: int) -> list[CreditMove]:
    """A customer's statement, the newest first."""
    return list(
        session.scalars(
            select(CreditMove)
            .where(CreditMove.customer_id == customer_id)
            .order_by(CreditMove.number.desc())
        )
    )


def moves_page(session: Session, customer_id: int, *, cursor: str | None) -> Page[CreditMove]:
    """The same, 50 at a time."""
    query = (
        select(CreditMove)
        .where(CreditMove.customer_id == customer_id)
        .order_by(CreditMove.number.desc())
        .limit(paging.PAGE + 1)
    )
    if cursor:
        (number,) = paging.decode(cursor, int)
        query = query.where(CreditMove.number < number)
    rows = list(session.scalars(query))
    shown = rows[: paging.PAGE]
    following = paging.encode(shown[-1].number) if len(rows) > paging.PAGE else None
    return Page(shown, following)


def issue(
    session: Session,
    actor: Actor,
    customer_id: int,
    amount: Money,
    *,
    reference: str,
    refund_id: int | None = None,
    cause: CreditCause = CreditCause.EARNED,
    note: str = "",
) -> CreditMove:
    """Give a customer credit for what `reference` names; the caller posts against STORE_CREDIT."""
    if amount.minor <= 0:
        raise Refused(msg("Credit is more than nothing."), field="amount")
    months = creditrules.of_store(session, actor.store_id).credit_months
    return _move(
        session,
        actor,
        customer_id,
        amount,
        reference=reference,
        refund_id=refund_id,
        cause=cause,
        expires_on=creditrules.last_day(session, actor.store_id, months),
        note=note,
    )


def redeem(
    session: Session, actor: Actor, bill: Bill, till_session: TillSession, amount: Money
) -> PaymentAttempt:
    """Pay a part of a bill with its customer's credit. Raises Refused for more than there is, less
    what has expired and is not booked yet.
    """
    if bill.customer_id is None:
        raise Refused(msg("Credit belongs to a customer: choose who buys."), field="customer")
    hold(session, bill.customer_id)
    left = usable(session, bill.customer_id, bill.currency)
    if amount > left:
        raise Refused(msg("Only {left} of credit are left.", left=left), field="amount")
    attempt = tenders.take_value(
        session,
        actor,
        bill,
        till_session,
        tender=Tender.STORE_CREDIT,
        amount=amount,
        source=f"credit:{bill.customer_id}",
    )
    _move(
        session,
        actor,
        bill.customer_id,
        -amount,
        reference=bill.reference,
        attempt_id=attempt.id,
        cause=CreditCause.SPENT,
    )
    return attempt


def usable(session: Session, customer_id: int, currency: str) -> Money:
    """What pays today: the balance less what has expired and is not booked yet."""
    all_, over = _sums(session, customer_id, currency)
    return all_ - over


def expired(session: Session, customer_id: int, currency: str) -> Money:
    """What is over by the store's day and still stands as credit."""
    return _sums(session, customer_id, currency)[1]


def _sums(session: Session, customer_id: int, currency: str) -> tuple[Money, Money]:
    """All that stands, and what of it is over."""
    customer = session.get_one(Customer, customer_id)
    today = desk.business_day_of(desk.store_of(session, customer.store_id), clock.now())
    stands, over = session.execute(
        select(func.coalesce(func.sum(CreditMove.amount_minor), 0), over_by(today)).where(
            CreditMove.customer_id == customer_id, CreditMove.currency == currency
        )
    ).one()
    return Money(int(stands), currency), Money(max(int(over), 0), currency)


def over_by(today: date) -> ColumnElement[int]:
    """Of a customer's moves: what was got and has expired, less all that went off since. So what is
    used is taken from what expires first.
    """
    counts = (CreditMove.amount_minor < 0) | (CreditMove.expires_on < today)
    return func.coalesce(func.sum(case((counts, CreditMove.amount_minor), else_=0)), 0)


def expire(session: Session, actor: Actor, customer_id: int, currency: str) -> Money:
    """Take off what has expired; the caller books it."""
    hold(session, customer_id)
    over = expired(session, customer_id, currency)
    if over:
        reference = f"customer:{session.get_one(Customer, customer_id).number}"
        _move(session, actor, customer_id, -over, reference=reference, cause=CreditCause.EXPIRED)
    return over


def give_back(session: Session, actor: Actor, refund: Refund, attempt: PaymentAttempt) -> None:
    """A refund that goes back as credit: to whose credit paid, else to whom the bill is for."""
    customer_id = session.scalar(
        select(CreditMove.customer_id).where(CreditMove.attempt_id == attempt.id)
    )
    bill = session.get_one(Bill, refund.bill_id)
    customer_id = customer_id or bill.customer_id
    if customer_id is None:
        raise Refused(
            msg("This sale has no customer, so nobody can be given the credit."), field="tender"
        )
    issue(
        session,
        actor,
        customer_id,
        Money(refund.amount_minor, refund.currency),
        reference=bill.reference,
        refund_id=refund.id,
    )


def panel(session: Session, actor: Actor, customer: Customer) -> Panel:
    """The statement on a customer's page: what is left, and the last moves."""
    store = desk.store_of(session, actor.store_id)
    moves = moves_of(session, customer.id)[:_SHOWN]
    return Panel(
        title=msg("Store credit"),
        nothing=msg("Nothing: credit comes from a return, a trade-in, or as goodwill."),
        more=(msg("Statement and goodwill"), f"/customers/{customer.number}/credit"),
        rows=[
            PanelRow(
                name=str(move.number),
                href=origin_of(move),
                facts=(
                    desk.business_day_of(store, move.at),
                    Money(move.amount_minor, move.currency),
                    msg("left"),
                    Money(move.balance_minor, move.currency),
                ),
                state=CAUSE_LABELS[move.cause],
            )
            for move in moves
        ],
    )


def chapter(session: Session, actor: Actor, customer: Customer) -> object:
    """Every move, for the copy of a customer's data."""
    return [
        {
            "number": move.number,
            "at": move.at,
            "amount": Money(move.amount_minor, move.currency),
            "left": Money(move.balance_minor, move.currency),
            "for": move.reference,
            "why": move.note,
            "until": move.expires_on,
        }
        for move in moves_of(session, customer.id)
        if move.store_id == actor.store_id
    ]


def origin_of(move: CreditMove) -> str:
    """The page of what a move came from or paid for."""
    kind, _, number = move.reference.partition(":")
    pages = {"order": "/sales/", "trade_in": "/sales/trade-ins/"}
    return f"{pages[kind]}{number}" if kind in pages else f"/customers/{number}/credit"


def hold(session: Session, customer_id: int) -> Customer:
    """The customer, locked: of two who move the same credit one waits."""
    return session.scalars(
        select(Customer).where(Customer.id == customer_id).with_for_update()
    ).one()


def _last(session: Session, customer_id: int) -> CreditMove | None:
    return session.scalar(
        select(CreditMove)
        .where(CreditMove.customer_id == customer_id)
        .order_by(CreditMove.number.desc())
        .limit(1)
    )


def _move(
    session: Session,
    actor: Actor,
    customer_id: int,
    amount: Money,
    *,
    reference: str,
    cause: CreditCause,
    attempt_id: int | None = None,
    refund_id: int | None = None,
    expires_on: date | None = None,
    note: str = "",
) -> CreditMove:
    customer = hold(session, customer_id)
    last = _last(session, customer_id)
    before = last.balance_minor if last else 0
    if last is not None and last.currency != amount.currency:
        raise Refused(msg("This credit is in {currency}.", currency=last.currency), field="amount")
    move = CreditMove(
        store_id=actor.store_id,
        customer_id=customer_id,
        number=last.number + 1 if last else 1,
        amount_minor=amount.minor,
        balance_minor=before + amount.minor,
        currency=amount.currency,
        reference=reference,
        attempt_id=attempt_id,
        refund_id=refund_id,
        at=clock.now(),
        by=actor.name,
        cause=cause,
        expires_on=expires_on,
        note=note,
    )
    session.add(move)
    session.flush()
    audit.record(
        session,
        actor,
        _DEEDS[cause],
        subject=f"customer:{customer.number}",
        after={"amount": amount, "left": Money(move.balance_minor, move.currency)},
        reason=note or reference,
    )
    return move
