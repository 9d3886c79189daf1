"""Ours against the card service's own list: what differs is named, and asked about again."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.kernel.db import Database
from app.kernel.money import Money
from app.kernel.text import Text, msg
from app.payments import booking
from app.payments.intents import SUCCEEDED, IntentReport, RefundReport
from app.payments.models import Bill, PaymentAttempt, Tender
from app.payments.refund_models import Refund
from app.payments.states import AttemptState, RefundState
from app.payments.stripe_gate import gate_of

MOST = 2_000
# So much later a payment that we began may be made, and a refund be asked for.
_LATER = timedelta(days=1)
_BY_SERVICE = (Tender.CARD, Tender.ONLINE)


class Kind(StrEnum):
    """How ours and theirs differ."""

    NOT_OURS = "not_ours"
    NOT_BOOKED = "not_booked"
    NOT_THEIRS = "not_theirs"
    OTHER_AMOUNT = "other_amount"
    REFUND_NOT_OURS = "refund_not_ours"
    REFUND_NOT_BOOKED = "refund_not_booked"
    REFUND_NOT_THEIRS = "refund_not_theirs"


KIND_LABELS: dict[Kind, Text] = {
    Kind.NOT_OURS: msg("Charged there, and no payment of ours"),
    Kind.NOT_BOOKED: msg("Charged there, and not booked here"),
    Kind.NOT_THEIRS: msg("Booked here, and not charged there"),
    Kind.OTHER_AMOUNT: msg("Another amount there than here"),
    Kind.REFUND_NOT_OURS: msg("Given back there, and no refund of ours"),
    Kind.REFUND_NOT_BOOKED: msg("Given back there, and not booked here"),
    Kind.REFUND_NOT_THEIRS: msg("Booked as given back here, and not there"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that is not the same: `ours` and `theirs` as each counts it.

    `attempt_id` or `refund_id`: what asking again is about; None where nothing of ours is.
    """

    kind: Kind
    provider_id: str
    reference: str = ""
    ours: Money | None = None
    theirs: Money | None = None
    attempt_id: int | None = None
    refund_id: int | None = None

    def is_here(self, later: Collection[str]) -> bool:
        """What they made only after these days is compared with those days."""
        is_missing = self.kind in (Kind.NOT_THEIRS, Kind.REFUND_NOT_THEIRS)
        return not (is_missing and self.provider_id in later)

    @property
    def label(self) -> Text:
        return KIND_LABELS[self.kind]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A stretch of time compared: how many were the same, and each that was not."""

    same: int
    differences: tuple[Difference, ...]
    is_cut: bool


def compare(database: Database, actor: Actor, *, since: datetime, until: datetime) -> Comparison:
    """Compare what was charged and given back in a stretch of time. Asks the card service: never
    inside a transaction. What belongs to another store of the same account is left out.
    """
    actor.require("payments.reconcile")
    gate = gate_of(database)
    first, last = int(since.timestamp()), int(until.timestamp())
    intents = gate.intents_since(first, last, most=MOST)
    given_back = gate.refunds_since(first, last, most=MOST)
    after = int((until + _LATER).timestamp())
    later = {one.id for one in gate.intents_since(last, after, most=MOST)}
    later |= {one.id for one in gate.refunds_since(last, after, most=MOST)}
    with database.reading() as session:
        paid = list(_payments(session, actor.store_id, intents, since=since, until=until))
        back = list(_refunds(session, actor.store_id, given_back, since=since, until=until))
    found = [one for one in (*paid, *back) if one is not None]
    return Comparison(
        same=len(paid) + len(back) - len(found),
        differences=tuple(one for one in found if one.is_here(later)),
        is_cut=MOST in (len(intents), len(given_back)),
    )


def _payments(
    session: Session,
    store_id: int,
    intents: Iterable[IntentReport],
    *,
    since: datetime,
    until: datetime,
) -> Iterator[Difference | None]:
    """None for each that is the same."""
    taken = {one.id: one for one in intents if one.status == SUCCEEDED}
    ours = _attempts(session, store_id, taken, since=since, until=until)
    for intent_id, report in taken.items():
        known = ours.get(intent_id)
        if known is None:
            if report.metadata.get("store") in (None, str(store_id)):
                yield Difference(
                    kind=Kind.NOT_OURS,
                    provider_id=intent_id,
                    reference=report.metadata.get("bill", ""),
                    theirs=report.received,
                )
            continue
        yield _payment(known, report)
    for intent_id, (attempt, bill) in ours.items():
        if intent_id not in taken and attempt.entry_id is not None:
            yield Difference(
                kind=Kind.NOT_THEIRS,
                provider_id=intent_id,
                reference=bill.reference,
                ours=booking.amount_of(attempt),
                attempt_id=attempt.id,
            )


def _payment(known: tuple[PaymentAttempt, Bill], report: IntentReport) -> Difference | None:
    attempt, bill = known
    ours = booking.amount_of(attempt)
    is_booked = attempt.state is AttemptState.CAPTURED and attempt.entry_id is not None
    if is_booked and ours == report.received:
        return None
    return Difference(
        kind=Kind.OTHER_AMOUNT if ours != report.received else Kind.NOT_BOOKED,
        provider_id=report.id,
        reference=bill.reference,
        ours=ours,
        theirs=report.received,
        attempt_id=attempt.id,
    )


def _attempts(
    session: Session,
    store_id: int,
    taken: Mapping[str, IntentReport],
    *,
    since: datetime,
    until: datetime,
) -> dict[str, tuple[PaymentAttempt, Bill]]:
    """Our payments that the service took, or that we began in this time, by its id."""
    in_time = (PaymentAttempt.started_at >= since) & (PaymentAttempt.started_at < until)
    rows = session.execute(
        select(PaymentAttempt, Bill)
        .join(Bill, Bill.id == PaymentAttempt.bill_id)
        .where(
            PaymentAttempt.store_id == store_id,
            PaymentAttempt.tender.in_(_BY_SERVICE),
            PaymentAttempt.intent_id.is_not(None),
            in_time | PaymentAttempt.intent_id.in_(list(taken)),
        )
    )
    return {attempt.intent_id or "": (attempt, bill) for attempt, bill in rows}


def _refunds(
    session: Session,
    store_id: int,
    given_back: Iterable[RefundReport],
    *,
    since: datetime,
    until: datetime,
) -> Iterator[Difference | None]:
    theirs = {one.id: one for one in given_back if one.status == "succeeded"}
    in_time = (Refund.started_at >= since) & (Refund.started_at < until)
    rows = session.execute(
        select(Refund, Bill.reference)
        .join(Bill, Bill.id == Refund.bill_id)
        .where(
            Refund.store_id == store_id,
            Refund.tender.in_(_BY_SERVICE),
            in_time | Refund.provider_id.in_(list(theirs)),
        )
    )
    ours = {refund.provider_id or f"-{refund.id}": (refund, said) for refund, said in rows}
    of_store = _intents_of(session, store_id, {one.intent_id for one in theirs.values()})
    for refund_id, report in theirs.items():
        if refund_id not in ours:
            if report.intent_id in of_store:
                yield Difference(
                    kind=Kind.REFUND_NOT_OURS, provider_id=refund_id, theirs=report.amount
                )
            continue
        yield _refund_against(report, *ours[refund_id])
    for provider_id, (refund, said) in ours.items():
        if provider_id not in theirs and refund.state is RefundState.PAID_OUT:
            yield Difference(
                kind=Kind.REFUND_NOT_THEIRS,
                provider_id=provider_id,
                reference=said,
                ours=Money(refund.amount_minor, refund.currency),
                refund_id=refund.id,
            )


def _refund_against(report: RefundReport, refund: Refund, said: str) -> Difference | None:
    """None where ours is paid out, and is as much as theirs."""
    amount = Money(refund.amount_minor, refund.currency)
    if refund.state is RefundState.PAID_OUT and amount == report.amount:
        return None
    return Difference(
        kind=Kind.REFUND_NOT_BOOKED,
        provider_id=report.id,
        reference=said,
        ours=amount,
        theirs=report.amount,
        refund_id=refund.id,
    )


def _intents_of(session: Session, store_id: int, intent_ids: set[str]) -> set[str]:
    rows = session.scalars(
        select(PaymentAttempt.intent_id).where(
            PaymentAttempt.store_id == store_id, PaymentAttempt.intent_id.in_(intent_ids)
        )
    )
    return {row for row in rows if row is not None}
