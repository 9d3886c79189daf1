"""A robot's slots on a front view: where each is drawn so that a finger can meet it.

The robot's left is at the viewer's right. Coordinates are units of the view box, y downwards,
rounded to tenths; the same slots give the same map.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from app.robots.bodyplan import Side, Vector
from app.robots.bodyregions import Region, anchor_of, region_of
from app.robots.bodyspread import Box, Point, Wish, spread

WIDTH, HEIGHT, MARGIN = 200.0, 320.0, 10.0
BOX = Box(MARGIN, MARGIN, WIDTH - MARGIN, HEIGHT - MARGIN)
# At 480 px height 16 units are 24 px, the smallest target of WCAG 2.5.8.
TARGET = 16.0
# Share of the box that targets may claim: below it a free spot can be found for each.
_CROWDING = 0.25
_TWIN_TOLERANCE = 4.0
_ACROSS = (Side.LEFT, Side.RIGHT)
# Hanging arms are drawn a little spread, else wrists would cover hips on a narrow robot.
_SPREAD_RAD = math.radians(14)
# A step reaches towards the viewer when less than half of it lies in the picture's plane.
_TOWARD_VIEWER = 0.5
_SHORTEST_STEP_M = 0.02


class Located(Protocol):
    """What the map needs to know of a slot; `position_m` is None where nobody measured it."""

    @property
    def path(self) -> str: ...
    @property
    def slot_class(self) -> str: ...
    @property
    def side(self) -> Side: ...
    @property
    def parent_path(self) -> str | None: ...
    @property
    def position_m(self) -> Vector | None: ...


@dataclass(frozen=True, slots=True)
class PlacedSlot:
    """`radius` is what is drawn, `reach` what may be clicked; reaches never overlap.

    `known` is False for a slot that has neither a position nor a name that tells its place.
    """

    path: str
    slot_class: str
    side: Side
    region: Region
    x: float
    y: float
    radius: float
    reach: float
    known: bool


@dataclass(frozen=True, slots=True)
class Segment:
    """A line of the drawing with round ends; `width` in units of the view box."""

    x1: float
    y1: float
    x2: float
    y2: float
    width: float
    region: Region
    side: Side


@dataclass(frozen=True, slots=True)
class Head:
    x: float
    y: float
    radius: float


@dataclass(frozen=True, slots=True)
class BodyMap:
    """Draw `torso`, `limbs` and `head` as the silhouette, `bones` thin on it, `slots` on top."""

    width: float
    height: float
    slots: tuple[PlacedSlot, ...]
    bones: tuple[Segment, ...]
    limbs: tuple[Segment, ...]
    torso: tuple[Point, ...]
    head: Head


@dataclass(frozen=True, slots=True)
class _View:
    """From metres in the robot's frame, or from fractions of its height, to the view box."""

    top_m: float
    scale: float
    top: float
    height: float

    def of_position(self, across_m: float, up_m: float) -> Point:
        return WIDTH / 2 + across_m * self.scale, self.top + (self.top_m - up_m) * self.scale

    def of_anchor(self, anchor: Point) -> Point:
        return WIDTH / 2 + anchor[0] * self.height, self.top + anchor[1] * self.height


def body_map(slots: Sequence[Located]) -> BodyMap:
    """Lay out the slots of one model: by position where there is one, else by name and side."""
    standing = _standing(slots)
    view = _view(standing)
    wanted = {path: view.of_position(*place) for path, place in standing.items()}
    for slot in slots:
        anchor = anchor_of(slot.path, slot.side)
        if slot.path not in wanted and anchor is not None:
            wanted[slot.path] = view.of_anchor(anchor)
    figure = _figure(wanted, view)
    distance = min(TARGET, math.sqrt(_CROWDING * BOX.area / max(len(slots), 1)))
    places, distance = spread(_wishes(slots, wanted), distance=distance, box=BOX)
    placed = {
        slot.path: PlacedSlot(
            path=slot.path,
            slot_class=slot.slot_class,
            side=slot.side,
            region=_region(slot, places[slot.path], figure),
            x=places[slot.path][0],
            y=places[slot.path][1],
            radius=round(distance * 0.36, 1),
            reach=math.floor(distance * 5) / 10,
            known=slot.path in wanted,
        )
        for slot in slots
    }
    return BodyMap(
        width=WIDTH,
        height=HEIGHT,
        slots=tuple(placed.values()),
        bones=tuple(_bones(slots, placed)),
        limbs=tuple(_limbs(figure)),
        torso=_torso(figure),
        head=figure.head,
    )


def _standing(slots: Iterable[Located]) -> dict[str, Point]:
    """Across and up in metres, per slot with a position, in a pose that suits a front view.

    Many robots' zero pose stretches the forearms to the viewer, where wrist and hand hide each
    other: an arm is let down at the first joint from which it points forwards.
    """
    located = {slot.path: slot for slot in slots if slot.position_m is not None}
    below: dict[str | None, list[Located]] = {}
    for slot in located.values():
        parent = slot.parent_path if slot.parent_path in located else None
        below.setdefault(parent, []).append(slot)
    standing: dict[str, Point] = {}
    let_down: set[str] = set()
    waiting = list(below.get(None, ()))
    while waiting:
        slot = waiting.pop()
        carrier = located.get(slot.parent_path or "")
        standing[slot.path] = _stand(slot, carrier, standing, let_down)
        waiting += below.get(slot.path, ())
    for slot in located.values():  # parents in a circle: taken as they are
        standing.setdefault(slot.path, (_metres(slot)[1], _metres(slot)[2]))
    return (
        standing
        | _spread_arm(located, standing, Side.LEFT)
        | _spread_arm(located, standing, Side.RIGHT)
    )


def _stand(
    slot: Located, parent: Located | None, standing: Mapping[str, Point], let_down: set[str]
) -> Point:
    x, y, z = _metres(slot)
    if parent is None:
        return y, z
    px, py, pz = _metres(parent)
    across, up = standing[parent.path]
    forward, aside, rise = x - px, y - py, z - pz
    reaching = math.hypot(aside, rise) < _TOWARD_VIEWER * math.hypot(forward, aside, rise)
    arm = region_of(slot.path) in {Region.ARM, Region.HAND}
    if parent.path in let_down or (arm and reaching and forward > _SHORTEST_STEP_M):
        let_down.add(slot.path)
        return across + aside, up - forward
    return across + aside, up + rise


def _spread_arm(
    located: Mapping[str, Located], standing: Mapping[str, Point], side: Side
) -> dict[str, Point]:
    """The slots of a hanging arm, turned outwards about its highest shoulder joint."""
    arm = [
        path
        for path, slot in located.items()
        if slot.side is side and region_of(path) in {Region.ARM, Region.HAND}
    ]
    shoulder = max((standing[path] for path in arm if "shoulder" in path), key=_up, default=None)
    if shoulder is None:
        return {}
    across, up = shoulder
    tip = min((standing[path] for path in arm), key=_up)
    if abs(tip[0] - across) > (up - tip[1]) / 2:
        return {}  # stretched aside already
    turn = _SPREAD_RAD if side is Side.LEFT else -_SPREAD_RAD
    sin, cos = math.sin(turn), math.cos(turn)
    spread_out = {}
    for path in arm:
        aside, rise = standing[path][0] - across, standing[path][1] - up
        spread_out[path] = (across + aside * cos - rise * sin, up + aside * sin + rise * cos)
    return spread_out


def _up(point: Point) -> float:
    return point[1]


def _metres(slot: Located) -> Vector:
    return slot.position_m or (0.0, 0.0, 0.0)


def _view(standing: Mapping[str, Point]) -> _View:
    """Fit the body into the box, with room for a head above the shoulders and for feet below."""
    full = BOX.bottom - BOX.top
    if not standing:
        return _View(0.0, 0.0, BOX.top, full)
    low = min(up for _, up in standing.values())
    high = max(up for _, up in standing.values())
    shoulders = [up for path, (_, up) in standing.items() if "shoulder" in path]
    if shoulders:
        tall = max(shoulders) - low
        high, low = max(high, max(shoulders) + 0.30 * tall), low - 0.06 * tall
    wide = 2 * max(abs(across) for across, _ in standing.values())
    tall = high - low
    if tall <= 0 and wide <= 0:
        return _View(high, 0.0, HEIGHT / 2, full)
    scale = min(
        full / tall if tall else math.inf, (BOX.right - BOX.left) / wide if wide else math.inf
    )
    return _View(high, scale, BOX.top + (full - tall * scale) / 2, max(tall * scale, 1.0))


def _wishes(slots: Sequence[Located], wanted: Mapping[str, Point]) -> list[Wish]:
    """Mirror images together; joints of body and limbs first, from the top down, then hands."""
    ranked: list[tuple[tuple[bool, bool, bool, float, str], Wish]] = []
    paired: set[str] = set()
    for slot in sorted(slots, key=lambda slot: (slot.side is not Side.LEFT, slot.path)):
        if slot.path in paired:
            continue
        at = wanted.get(slot.path, (BOX.left, BOX.top))
        twin = slot.path.replace("left", "right", 1)
        paired_with = wanted.get(twin) if twin != slot.path else None
        mirrored = slot.side is Side.LEFT and _mirror(at, paired_with)
        paired |= {slot.path, twin} if mirrored else {slot.path}
        in_hand = region_of(slot.path) is Region.HAND
        rank = (
            slot.path not in wanted,
            in_hand,
            (slot.slot_class == "actuator") is in_hand,
            round(at[1], 1),
            slot.path,
        )
        ranked.append((rank, Wish(slot.path, twin if mirrored else None, at)))
    return [wish for _, wish in sorted(ranked, key=lambda pair: pair[0])]


def _mirror(left: Point, right: Point | None) -> bool:
    return right is not None and math.dist(left, (WIDTH - right[0], right[1])) <= _TWIN_TOLERANCE


# Centres of a limb from the body outwards, with the width of the limb that ends there as a
# fraction of the body's height.
_ARM = (("shoulder", 0.0), ("elbow", 0.052), ("wrist", 0.044), ("hand", 0.05))
_LEG = (("hip", 0.0), ("knee", 0.07), ("ankle", 0.056))


@dataclass(frozen=True, slots=True)
class _Figure:
    """The silhouette's centres by word and side; a limb that the robot lacks has none."""

    centres: Mapping[tuple[str, Side], Point]
    head: Head
    height: float


def _figure(wanted: Mapping[str, Point], view: _View) -> _Figure:
    """Centres from the slots that name them; a figure of which nothing is known is a plain one."""
    centres: dict[tuple[str, Side], Point] = {}
    limbs = [word for word, _ in (*_ARM, *_LEG)]
    plain = not any(word in path for path in wanted for word in limbs)
    for word in limbs:
        for side in _ACROSS:
            here = [at for path, at in wanted.items() if word in path and side in path]
            anchor = anchor_of(word, side) or (0.0, 0.0)
            if here:
                centres[word, side] = _mean(here)
            elif plain or word in {"shoulder", "hip"}:
                centres[word, side] = view.of_anchor(anchor)
    x, y = view.of_anchor((0.0, 0.07))
    head = Head(round(x, 1), round(y, 1), round(0.065 * view.height, 1))
    return _Figure(centres, head, view.height)


def _mean(points: Sequence[Point]) -> Point:
    return (
        sum(x for x, _ in points) / len(points),
        sum(y for _, y in points) / len(points),
    )


def _limbs(figure: _Figure) -> Iterator[Segment]:
    x, shoulder_y = _mean([figure.centres["shoulder", side] for side in _ACROSS])
    neck = ((x, figure.head.y), (x, shoulder_y))
    yield _segment(*neck, 0.05 * figure.height, Region.HEAD, Side.CENTER)
    for chain, region in ((_ARM, Region.ARM), (_LEG, Region.LEG)):
        for side in _ACROSS:
            known = [(word, width) for word, width in chain if (word, side) in figure.centres]
            for (inner, _), (outer, width) in pairwise(known):
                start, end = figure.centres[inner, side], figure.centres[outer, side]
                yield _segment(start, end, width * figure.height, region, side)
    for side in _ACROSS:
        if ("ankle", side) in figure.centres:
            x, y = figure.centres["ankle", side]
            sole, toe = y + 0.025 * figure.height, 0.02 * figure.height
            outwards = toe if side is Side.LEFT else -toe
            yield _segment((x, sole), (x + outwards, sole), 0.05 * figure.height, Region.FOOT, side)


def _segment(start: Point, end: Point, width: float, region: Region, side: Side) -> Segment:
    (x1, y1), (x2, y2) = start, end
    return Segment(
        round(x1, 1), round(y1, 1), round(x2, 1), round(y2, 1), round(width, 1), region, side
    )


def _torso(figure: _Figure) -> tuple[Point, ...]:
    """From shoulder to shoulder and down to the hips, drawn in at the waist."""
    (left, shoulder_y), (right, _) = (figure.centres["shoulder", side] for side in _ACROSS)
    (hip_left, hip_y), (hip_right, _) = (figure.centres["hip", side] for side in _ACROSS)
    waist_y, inset = shoulder_y + 0.7 * (hip_y - shoulder_y), 0.2 * (left - right)
    corners = (
        (right, shoulder_y),
        (left, shoulder_y),
        (left - inset, waist_y),
        (hip_left, hip_y),
        (hip_right, hip_y),
        (right + inset, waist_y),
    )
    return tuple((round(x, 1), round(y, 1)) for x, y in corners)


def _bones(slots: Iterable[Located], placed: Mapping[str, PlacedSlot]) -> Iterator[Segment]:
    """A thin line from each slot to the slot that carries it."""
    for slot in slots:
        parent = placed.get(slot.parent_path or "")
        if parent is not None and parent.path != slot.path:
            here = placed[slot.path]
            yield Segment(parent.x, parent.y, here.x, here.y, 1.0, here.region, here.side)


def _region(slot: Located, at: Point, figure: _Figure) -> Region:
    named = region_of(slot.path)
    if named is not None:
        return named
    return Region.HEAD if at[1] <= figure.head.y + figure.head.radius else Region.TRUNK
