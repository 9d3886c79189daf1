"""Moving points apart so that each can be met by a finger: always the same answer, always one."""

import math
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

Point = tuple[float, float]

_DIRECTIONS = 16
# Rings tried around a wish, a quarter of the distance apart; beyond them any free spot will do.
_RINGS = 16
# When a box is so full that no spot is left, everything is laid out again this much closer.
_CLOSER = 0.8


@dataclass(frozen=True, slots=True)
class Box:
    """The area that centres may lie in; `left + right` is twice the middle line."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def area(self) -> float:
        return (self.right - self.left) * (self.bottom - self.top)

    def mirrored(self, point: Point) -> Point:
        return _tenths((self.left + self.right - point[0], point[1]))

    def holds(self, point: Point) -> bool:
        return self.left <= point[0] <= self.right and self.top <= point[1] <= self.bottom

    def nearest(self, point: Point) -> Point:
        x, y = point
        inside = (min(max(x, self.left), self.right), min(max(y, self.top), self.bottom))
        return _tenths(inside)


@dataclass(frozen=True, slots=True)
class Wish:
    """Where a point wants to be; its twin, if it has one, stays its mirror image."""

    name: str
    twin: str | None
    at: Point


class _Board:
    """Points already placed, in cells as wide as the distance to be kept."""

    def __init__(self, distance: float, box: Box) -> None:
        self.distance = distance
        self.box = box
        self._cells: dict[tuple[int, int], list[Point]] = {}
        self._spare = deque(_lattice(distance, box))

    def _cell(self, point: Point) -> tuple[int, int]:
        return int(point[0] // self.distance), int(point[1] // self.distance)

    def free(self, point: Point) -> bool:
        column, row = self._cell(point)
        return all(
            math.dist(point, taken) >= self.distance
            for x in (column - 1, column, column + 1)
            for y in (row - 1, row, row + 1)
            for taken in self._cells.get((x, y), ())
        )

    def spare(self) -> Iterator[Point]:
        """Free spots of a lattice over the whole box; one found taken is never looked at again."""
        for _ in range(len(self._spare)):
            point = self._spare.popleft()
            if self.free(point):
                self._spare.append(point)
                yield point

    def take(self, point: Point) -> None:
        self._cells.setdefault(self._cell(point), []).append(point)


def spread(wishes: Sequence[Wish], *, distance: float, box: Box) -> tuple[dict[str, Point], float]:
    """A place for each wish, none nearer than `distance` to another, and the distance kept.

    Earlier wishes go first and are moved least. The distance kept is smaller only where the box
    is too full.
    """
    while True:
        placed = _try(wishes, _Board(distance, box))
        if placed is not None:
            return placed, distance
        distance *= _CLOSER


def _try(wishes: Sequence[Wish], board: _Board) -> dict[str, Point] | None:
    placed: dict[str, Point] = {}
    for wish in wishes:
        spots = chain(_near(wish.at, board), board.spare())
        spot = next((spot for spot in spots if _fits(spot, wish, board)), None)
        if spot is None:
            return None
        for name, point in _points(wish, spot, board.box).items():
            board.take(point)
            placed[name] = point
    return placed


def _points(wish: Wish, spot: Point, box: Box) -> Mapping[str, Point]:
    return {wish.name: spot} | ({wish.twin: box.mirrored(spot)} if wish.twin else {})


def _fits(spot: Point, wish: Wish, board: _Board) -> bool:
    points = list(_points(wish, spot, board.box).values())
    apart = len(points) == 1 or math.dist(points[0], points[1]) >= board.distance
    return apart and all(board.box.holds(point) and board.free(point) for point in points)


def _near(at: Point, board: _Board) -> Iterator[Point]:
    """The wish itself, then rings around it: below and above first, as limbs run."""
    x, y = start = board.box.nearest(at)
    yield start
    for ring in range(1, _RINGS + 1):
        radius = ring * board.distance / 4
        for turn in _TURNS:
            yield _tenths((x + radius * math.sin(turn), y + radius * math.cos(turn)))


def _lattice(distance: float, box: Box) -> Iterator[Point]:
    step = math.ceil(distance * 10 + 1) / 10  # rounding to tenths must not bring two too near
    for row in range(int((box.bottom - box.top) / step) + 1):
        for column in range(int((box.right - box.left) / step) + 1):
            yield _tenths((box.left + column * step, box.top + row * step))


def _tenths(point: Point) -> Point:
    return round(point[0], 1), round(point[1], 1)


# 0 is straight down, π straight up; the others between, nearest to the vertical first.
_TURNS = sorted(
    (math.tau * step / _DIRECTIONS for step in range(_DIRECTIONS)),
    key=lambda turn: (round(abs(math.sin(turn)), 6), round(-math.cos(turn), 6), turn),
)
