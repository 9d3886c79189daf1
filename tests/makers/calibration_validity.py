"""A robot with legs, procedures at its joints and feet, and rules about what ends them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.calibration import adjustments, jobs, review, rules
from app.calibration.job_models import CalibrationJob, JobReason
from app.calibration.procedure_models import ProcedureVersion
from app.calibration.procedureinputs import VersionInput
from app.kernel import clock
from app.robots.bodyplan import Side, SlotClass
from app.robots.models import RobotModel, Unit
from app.robots.slot_models import BodyPlan, Control, Slot
from tests.makers.calibration import Lab, a_job, a_lab, a_point, a_procedure, measure
from tests.makers.identity import PIN
from tests.makers.robots import a_model, a_unit

LEFT_KNEE, RIGHT_KNEE, LEFT_ANKLE = (
    "left_knee.actuator",
    "right_knee.actuator",
    "left_ankle.actuator",
)
IMU_SLOT = "imu_in_torso.imu"
JOINTS = tuple(
    f"joint:{side}_{part}_joint" for side in ("left", "right") for part in ("hip", "knee", "ankle")
)
FEET = ("frame:left_ankle_link", "frame:right_ankle_link", "frame:left_hip_link")
IMU = "frame:imu_in_torso"


@dataclass(frozen=True)
class Legs:
    """`zero` at each joint, `pose` at three frames, `imu` at the torso's; rules are seeded."""

    lab: Lab
    unit: Unit
    other: Unit
    zero: ProcedureVersion
    pose: ProcedureVersion
    imu: ProcedureVersion


def a_walker(session: Session, *, months: int | None = 12, hours: int | None = None) -> Legs:
    lab = a_lab(session)
    model = a_model(session, "H1")
    a_leg_plan(session, model)
    made = {
        code: a_procedure(
            session,
            lab.manager,
            code,
            points=[a_point(target) for target in targets],
            wanted=VersionInput(title=code.title(), valid_months=months, valid_hours=hours),
        )
        for code, targets in (("JOINT-ZERO", JOINTS), ("POSE", FEET), ("IMU", (IMU,)))
    }
    rules.seed(session, lab.manager)
    return Legs(
        lab=lab,
        unit=a_unit(session, lab.store, "H1-0001", model=model),
        other=a_unit(session, lab.store, "H1-0002", model=model),
        zero=made["JOINT-ZERO"],
        pose=made["POSE"],
        imu=made["IMU"],
    )


def a_leg_plan(session: Session, model: RobotModel) -> BodyPlan:
    """Two legs of hip, knee and ankle, each hanging below the one before, and a torso's IMU."""
    plan = BodyPlan(
        model_id=model.id, revision="", revision_key="", made_at=clock.now(), made_by="Petra Krause"
    )
    session.add(plan)
    session.flush()
    place = 0
    for side in (Side.LEFT, Side.RIGHT):
        parent: int | None = None
        for part in ("hip", "knee", "ankle"):
            name = f"{side.value}_{part}"
            slot = _slot(plan, place, f"{name}.actuator", SlotClass.ACTUATOR, side)
            slot.parent_id, slot.joint_name = parent, f"{name}_joint"
            slot.link_name = f"{name}_link"
            session.add(slot)
            session.flush()
            parent, place = slot.id, place + 1
    torso = _slot(plan, place, IMU_SLOT, SlotClass.IMU, Side.CENTER)
    torso.link_name = "imu_in_torso"
    session.add(torso)
    session.flush()
    return plan


def _slot(plan: BodyPlan, place: int, path: str, slot_class: SlotClass, side: Side) -> Slot:
    return Slot(
        plan_id=plan.id,
        place=place,
        path=path,
        slot_class=slot_class,
        side=side,
        control=Control.SERIAL,
    )


def reviewed(
    session: Session,
    lab: Lab,
    version: ProcedureVersion,
    unit: Unit,
    *,
    text: str = "0.010",
    reference: str = "",
) -> CalibrationJob:
    """Measured by the technician, reviewed by the metrologist."""
    job = measured(session, lab, version, unit, text=text, reference=reference)
    review.review(session, lab.metrologist, job, pin=PIN, note="Looked at")
    return job


def measured(
    session: Session,
    lab: Lab,
    version: ProcedureVersion,
    unit: Unit,
    *,
    text: str = "0.010",
    reference: str = "",
    seqs: Sequence[int] | None = None,
) -> CalibrationJob:
    job = a_job(
        session, lab, version=version, unit=unit, reason=JobReason.AUDIT, reference=reference
    )
    measure(session, lab, job, text=text, seqs=seqs)
    adjustments.nothing_adjusted(session, lab.technician, job)
    jobs.finish(session, lab.technician, job)
    return job


def all_passed(session: Session, legs: Legs, unit: Unit | None = None) -> None:
    for version in (legs.zero, legs.pose, legs.imu):
        reviewed(session, legs.lab, version, unit or legs.unit)
