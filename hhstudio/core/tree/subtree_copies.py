"""Subtree copies put into a tree, with ids and names of their own, in linear time."""

from __future__ import annotations

import re

from msgspec.structs import replace

from hhstudio.core.tree.topology import Hypernetwork, LinkOverride, Node, Slot, Solver, Topology, path_name

_PATH_NAME = re.compile(r"P\d+(-[\d.]+)?([a-z]|\.\d+)?")


class SubtreeCopies:
    """Copies that are added to a topology; :meth:`result` is the topology with them."""

    def __init__(self, topology: Topology) -> None:
        self._topology = topology
        self._nodes: list[Node] = []
        self._slots: list[Slot] = []
        self._ids = {*topology.by_id, *topology.slot_by_id, *topology.annotation_by_id}
        self._number = len(topology.nodes) + len(topology.slots) + len(topology.annotations)
        self._names: dict[type, set[str]] = {Hypernetwork: set(), Solver: set()}
        for node in topology.nodes:
            self._names[type(node)].add(node.name)
        self._tried: dict[object, int] = {}
        self._digits: dict[str, tuple[int, ...]] = {}
        self._hypernetworks: dict[str, int] = {}

    def result(self) -> Topology:
        topology = self._topology
        return replace(topology, nodes=(*topology.nodes, *self._nodes), slots=(*topology.slots, *self._slots))

    def copy(
        self, source: Topology, top: str, parent: str | None, link: LinkOverride | None
    ) -> dict[str, str]:
        """Copy the subtree of ``top`` below ``parent`` (None: loose), parents before their children, without
        places. The new id of every node, by its old one; a node that is met twice is copied once."""
        new_ids: dict[str, str] = {}
        waiting: list[tuple[str, str | None, LinkOverride | None]] = [(top, parent, link)]
        while waiting:
            old, above, how = waiting.pop()
            if old in new_ids or old not in source.by_id:
                continue
            node = source.by_id[old]
            solver = isinstance(node, Solver)
            name = self._name(node, above)
            new = new_ids[old] = self._fresh("s" if solver else "h")
            self._nodes.append(replace(node, id=new, name=name, position=None, pinned=False))
            if above is not None:
                self._slots.append(Slot(id=self._fresh("e"), source=above, target=new, link=how))
            if not solver:
                self._count(new, above)
                below = source.outgoing.get(old, ())
                waiting.extend((slot.target, new, slot.link) for slot in reversed(below))
        return new_ids

    def _fresh(self, prefix: str) -> str:
        while f"{prefix}{self._number}" in self._ids:
            self._number += 1
        fresh = f"{prefix}{self._number}"
        self._ids.add(fresh)
        self._number += 1
        return fresh

    def _name(self, node: Node, parent: str | None) -> str:
        """The node's own where it is free; the figure's name for paths that have one; otherwise numbered."""
        taken = self._names[type(node)]
        if isinstance(node, Solver) and parent is not None and _PATH_NAME.fullmatch(node.name):
            name = self._path_name(parent)
        elif node.name not in taken:
            name = node.name
        else:
            stem = (
                re.sub(r" \d+$", "", node.name)
                if isinstance(node, Solver)
                else node.name.rstrip("0123456789")
            )
            joint = "" if isinstance(node, Hypernetwork) and stem != node.name else " "
            key = type(node), stem, joint
            number = self._tried.get(key, 2 if joint else 1)
            while f"{stem}{joint}{number}" in taken:
                number += 1
            self._tried[key] = number + 1
            name = f"{stem}{joint}{number}"
        taken.add(name)
        return name

    def _path_name(self, parent: str) -> str:
        digits = self._where(parent)
        number = self._tried.get(digits, 0)
        while any((name := path_name(digits, number)) in taken for taken in self._names.values()):
            number += 1
        self._tried[digits] = number + 1
        return name

    def _where(self, hypernetwork: str) -> tuple[int, ...]:
        """Which child a hypernetwork is at every level below the top."""
        digits = self._digits.get(hypernetwork)
        if digits is None:
            digits = self._digits[hypernetwork] = self._topology.child_numbers(hypernetwork)
        return digits

    def _count(self, child: str, parent: str | None) -> None:
        """Take in a new hypernetwork, the last one of its parent's."""
        if parent is None:
            self._digits[child] = ()
            return
        above = self._where(parent)
        number = self._hypernetworks.get(parent)
        if number is None:
            siblings = self._topology.children(parent) if parent in self._topology.by_id else ()
            number = sum(isinstance(node, Hypernetwork) for node in siblings)
        self._hypernetworks[parent] = number + 1
        self._digits[child] = (*above, number)
