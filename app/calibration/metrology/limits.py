"""The limits of a tolerance: one or both sides."""

from dataclasses import dataclass

from app.calibration.metrology.checks import finite, positive
from app.calibration.metrology.errors import OutOfRange
from app.kernel.text import msg

WANTED_RATIO = 4.0  # test uncertainty ratio below which a warning is due
LEAST_RATIO = 1.0  # below it the measurement cannot judge the tolerance at all


@dataclass(frozen=True, slots=True)
class Limits:
    """A closed interval in the quantity's unit; `None` leaves that side open.

    Raises `OutOfRange` when both sides are open or the lower is not below the upper.
    """

    lower: float | None
    upper: float | None

    def __post_init__(self) -> None:
        if self.lower is None and self.upper is None:
            raise OutOfRange(msg("A tolerance needs a lower or an upper limit."))
        lower = None if self.lower is None else finite(msg("lower limit"), self.lower)
        upper = None if self.upper is None else finite(msg("upper limit"), self.upper)
        if lower is not None and upper is not None and not lower < upper:
            raise OutOfRange(
                msg(
                    "The lower limit {lower} is not below the upper limit {upper}.",
                    lower=lower,
                    upper=upper,
                )
            )

    @property
    def width(self) -> float | None:
        """Upper minus lower, or `None` for a one-sided tolerance."""
        return None if self.lower is None or self.upper is None else self.upper - self.lower

    def contain(self, value: float) -> bool:
        """Whether the value lies within, both ends included."""
        return (self.lower is None or value >= self.lower) and (
            self.upper is None or value <= self.upper
        )

    def leaves_room(self, guard: float) -> bool:
        """Whether anything is left once every limit has moved inwards by `guard`."""
        return self.lower is None or self.upper is None or self.lower + guard <= self.upper - guard

    def contain_guarded(self, value: float, guard: float) -> bool:
        """Whether the value lies within limits moved inwards by `guard` (outwards if negative)."""
        return (self.lower is None or value >= self.lower + guard) and (
            self.upper is None or value <= self.upper - guard
        )


def uncertainty_ratio(limits: Limits, expanded: float) -> float | None:
    """(TU - TL) / (2 U), dimensionless (ANSI/NCSL Z540.3); `None` for a one-sided tolerance.

    Below `WANTED_RATIO` a warning is due, below `LEAST_RATIO` no verdict should be given.
    """
    u = positive(msg("expanded uncertainty"), expanded)
    return None if limits.width is None else limits.width / (2 * u)
