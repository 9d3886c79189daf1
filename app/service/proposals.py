"""What the diagnosis suggests for an estimate: parts, operations and calibrations of the faulty
slots, and who would pay by the warranty.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.kernel.actor import Actor
from app.kernel.money import Money
from app.parts import fit, stock
from app.robots import bodies, warrantycover
from app.robots.slot_models import Slot
from app.robots.warrantycover import Cover
from app.service import authorisations, operations, payers
from app.service.estimate_models import Estimate
from app.service.models import Diagnosis, Ticket
from app.service.operation_models import Operation, OperationKind
from app.service.payers import Share
from app.stores import desk

_MOST_PARTS = 8


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Something to put on the estimate for a slot. `allowed` False: the maker has not let us."""

    code: str
    name: str
    price: Money
    slot_path: str
    free: int | None = None
    minutes: int = 0
    allowed: bool = True
    is_calibration: bool = False


@dataclass(frozen=True, slots=True)
class SlotSuggestions:
    """What is on offer for one faulty slot."""

    path: str
    parts: tuple[Suggestion, ...]
    operations: tuple[Suggestion, ...]


def faults(session: Session, ticket: Ticket) -> Sequence[Diagnosis]:
    """What was diagnosed and not taken back, oldest first."""
    return session.scalars(
        select(Diagnosis)
        .where(Diagnosis.ticket_id == ticket.id, Diagnosis.withdrawn_at.is_(None))
        .order_by(Diagnosis.id)
    ).all()


def shares_for(
    session: Session,
    actor: Actor,
    ticket: Ticket,
    slot_path: str,
    *,
    cover: Cover | None = None,
) -> tuple[Share, ...]:
    """Who pays a line of this slot, by its warranty as it stands; without a slot the customer.

    `cover`: the robot's warranty, if somebody has asked for it already.
    """
    if not slot_path:
        return payers.ALL_CUSTOMER
    stands = cover or warrantycover.cover_of(session, actor, ticket.unit)
    return payers.proposed(stands.of_slot(slot_path).verdict)


def suggestions(
    session: Session, ticket: Ticket, estimate: Estimate | None
) -> list[SlotSuggestions]:
    """For each faulty slot what fits and is done there, without what the estimate has already."""
    paths = list(dict.fromkeys(one.slot_path for one in faults(session, ticket) if one.slot_path))
    if not paths:
        return []
    plan = bodies.plan_of(session, ticket.unit)
    if plan is None:
        return []
    slots = (
        session.scalars(
            select(Slot)
            .where(Slot.plan_id == plan.id, Slot.path.in_(paths))
            .order_by(Slot.place)
            .options(joinedload(Slot.parts))
        )
        .unique()
        .all()
    )
    taken = {
        (line.part_number or line.operation_code, line.slot_path)
        for line in (estimate.lines if estimate else ())
    }
    works = _operations(session, ticket, slots)
    fitting = _parts(session, ticket, slots)
    return [
        SlotSuggestions(
            path=slot.path,
            parts=tuple(one for one in fitting[slot.id] if (one.code, slot.path) not in taken),
            operations=tuple(
                one for one in works.get(slot.path, ()) if (one.code, slot.path) not in taken
            ),
        )
        for slot in slots
    ]


def _operations(
    session: Session, ticket: Ticket, slots: Sequence[Slot]
) -> dict[str, list[Suggestion]]:
    """What is done on components of these classes, by slot."""
    found = operations.for_classes(
        session,
        ticket.store_id,
        {slot.slot_class for slot in slots},
        maker_id=ticket.unit.maker_id,
    )
    forbidden = authorisations.unauthorised(session, ticket.store_id, found, ticket.unit)
    hourly = operations.rate_of(session, ticket.store_id).hourly
    return {
        slot.path: [
            _operation(one, hourly, slot.path, allowed=one.id not in forbidden)
            for one in found
            if one.slot_class is slot.slot_class
        ]
        for slot in slots
    }


def _operation(operation: Operation, hourly: Money, slot_path: str, *, allowed: bool) -> Suggestion:
    return Suggestion(
        code=operation.code,
        name=operation.name,
        price=operations.price_of(operation, hourly),
        slot_path=slot_path,
        minutes=operation.minutes,
        allowed=allowed,
        is_calibration=operation.kind is OperationKind.CALIBRATION,
    )


def _parts(session: Session, ticket: Ticket, slots: Sequence[Slot]) -> dict[int, list[Suggestion]]:
    """What fits into each slot, what is on the shelf first."""
    found = fit.candidates_of(session, ticket.unit, slots)
    frees = stock.frees(session, {part.id for parts in found.values() for part in parts})
    currency = desk.store_of(session, ticket.store_id).currency
    listed: dict[int, list[Suggestion]] = {}
    for slot in slots:
        offered = [
            Suggestion(
                code=part.number,
                name=part.name,
                price=Money(part.price_minor, currency),
                slot_path=slot.path,
                free=max(frees[part.id], 0),
            )
            for part in found[slot.id]
        ]
        listed[slot.id] = sorted(offered, key=lambda one: one.free == 0)[:_MOST_PARTS]
    return listed
