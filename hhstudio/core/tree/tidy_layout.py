"""Tidy layout of a tree: positions by contours, in time proportional to its nodes.

After Reingold & Tilford 1981: subtrees are pushed together until their contours touch, a parent stands
in the middle of its children, the order of siblings is that of their slots and never changes. Nothing
recurses, so a chain of any length can be drawn. Positions are centres of cards, in canvas units.
"""

from __future__ import annotations

from hhstudio.core.tree.topology import Orientation, Topology

Position = tuple[float, float]

#: Canvas units from one level to the next, and between neighbours of a level.
SPACING: dict[Orientation, tuple[float, float]] = {"horizontal": (330.0, 120.0), "vertical": (190.0, 234.0)}

LOOSE_GAP = 0.6
"""Extra room before a loose tree, in neighbour distances."""


class _Contour:
    """One side of a subtree: breadth at every level, deepest first, plus an offset that moves them all."""

    __slots__ = ("at", "offset")

    def __init__(self) -> None:
        self.at: list[float] = []
        self.offset = 0.0


class _Block:
    """A laid-out subtree or row of subtrees: its left and right contours relative to its own zero."""

    __slots__ = ("left", "right")

    def __init__(self) -> None:
        self.left, self.right = _Contour(), _Contour()

    def put_on_top(self, breadth: float) -> None:
        """Add the level of the node above."""
        self.left.at.append(breadth - self.left.offset)
        self.right.at.append(breadth - self.right.offset)

    def push(self, other: _Block) -> float:
        """Put ``other`` to the right, one unit away at its closest level; returns how far it moved."""
        mine, his = self.right, other.left
        depth = min(len(mine.at), len(his.at))
        base = mine.offset - his.offset + 1.0
        shift = max(mine.at[-level] - his.at[-level] for level in range(1, depth + 1)) + base
        self.left = _over(self.left, other.left, shift, under_moves=True)
        self.right = _over(other.right, self.right, shift, under_moves=False)
        return shift


def _over(top: _Contour, under: _Contour, shift: float, under_moves: bool) -> _Contour:
    """The contour that is ``top`` where it has levels and ``under`` below; the shorter one is copied."""
    if under_moves:
        under.offset += shift
    else:
        top.offset += shift
    if len(top.at) >= len(under.at):
        return top
    move = top.offset - under.offset
    under.at[-len(top.at) :] = [value + move for value in top.at]
    return under


def tidy(topology: Topology, orientation: Orientation = "horizontal") -> dict[str, Position]:
    """A position for every node: the root's tree from (0, 0), loose trees beside it, one after another."""
    along, across = SPACING[orientation]
    positions: dict[str, Position] = {}
    seen: set[str] = set()
    beyond: float | None = None
    for top in _tops(topology):
        if top in seen:
            continue
        order, parents, shifts = _measure(topology, top, seen)
        breadths: dict[str, float] = {}
        levels: dict[str, int] = {}
        for node in order:
            parent = parents[node]
            above, level = (breadths[parent], levels[parent] + 1) if parent is not None else (0.0, 0)
            breadths[node], levels[node] = above + shifts[node], level
        start = 0.0 if beyond is None else beyond + 1.0 + LOOSE_GAP - min(breadths.values())
        beyond = start + max(breadths.values())
        for node in order:
            one, two = levels[node] * along, (breadths[node] + start) * across
            positions[node] = (one, two) if orientation == "horizontal" else (two, one)
    return positions


def arrange(topology: Topology, orientation: Orientation = "horizontal") -> dict[str, Position]:
    """Positions at which the canvas draws the nodes: as they were put, and tidily around that otherwise.

    A node without a position of its own stands where :func:`tidy` has it, moved as its nearest placed
    ancestor was moved: a dragged hypernetwork takes its subtree along.
    """
    tidied = tidy(topology, orientation)
    moved: dict[str, Position] = {}
    for node_id, (x, y) in tidied.items():  # parents come before their children
        own = topology.by_id[node_id].position
        parent = topology.incoming.get(node_id)
        dx, dy = moved.get(parent.source, (0.0, 0.0)) if parent is not None else (0.0, 0.0)
        moved[node_id] = (own[0] - x, own[1] - y) if own is not None else (dx, dy)
    return {i: (x + moved[i][0], y + moved[i][1]) for i, (x, y) in tidied.items()}


def _tops(topology: Topology) -> list[str]:
    """Ids of the tops: the root, loose nodes in document order, and last whatever is left of cycles."""
    root = [topology.root] if topology.root in topology.by_id else []
    loose = [node.id for node in topology.nodes if node.id not in topology.incoming]
    return [*root, *loose, *topology.by_id]


def _measure(
    topology: Topology, top: str, seen: set[str]
) -> tuple[list[str], dict[str, str | None], dict[str, float]]:
    """Ids below ``top`` (parents first), the parent of each, and its breadth relative to that parent."""
    order, parents = [top], {top: None}
    children: dict[str, list[str]] = {}
    outgoing, nodes = topology.outgoing, topology.by_id
    seen.add(top)
    for node in order:  # grows while it is walked
        below = children[node] = []
        for slot in outgoing.get(node, ()):
            if slot.target not in seen and slot.target in nodes:
                seen.add(slot.target)
                parents[slot.target] = node  # type: ignore[assignment]
                below.append(slot.target)
        order.extend(below)
    shifts: dict[str, float] = {top: 0.0}
    blocks: dict[str, _Block] = {}
    for node in reversed(order):
        below = children[node]
        if not below:
            block = blocks[node] = _Block()
            block.put_on_top(0.0)
            continue
        block = blocks.pop(below[0])
        places = [0.0, *(block.push(blocks.pop(child)) for child in below[1:])]
        middle = (places[0] + places[-1]) / 2
        for child, place in zip(below, places, strict=True):
            shifts[child] = place - middle
        block.left.offset -= middle
        block.right.offset -= middle
        block.put_on_top(0.0)
        blocks[node] = block
    return order, parents, shifts  # type: ignore[return-value]
