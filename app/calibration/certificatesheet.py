"""A certificate on paper: PDF/A in one language or two side by side, always the same bytes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from app.calibration import certificatewords as words
from app.calibration.job_models import JobReason
from app.calibration.metrology.decision import Verdict
from app.calibration.snapshot import Figure, Line, Party, Reference, Snapshot
from app.calibration.states import REASON_LABELS, VERDICT_LABELS
from app.kernel.text import Text, msg
from app.web.i18n import speech
from app.web.printing import document_html, pdf_from_html

_TEMPLATE = "documents/calibration.html"
# The gauge of a value between its limits, in units of its drawing.
_WIDTH, _MARGIN = 120.0, 24.0
_SHOWN = 0.8  # of the margin, for what lies outside

CAPTIONS: dict[str, Text] = {
    "item": msg("Calibrated item"),
    "customer": msg("Customer"),
    "laboratory": msg("Laboratory"),
    "method": msg("Method"),
    "result": msg("Result"),
    "serial": words.SERIAL,
    "firmware": words.FIRMWARE,
    "revision": msg("Hardware revision"),
    "hours": msg("Operating hours"),
    "condition": msg("Condition"),
    "received": msg("Received"),
    "performed": msg("Performed"),
    "issued": msg("Issued"),
    "reason": msg("Reason"),
    "place": msg("Place of calibration"),
    "in_store": msg("In the laboratory"),
    "surroundings": msg("Surroundings"),
    "point": msg("Point"),
    "nominal": words.NOMINAL,
    "limits": msg("Tolerance limits"),
    "found": words.AS_FOUND,
    "left": words.AS_LEFT,
    "verdict": msg("Verdict"),
    "within": msg("Within limits"),
    "references": msg("References and traceability"),
    "adjustments": msg("Adjustments"),
    "parameter": msg("Parameter"),
    "before": msg("Before"),
    "after": msg("After"),
    "performer": words.PERFORMED,
    "reviewer": words.REVIEWED,
    "issuer": words.AUTHORISED,
    "check": msg("Check it here"),
    "changed": msg("What is changed, and why"),
    "job": words.JOB,
    "ticket": msg("Ticket"),
    "end": msg("End of the certificate"),
    "remarks": msg("Remarks"),
}


@dataclass(frozen=True, slots=True)
class Gauge:
    """Where a value stands on its way from limit to limit; `from_x`, `to_x` are U to both sides."""

    lower: float | None
    upper: float | None
    at: float
    from_x: float
    to_x: float


@dataclass(frozen=True)
class Sheet:
    """A snapshot with its words, as the template prints it."""

    shot: Snapshot

    @property
    def language(self) -> str:
        return self.shot.language

    @property
    def zone(self) -> str:
        return self.shot.zone

    @property
    def issued_at(self) -> datetime:
        return self.shot.issued_at

    @property
    def number(self) -> str:
        return self.shot.number

    @property
    def seller(self) -> Party:
        """Whose paper it is, for the document's head."""
        return self.shot.laboratory

    @cached_property
    def _speeches(self) -> list[object]:
        return [speech(code, self.shot.zone) for code in self.shot.languages]

    def say(self, text: object) -> list[str]:
        """The same in each language of the certificate, the leading one first; once where alike."""
        said = [one.say(text) for one in self._speeches]  # type: ignore[attr-defined]
        return said[:1] if len(set(said)) == 1 else said

    def caption(self, name: str) -> list[str]:
        return self.say(CAPTIONS[name])

    @property
    def title(self) -> list[str]:
        return self.say(words.title_of(self.shot))

    @property
    def rule(self) -> list[str]:
        return self.say(words.rule_of(self.shot))

    @property
    def outcome(self) -> list[str]:
        return self.say(words.outcome_of(self.shot))

    @property
    def reason(self) -> list[str]:
        return self.say(REASON_LABELS[JobReason(self.shot.reason)])

    @property
    def statements(self) -> list[list[str]]:
        return [self.say(text) for text in words.statements_of(self.shot)]

    @property
    def surroundings(self) -> str:
        """21.3 to 21.7 °C, 44 % as one line; empty where nothing was written down."""
        around = self.shot.surroundings
        parts = (
            _span((around.temperature_start, around.temperature_end), "°C"),
            _span((around.humidity_start, around.humidity_end), "%"),
        )
        return ", ".join(part for part in parts if part)

    def verdict(self, figure: Figure) -> list[str]:
        return self.say(VERDICT_LABELS[Verdict(figure.verdict)]) if figure.verdict else []

    def limits(self, line: Line) -> str:
        if line.lower and line.upper and line.lower.lstrip("-") == line.upper:
            return f"±{line.upper}"
        if line.lower and line.upper:
            return f"{_minus(line.lower)} … {_minus(line.upper)}"
        if line.upper:
            return f"≤ {_minus(line.upper)}"
        return f"≥ {_minus(line.lower)}" if line.lower else ""

    def shown(self, figure: Figure) -> str:
        value = _minus(figure.value)
        return f"{value} ± {figure.expanded}" if figure.expanded else value

    def gauge(self, line: Line) -> Gauge | None:
        return gauge_of(line)

    def reference(self, one: Reference) -> str:
        """One line: what it is, and by whose certificate."""
        what = " ".join(filter(None, (one.name, one.maker, one.type_name, one.serial)))
        by = ", ".join(filter(None, (one.issuer, one.certificate, one.accreditation)))
        return f"{one.asset}: {what}. {by}"


def pdf(shot: Snapshot) -> bytes:
    """The paper of a certificate."""
    return pdf_from_html(html(shot))


def html(shot: Snapshot) -> str:
    return document_html(_TEMPLATE, Sheet(shot))


def gauge_of(line: Line) -> Gauge | None:
    """None for a point without limits or figure."""
    figure = line.final
    if figure is None or not (line.lower or line.upper):
        return None
    value = float(figure.exact_value)
    reach = float(figure.exact_expanded or 0)
    lower = float(line.lower) if line.lower else None
    upper = float(line.upper) if line.upper else None
    low = lower if lower is not None else min(value, upper or 0.0, 0.0)
    high = upper if upper is not None else max(value, low) + abs(value - low)
    span = (high - low) or 1.0

    def place(figure: float) -> float:
        share = (figure - low) / span
        inner = _WIDTH - 2 * _MARGIN
        least, most = -_SHOWN * _MARGIN / inner, 1 + _SHOWN * _MARGIN / inner
        return round(_MARGIN + inner * min(max(share, least), most), 1)

    return Gauge(
        None if lower is None else place(lower),
        None if upper is None else place(upper),
        place(value),
        place(value - reach),
        place(value + reach),
    )


def _span(values: Iterable[str], unit: str) -> str:
    known = list(dict.fromkeys(value for value in values if value))
    return f"{' … '.join(_minus(value) for value in known)} {unit}" if known else ""


def _minus(figure: str) -> str:
    return figure.replace("-", "−")
