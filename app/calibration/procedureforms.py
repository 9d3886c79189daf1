"""What the pages of procedures send, from text to typed input.

Budget rows and roles come as lists of one length, a blank one at the end of each. A row that says
nothing is none.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Annotated, Any, TypeVar

from pydantic import Field

from app.calibration.figures import figure, read_figure
from app.calibration.methods import METHODS
from app.calibration.metrology.budget import Distribution, Evaluation
from app.calibration.metrology.decision import Party, Rule
from app.calibration.procedure_models import ProcedureVersion, RowSource
from app.calibration.procedureinputs import NeedInput, PointInput, RowInput, VersionInput
from app.kernel.errors import Refused
from app.kernel.quantity import row_number
from app.kernel.searchkeys import clean
from app.kernel.text import msg
from app.web.forms import Reading, StoreForm, Typed

_MOST_DIGITS = 7
_MOST_ROWS = 60
_SETTING = "setting_"
_NEED = ("role", "kind", "largest_expanded", "unit")
_ROW = (
    "name",
    "source",
    "role",
    "evaluation",
    "distribution",
    "value",
    "unit",
    "parameter",
    "sensitivity",
    "sensitivity_unit",
    "dof",
    "correlation_group",
)
_Word = TypeVar("_Word", bound=StrEnum)
Column = Annotated[list[Typed], Field(default_factory=list, max_length=_MOST_ROWS)]


class BareForm(StoreForm):
    """A button's form."""


class DraftForm(StoreForm):
    """The version that the next one begins as, and whom it is for: `same`, a model, or all."""

    of: Typed = ""
    model: Typed = "same"

    def read_of(self) -> int:
        of_id = row_number(self.of)
        if of_id is None:
            raise Refused(msg("Please choose one of the list."), field="of")
        return of_id

    def wanted(self, of: ProcedureVersion) -> VersionInput:
        said = VersionInput.of(of)
        return said if self.model == "same" else replace(said, model_id=_row(self.model))


class CopyForm(StoreForm):
    plan: Typed = ""

    def read(self) -> int:
        plan_id = row_number(self.plan)
        if plan_id is None:
            raise Refused(msg("Please choose one of the list."), field="plan")
        return plan_id


class ReasonForm(StoreForm):
    reason: Typed = ""


class VersionForm(StoreForm):
    """What a version says of itself; `code` only with a new procedure, `seen` only with a draft."""

    seen: Typed = ""
    code: Typed = ""
    title: Typed = ""
    model: Typed = ""
    method: Typed = ""
    standard: Typed = ""
    rule: Typed = Rule.GUARD_BAND.value
    guard_ratio: Typed = "1"
    party: Typed = ""
    coverage: Typed = "0.9545"
    temperature_from: Typed = ""
    temperature_to: Typed = ""
    humidity_to: Typed = ""
    valid_months: Typed = ""
    valid_hours: Typed = ""

    @classmethod
    def of(cls, said: VersionInput, *, seen: str) -> "VersionForm":
        same = {name: getattr(said, name) for name in _same_fields()}
        return cls(
            **same,
            seen=seen,
            model=str(said.model_id or ""),
            rule=said.rule.value,
            party=said.party.value if said.party else "",
            valid_months=str(said.valid_months or ""),
            valid_hours=str(said.valid_hours or ""),
        )

    def read(self) -> VersionInput:
        seen = Reading()
        rule = seen.take("rule", lambda: _word(Rule, self.rule), Rule.GUARD_BAND)
        party = None
        if self.party and rule is Rule.ISO_14253_1:
            party = seen.take("party", lambda: _word(Party, self.party), None)
        months = seen.take("valid_months", lambda: _count(self.valid_months), None)
        hours = seen.take("valid_hours", lambda: _count(self.valid_hours), None)
        seen.done()
        same = {name: getattr(self, name) for name in _same_fields()}
        return VersionInput(
            **same,
            model_id=_row(self.model),
            rule=rule,
            party=party,
            valid_months=months,
            valid_hours=hours,
        )


class NeedsForm(StoreForm):
    """The roles of equipment, one place in each list for each."""

    seen: Typed = ""
    need_role: Column
    need_kind: Column
    need_largest_expanded: Column
    need_unit: Column

    def rows(self) -> list[dict[str, str]]:
        return _rows(self, "need_", _NEED, says=("role", "kind", "largest_expanded"))

    def read(self) -> list[NeedInput]:
        return [NeedInput(**row) for row in self.rows()]


class PointForm(StoreForm):
    """A point with its settings and its budget; `spread` is assumed for the preview alone."""

    seen: Typed = ""
    label: Typed = ""
    target: Typed = "robot"
    quantity: Typed = ""
    unit: Typed = ""
    method: Typed = "mean"
    inputs: Typed = ""
    nominal: Typed = ""
    lower: Typed = ""
    upper: Typed = ""
    readings: Typed = "5"
    components: Typed = "1"
    role: Typed = ""
    is_required: Typed = ""
    spread: Typed = ""
    setting_reference: Typed = ""
    setting_commanded: Typed = ""
    setting_distance: Typed = ""
    setting_axis: Typed = ""
    setting_gravity: Typed = ""
    setting_rated: Typed = ""
    setting_mark: Typed = ""
    setting_least_force: Typed = ""
    row_name: Column
    row_source: Column
    row_role: Column
    row_evaluation: Column
    row_distribution: Column
    row_value: Column
    row_unit: Column
    row_parameter: Column
    row_sensitivity: Column
    row_sensitivity_unit: Column
    row_dof: Column
    row_correlation_group: Column

    @classmethod
    def of(cls, point: PointInput, rows: Sequence[RowInput], *, seen: str) -> "PointForm":
        settings = {f"{_SETTING}{key}": value for key, value in point.settings.items()}
        columns = {f"row_{name}": [str(getattr(row, name)) for row in rows] for name in _ROW}
        return cls(
            seen=seen,
            label=point.label,
            target=point.target,
            quantity=point.quantity,
            unit=point.unit,
            method=point.method,
            inputs=", ".join(map(str, point.inputs)),
            nominal=point.nominal,
            lower=point.lower,
            upper=point.upper,
            readings=str(point.readings),
            components=str(point.components),
            role=point.role,
            is_required="yes" if point.is_required else "",
            **settings,
            **columns,
        )

    def rows(self) -> list[dict[str, str]]:
        return _rows(self, "row_", _ROW, says=("name", "value"))

    def read(self) -> tuple[PointInput, list[RowInput]]:
        """Raises Invalid for what is no number or no choice; rules look at the rest."""
        seen = Reading()
        no_inputs: tuple[int, ...] = ()
        readings = seen.take("readings", lambda: _count(self.readings), None)
        components = seen.take("components", lambda: _count(self.components), None)
        inputs = seen.take("inputs", lambda: _seqs(self.inputs), no_inputs)
        rows = [_read_row(seen, place, row) for place, row in enumerate(self.rows())]
        seen.done()
        method = METHODS.get(self.method)
        keys = [setting.key for setting in method.settings] if method else []
        point = PointInput(
            label=self.label,
            target=clean(self.target),
            quantity=self.quantity,
            unit=clean(self.unit),
            method=self.method,
            settings={key: getattr(self, f"{_SETTING}{key}") for key in keys},
            inputs=inputs,
            nominal=self.nominal,
            lower=self.lower,
            upper=self.upper,
            readings=readings or 0,
            components=components or 1,
            role=self.role,
            is_required=bool(self.is_required),
        )
        return point, rows

    def assumed_spread(self) -> float | None:
        """Raises Refused for what is no number."""
        return figure(read_figure(self.spread, field="spread"))


def _read_row(seen: Reading, place: int, row: dict[str, str]) -> RowInput:
    words: dict[str, Any] = {
        "source": (RowSource, RowSource.FIXED),
        "evaluation": (Evaluation, Evaluation.OTHER),
        "distribution": (Distribution, Distribution.RECTANGULAR),
    }
    chosen = {
        name: seen.take(
            f"row-{place}-{name}",
            lambda kind=kind, text=row[name]: _word(kind, text),  # type: ignore[misc]
            default,
        )
        for name, (kind, default) in words.items()
    }
    return RowInput(**(row | chosen))


def _rows(
    form: StoreForm, prefix: str, names: Iterable[str], *, says: Sequence[str]
) -> list[dict[str, str]]:
    """Rows of the lists; one that says nothing in any of `says` is left out."""
    columns = {name: getattr(form, f"{prefix}{name}") for name in names}
    most = max((len(column) for column in columns.values()), default=0)
    rows = [
        {name: (column[place] if place < len(column) else "") for name, column in columns.items()}
        for place in range(most)
    ]
    return [row for row in rows if any(row[name].strip() for name in says)]


def _same_fields() -> list[str]:
    other = {"model_id", "rule", "party", "valid_months", "valid_hours"}
    return [name for name in VersionInput.__slots__ if name not in other]


def _word(kind: type[_Word], text: str) -> _Word:
    try:
        return kind(text)
    except ValueError:
        raise Refused(msg("Please choose one of the list.")) from None


def _count(text: str) -> int | None:
    digits = clean(text)
    if not digits:
        return None
    if not (digits.isascii() and digits.isdigit() and len(digits) <= _MOST_DIGITS):
        raise Refused(msg("Please write a whole number."))
    return int(digits)


def _seqs(text: str) -> tuple[int, ...]:
    parts = [part for part in re.split(r"[\s,;]+", text) if part]
    return tuple(_count(part) or 0 for part in parts)


def _row(text: str) -> int | None:
    return row_number(text) if text.strip() else None
