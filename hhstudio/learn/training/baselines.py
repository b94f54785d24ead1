"""Baselines of a hierarchy: its solver trained without hypernetworks, with the same data, steps, optimiser.

scratch: a fresh solver for every task. fine-tune: one solver through the stream, with no consolidation.
joint: one solver on all tasks at once, as many steps in all: in batches of all tasks where they share
outputs, task by task in turn where each has a head. Solvers that are built alike are trained once. They begin
with PyTorch's own initial weights; in scenario task they have a head for each task, and so the task is known
as it is to the hierarchy. A solver from scratch always knows its task.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from hhstudio.core.run import baselines, events
from hhstudio.core.run.events import Event
from hhstudio.core.spec.spec import Spec, solver_of
from hhstudio.core.tree.topology import Solver, Topology
from hhstudio.learn.devices import peak_memory
from hhstudio.learn.training.learner import Learner
from hhstudio.learn.training.optimiser import Optimiser, rate_factor
from hhstudio.learn.training.reporter import Reporter
from hhstudio.learn.training.schedule import RunPosition
from hhstudio.learn.training.step_guard import StepGuard
from hhstudio.learn.training.trial_optimiser import TrialOptimiser
from hhstudio.nets.seeding import derived_seed
from hhstudio.nets.solvers import SolverTarget, build_solver
from hhstudio.nets.stored import Condition, StoredTensors

REPORT_SECONDS = 0.15


class BaselineJob(NamedTuple):
    """Training of one baseline that begins where the one before it ended, unless ``fresh``.

    Attributes
    ----------
    kind : {"scratch", "fine-tune", "joint"}
    solvers : tuple of str
        Ids of the solvers of the paths for which it counts.
    tasks : tuple of int
        Trained in turn.
    measured : tuple of int
        Tasks whose accuracy is recorded at its end.
    fresh : bool
        Begins with a new solver.
    """

    kind: str
    solvers: tuple[str, ...]
    tasks: tuple[int, ...]
    measured: tuple[int, ...]
    fresh: bool


class Baselines:
    """Training of what ``spec.baselines`` asks for, after the tree; resumable between any two steps.

    Parameters
    ----------
    spec : Spec
    learner : Learner
        Gives data, seeds, device and precision.
    at : RunPosition
        Its steps go on counting.
    reporter : Reporter
        Takes accuracies.
    """

    def __init__(self, spec: Spec, learner: Learner, at: RunPosition, reporter: Reporter) -> None:
        self._spec, self._learner, self._at, self._reporter = spec, learner, at, reporter
        self._optimiser = Optimiser(spec.training, learner.device)
        self._step_guard = StepGuard(learner.device)
        self._solver: SolverTarget | None = None
        self._weights: dict[str, Tensor] = {}
        self._buffers: dict[str, Tensor] = {}
        self._place, self._done = 0, 0

    @property
    def steps_left(self) -> int:
        """Steps that all baselines still take."""
        if not self._spec.baselines:
            return 0
        return sum(map(self._steps, self._jobs()[self._place :])) - self._done

    def steps_by_phase(self) -> dict[str, int]:
        """Steps still to be taken, by ``Progress.phase``.

        Returns
        -------
        dict of str to int
        """
        steps: dict[str, int] = {}
        for place, job in enumerate(self._jobs()[self._place :] if self._spec.baselines else ()):
            phase = baselines.phase(job.kind)
            steps[phase] = steps.get(phase, 0) + self._steps(job) - (self._done if place == 0 else 0)
        return steps

    def events(self) -> Iterator[Event | None]:
        """Train, event by event.

        Yields
        ------
        Event or None
            None when a step has nothing to report.
        """
        jobs = self._jobs()
        while self._place < len(jobs):
            job = jobs[self._place]
            if self._done == 0:
                self._begin(job)
                yield _log(f"{baselines.TITLES[job.kind]}: {self._title(job)}")
            yield from self._learn(job)
            self._measure(job)
            self._place, self._done = self._place + 1, 0
            if self._place == len(jobs):
                self._weights, self._buffers = {}, {}
                self._optimiser.forget()
            yield from self._reporter.take()

    def trial(self, phase: str) -> Callable[[], object]:
        """Step of a phase that is computed and taken on copies only, to be timed.

        Parameters
        ----------
        phase : str
            One of :meth:`steps_by_phase`.

        Returns
        -------
        callable
            () -> None.
        """
        job = next(job for job in self._jobs() if baselines.phase(job.kind) == phase)
        solver, learner = self._built_solver(job), self._learner
        weights = {
            name: p.detach().clone().to(learner.device, learner.arithmetic.dtype).requires_grad_()
            for name, p in solver.module.named_parameters()
            if name not in solver.constants
        }
        buffers, task = solver.fresh_buffers(learner.device), job.tasks[0]
        optimiser = TrialOptimiser(weights.values())

        def step() -> None:
            images, labels = learner.batch(task, 0)
            inputs = learner.task_data(task).inputs(images).to(learner.arithmetic.dtype)
            with learner.products():
                logits = solver.run(weights, buffers, inputs, True)
            optimiser.step(functional.cross_entropy(logits.float(), labels))

        return step

    # what is trained -----------------------------------------------------------------------------------

    def _jobs(self) -> list[BaselineJob]:
        """All of them in order; every part is decided by the spec and the tree."""
        jobs = []
        for kind in (k for k in baselines.KINDS if k in self._spec.baselines):
            for solvers, tasks in _solvers_built_alike(
                self._spec, self._tree, len(self._learner.stream.tasks)
            ):
                if kind == "joint":
                    jobs.append(BaselineJob(kind, solvers, tasks, tasks, True))
                    continue
                for place, task in enumerate(tasks):
                    alone = kind == "scratch"
                    measured = (task,) if alone else tasks[: place + 1]
                    jobs.append(BaselineJob(kind, solvers, (task,), measured, alone or place == 0))
        return jobs

    @property
    def _tree(self) -> Topology:
        return self._learner.hierarchy.tree.topology

    def _steps(self, job: BaselineJob) -> int:
        return sum(self._learner.steps_of(task) for task in job.tasks)

    def _title(self, job: BaselineJob) -> str:
        tasks = self._learner.stream.tasks
        names = tasks[job.tasks[0]].name if len(job.tasks) == 1 else f"{len(job.tasks)} tasks at once"
        return f"{names}, {self._steps(job)} steps"

    # learning ------------------------------------------------------------------------------------------

    def _begin(self, job: BaselineJob) -> None:
        if job.fresh or not self._weights:
            self._build(job)
        else:
            self._solver = self._solver or self._built_solver(job)
        if job.fresh or self._spec.training.fresh_optimizer:
            self._optimiser.restart(StoredTensors.of_weights(self._weights))
        self._step_guard = StepGuard(self._learner.device)

    def _build(self, job: BaselineJob) -> None:
        """A solver with initial weights of its own, which depend on the seed and the job."""
        self._solver = self._built_solver(job)
        module, learner = self._solver.module, self._learner
        self._weights = {
            name: p.detach().clone().to(learner.device, learner.arithmetic.dtype).requires_grad_()
            for name, p in module.named_parameters()
            if name not in self._solver.constants
        }
        self._buffers = self._solver.fresh_buffers(learner.device)

    def _built_solver(self, job: BaselineJob) -> SolverTarget:
        learner, stream = self._learner, self._learner.stream
        node = self._tree.by_id[job.solvers[0]]
        assert isinstance(node, Solver)
        classes = max(stream.class_counts) if stream.scenario == "task" else max(stream.heads)
        heads = len(stream.tasks) if stream.scenario == "task" else 1
        purpose = (job.kind, job.solvers[0], job.tasks if job.fresh else 0)
        seed = derived_seed(self._spec.seed, "baseline", *purpose)
        module = build_solver(
            *solver_of(self._spec, node), stream.image_shape, classes, heads, seed, agreed=learner.agreed
        )
        solver = SolverTarget(module, stream.image_shape, classes, heads)
        solver.to(learner.device, learner.arithmetic.dtype)
        return solver

    def _learn(self, job: BaselineJob) -> Iterator[Event | None]:
        steps, learner = self._steps(job), self._learner
        reported, since, before = time.perf_counter(), time.perf_counter(), self._done
        while self._done < steps:
            loss = self._step(job, steps)
            self._at.step += 1
            self._done += 1
            now = time.perf_counter()
            if now - reported >= REPORT_SECONDS or self._done == steps:
                reported = now
                if not bool(torch.isfinite(loss)):
                    yield _log(f"{baselines.TITLES[job.kind]}: the loss is not finite", "warning")
                rate = (self._done - before) / max(now - since, 1e-9)
                left = self.steps_left
                yield events.Progress(
                    step=self._at.step,
                    total_steps=self._at.step + left,
                    path=self._at.name(job.solvers[0]),
                    task=job.tasks[0] if len(job.tasks) == 1 else -1,
                    task_step=self._done,
                    task_steps=steps,
                    seconds=0.0,
                    rate=rate,
                    eta=left / rate,
                    memory=peak_memory(learner.device),
                    phase=baselines.phase(job.kind),
                )
            yield None

    def _step(self, job: BaselineJob, steps: int) -> Tensor:
        learner, done = self._learner, self._done
        task, batch = job.tasks[done % len(job.tasks)], done // len(job.tasks)
        learner.seed_dropout(self._at.step)
        self._optimiser.set_rates(rate_factor(self._spec.training, done, steps))
        if job.kind == "joint" and learner.stream.scenario != "task":
            inputs, labels = learner.mixed_inputs(job.tasks, done)
        else:
            images, labels = learner.batch(task, batch)
            inputs = learner.task_data(task).inputs(images)
        logits = self._logits(task, inputs, True, self._outputs(job, task))
        if logits.dtype != torch.float64:
            logits = logits.float()
        loss = functional.cross_entropy(logits, labels)
        self._optimiser.zero_grad()
        loss.backward()
        norm = self._optimiser.clip()
        if self._step_guard.passes(loss, norm):
            self._optimiser.step(self._step_guard.found_inf)
        return loss.detach()

    def _outputs(self, job: BaselineJob, task: int) -> int:
        """Logits in use: those of the task's head, or in scenario class of all classes met so far."""
        stream = self._learner.stream
        if stream.scenario == "domain" and job.kind == "joint":
            return max(stream.class_counts[t] for t in job.tasks)
        if stream.scenario != "class":
            return stream.class_counts[task]
        return max(stream.outputs(t) for t in job.measured)

    def _logits(self, task: int, inputs: Tensor, training: bool, outputs: int) -> Tensor:
        assert self._solver is not None
        learner = self._learner
        inputs = inputs.to(learner.arithmetic.dtype)
        with learner.products():
            logits = self._solver.run(self._weights, self._buffers, inputs, training)
        first = task * self._solver.classes_per_head if learner.stream.scenario == "task" else 0
        return logits[:, first : first + outputs]

    @torch.no_grad()
    def _measure(self, job: BaselineJob) -> None:
        learner, size = self._learner, self._spec.evaluation.batch_size
        shares: dict[int, Tensor] = {}
        for task in job.measured:
            data = learner.task_data(task)
            correct = torch.zeros((), device=learner.device)
            for start in range(0, len(data.test_labels), size):
                images = data.test_images[start : start + size]
                logits = self._logits(task, data.inputs(images), False, self._outputs(job, task))
                correct += (logits.argmax(1) == data.test_labels[start : start + size]).sum()
            shares[task] = correct / max(1, len(data.test_labels))
        for solver in job.solvers:
            measured = {Condition(solver, task): float(value) for task, value in shares.items()}
            self._reporter.add(baselines.metric(job.kind), measured)

    # saving --------------------------------------------------------------------------------------------

    def to_json(self) -> dict[str, Any]:
        """Progress of the baselines, as JSON-able values."""
        return {"place": self._place, "done": self._done}

    def arrays(self) -> dict[str, np.ndarray]:
        """State of the baseline in training, to be saved: weights, statistics, optimiser.

        Returns
        -------
        dict of str to ndarray
            Names begin with ``baseline/``.
        """
        arrays = {f"baseline/weights/{n}": t.detach().cpu().numpy().copy() for n, t in self._weights.items()}
        arrays |= {f"baseline/buffers/{n}": t.cpu().numpy().copy() for n, t in self._buffers.items()}
        return arrays | {f"baseline/optimiser/{n}": a for n, a in self._optimiser.arrays().items()}

    def load(self, meta: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
        """The inverse of :meth:`to_json` and :meth:`arrays`.

        Parameters
        ----------
        meta : mapping of str to object
            Empty where none was saved.
        arrays : mapping of str to ndarray

        Raises
        ------
        KeyError, TypeError, ValueError
            For what :meth:`to_json` did not make.
        """
        if not meta:
            return
        self._place, self._done = int(meta["place"]), int(meta["done"])
        jobs = self._jobs() if self._spec.baselines else []
        own_arrays = {n.removeprefix("baseline/"): a for n, a in arrays.items() if n.startswith("baseline/")}
        if not own_arrays or self._place >= len(jobs):
            return
        job = jobs[self._place]
        self._build(job)
        with torch.no_grad():
            for name, array in own_arrays.items():
                part, _, own = name.partition("/")
                if part in ("weights", "buffers"):
                    (self._weights if part == "weights" else self._buffers)[own].copy_(
                        torch.from_numpy(np.array(array))
                    )
        self._optimiser.restart(StoredTensors.of_weights(self._weights))
        self._optimiser.load(
            {n.removeprefix("optimiser/"): a for n, a in own_arrays.items() if n.startswith("optimiser/")}
        )


def _solvers_built_alike(
    spec: Spec, tree: Topology, tasks: int
) -> list[tuple[tuple[str, ...], tuple[int, ...]]]:
    """Solvers that are built alike and learn the same tasks, with those tasks."""
    groups: dict[tuple[str, tuple[int, ...]], list[str]] = {}
    for solver, own in tree.assigned(tasks).items():
        node = tree.by_id[solver]
        assert isinstance(node, Solver)
        if own:
            groups.setdefault((repr(solver_of(spec, node)), own), []).append(solver)
    return [(tuple(solvers), own) for (_, own), solvers in groups.items()]


def _log(message: str, level: Literal["info", "warning"] = "info") -> events.Log:
    return events.Log(time=time.time(), level=level, message=message)
