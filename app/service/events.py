"""What service announces."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.kernel.actor import Actor
from app.kernel.events import Event
from app.service.states import TicketState, WaitingReason


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


@dataclass(frozen=True, slots=True)
class EstimateSent(Event):
    """A version is with the customer; what was sent before is replaced by it."""

    actor: Actor
    store_id: int
    ticket_id: int
    version: int


@dataclass(frozen=True, slots=True)
class EstimateRecalled(Event):
    """A version was taken back before anybody can have read it."""

    actor: Actor
    store_id: int
    ticket_id: int
    version: int


@dataclass(frozen=True, slots=True)
class TicketWaits(Event):
    """Somebody said for what a ticket waits; None: it goes on."""

    actor: Actor
    store_id: int
    ticket_id: int
    reason: WaitingReason | None


@dataclass(frozen=True, slots=True)
class PromiseChanged(Event):
    """Another day was promised."""

    actor: Actor
    store_id: int
    ticket_id: int
    promised_at: datetime | None


class Planned(StrEnum):
    """What became of an appointment."""

    MADE = "made"
    MOVED = "moved"
    CALLED_OFF = "called_off"


@dataclass(frozen=True, slots=True)
class AppointmentChanged(Event):
    """An appointment was made, moved or called off."""

    actor: Actor
    store_id: int
    ticket_id: int
    appointment_id: int
    version: int
    change: Planned
