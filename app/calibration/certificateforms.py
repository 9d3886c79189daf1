"""What the pages of certificates send."""

from app.calibration.certificate_models import CertificateKind
from app.calibration.corrections import Correction
from app.calibration.drawingup import Issue
from app.calibration.jobforms import read_word
from app.robots.daytext import read_day
from app.web.forms import StoreForm, Typed


class IssueForm(StoreForm):
    """`agreed` is ticked where the customer agreed to a due day."""

    language: Typed = ""
    second: Typed = ""
    agreed: Typed = ""
    due_on: Typed = ""
    pin: Typed = ""

    def typed(self) -> dict[str, str]:
        return {**super().typed(), "pin": ""}

    def read(self) -> Issue:
        languages = tuple(dict.fromkeys(filter(None, (self.language, self.second))))
        return Issue(
            languages=languages,
            is_interval_agreed=bool(self.agreed),
            due_on=read_day(self.due_on, field="due_on") if self.due_on else None,
        )


class CorrectForm(StoreForm):
    """Texts that the further certificate says; what was measured is not among them."""

    kind: Typed = ""
    reason: Typed = ""
    customer_name: Typed = ""
    customer_address: Typed = ""
    condition: Typed = ""
    deviations: Typed = ""
    place: Typed = ""
    pin: Typed = ""

    def typed(self) -> dict[str, str]:
        return {**super().typed(), "pin": ""}

    def read_kind(self) -> CertificateKind:
        return read_word(CertificateKind, self.kind, field="kind")

    def read(self) -> Correction:
        return Correction(
            customer_name=self.customer_name,
            customer_address=self.customer_address,
            condition=self.condition,
            deviations=self.deviations,
            place=self.place,
        )


class WithdrawForm(StoreForm):
    reason: Typed = ""
