"""Which files of other programs are known, what must be declared of each, and who reads it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from app.calibration.readers import camera_info, kalibr, lerobot, offsets, tracker, urdf, yarp
from app.calibration.readers.columns import (
    MOST_COLUMNS,
    ColumnMapping,
    Row,
    read_rows,
    read_values,
)
from app.calibration.readers.findings import LONGEST_NAME, ROBOT, Content, Declared, Remark
from app.calibration.readers.tracker import PointLayout
from app.kernel.errors import Refused
from app.kernel.searchkeys import clean
from app.kernel.text import Text, msg

Settings = Mapping[str, str]
_MOST_COUNTS = 1 << 24
_MOST_JOINTS = 200
_DECLARED = ("target", "joints", "counts")
_TABLE = (
    *("columns", "unit", "decimal", "separator", "encoding", "titles", "target", "parameter"),
    *("point", "phase"),  # of a job's readings
)
_PLACES = ("joint:", "frame:", "slot:")


class FileKind(StrEnum):
    YARP = "yarp"
    URDF = "urdf"
    CAMERA = "camera_info"
    CHAIN = "kalibr_camchain"
    IMU = "kalibr_imu"
    OFFSETS = "robot_calibration"
    LEROBOT = "lerobot"
    TRACKER = "tracker"
    TABLE = "table"


@dataclass(frozen=True, slots=True)
class KindFacts:
    """What people see of a kind, and the names of what is declared of its files."""

    label: Text
    accept: str
    declares: tuple[str, ...] = ()


KINDS: dict[FileKind, KindFacts] = {
    FileKind.YARP: KindFacts(msg("YARP joint calibrator (XML)"), ".xml", ("joints",)),
    FileKind.URDF: KindFacts(msg("Robot description with calibration (URDF)"), ".urdf,.xml"),
    FileKind.CAMERA: KindFacts(msg("ROS camera_info (YAML)"), ".yaml,.yml", ("target",)),
    FileKind.CHAIN: KindFacts(msg("Kalibr chain of cameras (YAML)"), ".yaml,.yml"),
    FileKind.IMU: KindFacts(msg("Kalibr IMU noise (YAML)"), ".yaml,.yml", ("target",)),
    FileKind.OFFSETS: KindFacts(msg("robot_calibration offsets (YAML)"), ".yaml,.yml"),
    FileKind.LEROBOT: KindFacts(msg("LeRobot motors (JSON)"), ".json", ("counts",)),
    FileKind.TRACKER: KindFacts(
        msg("Tracker points, SpatialAnalyzer (text)"),
        ".txt,.csv,.asc",
        ("names", "unit", "decimal", "encoding"),
    ),
    FileKind.TABLE: KindFacts(msg("Table of a device (CSV)"), ".csv,.txt,.tsv", _TABLE),
}


def read_kind(text: str) -> FileKind:
    try:
        return FileKind(text)
    except ValueError:
        raise Refused(msg("Say what kind of file it is."), field="kind") from None


def kept(kind: FileKind, typed: Settings) -> str:
    """What was declared, of what this kind asks for, as it is kept; empty for nothing."""
    said = {
        name: clean(typed[name])
        for name in KINDS[kind].declares
        if name != "columns" and typed.get(name, "").strip()
    }
    for name in ("separator", "decimal"):  # a tab is no space to be trimmed
        if name in KINDS[kind].declares and typed.get(name):
            said[name] = typed[name]
    if "columns" in KINDS[kind].declares:
        columns = _columns(typed)
        if columns:
            said["columns"] = json.dumps(columns)
    return json.dumps(said, ensure_ascii=False, sort_keys=True) if said else ""


def told(settings: str) -> dict[str, str]:
    """The same again, by name."""
    return {str(name): str(value) for name, value in json.loads(settings or "{}").items()}


def columns_of(settings: Settings) -> list[str]:
    return [str(role) for role in json.loads(settings.get("columns", "[]"))]


def waits(kind: FileKind, settings: Settings) -> bool:
    """Whether something must be declared before the file can be read at all."""
    if kind is FileKind.TABLE:
        return not any(columns_of(settings)) or "decimal" not in settings
    return kind is FileKind.TRACKER and not {"unit", "decimal", "names"} <= settings.keys()


def read(kind: FileKind, data: bytes, settings: Settings, *, robot: Declared) -> Content:
    """What the file says. Raises Refused for a file that cannot be read as a whole."""
    if kind is FileKind.TABLE:
        return read_values(data, mapping_of(settings))
    if kind is FileKind.TRACKER:
        layout = PointLayout(
            names=whole(settings.get("names", ""), "names"),
            unit=settings.get("unit", ""),
            decimal=settings.get("decimal", ""),
        )
        return tracker.read_points(data, layout, encoding=settings.get("encoding", ""))
    return _READERS[kind](data, _declared(settings, robot))


def rows(data: bytes, settings: Settings) -> tuple[list[Row], list[Remark]]:
    """Readings of a job out of a table."""
    return read_rows(data, mapping_of(settings))


def mapping_of(settings: Settings) -> ColumnMapping:
    """Raises Refused for a mapping that cannot be."""
    return ColumnMapping(
        columns=tuple(columns_of(settings)),
        unit=settings.get("unit", ""),
        decimal=settings.get("decimal", ""),
        separator=settings.get("separator", ""),
        encoding=settings.get("encoding", ""),
        titles=whole(settings.get("titles", "1"), "titles"),
        target=read_target(settings.get("target", "")),
        parameter=settings.get("parameter", ""),
    )


def read_target(said: str) -> str:
    """`joint:NAME`, `frame:NAME`, `slot:PATH`, `robot`, or nothing; raises Refused."""
    target = clean(said)
    if not target or target == ROBOT:
        return target
    if not target.startswith(_PLACES) or target.endswith(":") or len(target) > LONGEST_NAME:
        raise Refused(
            msg("A target is written joint:NAME, frame:NAME, slot:PATH or robot."), field="target"
        )
    return target


_READERS: dict[FileKind, Callable[[bytes, Declared], Content]] = {
    FileKind.YARP: yarp.read_calibrator,
    FileKind.URDF: urdf.read_description,
    FileKind.CAMERA: camera_info.read_camera,
    FileKind.CHAIN: kalibr.read_chain,
    FileKind.IMU: kalibr.read_imu,
    FileKind.OFFSETS: offsets.read_offsets,
    FileKind.LEROBOT: lerobot.read_motors,
}


def _declared(settings: Settings, robot: Declared) -> Declared:
    joints = tuple(clean(name) for name in settings.get("joints", "").split(",") if clean(name))
    if len(joints) > _MOST_JOINTS or len(set(joints)) < len(joints):
        raise Refused(msg("Name each joint once, in the order of the file."), field="joints")
    counts = whole(settings.get("counts", "4096"), "counts")
    if not 2 <= counts <= _MOST_COUNTS:  # noqa: PLR2004 - a turn has two steps at least
        raise Refused(msg("Say how many counts a turn has."), field="counts")
    return Declared(
        target=read_target(settings.get("target", "")),
        joints=joints,
        counts=counts,
        known_joints=robot.known_joints,
        travel=robot.travel,
    )


def _columns(typed: Settings) -> list[str]:
    """Of a page each column has a field of its own; programs send them as one list."""
    if "columns" in typed:
        try:
            listed = json.loads(typed["columns"] or "[]")
        except ValueError:
            listed = None
        if not isinstance(listed, list) or len(listed) > MOST_COLUMNS:
            raise Refused(msg("Say what each column is."), field="columns")
        return [str(role) for role in listed]
    fields = [typed.get(f"column-{at}") for at in range(MOST_COLUMNS)]
    last = max((at for at, role in enumerate(fields) if role is not None), default=-1)
    return [role or "" for role in fields[: last + 1]]


def whole(said: str, field: str) -> int:
    """A whole number of at most eight figures; raises Refused at its field."""
    if not (said.isascii() and said.isdigit() and len(said) < 9):  # noqa: PLR2004
        raise Refused(msg("Please enter a whole number."), field=field)
    return int(said)
