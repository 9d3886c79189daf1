"""From planned to reviewed: who may, in which order, and what is refused on the way."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError, IntegrityError
from sqlalchemy.orm import Session

from app.calibration import adjustments, jobs, readings, results, review
from app.calibration.adjustments import AdjustmentInput
from app.calibration.job_models import (
    CalibrationResult,
    JobReason,
    JobState,
    Phase,
    Reading,
    ReadingExclusion,
)
from app.calibration.jobs import ChangedMeanwhile, Conditions
from app.calibration.metrology.decision import Verdict
from app.calibration.procedureinputs import VersionInput
from app.calibration.readings import Spot
from app.identity.approval import WrongPin
from app.kernel import clock
from app.kernel.errors import Conflict, Forbidden, Refused
from app.kernel.states import WrongState
from tests.makers.calibration import (
    KNEES,
    Lab,
    a_job,
    a_measured_job,
    a_procedure,
    measure,
)
from tests.makers.identity import PIN

ADJUSTED = AdjustmentInput(target=KNEES[0], parameter="zero offset", before="0.00", after="0.06")


def test_a_job_keeps_the_robot_as_it_is_when_measuring_begins(session: Session, lab: Lab) -> None:
    job = a_job(session, lab)

    assert job.state is JobState.MEASURING
    assert job.performer == lab.technician.name
    assert jobs.snapshot_of(job)["serial"] == lab.unit.serial
    assert jobs.snapshot_of(job)["firmware"] == "1.4.2"


def test_a_robot_is_measured_by_a_version_in_one_job_at_a_time(session: Session, lab: Lab) -> None:
    first = a_job(session, lab)

    with pytest.raises(Conflict) as refusal:
        a_job(session, lab)

    assert refusal.value.link == jobs.page(first)


def test_a_draft_is_measured_by_nobody(session: Session, lab: Lab) -> None:
    draft = a_procedure(session, lab.manager, "DRAFT", released=False)

    with pytest.raises(Refused):
        jobs.plan(session, lab.technician, lab.unit, version=draft, reason=JobReason.AUDIT)


def test_of_two_who_start_one_job_the_second_is_told(session: Session, lab: Lab) -> None:
    job = a_job(session, lab, started=False)
    seen = job.version
    jobs.start(session, lab.technician, job, expected_version=seen)

    with pytest.raises(ChangedMeanwhile):
        jobs.start(session, lab.metrologist, job, expected_version=seen)
    with pytest.raises(Conflict):
        jobs.start(session, lab.metrologist, job)
    assert job.performer == lab.technician.name


def test_surroundings_outside_the_procedure_need_a_stated_deviation(
    session: Session, lab: Lab
) -> None:
    wanted = VersionInput(title="At 20 degrees", temperature_from="18", temperature_to="22")
    version = a_procedure(session, lab.manager, "ROOM", wanted=wanted)
    job = a_job(session, lab, version=version, started=False)

    for typed in ("", "27", "warm"):
        with pytest.raises(Refused) as refusal:
            jobs.start(session, lab.technician, job, Conditions(temperature=typed))
        assert refusal.value.field == "temperature"
    jobs.start(
        session, lab.technician, job, Conditions(temperature="27,5", deviations="Summer, U widened")
    )

    assert job.temperature_start == "27.5"


def test_a_job_on_hold_goes_on_where_it_stood(session: Session, lab: Lab) -> None:
    job = a_job(session, lab)

    jobs.hold(session, lab.technician, job, reason="Waits for the crane")
    with pytest.raises(Conflict):
        readings.take(session, lab.technician, job, _first(job), "0.01")
    jobs.go_on(session, lab.technician, job)

    assert job.state is JobState.MEASURING


def test_a_job_with_readings_is_voided_not_cancelled(session: Session, lab: Lab) -> None:
    job = a_job(session, lab)
    readings.take(session, lab.technician, job, _first(job), "0.01")

    with pytest.raises(Refused):
        jobs.cancel(session, lab.technician, job, reason="Mistake")
    jobs.void(session, lab.technician, job, reason="Wrong robot")

    assert job.state is JobState.VOIDED
    assert session.scalars(select(Reading)).all()
    assert a_job(session, lab).state is JobState.MEASURING


def test_nothing_is_measured_before_all_is_read(session: Session, lab: Lab) -> None:
    job = a_job(session, lab)
    measure(session, lab, job, seqs=[1])
    adjustments.nothing_adjusted(session, lab.technician, job)

    with pytest.raises(Refused) as refusal:
        jobs.finish(session, lab.technician, job)

    assert "point=2" in str(refusal.value.link)


def test_that_nothing_was_adjusted_is_said_and_never_assumed(session: Session, lab: Lab) -> None:
    job = a_job(session, lab)
    measure(session, lab, job)

    with pytest.raises(Refused) as refusal:
        jobs.finish(session, lab.technician, job)
    assert refusal.value.field == "adjustment"

    adjustments.nothing_adjusted(session, lab.technician, job)
    jobs.finish(session, lab.technician, job)
    assert job.state is JobState.MEASURED
    assert results.passed(job, results.final(session, job))


def test_an_adjustment_asks_for_as_left_on_its_points_alone(session: Session, lab: Lab) -> None:
    job = a_job(session, lab)
    measure(session, lab, job, text="0.060")
    adjustments.record(session, lab.technician, job, ADJUSTED)

    with pytest.raises(Refused):
        jobs.finish(session, lab.technician, job)
    with pytest.raises(Refused):
        readings.take(session, lab.technician, job, _first(job), "0.01")
    second = job.procedure_version.points[1]
    with pytest.raises(Refused):
        readings.take(session, lab.technician, job, Spot(second, Phase.AS_LEFT), "0.01")
    measure(session, lab, job, phase=Phase.AS_LEFT, seqs=[1])
    jobs.finish(session, lab.technician, job)

    kept = results.of_job(session, job)
    first = job.procedure_version.points[0]
    assert kept[first.id, Phase.AS_FOUND].verdict is Verdict.FAIL
    assert kept[first.id, Phase.AS_LEFT].verdict is Verdict.PASS
    assert (second.id, Phase.AS_LEFT) not in kept
    assert results.final(session, job)[first.id].phase is Phase.AS_LEFT


def test_nothing_is_adjusted_before_it_was_read_as_found(session: Session, lab: Lab) -> None:
    job = a_job(session, lab)

    with pytest.raises(Refused) as refusal:
        adjustments.record(session, lab.technician, job, ADJUSTED)

    assert refusal.value.field == "target"


def test_after_a_repair_there_may_be_no_as_found(session: Session, lab: Lab) -> None:
    job = a_job(session, lab, reason=JobReason.AFTER_REPAIR)
    adjustments.record(session, lab.technician, job, ADJUSTED)
    measure(session, lab, job, phase=Phase.AS_LEFT, seqs=[1])
    measure(session, lab, job, seqs=[2])
    jobs.finish(session, lab.technician, job)

    assert results.passed(job, results.final(session, job))


def test_what_was_read_before_another_adjustment_counts_no_more(session: Session, lab: Lab) -> None:
    job = a_job(session, lab)
    measure(session, lab, job, text="0.060")
    adjustments.record(session, lab.technician, job, ADJUSTED)
    measure(session, lab, job, phase=Phase.AS_LEFT, seqs=[1])

    adjustments.record(session, lab.technician, job, ADJUSTED)

    with pytest.raises(Refused):
        jobs.finish(session, lab.technician, job)
    assert len(session.scalars(select(ReadingExclusion)).all()) == 2


def test_who_measured_does_not_review(session: Session, lab: Lab) -> None:
    job = a_measured_job(session, lab)

    with pytest.raises(Forbidden):
        review.review(session, lab.technician, job, pin=PIN)
    own = a_job(session, lab, version=a_procedure(session, lab.manager, "OTHER"))
    readings.take(session, lab.metrologist, own, _first(own), "0.01")
    measure(session, lab, own)
    adjustments.nothing_adjusted(session, lab.technician, own)
    jobs.finish(session, lab.technician, own)
    with pytest.raises(Refused):
        review.review(session, lab.metrologist, own, pin=PIN)
    with pytest.raises(WrongPin):
        review.review(session, lab.metrologist, job, pin="0000")
    review.review(session, lab.metrologist, job, pin=PIN)

    assert job.state is JobState.REVIEWED
    assert not job.is_self_reviewed


def test_in_a_store_of_one_person_the_job_says_so(session: Session, lab: Lab) -> None:
    review.let_review_own(session, lab.manager, may=True)
    job = jobs.plan(
        session, lab.metrologist, lab.unit, version=lab.version, reason=JobReason.SCHEDULED
    )
    jobs.start(session, lab.metrologist, job)
    jobs.choose_equipment(session, lab.metrologist, job, "level", lab.level)
    for point in job.procedure_version.points:
        for typed in ("0.01", "0.011"):
            readings.take(session, lab.metrologist, job, Spot(point), typed)
    adjustments.nothing_adjusted(session, lab.metrologist, job)
    jobs.finish(session, lab.metrologist, job)

    review.review(session, lab.metrologist, job, pin=PIN)

    assert job.is_self_reviewed


def test_a_large_shift_since_last_time_wants_a_word(session: Session, lab: Lab) -> None:
    review.review(session, lab.metrologist, a_measured_job(session, lab, text="-0.030"), pin=PIN)
    job = a_measured_job(session, lab, text="0.030")

    assert [one.is_large for one in review.shifts(session, job)] == [True, True]
    with pytest.raises(Refused) as refusal:
        review.review(session, lab.metrologist, job, pin=PIN)
    assert refusal.value.field == "note"
    review.review(session, lab.metrologist, job, pin=PIN, note="New firmware moved both zeros")

    assert job.state is JobState.REVIEWED


def test_a_reviewed_job_is_not_read_in_any_more(session: Session, lab: Lab) -> None:
    job = a_measured_job(session, lab)
    review.review(session, lab.metrologist, job, pin=PIN)

    with pytest.raises(Conflict):
        readings.take(session, lab.technician, job, _first(job), "0.01")
    with pytest.raises(WrongState):
        jobs.hold(session, lab.technician, job, reason="Why not")


def test_a_job_sent_back_is_read_again(session: Session, lab: Lab) -> None:
    job = a_measured_job(session, lab)

    jobs.reopen(session, lab.metrologist, job, reason="Point 2 looks odd")

    assert job.state is JobState.MEASURING
    readings.take(session, lab.technician, job, _first(job), "0.012")


@pytest.mark.parametrize("table", ["readings", "reading_exclusions", "adjustments"])
def test_what_was_read_is_changed_by_nobody(session: Session, lab: Lab, table: str) -> None:
    job = a_job(session, lab)
    measure(session, lab, job)
    measured = session.scalars(select(Reading)).all()
    readings.exclude(session, lab.technician, job, measured[0], reason="Bumped the table")
    readings.take(session, lab.technician, job, _first(job), "0.012")
    adjustments.record(session, lab.technician, job, ADJUSTED)
    session.commit()

    for statement in (f"UPDATE {table} SET id = id", f"DELETE FROM {table}"):
        with pytest.raises(DatabaseError):
            session.execute(text(statement))
        session.rollback()


def test_no_verdict_stands_without_its_uncertainty(session: Session, lab: Lab) -> None:
    job = a_measured_job(session, lab)
    row = session.scalars(select(CalibrationResult)).first()
    assert row is not None
    assert job.state is JobState.MEASURED
    session.commit()

    row.expanded = None
    with pytest.raises(IntegrityError):
        session.flush()
    session.rollback()


def test_overdue_equipment_is_refused_when_it_is_chosen(session: Session, lab: Lab) -> None:
    job = a_job(session, lab, with_equipment=False)

    with clock.set_to(clock.now() + timedelta(days=400)), pytest.raises(Refused):
        jobs.choose_equipment(session, lab.technician, job, "level", lab.level)


def _first(job: object) -> Spot:
    version = job.procedure_version  # type: ignore[attr-defined]
    return Spot(version.points[0])
