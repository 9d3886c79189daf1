"""A plan's work is booked on a ticket, and done when the robot goes back; what makes it due."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.errors import Conflict
from app.kernel.events import announce
from app.kernel.text import msg
from app.robots import timeline
from app.robots.events import CounterRead, FirmwareChanged, UnitShaken
from app.robots.models import Unit
from app.robots.slot_models import Counter
from app.service import appointments, duework, intake, plans, tickets
from app.service.events import TicketMoved
from app.service.models import Ticket, TicketChange
from app.service.planning_models import (
    OCCASION_LABELS,
    Appointment,
    Occasion,
    PlanTicket,
    ServicePlan,
    TicketVisit,
    UnitOccasion,
)
from app.service.states import TicketState

_TOO_LATE = frozenset({TicketState.READY, TicketState.RETURNED})


def book(session: Session, actor: Actor, unit: Unit, plan: ServicePlan) -> Ticket:
    """The ticket that does a plan's work: the robot's open one, or a new one, booked.

    Raises Conflict where that ticket does it already, or is too far on.
    """
    actor.require("service.plan")
    if plan.archived or plan.model_id not in (None, unit.model_id):
        raise Conflict(msg("This plan is not for {serial}.", serial=unit.serial), field="plan")
    ticket = tickets.open_of(session, unit.id)
    if ticket is None:
        complaint = "\n".join([plan.name, *(f"– {one}" for one in plans.items_of(plan))])
        ticket = intake.book_in(session, actor, unit, complaint=complaint)
    if ticket.state in _TOO_LATE:
        raise Conflict(
            msg("{number} is ready: nothing more is done on it.", number=tickets.label(ticket)),
            link=tickets.page(ticket),
        )
    if any(row.plan_id == plan.id for row, _ in of_ticket(session, ticket)):
        raise Conflict(
            msg("{number} does this plan’s work already.", number=tickets.label(ticket)),
            link=tickets.page(ticket),
        )
    session.add(
        PlanTicket(
            ticket_id=ticket.id,
            plan_id=plan.id,
            unit_id=unit.id,
            made_at=clock.now(),
            made_by=actor.name,
        )
    )
    session.flush()
    audit.record(
        session,
        actor,
        "service_plan.booked",
        subject=tickets.reference(ticket),
        after={"plan": plan.id, "name": plan.name},
    )
    return ticket


def of_ticket(session: Session, ticket: Ticket) -> Sequence[tuple[PlanTicket, ServicePlan]]:
    """The plans whose work a ticket does."""
    rows = session.execute(
        select(PlanTicket, ServicePlan)
        .join(ServicePlan, ServicePlan.id == PlanTicket.plan_id)
        .where(PlanTicket.ticket_id == ticket.id)
        .order_by(PlanTicket.id)
    )
    return [(row, plan) for row, plan in rows]


def items_of(session: Session, ticket: Ticket) -> list[tuple[str, list[str]]]:
    """The plans' names and what they ask for, for pages and the job sheet."""
    return [(plan.name, plans.items_of(plan)) for _, plan in of_ticket(session, ticket)]


def panel(session: Session, actor: Actor, ticket: Ticket) -> Mapping[str, object]:  # noqa: ARG001
    """What the ticket's first page says of its bench, its place and its plans: one statement."""
    rows = session.execute(
        select(Appointment, TicketVisit, ServicePlan)
        .select_from(Ticket)
        .outerjoin(
            Appointment,
            (Appointment.ticket_id == Ticket.id) & Appointment.ended_at.is_(None),
        )
        .outerjoin(TicketVisit, TicketVisit.ticket_id == Ticket.id)
        .outerjoin(PlanTicket, PlanTicket.ticket_id == Ticket.id)
        .outerjoin(ServicePlan, ServicePlan.id == PlanTicket.plan_id)
        .where(Ticket.id == ticket.id)
        .order_by(PlanTicket.id)
        .options(joinedload(Appointment.bench), joinedload(Appointment.person))
    ).all()
    kept: Appointment | None = rows[0][0]
    booked: list[ServicePlan | None] = [row[2] for row in rows]
    return {
        "kept": kept,
        "visit": rows[0][1],
        "page": appointments.page(kept) if kept else "",
        "may_plan": ticket.ended_at is None and ticket.state not in _TOO_LATE,
        "plans": [(plan.name, plans.items_of(plan)) for plan in booked if plan is not None],
    }


def happened(session: Session, actor: Actor, unit: Unit, occasion: Occasion) -> None:
    """Somebody says that a robot fell, was shipped, or has another firmware."""
    actor.require("service.plan")
    _note(session, actor, unit.store_id, unit.id, occasion)
    if occasion in {Occasion.FALL, Occasion.SHIPPING}:
        announce(
            session,
            UnitShaken(
                actor, unit.store_id, unit.id, occasion is Occasion.SHIPPING, at=clock.now()
            ),
        )
    timeline.note(
        session,
        unit.id,
        kind="service",
        summary=OCCASION_LABELS[occasion],
        actor_name=actor.name,
    )
    audit.record(
        session,
        actor,
        "robot.occasion",
        subject=f"robot:{unit.serial}",
        after={"occasion": occasion},
    )


def on_moved(session: Session, event: TicketMoved) -> None:
    """The robot went back: what its ticket was to do by plans is done, at these counts.

    A ticket that goes back unrepaired (declined) has done nothing.
    """
    if event.after is not TicketState.RETURNED:
        return
    ticket = session.get_one(Ticket, event.ticket_id)
    rows = [row for row, _ in of_ticket(session, ticket) if row.done_at is None]
    if not rows or _was_declined(session, ticket):
        return
    counts = duework.totals(session, [ticket.unit_id])
    today = duework.today_of(session, ticket.store_id)
    for row in rows:
        row.done_on, row.done_at = today, clock.now()
        row.hours_s = counts.get((ticket.unit_id, Counter.HOURS), 0)
        row.cycles = counts.get((ticket.unit_id, Counter.CYCLES), 0)
    session.flush()
    audit.record(
        session,
        event.actor,
        "service_plan.done",
        subject=tickets.reference(ticket),
        after={"plans": [row.plan_id for row in rows], "on": today},
    )


def on_counter_read(session: Session, event: CounterRead) -> None:
    """The counter of falls stands higher than before."""
    if event.counter is Counter.FALLS and event.before is not None and event.after > event.before:
        _note(session, event.actor, event.store_id, event.unit_id, Occasion.FALL)


def on_firmware(session: Session, event: FirmwareChanged) -> None:
    if event.unit_id is not None and event.before:
        _note(session, event.actor, event.store_id, event.unit_id, Occasion.FIRMWARE)


def _note(session: Session, actor: Actor, store_id: int, unit_id: int, occasion: Occasion) -> None:
    session.add(
        UnitOccasion(
            store_id=store_id, unit_id=unit_id, occasion=occasion, at=clock.now(), by=actor.name
        )
    )
    session.flush()


def _was_declined(session: Session, ticket: Ticket) -> bool:
    from_declined = select(TicketChange.id).where(
        TicketChange.ticket_id == ticket.id, TicketChange.from_state == TicketState.DECLINED
    )
    return session.scalar(from_declined.limit(1)) is not None
