"""Steps at the bench: made safe, swapped, checked, and what sits in the knee then."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.identity.roles import Role
from app.identity.signing import actor_for
from app.kernel.actor import Actor
from app.robots import bodies
from app.robots.models import Unit
from app.robots.slot_models import Occupant
from app.service import fittingwork, linesdone, quality, safety, tickets
from app.service.fittingwork import Scanned
from app.service.models import Ticket
from app.service.operation_models import SafetyTick
from app.service.quality import Verdict
from app.service.states import TicketState
from app.service.work_models import PartUse
from tests.makers.identity import a_person
from tests.makers.service import KNEE, Workshop


def made_safe(session: Session, shop: Workshop, ticket: Ticket) -> None:
    safety.confirm(session, shop.technician, ticket, list(SafetyTick))


def swapped(session: Session, shop: Workshop, ticket: Ticket) -> PartUse:
    """The knee is swapped and every line ticked off."""
    made_safe(session, shop, ticket)
    use = fittingwork.go_in(session, shop.technician, ticket, Scanned(serial="AK-NEW-1"))
    for line in linesdone.of_ticket(session, ticket):
        linesdone.finish(session, shop.technician, ticket, line.key)
    return use


def checked(session: Session, shop: Workshop, ticket: Ticket) -> None:
    swapped(session, shop, ticket)
    tickets.move(session, shop.technician, ticket, TicketState.CHECKING)
    quality.check(session, shop.manager, ticket, Verdict())


def in_the_knee(session: Session, unit: Unit) -> Occupant | None:
    slot = bodies.slot_called(session, unit, KNEE)
    return session.scalar(
        select(Occupant).where(
            Occupant.unit_id == unit.id, Occupant.slot_id == slot.id, Occupant.until.is_(None)
        )
    )


def somebody(session: Session, shop: Workshop, name: str) -> Actor:
    person = a_person(session, shop.store, name, role=Role.TECHNICIAN)
    return actor_for(person, terminal=None)
