"""Sound pressure levels: mean over positions and background correction (ISO 3744, ISO 3746)."""

import math
from collections.abc import Sequence

from app.calibration.metrology.checks import finite_all
from app.calibration.metrology.descriptive import mean
from app.calibration.metrology.errors import OutOfRange
from app.kernel.text import msg

ENGINEERING_DIFFERENCE = 6.0  # dB, ISO 3744
SURVEY_DIFFERENCE = 3.0  # dB, ISO 3746


def mean_level(levels: Sequence[float]) -> float:
    """Energy mean of n >= 1 levels (dB): 10 lg(mean 10^(L/10)) (ISO 3744:2010 8.2.2).

    Taken relative to the loudest, so that no level overflows.
    """
    values = finite_all(msg("levels"), levels)
    loudest = max(values)
    return loudest + 10 * math.log10(mean(10 ** ((level - loudest) / 10) for level in values))


def background_correction(
    *, source: float, background: float, least_difference: float = ENGINEERING_DIFFERENCE
) -> float:
    """K1 = -10 lg(1 - 10^(-0.1 dL)) (dB), to be taken off the level with the source running.

    dL = source - background (dB). Raises `OutOfRange` below `least_difference`: 6 dB for the
    engineering method (ISO 3744), 3 dB for the survey method (ISO 3746).
    """
    on, off = finite_all(msg("levels"), (source, background))
    if not on - off >= least_difference > 0:
        raise OutOfRange(
            msg(
                "The source is {difference} dB over the background; at least {least} are needed.",
                difference=round(on - off, 2),
                least=least_difference,
            )
        )
    return -10 * math.log10(1 - 10 ** (-0.1 * (on - off)))
