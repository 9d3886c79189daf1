"""What the pages of jobs send."""

from enum import StrEnum
from typing import Annotated, TypeVar

from pydantic import Field

from app.calibration.adjustments import AdjustmentInput
from app.calibration.job_models import JobReason, Phase
from app.calibration.surroundings import Conditions
from app.kernel.errors import Refused
from app.kernel.quantity import row_number
from app.kernel.text import msg
from app.web.forms import StoreForm, Typed

_MOST_POINTS = 2_000
Word = TypeVar("Word", bound=StrEnum)


def read_word(kind: type[Word], text: str, *, field: str) -> Word:
    """One of the words that a choice offers; raises Refused for any other."""
    try:
        return kind(text)
    except ValueError:
        raise Refused(msg("Please choose one of these."), field=field) from None


class SeenForm(StoreForm):
    """A form that knows the version of the job that its page showed; empty: any."""

    version: Typed = ""

    def read_version(self) -> int | None:
        return row_number(self.version) if self.version else None


class NewForm(StoreForm):
    unit: Typed = ""
    procedure: Typed = ""
    reason: Typed = JobReason.SCHEDULED.value
    reference: Typed = ""
    # one of a few points each, where not all are measured
    part: Typed = ""
    points: Annotated[list[Typed], Field(default_factory=list, max_length=_MOST_POINTS)]

    def read_points(self) -> list[int]:
        """The places that were ticked; raises Refused where a part was asked for and none is."""
        seqs = [row_number(text) or 0 for text in self.points]
        if self.part and not seqs:
            raise Refused(msg("Tick at least one point."), field="points")
        return seqs

    def read_reason(self) -> JobReason:
        return read_word(JobReason, self.reason, field="reason")


class ConditionsForm(SeenForm):
    temperature: Typed = ""
    humidity: Typed = ""
    place: Typed = ""
    condition: Typed = ""
    deviations: Typed = ""

    def read(self) -> Conditions:
        return Conditions(
            temperature=self.temperature,
            humidity=self.humidity,
            place=self.place,
            condition=self.condition,
            deviations=self.deviations,
        )


class AlsoForm(SeenForm):
    target: Typed = ""


class WhyForm(SeenForm):
    reason: Typed = ""


class EquipmentForm(SeenForm):
    code: Typed = ""


class SpotForm(SeenForm):
    """What is read: the place of a point, as found or as left."""

    point: Typed = ""
    phase: Typed = Phase.AS_FOUND.value

    def read_seq(self) -> int:
        return row_number(self.point) or 0

    def read_phase(self) -> Phase:
        return read_word(Phase, self.phase, field="point")


class ReadingForm(SpotForm):
    """`retake` is the reading that this one replaces, and `reason` why; empty: a new one."""

    reading: Typed = ""
    retake: Typed = ""
    reason: Typed = ""


class ColumnForm(SpotForm):
    column: Typed = ""


class AdjustmentForm(SeenForm):
    target: Typed = ""
    parameter: Typed = ""
    before: Typed = ""
    after: Typed = ""
    unit: Typed = ""
    note: Typed = ""

    def read(self) -> AdjustmentInput:
        return AdjustmentInput(
            target=self.target,
            parameter=self.parameter,
            before=self.before,
            after=self.after,
            unit=self.unit,
            note=self.note,
        )


class ReviewForm(SeenForm):
    pin: Typed = ""
    note: Typed = ""

    def typed(self) -> dict[str, str]:
        """A PIN is typed anew each time."""
        return {**super().typed(), "pin": ""}
