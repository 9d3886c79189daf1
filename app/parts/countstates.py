"""How a stocktake goes: counted, then booked or given up."""

from app.kernel.states import Moves
from app.kernel.text import msg
from app.parts.count_models import CountState

COUNT_MOVES = Moves(
    {CountState.COUNTING: frozenset({CountState.BOOKED, CountState.CANCELLED})},
    labels={
        CountState.COUNTING: msg("Being counted"),
        CountState.BOOKED: msg("Booked"),
        CountState.CANCELLED: msg("Given up"),
    },
)
