"""What passed holds until a change reaches it: exactly that, in robots with a tree of slots."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import wiring
from app.calibration import adjustments, demands, jobs, review, rules, standing, validity
from app.calibration.events import EquipmentFoundBad
from app.calibration.job_models import CalibrationJob
from app.calibration.rules import RuleInput
from app.calibration.standing import Holds
from app.calibration.validity_models import CalibrationDemand, Change, Validity
from app.kernel import clock
from app.kernel.errors import Conflict, Forbidden, Refused
from app.kernel.events import announce
from app.robots import counters, firmware, fitting, gate
from app.robots.choosing import Part
from app.robots.events import UnitShaken
from app.robots.fitting import Place
from app.robots.gate import Way
from app.robots.models import Unit
from app.robots.occupancy import Work
from app.robots.slot_models import Counter, VersionOf
from tests.makers.books import breaches_of
from tests.makers.calibration import a_job, measure
from tests.makers.calibration_validity import (
    FEET,
    IMU,
    IMU_SLOT,
    JOINTS,
    LEFT_ANKLE,
    LEFT_KNEE,
    RIGHT_KNEE,
    Legs,
    a_walker,
    all_passed,
    measured,
    reviewed,
)
from tests.makers.identity import PIN

LEFT, LEFT_FOOT, RIGHT_FOOT = JOINTS[1], FEET[0], FEET[1]
WORK = Work(reference="ticket:T-1001")


@pytest.fixture
def legs(session: Session) -> Legs:
    wiring.connect()
    return a_walker(session)


def actuator(serial: str) -> Part:
    return Part(part_number="AK-80", serial=serial)


def ended(session: Session, unit: Unit) -> set[tuple[str, str]]:
    """Code and target of what no longer holds."""
    rows = session.scalars(
        select(Validity).where(Validity.unit_id == unit.id, Validity.ended_at.is_not(None))
    ).all()
    return {(_code(session, row), row.target) for row in rows}


def asked(session: Session, unit: Unit) -> set[tuple[str, str]]:
    return {(row.procedure.code, row.target) for row in demands.open_of(session, unit.id)}


def _code(session: Session, row: Validity) -> str:
    session.refresh(row, ["procedure"])
    return row.procedure.code


def why_not(session: Session, legs: Legs, unit: Unit, way: Way = Way.RELEASE) -> list[str]:
    answers = gate.answers(session, legs.lab.manager, unit, way=way)
    (found,) = [one for one in answers if one.name == "calibration"]
    return [str(reason.text) for reason in found.reasons]


def test_a_reviewed_job_that_passed_holds_until_its_day(session: Session, legs: Legs) -> None:
    job = reviewed(session, legs.lab, legs.zero, legs.unit)

    rows = validity.current(session, legs.unit.id)

    assert {row.target for row in rows} == set(JOINTS)
    assert {row.job_id for row in rows} == {job.id}
    assert all(row.due_on is not None and row.due_on > clock.now().date() for row in rows)
    assert why_not(session, legs, legs.unit) == []


def test_swapping_a_knee_ends_the_knee_and_the_pose_below_it_and_nothing_else(
    session: Session, legs: Legs
) -> None:
    fitting.fit(session, legs.lab.technician, legs.unit, LEFT_KNEE, part=actuator("AK-1"))
    all_passed(session, legs)

    fitting.replace(
        session, legs.lab.technician, legs.unit, LEFT_KNEE, part=actuator("AK-2"), work=WORK
    )

    reached = {("JOINT-ZERO", LEFT), ("POSE", LEFT_FOOT)}
    assert ended(session, legs.unit) == reached
    assert asked(session, legs.unit) == reached
    rows = session.scalars(select(CalibrationDemand).where(CalibrationDemand.settled_at.is_(None)))
    assert {row.reference for row in rows} == {"ticket:T-1001"}
    assert breaches_of(session) == []


def test_an_ankle_reaches_what_is_below_it_and_not_the_knee_above(
    session: Session, legs: Legs
) -> None:
    all_passed(session, legs)

    fitting.fit(session, legs.lab.technician, legs.unit, LEFT_ANKLE, part=actuator("AK-3"))

    assert ended(session, legs.unit) == {("JOINT-ZERO", JOINTS[2]), ("POSE", LEFT_FOOT)}


def test_a_swap_between_two_robots_touches_both(session: Session, legs: Legs) -> None:
    for unit, slot, serial in (
        (legs.unit, LEFT_KNEE, "AK-1"),
        (legs.other, RIGHT_KNEE, "AK-2"),
    ):
        fitting.fit(session, legs.lab.technician, unit, slot, part=actuator(serial))
        all_passed(session, legs, unit)

    fitting.swap(
        session,
        legs.lab.technician,
        Place(legs.unit, LEFT_KNEE),
        Place(legs.other, RIGHT_KNEE),
    )

    assert ended(session, legs.unit) == {("JOINT-ZERO", LEFT), ("POSE", LEFT_FOOT)}
    assert ended(session, legs.other) == {("JOINT-ZERO", JOINTS[4]), ("POSE", RIGHT_FOOT)}


def test_only_a_pass_newer_than_the_change_settles_it(session: Session, legs: Legs) -> None:
    before = measured(session, legs.lab, legs.zero, legs.unit)
    fitting.fit(session, legs.lab.technician, legs.unit, LEFT_KNEE, part=actuator("AK-1"))
    review.review(session, legs.lab.metrologist, before, pin=PIN)

    assert ("JOINT-ZERO", LEFT) in asked(session, legs.unit)
    assert LEFT not in {row.target for row in validity.current(session, legs.unit.id)}

    reviewed(session, legs.lab, legs.zero, legs.unit, text="0.011")
    reviewed(session, legs.lab, legs.pose, legs.unit)

    assert asked(session, legs.unit) == set()
    assert why_not(session, legs, legs.unit) == []
    assert breaches_of(session) == []


def test_fitting_again_while_it_is_asked_for_asks_anew(session: Session, legs: Legs) -> None:
    fitting.fit(session, legs.lab.technician, legs.unit, LEFT_KNEE, part=actuator("AK-1"))
    job = measured(session, legs.lab, legs.zero, legs.unit)
    fitting.remove(session, legs.lab.technician, legs.unit, LEFT_KNEE)
    fitting.fit(session, legs.lab.technician, legs.unit, LEFT_KNEE, part=actuator("AK-2"))

    review.review(session, legs.lab.metrologist, job, pin=PIN)

    assert ("JOINT-ZERO", LEFT) in asked(session, legs.unit)


def test_what_is_written_down_late_does_not_end_what_was_measured_after_it(
    session: Session, legs: Legs
) -> None:
    hour = clock.now() - timedelta(hours=1)
    all_passed(session, legs)

    fitting.fit(
        session,
        legs.lab.technician,
        legs.unit,
        LEFT_KNEE,
        part=actuator("AK-1"),
        work=Work(at=hour),
    )

    assert ended(session, legs.unit) == set()
    assert asked(session, legs.unit) == set()


def test_the_robots_firmware_ends_zeros_and_imu_a_joints_firmware_that_joint(
    session: Session, legs: Legs
) -> None:
    fitted = fitting.fit(
        session, legs.lab.technician, legs.unit, LEFT_KNEE, part=actuator("AK-1")
    ).component
    assert fitted is not None
    firmware.record_in_component(session, legs.lab.technician, fitted, "2.0", unit=legs.unit)
    all_passed(session, legs)

    firmware.record_in_component(session, legs.lab.technician, fitted, "2.1", unit=legs.unit)
    assert ended(session, legs.unit) == {("JOINT-ZERO", LEFT)}

    firmware.record(session, legs.lab.technician, legs.unit, VersionOf.ROBOT, "1.5.0")
    zeros = {("JOINT-ZERO", joint) for joint in JOINTS}
    assert ended(session, legs.unit) == zeros | {("IMU", IMU)}


def test_a_new_robot_is_held_up_neither_by_its_update_nor_by_its_journey(
    session: Session, legs: Legs
) -> None:
    firmware.record(session, legs.lab.technician, legs.unit, VersionOf.ROBOT, "1.5.0")
    now = clock.now()
    announce(
        session,
        UnitShaken(legs.lab.technician, legs.lab.store.id, legs.unit.id, shipped=True, at=now),
    )

    assert why_not(session, legs, legs.unit, Way.HANDOVER) == []


def test_a_fall_asks_for_imu_and_pose_though_nothing_was_measured_before(
    session: Session, legs: Legs
) -> None:
    counters.read(session, legs.lab.technician, legs.unit, {Counter.FALLS: 1})
    assert asked(session, legs.unit) == set()

    counters.read(session, legs.lab.technician, legs.unit, {Counter.FALLS: 3})

    assert asked(session, legs.unit) == {("IMU", IMU), *(("POSE", foot) for foot in FEET)}
    assert [text.split(" ")[0] for text in why_not(session, legs, legs.unit)] == ["IMU", "POSE"]


def test_an_imu_reaches_its_own_target_alone(session: Session, legs: Legs) -> None:
    all_passed(session, legs)

    fitting.fit(session, legs.lab.technician, legs.unit, IMU_SLOT, part=Part("IMU-9", serial="I-1"))

    assert ended(session, legs.unit) == {("IMU", IMU)}


def test_a_bad_reference_ends_what_was_measured_with_it_in_its_window(
    session: Session, legs: Legs
) -> None:
    all_passed(session, legs)
    now = clock.now()

    def found_bad(since: int, until: int) -> None:
        announce(
            session,
            EquipmentFoundBad(
                actor=legs.lab.metrologist,
                store_id=legs.lab.store.id,
                equipment_id=legs.lab.level.id,
                certificate_id=None,
                since=now - timedelta(days=since),
                until=now - timedelta(days=until),
                bias="0.2",
                bias_standard="0.01",
                unit="deg",
                reason="It was dropped",
            ),
        )

    found_bad(20, 10)
    assert ended(session, legs.unit) == set()
    found_bad(20, -1)

    assert len(ended(session, legs.unit)) == len(JOINTS) + len(FEET) + 1
    assert asked(session, legs.unit) == ended(session, legs.unit)


def test_a_job_that_failed_somewhere_holds_where_it_passed(session: Session, legs: Legs) -> None:
    all_passed(session, legs)

    # the last joint is read at 0.061 and more, outside 0.05
    job = measured_unevenly(session, legs)
    review.review(session, legs.lab.metrologist, job, pin=PIN, note="Right ankle is off")

    assert asked(session, legs.unit) == {("JOINT-ZERO", JOINTS[5])}
    held = {row.target for row in validity.current(session, legs.unit.id) if row.job_id == job.id}
    assert held == set(JOINTS[:5])
    assert breaches_of(session) == []


def measured_unevenly(session: Session, legs: Legs) -> CalibrationJob:
    job = a_job(session, legs.lab, version=legs.zero, unit=legs.unit)
    measure(session, legs.lab, job, seqs=[1, 2, 3, 4, 5])
    measure(session, legs.lab, job, text="0.061", seqs=[6])
    adjustments.nothing_adjusted(session, legs.lab.technician, job)
    jobs.finish(session, legs.lab.technician, job)
    return job


def test_a_result_taken_back_is_asked_for_anew(session: Session, legs: Legs) -> None:
    job = reviewed(session, legs.lab, legs.imu, legs.unit)

    jobs.void(session, legs.lab.metrologist, job, reason="Wrong stand")

    assert ended(session, legs.unit) == {("IMU", IMU)}
    assert asked(session, legs.unit) == {("IMU", IMU)}


@pytest.mark.only_on("sqlite")
def test_due_is_through_the_end_of_the_day_where_the_store_is(session: Session) -> None:
    wiring.connect()
    legs = a_walker(session, months=1)
    reviewed(session, legs.lab, legs.imu, legs.unit)
    (row,) = validity.current(session, legs.unit.id)
    assert row.due_on is not None
    zone = ZoneInfo(legs.lab.store.zone)
    last = datetime.combine(row.due_on, time(23, 59), zone)

    with clock.set_to(last):
        assert standing.standing(session, legs.unit)[0].holds is Holds.SOON
        assert why_not(session, legs, legs.unit) == []
    with clock.set_to(last + timedelta(hours=5)):
        assert standing.standing(session, legs.unit)[0].holds is Holds.OVER
        assert len(why_not(session, legs, legs.unit)) == 1


@pytest.mark.only_on("sqlite")
def test_it_is_over_when_the_hours_are_reached(session: Session) -> None:
    wiring.connect()
    legs = a_walker(session, months=None, hours=100)
    counters.read(session, legs.lab.technician, legs.unit, {Counter.HOURS: 10 * 3600})
    reviewed(session, legs.lab, legs.imu, legs.unit)

    counters.read(session, legs.lab.technician, legs.unit, {Counter.HOURS: 109 * 3600})
    assert why_not(session, legs, legs.unit) == []
    counters.read(session, legs.lab.technician, legs.unit, {Counter.HOURS: 110 * 3600})
    assert len(why_not(session, legs, legs.unit)) == 1


def test_a_demand_is_waived_with_a_reason_by_who_answers_for_measurement(
    session: Session, legs: Legs
) -> None:
    fitting.fit(session, legs.lab.technician, legs.unit, LEFT_KNEE, part=actuator("AK-1"))
    (first, *_) = demands.open_of(session, legs.unit.id)

    with pytest.raises(Forbidden):
        demands.waive(session, legs.lab.technician, first, reason="No time")
    with pytest.raises(Refused) as refusal:
        demands.waive(session, legs.lab.metrologist, first, reason=" ")
    assert refusal.value.field == "reason"
    demands.waive(session, legs.lab.metrologist, first, reason="The maker has measured it")
    with pytest.raises(Conflict):
        demands.waive(session, legs.lab.metrologist, first, reason="Again")

    assert len(demands.open_of(session, legs.unit.id)) == 1


def test_a_rule_is_added_archived_and_taken_up_again(session: Session, legs: Legs) -> None:
    manager = legs.lab.manager
    wanted = RuleInput("lidar", Change.PART.value, "POSE", "robot")
    with pytest.raises(Forbidden):
        rules.add(session, legs.lab.technician, wanted)
    rule = rules.add(session, manager, wanted)
    with pytest.raises(Conflict):
        rules.add(session, manager, wanted)
    rules.archive(session, manager, rule.id)
    assert rule.id not in {one.id for one in rules.listed(session, legs.lab.store.id)}
    assert rules.add(session, manager, wanted).id == rule.id
    assert rules.seed(session, manager) == []

    for bad, field in (
        (RuleInput("wing", "part", "POSE"), "slot_class"),
        (RuleInput("imu", "recall", "IMU"), "change"),
        (RuleInput("imu", "fall", "IMU"), "slot_class"),
        (RuleInput("imu", "part", "NONE"), "procedure"),
        (RuleInput("imu", "part", "IMU", "moon"), "reach"),
    ):
        with pytest.raises(Refused) as refusal:
            rules.add(session, manager, bad)
        assert refusal.value.field == field


def test_a_swap_in_a_store_without_rules_ends_nothing_and_asks_nothing(session: Session) -> None:
    wiring.connect()
    legs = a_walker(session)
    for rule in rules.listed(session, legs.lab.store.id):
        rules.archive(session, legs.lab.manager, rule.id)

    fitting.fit(session, legs.lab.technician, legs.unit, LEFT_KNEE, part=actuator("AK-1"))

    assert why_not(session, legs, legs.unit) == []
