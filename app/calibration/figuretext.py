"""Measured figures as people read them: to the place that their uncertainty allows."""

from decimal import Decimal

from app.calibration.metrology.rounding import round_result, round_uncertainty

_DIGITS = 6


def said(value: float | None, expanded: float | None = None) -> str:
    """A figure with a decimal point and a real minus; `–` for none."""
    if value is None:
        return "–"
    if expanded is not None and expanded > 0:
        return plain(round_result(value, expanded).value)
    return plain(Decimal(f"{value:.{_DIGITS}g}"))


def uncertainty(expanded: float | None) -> str:
    """U to two significant digits."""
    return "–" if not expanded else plain(round_uncertainty(expanded))


def share(value: float | None) -> str:
    """A probability in per cent, never rounded up to certainty."""
    if value is None:
        return "–"
    shown = min(Decimal(f"{100 * value:.1f}"), Decimal("99.9")) if value < 1 else Decimal(100)
    return plain(shown)


def plain(number: Decimal) -> str:
    """Without an exponent, as on a display."""
    return f"{number:f}".replace("-", "\N{MINUS SIGN}")
