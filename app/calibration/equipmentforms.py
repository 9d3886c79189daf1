"""What the pages of reference equipment send."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.calibration.equipmentbook import EquipmentInput
from app.calibration.typedcertificate import CertificateInput, ResultInput
from app.kernel.quantity import row_number
from app.web.forms import StoreForm, Typed

# Lines that an empty form offers, and how many more each time; more come in as a digital one.
LINES = 4
MOST_TYPED = 60
_LINE = ("name", "unit", "nominal", "value", "error", "expanded", "factor", "phase")


class EquipmentForm(StoreForm):
    asset_number: Typed = ""
    name: Typed = ""
    kind: Typed = ""
    maker: Typed = ""
    type_name: Typed = ""
    serial: Typed = ""
    firmware: Typed = ""
    location: Typed = ""
    resolution: Typed = ""
    unit: Typed = ""
    interval_months: Typed = ""
    check_days: Typed = ""
    acceptance: Typed = ""
    maintenance: Typed = ""

    def read(self) -> EquipmentInput:
        return EquipmentInput(**self.typed())


class StateForm(StoreForm):
    """`found_bad`: what was measured with it is in doubt; the bias may be unknown."""

    state: Typed = ""
    reason: Typed = ""
    found_bad: Typed = ""
    bias: Typed = ""
    bias_standard: Typed = ""


class CheckForm(StoreForm):
    result: Typed = ""
    note: Typed = ""


class HappeningForm(StoreForm):
    kind: Typed = ""
    note: Typed = ""


class WithdrawForm(StoreForm):
    reason: Typed = ""


class DccForm(StoreForm):
    """What a person adds to a digital certificate before it is recorded."""

    due_on: Typed = ""
    as_found_ok: Typed = ""
    parent: Typed = ""
    parent_factor: Typed = ""


@dataclass(frozen=True, slots=True)
class CertificateForm:
    """A certificate with as many lines as were sent."""

    values: Mapping[str, str]

    @property
    def lines(self) -> list[dict[str, str]]:
        """The lines as typed, and some to spare."""
        count = min(max(row_number(self.values.get("lines", "")) or LINES, LINES), MOST_TYPED)
        return [
            {name: self.values.get(f"results-{place}-{name}", "") for name in _LINE}
            for place in range(count)
        ]

    def read(self) -> CertificateInput:
        said = {
            name: self.values.get(name, "")
            for name in (
                *("issuer", "number", "accreditation", "calibrated_on", "due_on"),
                *("as_found_ok", "note"),
            )
        }
        parent = row_number(self.values.get("parent", ""))
        return CertificateInput(
            **said,
            adjusted=bool(self.values.get("adjusted")),
            results=[
                ResultInput(**{**line, "factor": line["factor"] or "2"}) for line in self.lines
            ],
            parents=[parent] if parent else [],
            sensitivities={parent: self.values.get("parent_factor", "")} if parent else {},
        )
