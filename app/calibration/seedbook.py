"""The starting set: procedures of the store's own, to be edited, and what they say of themselves.

Every figure in them is the store's and can be changed in the next version. None is taken from a
standard; where a method follows one, it says how far.
"""

from dataclasses import dataclass

from app.calibration import bodypoints
from app.calibration.bodypoints import (
    GRAVITY,
    Group,
    PlannedPoint,
    fixed,
    reference,
    resolution,
)
from app.calibration.metrology.budget import Distribution
from app.calibration.procedureinputs import NeedInput, PointInput, VersionInput
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


_TRACKER = NeedInput("tracker", "tracker", "0.2", "mm")
_SCALE = NeedInput("scale", "balance", "0.05", "kg")
_LOAD = NeedInput("load", "electronic_load", "0.03", "A")
_TAPE = NeedInput("tape", "tape_measure", "0.005", "m")
_CLOCK = NeedInput("stopwatch", "stopwatch", "0.02", "s")
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
        (_TRACKER,),
        tuple(_pose_group(name, commanded) for name, commanded in _POSES),
    )


def _pose_group(name: str, commanded: str) -> Group:
    accuracy = PointInput(
        label=f"{name}, pose accuracy AP",
        target="robot",
        quantity="pose accuracy",
        unit="mm",
        method="pose_accuracy",
        settings={"commanded": commanded},
        nominal="0",
        upper="5",
        readings=10,
        components=3,
        role=_TRACKER.role,
    )
    repeatability = PointInput(
        label=f"{name}, pose repeatability RP",
        target="robot",
        quantity="pose repeatability",
        unit="mm",
        method="pose_repeatability",
        upper="3",
        readings=0,
    )
    return (
        PlannedPoint(
            accuracy,
            (
                reference(_TRACKER.role, "mm"),
                fixed("target mounting", "0.2", dof="8"),
                fixed("registration", "0.3", dof="8"),
                fixed("motion of the base", "0.2", dof="8"),
            ),
        ),
        PlannedPoint(
            repeatability,
            (
                fixed("noise of the tracker", "0.1", dof="8"),
                fixed("motion of the base", "0.2", dof="8"),
            ),
            (0,),
        ),
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
    mass = PlannedPoint(
        PointInput(
            label="Mass on the scale",
            target="robot",
            quantity="mass",
            unit="kg",
            readings=3,
            role=_SCALE.role,
        ),
        (reference(_SCALE.role, "kg"), resolution(_SCALE.role, "kg", "0.02")),
    )
    forces = PlannedPoint(
        PointInput(
            label="Vertical forces, left and right",
            target="robot",
            quantity="force",
            unit="N",
            readings=5,
            components=2,
        ),
        (fixed("resolution of the sensors", "1", distribution=Distribution.RESOLUTION),),
    )
    weight = PlannedPoint(
        PointInput(
            label="Weight shown by the feet",
            target="robot",
            quantity="weight error",
            unit="%",
            method="weight_error",
            settings={"gravity": GRAVITY},
            nominal="0",
            upper="3",
            readings=0,
        ),
        (
            reference(_SCALE.role, "kg", sensitivity="2.9", sensitivity_unit="%/kg"),
            fixed(
                "resolution of the sensors",
                "1",
                unit="N",
                distribution=Distribution.RESOLUTION,
                sensitivity="0.29",
                sensitivity_unit="%/N",
            ),
            fixed(
                "local gravity",
                "0.01",
                unit="m/s^2",
                sensitivity="10.2",
                sensitivity_unit="%·s^2/m",
                dof="8",
            ),
        ),
        (1, 0),
    )
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
        (_SCALE,),
        ((mass, forces, weight), _pressure("Left foot"), _pressure("Right foot")),
    )


def _pressure(label: str) -> Group:
    return (
        PlannedPoint(
            PointInput(
                label=f"{label}, centre of pressure",
                target="robot",
                quantity="centre of pressure",
                unit="mm",
                method="pressure_centre",
                settings={"mark": "0; 0", "least_force": "50"},
                nominal="0",
                upper="10",
                readings=5,
                components=6,
            ),
            (fixed("plumb line", "1.5", dof="8"), fixed("mark on the foot", "0.5", dof="8")),
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
    record = PlannedPoint(
        PointInput(
            label="Discharge, time and current",
            target="slot:battery.1",
            quantity="capacity",
            unit="A·h",
            method="capacity",
            readings=13,
            components=2,
            role=_LOAD.role,
        ),
        (
            reference(_LOAD.role, "A", sensitivity_unit="h"),
            resolution(_LOAD.role, "A", "0.01", sensitivity_unit="h"),
            fixed("end of discharge", "10", unit="s", sensitivity="0.0025",
                  sensitivity_unit="A·h/s", dof="8"),
        ),
    )  # fmt: skip
    health = PlannedPoint(
        PointInput(
            label="State of health",
            target="slot:battery.1",
            quantity="state of health",
            unit="%",
            method="state_of_health",
            settings={"rated": "9"},
            lower="80",
            readings=0,
        ),
        (
            reference(_LOAD.role, "A", sensitivity="11.1", sensitivity_unit="%/A"),
            fixed("end of discharge", "10", unit="s", sensitivity="0.028",
                  sensitivity_unit="%/s", dof="8"),
            fixed("temperature of the cells", "2", unit="K", sensitivity="0.5",
                  sensitivity_unit="%/K", dof="8"),
        ),
        (0,),
    )  # fmt: skip
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
        (_LOAD,),
        ((record, health),),
    )


def _stopping() -> Seed:
    distance = PlannedPoint(
        PointInput(
            label="Stopping distance at rated speed",
            target="robot",
            quantity="stopping distance",
            unit="m",
            method="stopping",
            upper="1",
            readings=5,
            role=_TAPE.role,
        ),
        (
            reference(_TAPE.role, "m"),
            resolution(_TAPE.role, "m", "0.001"),
            fixed("where the stop was called", "0.05", dof="8"),
        ),
    )
    time = PlannedPoint(
        PointInput(
            label="Stopping time at rated speed",
            target="robot",
            quantity="stopping time",
            unit="s",
            method="stopping",
            upper="2",
            readings=5,
            role=_CLOCK.role,
        ),
        (
            reference(_CLOCK.role, "s"),
            resolution(_CLOCK.role, "s", "0.01"),
            fixed("reaction of the hand", "0.15", dof="8"),
        ),
    )
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
        (_TAPE, _CLOCK),
        ((distance, time),),
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
