"""The life of one attempt to pay, and of one refund."""

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


class RefundState(StrEnum):
    STARTED = "started"
    PROCESSING = "processing"
    PAID_OUT = "paid_out"
    FAILED = "failed"
    UNKNOWN = "unknown"
    CAME_BACK = "came_back"


REFUND_LABELS: dict[RefundState, Text] = {
    RefundState.STARTED: msg("Refund started"),
    RefundState.PROCESSING: msg("Refund on its way"),
    RefundState.PAID_OUT: msg("Refunded"),
    RefundState.FAILED: msg("Refund failed"),
    RefundState.UNKNOWN: msg("Refund unknown"),
    RefundState.CAME_BACK: msg("Refund came back"),
}

# Money may still go out by these.
REFUND_OPEN = frozenset({RefundState.STARTED, RefundState.PROCESSING, RefundState.UNKNOWN})
# Money has gone out by these, of some of them to come back later.
REFUND_WENT = frozenset({RefundState.PAID_OUT, RefundState.CAME_BACK})
_REFUND_ENDS = frozenset({RefundState.PAID_OUT, RefundState.FAILED})

REFUND_MOVES = Moves(
    {
        RefundState.STARTED: _REFUND_ENDS | {RefundState.PROCESSING, RefundState.UNKNOWN},
        RefundState.PROCESSING: _REFUND_ENDS | {RefundState.UNKNOWN},
        RefundState.UNKNOWN: _REFUND_ENDS | {RefundState.PROCESSING},
        # days later: the card is closed, or its bank refuses
        RefundState.PAID_OUT: frozenset({RefundState.CAME_BACK}),
    },
    labels=REFUND_LABELS,
)
