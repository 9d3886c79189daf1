"""What the starting set says of itself and of references, in the reader's language.

What stands in a released version, in a snapshot and on a certificate is English and never changes;
pages show it through the catalogue as long as it is word for word the starting set's.
"""

import re
from collections.abc import Callable

from app.calibration.bodytargets import named
from app.kernel.text import Text, msg

_SAID = (
    msg("Joint zero"),
    msg(
        "Put the robot in its stand. Send one joint after the other to zero, put the "
        "reference on its link and read the angle that it stands at. What is to be added "
        "to the joint's reading is the negative of the error found."
    ),
    msg("Store-defined: limits and budget are this store's, of no standard."),
    msg("Pose accuracy and repeatability (ISO 9283-derived)"),
    msg(
        "Fix the pelvis in the stand and record the base frame. Register by mechanical "
        "features, not by best fit, which would hide the accuracy. Ten cycles through the"
        " poses, each approached from one direction."
    ),
    msg("ISO 9283-derived: 10 cycles instead of 30; limits are this store's."),
    msg("Inertial unit, six positions"),
    msg(
        "Put the robot, or the unit out of it, in six positions at rest, each axis up and"
        " down, levelled. Let it warm up first; five readings of all three axes in each."
    ),
    msg("Feet: force and centre of pressure"),
    msg(
        "Weigh the robot. Let it stand still on both feet and read both vertical forces; "
        "then on each foot over the mark under a plumb line, and read its wrench."
    ),
    msg("Camera, reprojection error"),
    msg(
        "Take images of the target all over the field of view. Solve with some of them; "
        "write down the error of ten that were held out. A small error alone does not "
        "prove the intrinsics: keep the number of images and their coverage."
    ),
    msg("Battery: capacity and state of health"),
    msg(
        "Charge to the full, rest for an hour at room temperature, discharge at the rated"
        " current to the maker's cut-off. Write down time and current every five minutes "
        "and at the end. The rated capacity is a setting of the point: set it for the "
        "pack."
    ),
    msg("Stopping distance and time"),
    msg(
        "Let the robot walk straight at its rated speed on level ground, press the stop, "
        "and measure from the mark where it was pressed. The largest of the runs counts."
    ),
    msg("After GB/T 44251-2024, clause 7; runs and limits are this store's."),
    msg("Mass on the scale"),
    msg("Vertical forces, left and right"),
    msg("Weight shown by the feet"),
    msg("Discharge, time and current"),
    msg("State of health"),
    msg("Stopping distance at rated speed"),
    msg("Stopping time at rated speed"),
)
KNOWN: dict[str, Text] = {text.template: text for text in _SAID}
# labels that begin with the place at which they are measured
_AT_PLACES = (
    (", zero", msg("{place}, zero")),
    (", reprojection error", msg("{place}, reprojection error")),
    (", centre of pressure", msg("{place}, centre of pressure")),
    (", pose accuracy AP", msg("{place}, pose accuracy AP")),
    (", pose repeatability RP", msg("{place}, pose repeatability RP")),
    (", force without load", msg("{place}, force without load")),
)
# the unit's own axes and attitudes are signs, not words: only what is said of them is translated
_OF_AXES = (
    (
        re.compile(r"(?P<place>.+), (?P<sign>[+-]?[a-z]) up", re.IGNORECASE),
        msg("{place}, {sign} up"),
    ),
    (re.compile(r"(?P<place>.+), bias (?P<sign>[xyz])"), msg("{place}, bias {sign}")),
    (re.compile(r"(?P<place>.+), scale (?P<sign>[xyz])"), msg("{place}, scale {sign}")),
)
_WORDS: dict[str, Text] = {
    "angle_reference": msg("Angle reference"),
    "length_reference": msg("Length reference"),
    "level": msg("Level"),
    "load": msg("Load"),
    "scale": msg("Scale"),
    "stopwatch": msg("Stopwatch"),
    "tape": msg("Tape measure"),
    "tape_measure": msg("Tape measure"),
    "target": msg("Calibration target"),
    "calibration_target": msg("Calibration target"),
    "tracker": msg("Tracker"),
    "balance": msg("Weighing scale"),
    "electronic_load": msg("Electronic load"),
    "inclinometer": msg("Inclinometer"),
    "caliper": msg("Caliper"),
    "torque_cell": msg("Torque cell"),
    "thermometer": msg("Thermometer"),
}


class _Capital(Text):
    """A name of the body map at the beginning of a label."""

    def render(
        self, translate: Callable[[str], str], present: Callable[[object], object] = str
    ) -> str:
        name = super().render(translate, present)
        return name[:1].upper() + name[1:]


def said(text: str, target: str = "") -> Text | str:
    """A title, method or label in the reader's words where it is the starting set's, else as it is.

    A place that the target names is said as the body map says it.
    """
    if text in KNOWN:
        return KNOWN[text]
    for ending, form in _AT_PLACES:
        if text.endswith(ending):
            return Text(form.template, {"place": _place(text.removesuffix(ending), target)})
    for pattern, form in _OF_AXES:
        found = pattern.fullmatch(text)
        if found is not None:
            return Text(
                form.template, {**found.groupdict(), "place": _place(found["place"], target)}
            )
    return text


def _place(said_place: str, target: str) -> object:
    """A place as the body map says it, where the target names the same one; else as it is."""
    known = named(target) if target.partition(":")[0] in {"joint", "frame"} else None
    if known is not None and str(known).casefold() == said_place.casefold():
        return _Capital(known.template, known.facts)
    return said_place


def word(key: str) -> Text:
    """A role or kind of equipment in words; an unknown one with its underscores as spaces."""
    known = _WORDS.get(key)
    return known if known is not None else Text("{word}", {"word": key.replace("_", " ")})
