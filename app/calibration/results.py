"""Results of a job: computed from what stands in the database, and kept beside it.

They are made anew with every reading, so a page shows the verdict at once; nothing but readings,
version and certificates goes into them.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, aliased, joinedload

from app.calibration import chosenpoints
from app.calibration.engine import ENGINE
from app.calibration.equipment_models import EquipmentCertificate
from app.calibration.evaluating import (
    Taken,
    evaluate_point,
    number_in,
    read_content,
)
from app.calibration.job_models import (
    CalibrationJob,
    CalibrationResult,
    JobEquipment,
    Phase,
    Reading,
    ReadingExclusion,
)
from app.calibration.methods import inputs_of
from app.calibration.metrology.decision import Verdict
from app.calibration.procedure_models import ProcedurePoint, ProcedureVersion
from app.kernel import clock

# What lets a robot go on: proven, or inside the limits though near them.
ACCEPTED = frozenset({Verdict.PASS, Verdict.CONDITIONAL_PASS})


@dataclass(frozen=True, slots=True)
class Counted:
    """A reading that nothing replaces, with why it is left out, if it is."""

    row: Reading
    excluded: str = ""

    @property
    def numbers(self) -> tuple[float, ...]:
        return tuple(json.loads(self.row.numbers))

    @property
    def taken(self) -> Taken:
        return Taken(self.row.seq, self.numbers, self.row.raw_text, self.excluded)


class Sheet:
    """The readings of a job that count, by point and phase; one statement."""

    def __init__(self, rows: Iterable[Counted]) -> None:
        self._rows: dict[tuple[int, Phase], list[Counted]] = defaultdict(list)
        for one in rows:
            self._rows[one.row.point_id, one.row.phase].append(one)

    def of(self, point: ProcedurePoint, phase: Phase) -> list[Counted]:
        return self._rows.get((point.id, phase), [])

    def every(self) -> list[Counted]:
        """By point, phase and place; those that were left out too."""
        return [one for rows in self._rows.values() for one in rows]

    def all_rows(self) -> list[Reading]:
        """Every reading that counts."""
        return [one.row for rows in self._rows.values() for one in rows if not one.excluded]

    def add(self, rows: Sequence[Reading], *, instead_of: Reading | None = None) -> None:
        """Readings just taken, so that nothing is asked for twice."""
        for row in rows:
            standing = self._rows[row.point_id, row.phase]
            standing[:] = [
                one for one in standing if instead_of is None or one.row.id != instead_of.id
            ]
            standing.append(Counted(row))
            standing.sort(key=lambda one: one.row.seq)

    def kept(self, point: ProcedurePoint, phase: Phase) -> int:
        """How many readings count."""
        return sum(not one.excluded for one in self.of(point, phase))

    def given(
        self, version: ProcedureVersion, point: ProcedurePoint, phase: Phase
    ) -> dict[int, list[Taken]]:
        """What a point is computed from. An input that was not read again is as it was found."""
        wanted = inputs_of(point) or (point.seq,)
        by_seq = {other.seq: other for other in version.points}
        computed = not point.readings
        given = {}
        for seq in wanted:
            if seq not in by_seq:
                continue
            rows = self.of(by_seq[seq], phase)
            if not rows and computed and phase is Phase.AS_LEFT:
                rows = self.of(by_seq[seq], Phase.AS_FOUND)
            given[seq] = [one.taken for one in rows]
        return given


def sheet(session: Session, job: CalibrationJob, point_ids: Collection[int] | None = None) -> Sheet:
    """All readings that count, or those of some points."""
    later = aliased(Reading)
    query = (
        select(Reading, ReadingExclusion.reason)
        .outerjoin(ReadingExclusion, ReadingExclusion.reading_id == Reading.id)
        .where(Reading.job_id == job.id, ~exists().where(later.replaces_id == Reading.id))
        .order_by(Reading.point_id, Reading.phase, Reading.seq)
    )
    if point_ids is not None:
        query = query.where(Reading.point_id.in_(point_ids))
    return Sheet(Counted(row, reason or "") for row, reason in session.execute(query))


def roles(session: Session, job: CalibrationJob) -> dict[str, JobEquipment]:
    """Who plays which role, with equipment, certificate and its lines; two statements."""
    rows = session.scalars(
        select(JobEquipment)
        .where(JobEquipment.job_id == job.id)
        .options(
            joinedload(JobEquipment.equipment),
            joinedload(JobEquipment.certificate).selectinload(EquipmentCertificate.results),
            joinedload(JobEquipment.certificate).joinedload(EquipmentCertificate.equipment),
        )
        .execution_options(populate_existing=True)
    )
    return {row.role: row for row in rows}


def of_job(session: Session, job: CalibrationJob) -> dict[tuple[int, Phase], CalibrationResult]:
    """Every result of a job by point and phase; one statement."""
    rows = session.scalars(select(CalibrationResult).where(CalibrationResult.job_id == job.id))
    return {(row.point_id, row.phase): row for row in rows}


def final(session: Session, job: CalibrationJob) -> dict[int, CalibrationResult]:
    """What holds when the robot leaves, by point: as left, else as found."""
    found: dict[int, CalibrationResult] = {}
    for (point_id, phase), row in sorted(of_job(session, job).items(), key=_left_last):
        if phase is Phase.AS_LEFT or point_id not in found:
            found[point_id] = row
    return found


def passed(job: CalibrationJob, results: Mapping[int, CalibrationResult]) -> bool:
    """Whether every point that is required, and has limits, is accepted. Missing never passes."""
    return all(accepted(point, results.get(point.id)) for point in chosenpoints.of_job(job))


def accepted(point: ProcedurePoint, result: CalibrationResult | None) -> bool:
    """Whether a point holds nobody up: accepted, or for information only."""
    if not point.is_required or not (point.lower or point.upper):
        return True
    return result is not None and result.verdict in ACCEPTED


def _left_last(item: tuple[tuple[int, Phase], CalibrationResult]) -> tuple[int, bool]:
    (point_id, phase), _ = item
    return point_id, phase is Phase.AS_LEFT


def compute(
    session: Session, job: CalibrationJob, point: ProcedurePoint, phase: Phase
) -> CalibrationResult:
    """The result of one point, made anew and kept."""
    return compute_points(session, job, [point], phase)[0]


@dataclass
class Workings:
    """What results are made of and what stands of them, read once for everything in a request."""

    sheet: Sheet
    roles: dict[str, JobEquipment]
    kept: dict[tuple[int, Phase], CalibrationResult]


def workings(session: Session, job: CalibrationJob) -> Workings:
    """Four statements."""
    return Workings(sheet(session, job), roles(session, job), of_job(session, job))


def compute_points(
    session: Session,
    job: CalibrationJob,
    points: Sequence[ProcedurePoint],
    phase: Phase,
    *,
    at: Workings | None = None,
) -> list[CalibrationResult]:
    """The results of some points of one phase, made anew and kept."""
    version = job.procedure_version
    at = at or workings(session, job)
    made = []
    for point in points:
        given = at.sheet.given(version, point, phase)
        content = evaluate_point(version, point, phase, given, at.roles)
        row = at.kept.get((point.id, phase)) or _blank(job, point, phase)
        if row.content != content.decode():
            _fill(row, content)
        at.kept[point.id, phase] = row
        session.add(row)
        made.append(row)
    session.flush()
    return made


def _blank(job: CalibrationJob, point: ProcedurePoint, phase: Phase) -> CalibrationResult:
    return CalibrationResult(
        job_id=job.id,
        point_id=point.id,
        phase=phase,
        readings=0,
        content="",
        inputs_sha256="",
        engine=ENGINE,
        computed_at=clock.now(),
    )


def _fill(row: CalibrationResult, content: bytes) -> None:
    """The columns repeat what the content says."""
    said = read_content(content)
    row.content = content.decode()
    row.engine = str(said["engine"])
    row.inputs_sha256 = str(said["inputs_sha256"])
    row.computed_at = clock.now()
    for name, value in columns_of(said).items():
        setattr(row, name, value)


def columns_of(said: Mapping[str, object]) -> dict[str, object]:
    """The columns of a result as its content has them."""
    verdict = said["verdict"]
    return {
        "readings": said["n"],
        "value": number_in(said, "value"),
        "standard": number_in(said, "standard"),
        "dof": number_in(said, "dof"),
        "factor": number_in(said, "factor"),
        "expanded": number_in(said, "expanded"),
        "conformance": number_in(said, "conformance"),
        "verdict": None if verdict is None else Verdict(str(verdict)),
    }


def touched_by(job: CalibrationJob, points: Iterable[ProcedurePoint]) -> list[ProcedurePoint]:
    """These points and those of the job that are computed from them, in order."""
    seqs = {point.seq for point in points}
    return [
        point
        for point in chosenpoints.of_job(job)
        if point.seq in seqs or not seqs.isdisjoint(inputs_of(point))
    ]


def differing(session: Session, job: CalibrationJob) -> Iterator[CalibrationResult]:
    """Results of a job that do not come out the same when they are made anew."""
    version, readings, chosen = job.procedure_version, sheet(session, job), roles(session, job)
    points = {point.id: point for point in version.points}
    for (point_id, phase), row in of_job(session, job).items():
        point = points[point_id]
        given = readings.given(version, point, phase)
        content = evaluate_point(version, point, phase, given, chosen)
        if content.decode() != row.content:
            yield row
