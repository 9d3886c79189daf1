"""Robots that came back with the same fault in the same slot: whose repairs, and which."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from app.identity.models import Staff
from app.kernel.actor import Actor
from app.robots.models import RobotModel, Unit
from app.service.models import Ticket
from app.service.states import TicketState

_MOST = 200


@dataclass(frozen=True, slots=True)
class ByTechnician:
    """What somebody repaired in a time, and how much of it came back."""

    technician: str
    closed: int
    came_back: int

    @property
    def share_bp(self) -> int:
        return self.came_back * 10_000 // self.closed if self.closed else 0


@dataclass(frozen=True, slots=True)
class Comeback:
    ticket: Ticket
    before: Ticket
    serial: str
    model: str
    technician: str


@dataclass(frozen=True, slots=True)
class Report:
    people: list[ByTechnician]
    comebacks: list[Comeback]


def report(session: Session, actor: Actor, *, since: datetime) -> Report:
    """Of tickets that were closed since a moment: two statements."""
    actor.require("service.view")
    later = aliased(Ticket)
    came_back = (
        select(later.id)
        .where(later.unit_id == Ticket.unit_id, later.comeback_of_id == Ticket.id)
        .correlate(Ticket)
        .exists()
    )
    closed = (
        Ticket.store_id == actor.store_id,
        Ticket.state == TicketState.CLOSED,
        Ticket.ended_at >= since,
    )
    counted = session.execute(
        select(Staff.name, came_back, func.count())
        .select_from(Ticket)
        .outerjoin(Staff, Staff.id == Ticket.technician_id)
        .where(*closed)
        .group_by(Staff.name, came_back)
    )
    people: dict[str, list[int]] = {}
    for name, returned, count in counted:
        row = people.setdefault(name or "", [0, 0])
        row[0] += count
        row[1] += count if returned else 0
    listed = [ByTechnician(name, *counts) for name, counts in people.items()]
    return Report(
        people=sorted(listed, key=lambda one: (-one.share_bp, one.technician)),
        comebacks=_comebacks(session, actor, since),
    )


def of_ticket(session: Session, ticket: Ticket) -> list[Ticket]:
    """The later tickets of a robot whose fault this one was to have ended."""
    return list(
        session.scalars(
            select(Ticket)
            .where(Ticket.unit_id == ticket.unit_id, Ticket.comeback_of_id == ticket.id)
            .order_by(Ticket.id)
        )
    )


def _comebacks(session: Session, actor: Actor, since: datetime) -> list[Comeback]:
    before = aliased(Ticket)
    rows = session.execute(
        select(Ticket, before, Unit.serial, RobotModel.name, Staff.name)
        .join(before, before.id == Ticket.comeback_of_id)
        .join(Unit, Unit.id == Ticket.unit_id)
        .join(RobotModel, RobotModel.id == Unit.model_id)
        .outerjoin(Staff, Staff.id == before.technician_id)
        .where(Ticket.store_id == actor.store_id, before.ended_at >= since)
        .order_by(Ticket.id.desc())
        .limit(_MOST)
    )
    return [
        Comeback(ticket, earlier, serial, model, name or "")
        for ticket, earlier, serial, model, name in rows
    ]
