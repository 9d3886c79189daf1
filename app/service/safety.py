"""What makes work on a robot safe: confirmed by hand before it begins, anew each time.

A confirmation holds until the ticket leaves the work; who goes on after that confirms again.
"""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.errors import Conflict
from app.kernel.text import msg
from app.service import estimates, operations, tickets
from app.service.guards import NotYet
from app.service.models import Ticket, TicketChange
from app.service.operation_models import Operation, SafetyTick
from app.service.operations import TICK_LABELS
from app.service.states import TicketState
from app.service.work_models import SafetyConfirmation


def confirm(session: Session, actor: Actor, ticket: Ticket, ticks: Iterable[SafetyTick]) -> None:
    """Say that something has been seen to; what was said already this time stays as it is."""
    actor.require("service.work")
    if ticket.state is not TicketState.IN_WORK:
        raise Conflict(
            msg("{number} is not in repair.", number=tickets.label(ticket)),
            link=tickets.page(ticket),
        )
    standing = confirmed(session, ticket)
    new = [tick for tick in SafetyTick if tick in set(ticks) and tick not in standing]
    session.add_all(
        SafetyConfirmation(ticket_id=ticket.id, tick=tick, at=clock.now(), by=actor.name)
        for tick in new
    )
    session.flush()
    if new:
        audit.record(
            session,
            actor,
            "ticket.made_safe",
            subject=tickets.reference(ticket),
            after={"ticks": new},
        )


def confirmed(session: Session, ticket: Ticket) -> dict[SafetyTick, SafetyConfirmation]:
    """What has been confirmed since the ticket last came into the work, by the latest word."""
    rows = session.scalars(
        select(SafetyConfirmation).where(holds(ticket)).order_by(SafetyConfirmation.id)
    )
    return {row.tick: row for row in rows}


def holds(ticket: Ticket) -> ColumnElement[bool]:
    """SQL: a confirmation of the work as it goes on now."""
    began = (
        select(func.max(TicketChange.at))
        .where(TicketChange.ticket_id == ticket.id, TicketChange.to_state == TicketState.IN_WORK)
        .scalar_subquery()
    )
    return and_(SafetyConfirmation.ticket_id == ticket.id, SafetyConfirmation.at >= began)


def needed(work: Iterable[Operation]) -> list[SafetyTick]:
    """All that some operations ask for, each once."""
    asked = {tick for operation in work for tick in operation.safety}
    return [tick for tick in SafetyTick if tick in asked]


def needed_for(session: Session, ticket: Ticket) -> list[SafetyTick]:
    """What the approved work of a ticket asks for: before anybody reaches into the robot."""
    codes = {line.operation_code for line in estimates.approved_lines(session, ticket)} - {""}
    return needed(operations.by_codes(session, ticket.store_id, codes).values())


def require(session: Session, ticket: Ticket, ticks: Iterable[SafetyTick]) -> None:
    """Raises NotYet with what nobody has confirmed; who only looks needs no confirmation."""
    if ticket.state is not TicketState.IN_WORK:
        return
    standing = confirmed(session, ticket)
    for tick in ticks:
        if tick not in standing:
            raise NotYet(
                msg(
                    "Before the work on {number}, confirm: {tick}.",
                    number=tickets.label(ticket),
                    tick=TICK_LABELS[tick],
                ),
                link=f"{tickets.page(ticket)}/work#safety",
            )
