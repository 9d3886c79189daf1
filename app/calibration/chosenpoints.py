"""Which points of its procedure a job measures: all of them, or those it was planned for.

What a chosen point is computed from is measured with it. Nothing is said of the points left out.
"""

from collections.abc import Collection, Iterable

from app.calibration.job_models import CalibrationJob
from app.calibration.methods import inputs_of
from app.calibration.procedure_models import EquipmentNeed, ProcedurePoint, ProcedureVersion
from app.kernel.errors import Refused
from app.kernel.text import msg

ALL = ""


def of_job(job: CalibrationJob) -> list[ProcedurePoint]:
    """The points that the job measures, in order."""
    seqs = read(job.points)
    return [point for point in job.procedure_version.points if not seqs or point.seq in seqs]


def is_part(job: CalibrationJob) -> bool:
    """Whether points of the procedure are left out."""
    return job.points != ALL


def among(job: CalibrationJob, points: Iterable[ProcedurePoint]) -> list[ProcedurePoint]:
    """Those of some points that the job measures."""
    seqs = read(job.points)
    return [point for point in points if not seqs or point.seq in seqs]


def needs_of(job: CalibrationJob) -> list[EquipmentNeed]:
    """The roles that the job's points ask for; one that no point names is asked for always."""
    version = job.procedure_version
    if not is_part(job):
        return list(version.needs)
    used = _roles(of_job(job))
    elsewhere = _roles(version.points) - used
    return [need for need in version.needs if need.role not in elsewhere]


def left_out(job: CalibrationJob) -> list[ProcedurePoint]:
    """The points of the procedure that the job does not measure."""
    chosen = {point.seq for point in of_job(job)}
    return [point for point in job.procedure_version.points if point.seq not in chosen]


def seqs_at(version: ProcedureVersion, targets: Collection[str]) -> set[int]:
    """The places of the points at some targets."""
    return {point.seq for point in version.points if point.target in targets}


def written(version: ProcedureVersion, seqs: Collection[int]) -> str:
    """What a job keeps of its choice; empty: all. Raises Refused for what is no point there."""
    if not seqs:
        return ALL
    known = {point.seq: point for point in version.points}
    for seq in sorted(seqs):
        if seq not in known:
            raise Refused(msg("This procedure has no point {seq}.", seq=seq), field="points")
    chosen = _with_inputs(known, seqs)
    if chosen == set(known):
        return ALL
    return ",".join(str(seq) for seq in sorted(chosen))


def read(kept: str) -> frozenset[int]:
    """The places that a job keeps; empty: all."""
    return frozenset(int(seq) for seq in kept.split(",")) if kept else frozenset()


def _with_inputs(known: dict[int, ProcedurePoint], seqs: Collection[int]) -> set[int]:
    chosen, fresh = set[int](), set(seqs)
    while fresh:
        chosen |= fresh
        fresh = {seq for at in fresh for seq in inputs_of(known[at]) if seq in known} - chosen
    return chosen


def _roles(points: Iterable[ProcedurePoint]) -> set[str]:
    named = {role for point in points for role in (point.role, *(row.role for row in point.budget))}
    return named - {""}
