"""What must always hold of estimates, decisions, claims and returns; `quatrefoil check` asks."""

from collections.abc import Iterator

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from app.kernel.canonical import sha256_hex
from app.parts import issuing
from app.payments.models import Bill
from app.service import frozenlines, tickets
from app.service.claim_models import Claim, ClaimLine, TicketReturn
from app.service.claims import OVER
from app.service.estimate_models import Decision, Estimate, EstimateLine, EstimateState, PayerShare
from app.service.models import Ticket
from app.service.states import TicketState


def breaches(session: Session) -> Iterator[str]:
    """One line per breach, each naming service first."""
    yield from _shares(session)
    yield from _sent(session)
    yield from _decisions(session)
    yield from _closed(session)
    yield from _claims(session)


def _shares(session: Session) -> Iterator[str]:
    """Payer shares add up to each line."""
    rows = session.execute(
        select(
            EstimateLine.id,
            EstimateLine.total_minor,
            func.coalesce(func.sum(PayerShare.amount_minor), 0),
        )
        .outerjoin(PayerShare, PayerShare.line_id == EstimateLine.id)
        .group_by(EstimateLine.id, EstimateLine.total_minor)
        .order_by(EstimateLine.id)
    )
    for line_id, total, paid in rows:
        if int(paid) != total:
            yield f"service: estimate line {line_id} is {total}, its payers pay {paid}"


def _sent(session: Session) -> Iterator[str]:
    """A version that was sent is as it was sent."""
    for estimate in session.scalars(
        select(Estimate)
        .where(Estimate.state != EstimateState.DRAFT)
        .order_by(Estimate.id)
        .options(selectinload(Estimate.lines).selectinload(EstimateLine.shares))
        .execution_options(yield_per=100)
    ):
        ticket = session.get_one(Ticket, estimate.ticket_id)
        name = f"service: version {estimate.version} of {tickets.label(ticket)}"
        if sha256_hex(estimate.content or b"") != estimate.sha256:
            yield f"{name} is not as it was sent"
        elif frozenlines.whole(estimate, ticket) != estimate.content:
            yield f"{name} has other lines than were sent"


def _decisions(session: Session) -> Iterator[str]:
    """Hashes of decisions hold, and a decided version has every line decided."""
    rows = session.execute(
        select(Decision, EstimateLine, Estimate)
        .join(EstimateLine, EstimateLine.id == Decision.line_id)
        .join(Estimate, Estimate.id == EstimateLine.estimate_id)
        .order_by(Decision.id)
        .options(selectinload(EstimateLine.shares))
        .execution_options(yield_per=200)
    )
    for decision, line, estimate in rows:
        ticket = session.get_one(Ticket, estimate.ticket_id)
        name = f"service: the decision on line {line.key} of {tickets.label(ticket)}"
        if sha256_hex(decision.content) != decision.sha256:
            yield f"{name} does not fit its hash"
        elif frozenlines.bytes_of(line, ticket, estimate.currency) != decision.content:
            yield f"{name} is about another line"
    open_lines = session.execute(
        select(Estimate.id, func.count())
        .join(EstimateLine, EstimateLine.estimate_id == Estimate.id)
        .outerjoin(Decision, Decision.line_id == EstimateLine.id)
        .where(Estimate.state == EstimateState.DECIDED, Decision.id.is_(None))
        .group_by(Estimate.id)
    )
    for estimate_id, count in open_lines:
        yield f"service: estimate {estimate_id} is decided, but {count} of its lines are not"


def _closed(session: Session) -> Iterator[str]:
    """What was given back was signed for; a closed ticket has no part lying on a bench."""
    for ticket in session.scalars(
        select(Ticket)
        .where(Ticket.state.in_((TicketState.RETURNED, TicketState.CLOSED)))
        .order_by(Ticket.id)
    ):
        name = f"service: {tickets.label(ticket)}"
        signed = session.scalar(select(TicketReturn.id).where(TicketReturn.ticket_id == ticket.id))
        if signed is None:
            yield f"{name} was given back without a signature"
        if ticket.state is TicketState.CLOSED and issuing.outstanding(
            session, ticket.store_id, tickets.reference(ticket)
        ):
            yield f"{name} is closed, and parts for it lie on a bench"


def _claims(session: Session) -> Iterator[str]:
    """Lines of a submitted claim are its net or gross; its bill is its amount; it ends settled."""
    rows = session.execute(
        select(Claim, Bill.total_minor)
        .outerjoin(Bill, Bill.id == Claim.bill_id)
        .order_by(Claim.id)
        .options(joinedload(Claim.ticket))
    )
    for claim, billed in rows:
        name = f"service: claim W-{claim.number}"
        if claim.submitted_at is not None and billed != claim.amount_minor:
            yield f"{name} asks for {claim.amount_minor}, its bill says {billed}"
        if claim.state in OVER and (claim.granted_minor or 0) > claim.amount_minor:
            yield f"{name} was granted more than was asked for"
        asked = session.scalar(
            select(func.count()).select_from(ClaimLine).where(ClaimLine.claim_id == claim.id)
        )
        if not asked:
            yield f"{name} has no lines"
