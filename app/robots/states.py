"""Where a unit stands in its life, and which states may follow.

`held` is not stored: an available unit with a live claim is held.
`in_service` is custody, not state.
"""

from enum import StrEnum

from app.kernel.states import Moves
from app.kernel.text import Text, msg


class UnitState(StrEnum):
    EXPECTED = "expected"
    RECEIVED = "received"
    INSPECTED = "inspected"
    AVAILABLE = "available"
    SOLD = "sold"
    HANDED_OVER = "handed_over"
    RETURNED = "returned"
    RETIRED = "retired"


class Standing(StrEnum):
    """What people see of a unit: its state, or that it is kept for somebody."""

    EXPECTED = "expected"
    RECEIVED = "received"
    INSPECTED = "inspected"
    AVAILABLE = "available"
    HELD = "held"
    SOLD = "sold"
    HANDED_OVER = "handed_over"
    RETURNED = "returned"
    RETIRED = "retired"


class Holding(StrEnum):
    """Why the store has a unit, or whose use it serves."""

    STOCK = "stock"
    DEMO = "demo"
    LOANER = "loaner"
    RENTAL = "rental"
    CONSIGNMENT = "consignment"
    CUSTOMER = "customer"


class Custody(StrEnum):
    """Who has the unit in hand."""

    STORE = "store"
    BENCH = "bench"
    CUSTOMER = "customer"
    CARRIER = "carrier"
    MAKER = "maker"


UNIT_STATE_LABELS: dict[UnitState, Text] = {
    UnitState.EXPECTED: msg("Expected"),
    UnitState.RECEIVED: msg("Received"),
    UnitState.INSPECTED: msg("Inspected"),
    UnitState.AVAILABLE: msg("Available"),
    UnitState.SOLD: msg("Sold"),
    UnitState.HANDED_OVER: msg("Handed over"),
    UnitState.RETURNED: msg("Returned"),
    UnitState.RETIRED: msg("Retired"),
}

STANDING_LABELS: dict[Standing, Text] = {Standing.HELD: msg("Held")} | {
    Standing(state): label for state, label in UNIT_STATE_LABELS.items()
}
HOLDING_LABELS: dict[Holding, Text] = {
    Holding.STOCK: msg("Stock"),
    Holding.DEMO: msg("Demonstration"),
    Holding.LOANER: msg("Loaner"),
    Holding.RENTAL: msg("Rental"),
    Holding.CONSIGNMENT: msg("Consignment"),
    Holding.CUSTOMER: msg("Customer’s"),
}
CUSTODY_LABELS: dict[Custody, Text] = {
    Custody.STORE: msg("In the store"),
    Custody.BENCH: msg("On the bench"),
    Custody.CUSTOMER: msg("With the customer"),
    Custody.CARRIER: msg("With the carrier"),
    Custody.MAKER: msg("With the maker"),
}


def standing(state: UnitState, *, claimed: bool) -> Standing:
    """What a unit in `state` looks like, with or without a live claim."""
    return Standing.HELD if claimed and state is UnitState.AVAILABLE else Standing(state)


UNIT_MOVES = Moves(
    {
        UnitState.EXPECTED: frozenset({UnitState.RECEIVED, UnitState.RETIRED}),
        UnitState.RECEIVED: frozenset({UnitState.INSPECTED, UnitState.RETIRED}),
        UnitState.INSPECTED: frozenset(
            {UnitState.AVAILABLE, UnitState.RECEIVED, UnitState.RETIRED}
        ),
        UnitState.AVAILABLE: frozenset({UnitState.SOLD, UnitState.RECEIVED, UnitState.RETIRED}),
        UnitState.SOLD: frozenset({UnitState.HANDED_OVER, UnitState.AVAILABLE, UnitState.RETURNED}),
        UnitState.HANDED_OVER: frozenset({UnitState.RETURNED, UnitState.RETIRED}),
        UnitState.RETURNED: frozenset({UnitState.RECEIVED, UnitState.RETIRED}),
    },
    labels=UNIT_STATE_LABELS,
)
