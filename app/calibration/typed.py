"""Reading what was typed about a procedure: figures, units, choices, each with its problem."""

from app.calibration.figures import read_figure
from app.calibration.metrology.errors import MeasurementRefused
from app.calibration.metrology.units import parse_unit
from app.kernel.text import msg
from app.web.forms import Reading

_LONGEST_UNIT = 32


class Typing(Reading):
    """Collects problems as `Reading` does, and reads figures and units besides."""

    def figure(
        self,
        field: str,
        text: str,
        *,
        least: float | None = None,
        most: float | None = None,
        required: bool = False,
    ) -> str:
        """Decimal text, empty for nothing."""
        read = self.take(field, lambda: read_figure(text), "")
        if required and not text.strip():
            self.refuse(field, msg("Please fill this in."))
        if read and least is not None and float(read) < least:
            self.refuse(field, msg("At least {least} belongs here.", least=_short(least)))
        if read and most is not None and float(read) > most:
            self.refuse(field, msg("At most {most} belongs here.", most=_short(most)))
        return read

    def unit(self, field: str, text: str) -> str:
        """A unit that the house knows; raises nothing, the problem is kept."""
        written = self.text(field, text, most=_LONGEST_UNIT, required=True)
        if written and field not in self.problems:
            self.take(field, lambda: parse_unit(written), None)
        return written


def is_unit(text: str) -> bool:
    try:
        parse_unit(text)
    except MeasurementRefused:
        return False
    return True


def _short(bound: float) -> str:
    return f"{bound:g}"
