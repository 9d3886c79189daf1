"""Where a ticket stands, what may follow, and for what it waits."""

from collections.abc import Mapping
from enum import StrEnum

from app.kernel.states import Moves
from app.kernel.text import Text, msg


class TicketState(StrEnum):
    BOOKED = "booked"
    RECEIVED = "received"
    DIAGNOSING = "diagnosing"
    ESTIMATED = "estimated"
    APPROVED = "approved"
    WAITING_PARTS = "waiting_parts"
    IN_WORK = "in_work"
    CHECKING = "checking"
    READY = "ready"
    RETURNED = "returned"
    CLOSED = "closed"
    DECLINED = "declined"
    CANCELLED = "cancelled"


class WaitingReason(StrEnum):
    """What keeps a ticket from going on."""

    CUSTOMER = "customer"
    PART = "part"
    MAKER = "maker"
    CARRIER = "carrier"
    BENCH = "bench"
    TECHNICIAN = "technician"
    OTHER = "other"


class Backup(StrEnum):
    """What was said of the data in the robot before it is opened."""

    HAS_BACKUP = "has_backup"
    GOES_WITHOUT = "goes_without"
    NO_DATA = "no_data"


class PhotoStage(StrEnum):
    """When a picture was taken."""

    INTAKE = "intake"
    DIAGNOSIS = "diagnosis"
    WORK = "work"
    CHECK = "check"
    RETURN = "return"


class FaultKind(StrEnum):
    """A fault is a slot with a symptom, its cause, and what is done about it."""

    SYMPTOM = "symptom"
    CAUSE = "cause"
    ACTION = "action"


STATE_LABELS: dict[TicketState, Text] = {
    TicketState.BOOKED: msg("Booked"),
    TicketState.RECEIVED: msg("Checked in"),
    TicketState.DIAGNOSING: msg("Diagnosis"),
    TicketState.ESTIMATED: msg("Estimate sent"),
    TicketState.APPROVED: msg("Approved"),
    TicketState.WAITING_PARTS: msg("Waiting for parts"),
    TicketState.IN_WORK: msg("In repair"),
    TicketState.CHECKING: msg("Check and test"),
    TicketState.READY: msg("Ready"),
    TicketState.RETURNED: msg("Given back"),
    TicketState.CLOSED: msg("Closed"),
    TicketState.DECLINED: msg("Declined"),
    TicketState.CANCELLED: msg("Cancelled"),
}
WAITING_LABELS: dict[WaitingReason, Text] = {
    WaitingReason.CUSTOMER: msg("Customer"),
    WaitingReason.PART: msg("Part"),
    WaitingReason.MAKER: msg("Maker"),
    WaitingReason.CARRIER: msg("Carrier"),
    WaitingReason.BENCH: msg("Bench"),
    WaitingReason.TECHNICIAN: msg("Free technician"),
    WaitingReason.OTHER: msg("Other reason"),
}
BACKUP_LABELS: dict[Backup, Text] = {
    Backup.HAS_BACKUP: msg("Owner has a backup"),
    Backup.GOES_WITHOUT: msg("Owner has no backup and goes without"),
    Backup.NO_DATA: msg("No data of the owner in it"),
}
STAGE_LABELS: dict[PhotoStage, Text] = {
    PhotoStage.INTAKE: msg("Intake"),
    PhotoStage.DIAGNOSIS: msg("Diagnosis"),
    PhotoStage.WORK: msg("Work"),
    PhotoStage.CHECK: msg("Check"),
    PhotoStage.RETURN: msg("Return"),
}

_S = TicketState
TICKET_MOVES = Moves(
    {
        _S.BOOKED: frozenset({_S.RECEIVED, _S.CANCELLED}),
        _S.RECEIVED: frozenset({_S.DIAGNOSING, _S.CANCELLED}),
        _S.DIAGNOSING: frozenset({_S.ESTIMATED}),
        # back to diagnosis: the estimate has to be written anew
        _S.ESTIMATED: frozenset({_S.APPROVED, _S.DECLINED, _S.DIAGNOSING}),
        _S.APPROVED: frozenset({_S.WAITING_PARTS, _S.IN_WORK}),
        _S.WAITING_PARTS: frozenset({_S.IN_WORK}),
        # more was found: diagnosis and estimate once more
        _S.IN_WORK: frozenset({_S.WAITING_PARTS, _S.CHECKING, _S.DIAGNOSING}),
        _S.CHECKING: frozenset({_S.READY, _S.IN_WORK}),
        _S.DECLINED: frozenset({_S.READY}),
        _S.READY: frozenset({_S.RETURNED}),
        _S.RETURNED: frozenset({_S.CLOSED}),
    },
    labels=STATE_LABELS,
)

# Nothing follows: the unit may have another ticket.
ENDED = frozenset({_S.CLOSED, _S.CANCELLED})
OPEN = tuple(state for state in TicketState if state not in ENDED)
# The robot is in the workshop's hands.
ON_THE_BENCH = frozenset(OPEN) - {_S.BOOKED, _S.RETURNED}
# The promise is kept or void from here on; the clock is not asked any more.
PROMISE_MET = frozenset({_S.READY, _S.RETURNED}) | ENDED
# The promise clock stands only while it is up to somebody outside of the house.
STOPS_THE_CLOCK = frozenset({WaitingReason.CUSTOMER, WaitingReason.PART, WaitingReason.MAKER})
# For what a ticket begins to wait when it comes into a state.
WAITS_ON_ENTRY: Mapping[TicketState, WaitingReason] = {
    _S.ESTIMATED: WaitingReason.CUSTOMER,
    _S.WAITING_PARTS: WaitingReason.PART,
}
