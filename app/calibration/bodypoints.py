"""The points that a slot of a robot's body asks for: joint zeros, inertial units, cameras, forces.

Limits and uncertainties here are the store's to set; no standard and no maker gave them.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from app.calibration.metrology.budget import Distribution
from app.calibration.procedure_models import RowSource
from app.calibration.procedureinputs import NeedInput, PointInput, RowInput
from app.robots.bodyplan import SlotClass
from app.robots.slot_models import Slot

COPIED = (
    SlotClass.ACTUATOR,
    SlotClass.IMU,
    SlotClass.CAMERA,
    SlotClass.FORCE_TORQUE,
    SlotClass.FOOT_SENSOR,
)
GRAVITY = "9.80665"
_ATTITUDES = ("+x", "-x", "+y", "-y", "+z", "-z")


@dataclass(frozen=True, slots=True)
class PlannedPoint:
    """A point with its budget; `reads` are places, before it in its group, that it is made of."""

    point: PointInput
    rows: tuple[RowInput, ...] = ()
    reads: tuple[int, ...] = ()


Group = tuple[PlannedPoint, ...]

ANGLE_NEED = NeedInput("angle_reference", "inclinometer", "0.03", "deg")
LENGTH_NEED = NeedInput("length_reference", "caliper", "0.05", "mm")
LEVEL_NEED = NeedInput("level", "inclinometer", "0.1", "deg")
TARGET_NEED = NeedInput("target", "calibration_target", "0.1", "mm")


def of_slot(slot: Slot) -> Group:
    """The points of one slot, empty for a class that nothing is copied for."""
    label = slot.path.rsplit(".", 1)[0].replace("_", " ").capitalize()
    frame = f"frame:{slot.link_name}" if slot.link_name else f"slot:{slot.path}"
    match slot.slot_class:
        case SlotClass.ACTUATOR:
            target = f"joint:{slot.joint_name}" if slot.joint_name else f"slot:{slot.path}"
            return sliding_zero(label, target) if _slides(slot) else joint_zero(label, target)
        case SlotClass.IMU:
            return inertial_unit(label, frame)
        case SlotClass.CAMERA:
            return camera(label, frame)
        case SlotClass.FORCE_TORQUE | SlotClass.FOOT_SENSOR:
            return unloaded_force(label, frame)
    return ()


def needs_of(groups: Iterable[Group]) -> tuple[NeedInput, ...]:
    """The equipment that points built here ask for."""
    used = {role for group in groups for one in group for role in _roles(one)}
    known = (ANGLE_NEED, LENGTH_NEED, LEVEL_NEED, TARGET_NEED)
    return tuple(need for need in known if need.role in used)


def joint_zero(label: str, target: str) -> Group:
    """The joint is sent to zero; what stands there is read from the reference on its link."""
    return (
        PlannedPoint(
            PointInput(
                label=f"{label}, zero",
                target=target,
                quantity="zero error",
                unit="deg",
                method="angle_mean",
                nominal="0",
                lower="-0.2",
                upper="0.2",
                readings=5,
                role=ANGLE_NEED.role,
            ),
            (
                reference(ANGLE_NEED.role, "deg"),
                resolution(ANGLE_NEED.role, "deg", "0.01"),
                fixed("placing on the link", "0.02", dof="8"),
            ),
        ),
    )


def sliding_zero(label: str, target: str) -> Group:
    return (
        PlannedPoint(
            PointInput(
                label=f"{label}, zero",
                target=target,
                quantity="zero error",
                unit="mm",
                nominal="0",
                lower="-0.5",
                upper="0.5",
                readings=5,
                role=LENGTH_NEED.role,
            ),
            (
                reference(LENGTH_NEED.role, "mm"),
                resolution(LENGTH_NEED.role, "mm", "0.01"),
                fixed("placing", "0.05", dof="8"),
            ),
        ),
    )


def inertial_unit(label: str, target: str) -> Group:
    """Six positions at rest, then bias and scale error of each axis."""
    attitudes = tuple(
        PlannedPoint(
            PointInput(
                label=f"{label}, {attitude} up",
                target=target,
                quantity="acceleration",
                unit="m/s^2",
                method="vector_length",
                nominal=GRAVITY,
                readings=5,
                components=3,
            ),
            (fixed("levelling", "0.02", dof="8"),),
        )
        for attitude in _ATTITUDES
    )
    six = tuple(range(len(_ATTITUDES)))
    computed = [
        _six(label, target, axis, six, kind) for kind in ("bias", "scale") for axis in "xyz"
    ]
    return (*attitudes, *computed)


def camera(label: str, target: str) -> Group:
    """The error of images that were held out of the solution, as its program states it."""
    return (
        PlannedPoint(
            PointInput(
                label=f"{label}, reprojection error",
                target=target,
                quantity="reprojection error",
                unit="px",
                method="reprojection_rms",
                nominal="0",
                upper="0.5",
                readings=10,
                role="",
            ),
            (
                reference(TARGET_NEED.role, "mm", sensitivity="0.5", sensitivity_unit="px/mm"),
                fixed("finding of corners", "0.05", dof="8"),
            ),
        ),
    )


def unloaded_force(label: str, target: str) -> Group:
    return (
        PlannedPoint(
            PointInput(
                label=f"{label}, force without load",
                target=target,
                quantity="force",
                unit="N",
                method="vector_length",
                nominal="0",
                upper="5",
                readings=5,
                components=3,
            ),
            (
                fixed("resolution of the sensor", "0.1", distribution=Distribution.RESOLUTION),
                fixed("weight of what hangs below", "0.5", dof="8"),
            ),
        ),
    )


def reference(
    role: str, unit: str, *, sensitivity: str = "1", sensitivity_unit: str = "1"
) -> RowInput:
    """U of the reference's certificate with its k."""
    return RowInput(
        name=f"{role}, certificate".replace("_", " "),
        source=RowSource.REFERENCE,
        role=role,
        distribution=Distribution.NORMAL,
        unit=unit,
        sensitivity=sensitivity,
        sensitivity_unit=sensitivity_unit,
    )


def resolution(
    role: str, unit: str, planned: str, *, sensitivity: str = "1", sensitivity_unit: str = "1"
) -> RowInput:
    """The step of what it shows; `planned` stands in for it in a preview."""
    return RowInput(
        name=f"{role}, resolution".replace("_", " "),
        source=RowSource.RESOLUTION,
        role=role,
        distribution=Distribution.RESOLUTION,
        value=planned,
        unit=unit,
        sensitivity=sensitivity,
        sensitivity_unit=sensitivity_unit,
    )


def fixed(
    name: str,
    value: str,
    *,
    unit: str = "",
    distribution: Distribution = Distribution.RECTANGULAR,
    sensitivity: str = "1",
    sensitivity_unit: str = "1",
    dof: str = "",
) -> RowInput:
    """An estimate of the store; 8 degrees of freedom say that it may be off by a quarter."""
    return RowInput(
        name=name,
        distribution=distribution,
        value=value,
        unit=unit,
        sensitivity=sensitivity,
        sensitivity_unit=sensitivity_unit,
        dof=dof,
    )


def _six(label: str, target: str, axis: str, six: tuple[int, ...], kind: str) -> PlannedPoint:
    is_bias = kind == "bias"
    # A tilt lets one axis feel the sine of gravity; half of it goes into the mean.
    tilt = ("0.171", "m/s^2·deg") if is_bias else ("1.75", "%/deg")
    steady = ("0.02", "m/s^2") if is_bias else ("0.2", "%")
    return PlannedPoint(
        PointInput(
            label=f"{label}, {kind} {axis}",
            target=target,
            quantity="acceleration bias" if is_bias else "acceleration scale error",
            unit="m/s^2" if is_bias else "%",
            method=f"six_position_{kind}",
            settings={"axis": axis, "gravity": GRAVITY},
            nominal="0",
            lower="-0.3" if is_bias else "-2",
            upper="0.3" if is_bias else "2",
            readings=0,
        ),
        (
            reference(LEVEL_NEED.role, "deg", sensitivity=tilt[0], sensitivity_unit=tilt[1]),
            fixed("temperature", steady[0], unit=steady[1], dof="8"),
        ),
        six,
    )


def _slides(slot: Slot) -> bool:
    return bool(slot.limits) and json.loads(slot.limits).get("position_unit") == "m"


def _roles(planned: PlannedPoint) -> set[str]:
    return {planned.point.role, *(row.role for row in planned.rows)} - {""}
