"""Hands at a bench that press anything, in any order: what was read stays true."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from random import Random

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.calibration import adjustments, job_checks, jobs, readings, results, review
from app.calibration.adjustments import AdjustmentInput
from app.calibration.equipment_models import EquipmentState
from app.calibration.job_models import CalibrationJob, JobReason, JobState, Phase, Reading
from app.calibration.readings import Spot
from app.calibration.states import ENDED, JOB_MOVES
from app.kernel import clock
from app.kernel.errors import StoreError
from tests.makers.calibration import KNEES, Lab, a_job
from tests.makers.identity import PIN

STEPS, SEED = 240, 7
TEXTS = ("0.010", "0,011", "0.012", "-0.02", "0.06", "0.013", "359.9", "NaN", "", "1 rad")


class Bench:
    """Two people, one robot, dice; `happened` counts what went well and what was refused."""

    def __init__(self, session: Session, lab: Lab, dice: Random) -> None:
        self.session, self.lab, self.dice = session, lab, dice
        self.happened: Counter[str] = Counter()
        self.now = clock.now()
        self.job: CalibrationJob | None = None
        self.seen = JobState.PLANNED

    def step(self) -> None:
        acts: dict[str, Callable[[CalibrationJob], object]] = {
            "take": self._take,
            "exclude": self._exclude,
            "retake": self._retake,
            "adjust": self._adjust,
            "unadjusted": self._unadjusted,
            "finish": self._finish,
            "hold": self._hold,
            "go_on": self._go_on,
            "start": self._start,
            "reopen": self._reopen,
            "review": self._review,
            "void": self._void,
            "cancel": self._cancel,
            "equipment": self._equipment,
            "quarantine": self._quarantine,
        }
        job = self._open_job()
        fitting = self.dice.random() < _MOSTLY
        name = self.dice.choice(_FITTING[job.state] if fitting else list(acts))
        self.now += timedelta(minutes=1)
        with clock.set_to(self.now):
            try:
                with self.session.begin_nested():
                    acts[name](job)
                self.happened[name] += 1
            except StoreError:
                self.happened["refused"] += 1
                self.session.expire_all()
                job = jobs.by_id(self.session, self.lab.technician, job.id)
        self.job = job
        moved = job.state is not self.seen
        assert not moved or job.state in JOB_MOVES.allowed(self.seen), (name, self.seen, job.state)
        self.seen = job.state

    def _open_job(self) -> CalibrationJob:
        if self.job is None or self.job.state in {*ENDED, JobState.REVIEWED}:
            self.lab.level.state = EquipmentState.IN_SERVICE
            reason = self.dice.choice([JobReason.SCHEDULED, JobReason.AFTER_REPAIR])
            self.job = a_job(
                self.session, self.lab, reason=reason, started=False, with_equipment=False
            )
            self.seen = self.job.state
            self.happened["jobs"] += 1
        return self.job

    def _take(self, job: CalibrationJob) -> None:
        sheet = results.sheet(self.session, job)
        made = adjustments.of_job(self.session, job)
        gap = next(adjustments.missing(job, sheet, made), None)
        text = self.dice.choice(TEXTS)
        spot = Spot(gap.point, gap.phase) if gap else None
        if spot is None or self.dice.random() < _SELDOM:
            phase = self.dice.choice(list(Phase))
            spot = Spot(self.dice.choice(job.procedure_version.points), phase)
        readings.take(self.session, self.lab.technician, job, spot, text)

    def _any_reading(self, job: CalibrationJob) -> Reading:
        rows = self.session.scalars(select(Reading).where(Reading.job_id == job.id)).all()
        if not rows:
            self._take(job)
            return self._any_reading(job)
        return self.dice.choice(rows)

    def _exclude(self, job: CalibrationJob) -> None:
        readings.exclude(
            self.session, self.lab.technician, job, self._any_reading(job), reason="Disturbed"
        )

    def _retake(self, job: CalibrationJob) -> None:
        readings.retake(
            self.session,
            self.lab.technician,
            job,
            self._any_reading(job),
            self.dice.choice(TEXTS),
            reason="Mistyped",
        )

    def _adjust(self, job: CalibrationJob) -> None:
        wanted = AdjustmentInput(self.dice.choice(KNEES), "zero offset", "0.01")
        adjustments.record(self.session, self.lab.technician, job, wanted)

    def _unadjusted(self, job: CalibrationJob) -> None:
        adjustments.nothing_adjusted(self.session, self.lab.technician, job)

    def _finish(self, job: CalibrationJob) -> None:
        jobs.finish(self.session, self.lab.technician, job)

    def _hold(self, job: CalibrationJob) -> None:
        jobs.hold(self.session, self.lab.technician, job, reason="Lunch")

    def _go_on(self, job: CalibrationJob) -> None:
        jobs.go_on(self.session, self.lab.technician, job)

    def _start(self, job: CalibrationJob) -> None:
        jobs.start(self.session, self.lab.technician, job)

    def _reopen(self, job: CalibrationJob) -> None:
        jobs.reopen(self.session, self.lab.metrologist, job, reason="Look again")

    def _review(self, job: CalibrationJob) -> None:
        by = self.dice.choice([self.lab.technician, self.lab.metrologist, self.lab.metrologist])
        review.review(self.session, by, job, pin=PIN, note=self.dice.choice(["", "Seen"]))

    def _void(self, job: CalibrationJob) -> None:
        if self.dice.random() < _SELDOM:
            jobs.void(self.session, self.lab.metrologist, job, reason="Wrong robot")

    def _cancel(self, job: CalibrationJob) -> None:
        if self.dice.random() < _SELDOM:
            jobs.cancel(self.session, self.lab.technician, job, reason="Not today")

    def _equipment(self, job: CalibrationJob) -> None:
        jobs.choose_equipment(self.session, self.lab.technician, job, "level", self.lab.level)

    def _quarantine(self, job: CalibrationJob) -> None:
        is_good = self.lab.level.state is EquipmentState.IN_SERVICE
        before = self.session.scalar(select(func.count(Reading.id)))
        self.lab.level.state = EquipmentState.QUARANTINED
        self.session.flush()
        if is_good and self.dice.random() < _SELDOM:
            with pytest.raises(StoreError):
                readings.take(
                    self.session,
                    self.lab.technician,
                    job,
                    Spot(job.procedure_version.points[0]),
                    "0.01",
                )
            assert self.session.scalar(select(func.count(Reading.id))) == before
        self.lab.level.state = EquipmentState.IN_SERVICE


_MOSTLY = 0.85
_SELDOM = 0.2
_S = JobState
# What fits a state, the likelier the oftener.
_FITTING: dict[JobState, tuple[str, ...]] = {
    _S.PLANNED: ("start", "start", "equipment"),
    _S.MEASURING: (
        *["take"] * 16,
        *("equipment", "equipment", "retake", "exclude", "adjust", "unadjusted", "unadjusted"),
        *("finish", "finish", "finish", "hold"),
    ),
    _S.MEASURED: ("review", "review", "reopen"),
    _S.ON_HOLD: ("go_on",),
}


def test_no_order_of_steps_makes_a_result_untrue(session: Session, lab: Lab) -> None:
    bench = Bench(session, lab, Random(SEED))

    for _ in range(STEPS):
        bench.step()

    assert list(job_checks.breaches(session)) == []
    reviewed = session.scalars(
        select(CalibrationJob).where(CalibrationJob.state == JobState.REVIEWED)
    ).all()
    for row in reviewed:
        job = jobs.by_id(session, lab.technician, row.id)
        made, sheet = adjustments.of_job(session, job), results.sheet(session, job)
        assert next(adjustments.missing(job, sheet, made), None) is None
        assert bool(made) != bool(job.unadjusted_by)
        assert job.reviewer_id != job.performer_id
    for name in ("take", "finish", "review", "retake"):
        assert bench.happened[name], bench.happened
