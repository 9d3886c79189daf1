"""Sending an estimate to the customer, and taking it back while nobody can have read it."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel import audit, clock, events
from app.kernel.actor import Actor
from app.kernel.canonical import sha256_hex
from app.kernel.errors import Conflict, Refused
from app.kernel.text import msg
from app.robots import contracts
from app.service import authorisations, estimates, frozenlines, operations, tickets
from app.service.estimate_models import Estimate, EstimateState
from app.service.estimates import Sheet
from app.service.events import EstimateRecalled, EstimateSent
from app.service.models import Ticket
from app.service.payers import Payer
from app.service.states import STATE_LABELS, TicketState
from app.stores import desk

RECALL = timedelta(seconds=10)
# Where the customer can be asked. From work the ticket first goes back to the diagnosis.
_ASKABLE = frozenset({TicketState.RECEIVED, TicketState.DIAGNOSING, TicketState.ESTIMATED})


def send(session: Session, actor: Actor, sheet: Sheet) -> None:
    """The customer sees this version from now on; what was sent before is replaced by it.

    Its lines are frozen. Raises Refused for an empty one, NotAuthorised where a maker has taken
    its leave back meanwhile.
    """
    actor.require("service.estimate")
    ticket, estimate = sheet.ticket, sheet.estimate
    estimates.require_state(estimate, EstimateState.DRAFT)
    if not estimate.lines:
        raise Refused(msg("There is nothing in this estimate yet."), field="form")
    _require_askable(ticket)
    _require_authorised(session, ticket, estimate)
    _require_contracts(session, ticket, estimate)
    _replace(session, ticket, estimate)
    # the customer may be another one, or better known, than when the draft was begun
    taxed = estimates.treatment_after(session, ticket, estimate)
    if taxed is not estimate.tax_treatment:
        estimate.tax_treatment, estimate.tax_reason, estimate.tax_by = taxed, "", ""
    estimate.sent_treatment = taxed
    content = frozenlines.whole(estimate, ticket)
    estimate.state = EstimateState.SENT
    estimate.sent_at, estimate.sent_by = clock.now(), actor.name
    estimate.content, estimate.sha256 = content, sha256_hex(content)
    session.flush()
    audit.record(
        session,
        actor,
        "estimate.sent",
        subject=sheet.subject,
        after={"sha256": estimate.sha256, "lines": len(estimate.lines)},
    )
    if ticket.state is TicketState.RECEIVED:
        tickets.move(session, actor, ticket, TicketState.DIAGNOSING)
    if ticket.state is TicketState.DIAGNOSING:
        tickets.move(session, actor, ticket, TicketState.ESTIMATED)
    events.announce(session, EstimateSent(actor, ticket.store_id, ticket.id, estimate.version))


def recall(session: Session, actor: Actor, sheet: Sheet) -> None:
    """Take a version back to a draft, within ten seconds and before the customer answers.

    What it replaced is in force again.
    """
    actor.require("service.estimate")
    ticket, estimate = sheet.ticket, sheet.estimate
    if estimate.state is EstimateState.DRAFT:
        return
    if not may_recall(estimate, clock.now()):
        raise Conflict(
            msg("Ten seconds are over, or the customer has answered. Send a new version instead.")
        )
    estimate.state = EstimateState.DRAFT
    estimate.sent_at = estimate.content = estimate.sent_treatment = None
    estimate.sent_by = estimate.sha256 = ""
    session.flush()
    before = session.scalar(
        select(Estimate)
        .where(Estimate.ticket_id == ticket.id, Estimate.version < estimate.version)
        .order_by(Estimate.version.desc())
        .limit(1)
    )
    if before is not None:
        before.state = EstimateState.DECIDED if before.decided_at else EstimateState.SENT
        session.flush()
    audit.record(session, actor, "estimate.recalled", subject=sheet.subject)
    asked = before is not None and before.state is EstimateState.SENT
    if ticket.state is TicketState.ESTIMATED and not asked:
        tickets.move(session, actor, ticket, TicketState.DIAGNOSING)
    recalled = EstimateRecalled(actor, ticket.store_id, ticket.id, estimate.version)
    events.announce(session, recalled)


def may_recall(estimate: Estimate, now: datetime) -> bool:
    """Is a version, loaded with its lines, so new that it can be taken back?"""
    return (
        estimate.state is EstimateState.SENT
        and estimate.sent_at is not None
        and now - estimate.sent_at <= RECALL
        and not any(line.decision for line in estimate.lines)
    )


def _require_askable(ticket: Ticket) -> None:
    if ticket.state not in _ASKABLE:
        raise Conflict(
            msg(
                "{number} is {state}. Bring it back to the diagnosis to send another version.",
                number=tickets.label(ticket),
                state=STATE_LABELS[ticket.state],
            ),
            link=tickets.page(ticket),
        )


def _require_authorised(session: Session, ticket: Ticket, estimate: Estimate) -> None:
    """Nothing is offered that the store may not do; one look for all lines."""
    codes = {line.operation_code for line in estimate.lines if line.operation_code}
    known = operations.by_codes(session, ticket.store_id, codes)
    forbidden = authorisations.unauthorised(session, ticket.store_id, known.values(), ticket.unit)
    for operation in known.values():
        if operation.id in forbidden:
            authorisations.require(session, ticket.store_id, operation, ticket.unit)


def _require_contracts(session: Session, ticket: Ticket, estimate: Estimate) -> None:
    """A contract that is to pay is one of this robot's, in force today, with a visit left."""
    named = {
        share.reference
        for line in estimate.lines
        for share in line.shares
        if share.payer is Payer.CONTRACT and share.amount_minor
    }
    if not named:
        return
    today = desk.business_day_of(desk.store_of(session, ticket.store_id))
    paying = {
        one.label
        for one in contracts.of_unit(session, ticket.unit_id)
        if one.row.since <= today <= one.ends_on and one.visits_left != 0
    }
    for reference in sorted(named - paying):
        raise Refused(
            msg(
                "No contract {number} of this robot can pay today. Say anew who pays.",
                number=reference or "–",
            ),
            field="form",
        )


def _replace(session: Session, ticket: Ticket, estimate: Estimate) -> None:
    """What was sent before this version."""
    for before in estimates.versions(session, ticket):
        if before.id != estimate.id and before.state is not EstimateState.SUPERSEDED:
            before.state = EstimateState.SUPERSEDED
    session.flush()
