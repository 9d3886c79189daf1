"""A job as its page shows it: which point is read now, how each of them stands, what is missing."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from sqlalchemy.orm import Session

from app.calibration import adjustments, chosenpoints, figuretext, plots, results, review
from app.calibration.adjustments import Gap
from app.calibration.evaluating import read_content
from app.calibration.job_models import (
    Adjustment,
    CalibrationJob,
    CalibrationResult,
    JobEquipment,
    JobState,
    Phase,
)
from app.calibration.methods import reading_units
from app.calibration.metrology.decision import Reason, Verdict
from app.calibration.procedure_models import EquipmentNeed, ProcedurePoint
from app.calibration.readings import Spot, Took
from app.calibration.results import Counted, Sheet
from app.calibration.review import Shift
from app.calibration.states import VERDICT_LABELS, VERDICT_TONES, WHY_LABELS
from app.kernel.text import Text, msg

_SHOWN = {JobState.MEASURED, JobState.REVIEWED, JobState.CERTIFIED}


@dataclass(frozen=True)
class ResultText:
    """A result in figures and words."""

    row: CalibrationResult
    point: ProcedurePoint

    @property
    def value(self) -> str:
        return figuretext.said(self.row.value, self.row.expanded)

    @property
    def expanded(self) -> str:
        return figuretext.uncertainty(self.row.expanded)

    @property
    def conformance(self) -> str:
        return figuretext.share(self.row.conformance)

    @cached_property
    def content(self) -> Mapping[str, object]:
        return read_content(self.row.content)

    @property
    def verdict(self) -> Text:
        """For people: the verdict, or why there is none."""
        if self.row.verdict is not None:
            return VERDICT_LABELS[self.row.verdict]
        has_limits = self.point.lower or self.point.upper
        return msg("No verdict yet") if has_limits else msg("Information")

    @property
    def tone(self) -> str:
        if self.row.verdict is None:
            return "plain"
        return VERDICT_TONES[self.row.verdict]

    @property
    def why(self) -> Text | None:
        """What the verdict says, or what the core refused."""
        said = self.content
        trouble = str(said["trouble"] or "")
        if trouble:
            facts = said["trouble_facts"]
            return Text(trouble, dict(facts) if isinstance(facts, dict) else {})
        return None if said["why"] is None else WHY_LABELS[Reason(str(said["why"]))]

    @property
    def margin(self) -> str:
        """How far the value is from the nearer limit; negative outside."""
        row, point = self.row, self.point
        if row.value is None:
            return "–"
        gaps = []
        if point.upper:
            gaps.append(float(point.upper) - row.value)
        if point.lower:
            gaps.append(row.value - float(point.lower))
        return figuretext.said(min(gaps), row.expanded) if gaps else "–"

    @property
    def gauge(self) -> plots.Gauge | None:
        return plots.gauge(self.point, self.row)

    @property
    def gauge_tone(self) -> str:
        return {"ok": "", "bad": "b"}.get(self.tone, "w")

    @property
    def outlier(self) -> int | None:
        """The reading that Grubbs' test finds suspicious."""
        place = self.content["outlier"]
        return place if isinstance(place, int) else None

    @property
    def budget(self) -> Sequence[Mapping[str, object]]:
        rows = self.content["budget"]
        return rows if isinstance(rows, list) else []


@dataclass(frozen=True, slots=True)
class PointLine:
    """A line of the point list."""

    point: ProcedurePoint
    found: ResultText | None
    left: ResultText | None
    count: int
    wanted: int
    phase: Phase
    is_current: bool

    @property
    def shown(self) -> ResultText | None:
        return self.left or self.found

    @property
    def is_full(self) -> bool:
        return self.wanted > 0 and self.count >= self.wanted


@dataclass
class Desk:
    """Everything that the page of a job is made of."""

    job: CalibrationJob
    sheet: Sheet
    kept: Mapping[tuple[int, Phase], CalibrationResult]
    roles: Mapping[str, JobEquipment]
    made: Sequence[Adjustment]
    gaps: Sequence[Gap]
    wished: Spot | None = None
    # whether the wish holds also where all is read, as it does for who looks at a point
    stays: bool = False
    shifts: Sequence[Shift] = field(default_factory=list)
    has_measured: bool = False

    @cached_property
    def spot(self) -> Spot | None:
        """What is read now: what was wished for, and once that is full the next that is not."""
        if self.wished is None:
            gap = next(iter(self.gaps), None)
            return Spot(gap.point, gap.phase) if gap else None
        return self.wished if self.stays else after(self, self.wished)

    @cached_property
    def lines(self) -> list[PointLine]:
        left = {point.id for point in adjustments.forced(self.job, self.made)}
        return [self._line(point, left) for point in chosenpoints.of_job(self.job)]

    def _line(self, point: ProcedurePoint, left: Collection[int]) -> PointLine:
        phase = Phase.AS_LEFT if point.id in left else Phase.AS_FOUND
        return PointLine(
            point=point,
            found=self.result(point, Phase.AS_FOUND),
            left=self.result(point, Phase.AS_LEFT),
            count=self.sheet.kept(point, phase),
            wanted=point.readings,
            phase=phase,
            is_current=self.spot is not None and self.spot.point.id == point.id,
        )

    def result(self, point: ProcedurePoint, phase: Phase) -> ResultText | None:
        row = self.kept.get((point.id, phase))
        return ResultText(row, point) if row is not None else None

    @property
    def rows(self) -> Sequence[Counted]:
        """The readings of what is read now."""
        return self.sheet.of(self.spot.point, self.spot.phase) if self.spot else []

    @property
    def place(self) -> int:
        """The number of the next reading."""
        return 1 + (self.sheet.kept(self.spot.point, self.spot.phase) if self.spot else 0)

    @property
    def units(self) -> str:
        return ", ".join(dict.fromkeys(reading_units(self.spot.point))) if self.spot else ""

    @property
    def now(self) -> ResultText | None:
        return self.result(self.spot.point, self.spot.phase) if self.spot else None

    @property
    def plot(self) -> plots.Plot | None:
        if self.spot is None:
            return None
        now = self.now
        return plots.readings_plot(self.spot.point, self.rows, now.row if now else None)

    @property
    def open_needs(self) -> list[EquipmentNeed]:
        """Roles that nobody plays yet."""
        return [need for need in self.needs if need.role not in self.roles]

    @property
    def needs(self) -> list[EquipmentNeed]:
        """The roles that this job's points ask for."""
        return chosenpoints.needs_of(self.job)

    @cached_property
    def left_out(self) -> list[str]:
        """Where the procedure has points that this job does not measure."""
        return list(dict.fromkeys(point.target for point in chosenpoints.left_out(self.job)))

    @property
    def found_is_complete(self) -> bool:
        return not any(gap.phase is Phase.AS_FOUND for gap in self.gaps)

    @property
    def is_settled(self) -> bool:
        """Whether it is said what was adjusted, or that nothing was."""
        return bool(self.made) or bool(self.job.unadjusted_by)

    @property
    def failed(self) -> list[PointLine]:
        return [
            line
            for line in self.lines
            if line.shown is not None and line.shown.row.verdict is Verdict.FAIL
        ]

    @property
    def done(self) -> int:
        return sum(min(line.count, line.wanted) for line in self.lines)

    @property
    def all_wanted(self) -> int:
        return sum(line.wanted for line in self.lines)

    @property
    def targets(self) -> list[tuple[str, str]]:
        return [
            (target, target) for target in dict.fromkeys(line.point.target for line in self.lines)
        ]


def of_job(
    session: Session,
    job: CalibrationJob,
    *,
    wished: Spot | None = None,
    stays: bool = False,
    reviewer_id: int | None = None,
    took: Took | None = None,
) -> Desk:
    """Five statements, none after a reading; and some more for a job that waits for its review."""
    at = took.workings if took else results.workings(session, job)
    made = took.adjusted if took else adjustments.of_job(session, job)
    sheet = at.sheet
    desk = Desk(
        job=job,
        sheet=sheet,
        kept=at.kept,
        roles=at.roles,
        made=made,
        gaps=list(adjustments.missing(job, sheet, made)),
        wished=wished,
        stays=stays,
    )
    if job.state in _SHOWN:
        desk.shifts = review.shifts(session, job)
        desk.has_measured = reviewer_id is None or job.performer_id == reviewer_id
    return desk


def after(desk: Desk, spot: Spot) -> Spot | None:
    """What is read after this one: it, as long as it lacks readings; else the next that does."""
    lacking = [(gap.point.seq, gap.phase) for gap in desk.gaps]
    here = (spot.point.seq, spot.phase)
    if here in lacking:
        return spot
    later = [gap for gap in desk.gaps if gap.phase is spot.phase and gap.point.seq > spot.point.seq]
    gap = next(iter(later or desk.gaps), None)
    return Spot(gap.point, gap.phase) if gap else None
