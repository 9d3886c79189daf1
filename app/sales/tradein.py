"""Trade-in: a customer's robot is looked over and gets an offer; `tradeintaking` takes it over."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from enum import StrEnum

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.kernel import audit, clock, numbers
from app.kernel.actor import Actor
from app.kernel.canonical import canonical
from app.kernel.errors import Conflict, Invalid, NotFound, Refused
from app.kernel.money import MOST_MINOR, Money
from app.kernel.searchkeys import clean
from app.kernel.text import Text, msg
from app.robots import addresses, insides, ownership, timeline
from app.robots.models import Unit
from app.robots.states import UNIT_STATE_LABELS, Custody, UnitState
from app.sales import checklists, tradeinvalues
from app.sales.checklists import Answered, Purpose
from app.sales.models import Checklist
from app.sales.tradein_models import OPEN_SQL, Grade, TradeIn
from app.stores import desk

OFFER_DAYS = 14
MOST_DAYS = 90
MOST_MARKS = 40
_LONGEST = 200
_SERIES = "trade_in"
# Who may offer more than the rules suggest.
ABOVE = "counter.big_discount"


class MarkKind(StrEnum):
    SCRATCH = "scratch"
    DENT = "dent"
    CRACK = "crack"
    WORN = "worn"
    MISSING = "missing"
    FAULT = "fault"


MARK_LABELS: dict[MarkKind, Text] = {
    MarkKind.SCRATCH: msg("Scratch"),
    MarkKind.DENT: msg("Dent"),
    MarkKind.CRACK: msg("Crack"),
    MarkKind.WORN: msg("Worn"),
    MarkKind.MISSING: msg("Missing"),
    MarkKind.FAULT: msg("Does not work"),
}
MARK_TONES: dict[MarkKind, str] = {
    MarkKind.SCRATCH: "info",
    MarkKind.DENT: "info",
    MarkKind.CRACK: "warn",
    MarkKind.WORN: "warn",
    MarkKind.MISSING: "bad",
    MarkKind.FAULT: "bad",
}


class TradeInState(StrEnum):
    """Derived: from what happened, and from the day."""

    OFFERED = "offered"
    EXPIRED = "expired"
    TAKEN = "taken"
    WITHDRAWN = "withdrawn"


STATE_LABELS: dict[TradeInState, Text] = {
    TradeInState.OFFERED: msg("Offered"),
    TradeInState.EXPIRED: msg("Expired"),
    TradeInState.TAKEN: msg("Taken in"),
    TradeInState.WITHDRAWN: msg("Withdrawn"),
}


@dataclass(frozen=True, slots=True)
class Mark:
    """What was seen at one place of the body; an empty slot is the robot as a whole."""

    slot: str
    kind: MarkKind
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What is offered: `amount` None for what the rules suggest. `days` on which it stands.

    `is_tax_free`: the seller charges no tax on it, as private persons do not.
    """

    amount: Money | None = None
    reason: str = ""
    days: int = OFFER_DAYS
    is_tax_free: bool = True


def reference(trade_in: TradeIn) -> str:
    """How papers, payments and the journal name it."""
    return f"trade_in:{trade_in.number}"


def label(trade_in: TradeIn) -> str:
    return f"U-{trade_in.number}"


def page(trade_in: TradeIn) -> str:
    return f"/sales/trade-ins/{trade_in.number}"


def offered(trade_in: TradeIn) -> Money:
    return Money(trade_in.offer_minor, trade_in.currency)


def state_of(session: Session, trade_in: TradeIn) -> TradeInState:
    """What it has become; an offer ends with its last day in the store's zone."""
    if trade_in.taken_at is not None:
        return TradeInState.TAKEN
    if trade_in.ended_at is not None:
        return TradeInState.WITHDRAWN
    store = desk.store_of(session, trade_in.store_id)
    is_over = desk.business_day_of(store, clock.now()) > trade_in.valid_until
    return TradeInState.EXPIRED if is_over else TradeInState.OFFERED


def checklist_for(session: Session, actor: Actor, unit: Unit) -> Checklist:
    """The store's list for used robots; where there is none, that of new ones."""
    try:
        return checklists.in_force(session, actor, Purpose.TRADE_IN, unit.model_id)
    except NotFound:
        return checklists.in_force(session, actor, Purpose.PDI, unit.model_id)


def inspect(
    session: Session,
    actor: Actor,
    unit: Unit,
    *,
    answers: Mapping[str, Answered],
    checklist: Checklist,
    marks: Sequence[Mark],
    grade: Grade,
    offer: Offer,
    approved_by: Actor | None = None,
) -> TradeIn:
    """Write down how a customer's robot was found, and what is offered for it.

    Raises Conflict for a robot that is no customer's here, that is in the workshop, or that has an
    open offer; Refused for an offer above what the rules suggest without somebody who may.
    """
    actor.require("robots.inspect")
    owner = _owner(session, unit)
    _require_no_other(session, unit)
    _check_marks(session, unit, marks)
    wear = tradeinvalues.wear_of(session, unit)
    suggested = tradeinvalues.worth(session, actor, unit, grade, wear).amount
    amount = suggested if offer.amount is None else offer.amount
    reason = _check_offer(actor, offer, amount, suggested=suggested, approved_by=approved_by)
    store = desk.store_of(session, actor.store_id)
    now = clock.now()
    trade_in = TradeIn(
        store_id=store.id,
        number=numbers.allot(session, store_id=store.id, series=_SERIES),
        unit_id=unit.id,
        customer_id=owner,
        checklist_id=checklist.id,
        answers=checklists.as_text(answers),
        marks=canonical([asdict(mark) for mark in marks]).decode(),
        hours=wear.hours,
        months=wear.months,
        grade=grade,
        inspected_at=now,
        inspected_by=actor.name,
        suggested_minor=suggested.minor,
        offer_minor=amount.minor,
        currency=amount.currency,
        offer_reason=reason,
        offer_by=(approved_by or actor).name,
        valid_until=desk.business_day_of(store, now) + timedelta(days=offer.days),
        is_tax_free=offer.is_tax_free,
    )
    session.add(trade_in)
    session.flush()
    _tell(session, actor, trade_in, unit, approved_by=approved_by)
    return trade_in


def _tell(
    session: Session, actor: Actor, trade_in: TradeIn, unit: Unit, *, approved_by: Actor | None
) -> None:
    """Into the robot's life and the record."""
    timeline.note(
        session,
        unit.id,
        kind="inspection",
        summary=msg("Looked over for trade-in, grade {grade}", grade=trade_in.grade.value.upper()),
        link=page(trade_in),
        actor_name=actor.name,
    )
    audit.record(
        session,
        actor,
        "trade_in.offered",
        subject=reference(trade_in),
        after={
            "unit": unit.serial,
            "grade": trade_in.grade,
            "suggested": Money(trade_in.suggested_minor, trade_in.currency),
            "offer": offered(trade_in),
            "approved_by": approved_by.name if approved_by else None,
        },
        reason=trade_in.offer_reason or None,
    )


def reprice(
    session: Session,
    actor: Actor,
    trade_in: TradeIn,
    *,
    amount: Money,
    reason: str,
    days: int = OFFER_DAYS,
    approved_by: Actor | None = None,
) -> None:
    """Another offer for the same findings, standing `days` from today."""
    actor.require("robots.inspect")
    _require_open(trade_in)
    before = offered(trade_in)
    suggested = Money(trade_in.suggested_minor, trade_in.currency)
    offer = Offer(amount=amount, reason=reason, days=days, is_tax_free=trade_in.is_tax_free)
    said = _check_offer(actor, offer, amount, suggested=suggested, approved_by=approved_by)
    store = desk.store_of(session, trade_in.store_id)
    trade_in.offer_minor, trade_in.offer_reason = amount.minor, said
    trade_in.offer_by = (approved_by or actor).name
    trade_in.valid_until = desk.business_day_of(store, clock.now()) + timedelta(days=days)
    session.flush()
    audit.record(
        session,
        actor,
        "trade_in.repriced",
        subject=reference(trade_in),
        before={"offer": before},
        after={"offer": amount, "approved_by": approved_by.name if approved_by else None},
        reason=said or None,
    )


def withdraw(session: Session, actor: Actor, trade_in: TradeIn, *, reason: str) -> None:
    """The offer is no more: the customer keeps the robot, or another offer is made."""
    actor.require("robots.inspect")
    _require_open(trade_in)
    said = clean(reason)[:_LONGEST]
    if not said:
        raise Refused(msg("Say why the offer is withdrawn."), field="reason")
    trade_in.ended_at, trade_in.ended_by, trade_in.end_reason = clock.now(), actor.name, said
    session.flush()
    audit.record(session, actor, "trade_in.withdrawn", subject=reference(trade_in), reason=said)


def by_number(session: Session, actor: Actor, number: int) -> TradeIn:
    """A trade-in of the actor's store; raises NotFound."""
    found = session.scalar(
        select(TradeIn).where(TradeIn.store_id == actor.store_id, TradeIn.number == number)
    )
    if found is None:
        raise NotFound(msg("There is no trade-in {number}.", number=f"U-{number}"))
    return found


def open_of(session: Session, unit_id: int) -> TradeIn | None:
    """The offer for a robot that nothing has come of yet, also when its days are over."""
    return session.scalar(select(TradeIn).where(TradeIn.unit_id == unit_id, text(OPEN_SQL)))


def open_of_customer(session: Session, store_id: int, customer_id: int) -> list[TradeIn]:
    """The offers that stand for a customer's robots, newest first."""
    rows = session.scalars(
        select(TradeIn)
        .where(TradeIn.store_id == store_id, TradeIn.customer_id == customer_id, text(OPEN_SQL))
        .order_by(TradeIn.id.desc())
    )
    return [row for row in rows if state_of(session, row) is TradeInState.OFFERED]


def marks_of(trade_in: TradeIn) -> list[Mark]:
    return [
        Mark(one["slot"], MarkKind(one["kind"]), one["note"]) for one in json.loads(trade_in.marks)
    ]


def _owner(session: Session, unit: Unit) -> int:
    """Whose the robot is; raises Conflict unless a customer has it and may give it away."""
    owner = ownership.owner_of(session, unit.id)
    here = addresses.robot_page(unit.serial)
    if owner is None or unit.state is not UnitState.HANDED_OVER:
        raise Conflict(
            msg(
                "{serial} is no customer’s to give: {state}.",
                serial=unit.serial,
                state=UNIT_STATE_LABELS[unit.state],
            ),
            link=here,
        )
    if unit.custody is Custody.BENCH:
        raise Conflict(
            msg("{serial} is in the workshop. Its repair comes first.", serial=unit.serial),
            link=here,
        )
    return owner


def _require_no_other(session: Session, unit: Unit) -> None:
    other = open_of(session, unit.id)
    if other is None:
        return
    if state_of(session, other) is TradeInState.EXPIRED:
        other.ended_at, other.ended_by, other.end_reason = clock.now(), "", "expired"
        session.flush()
        return
    raise Conflict(
        msg(
            "There is an offer for {serial} already: {number}.",
            serial=unit.serial,
            number=label(other),
        ),
        link=page(other),
    )


def _require_open(trade_in: TradeIn) -> None:
    if trade_in.taken_at is not None or trade_in.ended_at is not None:
        raise Conflict(
            msg("{number} is over; it stays as it is.", number=label(trade_in)),
            link=page(trade_in),
        )


def _check_marks(session: Session, unit: Unit, marks: Sequence[Mark]) -> None:
    if len(marks) > MOST_MARKS:
        raise Refused(msg("At most {most} marks fit here.", most=MOST_MARKS), field="marks")
    places = {place.path for place in insides.view(session, unit).places} if marks else set()
    problems = {
        f"slot-{index}": msg("This robot has no such place.")
        for index, mark in enumerate(marks)
        if mark.slot and mark.slot not in places
    }
    if problems:
        raise Invalid(msg("Please look at the marked fields."), problems=problems)


def _check_offer(
    actor: Actor, offer: Offer, amount: Money, *, suggested: Money, approved_by: Actor | None
) -> str:
    """The reason as it is kept; raises Refused for an offer that may not be made so."""
    reason = clean(offer.reason)[:_LONGEST]
    if amount.currency != suggested.currency:
        raise Refused(
            msg("This store counts in {currency}.", currency=suggested.currency), field="amount"
        )
    if not 0 < amount.minor <= MOST_MINOR:
        raise Refused(
            msg("No rule says what this robot is worth. Type an offer above nothing.")
            if not suggested
            else msg("An offer is more than nothing."),
            field="amount",
        )
    if not 1 <= offer.days <= MOST_DAYS:
        raise Refused(msg("An offer stands 1 to {most} days.", most=MOST_DAYS), field="days")
    if amount != suggested and not reason:
        raise Refused(msg("Say why the offer is not what the rules suggest."), field="reason")
    if amount > suggested and not (approved_by or actor).may(ABOVE):
        raise Refused(
            msg(
                "{name} may offer up to {suggested}. A manager can allow more with the PIN.",
                name=actor.name,
                suggested=suggested,
            ),
            field="amount",
        )
    return reason if amount != suggested else ""
