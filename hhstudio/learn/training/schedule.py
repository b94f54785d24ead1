"""Schedule of a run: segments, one after the other, and where a run is in them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from hhstudio.core.spec.spec import Spec
from hhstudio.core.tree.topology import Solver, Topology
from hhstudio.nets.stored import Condition

Segment = tuple[Condition, ...]
"""Conditions learned at the same time: one, or in joint mode all tasks of a path."""


def segments(spec: Spec, topology: Topology, tasks: int) -> list[Segment]:
    """Segments of a run, in order (``stream.order``, ``training.mode``).

    Parameters
    ----------
    spec : Spec
    topology : Topology
        Each path learns the tasks that its solver is assigned (``Solver.tasks``).
    tasks : int
        Of the stream.

    Returns
    -------
    list of Segment
    """
    assigned = topology.assigned(tasks)
    if spec.training.mode == "joint":
        return [tuple(Condition(s, t) for t in own) for s, own in assigned.items() if own]
    if spec.stream.order == "task-major":
        return [(Condition(s, t),) for t in range(tasks) for s, own in assigned.items() if t in own]
    return [(Condition(s, t),) for s, own in assigned.items() for t in own]


@dataclass
class RunPosition:
    """Position of a run: steps, and what is learned, being learned and queued.

    Attributes
    ----------
    step : int
        Steps done in all.
    done : int
        Steps done of the current segment.
    current : Segment
        Being learned; empty between two.
    queue : list of Segment
        Still to be learned.
    finished : list of Condition
        Learned, in order.
    solvers, names : list of str
        Every path there ever was, in the order of the session's table; a path that was removed has no solver
        any more ("").
    """

    step: int = 0
    done: int = 0
    current: Segment = ()
    queue: list[Segment] = field(default_factory=list)
    finished: list[Condition] = field(default_factory=list)
    solvers: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)

    @classmethod
    def start(cls, spec: Spec, tasks: int) -> RunPosition:
        """Position before anything is learned.

        Parameters
        ----------
        spec : Spec
        tasks : int
            Of the stream.
        """
        at = cls()
        at.regrow(spec, spec.topology, tasks)
        return at

    @property
    def begun(self) -> list[Condition]:
        """Conditions that are learned or being learned."""
        return [*self.finished, *self.current]

    def advance(self) -> Segment:
        """Go on to the next segment, which is returned."""
        self.current, self.done = self.queue.pop(0), 0
        return self.current

    def complete(self) -> None:
        """The current segment is learned."""
        self.finished.extend(self.current)
        self.current, self.done = (), 0

    def place(self, solver: str) -> int:
        """Place of a path in the session's table.

        Parameters
        ----------
        solver : str
            Id of the path's solver.
        """
        return self.solvers.index(solver)

    def name(self, solver: str) -> str:
        """Name under which a path is recorded.

        Parameters
        ----------
        solver : str
            Id of the path's solver.
        """
        return self.names[self.place(solver)]

    def regrow(self, spec: Spec, topology: Topology, tasks: int) -> None:
        """Queue what another tree leaves to be learned, and forget the paths that it has no longer.

        A path that comes later and is assigned no tasks of its own starts, task-major, with those still to
        come.

        Parameters
        ----------
        spec : Spec
        topology : Topology
        tasks : int
            Of the stream.
        """
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
            segment
            for segment in segments(spec, topology, tasks)
            if not begun.intersection(segment)
            and (segment[0].solver in early or len(segment) > 1 or segment[0].task > reached)
        ]

    def to_json(self) -> dict[str, Any]:
        """Position as JSON-able values."""
        return {
            "step": self.step,
            "done": self.done,
            "current": [list(c) for c in self.current],
            "queue": [[list(c) for c in segment] for segment in self.queue],
            "finished": [list(c) for c in self.finished],
            "solvers": list(self.solvers),
            "names": list(self.names),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any], topology: Topology) -> RunPosition:
        """The inverse of :meth:`to_json`.

        Parameters
        ----------
        data : dict
        topology : Topology
            Names the paths of a state that was saved before names were.

        Raises
        ------
        KeyError, TypeError, ValueError
            For what :meth:`to_json` did not make.
        """
        solvers = [str(s) for s in data["solvers"]]
        path_names = {path.solver: path.name for path in topology.paths}
        return cls(
            int(data["step"]),
            int(data["done"]),
            _conditions(data["current"]),
            [_conditions(segment) for segment in data["queue"]],
            list(_conditions(data["finished"])),
            solvers,
            [str(n) for n in data["names"]] if "names" in data else [path_names.get(s, s) for s in solvers],
        )


def _conditions(pairs: Iterable[Any]) -> Segment:
    return tuple(Condition(str(solver), int(task)) for solver, task in pairs)
