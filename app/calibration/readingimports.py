"""Readings of a job out of a device's table: every row fits its point, or none is taken."""

from collections.abc import Iterator, Sequence

from sqlalchemy.orm import Session

from app.calibration import chosenpoints, jobbook, readings, typedreading
from app.calibration.filekinds import Settings
from app.calibration.impact_models import CalibrationFile
from app.calibration.job_models import CalibrationJob, Phase, ReadingSource
from app.calibration.methods import reading_units
from app.calibration.procedure_models import ProcedurePoint
from app.calibration.readers.columns import Row
from app.calibration.readers.findings import Remark
from app.calibration.readings import Source, Spot
from app.calibration.typedreading import Mark
from app.kernel.actor import Actor
from app.kernel.errors import Refused
from app.kernel.text import Text, msg

_MARKS = {".": Mark.POINT, ",": Mark.COMMA}


def phase_of(settings: Settings) -> Phase:
    return Phase.AS_LEFT if settings.get("phase") == Phase.AS_LEFT else Phase.AS_FOUND


def problems(job: CalibrationJob, rows: Sequence[Row], settings: Settings) -> Iterator[Remark]:
    """What keeps rows from being readings of this job."""
    points = {point.seq: point for point in chosenpoints.of_job(job)}
    for row in rows:
        seq = _seq(row, settings)
        point = points.get(seq) if seq is not None else None
        if point is None:
            yield Remark(
                row.line,
                msg("Say which point the readings are of.")
                if seq is None
                else msg("This procedure has no point {seq}.", seq=seq),
            )
            continue
        problem = _misfit(point, row, settings)
        if problem is not None:
            yield Remark(row.line, problem)


def take(
    session: Session,
    actor: Actor,
    file: CalibrationFile,
    rows: Sequence[Row],
    settings: Settings,
) -> int:
    """Add the rows as readings, each with its line; gives how many."""
    job = jobbook.by_id(session, actor, file.job_id or 0)
    by_point: dict[int, list[Row]] = {}
    for row in rows:
        by_point.setdefault(_seq(row, settings) or 0, []).append(row)
    for seq, of_point in sorted(by_point.items()):
        readings.paste(
            session,
            actor,
            job,
            Spot(readings.point_called(job, seq), phase_of(settings)),
            "\n".join("; ".join(row.numbers) for row in of_point),
            source=Source(
                ReadingSource.FILE,
                file_sha256=file.sha256,
                lines=tuple(row.line for row in of_point),
            ),
            mark=_MARKS[settings["decimal"]],
        )
    return len(rows)


def _seq(row: Row, settings: Settings) -> int | None:
    """The point that a row names, else the one that was chosen for all."""
    if row.point is not None:
        return row.point
    chosen = settings.get("point", "")
    return int(chosen[:9]) if chosen.isascii() and chosen.isdigit() else None


def _misfit(point: ProcedurePoint, row: Row, settings: Settings) -> Text | None:
    if not point.readings:
        return msg("{point} is computed from other points.", point=point.label)
    units = reading_units(point)
    declared = settings.get("unit", "")
    for unit in dict.fromkeys(units):
        if not typedreading.same_unit(unit, declared):
            return msg(
                "{point} is read in {unit}; the file was said to be in {declared}.",
                point=point.label,
                unit=unit,
                declared=declared,
            )
    try:
        typedreading.read("; ".join(row.numbers), units=units, mark=_MARKS[settings["decimal"]])
    except Refused as refusal:
        return refusal.message
    return None
