"""What the pages of trade-in show."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.customers.models import Customer
from app.kernel.actor import Actor
from app.kernel.money import Money
from app.kernel.text import msg
from app.payments import issuing
from app.robots import addresses, bodylook, insides
from app.robots.bodylook import Body, Look
from app.robots.bodylook import Mark as SlotMark
from app.robots.models import RobotModel, Unit
from app.robots.states import UnitState
from app.sales import checklists, tradein, tradeinvalues, usedrobots
from app.sales.checklists import Item
from app.sales.models import Checklist, Order
from app.sales.tradein import MARK_LABELS, MARK_TONES, STATE_LABELS, Mark, TradeInState
from app.sales.tradein_models import Grade, TradeIn
from app.sales.tradeintaking import PAYOUT_LABELS
from app.sales.tradeinvalues import GRADE_LABELS, Wear, Worth
from app.web import paging
from app.web.paging import Page

# A robot in these states is the store's to price.
_OURS = frozenset({UnitState.RECEIVED, UnitState.INSPECTED, UnitState.AVAILABLE})
STATE_TONES: dict[TradeInState, str] = {
    TradeInState.OFFERED: "info",
    TradeInState.EXPIRED: "warn",
    TradeInState.TAKEN: "ok",
    TradeInState.WITHDRAWN: "",
}


@dataclass(frozen=True, slots=True)
class TradeInRow:
    """One line of the list."""

    trade_in: TradeIn
    unit: Unit
    model: RobotModel
    customer: Customer
    state: TradeInState

    @property
    def label(self) -> str:
        return tradein.label(self.trade_in)

    @property
    def page(self) -> str:
        return tradein.page(self.trade_in)

    @property
    def offer(self) -> Money:
        return tradein.offered(self.trade_in)


def listed(session: Session, actor: Actor, *, cursor: str | None = None) -> Page[TradeInRow]:
    """The store's trade-ins, the newest first."""
    actor.require("orders.view")
    wanted = (
        select(TradeIn, Unit, RobotModel, Customer)
        .join(Unit, Unit.id == TradeIn.unit_id)
        .join(RobotModel, RobotModel.id == Unit.model_id)
        .join(Customer, Customer.id == TradeIn.customer_id)
        .where(TradeIn.store_id == actor.store_id)
        .order_by(TradeIn.id.desc())
        .limit(paging.PAGE + 1)
    )
    if cursor:
        (last,) = paging.decode(cursor, int)
        wanted = wanted.where(TradeIn.id < last)
    rows = [
        TradeInRow(found, unit, model, customer, tradein.state_of(session, found))
        for found, unit, model, customer in session.execute(wanted)
    ]
    shown = rows[: paging.PAGE]
    more = len(rows) > paging.PAGE
    return Page(shown, paging.encode(shown[-1].trade_in.id) if more else None)


def asking(session: Session, actor: Actor, unit: Unit) -> dict[str, Any]:
    """The form to look a robot over: places, the list, and what each grade would bring."""
    inside = insides.view(session, unit)
    wear = tradeinvalues.wear_of(session, unit)
    return {
        "unit": unit,
        "model": session.get_one(RobotModel, unit.model_id),
        "places": [(place.path, place.name) for place in inside.places],
        "items": items_of(tradein.checklist_for(session, actor, unit)),
        "wear": wear,
        "worths": _worths(session, actor, unit, wear),
        "grades": GRADE_LABELS,
        "kinds": MARK_LABELS,
        "here": addresses.page_below(unit.serial, "trade-in"),
        "robot_page": addresses.robot_page(unit.serial),
    }


def one(session: Session, actor: Actor, trade_in: TradeIn) -> dict[str, Any]:
    """The page of a trade-in."""
    unit = session.get_one(Unit, trade_in.unit_id)
    inside = insides.view(session, unit)
    marks = tradein.marks_of(trade_in)
    order = session.get(Order, trade_in.order_id) if trade_in.order_id else None
    papers = issuing.documents_of(session, actor.store_id, tradein.reference(trade_in))
    return {
        "trade_in": trade_in,
        "label": tradein.label(trade_in),
        "state": (state := tradein.state_of(session, trade_in)),
        "state_label": STATE_LABELS[state],
        "state_tone": STATE_TONES[state],
        "is_standing": state is TradeInState.OFFERED,
        "offer": tradein.offered(trade_in),
        "suggested": Money(trade_in.suggested_minor, trade_in.currency),
        "settled": Money(trade_in.settled_minor, trade_in.currency),
        "paid_out": Money(trade_in.payout_minor, trade_in.currency),
        "payouts": PAYOUT_LABELS,
        "own_price": usedrobots.own_price(session, unit.id),
        "is_ours": trade_in.taken_at is not None and unit.state in _OURS,
        "grade": GRADE_LABELS[trade_in.grade],
        "unit": unit,
        "model": session.get_one(RobotModel, unit.model_id),
        "customer": session.get_one(Customer, trade_in.customer_id),
        "order": order,
        "papers": papers,
        "items": items_of(session.get_one(Checklist, trade_in.checklist_id)),
        "answers": checklists.from_text(trade_in.answers),
        "marks": [(mark, _place_name(inside, mark), MARK_LABELS[mark.kind]) for mark in marks],
        "mark_tones": MARK_TONES,
        "body": _body(inside, marks) if inside.places else None,
        "inside": inside,
        "looks": (),
        "slot_page": lambda path: addresses.page_below(unit.serial, "slots", path),
        "here": tradein.page(trade_in),
        "robot_page": addresses.robot_page(unit.serial),
    }


def items_of(checklist: Checklist) -> list[Item]:
    return checklists.items_of(checklist)


def _worths(session: Session, actor: Actor, unit: Unit, wear: Wear) -> list[tuple[Grade, Worth]]:
    return [(grade, tradeinvalues.worth(session, actor, unit, grade, wear)) for grade in Grade]


def _place_name(inside: insides.Inside, mark: Mark) -> object:
    return next(
        (place.name for place in inside.places if place.path == mark.slot),
        msg("the robot as a whole"),
    )


def _body(inside: insides.Inside, marks: list[Mark]) -> Body:
    """The body with what was seen; a slot with several marks shows the last."""
    said = {
        mark.slot: SlotMark(MARK_TONES[mark.kind], MARK_LABELS[mark.kind], MARK_LABELS[mark.kind])
        for mark in marks
        if mark.slot
    }
    sound = SlotMark("ok", msg("Nothing to note"), msg("nothing to note"))
    return bodylook.marked(inside, said, look=Look.FAULTS, otherwise=sound)
