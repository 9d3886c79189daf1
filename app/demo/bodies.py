"""The slots of the demo store's robots.

Bodies are drawn here from published numbers of axes: where joints stand and how far they turn is
invented, and no maker's file is used.
"""

from collections.abc import Iterator

from sqlalchemy.orm import Session

from app.demo import assortment
from app.kernel.actor import Actor
from app.robots import plans, slots
from app.robots.bodyplan import Side, SlotClass
from app.robots.makers import ModelInput
from app.robots.slot_models import Control
from app.robots.slots import SlotChange

ACTUATOR = "DEMO-AK-80"
_LIMIT = '<limit lower="-1.5" upper="1.5" velocity="10" effort="60"/>'

# Joint and offset from the one before it: forward, aside, up, in heights of the robot.
_Offset = tuple[float, float, float]
_Chain = tuple[tuple[str, _Offset], ...]
_LEG: _Chain = (
    ("hip_pitch", (0.0, 0.05, -0.06)),
    ("hip_roll", (0.0, 0.03, -0.02)),
    ("hip_yaw", (0.0, 0.0, -0.07)),
    ("knee", (0.0, 0.0, -0.14)),
    ("ankle_pitch", (0.0, 0.0, -0.22)),
    ("ankle_roll", (0.0, 0.0, -0.02)),
)
_ARM: _Chain = (
    ("shoulder_pitch", (0.0, 0.09, 0.18)),
    ("shoulder_roll", (0.0, 0.03, -0.01)),
    ("shoulder_yaw", (0.0, 0.0, -0.08)),
    ("elbow", (0.0, 0.0, -0.07)),
    ("wrist_roll", (0.0, 0.0, -0.09)),
)
_WAIST: _Chain = (("waist_yaw", (0.0, 0.0, 0.06)),)
_HEAD: _Chain = (("head_yaw", (0.0, 0.0, 0.24)), ("head_pitch", (0.0, 0.0, 0.03)))
_SIDES = (("left", 1.0), ("right", -1.0))
# Joints of a leg, of an arm, of the head: 23, 25 and 19 axes with the waist.
_AXES: tuple[tuple[ModelInput, tuple[int, int, int]], ...] = (
    (assortment.G1, (6, 5, 0)),
    (assortment.R1, (6, 5, 2)),
    (assortment.H1, (5, 4, 0)),
)


def give_slots(session: Session, actor: Actor) -> None:
    """Slots for three models: joints, hands and sensors as drawn, a battery by hand."""
    battery = SlotChange(SlotClass.BATTERY, Control.SERIAL)
    for model, axes in _AXES:
        drawn = plans.import_urdf(
            session,
            actor,
            maker=model.maker,
            code=model.code,
            revision="",
            file_name=f"demo-{model.code.lower()}.urdf",
            data=_description(model, axes).encode(),
        )
        slots.add_slot(
            session,
            actor,
            drawn.plan,
            path="battery.1",
            side=Side.CENTER,
            parent_path="waist_yaw.actuator",
            change=battery,
        )


def joints_of_a_g1() -> list[str]:
    """The places of its 23 actuators."""
    _, axes = _AXES[0]
    return [name for name, *_ in _joints(axes)]


def _joints(axes: tuple[int, int, int]) -> Iterator[tuple[str, str, _Offset]]:
    """Name, name of the joint that carries it, offset."""
    leg, arm, head = axes
    yield from _chain("", "pelvis", _WAIST)
    yield from _chain("", "waist_yaw", _HEAD[:head])
    for side, sign in _SIDES:
        for base, chain in (("pelvis", _LEG[:leg]), ("waist_yaw", _ARM[:arm])):
            mirrored = tuple((name, (x, y * sign, z)) for name, (x, y, z) in chain)
            yield from _chain(f"{side}_", base, mirrored)


def _chain(prefix: str, base: str, chain: _Chain) -> Iterator[tuple[str, str, _Offset]]:
    for name, offset in chain:
        yield f"{prefix}{name}", base, offset
        base = f"{prefix}{name}"


def _description(model: ModelInput, axes: tuple[int, int, int]) -> str:
    height_m = (model.height_mm or 1500) / 1000
    lines = ['<robot name="demo">', '<link name="pelvis"/>']
    for name, parent, (x, y, z) in _joints(axes):
        place = f"{x * height_m:.4f} {y * height_m:.4f} {z * height_m:.4f}"
        lines.append(_joint(name, parent, place, "revolute"))
    last = _ARM[axes[1] - 1][0]
    for side, _ in _SIDES:
        hand = f"0 0 {-0.06 * height_m:.4f}"
        lines.append(_joint(f"{side}_hand", f"{side}_{last}", hand, "fixed"))
    lines.append(_joint("imu", "waist_yaw", "0 0 0.1", "fixed"))
    lines.append(_joint("head_camera", "waist_yaw", f"0.05 0 {0.31 * height_m:.4f}", "fixed"))
    return "\n".join([*lines, "</robot>"])


def _joint(name: str, parent: str, place: str, kind: str) -> str:
    limit = _LIMIT if kind == "revolute" else ""
    return (
        f'<link name="{name}"/><joint name="{name}_joint" type="{kind}"><origin xyz="{place}"/>'
        f'<parent link="{parent}"/><child link="{name}"/>{limit}</joint>'
    )
