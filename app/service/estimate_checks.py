"""What must always hold of estimates, decisions, claims and returns; `quatrefoil check` asks."""

from collections.abc import Iterator

from sqlalchemy import String, case, cast, func, literal, select
from sqlalchemy.orm import Session, aliased, selectinload

from app.kernel.canonical import sha256_hex
from app.parts.models import Movement, Place, PlaceKind
from app.payments.models import Bill
from app.service import frozenlines, tickets
from app.service.claim_models import Claim, ClaimLine, TicketReturn
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
    unsigned = session.scalars(
        select(Ticket.number)
        .outerjoin(TicketReturn, TicketReturn.ticket_id == Ticket.id)
        .where(
            Ticket.state.in_((TicketState.RETURNED, TicketState.CLOSED)),
            TicketReturn.id.is_(None),
        )
        .order_by(Ticket.number)
    )
    for number in unsigned:
        yield f"service: T-{number} was given back without a signature"
    start, end = aliased(Place), aliased(Place)
    came = case((end.kind == PlaceKind.BENCH, Movement.quantity), else_=0)
    went = case((start.kind == PlaceKind.BENCH, Movement.quantity), else_=0)
    lying = session.execute(
        select(Ticket.number, Movement.part_id)
        .join(
            Movement,
            (Movement.store_id == Ticket.store_id)
            & (Movement.reference == literal("ticket:T-") + cast(Ticket.number, String)),
        )
        .join(start, start.id == Movement.from_place_id)
        .join(end, end.id == Movement.to_place_id)
        .where(Ticket.state == TicketState.CLOSED)
        .group_by(Ticket.number, Movement.part_id, Movement.component_id, Movement.lot_key)
        .having(func.sum(came - went) > 0)
        .order_by(Ticket.number)
    )
    for number, part_id in lying:
        yield f"service: T-{number} is closed, and pieces of part {part_id} lie on a bench for it"


def _claims(session: Session) -> Iterator[str]:
    """A claim has lines; what was submitted is its bill; what was granted was asked for."""
    lines = select(ClaimLine.claim_id, func.count().label("count")).group_by(ClaimLine.claim_id)
    counted = lines.subquery()
    rows = session.execute(
        select(Claim, Bill.total_minor, counted.c.count)
        .outerjoin(Bill, Bill.id == Claim.bill_id)
        .outerjoin(counted, counted.c.claim_id == Claim.id)
        .order_by(Claim.id)
        .execution_options(yield_per=500)
    )
    for claim, billed, count in rows:
        name = f"service: claim W-{claim.number}"
        if claim.submitted_at is not None and billed != claim.amount_minor:
            yield f"{name} asks for {claim.amount_minor}, its bill says {billed}"
        if not count:
            yield f"{name} has no lines"
