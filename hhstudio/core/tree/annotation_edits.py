"""Annotation edits: pure functions from a topology to the next one, for comments and frames."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec.structs import replace

from hhstudio.core.tree.annotations import FIRST_SIZE, SMALLEST, Annotation, AnnotationColor, AnnotationKind
from hhstudio.core.tree.tidy_layout import Position
from hhstudio.core.tree.topology import Topology


def add(
    topology: Topology, kind: AnnotationKind, at: Position, size: Position | None = None, text: str = ""
) -> tuple[Topology, str]:
    """With a comment or a frame more; its id."""
    color: AnnotationColor = "yellow" if kind == "comment" else "blue"
    annotation = Annotation(
        id=topology.fresh_id("a"),
        kind=kind,
        text=text,
        at=_floats(at),
        size=_floats(size or FIRST_SIZE[kind]),
        color=color,
    )
    return replace(topology, annotations=(*topology.annotations, annotation)), annotation.id


def update_many(topology: Topology, fields: Mapping[str, Mapping[str, Any]]) -> Topology:
    """With fields of annotations replaced, by id."""
    if not fields:
        return topology
    changed = tuple(replace(a, **fields[a.id]) if a.id in fields else a for a in topology.annotations)
    return replace(topology, annotations=changed)


def move(topology: Topology, places: Mapping[str, Position]) -> Topology:
    """With the top left corners of annotations elsewhere."""
    return update_many(topology, {i: {"at": _floats(at)} for i, at in places.items()})


def update(topology: Topology, annotation_id: str, **fields: Any) -> Topology:
    return update_many(topology, {annotation_id: fields})


def remove(topology: Topology, annotation_ids: Iterable[str]) -> Topology:
    """Without those annotations. What stands in a frame stays."""
    gone = set(annotation_ids)
    return replace(topology, annotations=tuple(a for a in topology.annotations if a.id not in gone))


def resized(
    annotation: Annotation, left: float, top: float, right: float, bottom: float
) -> dict[str, Position]:
    """Fields of an annotation whose sides were moved by so much; it never gets too small to hold."""
    (x, y), (width, height) = annotation.at, annotation.size
    least_width, least_height = SMALLEST[annotation.kind]
    left, top = min(left, width - least_width), min(top, height - least_height)
    return {
        "at": _floats((x + left, y + top)),
        "size": _floats((max(least_width, width - left + right), max(least_height, height - top + bottom))),
    }


def contents(topology: Topology, frame_id: str, places: Mapping[str, Position]) -> tuple[set[str], set[str]]:
    """Ids of the nodes whose centre stands in a frame, and of the annotations that lie in it as a whole.

    ``places``: centres of the nodes' cards.
    """
    frame = topology.annotation_by_id[frame_id]
    nodes = {node for node, place in places.items() if frame.holds(*place)}
    return nodes, {other.id for other in topology.annotations if frame.encloses(other)}


def framed(
    topology: Topology, boxes: Iterable[tuple[float, float, float, float]], title: str
) -> tuple[Topology, str]:
    """With a frame around boxes (left, top, width, height); its id. Raises ValueError without any."""
    around = list(boxes)
    if not around:
        raise ValueError("nothing to put a frame around")
    left, top = min(b[0] for b in around) - 30, min(b[1] for b in around) - 54
    right, bottom = max(b[0] + b[2] for b in around) + 30, max(b[1] + b[3] for b in around) + 30
    return add(topology, "frame", (left, top), (right - left, bottom - top), title)


def _floats(pair: Position) -> Position:
    """Whole numbers too are written with a decimal point, so that saving is the same after loading."""
    return float(pair[0]), float(pair[1])
