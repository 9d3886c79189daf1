"""Velocity, settling and compliance figures of a manipulator (ISO 9283:1998 7.4, 7.5, 8.6, 10)."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.calibration.metrology.checks import (
    enough,
    finite_all,
    not_negative,
    positive,
    rising,
    same_length,
)
from app.calibration.metrology.descriptive import mean, sample_sd
from app.calibration.metrology.errors import NotDetermined
from app.kernel.text import msg

_NEWTONS = 100.0  # static compliance is stated per 100 N
_MM_PER_M = 1000.0


@dataclass(frozen=True, slots=True)
class VelocityFigures:
    """AV and RV (%, RV as +-) and FV (m/s) of a path velocity test."""

    accuracy_percent: float
    repeatability_percent: float
    fluctuation: float


def velocity_figures(commanded: float, runs: Sequence[Sequence[float]]) -> VelocityFigures:
    """AV, RV and FV of n >= 2 runs of >= 1 velocities each (ISO 9283:1998 8.6), in m/s.

    The mean velocity of each run enters AV and RV; FV is the largest spread within a run.
    """
    target = positive(msg("commanded velocity"), commanded)
    enough(msg("runs"), runs, at_least=2)
    checked = [finite_all(msg("velocities of a run"), run) for run in runs]
    means = [mean(run) for run in checked]
    return VelocityFigures(
        accuracy_percent=100 * (mean(means) - target) / target,
        repeatability_percent=100 * 3 * sample_sd(means) / target,
        fluctuation=max(max(run) - min(run) for run in checked),
    )


@dataclass(frozen=True, slots=True)
class Settling:
    """Stabilisation time (s) and overshoot (m)."""

    time: float
    overshoot: float


def settling(times: Sequence[float], distances: Sequence[float], *, band: float) -> Settling:
    """How a robot comes to rest in its limit band (ISO 9283:1998 7.4, 7.5).

    `distances` (m) to the attained pose at rising `times` (s). The time runs from the first entry
    into the band to the last; the overshoot is the largest distance in between, 0 if it never
    leaves. Raises `NotDetermined` when the record ends outside the band.
    """
    moments = finite_all(msg("times"), times)
    apart = [not_negative(msg("distance"), distance) for distance in distances]
    same_length(msg("times"), moments, msg("distances"), apart)
    rising(msg("times"), moments)
    limit = positive(msg("limit band"), band)
    if apart[-1] > limit:
        raise NotDetermined(msg("The robot had not settled when the record ended."))
    entered = next(i for i, distance in enumerate(apart) if distance <= limit)
    outside = [i for i in range(entered, len(apart)) if apart[i] > limit]
    if not outside:
        return Settling(0.0, 0.0)
    return Settling(moments[outside[-1] + 1] - moments[entered], max(apart[i] for i in outside))


def static_compliance(displacement: float, force: float) -> float:
    """Displacement (m) under a force (N), as mm per 100 N (ISO 9283:1998 10)."""
    moved = not_negative(msg("displacement"), displacement)
    return moved * _MM_PER_M * _NEWTONS / positive(msg("force"), force)
