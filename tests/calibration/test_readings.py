"""What is a reading and what is not, by what it is read, and what it comes to."""

import json
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.calibration import adjustments, job_checks, jobs, readings, results, typedreading
from app.calibration.equipment_models import Equipment, EquipmentCertificate, EquipmentState
from app.calibration.job_models import CalibrationResult, JobEquipment, Phase, Reading
from app.calibration.jobs import ChangedMeanwhile
from app.calibration.metrology.decision import Verdict
from app.calibration.procedureinputs import PointInput
from app.calibration.readings import Spot
from app.calibration.readwith import EquipmentRefused
from app.calibration.typedreading import Mark, NotAReading, OtherUnit
from app.kernel import clock
from app.kernel.canonical import sha256_hex
from app.kernel.db import Database
from app.kernel.errors import Conflict, NotFound, Refused
from tests.makers.calibration import (
    Lab,
    a_certificate,
    a_job,
    a_lab,
    a_measured_job,
    a_point,
    a_procedure,
)

# What the readings of the laboratory come to, on every machine, engine and after every restart.
SAME_BYTES = "8fb072f70d84b4c179778ab07811d543c3a6fec57d57d6f5122f22261be61e21"


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("0,031", 0.031),
        ("0.031", 0.031),
        (" 0.031 deg", 0.031),
        ("0.031°", 0.031),
        ("−0.5", -0.5),
        ("１.２", 1.2),
        ("1e-3", 0.001),
        (".5", 0.5),
    ],
)
def test_a_reading_is_what_was_meant(typed: str, value: float) -> None:
    assert typedreading.read(typed, units=("deg",)) == (value,)


@pytest.mark.parametrize(
    "typed", ["", " ", "NaN", "inf", "1,234.5", "1.2.3", "zero", "0.1 0.2", "1e999", "0x1A", "²"]
)
def test_what_is_no_reading_is_told_at_the_field(typed: str) -> None:
    with pytest.raises(NotAReading) as refusal:
        typedreading.read(typed, units=("deg",))
    assert refusal.value.field == "reading"


def test_another_unit_than_the_points_is_refused() -> None:
    with pytest.raises(OtherUnit):
        typedreading.read("0.03 rad", units=("deg",))
    assert typedreading.read("1.5; 2,5; 3 mm", units=("mm",) * 3) == (1.5, 2.5, 3.0)
    with pytest.raises(NotAReading):
        typedreading.read("1,5", units=("mm",), mark=Mark.POINT)


def test_both_marks_and_the_text_as_typed_are_kept(session: Session, lab: Lab) -> None:
    job = a_job(session, lab)

    took = readings.take(session, lab.technician, job, _spot(job), "0,031 °")

    assert took.rows[0].raw_text == "0,031 °"
    assert json.loads(took.rows[0].numbers) == [0.031]
    assert took.rows[0].equipment_id == lab.level.id
    assert took.results[0].verdict is Verdict.PASS


def test_the_verdict_stands_with_its_uncertainty_after_each_reading(
    session: Session, lab: Lab
) -> None:
    job = a_job(session, lab)

    first = readings.take(session, lab.technician, job, _spot(job), "0.052").results[0]
    assert first.verdict is Verdict.FAIL
    assert first.expanded == pytest.approx(2.0 * (0.002**2 + 0.004**2 / 3) ** 0.5, rel=1e-3)
    second = readings.take(session, lab.technician, job, _spot(job), "0.048").results[0]
    assert second is first
    assert second.readings == 2
    assert second.value == pytest.approx(0.05)


def test_the_known_error_of_a_reference_is_taken_off(session: Session, lab: Lab) -> None:
    job = a_job(session, lab, with_equipment=False)
    a_certificate(
        session,
        lab.level,
        "D-K-2",
        error="0.010",
        calibrated_on=clock.now().date() - timedelta(days=2),
        due_on=None,
    )
    jobs.choose_equipment(session, lab.technician, job, "level", lab.level)

    took = readings.take(session, lab.technician, job, _spot(job), "0.030")

    assert took.results[0].value == pytest.approx(0.020)


def test_nothing_is_read_by_equipment_that_is_overdue(session: Session, lab: Lab) -> None:
    job = a_job(session, lab)
    session.execute(update(EquipmentCertificate).values(due_on=clock.now().date()))
    session.expire_all()
    job = jobs.by_number(session, lab.technician, job.number)

    with clock.set_to(clock.now() + timedelta(days=2)), pytest.raises(EquipmentRefused) as refusal:
        readings.take(session, lab.technician, job, _spot(job), "0.01")

    assert "LEVEL-01" in str(refusal.value)
    assert not session.scalars(select(Reading)).all()


def test_what_is_due_today_is_good_to_the_end_of_the_stores_day(session: Session, lab: Lab) -> None:
    job = a_job(session, lab)
    due = clock.now().date() + timedelta(days=40)
    session.execute(update(EquipmentCertificate).values(due_on=due))
    session.expire_all()
    job = jobs.by_number(session, lab.technician, job.number)
    # 03:30 in Leipzig still belongs to the day before: the store's day begins at four
    late = datetime.fromisoformat(f"{due + timedelta(days=1)}T03:30:00+01:00")

    with clock.set_to(late):
        readings.take(session, lab.technician, job, _spot(job), "0.01")
    with clock.set_to(late + timedelta(hours=2)), pytest.raises(EquipmentRefused):
        readings.take(session, lab.technician, job, _spot(job), "0.01")


def test_nothing_is_read_by_equipment_in_quarantine(session: Session, lab: Lab) -> None:
    job = a_job(session, lab)
    session.execute(update(Equipment).values(state=EquipmentState.QUARANTINED))
    session.expire_all()
    job = jobs.by_number(session, lab.technician, job.number)

    with pytest.raises(EquipmentRefused):
        readings.take(session, lab.technician, job, _spot(job), "0.01")


def test_equipment_is_frozen_at_the_first_reading(session: Session, lab: Lab) -> None:
    job = a_job(session, lab)
    readings.take(session, lab.technician, job, _spot(job), "0.01")
    kept = session.scalars(select(JobEquipment)).one()
    assert kept.frozen_at is not None
    assert kept.resolution == "0.001"
    certificate = a_certificate(
        session,
        lab.level,
        "D-K-9",
        calibrated_on=clock.now().date() - timedelta(days=2),
        due_on=None,
    )

    with pytest.raises(Conflict):
        jobs.choose_equipment(session, lab.technician, job, "level", lab.level)
    readings.take(session, lab.technician, job, _spot(job), "0.011")

    assert kept.certificate_id != certificate.id


def test_a_role_that_nobody_plays_is_asked_for(session: Session, lab: Lab) -> None:
    job = a_job(session, lab, with_equipment=False)

    with pytest.raises(EquipmentRefused) as refusal:
        readings.take(session, lab.technician, job, _spot(job), "0.01")

    assert refusal.value.field == "equipment"


def test_a_retake_keeps_both(session: Session, lab: Lab) -> None:
    job = a_job(session, lab)
    wrong = readings.take(session, lab.technician, job, _spot(job), "0.10").rows[0]

    with pytest.raises(Refused):
        readings.retake(session, lab.technician, job, wrong, "0.01", reason=" ")
    took = readings.retake(session, lab.technician, job, wrong, "0.01", reason="Mistyped")
    with pytest.raises(Conflict):
        readings.retake(session, lab.technician, job, wrong, "0.02", reason="Again")

    assert took.results[0].value == 0.01
    typed = select(Reading.raw_text).where(Reading.job_id == job.id).order_by(Reading.id)
    assert session.scalars(typed).all() == ["0.10", "0.01"]


def test_an_outlier_is_flagged_and_left_out_by_a_person_alone(session: Session, lab: Lab) -> None:
    version = a_procedure(session, lab.manager, "MANY", points=[a_point(readings=6)])
    job = a_job(session, lab, version=version)
    typed = "0.010\n0.011\n0.010\n0.012\n0.011"
    readings.paste(session, lab.technician, job, _spot(job), typed)
    took = readings.take(session, lab.technician, job, _spot(job), "0.049")
    content = json.loads(took.results[0].content)
    assert content["outlier"] == 6
    assert content["n"] == 6

    with pytest.raises(Refused):
        readings.exclude(session, lab.technician, job, took.rows[0], reason="")
    left = readings.exclude(session, lab.technician, job, took.rows[0], reason="Door slammed")

    assert left.results[0].readings == 5
    assert json.loads(left.results[0].content)["readings"]["1"][5]["excluded"] == "Door slammed"


def test_a_column_goes_in_whole_or_not_at_all(session: Session, lab: Lab) -> None:
    job = a_job(session, lab)

    with pytest.raises(NotAReading) as refusal:
        readings.paste(session, lab.technician, job, _spot(job), "0.01\n0.02\nabc\n")
    assert "3" in str(refusal.value)
    assert not session.scalars(select(Reading)).all()
    took = readings.paste(session, lab.technician, job, _spot(job), "angle\r\n0,010\r\n0,012\r\n")

    assert [row.seq for row in took.rows] == [1, 2]


def test_swapped_columns_are_told(session: Session, lab: Lab) -> None:
    pose = PointInput(
        label="Wrist",
        target="frame:left_wrist",
        quantity="position",
        unit="mm",
        method="vector_length",
        lower="0",
        upper="900",
        readings=2,
        components=3,
    )
    version = a_procedure(session, lab.manager, "POSE", points=[pose], needs=())
    job = a_job(session, lab, version=version)

    with pytest.raises(NotAReading) as refusal:
        readings.paste(session, lab.technician, job, _spot(job), "y\tx\tz\n1\t2\t3\n")
    assert refusal.value.field == "column"
    with pytest.raises(NotAReading):
        readings.paste(session, lab.technician, job, _spot(job), "1\t2\n")
    took = readings.paste(session, lab.technician, job, _spot(job), "x\ty\tz\n1\t2\t3\n1\t2\t4\n")

    assert json.loads(took.rows[0].numbers) == [1.0, 2.0, 3.0]


def test_angles_on_both_sides_of_the_turn_have_a_mean(session: Session, lab: Lab) -> None:
    turn = PointInput(
        label="Yaw",
        target="joint:waist_yaw_joint",
        quantity="angle",
        unit="deg",
        method="angle_mean",
        nominal="0",
        lower="-0.3",
        upper="0.3",
        readings=2,
        role="level",
    )
    version = a_procedure(session, lab.manager, "YAW", points=[turn])
    job = a_job(session, lab, version=version)

    readings.take(session, lab.technician, job, _spot(job), "359.9")
    took = readings.take(session, lab.technician, job, _spot(job), "0.1")

    assert took.results[0].value == pytest.approx(0.0, abs=1e-9)


def test_of_two_who_read_at_once_the_second_is_told(session: Session, lab: Lab) -> None:
    job = a_job(session, lab)
    seen = job.version
    readings.take(session, lab.technician, job, _spot(job), "0.01", expected_version=seen)

    with pytest.raises(ChangedMeanwhile):
        readings.take(session, lab.metrologist, job, _spot(job), "0.01", expected_version=seen)


def test_a_point_of_another_procedure_is_not_read(session: Session, lab: Lab) -> None:
    job = a_job(session, lab)
    other = a_procedure(session, lab.manager, "OTHER")

    with pytest.raises(NotFound):
        readings.take(session, lab.technician, job, Spot(other.points[0]), "0.01")


def test_results_come_out_the_same_on_every_engine_and_after_a_restart(
    session: Session, database: Database
) -> None:
    with clock.set_to(datetime.fromisoformat("2026-03-01T12:00:00+00:00")):
        lab = a_lab(session)
        job = a_measured_job(session, lab, text="0.0301")
        session.commit()
    kept = [
        row.content
        for row in session.scalars(select(CalibrationResult).order_by(CalibrationResult.id))
    ]
    session.commit()

    with database.writing() as later:
        again = jobs.by_id(later, lab.technician, job.id)
        assert list(results.differing(later, again)) == []
        assert list(job_checks.breaches(later)) == []

    figures = [json.loads(content) for content in kept]
    for one in figures:
        # the version's text is the procedures' matter, and both hashes follow it
        del one["version_sha256"], one["inputs_sha256"]
    assert sha256_hex(json.dumps(figures, sort_keys=True).encode()) == SAME_BYTES


def test_a_result_changed_by_hand_is_found(session: Session, lab: Lab) -> None:
    a_measured_job(session, lab)
    session.execute(update(CalibrationResult).values(value=0.0, verdict=Verdict.PASS))
    session.expire_all()

    found = list(job_checks.breaches(session))

    assert any("is not what its content says" in line for line in found)


def test_a_reading_out_of_date_is_found(session: Session, lab: Lab) -> None:
    a_measured_job(session, lab)
    session.execute(
        update(EquipmentCertificate).values(due_on=clock.now().date() - timedelta(days=3))
    )
    session.expire_all()

    found = list(job_checks.breaches(session))
    assert any("out of date" in line for line in found)


def test_a_computed_point_follows_its_inputs(session: Session, lab: Lab) -> None:
    up, down = (
        a_point(label=label, readings=5, lower="-1", upper="1") for label in ("from above", "below")
    )
    play = PointInput(
        label="Backlash",
        target="joint:left_knee_joint",
        quantity="angle",
        unit="deg",
        method="backlash",
        inputs=(1, 2),
        upper="0.2",
        readings=0,
    )
    version = a_procedure(session, lab.manager, "PLAY", points=[up, down, play])
    job = a_job(session, lab, version=version)
    for seq, typed in ((0, 0.10), (1, 0.02)):
        for place in range(5):
            text = str(round(typed + place * 0.001, 4))
            readings.take(session, lab.technician, job, Spot(version.points[seq]), text)
    found = {row.point_id: row for (_, phase), row in results.of_job(session, job).items() if phase}

    backlash = found[version.points[2].id]
    assert backlash.value == pytest.approx(0.08)
    assert backlash.verdict is Verdict.PASS
    adjustments.record(
        session,
        lab.technician,
        job,
        adjustments.AdjustmentInput("joint:left_knee_joint", "preload", "2"),
    )
    gaps = adjustments.missing(job, results.sheet(session, job), adjustments.of_job(session, job))
    assert {(gap.point.seq, gap.phase) for gap in gaps} == {(1, Phase.AS_LEFT), (2, Phase.AS_LEFT)}


def _spot(job: object) -> Spot:
    version = job.procedure_version  # type: ignore[attr-defined]
    return Spot(version.points[0])
