"""Readings: taken, taken again, pasted, left out. Rows are only added; nothing is overwritten.

A reading is kept as typed and as numbers, with the certificate of what it was read with. The
results of its point, and of what is computed from it, are made anew at once.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.calibration import (
    adjustments,
    chosenpoints,
    readwith,
    results,
    typedreading,
)
from app.calibration.equipment_models import EquipmentCertificate
from app.calibration.job_models import (
    Adjustment,
    CalibrationJob,
    CalibrationResult,
    JobState,
    Phase,
    Reading,
    ReadingExclusion,
    ReadingSource,
)
from app.calibration.jobbook import label, lock, page, points_of, reference, touch
from app.calibration.methods import reading_units
from app.calibration.pastedcolumn import read_column
from app.calibration.procedure_models import ProcedurePoint
from app.calibration.results import Sheet, Workings
from app.calibration.states import JOB_LABELS
from app.calibration.typedreading import Mark
from app.kernel import audit, clock, words
from app.kernel.actor import Actor
from app.kernel.db import number
from app.kernel.errors import Conflict, NotFound, Refused
from app.kernel.searchkeys import clean
from app.kernel.text import msg

_LONGEST_REASON = 200


@dataclass(frozen=True, slots=True)
class Source:
    """Where readings come from; a file by its hash, with the line of each reading."""

    kind: ReadingSource = ReadingSource.MANUAL
    file_sha256: str = ""
    lines: Sequence[int] = ()


BY_HAND = Source()
PASTED = Source(ReadingSource.PASTE)


@dataclass(frozen=True, slots=True)
class Took:
    """What a reading led to: its rows, and the results that came out anew."""

    rows: Sequence[Reading]
    results: Sequence[CalibrationResult]
    workings: Workings
    adjusted: Sequence[Adjustment] = ()


@dataclass(frozen=True, slots=True)
class Spot:
    """What is read: a point of the job's version, as found or as left."""

    point: ProcedurePoint
    phase: Phase = Phase.AS_FOUND


@dataclass(frozen=True, slots=True)
class _Taking:
    """How readings come: from where, and instead of which one and why."""

    source: Source
    replaces: Reading | None = None
    reason: str = ""


_Typed = tuple[str, tuple[float, ...]]


def take(
    session: Session,
    actor: Actor,
    job: CalibrationJob,
    spot: Spot,
    text: str,
    *,
    source: Source = BY_HAND,
    mark: Mark = Mark.EITHER,
    expected_version: int | None = None,
) -> Took:
    """One reading of a point.

    Raises NotAReading at the field for what is none, EquipmentRefused saying why for equipment
    that is overdue or may not be used, ChangedMeanwhile when somebody else was faster.
    """
    lock(session, actor, job, expected_version)
    _require_measuring(job, spot.point)
    numbers = typedreading.read(text, units=reading_units(spot.point), mark=mark)
    return _add(session, actor, job, spot, [(clean(text), numbers)], taking=_Taking(source))


def paste(
    session: Session,
    actor: Actor,
    job: CalibrationJob,
    spot: Spot,
    text: str,
    *,
    source: Source = PASTED,
    mark: Mark = Mark.EITHER,
    expected_version: int | None = None,
) -> Took:
    """A column of readings, one a line: all of them, or none and the line that is wrong.

    A first line of names is checked, so that swapped columns are told.
    """
    lock(session, actor, job, expected_version)
    _require_measuring(job, spot.point)
    rows = read_column(text, spot.point, mark=mark)
    return _add(session, actor, job, spot, rows, taking=_Taking(source))


def retake(
    session: Session,
    actor: Actor,
    job: CalibrationJob,
    reading: Reading,
    text: str,
    *,
    reason: str,
    mark: Mark = Mark.EITHER,
    expected_version: int | None = None,
) -> Took:
    """A reading once more; the one before stays on record, with why it was replaced."""
    lock(session, actor, job, expected_version)
    point = _point_of(job, reading)
    _require_measuring(job, point)
    why = words.why(reason, most=_LONGEST_REASON)
    _require_standing(session, job, point, reading)
    numbers = typedreading.read(text, units=reading_units(point), mark=mark)
    return _add(
        session,
        actor,
        job,
        Spot(point, reading.phase),
        [(clean(text), numbers)],
        taking=_Taking(BY_HAND, reading, why),
    )


def exclude(
    session: Session,
    actor: Actor,
    job: CalibrationJob,
    reading: Reading,
    *,
    reason: str,
    expected_version: int | None = None,
) -> Took:
    """Leave a reading out of its result, visibly and for a reason. It can be done only once."""
    lock(session, actor, job, expected_version)
    point = _point_of(job, reading)
    _require_measuring(job, point)
    why = words.why(reason, most=_LONGEST_REASON)
    _require_standing(session, job, point, reading)
    session.add(ReadingExclusion(reading_id=reading.id, reason=why, at=clock.now(), by=actor.name))
    session.flush()
    touched = results.touched_by(job, [point])
    at = results.workings(session, job)
    made = results.compute_points(session, job, touched, reading.phase, at=at)
    touch(session, job)
    audit.record(
        session,
        actor,
        "calibration.reading_excluded",
        subject=reference(job),
        before={"point": point.seq, "phase": reading.phase, "seq": reading.seq},
        reason=why,
    )
    return Took([reading], made, at)


def by_id(session: Session, job: CalibrationJob, reading_id: int) -> Reading:
    """A reading of this job; raises NotFound."""
    found = session.get(Reading, reading_id)
    if found is None or found.job_id != job.id:
        raise NotFound(msg("There is no such reading in {number}.", number=label(job)))
    return found


def point_called(job: CalibrationJob, seq: int) -> ProcedurePoint:
    """A point of the job's version by its place; raises NotFound."""
    found = next((one for one in job.procedure_version.points if one.seq == seq), None)
    if found is None:
        raise NotFound(msg("This procedure has no point {seq}.", seq=seq), field="point")
    _require_chosen(job, found)
    return found


def _add(
    session: Session,
    actor: Actor,
    job: CalibrationJob,
    spot: Spot,
    typed: Sequence[_Typed],
    *,
    taking: _Taking,
) -> Took:
    made = adjustments.of_job(session, job)
    adjustments.check_phase(job, spot.point, spot.phase, made)
    at = results.workings(session, job)
    certificate = readwith.usable(session, actor, job, spot.point, at.roles)
    touched = results.touched_by(job, [spot.point])
    first = _first_place(at.sheet, spot, taking)
    added = _rows(actor, job, spot, typed, taking=taking, certificate=certificate, first=first)
    readwith.freeze(at.roles, at=added[0].taken_at)
    number(session, added)
    session.add_all(added)
    session.flush()
    at.sheet.add(added, instead_of=taking.replaces)
    came_out = results.compute_points(session, job, touched, spot.phase, at=at)
    touch(session, job)
    _note(session, actor, job, added, taking)
    return Took(added, came_out, at, made)


def _first_place(sheet: Sheet, spot: Spot, taking: _Taking) -> int:
    """The place of the one that is replaced, else the next free one."""
    if taking.replaces is not None:
        return taking.replaces.seq
    return 1 + max((one.row.seq for one in sheet.of(spot.point, spot.phase)), default=0)


def _rows(
    actor: Actor,
    job: CalibrationJob,
    spot: Spot,
    typed: Sequence[_Typed],
    *,
    taking: _Taking,
    certificate: EquipmentCertificate | None,
    first: int,
) -> list[Reading]:
    source, now = taking.source, clock.now()
    return [
        Reading(
            job_id=job.id,
            point_id=spot.point.id,
            phase=spot.phase,
            seq=first + place,
            raw_text=raw[: typedreading.LONGEST],
            numbers=json.dumps(list(numbers)),
            unit=_unit_of(spot.point),
            source=source.kind,
            file_sha256=source.file_sha256,
            line=source.lines[place] if place < len(source.lines) else None,
            equipment_id=certificate.equipment_id if certificate else None,
            equipment_certificate_id=certificate.id if certificate else None,
            taken_at=now,
            taken_by=actor.name,
            taken_by_id=actor.staff_id,
            replaces_id=taking.replaces.id if taking.replaces else None,
            reason=taking.reason,
        )
        for place, (raw, numbers) in enumerate(typed)
    ]


def _unit_of(point: ProcedurePoint) -> str:
    """The unit of a reading's numbers; where they differ, each of them in turn."""
    units = tuple(dict.fromkeys(reading_units(point)))
    return units[0] if len(units) == 1 else ";".join(units)[:32]


def _note(
    session: Session,
    actor: Actor,
    job: CalibrationJob,
    added: Sequence[Reading],
    taking: _Taking,
) -> None:
    first = added[0]
    audit.record(
        session,
        actor,
        "calibration.reading_replaced" if taking.replaces else "calibration.read",
        subject=reference(job),
        before={"typed": taking.replaces.raw_text} if taking.replaces else None,
        after={
            "point_id": first.point_id,
            "phase": first.phase,
            "seq": first.seq,
            "count": len(added),
            "typed": first.raw_text[:100],
        },
        reason=taking.reason or None,
    )


def _require_measuring(job: CalibrationJob, point: ProcedurePoint) -> None:
    if job.state is not JobState.MEASURING:
        raise Conflict(
            msg(
                "{number} is {state}; nothing is read now.",
                number=label(job),
                state=JOB_LABELS[job.state],
            ),
            link=page(job),
        )
    if point.version_id != job.version_id:
        raise NotFound(msg("This procedure has no point {seq}.", seq=point.seq), field="point")
    _require_chosen(job, point)
    if not point.readings:
        raise Refused(
            msg("{point} is computed from other points.", point=point.label), field="point"
        )


def _require_chosen(job: CalibrationJob, point: ProcedurePoint) -> None:
    if not chosenpoints.among(job, [point]):
        raise NotFound(
            msg("{point} is not measured in {number}.", point=point.label, number=label(job)),
            field="point",
        )


def _require_standing(
    session: Session, job: CalibrationJob, point: ProcedurePoint, reading: Reading
) -> None:
    """Raises Conflict for a reading that was replaced or left out already."""
    standing = results.sheet(session, job, [point.id]).of(point, reading.phase)
    found = next((one for one in standing if one.row.id == reading.id), None)
    if found is None or found.excluded:
        raise Conflict(
            msg("This reading was replaced or left out already. Look again."), link=page(job)
        )


def _point_of(job: CalibrationJob, reading: Reading) -> ProcedurePoint:
    found = points_of(job).get(reading.point_id)
    if found is None or reading.job_id != job.id:
        raise NotFound(msg("There is no such reading in {number}.", number=label(job)))
    return found
