"""How a repair stands, in words for its customer: steps, date, and for what it waits."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from app.kernel import clock
from app.kernel.text import Text, msg
from app.service import promise, tickets
from app.service.models import Ticket
from app.service.states import WAITS_ON_ENTRY, TicketState, WaitingReason

_S = TicketState
SAID: Mapping[TicketState, Text] = {
    _S.BOOKED: msg("You have an appointment. Please bring the robot."),
    _S.RECEIVED: msg("Your robot is here."),
    _S.DIAGNOSING: msg("We are finding out what is wrong."),
    _S.ESTIMATED: msg("The estimate is with you. We go on when you have decided."),
    _S.APPROVED: msg("You have approved the work; it begins soon."),
    _S.WAITING_PARTS: msg("A part is on its way to us."),
    _S.IN_WORK: msg("Your robot is being repaired."),
    _S.CHECKING: msg("The work is done; it is being checked and tested."),
    _S.READY: msg("Your robot is ready. You can collect it."),
    _S.RETURNED: msg("Your robot has been given back."),
    _S.CLOSED: msg("This repair is finished."),
    _S.DECLINED: msg("You declined the work. We are getting the robot ready to go back."),
    _S.CANCELLED: msg("This was cancelled."),
}
WAITS: Mapping[WaitingReason, Text] = {
    WaitingReason.CUSTOMER: msg("We are waiting for your answer."),
    WaitingReason.PART: msg("We are waiting for a part."),
    WaitingReason.MAKER: msg("We are waiting for the maker’s answer."),
    WaitingReason.CARRIER: msg("It is waiting for transport."),
    WaitingReason.BENCH: msg("It is waiting for a free bench."),
    WaitingReason.TECHNICIAN: msg("It is waiting for a technician."),
    WaitingReason.OTHER: msg("It is waiting for something on our side."),
}
_STEPS: tuple[tuple[Text, frozenset[TicketState]], ...] = (
    (msg("Checked in"), frozenset({_S.BOOKED, _S.RECEIVED})),
    (msg("Diagnosis"), frozenset({_S.DIAGNOSING})),
    (msg("Estimate"), frozenset({_S.ESTIMATED, _S.APPROVED, _S.DECLINED})),
    (msg("Repair"), frozenset({_S.WAITING_PARTS, _S.IN_WORK})),
    (msg("Check and test"), frozenset({_S.CHECKING})),
    (msg("Ready"), frozenset({_S.READY})),
)
_OVER = frozenset({_S.RETURNED, _S.CLOSED, _S.CANCELLED})


@dataclass(frozen=True, slots=True)
class Told:
    """What the public page says; `steps` are word and `done`, `current` or `later`."""

    number: str
    model: str
    serial: str
    said: Text
    tone: str
    waits: Text | None
    clock_stands: bool
    promised: datetime | None
    late: bool
    received_at: datetime | None
    steps: tuple[tuple[Text, str], ...]


def told(ticket: Ticket) -> Told:
    now = clock.now()
    state, given = ticket.state, promise.of(ticket, now)
    is_over = state in _OVER
    waits = WAITS[ticket.waiting] if ticket.waiting and not is_over else None
    if ticket.waiting is not None and WAITS_ON_ENTRY.get(state) is ticket.waiting:
        waits = None  # the state says so already
    return Told(
        number=tickets.label(ticket),
        model=ticket.unit.model.name,
        serial=ticket.unit.serial,
        said=SAID[state],
        tone=_tone(state, waits),
        waits=waits,
        clock_stands=given.stands,
        promised=None if is_over or state is _S.READY else given.due,
        late=given.overdue,
        received_at=ticket.received_at,
        steps=() if state in {_S.CANCELLED, _S.DECLINED} else _steps(state),
    )


def _tone(state: TicketState, waits: Text | None) -> str:
    if state in {_S.READY, _S.RETURNED, _S.CLOSED}:
        return "ok"
    return "hold" if waits or state in {_S.ESTIMATED, _S.WAITING_PARTS} else "info"


def _steps(state: TicketState) -> tuple[tuple[Text, str], ...]:
    here = next((index for index, (_, states) in enumerate(_STEPS) if state in states), len(_STEPS))
    words = {-1: "done", 0: "current", 1: "later"}
    return tuple(
        (label, words[(index > here) - (index < here)]) for index, (label, _) in enumerate(_STEPS)
    )
