"""What must always hold of appointments and of service plans."""

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from app.service.models import Ticket, TicketChange
from app.service.planning_models import Appointment, Bench, PlanTicket, ServicePlan
from app.service.states import TicketState


def breaches(session: Session) -> Iterator[str]:
    """One line per breach, each naming service first."""
    yield from _shared(session)
    yield from _of_another_store(session)
    yield from _of_a_cancelled_ticket(session)
    yield from _done_before_return(session)


def _shared(session: Session) -> Iterator[str]:
    """No bench and no person is promised twice for one moment."""
    other = aliased(Appointment)
    rows = session.execute(
        select(Appointment.id, other.id)
        .join(
            other,
            (other.id > Appointment.id)
            & ((other.bench_id == Appointment.bench_id) | (other.staff_id == Appointment.staff_id))
            & (other.starts_at < Appointment.ends_at)
            & (Appointment.starts_at < other.ends_at),
        )
        .where(Appointment.ended_at.is_(None), other.ended_at.is_(None))
    )
    for first, second in rows:
        yield f"service: appointments {first} and {second} share a bench or a person"


def _of_another_store(session: Session) -> Iterator[str]:
    rows = session.scalars(
        select(Appointment.id)
        .join(Ticket, Ticket.id == Appointment.ticket_id)
        .join(Bench, Bench.id == Appointment.bench_id)
        .where((Ticket.store_id != Appointment.store_id) | (Bench.store_id != Appointment.store_id))
    )
    for appointment_id in rows:
        yield f"service: appointment {appointment_id} is of another store than ticket or bench"


def _of_a_cancelled_ticket(session: Session) -> Iterator[str]:
    rows = session.execute(
        select(Appointment.id, Ticket.number)
        .join(Ticket, Ticket.id == Appointment.ticket_id)
        .where(
            Appointment.ended_at.is_(None),
            Ticket.state == TicketState.CANCELLED,
            Appointment.ends_at > Ticket.ended_at,
        )
    )
    for appointment_id, number in rows:
        yield f"service: appointment {appointment_id} stands, but T-{number} is cancelled"


def _done_before_return(session: Session) -> Iterator[str]:
    """A plan's work is done by a ticket that went back, on a robot of the plan's model."""
    returned = (
        select(TicketChange.id)
        .where(
            TicketChange.ticket_id == PlanTicket.ticket_id,
            TicketChange.to_state == TicketState.RETURNED,
        )
        .exists()
    )
    rows = session.execute(
        select(ServicePlan.name, Ticket.number)
        .join(PlanTicket, PlanTicket.plan_id == ServicePlan.id)
        .join(Ticket, Ticket.id == PlanTicket.ticket_id)
        .where(
            (PlanTicket.done_at.is_not(None) & ~returned) | (Ticket.unit_id != PlanTicket.unit_id)
        )
    )
    for name, number in rows:
        yield f"service: {name} is done by T-{number}, which never went back or is another robot’s"
