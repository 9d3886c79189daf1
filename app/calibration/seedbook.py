"""The starting set: procedures of the store's own, to be edited, and what they say of themselves.

Every figure in them is the store's and can be changed in the next version. None is taken from a
standard; where a method follows one, it says how far.
"""

from dataclasses import dataclass

from app.calibration import bodypoints, seedpoints
from app.calibration.bodypoints import Group
from app.calibration.procedureinputs import NeedInput, VersionInput
from app.robots.bodyplan import SlotClass

OWN = "Store-defined: limits and budget are this store's, of no standard."


@dataclass(frozen=True, slots=True)
class Seed:
    """A procedure for all models; `copied` are the slots for which a model gets its own."""

    code: str
    version: VersionInput
    needs: tuple[NeedInput, ...]
    groups: tuple[Group, ...]
    copied: frozenset[SlotClass] = frozenset()


_LEGS = ("hip_pitch", "hip_roll", "hip_yaw", "knee", "ankle_pitch", "ankle_roll")
# A cube of 0.4 m before the robot: the corners and the centre of its diagonal plane, in mm.
_POSES = (
    ("P1", "400; 0; 1000"),
    ("P2", "560; 160; 1160"),
    ("P3", "560; -160; 1160"),
    ("P4", "240; -160; 840"),
    ("P5", "240; 160; 840"),
)


def _joint_zero() -> Seed:
    return Seed(
        "JOINT-ZERO",
        VersionInput(
            title="Joint zero",
            method=(
                "Put the robot in its stand. Send one joint after the other to zero, put the "
                "reference on its link and read the angle that it stands at. What is to be added "
                "to the joint's reading is the negative of the error found."
            ),
            standard=OWN,
            temperature_from="18",
            temperature_to="28",
            valid_months=12,
            valid_hours=2000,
        ),
        (bodypoints.ANGLE_NEED,),
        tuple(
            bodypoints.joint_zero(
                f"{side} {joint}".replace("_", " ").capitalize(), f"joint:{side}_{joint}_joint"
            )
            for side in ("left", "right")
            for joint in _LEGS
        ),
        frozenset({SlotClass.ACTUATOR}),
    )


def _pose() -> Seed:
    return Seed(
        "POSE",
        VersionInput(
            title="Pose accuracy and repeatability (ISO 9283-derived)",
            method=(
                "Fix the pelvis in the stand and record the base frame. Register by mechanical "
                "features, not by best fit, which would hide the accuracy. Ten cycles through "
                "the poses, each approached from one direction."
            ),
            standard="ISO 9283-derived: 10 cycles instead of 30; limits are this store's.",
            temperature_from="18",
            temperature_to="26",
            valid_months=12,
            valid_hours=2000,
        ),
        (seedpoints.TRACKER,),
        tuple(seedpoints.pose_group(name, commanded) for name, commanded in _POSES),
    )


def _imu() -> Seed:
    return Seed(
        "IMU",
        VersionInput(
            title="Inertial unit, six positions",
            method=(
                "Put the robot, or the unit out of it, in six positions at rest, each axis up and "
                "down, levelled. Let it warm up first; five readings of all three axes in each."
            ),
            standard=OWN,
            temperature_from="18",
            temperature_to="28",
            valid_months=12,
        ),
        (bodypoints.LEVEL_NEED,),
        (bodypoints.inertial_unit("Imu", "robot"),),
        frozenset({SlotClass.IMU}),
    )


def _foot() -> Seed:
    return Seed(
        "FOOT-FT",
        VersionInput(
            title="Feet: force and centre of pressure",
            method=(
                "Weigh the robot. Let it stand still on both feet and read both vertical forces; "
                "then on each foot over the mark under a plumb line, and read its wrench."
            ),
            standard=OWN,
            valid_months=6,
            valid_hours=1000,
        ),
        (seedpoints.SCALE,),
        (
            (seedpoints.mass_on_scale(), seedpoints.vertical_forces(), seedpoints.weight_shown()),
            seedpoints.pressure("Left foot"),
            seedpoints.pressure("Right foot"),
        ),
    )


def _camera() -> Seed:
    return Seed(
        "CAMERA",
        VersionInput(
            title="Camera, reprojection error",
            method=(
                "Take images of the target all over the field of view. Solve with some of them; "
                "write down the error of ten that were held out. A small error alone does not "
                "prove the intrinsics: keep the number of images and their coverage."
            ),
            standard=OWN,
            valid_months=12,
        ),
        (bodypoints.TARGET_NEED,),
        (bodypoints.camera("Camera", "robot"),),
        frozenset({SlotClass.CAMERA}),
    )


def _battery() -> Seed:
    return Seed(
        "BATTERY",
        VersionInput(
            title="Battery: capacity and state of health",
            method=(
                "Charge to the full, rest for an hour at room temperature, discharge at the rated "
                "current to the maker's cut-off. Write down time and current every five minutes "
                "and at the end. The rated capacity is a setting of the point: set it for the "
                "pack."
            ),
            standard=OWN,
            temperature_from="20",
            temperature_to="26",
            valid_months=12,
        ),
        (seedpoints.LOAD,),
        ((seedpoints.discharge(), seedpoints.health()),),
    )


def _stopping() -> Seed:
    return Seed(
        "STOPPING",
        VersionInput(
            title="Stopping distance and time",
            method=(
                "Let the robot walk straight at its rated speed on level ground, press the stop, "
                "and measure from the mark where it was pressed. The largest of the runs counts."
            ),
            standard="After GB/T 44251-2024, clause 7; runs and limits are this store's.",
            valid_months=12,
        ),
        (seedpoints.TAPE, seedpoints.CLOCK),
        ((seedpoints.stopping_distance(), seedpoints.stopping_time()),),
    )


SEEDS: tuple[Seed, ...] = (
    _joint_zero(),
    _pose(),
    _imu(),
    _foot(),
    _camera(),
    _battery(),
    _stopping(),
)
