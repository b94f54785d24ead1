"""What is learned when: stints, one after the other, and where a run is in them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from hhstudio.core.spec.spec import Spec
from hhstudio.core.tree.topology import Solver, Topology
from hhstudio.nets.hierarchy import Condition

Stint = tuple[Condition, ...]
"""Conditions learned at the same time: one, or in joint mode all tasks of a path."""


def stints(spec: Spec, topology: Topology, tasks: int) -> list[Stint]:
    """All stints of a run, in order (``stream.order``, ``training.mode``): of the ``tasks`` tasks that
    there are, each path learns those that its solver is assigned (``Solver.tasks``)."""
    assigned = topology.assigned(tasks)
    if spec.training.mode == "joint":
        return [tuple(Condition(s, t) for t in own) for s, own in assigned.items() if own]
    if spec.stream.order == "task-major":
        return [(Condition(s, t),) for t in range(tasks) for s, own in assigned.items() if t in own]
    return [(Condition(s, t),) for s, own in assigned.items() for t in own]


@dataclass
class Position:
    """Where a run is. ``done`` steps of the ``current`` stint; ``solvers`` and ``names``: every path there
    ever was, in the order of the session's table; a path that was removed has no solver any more ("")."""

    step: int = 0
    done: int = 0
    current: Stint = ()
    queue: list[Stint] = field(default_factory=list)
    finished: list[Condition] = field(default_factory=list)
    solvers: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)

    @classmethod
    def start(cls, spec: Spec, tasks: int) -> Position:
        """Before anything is learned."""
        at = cls()
        at.regrow(spec, spec.topology, tasks)
        return at

    @property
    def begun(self) -> list[Condition]:
        return [*self.finished, *self.current]

    def advance(self) -> Stint:
        """Go on to the next stint."""
        self.current, self.done = self.queue.pop(0), 0
        return self.current

    def complete(self) -> None:
        """The current stint is learned."""
        self.finished.extend(self.current)
        self.current, self.done = (), 0

    def place(self, solver: str) -> int:
        """A path's place in the session's table."""
        return self.solvers.index(solver)

    def name(self, solver: str) -> str:
        """The name under which a path is recorded."""
        return self.names[self.place(solver)]

    def regrow(self, spec: Spec, topology: Topology, tasks: int) -> None:
        """Queue what another tree leaves to be learned, and forget the paths that it has no longer. A path
        that comes later and is assigned no tasks of its own starts, task-major, with those still to come."""
        present = {path.solver: path.name for path in topology.paths}
        self.finished = [c for c in self.finished if c.solver in present]
        begun = set(self.begun)
        reached = max((c.task for c in begun), default=-1) if spec.stream.order == "task-major" else -1
        early = set(self.solvers) | {n.id for n in topology.nodes if isinstance(n, Solver) and n.tasks}
        self.solvers = [solver if solver in present else "" for solver in self.solvers]
        for solver, name in present.items():
            if solver not in self.solvers:
                self.solvers.append(solver)
                self.names.append(name)
        self.queue = [
            stint
            for stint in stints(spec, topology, tasks)
            if not begun.intersection(stint)
            and (stint[0].solver in early or len(stint) > 1 or stint[0].task > reached)
        ]

    def to_json(self) -> dict[str, Any]:
        return {
            "step": self.step,
            "done": self.done,
            "current": [list(c) for c in self.current],
            "queue": [[list(c) for c in stint] for stint in self.queue],
            "finished": [list(c) for c in self.finished],
            "solvers": list(self.solvers),
            "names": list(self.names),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any], topology: Topology) -> Position:
        """``topology``: names the paths of a state that was kept before names were."""
        solvers = [str(s) for s in data["solvers"]]
        known = {path.solver: path.name for path in topology.paths}
        return cls(
            int(data["step"]),
            int(data["done"]),
            _conditions(data["current"]),
            [_conditions(stint) for stint in data["queue"]],
            list(_conditions(data["finished"])),
            solvers,
            [str(n) for n in data["names"]] if "names" in data else [known.get(s, s) for s in solvers],
        )


def _conditions(pairs: Iterable[Any]) -> Stint:
    return tuple(Condition(str(solver), int(task)) for solver, task in pairs)
