"""How a store asks: whether, how often, how long, and until when bad answers are followed up."""

from dataclasses import asdict, dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel import audit
from app.kernel.actor import Actor
from app.kernel.text import Text, msg
from app.survey.models import SurveyRules
from app.web.forms import Reading

# field -> between which values
LIMITS: dict[str, tuple[int, int]] = {
    "quiet_days": (0, 3650),
    "valid_days": (1, 365),
    "follow_up_days": (1, 30),
    "least_answers": (5, 1000),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """`quiet_days`: between two questions to a customer; `valid_days`: how long a link opens its
    question; `follow_up_days`: working days until a bad answer is followed up; `least_answers`:
    fewer give no figure, so that nobody is judged by a few and no customer can be singled out.
    """

    asks: bool = True
    quiet_days: int = 30
    valid_days: int = 30
    follow_up_days: int = 2
    least_answers: int = 5


def of_store(session: Session, store_id: int) -> Rules:
    """The store's rules, the defaults until it has said any."""
    row = _row(session, store_id)
    if row is None:
        return Rules()
    return Rules(asks=row.asks, **{name: getattr(row, name) for name in LIMITS})


def change(session: Session, actor: Actor, rules: Rules) -> None:
    """How this store asks from now on; links that are out keep their day. Raises Invalid."""
    actor.require("settings.edit")
    seen = Reading()
    for name, (least, most) in LIMITS.items():
        if not least <= getattr(rules, name) <= most:
            seen.refuse(name, between(least, most))
    seen.done()
    before = of_store(session, actor.store_id)
    row = _row(session, actor.store_id)
    if row is None:
        session.add(SurveyRules(store_id=actor.store_id, **asdict(rules)))
    else:
        for name, value in asdict(rules).items():
            setattr(row, name, value)
    session.flush()
    audit.record(
        session,
        actor,
        "survey.rules_changed",
        subject=f"store:{actor.store_id}",
        before=asdict(before),
        after=asdict(rules),
    )


def between(least: int, most: int) -> Text:
    return msg("A whole number from {least} to {most}.", least=least, most=most)


def _row(session: Session, store_id: int) -> SurveyRules | None:
    return session.scalar(select(SurveyRules).where(SurveyRules.store_id == store_id))
