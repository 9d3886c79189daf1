"""A workshop: a store, those who work in it, a customer's robot, and tickets."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

from app.customers import book
from app.customers.book import CustomerInput
from app.customers.models import Customer, CustomerKind
from app.identity.models import Staff
from app.identity.roles import Role
from app.identity.signing import actor_for
from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.filestore import FileStore
from app.robots import ownership
from app.robots.models import Unit
from app.robots.states import Custody, Holding, UnitState
from app.service import diagnosis, guards, intake, tickets
from app.service.diagnosis import DiagnosisInput
from app.service.intake import IntakeInput
from app.service.models import Ticket
from app.service.states import TicketState
from app.stores.models import Store
from tests.makers.identity import a_person
from tests.makers.robots import a_model, a_unit
from tests.makers.slots import a_plan
from tests.makers.stores import a_store

SERIAL = "DEMO-G1-0001"
KNEE = "left_knee.actuator"


@dataclass(frozen=True)
class Workshop:
    store: Store
    technician: Actor
    manager: Actor
    people: dict[Role, Staff]
    owner: Customer
    unit: Unit
    files: FileStore


def a_workshop(session: Session, folder: Path) -> Workshop:
    """With a robot of a customer's, whose model has slots."""
    store = a_store(session)
    people = {
        Role.TECHNICIAN: a_person(session, store, "Emre Kaya", role=Role.TECHNICIAN),
        Role.MANAGER: a_person(session, store, "Petra Krause", role=Role.MANAGER),
    }
    manager = actor_for(people[Role.MANAGER], terminal=None)
    owner = book.add(
        session, manager, CustomerInput(kind=CustomerKind.COMPANY, name="Klinik am Park")
    )
    a_plan(session, a_model(session))
    return Workshop(
        store=store,
        technician=actor_for(people[Role.TECHNICIAN], terminal=None),
        manager=manager,
        people=people,
        owner=owner,
        unit=a_customers_unit(session, store, manager, owner, SERIAL),
        files=FileStore.below(folder),
    )


def a_customers_unit(
    session: Session, store: Store, actor: Actor, owner: Customer, serial: str
) -> Unit:
    """A robot that is somebody's, and with them."""
    unit = a_unit(session, store, serial, state=UnitState.HANDED_OVER)
    unit.holding, unit.custody = Holding.CUSTOMER, Custody.CUSTOMER
    session.flush()
    ownership.give_to(session, actor, unit, owner.id, at=clock.now())
    return unit


def a_ticket(
    session: Session,
    shop: Workshop,
    *,
    unit: Unit | None = None,
    complaint: str = "Squeaks when it squats",
    state: TicketState = TicketState.RECEIVED,
) -> Ticket:
    """A ticket brought into a state by the moves that lead there."""
    given = IntakeInput(complaint=complaint)
    ticket = intake.intake(session, shop.manager, unit or shop.unit, given, files=shop.files)
    if state is TicketState.RECEIVED:
        return ticket
    a_finding(session, shop, ticket)
    way = () if state is TicketState.DIAGNOSING else _WAY[: _WAY.index(state) + 1]
    with unguarded():
        for step in way:
            if step is TicketState.CLOSED:
                ticket.outcome = "Actuator replaced"
            tickets.move(session, shop.manager, ticket, step)
    return ticket


@contextmanager
def unguarded() -> Iterator[None]:
    """Moves need no estimate, no parts, no check: for tests of something else."""
    kept = dict(guards._guards)
    guards._guards.clear()
    yield
    guards._guards.update(kept)


_WAY = (
    TicketState.ESTIMATED,
    TicketState.APPROVED,
    TicketState.IN_WORK,
    TicketState.CHECKING,
    TicketState.READY,
    TicketState.RETURNED,
    TicketState.CLOSED,
)


def a_finding(session: Session, shop: Workshop, ticket: Ticket, **said: str) -> None:
    """Noise in the left knee, by default."""
    given = DiagnosisInput(**{"symptom": "noise", "slot_path": KNEE, **said})
    diagnosis.record(session, shop.technician, ticket, given)
