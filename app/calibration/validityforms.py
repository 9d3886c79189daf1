"""What the pages of validity send."""

from typing import Annotated

from pydantic import Field

from app.calibration.recalibration import Offsets
from app.calibration.rules import RuleInput
from app.calibration.validity_models import Change, Reach
from app.web.forms import StoreForm, Typed


class PlanForm(StoreForm):
    """Which procedure, and for which ticket."""

    code: Typed = ""
    reference: Typed = ""


class WaiveForm(StoreForm):
    reason: Typed = ""


class RuleForm(StoreForm):
    slot_class: Typed = ""
    change: Typed = Change.PART.value
    procedure: Typed = ""
    reach: Typed = Reach.TARGET.value

    def read(self) -> RuleInput:
        return RuleInput(
            slot_class=self.slot_class,
            change=self.change,
            procedure=self.procedure,
            reach=self.reach,
        )


class PresaleForm(StoreForm):
    """The codes that were ticked."""

    procedures: Annotated[list[Typed], Field(default_factory=list, max_length=200)]


class SerialForm(StoreForm):
    serial: Typed = ""


class FirmwareForm(StoreForm):
    firmware: Typed = ""


class OffsetForm(StoreForm):
    before: Typed = ""
    after: Typed = ""
    unit: Typed = "deg"
    note: Typed = ""

    def read(self) -> Offsets:
        return Offsets(before=self.before, after=self.after, unit=self.unit, note=self.note)


class HoldForm(StoreForm):
    pin: Typed = ""
