"""Growth of a tree: the edits that add to it, and the policies that propose them while a run goes on.

A child hypernetwork is grown together with a solver below it, that is, with a path that can learn. What
exists is left alone: every edge of the old tree is an edge of the new one, so that nothing changes for
the conditions that have learned. Policies are pure functions of what a run has recorded, so that a run
that was interrupted grows as it would have grown.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple, Protocol

import msgspec

from hhstudio.core.spec.spec import Growth
from hhstudio.core.spec.tasks import TaskInfo
from hhstudio.core.tree import editing
from hhstudio.core.tree.topology import Hypernetwork, Path, Solver, Topology, tasks_of


class Grown(NamedTuple):
    """A tree with a child more. ``path``: the name of the new path."""

    topology: Topology
    child: str
    solver: str
    path: str


class Outcome(msgspec.Struct, frozen=True):
    """One task learned: on which path, which task, and its validation accuracy, 0 to 1, right after (None
    where nothing was held out)."""

    solver: str
    task: int
    accuracy: float | None = None


class Proposal(NamedTuple):
    """What a policy wants: the tree to go on with, and why."""

    topology: Topology
    reason: str


class GrowthPolicy(Protocol):
    """Decides when a path is full."""

    def why(self, outcomes: Sequence[Outcome], topology: Topology, tasks: Sequence[TaskInfo]) -> str:
        """Why a child should grow now that the last of ``outcomes`` is learned; empty when none should."""
        ...

    def again(self, outcomes: Sequence[Outcome]) -> bool:
        """Whether the task just learned shall be learned on the new path, too."""
        ...


class EveryTasks:
    """A path is full after a number of tasks."""

    def __init__(self, count: int) -> None:
        self.count = count

    def why(self, outcomes: Sequence[Outcome], topology: Topology, tasks: Sequence[TaskInfo]) -> str:
        solver = outcomes[-1].solver
        learned = sum(outcome.solver == solver for outcome in outcomes)
        if learned < self.count:
            return ""
        number = "a task" if learned == 1 else f"{learned} tasks"
        return f"{_name(topology, solver)} has learned {number}"

    def again(self, outcomes: Sequence[Outcome]) -> bool:
        return False


class AccuracyBelow:
    """A path is full when the validation accuracy of the task just learned is below a threshold.

    A task that fell short on two paths is hard, rather than the second path full: nothing grows for it.
    """

    def __init__(self, threshold: float) -> None:
        self.threshold = threshold

    def why(self, outcomes: Sequence[Outcome], topology: Topology, tasks: Sequence[TaskInfo]) -> str:
        *earlier, last = outcomes
        if last.accuracy is None or last.accuracy >= self.threshold:
            return ""
        if any(o.task == last.task and o.solver != last.solver for o in earlier):
            return ""
        reached, wanted = _percent(last.accuracy), _percent(self.threshold)
        name = tasks[last.task].name
        return f"{_name(topology, last.solver)} reaches only {reached} on {name}, below {wanted}"

    def again(self, outcomes: Sequence[Outcome]) -> bool:
        return True


def policy_of(settings: Growth) -> GrowthPolicy | None:
    """The policy that the settings name; None for growing by hand only."""
    if settings.policy == "every":
        return EveryTasks(settings.tasks)
    if settings.policy == "accuracy":
        return AccuracyBelow(settings.threshold)
    return None


def propose(
    settings: Growth,
    topology: Topology,
    outcomes: Sequence[Outcome],
    tasks: Sequence[TaskInfo],
    grown: int = 0,
    taken: Collection[str] = (),
) -> Proposal | None:
    """What the policy wants after the last outcome; None when that is nothing.

    The path that is full keeps what it has learned and is assigned nothing more; the new one is assigned
    the tasks that were still to come on it and, with ``settings.again`` and a policy that says so, the one
    that fell short. It takes its turn as ``stream.order`` has it. Nothing grows where no task is left.
    ``grown``: how often the policy has grown already; ``taken``: names that the new path may not have.
    """
    policy = policy_of(settings)
    if policy is None or not outcomes or grown >= settings.limit:
        return None
    full = next((p for p in topology.paths if p.solver == outcomes[-1].solver), None)
    if full is None or not (reason := policy.why(outcomes, topology, tasks)):
        return None
    below = _generator_of_child(full, settings)
    solver = topology.by_id[full.solver]
    assert isinstance(solver, Solver)
    learned = {o.task for o in outcomes if o.solver == full.solver}
    left = [t for t in tasks_of(solver, len(tasks)) if t not in learned]
    wanted = [outcomes[-1].task, *left] if settings.again and policy.again(outcomes) else left
    if below is None or not wanted:
        return None
    topology = editing.update(topology, full.solver, tasks=tuple(sorted(learned)))
    result = grow(topology, below, taken=taken, tasks=tuple(sorted(wanted)), like=full.solver)
    child, giver = (result.topology.by_id[i].name for i in (result.child, below))
    first = tasks[min(wanted, key=lambda t: (t != outcomes[-1].task, t))].name
    return Proposal(
        result.topology,
        f"{reason}: {child} grows below {giver}, and {result.path} goes on with {first}",
    )


def grow(
    topology: Topology,
    below: str,
    *,
    taken: Collection[str] = (),
    tasks: tuple[int, ...] | None = None,
    like: str | None = None,
) -> Grown:
    """With a child of hypernetwork ``below`` that is built like it, and a solver below the child.

    ``taken``: names that the new path may not have, beside those in the tree. ``tasks``: what it learns.
    ``like``: the solver that the new one is built like. Raises KeyError for an unknown hypernetwork.
    """
    giver = topology.by_id[below]
    if not isinstance(giver, Hypernetwork):
        raise KeyError(below)
    grown, child = editing.add_child(topology, below)
    grown = editing.update(grown, child, hidden=giver.hidden, chunk=giver.chunk)
    grown, solver = editing.add_solver(grown, child)
    name = _free(grown.by_id[solver].name, {*taken, *(n.name for n in topology.nodes)})
    fields: dict[str, object] = {"name": name, "tasks": tasks}
    model = topology.by_id.get(like) if like is not None else _a_solver(topology, below)
    if isinstance(model, Solver):
        fields |= {"architecture": model.architecture, "options": model.options}
    return Grown(editing.update(grown, solver, **fields), child, solver, name)


def set_frozen(topology: Topology, node_ids: Collection[str], frozen: bool) -> Topology:
    """With whole subtrees frozen or released.

    Frozen means: what is stored for a node (the root's weights; the anchor, slot and chunk embeddings of
    the slot that leads to it) stays as it is. Task embeddings are learned anyhow, so that a frozen path can
    still take up new tasks; what the root generates follows the root, unless the root is frozen too.
    """
    below = {descendant for node_id in node_ids for descendant in topology.subtree(node_id)}
    return editing.update_many(topology, {node_id: {"frozen": frozen} for node_id in below})


def without_path(topology: Topology, node_id: str) -> tuple[Topology, tuple[str, ...]]:
    """Without the path of a solver, or without a hypernetwork and everything below it; and the ids that are
    gone. Hypernetworks that led only there go with it; the root stays."""
    node = topology.by_id[node_id]
    if isinstance(node, Solver):
        path = next((p for p in topology.paths if p.solver == node_id), None)
        after = editing.remove_path(topology, path.name) if path else editing.remove(topology, [node_id])
    else:
        after = editing.remove(topology, [node_id])
    gone = tuple(n.id for n in topology.nodes if n.id not in after.by_id)
    return after, gone


def change_in_a_word(before: Topology, after: Topology) -> str:
    """``+ H1``, ``− P2-0``, ``❄ H1``: what came, went, or was frozen or released; for marks on an axis."""
    new = [n for n in after.nodes if n.id not in before.by_id]
    gone = [n for n in before.nodes if n.id not in after.by_id]
    for sign, nodes in (("+", new), ("−", gone)):
        if nodes:
            first = next((n for n in nodes if isinstance(n, Hypernetwork)), nodes[0])
            return f"{sign} {first.name}"
    frozen = [n.name for n in after.nodes if n.frozen != before.by_id[n.id].frozen]
    return f"❄ {frozen[0]}" if frozen else "changed"


def _generator_of_child(full: Path, settings: Growth) -> str | None:
    """The hypernetwork below which the next child grows: the deepest on the full path that leaves room."""
    if settings.below == "root":
        return full.hypernetworks[0]
    room = full.hypernetworks[: settings.depth - 1]
    return room[-1] if room else None


def _a_solver(topology: Topology, below: str) -> Solver | None:
    """A solver near a hypernetwork: of its own, or else of its ancestors."""
    for node_id in (below, *topology.ancestors(below)):
        for child in topology.children(node_id):
            if isinstance(child, Solver):
                return child
    return None


def _free(name: str, taken: Collection[str]) -> str:
    if name not in taken:
        return name
    number = 2
    while f"{name}.{number}" in taken:
        number += 1
    return f"{name}.{number}"


def _name(topology: Topology, node_id: str) -> str:
    return topology.by_id[node_id].name


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %".replace(".0 %", " %")
