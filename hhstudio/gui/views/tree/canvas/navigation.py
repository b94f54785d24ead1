"""Navigation by arrow keys: the node that one leads to."""

from __future__ import annotations

from collections.abc import Mapping

from hhstudio.core.tree.tidy_layout import Orientation, Position
from hhstudio.core.tree.topology import Topology


def neighbour(
    topology: Topology,
    places: Mapping[str, Position],
    here: str,
    direction: tuple[int, int],
    orientation: Orientation,
) -> str | None:
    """The next node from ``here``: along the tree's growth the parent or the nearest child, across it
    the nearest node in that direction, preferably of the same level. None when there is none."""
    grows, aside = direction if orientation == "horizontal" else (direction[1], direction[0])
    if grows < 0:
        parent = topology.parent(here)
        return parent.id if parent else None
    x, y = places[here]
    if grows > 0:
        children = [child.id for child in topology.children(here) if child.id in places]
        across = 1 if orientation == "horizontal" else 0
        own = places[here][across]
        return min(children, key=lambda i: abs(places[i][across] - own), default=None)
    best, least = None, float("inf")
    for node_id, (other_x, other_y) in places.items():
        if orientation == "horizontal":
            ahead, off = (other_y - y) * aside, abs(other_x - x)
        else:
            ahead, off = (other_x - x) * aside, abs(other_y - y)
        if node_id != here and ahead > 0 and ahead + 3 * off < least:
            best, least = node_id, ahead + 3 * off
    return best
