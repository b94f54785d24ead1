"""Growth in a run: checks that another tree can take over from the present one, and the policy's state."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace

from hhstudio.core.errors import SpecError
from hhstudio.core.spec import growth, rules
from hhstudio.core.spec.growth import Outcome, Proposal
from hhstudio.core.spec.spec import Spec
from hhstudio.core.spec.tasks import TaskInfo
from hhstudio.core.tree.topology import Node, Path, Topology
from hhstudio.learn.training.schedule import RunPosition, Segment
from hhstudio.nets.build import Chain, Tree

if TYPE_CHECKING:
    from hhstudio.nets.stored import Condition


class Grower:
    """Growth policy of a run, with all that it looks at.

    Parameters
    ----------
    spec : Spec
    tasks : sequence of TaskInfo

    Attributes
    ----------
    outcomes : list of Outcome
        What was learned so far, in order.
    asked : int
        How many of them the policy has seen.
    grown : int
        How often it has grown. These three decide everything, and are kept with the run's state.
    """

    def __init__(self, spec: Spec, tasks: Sequence[TaskInfo]) -> None:
        self._settings, self._tasks = spec.growth, tasks
        self.outcomes: list[Outcome] = []
        self.asked = self.grown = 0

    @property
    def looks_at_validation(self) -> bool:
        """Whether the policy needs validation accuracies."""
        return self._settings.policy == "accuracy"

    def note(self, segment: Segment, accuracies: Mapping[Condition, float]) -> None:
        """Take in a segment that is learned.

        Parameters
        ----------
        segment : Segment
        accuracies : mapping of Condition to float
            On validation images, 0 to 1, where measured.
        """
        self.outcomes += [Outcome(c.solver, c.task, accuracies.get(c)) for c in segment]

    def propose(self, topology: Topology, taken: Collection[str]) -> Proposal | None:
        """Growth that the policy wants; asked once after every task.

        Parameters
        ----------
        topology : Topology
        taken : collection of str
            Names of paths, past ones too.

        Returns
        -------
        Proposal or None
        """
        if self.asked == len(self.outcomes):
            return None
        self.asked = len(self.outcomes)
        return growth.propose(self._settings, topology, self.outcomes, self._tasks, self.grown, taken)

    def to_json(self) -> dict[str, Any]:
        """State as JSON-able values."""
        outcomes = msgspec.to_builtins(self.outcomes)
        return {"outcomes": outcomes, "asked": self.asked, "grown": self.grown}

    def load(self, data: Mapping[str, Any]) -> None:
        """The inverse of :meth:`to_json`; nothing where the state was saved before there was growth.

        Parameters
        ----------
        data : mapping of str to object
        """
        self.outcomes = msgspec.convert(data.get("outcomes", []), list[Outcome])
        self.asked, self.grown = int(data.get("asked", 0)), int(data.get("grown", 0))


def check(
    spec: Spec, at: RunPosition, before: Tree, topology: Topology, removed: Collection[str], busy: str = ""
) -> None:
    """Refuse a tree with which a run cannot go on.

    What has begun to learn keeps its place, its architecture and its name. Nodes go only where they are
    named in ``removed``, so that a tree that was drawn before the last growth takes nothing away; and not
    while they learn.

    Parameters
    ----------
    spec : Spec
    at : RunPosition
    before : Tree
    topology : Topology
        The tree to go on with.
    removed : collection of str
        Ids of nodes that may go.
    busy : str
        Why nothing that has learned can go, or be released, just now; empty when it can.

    Raises
    ------
    SpecError
        Says why not.
    """
    rules.check(replace(spec, topology=topology))
    begun = {c.solver for c in at.begun}
    for node in before.topology.nodes:
        after = topology.by_id.get(node.id)
        if after is None:
            _check_gone(node, removed, {c.solver for c in at.current}, busy if node.id in begun else "")
        elif busy and node.frozen and not after.frozen:
            raise SpecError(f"{node.name} cannot be released just now: {busy}")
    for path in topology.paths:
        _check_name(path, at)
    for solver in begun & topology.by_id.keys():
        _check_place(before.chains[solver], before.topology, topology)


def check_built(before: Tree, after: Tree, begun: Collection[str]) -> None:
    """Refuse a tree in which a path that has begun to learn is built another way.

    Parameters
    ----------
    before, after : Tree
    begun : collection of str
        Ids of the solvers that have begun to learn.

    Raises
    ------
    SpecError
        Names the path and what would change.
    """
    for solver in begun:
        chain, new = before.chains[solver], after.chains.get(solver)
        if new is None:
            continue
        for node in chain.nodes:
            if after.generators[node] != before.generators[node]:
                name = before.topology.by_id[node].name
                raise SpecError(
                    f"{name} has trained weights on path {chain.name}: its hidden widths and chunk size stay"
                )
        for old_edge, new_edge in zip(chain.edges, new.edges, strict=True):
            if old_edge != new_edge:
                taker = before.topology.by_id[old_edge.target].name
                what = "architecture" if old_edge.spec != new_edge.spec else "link"
                raise SpecError(f"{taker} has begun to learn on path {chain.name}: its {what} stays")


def _check_gone(node: Node, removed: Collection[str], learning: Collection[str], busy: str) -> None:
    if node.id not in removed:
        raise SpecError(f"{node.name} is not in the new tree, though nobody asked to remove it")
    if node.id in learning:
        raise SpecError(f"{node.name} is learning: it can be removed when its task is done")
    if busy:
        raise SpecError(f"{node.name} cannot be removed just now: {busy}")


def _check_name(path: Path, at: RunPosition) -> None:
    if path.solver in at.solvers:
        recorded = at.name(path.solver)
        if path.name != recorded:
            raise SpecError(f"{recorded} keeps its name while the run is on: its curves are kept under it")
    elif path.name in at.names:
        raise SpecError(f"there was a path {path.name!r} in this run: give the new one another name")


def _check_place(chain: Chain, old: Topology, new: Topology) -> None:
    path = next((p for p in new.paths if p.solver == chain.solver), None)
    slots = tuple(edge.slot for edge in chain.edges)
    if path is None or (path.hypernetworks, path.slots) != (chain.nodes, slots):
        way = " → ".join(old.by_id[i].name for i in (*chain.nodes, chain.solver))
        raise SpecError(f"path {chain.name} has begun to learn: {way} stays connected as it is")
