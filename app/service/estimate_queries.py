"""What the pages of an estimate show: its lines with payers and part state, its sums, what may be
offered again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.money import Money
from app.kernel.text import Text
from app.parts import stock
from app.robots.slotnames import name_of
from app.service import (
    decisions,
    estimates,
    reserving,
    sending,
    totals,
)
from app.service.estimate_models import (
    Decision,
    Estimate,
    EstimateLine,
    EstimateState,
    PayerShare,
)
from app.service.estimates import ESTIMATE_LABELS, KIND_LABELS, Sheet
from app.service.models import Ticket
from app.service.payers import PAYER_LABELS, Payer
from app.service.reserving import Standing
from app.service.totals import PayerTotal, Sums
from app.stores import desk as stores

ESTIMATE_TONES: dict[EstimateState, str] = {
    EstimateState.DRAFT: "hold",
    EstimateState.SENT: "info",
    EstimateState.DECIDED: "ok",
    EstimateState.SUPERSEDED: "",
}


@dataclass(frozen=True, slots=True)
class ShareView:
    label: Text
    amount: Money
    share: PayerShare


@dataclass(frozen=True, slots=True)
class LineView:
    """A line as tables show it. `free` counts the shelf while the line is not approved yet."""

    line: EstimateLine
    currency: str
    standing: Standing | None = None
    free: int | None = None
    approved_before: bool = False

    @property
    def kind(self) -> Text:
        return KIND_LABELS[self.line.kind]

    @property
    def code(self) -> str:
        return self.line.part_number or self.line.operation_code

    @property
    def slot(self) -> Text | None:
        return name_of(self.line.slot_path) if self.line.slot_path else None

    @property
    def hours(self) -> str:
        """Standard time of all pieces, `2.5 h`."""
        minutes = self.line.minutes * self.line.quantity
        return f"{minutes / 60:.2f}".rstrip("0").rstrip(".") if minutes else ""

    @property
    def price(self) -> Money:
        return Money(self.line.unit_price_minor, self.currency)

    @property
    def list_price(self) -> Money | None:
        listed = self.line.list_price_minor
        return None if listed is None else Money(listed, self.currency)

    @property
    def total(self) -> Money:
        return Money(self.line.total_minor, self.currency)

    @property
    def customer_pays(self) -> Money:
        return Money(totals.share_of(self.line, Payer.CUSTOMER), self.currency)

    @property
    def shares(self) -> list[ShareView]:
        return [
            ShareView(PAYER_LABELS[one.payer], Money(one.amount_minor, self.currency), one)
            for one in self.line.shares
        ]

    @property
    def decision(self) -> Decision | None:
        return self.line.decision

    @property
    def is_short(self) -> bool:
        if self.standing is not None:
            return self.standing.missing > 0
        return self.free is not None and self.free < self.line.quantity


@dataclass(frozen=True, slots=True)
class EstimateView:
    """One version with all that its page says."""

    estimate: Estimate
    lines: tuple[LineView, ...]
    sums: Sums
    may_recall: bool

    @property
    def is_draft(self) -> bool:
        return self.estimate.state is EstimateState.DRAFT

    @property
    def undecided(self) -> list[LineView]:
        return [line for line in self.lines if line.decision is None]


def view(session: Session, ticket: Ticket, estimate: Estimate) -> EstimateView:
    """A version that was loaded with its lines: three statements, however many lines."""
    standings = reserving.standings(session, ticket) if estimate.decided_at else {}
    open_parts = {line.part_id for line in estimate.lines if line.part_id}
    frees = stock.frees(session, open_parts) if not estimate.decided_at else {}
    before = _approved_before(session, ticket, estimate)
    return EstimateView(
        estimate=estimate,
        lines=tuple(
            LineView(
                line,
                estimate.currency,
                standing=standings.get(line.id),
                free=max(frees[line.part_id], 0) if line.part_id in frees else None,
                approved_before=line.key in before,
            )
            for line in estimate.lines
        ),
        sums=_sums(estimate),
        may_recall=sending.may_recall(estimate, clock.now()),
    )


def for_customer(session: Session, ticket: Ticket, estimate: Estimate) -> EstimateView:
    """The same as its customer sees it: what lies on our shelves is not asked."""
    before = _approved_before(session, ticket, estimate)
    return EstimateView(
        estimate=estimate,
        lines=tuple(
            LineView(line, estimate.currency, approved_before=line.key in before)
            for line in estimate.lines
        ),
        sums=_sums(estimate),
        may_recall=False,
    )


def _approved_before(session: Session, ticket: Ticket, estimate: Estimate) -> set[str]:
    if estimate.version == 1:
        return set()
    return decisions.approved_before(session, Sheet(ticket, estimate))


@dataclass(frozen=True, slots=True)
class Desk:
    """What stands beside the lines: what was declined before, and the versions."""

    declined: Sequence[LineView]
    versions: Sequence[Estimate]


def desk_of(session: Session, actor: Actor, ticket: Ticket) -> Desk:
    """What was declined only while somebody may offer it again."""
    writing = ticket.ended_at is None and actor.may("service.estimate")
    currency = stores.store_of(session, ticket.store_id).currency
    return Desk(
        declined=[LineView(line, currency) for line in estimates.declined_before(session, ticket)]
        if writing
        else [],
        versions=estimates.versions(session, ticket),
    )


def panel(session: Session, actor: Actor, ticket: Ticket) -> Mapping[str, object]:  # noqa: ARG001
    """What the ticket's first page says of its estimate."""
    newest = estimates.newest(session, ticket)
    if newest is None:
        return {"estimate": None}
    waits = newest.decided_at is not None and ticket.ended_at is None
    standings = reserving.standings(session, ticket) if waits else {}
    return {
        "estimate": newest,
        "sums": _sums(newest),
        "label": ESTIMATE_LABELS[newest.state],
        "tone": ESTIMATE_TONES[newest.state],
        "payers": PAYER_LABELS,
        "missing": sum(one.missing for one in standings.values()),
    }


def customers_part(estimate: Estimate) -> PayerTotal:
    """What the customer pays of a version, tax by rate."""
    return _sums(estimate).share_of(Payer.CUSTOMER)


def _sums(estimate: Estimate) -> Sums:
    """Once all is decided only what was approved is done, and paid."""
    counted = estimates.approved_of(estimate) if estimate.decided_at else estimate.lines
    return totals.sums(estimate, counted)
