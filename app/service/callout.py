"""What a robot's page says of service: the ticket that it is in, or the button that begins one."""

from collections.abc import Iterator
from urllib.parse import urlencode

from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.kernel.text import msg
from app.robots.callouts import Callout
from app.robots.models import Unit
from app.robots.states import UnitState
from app.service import duework, tickets
from app.service.states import STATE_LABELS, WAITING_LABELS, TicketState

_MOST_DUE = 3
_NOT_HERE = frozenset({UnitState.EXPECTED, UnitState.RETIRED})


def of_unit(session: Session, actor: Actor, unit: Unit) -> Iterator[Callout]:
    if not actor.may("service.view"):
        return
    ticket = tickets.open_of(session, unit.id)
    if ticket is not None:
        state = STATE_LABELS[ticket.state]
        number = tickets.label(ticket)
        said = msg("In service: {number}, {state}.", number=number, state=state)
        if ticket.waiting is not None:
            said = msg(
                "In service: {number}, {state}, waits for: {reason}.",
                number=number,
                state=state,
                reason=WAITING_LABELS[ticket.waiting],
            )
        yield Callout(
            name="open-ticket", link=tickets.page(ticket), button=msg("Open the ticket"), said=said,
            key="T",
        )  # fmt: skip
    booked = ticket is not None and ticket.state is TicketState.BOOKED
    if (ticket is None or booked) and unit.state not in _NOT_HERE and actor.may("service.intake"):
        yield Callout(
            name="check-in",
            link=f"/service/new?{urlencode({'code': unit.serial})}",
            button=msg("Check in for service"),
            icon="wrench",
            key="" if booked else "T",
        )


def due_on(session: Session, actor: Actor, unit: Unit) -> Iterator[Callout]:
    """What is due on the robot by the store's plans, the first of it."""
    if not actor.may("service.view"):
        return
    planned = [one for one in duework.of_unit(session, unit) if not one.is_planned]
    if not planned:
        return
    today = duework.today_of(session, unit.store_id)
    waiting = [one for one in planned if one.next.is_due(today)]
    for work in waiting[:_MOST_DUE]:
        said = msg("Due by the store’s plan: {plan}.", plan=work.plan.name)
        if work.next.on is not None and not work.next.by_use:
            said = msg(
                "Due by the store’s plan on {day}: {plan}.", day=work.next.on, plan=work.plan.name
            )
        yield Callout(
            name=f"due-{work.plan.id}",
            link="/service/due",
            button=msg("Due work"),
            said=said,
            tone="warn" if work.next.is_late(today) else "info",
        )
