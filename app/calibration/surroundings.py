"""What is said of the surroundings and of the robot while it is measured."""

from dataclasses import dataclass
from datetime import datetime

from app.calibration.job_models import CalibrationJob
from app.kernel import words
from app.kernel.errors import Refused
from app.kernel.searchkeys import clean
from app.kernel.text import msg

LONGEST_LINE = 200
LONGEST_TEXT = 4_000


@dataclass(frozen=True, slots=True)
class Conditions:
    """What is said of the surroundings and of the robot when measuring begins or ends.

    Degrees Celsius and per cent as typed; empty: not read.
    """

    temperature: str = ""
    humidity: str = ""
    place: str = ""
    condition: str = ""
    deviations: str = ""
    received_at: datetime | None = None


def check_surroundings(
    job: CalibrationJob, temperature: str, humidity: str, *, deviations: str
) -> None:
    """Raises Refused at the field for a figure that is none, missing, or outside the limits.

    A deviation that is stated, and so printed, lets the job go on outside the limits.
    """
    version = job.procedure_version
    wanted: dict[str, tuple[str, str, str]] = {
        "temperature": (temperature, version.temperature_from, version.temperature_to),
        "humidity": (humidity, "", version.humidity_to),
    }
    for field, (typed, lowest, highest) in wanted.items():
        value = _read_figure(field, typed)
        if value is None:
            if lowest or highest:
                raise Refused(msg("This procedure asks for it."), field=field)
            continue
        too_low = lowest != "" and value < float(lowest)
        too_high = highest != "" and value > float(highest)
        if (too_low or too_high) and not deviations:
            raise Refused(
                msg(
                    "{value} is outside what the procedure allows ({low} to {high}). State the "
                    "deviation, or wait.",
                    value=typed.strip(),
                    low=lowest or "–",
                    high=highest or "–",
                ),
                field=field,
            )


def set_end_conditions(job: CalibrationJob, given: Conditions) -> None:
    """What was read when measuring ended; deviations are added to what was said before."""
    added = long_text("deviations", given.deviations)
    deviations = "\n".join(part for part in (job.deviations, added) if part)[:LONGEST_TEXT]
    check_surroundings(job, given.temperature, given.humidity, deviations=deviations)
    job.temperature_end, job.humidity_end = figure_of(given.temperature), figure_of(given.humidity)
    job.deviations = deviations


def _read_figure(field: str, typed: str) -> float | None:
    text = figure_of(typed)
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not -1_000 < value < 1_000:  # noqa: PLR2004 - no room is colder, hotter or wetter
        raise Refused(msg("“{text}” is not a number.", text=typed.strip()[:40]), field=field)
    return value


def figure_of(typed: str) -> str:
    return clean(typed).replace(",", ".")[:40]


def needed(reason: str) -> str:
    return words.why(reason, most=LONGEST_LINE)


def line(field: str, text: str) -> str:
    return words.fitting(text, most=LONGEST_LINE, field=field)


def long_text(field: str, text: str) -> str:
    return words.fitting(text, most=LONGEST_TEXT, field=field)
