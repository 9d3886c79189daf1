"""Halving an interval down to the last bit."""

from collections.abc import Callable


def last_where(holds: Callable[[float], bool], inside: float, outside: float) -> float:
    """The x nearest to `outside` at which a condition still holds.

    It holds at `inside`, fails at `outside`, and changes once between; either may be the larger.
    """
    while True:
        middle = 0.5 * (inside + outside)
        if middle in (inside, outside):
            return inside
        if holds(middle):
            inside = middle
        else:
            outside = middle
