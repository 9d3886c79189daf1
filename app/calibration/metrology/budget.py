"""The uncertainty budget: rows of type A and B, combined and expanded (JCGM 100:2008, the GUM)."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.calibration.metrology.checks import (
    Matrix,
    between,
    count,
    degrees_of_freedom,
    enough,
    finite,
    not_negative,
    positive,
    probability,
)
from app.calibration.metrology.descriptive import sample_sd
from app.calibration.metrology.distributions import student_quantile
from app.calibration.metrology.errors import NotDetermined, OutOfRange
from app.calibration.metrology.linear_algebra import quadratic_form, symmetric_eigen
from app.kernel.text import msg

# The GUM's own example G.4.1 comes to 18.9987 and is entered in the table as 19: degrees of freedom
# are not known to one part in ten thousand, and rounding noise must not cut a whole one off.
_TRUNCATION_SLACK = 1e-4
_PSD_SLACK = 1e-9
_NO_DOUBT = 1e-6


class Evaluation(StrEnum):
    """How a row's uncertainty came about (JCGM 100:2008 4.2, 4.3)."""

    STATISTICAL = "A"
    OTHER = "B"


class Distribution(StrEnum):
    """What the stated value of a row means, and so what divides it."""

    NORMAL = "normal"  # an expanded uncertainty U with its k
    RECTANGULAR = "rectangular"  # a half width
    TRIANGULAR = "triangular"  # a half width
    ARCSINE = "arcsine"  # a half width, U-shaped: cyclic variation
    TRAPEZOIDAL = "trapezoidal"  # a half width, with the ratio of top to base
    RESOLUTION = "resolution"  # the smallest step of an indication


_DIVISORS = {
    Distribution.RECTANGULAR: math.sqrt(3),
    Distribution.TRIANGULAR: math.sqrt(6),
    Distribution.ARCSINE: math.sqrt(2),
    Distribution.RESOLUTION: 2 * math.sqrt(3),
}


@dataclass(frozen=True, slots=True)
class BudgetRow:
    """One line of a budget.

    `value` is as its source states it, in the quantity's unit; value / divisor is the standard
    uncertainty; `sensitivity` c_i carries it to the result's unit. Rows with the same `group`
    (say, one reference used twice) are taken as fully correlated.
    """

    name: str
    evaluation: Evaluation
    distribution: Distribution
    value: float
    divisor: float
    sensitivity: float = 1.0
    dof: float = math.inf
    group: str = ""

    def __post_init__(self) -> None:
        not_negative(msg("value of “{row}”", row=self.name), self.value)
        positive(msg("divisor of “{row}”", row=self.name), self.divisor)
        finite(msg("sensitivity coefficient of “{row}”", row=self.name), self.sensitivity)
        degrees_of_freedom(self.dof)

    @property
    def standard_uncertainty(self) -> float:
        """u(x_i), in the unit of the input quantity."""
        return self.value / self.divisor

    @property
    def contribution(self) -> float:
        """c_i u(x_i) with its sign, in the unit of the result."""
        return self.sensitivity * self.standard_uncertainty


def divisor(
    distribution: Distribution,
    *,
    coverage_factor: float | None = None,
    top_ratio: float | None = None,
) -> float:
    """What divides a stated value to give a standard uncertainty (JCGM 100:2008 4.3, F.2.2.1).

    `coverage_factor` belongs to NORMAL and `top_ratio` (beta, 0 to 1) to TRAPEZOIDAL, and to these
    alone: a k given for a half width would divide twice. Raises `OutOfRange`.
    """
    if (coverage_factor is not None) != (distribution is Distribution.NORMAL):
        raise OutOfRange(
            msg("A coverage factor belongs to an expanded uncertainty, and only to that.")
        )
    if (top_ratio is not None) != (distribution is Distribution.TRAPEZOIDAL):
        raise OutOfRange(msg("A ratio of top to base belongs to a trapezoid, and only to that."))
    if coverage_factor is not None:
        return positive(msg("coverage factor"), coverage_factor)
    if top_ratio is not None:
        beta = between(msg("ratio of top to base"), top_ratio, 0, 1)
        return math.sqrt(6 / (1 + beta * beta))
    return _DIVISORS[distribution]


def type_b_row(
    name: str,
    *,
    distribution: Distribution,
    value: float,
    coverage_factor: float | None = None,
    top_ratio: float | None = None,
    sensitivity: float = 1.0,
    dof: float = math.inf,
    group: str = "",
) -> BudgetRow:
    """A row from a certificate, data sheet or resolution (JCGM 100:2008 4.3)."""
    divides = divisor(distribution, coverage_factor=coverage_factor, top_ratio=top_ratio)
    return BudgetRow(name, Evaluation.OTHER, distribution, value, divides, sensitivity, dof, group)


def type_a_row(
    name: str, readings: Sequence[float], *, sensitivity: float = 1.0, group: str = ""
) -> BudgetRow:
    """A row from n >= 2 repeated readings: s / sqrt(n), n-1 dof (JCGM 100:2008 4.2.3, 4.2.6)."""
    spread = sample_sd(readings)
    return pooled_row(
        name,
        pooled_sd=spread,
        readings=len(readings),
        dof=len(readings) - 1,
        sensitivity=sensitivity,
        group=group,
    )


def pooled_row(
    name: str,
    *,
    pooled_sd: float,
    readings: int,
    dof: float,
    sensitivity: float = 1.0,
    group: str = "",
) -> BudgetRow:
    """A mean of few `readings` judged by a spread known from many (JCGM 100:2008 4.2.4).

    `pooled_sd` in the quantity's unit; `dof` are those of the pooled spread, not readings-1.
    """
    root = math.sqrt(count(msg("number of readings"), readings, at_least=1))
    return BudgetRow(
        name,
        Evaluation.STATISTICAL,
        Distribution.NORMAL,
        pooled_sd,
        root,
        sensitivity,
        dof,
        group,
    )


def dof_of_estimate(relative_doubt: float) -> float:
    """Degrees of freedom of a type B estimate that may be off by a share (JCGM 100:2008 G.4.2).

    `relative_doubt` is Delta u / u: 0.25 gives 8 degrees, 0 (or under a millionth) infinity.
    """
    doubt = not_negative(msg("relative doubt"), relative_doubt)
    return math.inf if doubt < _NO_DOUBT else 0.5 / doubt**2


@dataclass(frozen=True, slots=True)
class CombinedUncertainty:
    """u_c in the result's unit, its effective degrees of freedom, and each row's part.

    `shares` are c_i^2 u_i^2 / u_c^2; with correlated rows they do not add up to 1.
    """

    standard: float
    dof: float
    contributions: tuple[float, ...]
    shares: tuple[float, ...]


Correlations = Mapping[tuple[str, str], float]


def combine(
    rows: Iterable[BudgetRow], *, correlations: Correlations | None = None
) -> CombinedUncertainty:
    """Combined standard uncertainty (JCGM 100:2008 5.1.2, 5.2.2) and its dof (G.4.1).

    `correlations` gives r for pairs of row names and overrules groups. Welch-Satterthwaite holds
    for independent rows only; with any correlation the smallest dof of a contributing row is used.
    Raises `OutOfRange` for duplicate or unknown names, r outside -1..1 or a budget of zeros, and
    `NotDetermined` for coefficients that contradict one another.
    """
    lines = tuple(rows)
    enough(msg("budget rows"), lines, at_least=1)
    matrix = _correlation_matrix(lines, correlations or {})
    parts = tuple(row.contribution for row in lines)
    variance = quadratic_form(matrix, parts)
    # Rows that cancel exactly leave rounding noise, which is not an uncertainty.
    if variance <= 1e-15 * max(part * part for part in parts):
        raise OutOfRange(msg("The combined uncertainty is zero: no row contributes."))
    combined = math.sqrt(variance)
    independent = all(r == 0 for i, row in enumerate(matrix) for r in row[:i])
    dofs = tuple(row.dof for row in lines)
    dof = (
        welch_satterthwaite(parts, dofs)
        if independent
        else min(nu for nu, part in zip(dofs, parts, strict=True) if part != 0)
    )
    return CombinedUncertainty(combined, dof, parts, tuple((p / combined) ** 2 for p in parts))


def welch_satterthwaite(contributions: Sequence[float], dofs: Sequence[float]) -> float:
    """Effective degrees of freedom u_c^4 / sum(|c_i u_i|^4 / nu_i) (JCGM 100:2008 G.4.1, G.2b).

    Contributions are independent, in the result's unit; not truncated here. Infinite dofs allowed.
    """
    combined = math.sqrt(math.fsum(part * part for part in contributions))
    positive(msg("combined uncertainty"), combined)
    share = math.fsum(
        (part / combined) ** 4 / degrees_of_freedom(nu)
        for part, nu in zip(contributions, dofs, strict=True)
    )
    return 1 / share if share > 0 else math.inf


def truncate_dof(dof: float) -> float:
    """The next lower whole number, as the tables of t are entered (JCGM 100:2008 G.4.1 NOTE 1)."""
    nu = degrees_of_freedom(dof)
    return nu if nu == math.inf else float(math.floor(nu * (1 + _TRUNCATION_SLACK)))


def coverage_factor(coverage: float, dof: float = math.inf) -> float:
    """Two-sided k = t_p(nu) at the TRUNCATED dof (JCGM 100:2008 G.3.2, Table G.2).

    `coverage` is p, such as 0.9545; infinite dof give the normal factor (2.000).
    """
    p = probability(msg("coverage probability"), coverage)
    return student_quantile((1 + p) / 2, truncate_dof(dof))


def one_sided_factor(confidence: float, dof: float = math.inf) -> float:
    """The factor that leaves 1 - confidence on one side only: 1.645 for 0.95 (ISO 14253-1)."""
    return student_quantile(probability(msg("confidence"), confidence), truncate_dof(dof))


@dataclass(frozen=True, slots=True)
class ExpandedUncertainty:
    """u_c, the truncated dof, p, k and U = k u_c; u_c and U in the result's unit."""

    standard: float
    dof: float
    coverage: float
    factor: float
    expanded: float


def expand(
    standard: float, *, dof: float = math.inf, coverage: float = 0.9545
) -> ExpandedUncertainty:
    """U = k u_c for a coverage probability (JCGM 100:2008 6.2, G.6.4)."""
    u = positive(msg("standard uncertainty"), standard)
    k = coverage_factor(coverage, dof)
    return ExpandedUncertainty(u, truncate_dof(dof), coverage, k, k * u)


def not_below_capability(expanded: float, capability: float) -> float:
    """The larger of U and the accredited CMC, in one unit (ILAC-P14:09/2020 5.4)."""
    return max(
        positive(msg("expanded uncertainty"), expanded),
        positive(msg("calibration and measurement capability"), capability),
    )


def resolution_counted_with_repeatability(rows: Iterable[BudgetRow]) -> bool:
    """Whether a resolution stands beside a spread of readings that may already contain it.

    Both may be kept, or the larger alone; the certificate has to say which.
    """
    lines = tuple(rows)
    return any(row.distribution is Distribution.RESOLUTION for row in lines) and any(
        row.evaluation is Evaluation.STATISTICAL for row in lines
    )


def _correlation_matrix(lines: Sequence[BudgetRow], correlations: Correlations) -> Matrix:
    names = [row.name for row in lines]
    if len(set(names)) != len(names):
        raise OutOfRange(msg("Two budget rows have the same name."))
    cells = [
        [float(i == j or (a.group != "" and a.group == b.group)) for j, b in enumerate(lines)]
        for i, a in enumerate(lines)
    ]
    for (one, other), r in correlations.items():
        if one not in names or other not in names or one == other:
            raise OutOfRange(
                msg("No pair of budget rows is named {one} and {other}.", one=one, other=other)
            )
        i, j = names.index(one), names.index(other)
        cells[i][j] = cells[j][i] = between(msg("correlation coefficient"), r, -1, 1)
    matrix = tuple(tuple(row) for row in cells)
    if symmetric_eigen(matrix)[0][0] < -_PSD_SLACK:
        raise NotDetermined(msg("The correlation coefficients contradict one another."))
    return matrix
