"""Data vouchers: hours, gigabytes or sessions that a customer may use, drawn down as they are used.

The moves of one are a ledger; whoever adds one holds the voucher's row, so that of two tills that
want the last hour exactly one has it.
"""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.customers.models import Customer
from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, Invalid, NotFound, Refused, StoreError
from app.kernel.searchkeys import clean
from app.kernel.text import Text, msg
from app.payments.entitlement_models import (
    Entitlement,
    EntitlementMove,
    MoveKind,
)
from app.payments.measured import MOST_MILLI, Measured
from app.robots import registry
from app.stores import desk


class NotEnoughLeft(Refused):
    """More is asked for than the voucher still has."""

    code = "not_enough_left"


@dataclass(frozen=True, slots=True)
class Issued:
    """What a new data voucher says. `source` names the line of a sale, which has one at most."""

    customer_id: int
    name: str
    amount: Measured
    expires_on: date | None = None
    unit_id: int | None = None
    reference: str = ""
    source: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Left:
    """What a data voucher still has on a day of its store; one that is over has nothing to use."""

    balance: Measured
    is_over: bool

    @property
    def usable(self) -> Measured:
        return Measured(0, self.balance.unit) if self.is_over else self.balance


def issue(session: Session, actor: Actor, said: Issued) -> Entitlement:
    """A data voucher for what a sale has paid for; whoever calls has made sure of that."""
    problems = _problems(session, actor, said)
    if problems:
        raise Invalid(msg("Please look at the marked fields."), problems=problems)
    store = desk.store_of(session, actor.store_id)
    now = clock.now()
    last = session.scalar(
        select(func.max(Entitlement.number)).where(Entitlement.store_id == store.id)
    )
    made = Entitlement(
        store_id=store.id,
        number=(last or 0) + 1,
        customer_id=said.customer_id,
        unit_id=said.unit_id,
        name=clean(said.name)[:200],
        unit=said.amount.unit,
        granted_milli=said.amount.milli,
        expires_on=said.expires_on,
        reference=said.reference,
        source=said.source,
        reason=clean(said.reason)[:200],
        issued_on=desk.business_day_of(store, now),
        issued_at=now,
        issued_by=actor.name,
    )
    session.add(made)
    session.flush()
    _move(session, actor, made, MoveKind.ISSUED, said.amount.milli, reference=said.reference)
    return made


def give(session: Session, actor: Actor, said: Issued) -> Entitlement:
    """A data voucher as a gift: somebody answers for it, and says why."""
    actor.require("vouchers.edit")
    if not clean(said.reason):
        raise Refused(msg("Say why it is given."), field="reason")
    return issue(session, actor, said)


def draw(
    session: Session,
    actor: Actor,
    entitlement: Entitlement,
    amount: Measured,
    *,
    reference: str,
    note: str = "",
) -> EntitlementMove:
    """Use a part of what is left; `reference` says for what.

    Raises NotEnoughLeft, or Conflict from the first midnight of the store after its last day.
    """
    _require_work(actor)
    _hold(session, entitlement)
    left = left_of(session, entitlement)
    reference = clean(reference)[:200]
    if amount.unit is not entitlement.unit or amount.milli <= 0:
        raise Refused(msg("An amount to use is more than nothing."), field="amount")
    if not reference:
        raise Refused(msg("Say what it is used for."), field="reference")
    if left.is_over:
        raise Conflict(msg("This data voucher was over on {day}.", day=entitlement.expires_on))
    if amount.milli > left.balance.milli:
        raise NotEnoughLeft(msg("Only {left} are left.", left=left.balance.said), field="amount")
    return _move(
        session,
        actor,
        entitlement,
        MoveKind.DRAWN,
        -amount.milli,
        reference=reference,
        note=clean(note)[:200],
    )


def reverse(
    session: Session, actor: Actor, entitlement: Entitlement, number: int, *, note: str
) -> EntitlementMove:
    """Give back what was drawn by mistake, whole and once; also after the last day, so that the
    statement is right. Raises Conflict the second time.
    """
    _require_work(actor)
    _hold(session, entitlement)
    note = clean(note)[:200]
    if not note:
        raise Refused(msg("Say why it is undone."), field="note")
    drawn = session.scalar(
        select(EntitlementMove).where(
            EntitlementMove.entitlement_id == entitlement.id, EntitlementMove.number == number
        )
    )
    if drawn is None or drawn.kind is not MoveKind.DRAWN:
        raise NotFound(msg("There is no such use of this data voucher."))
    if session.scalar(select(EntitlementMove.id).where(EntitlementMove.reverses_id == drawn.id)):
        raise Conflict(msg("This was undone already."))
    return _move(
        session,
        actor,
        entitlement,
        MoveKind.REVERSED,
        -drawn.amount_milli,
        reference=drawn.reference,
        note=note,
        reverses_id=drawn.id,
    )


def withdraw(
    session: Session, actor: Actor, entitlement: Entitlement, *, reason: str
) -> EntitlementMove:
    """Take away what is left: the sale came back, or it was given by mistake."""
    actor.require("vouchers.edit")
    _hold(session, entitlement)
    reason = clean(reason)[:200]
    if not reason:
        raise Refused(msg("Say why it is taken away."), field="reason")
    left = left_of(session, entitlement).balance
    if not left.milli:
        raise Conflict(msg("Nothing of this data voucher is left."))
    return _move(session, actor, entitlement, MoveKind.WITHDRAWN, -left.milli, note=reason)


def take_back(
    session: Session, actor: Actor, entitlement: Entitlement, amount: Measured, *, reference: str
) -> EntitlementMove:
    """So much is taken away with the return that paid for it. Raises NotEnoughLeft where it was
    used already.
    """
    _hold(session, entitlement)
    left = left_of(session, entitlement).balance
    if amount.milli > left.milli:
        raise NotEnoughLeft(
            msg(
                "Only {left} of data voucher {number} are left: the rest was used.",
                left=left.said,
                number=entitlement.number,
            )
        )
    return _move(
        session, actor, entitlement, MoveKind.WITHDRAWN, -amount.milli, reference=reference
    )


def left_of(session: Session, entitlement: Entitlement) -> Left:
    """What is left of it today."""
    last = _last(session, entitlement.id)
    today = desk.business_day_of(desk.store_of(session, entitlement.store_id))
    return Left(
        Measured(last.balance_milli if last else 0, entitlement.unit), is_over(entitlement, today)
    )


def is_over(entitlement: Entitlement, day: date) -> bool:
    """Is its last day before this one of its store?"""
    return entitlement.expires_on is not None and entitlement.expires_on < day


def by_number(session: Session, actor: Actor, number: int) -> Entitlement:
    """A data voucher of the actor's store; raises NotFound."""
    found = session.scalar(
        select(Entitlement).where(
            Entitlement.store_id == actor.store_id, Entitlement.number == number
        )
    )
    if found is None:
        raise NotFound(msg("There is no such data voucher in this store."))
    return found


def moves_of(session: Session, entitlement: Entitlement) -> list[EntitlementMove]:
    """The statement, oldest first."""
    return list(
        session.scalars(
            select(EntitlementMove)
            .where(EntitlementMove.entitlement_id == entitlement.id)
            .order_by(EntitlementMove.number)
        )
    )


def robot_called(session: Session, actor: Actor, serial: str) -> int | None:
    """The robot that a data voucher is for; None for nothing said."""
    if not clean(serial):
        return None
    try:
        return registry.by_serial(session, actor, serial).id
    except StoreError as refusal:
        raise Refused(refusal.message, field="serial") from None


def may_use(actor: Actor) -> bool:
    """Do they sell, or work on robots?"""
    return actor.may("counter.sell") or actor.may("service.work")


def _require_work(actor: Actor) -> None:
    if not may_use(actor):
        actor.require("counter.sell")


def _problems(session: Session, actor: Actor, said: Issued) -> dict[str, Text]:
    problems: dict[str, Text] = {}
    customer = session.get(Customer, said.customer_id)
    if customer is None or customer.store_id != actor.store_id or customer.erased_at is not None:
        problems["customer"] = msg("There is no such customer in this store.")
    if not clean(said.name):
        problems["name"] = msg("Please fill this in.")
    if not 0 < said.amount.milli <= MOST_MILLI:
        problems["amount"] = msg("An amount to use is more than nothing.")
    today = desk.business_day_of(desk.store_of(session, actor.store_id))
    if said.expires_on is not None and said.expires_on < today:
        problems["expires_on"] = msg("This day is over.")
    return problems


def _hold(session: Session, entitlement: Entitlement) -> None:
    session.scalars(
        select(Entitlement.id).where(Entitlement.id == entitlement.id).with_for_update()
    ).one()


def _last(session: Session, entitlement_id: int) -> EntitlementMove | None:
    return session.scalar(
        select(EntitlementMove)
        .where(EntitlementMove.entitlement_id == entitlement_id)
        .order_by(EntitlementMove.number.desc())
        .limit(1)
    )


def _move(
    session: Session,
    actor: Actor,
    entitlement: Entitlement,
    kind: MoveKind,
    milli: int,
    *,
    reference: str = "",
    note: str = "",
    reverses_id: int | None = None,
) -> EntitlementMove:
    last = _last(session, entitlement.id)
    now = clock.now()
    move = EntitlementMove(
        entitlement_id=entitlement.id,
        number=last.number + 1 if last else 1,
        kind=kind,
        amount_milli=milli,
        balance_milli=(last.balance_milli if last else 0) + milli,
        reference=reference,
        note=note,
        reverses_id=reverses_id,
        day=desk.business_day_of(desk.store_of(session, entitlement.store_id), now),
        at=now,
        by=actor.name,
    )
    session.add(move)
    session.flush()
    audit.record(
        session,
        actor,
        f"entitlement.{kind.value}",
        subject=f"entitlement:{entitlement.number}",
        after={
            "amount": Measured(milli, entitlement.unit).plain,
            "left": Measured(move.balance_milli, entitlement.unit).plain,
            "unit": entitlement.unit,
        },
        reason=reference or note,
    )
    return move
