"""What service announces."""

from dataclasses import dataclass

from app.kernel.actor import Actor
from app.kernel.events import Event
from app.service.states import TicketState


@dataclass(frozen=True, slots=True)
class TicketOpened(Event):
    """A ticket was made, by intake or by booking."""

    actor: Actor
    store_id: int
    ticket_id: int
    unit_id: int


@dataclass(frozen=True, slots=True)
class TicketMoved(Event):
    """A ticket's state has changed."""

    actor: Actor
    store_id: int
    ticket_id: int
    unit_id: int
    before: TicketState
    after: TicketState


@dataclass(frozen=True, slots=True)
class EstimateDecided(Event):
    """Every line of a version was approved or declined; the ticket has moved by it already."""

    actor: Actor
    store_id: int
    ticket_id: int
    estimate_id: int
