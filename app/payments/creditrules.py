"""What a store says of gift cards and credit: how much, for how long, and who gives goodwill."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.money import Money
from app.kernel.text import msg
from app.payments.gift_card_models import CreditRules
from app.stores import desk
from app.web.forms import Reading

MOST_MONTHS = 120
_CARD_MOST, _GOODWILL = 100_000, 5_000


@dataclass(frozen=True, slots=True)
class Rules:
    """`card_most` is what one card holds; months of 0 are for ever; `goodwill` is what salespeople
    give alone.
    """

    card_most: Money
    card_months: int
    credit_months: int
    goodwill: Money


def of_store(session: Session, store_id: int) -> Rules:
    """The store's rules; until it has said any: 1,000.00 on a card, for ever, 50.00 alone."""
    currency = desk.store_of(session, store_id).currency
    row = row_of(session, store_id)
    if row is None:
        return Rules(Money(_CARD_MOST, currency), 0, 0, Money(_GOODWILL, currency))
    return Rules(
        Money(row.card_most_minor, currency),
        row.card_months,
        row.credit_months,
        Money(row.goodwill_minor, currency),
    )


def row_of(session: Session, store_id: int) -> CreditRules | None:
    return session.scalar(select(CreditRules).where(CreditRules.store_id == store_id))


def change(session: Session, actor: Actor, rules: Rules) -> None:
    """For what is sold and given from now on: what is out keeps its day. Raises Invalid."""
    actor.require("settings.edit")
    seen = Reading()
    if rules.card_most.minor <= 0:
        seen.refuse("card_most", msg("A card holds more than nothing."))
    if rules.goodwill.minor < 0:
        seen.refuse("goodwill", msg("A limit is not negative."))
    for name, months in (
        ("card_months", rules.card_months),
        ("credit_months", rules.credit_months),
    ):
        if not 0 <= months <= MOST_MONTHS:
            seen.refuse(name, msg("Between 0 and {most} months.", most=MOST_MONTHS))
    seen.done()
    before = of_store(session, actor.store_id)
    row = row_of(session, actor.store_id)
    if row is None:
        row = CreditRules(
            store_id=actor.store_id,
            card_most_minor=rules.card_most.minor,
            card_months=rules.card_months,
            credit_months=rules.credit_months,
            goodwill_minor=rules.goodwill.minor,
        )
        session.add(row)
    else:
        row.card_most_minor = rules.card_most.minor
        row.card_months, row.credit_months = rules.card_months, rules.credit_months
        row.goodwill_minor = rules.goodwill.minor
    session.flush()
    audit.record(
        session,
        actor,
        "credit.rules_changed",
        subject=f"store:{actor.store_id}",
        before=_facts(before),
        after=_facts(rules),
    )


def last_day(session: Session, store_id: int, months: int) -> date | None:
    """The last day of something that is given now for so many months."""
    if not months:
        return None
    store = desk.store_of(session, store_id)
    return clock.add_months(desk.business_day_of(store, clock.now()), months)


def _facts(rules: Rules) -> dict[str, object]:
    return {
        "card_most": rules.card_most,
        "card_months": rules.card_months,
        "credit_months": rules.credit_months,
        "goodwill": rules.goodwill,
    }
