"""Robots of the store that serve otherwise than as stock: shown, lent, let, in commission.

As what the store keeps a robot (holding) is one fact, who has it in hand (custody) another, whose
it is (ownership) a third: lending changes custody alone.
"""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.customers import book
from app.customers.models import Customer
from app.kernel import audit, clock, words
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, Refused
from app.kernel.searchkeys import clean
from app.kernel.text import Text, msg
from app.robots import addresses, claims, concerned, ownership, timeline, touches
from app.robots.life_models import Loan
from app.robots.models import Unit
from app.robots.states import HOLDING_LABELS, UNIT_STATE_LABELS, Custody, Holding, UnitState
from app.robots.touches import UNREAD, Touch
from app.stores import desk

# As what a robot may be kept that is the store's to use, and as what it may leave the house.
KEPT_AS = (Holding.STOCK, Holding.DEMO, Holding.LOANER, Holding.RENTAL, Holding.CONSIGNMENT)
_MAY_GO_OUT = frozenset(KEPT_AS) - {Holding.STOCK}
_IN_THE_HOUSE = frozenset({UnitState.RECEIVED, UnitState.INSPECTED, UnitState.AVAILABLE})
_LONGEST = 2000
_LONGEST_NAME = 200


class OutOnLoan(Conflict):
    """The robot is not in the house; the sentence says who has it."""

    code = "out_on_loan"


@dataclass(frozen=True, slots=True)
class Lending:
    """To whom a robot goes: a customer by id, or a `holder` who is none; and until when.

    `touch`: what was read off it as it went.
    """

    customer_id: int | None = None
    holder: str = ""
    due_on: date | None = None
    condition: str = ""
    touch: Touch = UNREAD


def hold_as(session: Session, actor: Actor, unit: Unit, holding: Holding, *, reason: str) -> None:
    """Keep a robot of the store as stock, for demonstration, to lend, to let, in commission.

    Raises Conflict for a robot that is not the store's to use, or is out.
    """
    actor.require("robots.edit")
    if holding not in KEPT_AS:
        raise Refused(msg("A robot becomes a customer’s by its handover."), field="holding")
    _require_ours(session, unit)
    require_in_house(session, unit)
    if unit.holding is holding:
        return
    before, unit.holding = unit.holding, holding
    said = _text(reason, field="reason")
    _write_down(
        session,
        actor,
        unit,
        msg("Kept as: {holding}", holding=HOLDING_LABELS[holding]),
        action="robot.held_as",
        before={"holding": before},
        after={"holding": holding},
        reason=said or None,
    )


def lend(session: Session, actor: Actor, unit: Unit, to: Lending) -> Loan:
    """Give a robot out; whose it is does not change.

    Raises OutOnLoan when it is out already, Conflict when it is stock, kept for a sale, or must
    not be used by others for a bulletin.
    """
    actor.require("robots.lend")
    _require_ours(session, unit)
    require_in_house(session, unit)
    _require_lendable(session, unit)
    loan = _read(session, actor, unit, to)
    session.add(loan)
    unit.custody = Custody.CUSTOMER
    session.flush()
    touches.keep(session, actor, unit, to.touch, reference=f"loan {loan.id}")
    _write_down(
        session,
        actor,
        unit,
        msg("Given out: {holding}", holding=HOLDING_LABELS[unit.holding]),
        action="robot.lent",
        after={"loan": loan.id, "customer_id": loan.customer_id, "due_on": loan.due_on},
    )
    return loan


def take_in(
    session: Session, actor: Actor, unit: Unit, *, condition: str, touch: Touch = UNREAD
) -> Loan:
    """The robot is back, and was read; raises Conflict when it was not out."""
    actor.require("robots.lend")
    loan = out_now(session, unit.id)
    if loan is None:
        raise Conflict(msg("{serial} is not out on loan.", serial=unit.serial))
    loan.condition_in = _text(condition, field="condition")
    loan.in_at, loan.in_by = clock.now(), actor.name
    unit.custody = Custody.STORE
    session.flush()
    touches.keep(session, actor, unit, touch, reference=f"loan {loan.id}")
    _write_down(
        session,
        actor,
        unit,
        msg("Back from: {holding}", holding=HOLDING_LABELS[loan.holding]),
        action="robot.taken_in",
        after={"loan": loan.id},
    )
    return loan


def out_now(session: Session, unit_id: int) -> Loan | None:
    """The loan that a robot is out on at this moment."""
    return session.scalar(select(Loan).where(Loan.unit_id == unit_id, Loan.in_at.is_(None)))


def of_unit(session: Session, unit_id: int) -> list[tuple[Loan, Customer | None]]:
    """Where a robot has been and with whom, the latest first."""
    rows = session.execute(
        select(Loan, Customer)
        .outerjoin(Customer, Customer.id == Loan.customer_id)
        .where(Loan.unit_id == unit_id)
        .order_by(Loan.out_at.desc(), Loan.id.desc())
    )
    return [(loan, customer) for loan, customer in rows]


def require_in_house(session: Session, unit: Unit) -> None:
    """Raises OutOnLoan: nobody sells, lends or retires what is out.

    Asks nothing of the database for a robot that stands in the house.
    """
    loan = out_now(session, unit.id) if unit.custody is Custody.CUSTOMER else None
    if loan is None:
        return
    raise OutOnLoan(
        msg(
            "{serial} is out ({holding}) since {since}. Take it back first.",
            serial=unit.serial,
            holding=HOLDING_LABELS[loan.holding],
            since=loan.out_at,
        ),
        field="code",
        link=addresses.page_below(unit.serial, "owners"),
    )


def _require_ours(session: Session, unit: Unit) -> None:
    if unit.state not in _IN_THE_HOUSE or ownership.owner_of(session, unit.id) is not None:
        raise Conflict(
            msg(
                "{serial} is not the store’s to use: {state}.",
                serial=unit.serial,
                state=UNIT_STATE_LABELS[unit.state],
            ),
            link=addresses.robot_page(unit.serial),
        )


def _require_lendable(session: Session, unit: Unit) -> None:
    if unit.holding not in _MAY_GO_OUT:
        raise Conflict(
            msg(
                "{serial} is stock. Keep it as loaner, rental, demonstration or consignment first.",
                serial=unit.serial,
            ),
            field="holding",
        )
    if unit.custody is Custody.BENCH:
        raise Conflict(
            msg("{serial} is in the workshop.", serial=unit.serial),
            link=addresses.robot_page(unit.serial),
        )
    claim = claims.live_claim(session, unit.id)
    if claim is not None:
        raise Conflict(
            msg("{serial} is kept for {holder}.", serial=unit.serial, holder=claim.holder),
            link=addresses.owner_page(claim.owner) or addresses.robot_page(unit.serial),
        )

    for concern in concerned.stop_sales(session, unit):
        raise Conflict(
            msg(
                "{serial} must not be given out: bulletin {code}, {title}.",
                serial=unit.serial,
                code=concern.bulletin.code,
                title=concern.bulletin.title,
            ),
            link=addresses.bulletin_page(concern.bulletin.id),
        )


def _read(session: Session, actor: Actor, unit: Unit, to: Lending) -> Loan:
    holder = clean(to.holder)
    if to.customer_id is not None:
        book.by_id(session, actor, to.customer_id)
    elif not holder:
        raise Refused(msg("Say who takes the robot."), field="customer")
    if len(holder) > _LONGEST_NAME:
        raise Refused(
            msg("At most {most} characters fit here.", most=_LONGEST_NAME), field="holder"
        )
    today = desk.business_day_of(desk.store_of(session, unit.store_id))
    if to.due_on is not None and to.due_on < today:
        raise Refused(msg("This day is over already."), field="due_on")
    return Loan(
        store_id=unit.store_id,
        unit_id=unit.id,
        holding=unit.holding,
        customer_id=to.customer_id,
        holder=holder,
        out_at=clock.now(),
        out_by=actor.name,
        due_on=to.due_on,
        condition_out=_text(to.condition, field="condition"),
    )


def _text(said: str, *, field: str) -> str:
    return words.fitting(said, most=_LONGEST, field=field)


def _write_down(
    session: Session,
    actor: Actor,
    unit: Unit,
    summary: Text,
    *,
    action: str,
    before: dict[str, object] | None = None,
    after: dict[str, object],
    reason: str | None = None,
) -> None:
    timeline.note(
        session,
        unit.id,
        kind="loan",
        summary=summary,
        link=addresses.page_below(unit.serial, "owners"),
        actor_name=actor.name,
    )
    audit.record(
        session,
        actor,
        action,
        subject=f"robot:{unit.serial}",
        before=before,
        after=after,
        reason=reason,
    )
