"""Everything that a certificate says, gathered once and frozen (ISO/IEC 17025:2017 7.8.2, 7.8.4).

What is printed stands here as text, rounded by ILAC-P14; the unrounded figures stand beside it.
Paper, page and digital certificate are all made from this, and from nothing else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from app.calibration import chosenpoints
from app.calibration.evaluating import number_in, read_content
from app.calibration.job_models import (
    Adjustment,
    CalibrationJob,
    CalibrationResult,
    JobEquipment,
    Phase,
)
from app.calibration.metrology.decision import Verdict
from app.calibration.metrology.rounding import round_result
from app.calibration.procedure_models import ProcedurePoint
from app.calibration.results import accepted

_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Party:
    """A name with the lines of its address."""

    name: str
    address: tuple[str, ...] = ()
    contact: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """What was calibrated, as it was then."""

    maker: str
    model: str
    serial: str
    hardware_revision: str = ""
    firmware: str = ""
    hours: str = ""
    condition: str = ""
    received_at: datetime | None = None

    @property
    def name(self) -> str:
        """Maker and model, the maker once where the model says it too."""
        return self.model if self.model.startswith(self.maker) else f"{self.maker} {self.model}"


@dataclass(frozen=True, slots=True)
class Method:
    """By which procedure, and by which rule its verdicts were taken."""

    code: str
    version: int
    title: str
    text: str
    standard: str
    sha256: str
    rule: str
    guard_ratio: str
    party: str
    coverage: str


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Degrees Celsius and per cent, as they were written down; empty: not said."""

    place: str = ""
    temperature_start: str = ""
    temperature_end: str = ""
    humidity_start: str = ""
    humidity_end: str = ""


@dataclass(frozen=True, slots=True)
class Reference:
    """A link to the SI: a piece of equipment by the certificate that was in force."""

    role: str
    asset: str
    name: str
    maker: str
    type_name: str
    serial: str
    issuer: str
    certificate: str
    calibrated_on: date
    due_on: date | None = None
    accreditation: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """A result as printed, and exactly; `conformance` is p_c in per cent."""

    value: str
    expanded: str
    factor: str
    exact_value: str
    exact_expanded: str
    verdict: str = ""
    why: str = ""
    conformance: str = ""
    guard: str = ""
    dof: str = ""
    readings: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """A point with its limits, as found and as left."""

    seq: int
    label: str
    target: str
    quantity: str
    unit: str
    nominal: str
    lower: str
    upper: str
    as_found: Figure | None = None
    as_left: Figure | None = None

    @property
    def final(self) -> Figure | None:
        """How the robot leaves."""
        return self.as_left or self.as_found


@dataclass(frozen=True, slots=True)
class Adjusted:
    """A parameter that was changed between as-found and as-left."""

    target: str
    parameter: str
    before: str
    after: str
    unit: str
    at: datetime
    by: str
    firmware: str = ""


@dataclass(frozen=True, slots=True)
class Names:
    """Who stands for it, and when the work was done."""

    performer: str
    started_at: datetime
    measured_at: datetime
    reviewer: str
    reviewed_at: datetime
    issuer: str
    is_self_reviewed: bool = False
    review_note: str = ""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A certificate; `languages` is one, or two side by side with the first one leading."""

    number: str
    kind: str
    languages: tuple[str, ...]
    zone: str
    issued_at: datetime
    laboratory: Party
    customer: Party
    item: Item
    method: Method
    surroundings: Surroundings
    names: Names
    job: str
    reason: str
    references: tuple[Reference, ...]
    lines: tuple[Line, ...]
    passed: bool
    check_address: str
    engine: str
    adjustments: tuple[Adjusted, ...] = ()
    unadjusted_by: str = ""
    ticket: str = ""
    deviations: str = ""
    replaces: str = ""
    replaced_why: str = ""
    accreditation: str = ""
    due_on: date | None = None
    # how many points the procedure has, where only a part of them was measured; 0: all were
    points_in_all: int = 0

    @property
    def language(self) -> str:
        return self.languages[0]

    @property
    def second(self) -> str:
        """The other language, or nothing."""
        return self.languages[1] if len(self.languages) > 1 else ""

    @property
    def store(self) -> str:
        return self.laboratory.name

    @property
    def has_adjustment(self) -> bool:
        return any(line.as_left is not None for line in self.lines)


def lines_of(
    job: CalibrationJob, results: Mapping[tuple[int, Phase], CalibrationResult]
) -> tuple[Line, ...]:
    """Each point that has a result, in the procedure's order."""
    made = []
    for point in chosenpoints.of_job(job):
        found, left = (
            _figure(results.get((point.id, phase))) for phase in (Phase.AS_FOUND, Phase.AS_LEFT)
        )
        if found is not None or left is not None:
            made.append(_line(point, found, left))
    return tuple(made)


def all_accepted(job: CalibrationJob, results: Mapping[int, CalibrationResult]) -> bool:
    """Whether every point that counts is within its limits by the rule, as the robot leaves."""
    return all(accepted(point, results.get(point.id)) for point in chosenpoints.of_job(job))


def _line(point: ProcedurePoint, found: Figure | None, left: Figure | None) -> Line:
    return Line(
        seq=point.seq,
        label=point.label,
        target=point.target,
        quantity=point.quantity,
        unit=point.unit,
        nominal=point.nominal,
        lower=point.lower,
        upper=point.upper,
        as_found=found,
        as_left=left,
    )


def _figure(result: CalibrationResult | None) -> Figure | None:
    if result is None or result.value is None:
        return None
    content = read_content(result.content)
    expanded = result.expanded
    if expanded is not None:
        rounded = round_result(result.value, expanded)
        value, printed = f"{rounded.value:f}", f"{rounded.expanded:f}"
    else:
        value, printed = f"{result.value:.{_DIGITS}g}", ""
    guard, conformance = number_in(content, "guard"), number_in(content, "conformance")
    return Figure(
        value=value,
        expanded=printed,
        factor="" if result.factor is None else f"{result.factor:.2f}",
        exact_value=repr(result.value),
        exact_expanded="" if expanded is None else repr(expanded),
        verdict="" if result.verdict is None else Verdict(result.verdict).value,
        why=str(content.get("why") or ""),
        conformance="" if conformance is None else f"{conformance * 100:.2f}",
        guard="" if guard is None else f"{guard:.3g}",
        dof="" if result.dof is None else f"{result.dof:g}",
        readings=result.readings,
    )


def references_of(roles: Sequence[JobEquipment]) -> tuple[Reference, ...]:
    return tuple(
        Reference(
            role=one.role,
            asset=one.equipment.asset_number,
            name=one.equipment.name,
            maker=one.equipment.maker,
            type_name=one.equipment.type_name,
            serial=one.equipment.serial,
            issuer=one.certificate.issuer,
            certificate=one.certificate.number,
            calibrated_on=one.certificate.calibrated_on,
            due_on=one.certificate.due_on,
            accreditation=one.certificate.accreditation,
        )
        for one in sorted(roles, key=lambda each: each.role)
    )


def adjustments_of(rows: Sequence[Adjustment]) -> tuple[Adjusted, ...]:
    return tuple(
        Adjusted(
            target=row.target,
            parameter=row.parameter,
            before=row.before,
            after=row.after,
            unit=row.unit,
            at=row.at,
            by=row.by,
            firmware=row.firmware,
        )
        for row in rows
    )
