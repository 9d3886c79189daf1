"""Calibration jobs: planned, started, held, ended. What is measured in them is in readings.py."""

import json
from collections.abc import Mapping

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from app.calibration import chosenpoints, equipment, events, goodness, seedwords
from app.calibration.equipment_models import Equipment, EquipmentCertificate
from app.calibration.finishing import finish, reopen
from app.calibration.job_models import (
    CalibrationJob,
    JobEquipment,
    JobState,
    Reading,
)
from app.calibration.jobbook import (
    ChangedMeanwhile,
    by_id,
    by_number,
    label,
    lock,
    move,
    page,
    points_of,
    reference,
    touch,
)
from app.calibration.planning import measure_also, plan, plan_due
from app.calibration.states import JOB_LABELS, JOB_MOVES
from app.calibration.surroundings import (
    Conditions,
    check_surroundings,
    figure_of,
    line,
    long_text,
    needed,
)
from app.kernel import audit, clock, queueing
from app.kernel.actor import Actor
from app.kernel.canonical import canonical
from app.kernel.errors import Conflict, NotFound, Refused
from app.kernel.events import announce
from app.kernel.text import msg
from app.robots import counters, insides
from app.robots.models import Unit
from app.robots.slot_models import Counter

__all__ = [
    "ChangedMeanwhile",
    "Conditions",
    "by_id",
    "by_number",
    "cancel",
    "certified",
    "choose_equipment",
    "finish",
    "go_on",
    "hold",
    "label",
    "measure_also",
    "page",
    "plan",
    "plan_due",
    "points_of",
    "reference",
    "reopen",
    "snapshot_of",
    "start",
    "void",
]


def start(
    session: Session,
    actor: Actor,
    job: CalibrationJob,
    conditions: Conditions | None = None,
    *,
    expected_version: int | None = None,
) -> None:
    """Begin to measure: the performer is whoever starts; the robot's configuration is kept.

    Raises ChangedMeanwhile or WrongState when somebody else was faster, Refused at the field when
    the surroundings are outside what the procedure allows and no deviation is stated.
    """
    given = conditions or Conditions()
    lock(session, actor, job, expected_version)
    JOB_MOVES.check(job.state, JobState.MEASURING)
    if job.state is not JobState.PLANNED:
        raise Conflict(
            msg("{number} has been started by {who}.", number=label(job), who=job.performer)
        )
    deviations = long_text("deviations", given.deviations)
    check_surroundings(job, given.temperature, given.humidity, deviations=deviations)
    job.temperature_start, job.humidity_start = (
        figure_of(given.temperature),
        figure_of(given.humidity),
    )
    job.place, job.condition = line("place", given.place), long_text("condition", given.condition)
    job.deviations = deviations
    job.received_at = given.received_at
    job.performer_id, job.performer, job.started_at = actor.staff_id, actor.name, clock.now()
    standing = counters.latest(session, job.unit_id).get(Counter.HOURS)
    job.hours_s = standing.total if standing else None
    job.snapshot = canonical(_as_maintained(session, job.unit)).decode()
    move(session, actor, job, JobState.MEASURING)


def choose_equipment(
    session: Session,
    actor: Actor,
    job: CalibrationJob,
    role: str,
    chosen: Equipment,
    *,
    expected_version: int | None = None,
) -> JobEquipment:
    """Give a role to a piece of equipment, by its certificate of today.

    Raises Refused at once, saying why, for equipment that may not be used: overdue, quarantined,
    not of the kind or not as good as the procedure asks; and once it was read with.
    """
    lock(session, actor, job, expected_version)
    _require_open(job)
    _require_fit(job, role, chosen)
    now = clock.now()
    certificate = equipment.usable(session, chosen, at=now, staff_id=actor.staff_id)
    goodness.require(job, role, equipment.certificate_on(session, chosen.id, now))
    row = session.scalar(
        select(JobEquipment).where(JobEquipment.job_id == job.id, JobEquipment.role == role)
    )
    if row is None:
        row = JobEquipment(
            job_id=job.id,
            role=role,
            equipment_id=chosen.id,
            certificate_id=certificate.id,
            chosen_at=now,
            chosen_by=actor.name,
        )
        session.add(row)
    elif row.frozen_at is not None:
        _require_same(row, chosen, certificate)
        return row
    row.equipment_id, row.certificate_id = chosen.id, certificate.id
    row.chosen_at, row.chosen_by = now, actor.name
    touch(session, job)
    audit.record(
        session,
        actor,
        "calibration.equipment",
        subject=reference(job),
        after={"role": role, "equipment": chosen.asset_number, "certificate": certificate.number},
    )
    return row


def _require_same(row: JobEquipment, chosen: Equipment, certificate: EquipmentCertificate) -> None:
    """What was read with stays as it is in this job."""
    if (row.equipment_id, row.certificate_id) != (chosen.id, certificate.id):
        raise Conflict(
            msg(
                "{role} was read with already; it stays as it is in this job.",
                role=seedwords.word(row.role),
            ),
            field="equipment",
        )


def _require_fit(job: CalibrationJob, role: str, chosen: Equipment) -> None:
    """The procedure has this role, and asks for such a piece of this very store."""
    need = next((one for one in chosenpoints.needs_of(job) if one.role == role), None)
    if need is None:
        raise NotFound(msg("This procedure has no role {role}.", role=role[:40]), field="role")
    if chosen.store_id != job.store_id:
        raise NotFound(msg("There is no such equipment in this store."), field="equipment")
    if chosen.kind != need.kind:
        raise Refused(
            msg(
                "{asset} is a {kind}; {role} asks for a {wanted}.",
                asset=chosen.asset_number,
                kind=seedwords.word(chosen.kind),
                role=seedwords.word(role),
                wanted=seedwords.word(need.kind),
            ),
            field="equipment",
        )


def _require_open(job: CalibrationJob) -> None:
    if job.state not in {JobState.PLANNED, JobState.MEASURING}:
        raise Conflict(
            msg("{number} is {state}.", number=label(job), state=JOB_LABELS[job.state]),
            link=page(job),
        )


def hold(session: Session, actor: Actor, job: CalibrationJob, *, reason: str) -> None:
    """Stop for a while; the job goes on where it stood."""
    lock(session, actor, job)
    why = needed(reason)
    before = job.state
    JOB_MOVES.check(before, JobState.ON_HOLD)
    job.held_from, job.hold_reason = before.value, why
    move(session, actor, job, JobState.ON_HOLD, why=why)


def go_on(session: Session, actor: Actor, job: CalibrationJob) -> None:
    """Take up a job on hold where it stood."""
    lock(session, actor, job)
    if job.state is not JobState.ON_HOLD:
        raise Conflict(msg("{number} is {state}.", number=label(job), state=JOB_LABELS[job.state]))
    back = JobState(job.held_from)
    job.held_from, job.hold_reason = "", ""
    move(session, actor, job, back)


def cancel(session: Session, actor: Actor, job: CalibrationJob, *, reason: str) -> None:
    """Give up a job in which nothing has been read; with readings it is voided."""
    lock(session, actor, job)
    why = needed(reason)
    JOB_MOVES.check(job.state, JobState.CANCELLED)
    if session.scalar(select(exists().where(Reading.job_id == job.id))):
        raise Refused(
            msg("{number} has readings. Void it instead: they stay on record.", number=label(job))
        )
    _end(session, actor, job, JobState.CANCELLED, why=why)


def void(session: Session, actor: Actor, job: CalibrationJob, *, reason: str) -> None:
    """Take back what was measured; readings and results stay on record, and count for nothing.

    Who reviews may void everything, who measures only what is not reviewed.
    """
    permission = "calibration.review" if job.state is JobState.REVIEWED else "calibration.measure"
    actor.require(permission)
    lock(session, actor, job)
    why = needed(reason)
    JOB_MOVES.check(job.state, JobState.VOIDED)
    _end(session, actor, job, JobState.VOIDED, why=why)


def certified(session: Session, actor: Actor, job: CalibrationJob) -> None:
    """The last move, made by whoever issues the certificate."""
    actor.require("calibration.certify")
    queueing.enter(session, actor.store_id)
    JOB_MOVES.check(job.state, JobState.CERTIFIED)
    _end(session, actor, job, JobState.CERTIFIED, why="")


def _end(session: Session, actor: Actor, job: CalibrationJob, to: JobState, *, why: str) -> None:
    job.ended_at, job.end_reason = clock.now(), why
    move(session, actor, job, to, why=why)
    announce(
        session,
        events.JobEnded(
            actor=actor,
            store_id=job.store_id,
            job_id=job.id,
            unit_id=job.unit_id,
            state=to,
            reason=why,
        ),
    )


def _as_maintained(session: Session, unit: Unit) -> Mapping[str, object]:
    """Serials, parts and versions as they are in the robot when measuring begins."""
    inside = insides.view(session, unit)
    return {
        "serial": unit.serial,
        "model": unit.model.code,
        "maker": unit.maker.name,
        "hardware_revision": unit.hardware_revision,
        "firmware": unit.firmware,
        "slots": [
            {
                "path": place.path,
                "part": place.now.part_number,
                "lot": place.now.lot,
                "serial": place.now.component.serial if place.now.component else "",
            }
            for place in inside.places
            if place.now is not None
        ],
    }


def snapshot_of(job: CalibrationJob) -> Mapping[str, object]:
    """The robot as it was when measuring began; empty before."""
    kept: dict[str, object] = json.loads(job.snapshot) if job.snapshot else {}
    return kept
