"""What the pages of stocktakes, batteries and imports send."""

from app.kernel.errors import Refused
from app.kernel.quantity import row_number
from app.kernel.searchkeys import clean, figures
from app.kernel.text import msg
from app.parts.batteries import CheckInput, RuleInput
from app.parts.battery_models import Condition
from app.parts.import_models import ImportKind
from app.web.forms import Reading, StoreForm, Typed

_DIGITS = 7
_DECIMALS = 3
_MILLI = 1_000


class CountScanForm(StoreForm):
    """A scan at a bin; `part` is the one whose lot or serials are awaited, `last` the last line."""

    code: Typed = ""
    part: Typed = ""
    last: Typed = ""

    @property
    def part_id(self) -> int | None:
        return row_number(self.part)


class CountedForm(StoreForm):
    counted: Typed = ""

    def read(self, line_id: int) -> int:
        return read_whole(self.counted, field=f"counted-{line_id}")


class WhyForm(StoreForm):
    reason: Typed = ""


class NoteForm(StoreForm):
    note: Typed = ""


class CodeForm(StoreForm):
    code: Typed = ""


class CheckForm(StoreForm):
    """A look at a battery; the voltage in volts, as meters show it."""

    soc_percent: Typed = ""
    condition: Typed = ""
    cycles: Typed = ""
    voltage: Typed = ""
    note: Typed = ""

    def read(self) -> CheckInput:
        seen = Reading()
        conditions = {each.value: each for each in Condition}
        if self.condition not in conditions:
            seen.refuse("condition", msg("Please choose one."))
        read = CheckInput(
            soc_percent=seen.take("soc_percent", lambda: _percent(self.soc_percent), 0),
            condition=conditions.get(self.condition, Condition.OTHER),
            cycles=seen.take("cycles", lambda: _optional(self.cycles, "cycles"), None),
            voltage_mv=seen.take("voltage", lambda: _millivolts(self.voltage), None),
            note=self.note,
        )
        seen.done()
        return read


class LetGoForm(StoreForm):
    reason: Typed = ""
    place: Typed = ""


class RuleForm(StoreForm):
    """How the batteries of a part are kept; no part: all of the store."""

    part: Typed = ""
    interval_days: Typed = ""
    soc_low: Typed = ""
    soc_high: Typed = ""
    watt_hours: Typed = ""

    def read(self) -> RuleInput:
        seen = Reading()
        read = RuleInput(
            interval_days=seen.take(
                "interval_days",
                lambda: read_whole(self.interval_days, field="interval_days"),
                1,
            ),
            soc_low=seen.take("soc_low", lambda: read_whole(self.soc_low, field="soc_low"), 0),
            soc_high=seen.take("soc_high", lambda: read_whole(self.soc_high, field="soc_high"), 0),
            watt_hours=seen.take(
                "watt_hours", lambda: _optional(self.watt_hours, "watt_hours"), None
            ),
        )
        seen.done()
        return read


def read_kind(text: str) -> ImportKind:
    kinds = {kind.value: kind for kind in ImportKind}
    if text not in kinds:
        raise Refused(msg("Please choose one."), field="kind")
    return kinds[text]


def read_whole(text: str, *, field: str) -> int:
    """A number of pieces, days or per cent, nothing included."""
    plain = figures(text)
    if not (plain.isascii() and plain.isdigit() and len(plain) <= _DIGITS):
        raise Refused(msg("“{text}” is not a whole number.", text=clean(text)[:40]), field=field)
    return int(plain)


def _optional(text: str, field: str) -> int | None:
    return read_whole(text, field=field) if clean(text) else None


def _percent(text: str) -> int:
    return read_whole(figures(text).removesuffix("%").strip(), field="soc_percent")


def _millivolts(text: str) -> int | None:
    """`50,4` volts as millivolts; None for nothing typed."""
    if not clean(text):
        return None
    whole, _, rest = (
        figures(text).lower().removesuffix("v").strip().replace(",", ".").partition(".")
    )
    digits = f"{whole}{rest}"
    fits = digits.isascii() and digits.isdigit() and whole and len(rest) <= _DECIMALS
    if not fits or len(whole) > _DIGITS:
        raise Refused(
            msg("“{text}” is not a voltage like 50.4.", text=clean(text)[:40]), field="voltage"
        )
    return int(whole) * _MILLI + int(rest.ljust(_DECIMALS, "0"))
