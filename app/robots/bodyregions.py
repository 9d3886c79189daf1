"""Parts of a humanoid's body by the words of a slot's path, and where each is drawn by default."""

from collections.abc import Mapping
from enum import StrEnum

from app.robots.bodyplan import Side, words


class Region(StrEnum):
    HEAD = "head"
    TRUNK = "trunk"
    ARM = "arm"
    HAND = "hand"
    LEG = "leg"
    FOOT = "foot"


_FINGERS = ("thumb", "index", "middle", "ring", "pinky", "little", "finger", "knuckle")

# The first word of a path that stands here decides.
_REGION_OF_WORD: Mapping[str, Region] = {
    **dict.fromkeys(("head", "neck", "face", "eye", "jaw", "display"), Region.HEAD),
    **dict.fromkeys(("shoulder", "elbow", "wrist", "arm", "forearm", "clavicle"), Region.ARM),
    **dict.fromkeys(("hand", "gripper", "palm", *_FINGERS), Region.HAND),
    **dict.fromkeys(("hip", "knee", "thigh", "leg", "shin", "calf"), Region.LEG),
    **dict.fromkeys(("ankle", "foot", "toe", "sole", "heel"), Region.FOOT),
    **dict.fromkeys(("torso", "chest", "waist", "pelvis", "spine", "back"), Region.TRUNK),
}

# Default places in a front view: distance from the middle line and height below the top, both as
# fractions of the body's height, for a figure with hanging arms. The first word that stands here
# decides; words of the body come before words of devices.
_ANCHORS: Mapping[str, tuple[float, float]] = {
    **dict.fromkeys(("head", "face", "eye", "display"), (0.0, 0.07)),
    "neck": (0.0, 0.15),
    **dict.fromkeys(("shoulder", "clavicle"), (0.135, 0.225)),
    "arm": (0.155, 0.31),
    "elbow": (0.165, 0.39),
    "forearm": (0.168, 0.45),
    "wrist": (0.172, 0.505),
    **dict.fromkeys(("hand", "gripper", "palm"), (0.175, 0.56)),
    **dict.fromkeys(_FINGERS, (0.18, 0.61)),
    **dict.fromkeys(("chest", "torso"), (0.0, 0.28)),
    **dict.fromkeys(("waist", "spine"), (0.0, 0.42)),
    "pelvis": (0.0, 0.47),
    "hip": (0.07, 0.50),
    **dict.fromkeys(("thigh", "leg"), (0.075, 0.60)),
    "knee": (0.08, 0.71),
    **dict.fromkeys(("shin", "calf"), (0.08, 0.81)),
    "ankle": (0.08, 0.91),
    **dict.fromkeys(("foot", "toe", "sole", "heel"), (0.085, 0.96)),
    "camera": (0.0, 0.06),
    "lidar": (0.0, 0.025),
    "microphone": (0.0, 0.10),
    "speaker": (0.0, 0.20),
    "imu": (0.0, 0.33),
    **dict.fromkeys(("computer", "controller", "board", "mainboard", "switch"), (0.0, 0.30)),
    **dict.fromkeys(("battery", "bms", "power", "charger"), (0.0, 0.36)),
}
# Three joints often share one place: pitch above, yaw below, in the order of most arms and legs.
_AXIS_STEP = {"pitch": 0.0, "roll": 0.03, "yaw": 0.06}


def region_of(path: str) -> Region | None:
    """The part of the body that a slot's path names; None if it names none."""
    return next((_REGION_OF_WORD[word] for word in words(path) if word in _REGION_OF_WORD), None)


def anchor_of(path: str, side: Side) -> tuple[float, float] | None:
    """Default place as fractions of the body's height: (to the viewer's right, below the top).

    The robot's left is the viewer's right. None when no word of the path is known.
    """
    said = words(path)
    known = next((_ANCHORS[word] for word in _ANCHORS if word in said), None)
    if known is None:
        return None
    aside, down = known
    down += next((_AXIS_STEP[word] for word in said if word in _AXIS_STEP), 0.0)
    toward = {Side.LEFT: 1.0, Side.RIGHT: -1.0, Side.CENTER: 0.0}[side]
    return aside * toward, down
