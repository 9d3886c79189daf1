"""Rounding an expanded uncertainty and its value for print."""

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, ROUND_UP, Context, Decimal

from app.calibration.metrology.checks import finite, positive
from app.calibration.metrology.errors import OutOfRange
from app.kernel.text import msg

MAX_DIGITS = 2  # ILAC-P14:09/2020 4.2
_LARGEST_CUT = Decimal("0.95")
_WIDE = Context(prec=500)  # from the largest usable value to the smallest float


@dataclass(frozen=True, slots=True)
class RoundedResult:
    """A value and its expanded uncertainty as printed, both to the same decimal place."""

    value: Decimal
    expanded: Decimal


def round_uncertainty(expanded: float, *, digits: int = MAX_DIGITS) -> Decimal:
    """U to one or two significant digits (JCGM 100:2008 7.2.6, ILAC-P14:09/2020 4.2).

    To nearest, ties to even; upwards where the nearest would cut more than 5 % of U.
    Raises `OutOfRange` for U <= 0 or more digits than the policy allows.
    """
    if not 1 <= digits <= MAX_DIGITS:
        raise OutOfRange(
            msg("An uncertainty is printed with 1 or 2 digits, not {digits}.", digits=digits)
        )
    exact = Decimal(repr(positive(msg("expanded uncertainty"), expanded)))
    place = exact.adjusted() - digits + 1
    nearest = _at_place(exact, place, ROUND_HALF_EVEN)
    kept = nearest if nearest >= exact * _LARGEST_CUT else _at_place(exact, place, ROUND_UP)
    if kept.adjusted() > exact.adjusted():  # 9.96 became 10.0: one digit too many
        kept = _at_place(kept, place + 1, ROUND_HALF_EVEN)
    return kept


def round_result(value: float, expanded: float, *, digits: int = MAX_DIGITS) -> RoundedResult:
    """A value in the unit of its U, both rounded to the last digit of U.

    Verdicts compare unrounded figures; this is for print only.
    """
    printed = round_uncertainty(expanded, digits=digits)
    place = printed.adjusted() - len(printed.as_tuple().digits) + 1
    exact = Decimal(repr(finite(msg("value"), value)))
    return RoundedResult(_at_place(exact, place, ROUND_HALF_EVEN), printed)


def _at_place(number: Decimal, place: int, rounding: str) -> Decimal:
    return number.quantize(Decimal(1).scaleb(place), rounding=rounding, context=_WIDE)
