"""Editor of the tree: edits of nodes, slots, places and annotations, each one command of the document."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from msgspec.structs import replace

from hhstudio.core.spec import rules
from hhstudio.core.spec.document import Document
from hhstudio.core.spec.spec import Spec
from hhstudio.core.tree import annotation_edits, editing
from hhstudio.core.tree.alignment import ALIGNMENTS, Alignment, Box, aligned
from hhstudio.core.tree.annotations import AnnotationColor, AnnotationKind
from hhstudio.core.tree.tidy_layout import Position
from hhstudio.core.tree.topology import Hypernetwork, LinkOverride, Orientation, Solver, Topology

NUDGE = 10.0
"""Canvas units that a key moves."""


class TreeEditor:
    """Edits a document's tree on behalf of its views. ``say`` receives why an edit was refused.

    While ``locked`` holds a reason, every edit is refused with it.
    """

    def __init__(self, document: Document, say: Callable[[str], None]) -> None:
        self.document = document
        self.say = say
        self.locked = ""

    @property
    def topology(self) -> Topology:
        return self.document.topology

    def may_edit(self) -> bool:
        """Says why not, if not."""
        if self.locked:
            self.say(self.locked)
        return not self.locked

    def start_single(self) -> bool:
        """A root with one solver, in place of whatever there is."""
        if not self.may_edit():
            return False
        self.document.apply_topology("Start with a root and a solver", editing.single())
        return True

    def add_root(self, at: Position | None = None) -> str | None:
        """A hypernetwork without a parent: the root, if there is none yet. Returns its id."""
        if not self.may_edit():
            return None
        topology, node = editing.add_root(self.topology)
        what = "the root" if topology.root == node else "a loose hypernetwork"
        return self._grown(f"Add {what} {topology.by_id[node].name}", topology, node, at)

    def add_child(self, parent: str, at: Position | None = None) -> str | None:
        if not self._may_grow(parent):
            return None
        topology, node = editing.add_child(self.topology, parent)
        return self._grown(f"Add {topology.by_id[node].name} below {self._name(parent)}", topology, node, at)

    def add_solver(
        self, parent: str, architecture: str | None = None, at: Position | None = None
    ) -> str | None:
        """A solver, and with it a path; ``architecture`` None: as the spec says for all."""
        if not self._may_grow(parent):
            return None
        topology, node = editing.add_solver(self.topology, parent, architecture)
        return self._grown(f"Add path {topology.by_id[node].name}", topology, node, at)

    def connect(self, source: str, target: str) -> bool:
        """Draw a slot where the rules allow it."""
        if not self.may_edit():
            return False
        verdict = rules.can_connect(self.topology, source, target)
        if not verdict.ok:
            self.say(verdict.reason)
            return False
        title = f"Connect {self._name(source)} to {self._name(target)}"
        self.document.apply_topology(title, editing.connect(self.topology, source, target))
        return True

    def move_below(self, node_ids: Iterable[str], source: str) -> bool:
        """Let another hypernetwork generate nodes, which keep their links and what is below them."""
        topology = self.topology
        chosen = [i for i in node_ids if i in topology.by_id]
        chosen = [i for i in chosen if set(chosen).isdisjoint(topology.ancestors(i))]
        if not chosen or not self.may_edit():
            return False
        after = topology
        for node in chosen:
            old = after.incoming.get(node)
            if old is not None:
                if old.source == source:
                    continue
                after = editing.disconnect(after, old.id)
            verdict = rules.can_connect(after, source, node)
            if not verdict.ok:
                self.say(verdict.reason)
                return False
            after = editing.connect(after, source, node)
            if old is not None and old.link is not None:
                after = editing.set_link(after, after.slots[-1].id, old.link)
        self.document.apply_topology(f"Move {self._names(chosen)} below {self._name(source)}", after)
        return True

    def remove(self, ids: Iterable[str], word: str = "Remove") -> bool:
        """Nodes with everything below them, slots and annotations, in one step. ``word``: for its title."""
        chosen = list(ids)
        nodes = [i for i in chosen if i in self.topology.by_id]
        slots = [i for i in chosen if i in self.topology.slot_by_id]
        notes = [i for i in chosen if i in self.topology.annotation_by_id]
        if not (nodes or slots or notes) or not self.may_edit():
            return False
        gone = {below for node in nodes for below in self.topology.subtree(node)}
        after = annotation_edits.remove(editing.remove(self.topology, nodes), notes)
        for slot in slots:
            after = editing.disconnect(after, slot)
        self.document.apply_topology(self._removal_title(word, nodes, slots, notes, len(gone)), after)
        return True

    def rename(self, node_id: str, name: str) -> bool:
        """False, with the reason said, when the node cannot have that name."""
        if node_id not in self.topology.by_id or not self.may_edit():
            return False
        problem = rules.name_problem(self.topology, node_id, name)
        if problem:
            self.say(problem)
            return False
        title = f"Rename {self._name(node_id)} to {name}"
        self.document.apply_topology(title, editing.update(self.topology, node_id, name=name))
        return True

    def tidy(self) -> bool:
        """Give every node back to the automatic layout."""
        free = any(node.position is not None and not node.pinned for node in self.topology.nodes)
        if not free:
            pinned = any(node.pinned for node in self.topology.nodes)
            self.say("The tree is tidy, but for what is pinned" if pinned else "The tree is tidy already")
            return False
        if not self.may_edit():
            return False
        self.document.apply_topology("Tidy the tree", editing.tidied(self.topology))
        return True

    def move_among(self, node_id: str, by: int) -> bool:
        """Up (-1) or down (1) among its siblings; with it the order of the paths' slots."""
        after = editing.move_among(self.topology, node_id, by)
        if after is self.topology or not self.may_edit():
            return False
        self.document.apply_topology(f"Move {self._name(node_id)} among its siblings", after)
        return True

    def assign(self, solver_ids: Iterable[str], tasks: Iterable[int] | None) -> bool:
        """The tasks that paths learn, by the ids of their solvers; None: all."""
        chosen = [i for i in solver_ids if isinstance(self.topology.by_id.get(i), Solver)]
        if not chosen or not self.may_edit():
            return False
        after = editing.assign_tasks(self.topology, chosen, tasks)
        self.document.apply_topology(f"Assign tasks to {self._names(chosen)}", after)
        return True

    def assign_each(self, tasks: Mapping[str, Iterable[int]]) -> bool:
        """The tasks of several paths in one step, by the ids of their solvers."""
        if not tasks or not self.may_edit():
            return False
        after = self.topology
        for solver, chosen in tasks.items():
            after = editing.assign_tasks(after, [solver], chosen)
        self.document.apply_topology(f"Assign tasks to {self._names(list(tasks))}", after)
        return True

    def fix(self, title: str, spec: Spec) -> bool:
        """Take a remedy that :mod:`hhstudio.core.spec.fixes` offered."""
        if not self.may_edit():
            return False
        self.document.apply(title, spec)
        return True

    def make_root(self, node_id: str) -> bool:
        """Make a hypernetwork without a parent the root."""
        node = self.topology.by_id.get(node_id)
        if not isinstance(node, Hypernetwork) or not self.may_edit():
            return False
        if node_id in self.topology.incoming:
            self.say(f"{node.name} is generated by {self._name(self.topology.incoming[node_id].source)}")
            return False
        self.document.apply_topology(f"Make {node.name} the root", replace(self.topology, root=node_id))
        return True

    def set_architecture(self, node_ids: Iterable[str], architecture: str | None) -> bool:
        """Solvers of that kind; None: as the spec says for all."""
        chosen = [i for i in node_ids if isinstance(self.topology.by_id.get(i), Solver)]
        if not chosen or not self.may_edit():
            return False
        fields = {i: {"architecture": architecture, "options": None} for i in chosen}
        title = f"Make {self._names(chosen)} {architecture or 'as all solvers'}"
        self.document.apply_topology(title, editing.update_many(self.topology, fields))
        return True

    def set_link(self, slot_ids: Iterable[str], link: LinkOverride | None) -> bool:
        chosen = [i for i in slot_ids if i in self.topology.slot_by_id]
        if not chosen or not self.may_edit():
            return False
        after = self.topology
        for slot in chosen:
            after = editing.set_link(after, slot, link)
        mode = (link.mode if link else None) or "as all links"
        self.document.apply_topology(f"Link to {self._slot_target(chosen[0])}: {mode}", after)
        return True

    # places --------------------------------------------------------------------------------------------

    def move(
        self, nodes: Mapping[str, Position], notes: Mapping[str, Position], merge: str | None = None
    ) -> None:
        """Cards by their centres, annotations by their top left corners."""
        topology = self.topology
        nodes = {i: at for i, at in nodes.items() if i in topology.by_id}
        notes = {i: at for i, at in notes.items() if i in topology.annotation_by_id}
        if self.may_edit() and (nodes or notes):
            after = annotation_edits.move(editing.move(topology, nodes), notes)
            self.document.apply_topology(f"Move {self._names([*nodes, *notes])}", after, merge)

    def nudge(self, ids: Iterable[str], places: Mapping[str, Position], dx: int, dy: int) -> None:
        """Move by one step of the grid from the cards' ``places``; steps that follow each other are one
        command."""
        topology = self.topology
        chosen = list(ids)
        nodes = {
            i: (places[i][0] + dx * NUDGE, places[i][1] + dy * NUDGE) for i in chosen if i in topology.by_id
        }
        notes = {
            i: (at[0] + dx * NUDGE, at[1] + dy * NUDGE)
            for i in chosen if i in topology.annotation_by_id
            for at in (topology.annotation_by_id[i].at,)
        }  # fmt: skip
        self.move(nodes, notes, merge=f"nudge {sorted(chosen)}")

    def align(self, boxes: Mapping[str, Box], how: Alignment) -> bool:
        """Line up cards and annotations, given by id."""
        least = 3 if how in ("across", "down") else 2
        if len(boxes) < least:
            self.say(f"Select {'three' if least == 3 else 'two'} or more to line them up")
            return False
        if not self.may_edit():
            return False
        goals = aligned(boxes, how)
        topology = self.topology
        nodes = {
            i: (x + boxes[i][2] / 2, y + boxes[i][3] / 2)
            for i, (x, y) in goals.items() if i in topology.by_id
        }  # fmt: skip
        notes = {i: at for i, at in goals.items() if i in topology.annotation_by_id}
        after = annotation_edits.move(editing.move(topology, nodes), notes)
        self.document.apply_topology(ALIGNMENTS[how], after)
        return True

    def pin(self, places: Mapping[str, Position], on: bool) -> bool:
        """Pin nodes to their ``places``, where they stay when the tree is tidied, or release them."""
        chosen = [i for i in places if i in self.topology.by_id]
        if not chosen or not self.may_edit():
            return False
        if on:
            after = editing.pin(self.topology, {i: places[i] for i in chosen})
        else:
            after = editing.unpin(self.topology, chosen)
        self.document.apply_topology(f"{'Pin' if on else 'Unpin'} {self._names(chosen)}", after)
        return True

    def turn(self) -> bool:
        """Let the tree grow in the other direction, tidily; pinned nodes stay."""
        if not self.may_edit():
            return False
        across = self.topology.orientation == "horizontal"
        orientation: Orientation = "vertical" if across else "horizontal"
        title = f"Let the tree grow {'downwards' if across else 'to the right'}"
        self.document.apply_topology(title, editing.tidied(self.topology, orientation))
        return True

    # comments and frames -------------------------------------------------------------------------------

    def add_annotation(
        self, kind: AnnotationKind, at: Position, size: Position | None = None, text: str = ""
    ) -> str | None:
        """A comment or a frame with its top left corner there; its id."""
        if not self.may_edit():
            return None
        after, annotation_id = annotation_edits.add(self.topology, kind, at, size, text)
        self.document.apply_topology(f"Add a {kind}", after)
        return annotation_id

    def add_frame(self, boxes: Iterable[Box]) -> str | None:
        """A frame around boxes; its id."""
        if not self.may_edit():
            return None
        after, annotation_id = annotation_edits.framed(self.topology, boxes, "Frame")
        self.document.apply_topology("Frame the selection", after)
        return annotation_id

    def write_annotation(self, annotation_id: str, text: str) -> None:
        if annotation_id in self.topology.annotation_by_id and self.may_edit():
            kind = self.topology.annotation_by_id[annotation_id].kind
            after = annotation_edits.update(self.topology, annotation_id, text=text)
            title = "Rename a frame" if kind == "frame" else "Write a comment"
            self.document.apply_topology(title, after)

    def color_annotations(self, annotation_ids: Iterable[str], color: AnnotationColor) -> None:
        chosen = [i for i in annotation_ids if i in self.topology.annotation_by_id]
        if chosen and self.may_edit():
            after = annotation_edits.update_many(self.topology, {i: {"color": color} for i in chosen})
            self.document.apply_topology(f"Make {self._names(chosen)} {color}", after)

    def resize_annotation(self, annotation_id: str, fields: Mapping[str, Position]) -> None:
        if annotation_id in self.topology.annotation_by_id and self.may_edit():
            kind = self.topology.annotation_by_id[annotation_id].kind
            after = annotation_edits.update(self.topology, annotation_id, **fields)
            self.document.apply_topology(f"Resize a {kind}", after)

    # words ---------------------------------------------------------------------------------------------

    def _may_grow(self, parent: str) -> bool:
        node = self.topology.by_id.get(parent)
        if isinstance(node, Solver):
            self.say(f"{node.name} is a solver: only hypernetworks generate weights")
        return isinstance(node, Hypernetwork) and self.may_edit()

    def _grown(self, title: str, topology: Topology, node: str, at: Position | None) -> str:
        if at is not None:
            topology = editing.move(topology, {node: at})
        self.document.apply_topology(title, topology)
        return node

    def _name(self, node_id: str) -> str:
        return self.topology.by_id[node_id].name

    def _names(self, ids: list[str]) -> str:
        if len(ids) != 1:
            return f"{len(ids)} things" if set(ids) - self.topology.by_id.keys() else f"{len(ids)} nodes"
        node = self.topology.by_id.get(ids[0])
        return node.name if node else f"a {self.topology.annotation_by_id[ids[0]].kind}"

    def _slot_target(self, slot_id: str) -> str:
        return self._name(self.topology.slot_by_id[slot_id].target)

    def _removal_title(
        self, word: str, nodes: list[str], slots: list[str], notes: list[str], gone: int
    ) -> str:
        if nodes:
            below = gone - len(nodes)
            return f"{word} {self._names(nodes)}" + (f" and {below} below" if below > 0 else "")
        if notes:
            kind = self.topology.annotation_by_id[notes[0]].kind
            return f"{word} a {kind}" if len(notes) == 1 else f"{word} {len(notes)} notes"
        return (
            f"Disconnect {self._slot_target(slots[0])}" if len(slots) == 1 else f"{word} {len(slots)} slots"
        )
