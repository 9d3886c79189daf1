"""A state machine is a table: from each state, the states that may follow."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Generic, TypeVar

from app.kernel.errors import Conflict
from app.kernel.text import Text, msg

State = TypeVar("State", bound=StrEnum)


class WrongState(Conflict):
    """The move is not in the table; the sentence names the moves that are."""

    code = "wrong_state"


class Moves(Generic[State]):
    """Which state may follow which. `labels` gives each state its word for people."""

    def __init__(
        self, table: Mapping[State, frozenset[State]], *, labels: Mapping[State, Text]
    ) -> None:
        self.table = table
        self.labels = labels

    def allowed(self, here: State) -> frozenset[State]:
        return self.table.get(here, frozenset())

    def check(self, here: State, there: State) -> State:
        """`there`, if it may follow `here`; raises WrongState naming what may."""
        if there in self.allowed(here):
            return there
        following = sorted(str(self.labels[state]) for state in self.allowed(here))
        if not following:
            raise WrongState(msg("{here} is final; nothing follows.", here=self.labels[here]))
        raise WrongState(
            msg(
                "From {here} it cannot become {there}. Possible next: {following}.",
                here=self.labels[here],
                there=self.labels[there],
                following=", ".join(following),
            )
        )
