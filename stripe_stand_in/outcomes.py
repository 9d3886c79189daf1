"""The queue of what is to go wrong next, filled by the control desk and by nothing else.

Three kinds of entries wait in one queue, each for its own moment: what the bank or the customer
does with the next card, what happens to the next refund, and what befalls the next HTTP answer.
"""

from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from stripe_stand_in.cards import Approve, Decline, Pending, Verdict, decline_for
from stripe_stand_in.state import State

BANK = frozenset({"approve", "decline", "pending"})
AT_READER = BANK | {"timeout", "customer_canceled", "connection_error"}
REFUND = frozenset({"refund_pending", "refund_failed"})
HTTP = frozenset(
    {"lose_answer", "http_500", "rate_limit", "delay_ms", "reader_offline", "reader_timeout"}
)
AFTER_EXECUTION = frozenset({"lose_answer", "rate_limit", "delay_ms"})
"""What can also befall an answer that is only replayed."""

_SETTING = "outcomes"
_AT_PROCESS = ["process_payment_intent"]


@dataclass(frozen=True)
class Outcome:
    """One entry.

    `code` names a decline; `times` how often the entry serves; `on` the operations that it waits
    for (`confirm`, `refunds.create`, `*`; none means any POST); `when` says whether the work is
    done all the same (`after`) or not (`before`); `settle_s` when a pending charge settles, and
    `then` how.
    """

    outcome: str
    code: str = "generic_decline"
    times: int = 1
    on: list[str] = field(default_factory=list)
    delay_ms: int = 0
    when: Literal["before", "after"] = "before"
    settle_s: float | None = None
    then: Literal["approve", "decline"] = "approve"

    def __post_init__(self) -> None:
        if self.outcome not in AT_READER | REFUND | HTTP:
            raise ValueError(f"unknown outcome {self.outcome!r}")

    def waits_for(self, operation: str, method: str) -> bool:
        """Tell whether this operation is one that the entry was put there for."""
        places = self.on or (_AT_PROCESS if self.outcome.startswith("reader_") else [])
        if not places:
            return method == "POST"
        return any(place in ("*", operation) or operation.endswith(f".{place}") for place in places)

    def verdict(self) -> Verdict:
        """Return what the bank answers."""
        if self.outcome == "decline":
            return decline_for(self.code)
        if self.outcome == "pending":
            then: Approve | Decline = Approve()
            if self.then == "decline":
                then = decline_for(self.code)
            return Pending(self.settle_s, then)
        return Approve()


def queue(state: State) -> list[Outcome]:
    """Return what waits, first come first."""
    return [Outcome(**entry) for entry in state.setting(_SETTING, [])]


def push(state: State, entry: dict[str, Any]) -> Outcome:
    """Put an entry at the end; unknown fields are a TypeError, unknown words a ValueError."""
    outcome = Outcome(**entry)
    _write(state, [*queue(state), outcome])
    return outcome


def clear(state: State) -> None:
    """Forget what was to go wrong."""
    _write(state, [])


def take(state: State, kinds: Collection[str]) -> Outcome | None:
    """Take the first entry of these kinds out of the queue, once."""
    return _take_first(state, [entry for entry in queue(state) if entry.outcome in kinds])


def take_for_request(
    state: State, operation: str, method: str, kinds: Collection[str] = HTTP
) -> Outcome | None:
    """Take the first entry that waits for this request."""
    return _take_first(
        state,
        [
            entry
            for entry in queue(state)
            if entry.outcome in kinds and entry.waits_for(operation, method)
        ],
    )


def _take_first(state: State, fitting: list[Outcome]) -> Outcome | None:
    if not fitting:
        return None
    taken = fitting[0]
    left = queue(state)
    place = left.index(taken)
    left[place : place + 1] = (
        [Outcome(**{**asdict(taken), "times": taken.times - 1})] if taken.times > 1 else []
    )
    _write(state, left)
    return taken


def _write(state: State, entries: list[Outcome]) -> None:
    state.change_setting(_SETTING, [asdict(entry) for entry in entries])
