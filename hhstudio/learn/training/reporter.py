"""Reporter of a trainer: numbers, weights and errors as records of the session."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import torch

from hhstudio.core.run import events
from hhstudio.core.spec.snapshot_policy import interval
from hhstudio.core.tree.topology import Topology
from hhstudio.learn.training.divergence import divergence_error
from hhstudio.learn.training.learner import Learner
from hhstudio.learn.training.metric_buffer import MetricColumns, StepBlock, StepRow
from hhstudio.learn.training.parameter_counts import count_parameters
from hhstudio.learn.training.schedule import RunPosition, Segment
from hhstudio.learn.training.snapshot_extras import snapshot_extras
from hhstudio.learn.training.step_guard import LossExplosion
from hhstudio.nets.stored import Condition


class Reporter:
    """Records of a learner at a position, in the names and tables of its session.

    Parameters
    ----------
    learner : Learner
    at : RunPosition

    Attributes
    ----------
    loss_explosion : LossExplosion
    """

    def __init__(self, learner: Learner, at: RunPosition) -> None:
        self._learner, self._at = learner, at
        self._block, self._columns = StepBlock(), MetricColumns()
        self.loss_explosion = LossExplosion()

    # names and tables ----------------------------------------------------------------------------------

    @property
    def paths(self) -> tuple[str, ...]:
        """Names of all paths there ever were, in the order of the session's table."""
        return tuple(self._at.names)

    def path(self, condition: Condition) -> str:
        """Name of a condition's path.

        Parameters
        ----------
        condition : Condition
        """
        return self._at.name(condition.solver)

    def title(self) -> str:
        """Title of what is being learned."""
        first, *others = self._at.current
        name = self._learner.stream.tasks[first.task].name
        return f"{self.path(first)}, {name}{f' and {len(others)} more' if others else ''}"

    def parameters(self) -> tuple[events.ParameterCount, ...]:
        """Parameter counts of the tree as it is."""
        spec, tree = self._learner.spec, self._learner.hierarchy.tree
        consolidation = spec.consolidation
        level = consolidation.level if consolidation.beta > 0 else None
        tasks = len(self._learner.stream.tasks)
        return count_parameters(tree, tasks, spec.hypernetwork.task_chunks, level, consolidation.reference)

    def description(self) -> str:
        """The run in one line."""
        learner = self._learner
        count, device = self.parameters()[-1], learner.device
        paths, tasks = len(learner.hierarchy.tree.chains), len(learner.stream.tasks)
        return (
            f"{paths} paths, {tasks} tasks, device {device}, "
            f"{torch.get_num_threads()} threads; {count.stored} numbers stored, {count.generated} generated"
        )

    def grown(self, topology: Topology, reason: str) -> tuple[events.TopologyChanged, events.Log]:
        """Records of another tree from here on: for the session, and in words for the log.

        Parameters
        ----------
        topology : Topology
        reason : str

        Returns
        -------
        TopologyChanged, Log
        """
        change = events.TopologyChanged(
            step=self._at.step,
            topology=topology,
            reason=reason,
            paths=self.paths,
            parameters=self.parameters(),
        )
        words = f"step {self._at.step}: {reason}"
        return change, events.Log(time=time.time(), level="info", message=words)

    # numbers -------------------------------------------------------------------------------------------

    def add_step(self, condition: Condition, lr: float, seconds: float, values: torch.Tensor) -> None:
        """Take in the step just taken; its values stay on the device until :meth:`flush`.

        Parameters
        ----------
        condition : Condition
        lr, seconds : float
        values : Tensor
            From :meth:`~hhstudio.learn.training.learner.Learner.step`.
        """
        place = self._at.place(condition.solver)
        depth = self._learner.hierarchy.tree.chains[condition.solver].depth
        self._block.rows.append(StepRow(self._at.step, place, condition.task, lr, seconds, values, depth))

    def add(self, metric: str, measured: dict[Condition, float]) -> None:
        """Take in a metric of some conditions, at the present step.

        Parameters
        ----------
        metric : str
        measured : dict of Condition to float
        """
        for c, value in measured.items():
            self._columns.add(self._at.step, self._at.place(c.solver), c.task, metric, value)

    def flush(self) -> None:
        """Move what waits on the device.

        Raises
        ------
        DivergedError
            When a number is not finite, or the loss has exploded; what came before that is kept for
            :meth:`take`.
        """
        if not self._block.rows:
            return
        every = max(1, self._learner.spec.recording.metrics_every)
        bad_step = self._block.flush(self._columns, every, self.loss_explosion)
        if bad_step is not None:
            condition = Condition(self._at.solvers[bad_step.row.path], bad_step.row.task)
            taken = (
                self._at.done - (self._at.step - bad_step.row.step) - 1
            )  # of this segment, before that step
            raise divergence_error(self._learner, condition, taken // len(self._at.current), bad_step)

    def take(self) -> Iterator[events.Metrics]:
        """Record of what was gathered, if anything was.

        Yields
        ------
        Metrics
        """
        if self._columns:
            yield self._columns.take()

    def row(self, solver: str, measured: dict[Condition, float]) -> tuple[float, ...]:
        """Row of a path's accuracy matrix, as far as it was measured.

        Parameters
        ----------
        solver : str
            Id of the path's solver.
        measured : dict of Condition to float

        Returns
        -------
        tuple of float
            By task; NaN where not measured.
        """
        tasks = [c.task for c in measured if c.solver == solver]
        return tuple(measured.get(Condition(solver, t), float("nan")) for t in range(max(tasks) + 1))

    # weights -------------------------------------------------------------------------------------------

    def weights(self, condition: Condition, final: bool) -> events.Weights:
        """Solver weights as they are now.

        Parameters
        ----------
        condition : Condition
        final : bool
            At the end of a task; otherwise a snapshot, whose generated weights are in
            ``recording.snapshot_dtype``: statistics and whole numbers would not fit into float16.

        Returns
        -------
        Weights
        """
        arrays = self._learner.arrays_of(condition)
        if final:
            logits = self._learner.probe(condition)
            extras = {events.PROBE: logits} if len(logits) else {}
        else:
            extras = snapshot_extras(self._learner, condition)
            dtype = self._learner.spec.recording.snapshot_dtype
            generated = self._learner.generated_names(condition)
            arrays = {n: array.astype(dtype) if n in generated else array for n, array in arrays.items()}
        return events.Weights(
            step=self._at.step,
            path=self.path(condition),
            task=condition.task,
            tensors={name: _tensor(array) for name, array in arrays.items()},
            final=final,
            extras={name: events.Tensor.of(array) for name, array in extras.items()},
        )

    def wants_snapshot(self, condition: Condition, done: int, steps: int) -> bool:
        """Whether a snapshot of a condition is wanted now.

        Where several conditions are learned in turn (joint), each has steps of its own, and snapshots by
        these.

        Parameters
        ----------
        condition : Condition
        done, steps : int
            Steps done of the segment, and planned.

        Returns
        -------
        bool
        """
        recording, turns = self._learner.spec.recording, len(self._at.current)
        own, steps = (done - 1) // turns + 1, steps // turns
        if not recording.snapshot_every or own % recording.snapshot_every or own == steps:
            return False
        conditions = len(self._at.begun) + sum(map(len, self._at.queue))
        itemsize = np.dtype(recording.snapshot_dtype).itemsize
        each = itemsize * self._learner.hierarchy.tree.solvers[condition.solver].spec.size
        every = interval(recording, steps, conditions, each)
        return bool(every) and own % every == 0

    def as_learned(self, segment: Segment) -> list[Condition]:
        """Conditions of which snapshots are kept at a segment's end, against which later drift is measured.

        Parameters
        ----------
        segment : Segment

        Returns
        -------
        list of Condition
        """
        recording = self._learner.spec.recording
        if recording.at_task_ends == "none" and not recording.snapshot_every:
            return []
        return [*(self._at.finished if recording.at_task_ends == "all" else ()), *segment]

    def watched(self, path: str, task: int, name: str) -> Iterator[events.Watched]:
        """One generated tensor as it is now, if there is such a one.

        Parameters
        ----------
        path : str
        task : int
        name : str
            Empty: the first convolution, or else the first matrix.

        Yields
        ------
        Watched
        """
        for condition in self._at.begun:
            if (self.path(condition), condition.task) == (path, task):
                arrays = self._learner.arrays_of(condition)
                name = name or max(arrays, key=lambda own: arrays[own].ndim)
                array = arrays.get(name)
                if array is not None:
                    yield events.Watched(
                        step=self._at.step, path=path, task=task, name=name, tensor=_tensor(array)
                    )


def _tensor(array: np.ndarray) -> events.Tensor:
    """Whole numbers of a width that records do not know become int64."""
    if array.dtype.name in ("uint16", "uint32", "uint64"):
        array = array.astype(np.int64)
    return events.Tensor.of(array)
