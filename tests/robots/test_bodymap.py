"""The body map: every slot at its place, every slot within reach of a finger."""

import math
import os
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import pytest

from app.robots.bodymap import HEIGHT, WIDTH, BodyMap, PlacedSlot, body_map
from app.robots.bodyplan import Side, Vector, side_in
from app.robots.bodyregions import Region
from app.robots.urdf import read_urdf
from tests.robots.urdf_texts import joint, robot

_CHECKOUT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("QUATREFOIL_SHARED", _CHECKOUT.parent / "shared"))


@dataclass(frozen=True)
class Slot:
    path: str
    position_m: Vector | None = None
    parent_path: str | None = None
    slot_class: str = "actuator"

    @property
    def side(self) -> Side:
        return side_in(self.path) or Side.CENTER


def at(body: BodyMap, path: str) -> PlacedSlot:
    return next(slot for slot in body.slots if slot.path == path)


def closest(body: BodyMap) -> float:
    """The room between the two nearest targets, less their reaches: below zero they overlap."""
    return min(
        math.dist((one.x, one.y), (two.x, two.y)) - one.reach - two.reach
        for one, two in combinations(body.slots, 2)
    )


def limb(side: str, sign: float) -> list[Slot]:
    shoulder, elbow = f"{side}_shoulder_pitch.actuator", f"{side}_elbow.actuator"
    wrist, hip, knee = (
        f"{side}_wrist.actuator",
        f"{side}_hip_roll.actuator",
        f"{side}_knee.actuator",
    )
    return [
        Slot(shoulder, (0.0, sign * 0.15, 0.3)),
        Slot(elbow, (0.0, sign * 0.15, 0.1), shoulder),
        Slot(wrist, (0.2, sign * 0.15, 0.1), elbow),
        Slot(hip, (0.0, sign * 0.1, -0.1)),
        Slot(knee, (0.0, sign * 0.1, -0.4), hip),
        Slot(f"{side}_ankle.actuator", (0.0, sign * 0.1, -0.7), knee),
    ]


FIGURE = [*limb("left", 1.0), *limb("right", -1.0), Slot("waist_yaw.actuator", (0.0, 0.0, 0.0))]


def test_the_robot_s_left_is_drawn_at_the_viewer_s_right() -> None:
    body = body_map(FIGURE)

    assert at(body, "left_knee.actuator").x > WIDTH / 2 > at(body, "right_knee.actuator").x
    assert at(body, "left_ankle.actuator").y > at(body, "left_shoulder_pitch.actuator").y


def test_left_and_right_are_mirror_images() -> None:
    body = body_map(FIGURE)

    for slot in body.slots:
        if slot.side is Side.LEFT:
            twin = at(body, slot.path.replace("left", "right"))
            assert (slot.x + twin.x, slot.y) == pytest.approx((WIDTH, twin.y))


def test_an_arm_that_reaches_to_the_viewer_is_let_down() -> None:
    body = body_map(FIGURE)

    elbow, wrist = at(body, "left_elbow.actuator"), at(body, "left_wrist.actuator")
    assert wrist.y - elbow.y > 30
    assert wrist.x > elbow.x  # hanging arms are spread, so that wrists do not cover hips


def test_slots_at_one_place_stay_apart() -> None:
    body = body_map([Slot(f"j{number}.actuator", (0.0, 0.0, 0.0)) for number in range(12)])

    assert closest(body) >= 0
    assert all(slot.radius <= slot.reach for slot in body.slots)


def test_the_same_slots_give_the_same_map_in_any_order() -> None:
    body, turned = body_map(FIGURE), body_map(FIGURE[::-1])

    assert set(body.slots) == set(turned.slots)
    assert body == body_map(list(FIGURE))


@pytest.mark.parametrize("count", [1, 2, 60, 400])
def test_any_number_of_slots_finds_room_inside_the_box(count: int) -> None:
    body = body_map(
        [Slot(f"part_{number}.x", (0.0, 0.0, float(number % 3))) for number in range(count)]
    )

    assert len(body.slots) == count
    assert all(0 <= slot.x <= WIDTH and 0 <= slot.y <= HEIGHT for slot in body.slots)
    assert count == 1 or closest(body) >= 0


def test_no_slot_makes_an_empty_figure() -> None:
    body = body_map([])

    assert body.slots == ()
    assert body.head.radius > 0
    assert len(body.torso) == 6


def test_without_positions_a_slot_is_placed_by_its_name() -> None:
    names = [
        "head_yaw",
        "waist_yaw",
        *(
            f"{side}_{word}"
            for side in ("left", "right")
            for word in ("shoulder_pitch", "elbow", "hip_roll", "knee", "ankle_roll")
        ),
    ]
    body = body_map([Slot(f"{name}.actuator") for name in names])

    down = [
        at(body, f"{name}.actuator").y
        for name in (
            "head_yaw",
            "left_shoulder_pitch",
            "left_elbow",
            "left_hip_roll",
            "left_knee",
            "left_ankle_roll",
        )
    ]
    assert down == sorted(down)
    assert at(body, "right_elbow.actuator").x < at(body, "waist_yaw.actuator").x
    assert all(slot.known for slot in body.slots)
    assert len(body.limbs) == 1 + 2 * (1 + 2 + 1)  # neck; upper arm; thigh and shin; foot


def test_devices_without_a_position_stand_where_such_devices_are() -> None:
    battery = Slot("battery.1", slot_class="battery")
    body = body_map([*FIGURE, battery, Slot("head.camera", slot_class="camera")])

    assert at(body, "battery.1").region is Region.TRUNK
    assert at(body, "battery.1").y < at(body, "left_hip_roll.actuator").y
    assert at(body, "head.camera").region is Region.HEAD


def test_a_slot_that_nothing_is_known_of_is_marked_and_stands_aside() -> None:
    body = body_map([*FIGURE, Slot("gadget.7")])

    assert not at(body, "gadget.7").known
    assert at(body, "gadget.7").x < WIDTH / 4


def test_a_sided_slot_whose_name_says_no_side_is_its_own() -> None:
    model = read_urdf(
        robot(
            joint("j1", "base", "a", xyz="0 0.2 0"),
            joint("j2", "a", "b", xyz="0 -0.2 0"),
            joint("left", "b", "c"),
            links="base a b c",
        ),
        name="test",
    )

    body = body_map(model.slots)

    assert len(body.slots) == 3
    assert closest(body) >= 0


def test_bones_lead_from_carrier_to_carried() -> None:
    body = body_map(FIGURE)

    knee, ankle = at(body, "left_knee.actuator"), at(body, "left_ankle.actuator")
    assert any(
        (bone.x1, bone.y1, bone.x2, bone.y2) == (knee.x, knee.y, ankle.x, ankle.y)
        for bone in body.bones
    )
    assert len(body.bones) == 8


def test_parents_in_a_circle_or_unknown_do_not_matter() -> None:
    body = body_map(
        [
            Slot("a.x", (0.0, 0.0, 0.0), "b.x"),
            Slot("b.x", (0.0, 0.0, 1.0), "a.x"),
            Slot("c.x", (0.0, 0.0, 2.0), "nowhere"),
            Slot("d.x", (0.0, 0.0, 3.0), "d.x"),
        ]
    )

    assert len(body.slots) == 4


@pytest.mark.parametrize(
    "name",
    [
        "g1_29dof_rev_1_0",
        "g1_29dof_rev_1_0_with_inspire_hand_DFQ",
        "h1",
        "h1_2",
        "H2",
        "R1",
        "g1_23dof_rev_1_0",
    ],
)
def test_makers_robots_can_be_touched_slot_by_slot(name: str) -> None:
    path = SHARED / "data" / "urdf" / f"{name}.urdf"
    if not path.exists():
        pytest.skip("the makers' robot descriptions are not beside this checkout")

    body = body_map(read_urdf(path.read_bytes(), name=name).slots)

    assert closest(body) >= 0
    assert at(body, "left_knee.actuator").reach == 8.0
    assert at(body, "left_knee.actuator").y < 0.8 * HEIGHT
