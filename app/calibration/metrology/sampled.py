"""Integrating a signal sampled at known times."""

import math
from collections.abc import Sequence
from itertools import pairwise

from app.calibration.metrology.checks import finite_all, rising, same_length
from app.kernel.text import Text, msg


def trapezoids(times: Sequence[float], name: Text, values: Sequence[float]) -> float:
    """Integral of n >= 2 values over rising times (s), in the values' unit times seconds.

    `name` is what a refusal calls the values. Raises `ShapeMismatch` or `OutOfRange`.
    """
    moments = finite_all(msg("times"), times, at_least=2)
    samples = finite_all(name, values, at_least=2)
    same_length(msg("times"), moments, name, samples)
    rising(msg("times"), moments)
    return math.fsum(
        (after - before) * (first + second) / 2
        for (before, after), (first, second) in zip(
            pairwise(moments), pairwise(samples), strict=True
        )
    )
