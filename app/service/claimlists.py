"""Lists of claims: open ones by state, how old they are, and by whom how much is owed."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.money import Money
from app.kernel.text import Text, msg
from app.service.claim_models import Claim, ClaimState
from app.service.claims import OVER
from app.service.models import Ticket
from app.stores import desk
from app.web import paging

# Days since a claim went off, each up to and with its last; the last group has no end.
AGES: tuple[tuple[int | None, Text], ...] = (
    (30, msg("up to 30 days")),
    (60, msg("31 to 60 days")),
    (90, msg("61 to 90 days")),
    (None, msg("over 90 days")),
)
_DONE = tuple(OVER)


@dataclass(slots=True)
class Owing:
    """What one debtor owes, by age; minor units in the order of AGES."""

    debtor: str
    count: int = 0
    minor: list[int] = field(default_factory=lambda: [0] * len(AGES))


@dataclass(frozen=True, slots=True)
class Ageing:
    """The report: a row for each debtor, the one who owes most first, and the sums."""

    currency: str
    rows: list[Owing]

    @property
    def sums(self) -> list[Money]:
        return [self.money(sum(row.minor[at] for row in self.rows)) for at in range(len(AGES))]

    @property
    def total(self) -> Money:
        return self.money(sum(sum(row.minor) for row in self.rows))

    def money(self, minor: int) -> Money:
        return Money(minor, self.currency)


def page(
    session: Session, actor: Actor, *, state: ClaimState | None, cursor: str = ""
) -> paging.Page[Claim]:
    """Claims of the store, the newest first; one state, or all."""
    actor.require("service.claims")
    wanted = (
        select(Claim)
        .where(Claim.store_id == actor.store_id)
        .order_by(Claim.id.desc())
        .limit(paging.PAGE + 1)
        .options(
            joinedload(Claim.ticket).joinedload(Ticket.unit),
            joinedload(Claim.maker),
        )
    )
    if state is not None:
        wanted = wanted.where(Claim.state == state)
    if cursor:
        (last,) = paging.decode(cursor, int)
        wanted = wanted.where(Claim.id < int(last))
    rows = session.scalars(wanted).all()
    shown = rows[: paging.PAGE]
    more = len(rows) > paging.PAGE
    return paging.Page(shown, paging.encode(shown[-1].id) if more else None)


def ageing(session: Session, actor: Actor) -> Ageing:
    """What is owed and by whom, by how long ago it was asked for."""
    actor.require("service.claims")
    currency = desk.store_of(session, actor.store_id).currency
    rows: dict[str, Owing] = defaultdict(lambda: Owing(""))
    now = clock.now()
    for debtor, amount, granted, submitted_at in session.execute(
        select(Claim.debtor, Claim.amount_minor, Claim.granted_minor, Claim.submitted_at).where(
            Claim.store_id == actor.store_id,
            Claim.submitted_at.is_not(None),
            Claim.state.not_in(_DONE),
        )
    ):
        row = rows[debtor]
        row.debtor = debtor
        row.count += 1
        row.minor[_group(submitted_at or now, now)] += amount if granted is None else granted
    found = sorted(rows.values(), key=lambda row: (-sum(row.minor), row.debtor))
    return Ageing(currency, found)


def _group(submitted_at: datetime, now: datetime) -> int:
    days = (now - submitted_at).days
    return next(at for at, (most, _) in enumerate(AGES) if most is None or days <= most)
