"""What people call a slot: `left_knee.actuator` is the left knee, its occupant an actuator."""

import re

from app.kernel.errors import Refused
from app.kernel.searchkeys import search_key
from app.kernel.text import Text, msg
from app.robots.bodyplan import Side, SlotClass
from app.robots.slot_models import LONGEST_PATH, Control

CLASS_LABELS: dict[SlotClass, Text] = {
    SlotClass.ACTUATOR: msg("Actuator"),
    SlotClass.IMU: msg("Inertial sensor"),
    SlotClass.CAMERA: msg("Camera"),
    SlotClass.LIDAR: msg("Lidar"),
    SlotClass.FORCE_TORQUE: msg("Force-torque sensor"),
    SlotClass.FOOT_SENSOR: msg("Foot sensor"),
    SlotClass.HAND: msg("Hand"),
    SlotClass.BATTERY: msg("Battery"),
    SlotClass.BOARD: msg("Board"),
    SlotClass.CABLE_SET: msg("Cable set"),
    SlotClass.TENDON: msg("Tendon"),
    SlotClass.SHELL: msg("Shell"),
    SlotClass.OTHER: msg("Other component"),
}
SIDE_LABELS: dict[Side, Text] = {
    Side.LEFT: msg("Left"),
    Side.RIGHT: msg("Right"),
    Side.CENTER: msg("Middle"),
}
CONTROL_LABELS: dict[Control, Text] = {
    Control.SERIAL: msg("Serial number"),
    Control.LOT: msg("Lot"),
    Control.NONE: msg("Part number only"),
}

_WORDS: dict[str, Text] = {
    "left": msg("left"),
    "right": msg("right"),
    "shoulder": msg("shoulder"),
    "elbow": msg("elbow"),
    "wrist": msg("wrist"),
    "hand": msg("hand"),
    "palm": msg("palm"),
    "thumb": msg("thumb"),
    "index": msg("index finger"),
    "middle": msg("middle finger"),
    "ring": msg("ring finger"),
    "little": msg("little finger"),
    "pinky": msg("little finger"),
    "hip": msg("hip"),
    "knee": msg("knee"),
    "ankle": msg("ankle"),
    "foot": msg("foot"),
    "head": msg("head"),
    "neck": msg("neck"),
    "torso": msg("torso"),
    "waist": msg("waist"),
    "pelvis": msg("pelvis"),
    "battery": msg("battery"),
    "camera": msg("camera"),
    "board": msg("board"),
    "pitch": msg("pitch"),
    "roll": msg("roll"),
    "yaw": msg("yaw"),
    "proximal": msg("proximal"),
    "intermediate": msg("intermediate"),
    "distal": msg("distal"),
    "imu": msg("IMU"),
    "lidar": msg("lidar"),
}
_PATH = re.compile(r"[a-z0-9]+(?:_[a-z0-9]+)*(?:\.[a-z0-9]+(?:_[a-z0-9]+)*)+")
_BETWEEN_WORDS = re.compile(r"[\s_/-]+")


def place_in(path: str) -> str:
    """The place without what sits there: `left_knee` of `left_knee.actuator`."""
    return path.rpartition(".")[0]


def name_of(path: str) -> Text:
    """`left knee` for `left_knee.actuator`, in words that can be translated one by one."""
    place, _, last = path.rpartition(".")
    words = place.replace(".", "_").split("_") + ([last] if last.isdecimal() else [])
    facts = {f"w{number}": _WORDS.get(word, word) for number, word in enumerate(words)}
    return Text(" ".join(f"{{{name}}}" for name in facts), facts)


def read_path(text: str, *, field: str = "path") -> str:
    """A slot's path as typed; raises Refused unless it is like `battery.1`."""
    path = _BETWEEN_WORDS.sub("_", search_key(text))
    if not _PATH.fullmatch(path) or len(path) > LONGEST_PATH:
        raise Refused(
            msg(
                "A slot is named in small letters with a point before what sits there: "
                "left_knee.actuator, battery.1."
            ),
            field=field,
        )
    return path


def position_key(position: str) -> str:
    """What a delivery note calls a position, in the writing of paths."""
    return _BETWEEN_WORDS.sub("_", search_key(position))
