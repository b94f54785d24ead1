"""Every edit that the canvas makes, as one command of the document each; refusals say why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from msgspec.structs import replace

from hhstudio.core.spec import rules
from hhstudio.core.spec.document import Document
from hhstudio.core.spec.spec import Spec
from hhstudio.core.tree import annotation_edits, editing
from hhstudio.core.tree.tidy_layout import Position
from hhstudio.core.tree.topology import Hypernetwork, LinkOverride, Solver, Topology


class TreeEditor:
    """Edits a document's tree on behalf of its views. ``say`` receives what a user should read.

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

    def _names(self, node_ids: list[str]) -> str:
        return self._name(node_ids[0]) if len(node_ids) == 1 else f"{len(node_ids)} nodes"

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
