"""Alignment on the canvas: align and distribute boxes, and snap to neighbours while one drags.

Everything works on boxes (left, top, width, height) in canvas units, whatever they are boxes of.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

Box = tuple[float, float, float, float]
Alignment = Literal["left", "centre", "right", "top", "middle", "bottom", "across", "down"]

ALIGNMENTS: dict[Alignment, str] = {
    "left": "Align left edges",
    "centre": "Align centres in a column",
    "right": "Align right edges",
    "top": "Align top edges",
    "middle": "Align centres in a row",
    "bottom": "Align bottom edges",
    "across": "Distribute from left to right",
    "down": "Distribute from top to bottom",
}
_SHARES: dict[str, tuple[int, float]] = {
    "left": (0, 0.0), "centre": (0, 0.5), "right": (0, 1.0),
    "top": (1, 0.0), "middle": (1, 0.5), "bottom": (1, 1.0),
}  # fmt: skip


def aligned(boxes: Mapping[str, Box], how: Alignment) -> dict[str, tuple[float, float]]:
    """Left and top of every box after aligning, at the outermost edge or the common middle.

    Distributing leaves the outer two where they are and makes the gaps between the others equal.
    """
    if how in ("across", "down"):
        return _distributed(boxes, 0 if how == "across" else 1)
    axis, share = _SHARES[how]
    edges = [box[axis] + share * box[axis + 2] for box in boxes.values()]
    goal = {0.0: min, 1.0: max}.get(share, _middle)(edges)
    moved = {}
    for name, box in boxes.items():
        place = [box[0], box[1]]
        place[axis] = goal - share * box[axis + 2]
        moved[name] = (place[0], place[1])
    return moved


def _middle(values: list[float]) -> float:
    return (min(values) + max(values)) / 2


def _distributed(boxes: Mapping[str, Box], axis: int) -> dict[str, tuple[float, float]]:
    moved = {name: (box[0], box[1]) for name, box in boxes.items()}
    if len(boxes) < 3:
        return moved
    order = sorted(boxes, key=lambda name: boxes[name][axis] + boxes[name][axis + 2] / 2)
    first, last = boxes[order[0]], boxes[order[-1]]
    room = last[axis] + last[axis + 2] - first[axis]
    gap = (room - sum(box[axis + 2] for box in boxes.values())) / (len(order) - 1)
    at = first[axis]
    for name in order:
        place = list(moved[name])
        place[axis] = at
        moved[name] = (place[0], place[1])
        at += boxes[name][axis + 2] + gap
    return moved


class Guide(NamedTuple):
    """A line that a dragged box has snapped to, from one end to the other."""

    x1: float
    y1: float
    x2: float
    y2: float


class Snap(NamedTuple):
    """Further move of a box so that it lies on the lines, and the lines."""

    dx: float = 0.0
    dy: float = 0.0
    guides: tuple[Guide, ...] = ()


_LINES = (0.5, 0.0, 1.0)
"""Middle, left or top, right or bottom, as shares of a box; middles win at equal distance."""


class Snapper:
    """The lines of the boxes that stand still: their edges and middles, sorted once for a drag.

    Left meets left, middle meets middle, right meets right: other meetings are rarely meant.
    """

    def __init__(self, standing: Iterable[Box]) -> None:
        self._boxes = list(standing)
        self._lines = {
            (axis, share): sorted(
                (box[axis] + share * box[axis + 2], number) for number, box in enumerate(self._boxes)
            )
            for axis in (0, 1)
            for share in _LINES
        }

    def snap(self, box: Box, reach: float, grid: float, origin: tuple[float, float] = (0.0, 0.0)) -> Snap:
        """To the nearest line within ``reach`` on each axis, otherwise to the grid: ``origin`` is the point
        of the box, from its left and top, that lies on it."""
        moved, snapped = list(box), []
        by = [0.0, 0.0]
        for axis in (0, 1):
            near = self._nearest(axis, box, reach)
            if near is None:
                anchor = box[axis] + origin[axis]
                by[axis] = round(anchor / grid) * grid - anchor
            else:
                by[axis] = near[0]
                snapped.append((axis, near[1], near[2]))
            moved[axis] += by[axis]
        guides = tuple(
            self._guide(axis, value, number, (moved[0], moved[1], moved[2], moved[3]))
            for axis, value, number in snapped
        )
        return Snap(by[0], by[1], guides)

    def _nearest(self, axis: int, box: Box, reach: float) -> tuple[float, float, int] | None:
        """Distance to the nearest line, its place, and the box whose line it is."""
        best: tuple[float, float, int] | None = None
        for share in _LINES:
            lines, own = self._lines[axis, share], box[axis] + share * box[axis + 2]
            at = bisect.bisect(lines, (own, -1))
            for value, number in lines[max(0, at - 1) : at + 1]:
                distance = value - own
                if abs(distance) <= reach and (best is None or abs(distance) < abs(best[0]) - 1e-9):
                    best = distance, value, number
        return best

    def _guide(self, axis: int, value: float, number: int, box: Box) -> Guide:
        other, across = self._boxes[number], 1 - axis
        start = min(box[across], other[across])
        stop = max(box[across] + box[across + 2], other[across] + other[across + 2])
        return Guide(value, start, value, stop) if axis == 0 else Guide(start, value, stop, value)
