"""Whether what a version says of itself can be: its rule, coverage, surroundings, intervals."""

from dataclasses import replace

from sqlalchemy.orm import Session

from app.calibration.metrology.decision import Rule
from app.calibration.procedureinputs import VersionInput
from app.calibration.typed import Typing
from app.kernel.errors import NotFound
from app.kernel.text import msg
from app.robots import makers

# 1.5 U are the three standard uncertainties of JCGM 106; over twice U nothing sensible is left.
LARGEST_GUARD_RATIO = 2.0
_LONGEST_METHOD = 20_000
_MOST_MONTHS = 240
_MOST_HOURS = 1_000_000
_HALF, _SUREST = 0.5, 0.9999
_PER_CENT = 100.0
_COLDEST, _HOTTEST = -60.0, 150.0


def read_version(session: Session, seen: Typing, said: VersionInput) -> VersionInput:
    """As it is kept."""
    _check_model(session, seen, said.model_id)
    read = replace(
        said,
        title=seen.text("title", said.title, required=True),
        method=seen.text("method", said.method, most=_LONGEST_METHOD),
        standard=seen.text("standard", said.standard),
        guard_ratio=_guard_ratio(seen, said),
        coverage=_coverage(seen, said.coverage),
        temperature_from=_temperature(seen, "temperature_from", said.temperature_from),
        temperature_to=_temperature(seen, "temperature_to", said.temperature_to),
        humidity_to=seen.figure("humidity_to", said.humidity_to, least=1.0, most=_PER_CENT),
    )
    _check_party(seen, read)
    _check_surroundings(seen, read)
    for field, most in (("valid_months", _MOST_MONTHS), ("valid_hours", _MOST_HOURS)):
        value = getattr(read, field)
        if value is not None and not 1 <= value <= most:
            seen.refuse(field, msg("From 1 to {most}.", most=most))
    return read


def _check_model(session: Session, seen: Typing, model_id: int | None) -> None:
    if model_id is None:
        return
    try:
        makers.model_by_id(session, model_id)
    except NotFound as missing:
        seen.refuse("model_id", missing.message)


def _guard_ratio(seen: Typing, said: VersionInput) -> str:
    """Only the rules with a guard band of their own have one; for others it is 1, unused."""
    if said.rule not in {Rule.GUARD_BAND, Rule.NON_BINARY}:
        return "1"
    ratio = seen.figure("guard_ratio", said.guard_ratio, required=True)
    if ratio and float(ratio) <= 0:
        seen.refuse(
            "guard_ratio", msg("A guard band is wider than nothing; else take simple acceptance.")
        )
    elif ratio and float(ratio) > LARGEST_GUARD_RATIO:
        seen.refuse(
            "guard_ratio",
            msg("A guard band of more than twice U leaves nothing to accept: 1 is usual."),
        )
    return ratio


def _coverage(seen: Typing, typed: str) -> str:
    read = seen.figure("coverage", typed, required=True)
    if read and not _HALF <= float(read) <= _SUREST:
        seen.refuse(
            "coverage", msg("The coverage is a probability from 0.5 to 0.9999, such as 0.9545.")
        )
    return read


def _check_party(seen: Typing, read: VersionInput) -> None:
    if (read.rule is Rule.ISO_14253_1) == (read.party is not None):
        return
    if read.party is None:
        seen.refuse("party", msg("ISO 14253-1 asks who has to prove something."))
    else:
        seen.refuse("party", msg("Only ISO 14253-1 asks who has to prove something."))


def _temperature(seen: Typing, field: str, typed: str) -> str:
    return seen.figure(field, typed, least=_COLDEST, most=_HOTTEST)


def _check_surroundings(seen: Typing, read: VersionInput) -> None:
    low, high = read.temperature_from, read.temperature_to
    if low and high and not float(low) < float(high):
        seen.refuse("temperature_from", msg("The lower temperature is not below the upper one."))
