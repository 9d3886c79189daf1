"""How figures are printed: from the least to the most of several windows, verdicts with care."""

from collections.abc import Sequence


def spread(figures: Sequence[float], unit: str = "") -> str:
    """`101.2..118.0 req/s`."""
    return f"{min(figures):.1f}..{max(figures):.1f}{unit}"


def share(figures: Sequence[float]) -> str:
    return f"{min(figures):.0%}..{max(figures):.0%}"


def verdict_at_least(figures: Sequence[float], bar: float) -> str:
    """Whether all windows reach the bar, or none; between them nobody can say."""
    if min(figures) >= bar:
        return "reached"
    return "missed" if max(figures) < bar else "no verdict"


def verdict_at_most(figures: Sequence[float], bar: float) -> str:
    if max(figures) <= bar:
        return "kept"
    return "missed" if min(figures) > bar else "no verdict"


def percentile(figures: Sequence[float], share_: float) -> float:
    """The value below which this share of the figures lies."""
    ordered = sorted(figures)
    return ordered[min(int(len(ordered) * share_), len(ordered) - 1)]


def title(text: str) -> None:
    print(f"\n{text}\n{'-' * len(text)}", flush=True)
