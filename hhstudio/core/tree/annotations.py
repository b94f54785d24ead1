"""Annotations: comments and frames on the canvas beside the tree. They change nothing that is trained."""

from __future__ import annotations

from typing import Literal

import msgspec

AnnotationKind = Literal["comment", "frame"]
AnnotationColor = Literal["yellow", "blue", "green", "red", "violet", "grey"]

COLORS: tuple[AnnotationColor, ...] = ("yellow", "blue", "green", "red", "violet", "grey")
SMALLEST: dict[AnnotationKind, tuple[float, float]] = {"comment": (80.0, 40.0), "frame": (120.0, 80.0)}
"""Width and height, canvas units, below which nothing can be read or held."""
FIRST_SIZE: dict[AnnotationKind, tuple[float, float]] = {"comment": (220.0, 96.0), "frame": (560.0, 320.0)}


class Annotation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A text on the canvas, or a titled rectangle that takes along what stands in it.

    ``at``: top left corner, ``size``: width and height, canvas units. ``text`` of a frame is its title.
    """

    id: str
    kind: AnnotationKind = "comment"
    text: str = ""
    at: tuple[float, float] = (0.0, 0.0)
    size: tuple[float, float] = (220.0, 96.0)
    color: AnnotationColor = "yellow"

    def holds(self, x: float, y: float) -> bool:
        """Whether a point of the canvas is inside."""
        return 0 <= x - self.at[0] <= self.size[0] and 0 <= y - self.at[1] <= self.size[1]

    def encloses(self, other: Annotation) -> bool:
        """Whether another annotation lies inside as a whole."""
        right, bottom = (a + s for a, s in zip(other.at, other.size, strict=True))
        return other.id != self.id and self.holds(*other.at) and self.holds(right, bottom)
