"""What a used robot is worth: a share of its model's price today, by grade, age and hours."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.errors import NotFound, Refused
from app.kernel.money import Money, half_up
from app.kernel.tax import BASIS
from app.kernel.text import Text, msg
from app.robots import counters, makers
from app.robots.counters import SECONDS_PER_HOUR
from app.robots.models import Ownership, RobotModel, Unit
from app.robots.slot_models import Counter
from app.sales import catalogue
from app.sales.tradein_models import Grade, TradeInRule
from app.stores import desk

GRADE_LABELS: dict[Grade, Text] = {
    Grade.A: msg("A: like new"),
    Grade.B: msg("B: signs of use, everything works"),
    Grade.C: msg("C: worn, or something to repair"),
    Grade.D: msg("D: for parts"),
}
_HOURS_STEP = 1000
_DAYS_PER_MONTH = 30.44


@dataclass(frozen=True, slots=True)
class Wear:
    """`months` since the robot was first handed over; `hours` None where nobody read the meter."""

    months: int
    hours: int | None


@dataclass(frozen=True, slots=True)
class Shares:
    """What a rule says, in basis points: at the start, less by month and by 1,000 h, at least."""

    start: int
    month: int = 0
    hours: int = 0
    least: int = 0


@dataclass(frozen=True, slots=True)
class Worth:
    """A suggestion and the share of the new price that it is; no rule or price: nothing."""

    amount: Money
    share_bp: int
    new_price: Money | None


def wear_of(session: Session, unit: Unit) -> Wear:
    """Age by the first owner, hours by the meters."""
    first = session.scalar(
        select(Ownership.since)
        .where(Ownership.unit_id == unit.id)
        .order_by(Ownership.since)
        .limit(1)
    )
    months = int((clock.now() - first).days / _DAYS_PER_MONTH) if first else 0
    counted = counters.latest(session, unit.id).get(Counter.HOURS)
    return Wear(months, counted.total // SECONDS_PER_HOUR if counted else None)


def worth(session: Session, actor: Actor, unit: Unit, grade: Grade, wear: Wear) -> Worth:
    """What to offer for a robot of this grade."""
    nothing = Money(0, desk.store_of(session, actor.store_id).currency)
    product = catalogue.of_model(session, actor, unit.model_id)
    price = Money(product.price_minor, product.currency) if product else None
    rule = rule_for(session, actor.store_id, unit.model_id, grade)
    if rule is None or price is None:
        return Worth(nothing, 0, price)
    share = share_of(rule, wear)
    return Worth(Money(half_up(price.minor * share, BASIS), price.currency), share, price)


def share_of(rule: TradeInRule, wear: Wear) -> int:
    """The share of the new price, in basis points; never below the rule's least."""
    by_hours = rule.hours_bp * (wear.hours or 0) // _HOURS_STEP
    return max(rule.least_bp, rule.start_bp - rule.month_bp * wear.months - by_hours)


def rule_for(session: Session, store_id: int, model_id: int, grade: Grade) -> TradeInRule | None:
    """The model's own rule for a grade, else that of every model."""
    return session.scalar(
        select(TradeInRule)
        .where(
            TradeInRule.store_id == store_id,
            TradeInRule.grade == grade,
            or_(TradeInRule.model_id == model_id, TradeInRule.model_id.is_(None)),
        )
        .order_by(TradeInRule.model_id.is_(None))
        .limit(1)
    )


def rules(session: Session, actor: Actor) -> Sequence[tuple[TradeInRule, RobotModel | None]]:
    """Every rule of the store: those of all models first, then by model and grade."""
    rows = session.execute(
        select(TradeInRule, RobotModel)
        .outerjoin(RobotModel, RobotModel.id == TradeInRule.model_id)
        .where(TradeInRule.store_id == actor.store_id)
        .order_by(TradeInRule.model_id.is_not(None), RobotModel.name, TradeInRule.grade)
    )
    return [(rule, model) for rule, model in rows]


def set_rule(
    session: Session,
    actor: Actor,
    *,
    model_id: int | None,
    grade: Grade,
    shares: Shares,
) -> TradeInRule:
    """Say what a grade is worth; an earlier word on the same is replaced."""
    actor.require("settings.edit")
    for name, share in asdict(shares).items():
        if not 0 <= share <= BASIS:
            raise Refused(msg("A share is between 0 and 100 %."), field=name)
    if model_id is not None:
        makers.model_by_id(session, model_id)
    if shares.least > shares.start:
        raise Refused(msg("The least share is not above the first."), field="least")
    rule = _exactly(session, actor.store_id, model_id, grade)
    before = None
    if rule is None:
        rule = TradeInRule(
            store_id=actor.store_id,
            model_id=model_id,
            grade=grade,
            start_bp=shares.start,
            month_bp=shares.month,
            hours_bp=shares.hours,
            least_bp=shares.least,
        )
        session.add(rule)
    else:
        before = _facts(rule)
        rule.start_bp, rule.month_bp = shares.start, shares.month
        rule.hours_bp, rule.least_bp = shares.hours, shares.least
    session.flush()
    audit.record(
        session,
        actor,
        "trade_in_rule.set",
        subject=f"trade_in_rule:{rule.id}",
        before=before,
        after=_facts(rule),
    )
    return rule


def drop_rule(session: Session, actor: Actor, rule_id: int) -> None:
    """Forget a rule; offers that were made by it stay. Raises NotFound."""
    actor.require("settings.edit")
    rule = session.get(TradeInRule, rule_id)
    if rule is None or rule.store_id != actor.store_id:
        raise NotFound(msg("There is no such rule."))
    audit.record(
        session,
        actor,
        "trade_in_rule.dropped",
        subject=f"trade_in_rule:{rule.id}",
        before=_facts(rule),
    )
    session.delete(rule)
    session.flush()


def _exactly(
    session: Session, store_id: int, model_id: int | None, grade: Grade
) -> TradeInRule | None:
    same_model = (
        TradeInRule.model_id.is_(None) if model_id is None else TradeInRule.model_id == model_id
    )
    return session.scalar(
        select(TradeInRule).where(
            TradeInRule.store_id == store_id, TradeInRule.grade == grade, same_model
        )
    )


def _facts(rule: TradeInRule) -> dict[str, object]:
    return {
        "model_id": rule.model_id,
        "grade": rule.grade,
        "start_bp": rule.start_bp,
        "month_bp": rule.month_bp,
        "hours_bp": rule.hours_bp,
        "least_bp": rule.least_bp,
    }
