"""What the page of the work sends, from text to typed input."""

from datetime import datetime

from app.kernel.quantity import row_number
from app.kernel.searchkeys import clean
from app.parts import scanned as labels
from app.robots.slotforms import read_moment
from app.service.fittingwork import Scanned
from app.service.forms import word
from app.service.oldparts import Fate
from app.service.operation_models import SafetyTick
from app.web.forms import StoreForm, Typed


class TicksForm(StoreForm):
    """What somebody has seen to with their own hands: a box each."""

    hoist: Typed = ""
    battery_isolated: Typed = ""
    estop_tested: Typed = ""
    area_clear: Typed = ""

    def read(self) -> list[SafetyTick]:
        return [tick for tick in SafetyTick if getattr(self, tick.value)]


class ClockForm(StoreForm):
    """A clock that starts (on a line, with a second person) or stops (which, when, why)."""

    line: Typed = ""
    second: Typed = ""
    labour: Typed = ""
    at: Typed = ""
    reason: Typed = ""

    def read_second(self) -> int | None:
        return row_number(self.second)

    def read_labour(self) -> int | None:
        return row_number(self.labour)

    def read_at(self, zone: str) -> datetime | None:
        return read_moment(self.at, zone)


class LineForm(StoreForm):
    line: Typed = ""
    note: Typed = ""


class PartForm(StoreForm):
    """One box takes any scan; a part of many takes its serial or lot beside it."""

    code: Typed = ""
    serial: Typed = ""
    lot: Typed = ""
    firmware: Typed = ""
    line: Typed = ""
    slot: Typed = ""

    def read(self) -> Scanned:
        code = labels.read(self.code)
        serial = clean(self.serial) or code.serial
        return Scanned(
            number=code.text,
            serial=serial,
            lot=clean(self.lot) or code.lot,
            firmware=clean(self.firmware),
        )


class OutForm(StoreForm):
    slot: Typed = ""
    occupant: Typed = ""
    reason: Typed = ""

    def read_occupant(self) -> int | None:
        return row_number(self.occupant)


class FateForm(StoreForm):
    """Where a piece goes from the bench."""

    part: Typed = ""
    component: Typed = ""
    lot: Typed = ""
    fate: Typed = ""
    place: Typed = ""

    def read(self) -> tuple[int, int | None, Fate]:
        fate = word(Fate, self.fate, field="fate")
        return row_number(self.part) or 0, row_number(self.component), fate


class ReleaseForm(StoreForm):
    """`pin`: of somebody who may let the robot go although something speaks against it."""

    reason: Typed = ""
    pin: Typed = ""
