"""Topology of a hierarchy as a document: hypernetworks, solvers, slots, and the paths that they form.

A :class:`Topology` is immutable. Editing makes a new one that shares every untouched node with the
old one, so that undo is keeping a reference and a difference is found by identity.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from functools import cached_property
from typing import Literal

import msgspec
from msgspec.structs import replace

from hhstudio.core.tree.annotations import Annotation

LinkMode = Literal["direct", "anchored"]
AnchorKind = Literal["seeded", "learned", "shared", "parent"]
Orientation = Literal["horizontal", "vertical"]


class LinkOverride(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Settings of one slot that differ from the spec's :class:`~hhstudio.core.spec.spec.Link`; None
    inherits."""

    mode: LinkMode | None = None
    alpha: float | None = None
    anchor: AnchorKind | None = None
    residual: bool | None = None


class Hypernetwork(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="kind",
    tag="hypernetwork",
):
    """A network whose output is the weights of its targets. None inherits the spec's setting.

    ``hidden``: widths of the hidden layers; ``chunk``: numbers a chunk; ``position``: canvas x, y;
    ``pinned``: stays there when the tree is tidied.
    """

    id: str
    name: str
    hidden: tuple[int, ...] | None = None
    chunk: int | None = None
    position: tuple[float, float] | None = None
    frozen: bool = False
    pinned: bool = False


class Solver(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="kind",
    tag="solver",
):
    """The network that works on the data; always a leaf. Its name is the name of its path (``P2-0``).

    ``tasks``: indices of the stream's tasks that its path learns; None: all of them.
    """

    id: str
    name: str
    architecture: str | None = None
    options: dict[str, int | float | str | bool | tuple[int, ...]] | None = None
    position: tuple[float, float] | None = None
    frozen: bool = False
    pinned: bool = False
    tasks: tuple[int, ...] | None = None


Node = Hypernetwork | Solver


class Slot(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """An outgoing edge of a hypernetwork: ``source`` generates the weights of ``target``."""

    id: str
    source: str
    target: str
    link: LinkOverride | None = None


class Path(msgspec.Struct, frozen=True):
    """root -> ... -> solver. ``hypernetworks`` and ``slots`` run from the root."""

    name: str
    hypernetworks: tuple[str, ...]
    slots: tuple[str, ...]
    solver: str

    @property
    def depth(self) -> int:
        return len(self.hypernetworks)


class Topology(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, dict=True
):
    """Nodes and slots in document order; the order of a node's slots is the order of its children.

    Loose nodes (without a slot that leads to them) are legal while drawing; :mod:`hhstudio.core.spec.rules`
    reports them. The only root that is trained is the node named by ``root``. ``annotations`` and
    ``orientation`` belong to the drawing.
    """

    root: str | None = None
    nodes: tuple[Node, ...] = ()
    slots: tuple[Slot, ...] = ()
    annotations: tuple[Annotation, ...] = ()
    orientation: Orientation = "horizontal"

    @cached_property
    def by_id(self) -> dict[str, Node]:
        return {node.id: node for node in self.nodes}

    @cached_property
    def slot_by_id(self) -> dict[str, Slot]:
        return {slot.id: slot for slot in self.slots}

    @cached_property
    def annotation_by_id(self) -> dict[str, Annotation]:
        return {annotation.id: annotation for annotation in self.annotations}

    @cached_property
    def outgoing(self) -> dict[str, tuple[Slot, ...]]:
        """Slots by the id of their source, in order."""
        slots_by_source: dict[str, list[Slot]] = {}
        for slot in self.slots:
            slots_by_source.setdefault(slot.source, []).append(slot)
        return {source: tuple(slots) for source, slots in slots_by_source.items()}

    @cached_property
    def incoming(self) -> dict[str, Slot]:
        """The slot that leads to a node, by the node's id (the first, if a broken document has more)."""
        slot_by_target: dict[str, Slot] = {}
        for slot in self.slots:
            slot_by_target.setdefault(slot.target, slot)
        return slot_by_target

    def children(self, node_id: str) -> tuple[Node, ...]:
        return tuple(
            self.by_id[slot.target] for slot in self.outgoing.get(node_id, ()) if slot.target in self.by_id
        )

    def parent(self, node_id: str) -> Node | None:
        slot = self.incoming.get(node_id)
        return self.by_id.get(slot.source) if slot else None

    def ancestors(self, node_id: str) -> tuple[str, ...]:
        """Ids from the parent up to the top; stops at a repeated node, so that a cycle cannot hang it."""
        ancestors: list[str] = []
        slot = self.incoming.get(node_id)
        while slot is not None and slot.source not in ancestors and slot.source != node_id:
            ancestors.append(slot.source)
            slot = self.incoming.get(slot.source)
        return tuple(ancestors)

    def subtree(self, node_id: str) -> tuple[str, ...]:
        """Ids of the node and everything below it, parents first."""
        ids: dict[str, None] = {}
        waiting = [node_id]
        while waiting:
            here = waiting.pop()
            if here in ids or here not in self.by_id:
                continue
            ids[here] = None
            waiting.extend(slot.target for slot in reversed(self.outgoing.get(here, ())))
        return tuple(ids)

    @cached_property
    def paths(self) -> tuple[Path, ...]:
        """Every root -> solver path, in the order of the solvers in the document."""
        by_solver = {path.solver: path for path in self._walk()}
        return tuple(by_solver[node.id] for node in self.nodes if node.id in by_solver)

    def path(self, name: str) -> Path:
        """The path of that name. Raises KeyError."""
        for path in self.paths:
            if path.name == name:
                return path
        raise KeyError(name)

    def _walk(self) -> Iterator[Path]:
        if self.root is None or self.root not in self.by_id:
            return
        waiting: list[tuple[str, tuple[str, ...], tuple[str, ...]]] = [(self.root, (), ())]
        while waiting:
            here, above, slots = waiting.pop()
            if here in above:
                continue
            node = self.by_id[here]
            if isinstance(node, Solver):
                yield Path(node.name, above, slots, here)
                continue
            for slot in reversed(self.outgoing.get(here, ())):
                if slot.target in self.by_id:
                    waiting.append((slot.target, (*above, here), (*slots, slot.id)))

    def fresh_id(self, prefix: str) -> str:
        """An id that no node and no slot has: prefix and the next number."""
        number = len(self.nodes) + len(self.slots) + len(self.annotations)
        while self.has_id(f"{prefix}{number}"):
            number += 1
        return f"{prefix}{number}"

    def has_id(self, item: str) -> bool:
        return item in self.by_id or item in self.slot_by_id or item in self.annotation_by_id

    def assigned(self, tasks: int) -> dict[str, tuple[int, ...]]:
        """The tasks that each path learns, ascending, by its solver's id; ``tasks``: how many there are."""
        assigned: dict[str, tuple[int, ...]] = {}
        for path in self.paths:
            solver = self.by_id[path.solver]
            assert isinstance(solver, Solver)
            assigned[path.solver] = tasks_of(solver, tasks)
        return assigned

    def path_name_below(self, hypernetwork_id: str) -> str:
        """The name that the original figure would give to a solver of that hypernetwork.

        Below the root: ``P1``; below the root's child 0: ``P2-0``; below child 1 of it: ``P3-01``.
        Further solvers of the same hypernetwork get ``b``, ``c`` ... behind it.
        """
        digits = self.child_numbers(hypernetwork_id)
        taken = {node.name for node in self.nodes}
        for number in range(len(self.nodes) + 1):
            name = path_name(digits, number)
            if name not in taken:
                return name
        return path_name(digits, 0)

    def child_numbers(self, hypernetwork_id: str) -> tuple[int, ...]:
        """Which of its parent's hypernetworks it is, at every level from below the top down to it."""
        chain = (*reversed(self.ancestors(hypernetwork_id)), hypernetwork_id)
        digits = []
        for above, below in itertools.pairwise(chain):
            hypernetworks = [c.id for c in self.children(above) if isinstance(c, Hypernetwork)]
            digits.append(hypernetworks.index(below))
        return tuple(digits)


def path_name(digits: tuple[int, ...], number: int) -> str:
    """The original figure's name for solver ``number`` of the hypernetwork with those child numbers."""
    separator = "." if any(digit > 9 for digit in digits) else ""
    base = f"P{len(digits) + 1}" + (f"-{separator.join(map(str, digits))}" if digits else "")
    return base if number == 0 else f"{base}{_letters(number)}"


def differ_in_places_only(one: Topology, other: Topology) -> bool:
    """Whether nodes or annotations stand elsewhere, annotations say something else, and nothing else
    differs. Places that are not finite count as more. Quick where most nodes are the same objects."""
    if one.root != other.root or one.slots != other.slots or len(one.nodes) != len(other.nodes):
        return False
    if one.annotations != other.annotations and not _notes_are_sound(other):
        return False
    return all(
        a is b or (_unplaced(a) == _unplaced(b) and _finite(a) and _finite(b))
        for a, b in zip(one.nodes, other.nodes, strict=True)
    )


def _notes_are_sound(topology: Topology) -> bool:
    """Whether annotations have proper places and ids that nothing else has."""
    ids = topology.annotation_by_id
    return (
        len(ids) == len(topology.annotations)
        and not any(i in topology.by_id or i in topology.slot_by_id for i in ids)
        and all(math.isfinite(side) for note in topology.annotations for side in (*note.at, *note.size))
        and all(min(note.size) > 0 for note in topology.annotations)
    )


def _unplaced(node: Node) -> Node:
    return replace(node, position=None, pinned=False)


def _finite(node: Node) -> bool:
    return node.position is None or all(map(math.isfinite, node.position))


def tasks_of(solver: Solver, tasks: int) -> tuple[int, ...]:
    """Indices below ``tasks`` of the tasks that a solver's path learns, ascending."""
    if solver.tasks is None:
        return tuple(range(tasks))
    return tuple(sorted({task for task in solver.tasks if 0 <= task < tasks}))


def _letters(number: int) -> str:
    """1 -> b, 25 -> z, then by number, so that names stay short and readable."""
    return chr(ord("a") + number) if number < 26 else f".{number}"
