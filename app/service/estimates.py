"""Estimates of a ticket: its versions, the draft, what is approved, what was once declined."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from sqlalchemy import ColumnElement, Select, bindparam, func, or_, select, true
from sqlalchemy.orm import Session, aliased, joinedload, selectinload
from sqlalchemy.orm.interfaces import ORMOption

from app.customers.models import Customer
from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, NotFound, Refused
from app.kernel.searchkeys import clean
from app.kernel.text import Text, msg
from app.payments import treatments
from app.payments.treatments import Treatment
from app.service import tickets
from app.service.errors import TicketOver
from app.service.estimate_models import (
    Decision,
    Estimate,
    EstimateLine,
    EstimateState,
    LineKind,
    PayerShare,
)
from app.service.models import Ticket
from app.service.states import STATE_LABELS, TicketState
from app.stores import desk

ESTIMATE_LABELS: dict[EstimateState, Text] = {
    EstimateState.DRAFT: msg("Not sent"),
    EstimateState.SENT: msg("Sent"),
    EstimateState.DECIDED: msg("Decided"),
    EstimateState.SUPERSEDED: msg("Replaced"),
}
KIND_LABELS: dict[LineKind, Text] = {
    LineKind.LABOUR: msg("Labour"),
    LineKind.PART: msg("Part"),
    LineKind.CALIBRATION: msg("Calibration"),
    LineKind.FEE: msg("Fee"),
    LineKind.FREIGHT: msg("Freight"),
}


class _Which(StrEnum):
    """Among which versions the newest is looked for."""

    ANY = "any"
    SENT = "sent"
    DECIDED = "decided"


_IS: dict[_Which, ColumnElement[bool]] = {
    _Which.ANY: true(),
    _Which.SENT: Estimate.state != EstimateState.DRAFT,
    _Which.DECIDED: Estimate.decided_at.is_not(None),
}
# While the robot is here and not yet done with, its estimate can be written.
_WRITABLE = frozenset(
    {
        TicketState.RECEIVED,
        TicketState.DIAGNOSING,
        TicketState.ESTIMATED,
        TicketState.APPROVED,
        TicketState.WAITING_PARTS,
        TicketState.IN_WORK,
    }
)
_LONGEST_NOTE = 2_000
_MOST_OFFERED = 20


@dataclass(frozen=True, slots=True)
class Sheet:
    """A version of the estimate of a ticket, with its lines."""

    ticket: Ticket
    estimate: Estimate

    @property
    def subject(self) -> str:
        """What the audit calls it."""
        return f"estimate:{tickets.label(self.ticket)}:{self.estimate.version}"


def _with_lines() -> tuple[ORMOption, ...]:
    """Lines with shares and decisions, in the version's own statement: there are few of them."""
    lines = joinedload(Estimate.lines)
    return (lines.joinedload(EstimateLine.shares), lines.joinedload(EstimateLine.decision))


def page(ticket: Ticket) -> str:
    return f"{tickets.page(ticket)}/estimate"


def billed(session: Session, ticket: Ticket) -> Customer | None:
    return session.get(Customer, ticket.customer_id) if ticket.customer_id else None


def by_rule(session: Session, ticket: Ticket) -> Treatment:
    """How the customer's part of this repair is taxed, if nobody says otherwise."""
    return treatments.by_rule(desk.store_of(session, ticket.store_id), billed(session, ticket))


def treatment_after(session: Session, ticket: Ticket, before: Estimate | None) -> Treatment:
    """How it is taxed after a version: as somebody chose there, or by rule."""
    store, customer = desk.store_of(session, ticket.store_id), billed(session, ticket)
    chosen = before.tax_treatment if before is not None and before.tax_reason else None
    return treatments.following(chosen, store, customer)


def newest(session: Session, ticket: Ticket) -> Estimate | None:
    """The newest version with its lines, a draft first of all."""
    return _newest(session, ticket, _Which.ANY)


def by_version(session: Session, ticket: Ticket, version: int) -> Estimate:
    """One version with its lines; raises NotFound."""
    found = (
        session.scalars(
            select(Estimate)
            .where(Estimate.ticket_id == ticket.id, Estimate.version == version)
            .options(*_with_lines())
            .execution_options(populate_existing=True)
        )
        .unique()
        .one_or_none()
    )
    if found is None:
        raise NotFound(msg("There is no version {version} of this estimate.", version=version))
    return found


def loaded(session: Session, estimate_id: int) -> Estimate:
    """A version as it stands now, with lines, shares and decisions: one statement."""
    return (
        session.scalars(
            select(Estimate)
            .where(Estimate.id == estimate_id)
            .options(*_with_lines())
            .execution_options(populate_existing=True)
        )
        .unique()
        .one()
    )


def versions(session: Session, ticket: Ticket) -> Sequence[Estimate]:
    """Every version without its lines, the newest first."""
    return session.scalars(
        select(Estimate).where(Estimate.ticket_id == ticket.id).order_by(Estimate.version.desc())
    ).all()


def shown_to_customer(session: Session, ticket: Ticket) -> Estimate | None:
    """What the customer sees: the newest version that was sent."""
    return _newest(session, ticket, _Which.SENT)


def in_force(session: Session, ticket: Ticket) -> Estimate | None:
    """The newest version that was decided: by it the work is done."""
    return _newest(session, ticket, _Which.DECIDED)


def _newest(session: Session, ticket: Ticket, which: _Which) -> Estimate | None:
    return session.scalars(_newest_of(which), {"ticket_id": ticket.id}).unique().one_or_none()


@cache
def _newest_of(which: _Which) -> Select[Estimate]:
    """Written once: pages ask it all the time, and it takes as long to write as to answer."""
    return (
        select(Estimate)
        .where(Estimate.ticket_id == bindparam("ticket_id"), _IS[which])
        .order_by(Estimate.version.desc())
        .limit(1)
        .options(*_with_lines())
        .execution_options(populate_existing=True)
    )


def approved_lines(session: Session, ticket: Ticket) -> list[EstimateLine]:
    """What the customer has approved of the newest decided version, with its shares."""
    estimate = in_force(session, ticket)
    return approved_of(estimate) if estimate is not None else []


def approved_of(estimate: Estimate) -> list[EstimateLine]:
    return [line for line in estimate.lines if line.decision and line.decision.approved]


def draft(session: Session, actor: Actor, ticket: Ticket) -> Sheet:
    """The ticket's draft with its lines; begun when there is none.

    A new version begins with the lines of the one before, but for those that were declined.
    """
    actor.require("service.estimate")
    _require_writable(ticket)
    before = newest(session, ticket)
    if before is not None and before.state is EstimateState.DRAFT:
        return Sheet(ticket, before)
    store = desk.store_of(session, ticket.store_id)
    estimate = Estimate(
        store_id=ticket.store_id,
        ticket_id=ticket.id,
        version=(before.version if before else 0) + 1,
        currency=store.currency,
        price_mode=store.price_mode,
        note=before.note if before else "",
        made_at=clock.now(),
        made_by=actor.name,
        tax_treatment=treatment_after(session, ticket, before),
    )
    if before is not None and before.tax_treatment is estimate.tax_treatment:
        estimate.tax_reason, estimate.tax_by = before.tax_reason, before.tax_by
    session.add(estimate)
    session.flush()
    if before is not None:
        _copy(session, before, estimate)
    audit.record(
        session,
        actor,
        "estimate.begun",
        subject=Sheet(ticket, estimate).subject,
        after={"from_version": before.version if before else None},
    )
    return Sheet(ticket, loaded(session, estimate.id))


def discard(session: Session, actor: Actor, sheet: Sheet) -> None:
    """Throw a draft away; what was sent before it stands as it did."""
    actor.require("service.estimate")
    estimate = sheet.estimate
    require_state(estimate, EstimateState.DRAFT)
    for line in estimate.lines:
        remove_line(session, line)
    session.flush()
    session.delete(estimate)
    session.flush()
    audit.record(session, actor, "estimate.discarded", subject=sheet.subject)


def remove_line(session: Session, line: EstimateLine) -> None:
    """A draft's line with its shares."""
    for share in session.scalars(select(PayerShare).where(PayerShare.line_id == line.id)):
        session.delete(share)
    session.flush()
    session.delete(line)


def write_note(session: Session, actor: Actor, sheet: Sheet, note: str) -> None:
    """The word to the customer above the lines."""
    actor.require("service.estimate")
    estimate = sheet.estimate
    require_state(estimate, EstimateState.DRAFT)
    if len(clean(note)) > _LONGEST_NOTE:
        raise Refused(msg("At most {most} characters fit here.", most=_LONGEST_NOTE), field="note")
    if estimate.note == clean(note):
        return
    estimate.note = clean(note)
    session.flush()
    audit.record(session, actor, "estimate.noted", subject=sheet.subject)


def next_key(session: Session, ticket: Ticket) -> str:
    """A name for a new line that no version of the ticket's estimate has used."""
    used = session.scalars(
        select(EstimateLine.key)
        .join(Estimate, Estimate.id == EstimateLine.estimate_id)
        .where(Estimate.ticket_id == ticket.id)
    )
    return str(max((int(key) for key in used), default=0) + 1)


def next_position(session: Session, estimate: Estimate) -> int:
    last = session.scalar(
        select(func.max(EstimateLine.position)).where(EstimateLine.estimate_id == estimate.id)
    )
    return (last or 0) + 1


def declined_before(session: Session, ticket: Ticket) -> list[EstimateLine]:
    """What was once declined for this robot and not done since: to be offered again.

    At most 20, the newest first; without what this ticket's draft offers already.
    """
    later, its_estimate, its_decision = (
        aliased(EstimateLine),
        aliased(Estimate),
        aliased(Decision),
    )
    again = (
        select(later.id)
        .join(its_estimate, its_estimate.id == later.estimate_id)
        .outerjoin(its_decision, its_decision.line_id == later.id)
        .where(
            later.from_line_id == EstimateLine.id,
            or_(its_estimate.state != EstimateState.SUPERSEDED, its_decision.id.is_not(None)),
        )
    )
    rows = session.scalars(
        select(EstimateLine)
        .join(Estimate, Estimate.id == EstimateLine.estimate_id)
        .join(Ticket, Ticket.id == Estimate.ticket_id)
        .join(Decision, Decision.line_id == EstimateLine.id)
        .where(
            Ticket.unit_id == ticket.unit_id,
            Decision.approved.is_(False),
            ~again.exists(),
        )
        .order_by(EstimateLine.id.desc())
        .limit(_MOST_OFFERED)
        .options(selectinload(EstimateLine.shares), joinedload(EstimateLine.decision))
    ).all()
    return list(rows)


def _copy(session: Session, before: Estimate, estimate: Estimate) -> None:
    """The lines of another version, with who pays them."""
    kept = [line for line in before.lines if line.decision is None or line.decision.approved]
    pairs = [(line, _line_again(line, estimate, at)) for at, line in enumerate(kept, start=1)]
    session.add_all(copy for _, copy in pairs)
    session.flush()
    session.add_all(
        PayerShare(
            line_id=copy.id,
            payer=share.payer,
            measure=share.measure,
            value=share.value,
            amount_minor=share.amount_minor,
            reference=share.reference,
        )
        for line, copy in pairs
        for share in line.shares
    )
    session.flush()


def _line_again(line: EstimateLine, estimate: Estimate, position: int) -> EstimateLine:
    return EstimateLine(
        estimate_id=estimate.id,
        position=position,
        key=line.key,
        kind=line.kind,
        description=line.description,
        part_id=line.part_id,
        part_number=line.part_number,
        operation_code=line.operation_code,
        slot_path=line.slot_path,
        quantity=line.quantity,
        minutes=line.minutes,
        unit_price_minor=line.unit_price_minor,
        list_price_minor=line.list_price_minor,
        price_reason=line.price_reason,
        price_by=line.price_by,
        tax_code=line.tax_code,
        tax_bp=line.tax_bp,
        total_minor=line.total_minor,
        from_line_id=line.from_line_id,
    )


def _require_writable(ticket: Ticket) -> None:
    if ticket.ended_at is not None:
        raise TicketOver(
            msg(
                "{number} is {state}: it stands as it is.",
                number=tickets.label(ticket),
                state=STATE_LABELS[ticket.state],
            ),
            link=tickets.page(ticket),
        )
    if ticket.state not in _WRITABLE:
        raise Conflict(
            msg(
                "{number} is {state}; its estimate is written no more.",
                number=tickets.label(ticket),
                state=STATE_LABELS[ticket.state],
            ),
            link=tickets.page(ticket),
        )


def require_state(estimate: Estimate, state: EstimateState) -> None:
    if estimate.state is not state:
        raise Conflict(
            msg(
                "Version {version} is {state}; it does not change any more.",
                version=estimate.version,
                state=ESTIMATE_LABELS[estimate.state],
            )
        )
