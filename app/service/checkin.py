"""Is this the robot of the ticket? Scanned, never picked from a list."""

from sqlalchemy.orm import Session

from app.kernel import audit
from app.kernel.actor import Actor
from app.kernel.searchkeys import clean
from app.kernel.text import msg
from app.robots import addresses, scanned
from app.service import tickets
from app.service.errors import WrongRobot
from app.service.models import Ticket


def require_robot(session: Session, actor: Actor, ticket: Ticket, code: str) -> None:
    """Raises WrongRobot for another robot, or for what is none; with the link to that one."""
    actor.require("service.view")
    found = scanned.units(session, actor, code)
    if any(unit.id == ticket.unit_id for unit in found):
        audit.record(
            session,
            actor,
            "ticket.robot_checked",
            subject=tickets.reference(ticket),
            after={"serial": ticket.unit.serial},
        )
        return
    raise WrongRobot(
        msg(
            "{scanned} is not the robot of {number}. That is {serial}.",
            scanned=found[0].serial if found else clean(code)[:60] or "–",
            number=tickets.label(ticket),
            serial=ticket.unit.serial,
        ),
        field="code",
        link=addresses.robot_page(found[0].serial) if found else None,
    )
