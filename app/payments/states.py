"""The life of one attempt to pay."""

from enum import StrEnum

from app.kernel.states import Moves
from app.kernel.text import Text, msg


class AttemptState(StrEnum):
    STARTED = "started"
    PROCESSING = "processing"
    CAPTURED = "captured"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


ATTEMPT_LABELS: dict[AttemptState, Text] = {
    AttemptState.STARTED: msg("Started"),
    AttemptState.PROCESSING: msg("Waiting for the card"),
    AttemptState.CAPTURED: msg("Paid"),
    AttemptState.DECLINED: msg("Declined"),
    AttemptState.CANCELLED: msg("Cancelled"),
    AttemptState.UNKNOWN: msg("Outcome unknown"),
}

# Money may still come of these; a bill has at most one of them at a time.
LIVE = frozenset({AttemptState.STARTED, AttemptState.PROCESSING, AttemptState.UNKNOWN})
FAILED = frozenset({AttemptState.DECLINED, AttemptState.CANCELLED})
_ENDS = FAILED | {AttemptState.CAPTURED}

# A capture is a fact of the card service: it counts also after we took the attempt for dead.
_LATE = frozenset({AttemptState.CAPTURED})

ATTEMPT_MOVES = Moves(
    {
        AttemptState.STARTED: _ENDS | {AttemptState.PROCESSING, AttemptState.UNKNOWN},
        AttemptState.PROCESSING: _ENDS | {AttemptState.UNKNOWN},
        AttemptState.UNKNOWN: _ENDS | {AttemptState.PROCESSING},
        AttemptState.DECLINED: _LATE,
        AttemptState.CANCELLED: _LATE,
    },
    labels=ATTEMPT_LABELS,
)
