"""Parts for what was approved: kept at once, piece by piece; what is lacking goes onto the list to
order, and the ticket waits for it until all is there.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session, aliased

from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.errors import NotFound
from app.parts import buying, picking, reservations, shelves, stock, substitution
from app.parts.events import PartsArrived
from app.parts.models import PICKABLE, Movement, Part, Place, Reservation
from app.parts.picking import Wish
from app.robots import bodies
from app.service import estimates, tickets
from app.service.estimate_models import EstimateLine, PartNeed
from app.service.events import EstimateDecided, TicketMoved
from app.service.models import Ticket
from app.service.states import ENDED, TicketState, WaitingReason

# What the house does by itself when a customer has decided or parts have come.
_HOUSE = frozenset({"service.intake", "service.work", "stock.view"})


@dataclass(frozen=True, slots=True)
class Standing:
    """How it is with the part of an approved line."""

    need: PartNeed
    part: Part

    @property
    def missing(self) -> int:
        return self.need.quantity - self.need.kept


def on_decided(session: Session, event: EstimateDecided) -> None:
    """Listens in `app.wiring`: what was approved is kept; what was not is given back."""
    actor = _house(event.actor, event.store_id)
    ticket = tickets.by_id(session, actor, event.ticket_id)
    _end_needs(session, ticket)
    wanted = [line for line in estimates.approved_lines(session, ticket) if line.part_id]
    session.add_all(_need(session, ticket, line) for line in wanted)
    session.flush()
    _give_back_more_than(session, ticket, open_needs(session, ticket))
    missing = refresh(session, actor, ticket)
    if missing and ticket.state is TicketState.APPROVED:
        tickets.move(session, actor, ticket, TicketState.WAITING_PARTS)


def on_arrived(session: Session, event: PartsArrived) -> None:
    """Listens in `app.wiring`: who waits for this part gets it, the longest waiting first."""
    actor = _house(event.actor, event.store_id)
    waiting = session.scalars(
        select(PartNeed.ticket_id)
        .where(
            PartNeed.part_id == event.part_id,
            PartNeed.kept < PartNeed.quantity,
            PartNeed.ended_at.is_(None),
        )
        .order_by(PartNeed.id)
    ).all()
    for ticket_id in dict.fromkeys(waiting):
        ticket = tickets.by_id(session, actor, ticket_id)
        missing = refresh(session, actor, ticket)
        if not missing and ticket.waiting is WaitingReason.PART:
            tickets.go_on(session, actor, ticket)


def on_moved(session: Session, event: TicketMoved) -> None:
    """Listens in `app.wiring`: a ticket that is over or declined keeps nothing back."""
    if event.after not in ENDED | {TicketState.DECLINED}:
        return
    actor = _house(event.actor, event.store_id)
    ticket = tickets.by_id(session, actor, event.ticket_id)
    _end_needs(session, ticket)
    owner = tickets.reference(ticket)
    reservations.release(session, owner, store_id=ticket.store_id)
    buying.withdraw(session, owner, store_id=ticket.store_id)


def refresh(session: Session, actor: Actor, ticket: Ticket) -> int:
    """Keep for a ticket what has become free; how many pieces are still missing.

    What is kept already, and what was handed out for it, counts. The rest is asked of those who
    order: first of what is on its way, then by a line on their list.
    """
    needs = open_needs(session, ticket)
    there = _there(session, ticket)
    missing: dict[int, int] = defaultdict(int)
    for need in needs:
        need.kept = min(need.quantity, there[need.part_id])
        there[need.part_id] -= need.kept
        if need.kept < need.quantity:
            need.kept += _keep(session, actor, ticket, need)
        missing[need.part_id] += need.quantity - need.kept
    session.flush()
    for part_id in {need.part_id for need in needs}:
        _ask_for(session, actor, ticket, part_id, missing[part_id])
    return sum(missing.values())


def open_needs(session: Session, ticket: Ticket) -> Sequence[PartNeed]:
    """What a ticket's approved lines need, in their order."""
    return session.scalars(
        select(PartNeed)
        .where(PartNeed.ticket_id == ticket.id, PartNeed.ended_at.is_(None))
        .order_by(PartNeed.id)
    ).all()


def standings(session: Session, ticket: Ticket) -> dict[int, Standing]:
    """How it is with the parts of a ticket, by the approved line; one statement."""
    rows = session.execute(
        select(PartNeed, Part)
        .join(Part, Part.id == PartNeed.part_id)
        .where(PartNeed.ticket_id == ticket.id, PartNeed.ended_at.is_(None))
    )
    return {need.line_id: Standing(need, part) for need, part in rows}


def _need(session: Session, ticket: Ticket, line: EstimateLine) -> PartNeed:
    return PartNeed(
        ticket_id=ticket.id,
        line_id=line.id,
        part_id=_part_for(session, ticket, line),
        quantity=line.quantity,
    )


def _part_for(session: Session, ticket: Ticket, line: EstimateLine) -> int:
    """The line's part; or, when too few are free of it, one that may stand in for it just there."""
    part_id = line.part_id or 0
    if stock.free(session, part_id) >= line.quantity or not line.slot_path:
        return part_id
    try:
        slot = bodies.slot_called(session, ticket.unit, line.slot_path)
    except NotFound:
        return part_id
    approved = substitution.standing_in(
        session, [part_id], clock.now(), unit=ticket.unit, slot=slot
    )
    frees = stock.frees(session, approved)
    return next((other for other, free in frees.items() if free >= line.quantity), part_id)


def _keep(session: Session, actor: Actor, ticket: Ticket, need: PartNeed) -> int:
    """Promise the ticket what is free of what it needs, by serial or lot where the part has one."""
    parts = shelves.locked(session, actor, [need.part_id])
    quantity = min(need.quantity - need.kept, max(stock.free(session, need.part_id), 0))
    if quantity <= 0:
        return 0
    picks = picking.pick(session, parts, [Wish(need.part_id, quantity)])
    owner = tickets.reference(ticket)
    for one in picks:
        reservations.reserve(
            session,
            actor,
            need.part_id,
            quantity=one.quantity,
            owner=owner,
            holder=actor.name,
            minutes=None,
            component_id=one.component.id if one.component else None,
            lot=one.lot,
        )
    audit.record(
        session,
        actor,
        "ticket.parts_reserved",
        subject=owner,
        after={
            "part": parts[need.part_id].number,
            "quantity": quantity,
            "serials": [one.component.serial for one in picks if one.component],
            "lots": [one.lot for one in picks if one.lot],
        },
    )
    return quantity


def _ask_for(session: Session, actor: Actor, ticket: Ticket, part_id: int, missing: int) -> None:
    """Of what is on its way as many as are free, of the rest a line on the list to order."""
    owner = tickets.reference(ticket)
    buying.withdraw(session, owner, store_id=ticket.store_id, part_id=part_id)
    if not missing:
        return
    coming = buying.incoming(session, [part_id]).get(part_id)
    promised = min(missing, coming.free) if coming else 0
    if promised > 0:
        buying.reserve_incoming(
            session, actor, part_id, quantity=promised, owner=owner, holder=actor.name
        )
    if missing > promised:
        buying.suggest(
            session,
            actor,
            part_id,
            quantity=missing - promised,
            owner=owner,
            why=f"{tickets.label(ticket)} {ticket.unit.serial}",
        )


def _there(session: Session, ticket: Ticket) -> dict[int, int]:
    """Pieces by part that the ticket has: promised to it, or taken off the shelf for it."""
    owner = tickets.reference(ticket)
    found: dict[int, int] = defaultdict(int)
    for part_id, quantity in session.execute(
        select(Reservation.part_id, func.sum(Reservation.quantity))
        .where(
            Reservation.store_id == ticket.store_id,
            Reservation.owner == owner,
            Reservation.ended_at.is_(None),
        )
        .group_by(Reservation.part_id)
    ):
        found[part_id] += int(quantity)
    start, end = aliased(Place), aliased(Place)
    out = case((start.kind.in_(PICKABLE), Movement.quantity), else_=0)
    back = case((end.kind.in_(PICKABLE), Movement.quantity), else_=0)
    for part_id, quantity in session.execute(
        select(Movement.part_id, func.sum(out - back))
        .join(start, start.id == Movement.from_place_id)
        .join(end, end.id == Movement.to_place_id)
        .where(Movement.store_id == ticket.store_id, Movement.reference == owner)
        .group_by(Movement.part_id)
    ):
        found[part_id] += max(int(quantity), 0)
    return found


def _give_back_more_than(session: Session, ticket: Ticket, needs: Iterable[PartNeed]) -> None:
    """A newer version wants less: what is kept beyond it is free for others."""
    wanted: dict[int, int] = defaultdict(int)
    for need in needs:
        wanted[need.part_id] += need.quantity
    owner = tickets.reference(ticket)
    for part_id, there in _there(session, ticket).items():
        more = there - wanted[part_id]
        if more > 0:
            reservations.release(
                session, owner, store_id=ticket.store_id, part_id=part_id, quantity=more
            )
        if not wanted[part_id]:
            buying.withdraw(session, owner, store_id=ticket.store_id, part_id=part_id)


def _end_needs(session: Session, ticket: Ticket) -> None:
    now = clock.now()
    for need in open_needs(session, ticket):
        need.ended_at = now
    session.flush()


def _house(actor: Actor, store_id: int) -> Actor:
    """The same hand, with what the house does of itself on its news."""
    return replace(actor, store_id=store_id, permissions=actor.permissions | _HOUSE)
