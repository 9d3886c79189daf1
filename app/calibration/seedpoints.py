"""The points of the starting set that no slot of a body gives: poses, feet, battery, stopping."""

from app.calibration.bodypoints import (
    GRAVITY,
    Group,
    PlannedPoint,
    fixed,
    reference,
    resolution,
)
from app.calibration.metrology.budget import Distribution
from app.calibration.procedureinputs import NeedInput, PointInput

TRACKER = NeedInput("tracker", "tracker", "0.2", "mm")
SCALE = NeedInput("scale", "balance", "0.05", "kg")
LOAD = NeedInput("load", "electronic_load", "0.03", "A")
TAPE = NeedInput("tape", "tape_measure", "0.005", "m")
CLOCK = NeedInput("stopwatch", "stopwatch", "0.02", "s")


def pose_group(name: str, commanded: str) -> Group:
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
        role=TRACKER.role,
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
                reference(TRACKER.role, "mm"),
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


def mass_on_scale() -> PlannedPoint:
    return PlannedPoint(
        PointInput(
            label="Mass on the scale",
            target="robot",
            quantity="mass",
            unit="kg",
            readings=3,
            role=SCALE.role,
        ),
        (reference(SCALE.role, "kg"), resolution(SCALE.role, "kg", "0.02")),
    )


def vertical_forces() -> PlannedPoint:
    return PlannedPoint(
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


def weight_shown() -> PlannedPoint:
    return PlannedPoint(
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
            reference(SCALE.role, "kg", sensitivity="2.9", sensitivity_unit="%/kg"),
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


def pressure(label: str) -> Group:
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


def discharge() -> PlannedPoint:
    return PlannedPoint(
        PointInput(
            label="Discharge, time and current",
            target="slot:battery.1",
            quantity="capacity",
            unit="A·h",
            method="capacity",
            readings=13,
            components=2,
            role=LOAD.role,
        ),
        (
            reference(LOAD.role, "A", sensitivity_unit="h"),
            resolution(LOAD.role, "A", "0.01", sensitivity_unit="h"),
            fixed("end of discharge", "10", unit="s", sensitivity="0.0025",
                  sensitivity_unit="A·h/s", dof="8"),
        ),
    )  # fmt: skip


def health() -> PlannedPoint:
    return PlannedPoint(
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
            reference(LOAD.role, "A", sensitivity="11.1", sensitivity_unit="%/A"),
            fixed("end of discharge", "10", unit="s", sensitivity="0.028",
                  sensitivity_unit="%/s", dof="8"),
            fixed("temperature of the cells", "2", unit="K", sensitivity="0.5",
                  sensitivity_unit="%/K", dof="8"),
        ),
        (0,),
    )  # fmt: skip


def stopping_distance() -> PlannedPoint:
    return PlannedPoint(
        PointInput(
            label="Stopping distance at rated speed",
            target="robot",
            quantity="stopping distance",
            unit="m",
            method="stopping",
            upper="1",
            readings=5,
            role=TAPE.role,
        ),
        (
            reference(TAPE.role, "m"),
            resolution(TAPE.role, "m", "0.001"),
            fixed("where the stop was called", "0.05", dof="8"),
        ),
    )


def stopping_time() -> PlannedPoint:
    return PlannedPoint(
        PointInput(
            label="Stopping time at rated speed",
            target="robot",
            quantity="stopping time",
            unit="s",
            method="stopping",
            upper="2",
            readings=5,
            role=CLOCK.role,
        ),
        (
            reference(CLOCK.role, "s"),
            resolution(CLOCK.role, "s", "0.01"),
            fixed("reaction of the hand", "0.15", dof="8"),
        ),
    )
