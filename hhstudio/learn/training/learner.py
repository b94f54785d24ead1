"""Learner: one training step and everything it touches, hierarchy, data, solvers' statistics, optimiser.

Every random draw of a step (order of the data, augmentation, dropout, sampled conditions) is a function
of the seed and of the step, so that a run goes on from a saved state as if it had never stopped.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from hhstudio.core.errors import SpecError
from hhstudio.core.run import gradients
from hhstudio.core.spec.spec import Spec, solver_of
from hhstudio.core.tree.topology import Solver, Topology
from hhstudio.learn.consolidation.kronecker import Factors, input_factors, output_factors
from hhstudio.learn.consolidation.penalty import ConsolidationPenalty
from hhstudio.learn.data import TaskData, TaskStream, augment
from hhstudio.learn.devices import memory_format, prepare
from hhstudio.learn.training import growth
from hhstudio.learn.training.optimiser import Optimiser
from hhstudio.learn.training.step_guard import StepGuard
from hhstudio.nets.build import Tree, build_tree
from hhstudio.nets.hierarchy import Generated, Hierarchy
from hhstudio.nets.recorded_solver import probe
from hhstudio.nets.seeding import derived_seed
from hhstudio.nets.solvers import SolverTarget
from hhstudio.nets.stored import Condition


@dataclass
class EvaluationCounter:
    """Cost of all evaluations so far.

    Attributes
    ----------
    passes : int
        Images classified, once for every condition asked.
    seconds : float
    """

    passes: int = 0
    seconds: float = 0.0


class Learner:
    """Everything that is learned, and the steps that learn it.

    Parameters
    ----------
    spec : Spec
    topology : Topology
        The tree to begin with, which may have grown from the spec's.
    stream : TaskStream
    device : str
        As :func:`~hhstudio.learn.devices.resolve_device` gives it.
    agreed : collection of str
        Import paths of solvers that the user lets run.

    Attributes
    ----------
    hierarchy : Hierarchy
    consolidation : ConsolidationPenalty
    optimiser : Optimiser
    buffers : dict of Condition to dict of str to Tensor
        Solvers' statistics (batch norm) of conditions that have begun.
    done : list of Condition
        Learned, in order.
    beta : float
        Weight of the penalty.
    training : Training
        The spec's, with settings changed in flight.

    Raises
    ------
    ConsentError
        For a solver by an import path that was not agreed to.
    SpecError
        For a spec that cannot be built.
    """

    def __init__(
        self,
        spec: Spec,
        topology: Topology,
        stream: TaskStream,
        device: str,
        *,
        agreed: Collection[str] = (),
    ) -> None:
        self.spec, self.stream, self.agreed = spec, stream, frozenset(agreed)
        self.device = torch.device(device)
        self.arithmetic = prepare(device, spec.training)
        self.memory_format = memory_format(self.device, spec.training)
        self.training = spec.training
        self.beta = spec.consolidation.beta
        tree = self._tree(topology, {})
        self.hierarchy = Hierarchy(
            tree, spec.seed, self.device, self.arithmetic.dtype, spec.hypernetwork.task_chunks
        )
        self.consolidation = ConsolidationPenalty(
            spec.consolidation,
            self.hierarchy,
            spec.seed,
            stream.head_of if len(stream.heads) > 1 else _no_head,
            self,
            spec.training.batch_size,
        )
        self.optimiser = Optimiser(self.training, self.device)
        self.step_guard = StepGuard(self.device)
        self.evaluation_counter = EvaluationCounter()
        self.buffers: dict[Condition, dict[str, Tensor]] = {}
        self.done: list[Condition] = []
        self._data: dict[int, TaskData] = {}
        self._order: tuple[tuple[int, int], Tensor] | None = None
        self._mixed: tuple[tuple[tuple[int, ...], int], Tensor] | None = None

    @property
    def begun(self) -> list[Condition]:
        """Conditions that have begun to learn, in order."""
        return list(self.buffers)

    def _tree(self, topology: Topology, solvers: Mapping[str, SolverTarget]) -> Tree:
        heads = self.stream.heads
        shape = self.stream.image_shape
        tree = build_tree(self.spec, topology, shape, max(heads), len(heads), solvers, agreed=self.agreed)
        for name, solver in tree.solvers.items():
            if name not in solvers:
                solver.to(self.device, self.arithmetic.dtype)
                try:
                    solver.check_training(self._smallest_batch(topology, name))
                except SpecError as error:
                    raise SpecError(f"path {tree.chains[name].name!r}: {error}") from None
        return tree

    def _smallest_batch(self, topology: Topology, solver: str) -> int:
        """Images of the smallest batch that a solver learns from: a task may hold fewer than a batch."""
        infos = [self.stream.tasks[task] for task in topology.assigned(len(self.stream.tasks))[solver]]
        images = [info.train_images for info in infos if info.train_images]  # 0 in old sessions: not known
        if self.mixes_tasks and set(self.spec.baselines) <= {"joint"}:
            images = [sum(images)]  # the other baselines learn a task at a time
        return min([self.training.batch_size, *filter(None, images)])

    def _unchanged_solvers(self, topology: Topology) -> dict[str, SolverTarget]:
        """Solvers that another tree has too, built alike: what was drawn for them stays."""
        before = self.hierarchy.tree
        unchanged = {}
        for name, solver in before.solvers.items():
            old, new = before.topology.by_id[name], topology.by_id.get(name)
            assert isinstance(old, Solver)
            if isinstance(new, Solver) and solver_of(self.spec, old) == solver_of(self.spec, new):
                unchanged[name] = solver
        return unchanged

    # data ----------------------------------------------------------------------------------------------

    def task_data(self, task: int) -> TaskData:
        """Data of a task, on the device.

        Parameters
        ----------
        task : int

        Returns
        -------
        TaskData
        """
        if task not in self._data:
            self._data[task] = self.stream.task(task, self.device)
        return self._data[task]

    def steps_of(self, task: int) -> int:
        """Steps that one task takes.

        Parameters
        ----------
        task : int

        Returns
        -------
        int
        """
        t = self.training
        if t.epochs <= 0:
            return t.steps
        images = len(self.stream.task(task).train_labels)
        return max(1, round(t.epochs * images / min(t.batch_size, images)))

    def batch(self, task: int, step: int) -> tuple[Tensor, Tensor]:
        """Batch of a task's step: epoch after epoch, each in a new order.

        Parameters
        ----------
        task : int
        step : int
            Within the task.

        Returns
        -------
        images : Tensor, shape (N, C, H, W), uint8
            Augmented where the spec says so; not normalised.
        labels : Tensor, shape (N,), int64
        """
        data = self.task_data(task)
        count = len(data.train_labels)
        size = min(self.training.batch_size, count)
        epoch, place = divmod(step * size, count)
        index = self._epoch_order(task, epoch, count)[place : place + size]
        if len(index) < size:
            following = self._epoch_order(task, epoch + 1, count)[: size - len(index)]
            index = torch.cat([index, following])
        images = data.train_images[index]
        if self.spec.stream.augment:
            source = torch.Generator(self.device).manual_seed(
                derived_seed(self.spec.seed, "augment", task, step)
            )
            images = augment(images, source)
        return images, data.train_labels[index]

    @property
    def mixes_tasks(self) -> bool:
        """Whether a batch is of several tasks: joint training with outputs that tasks share. One task a batch
        would have the solver follow the last one."""
        return self.training.mode == "joint" and self.stream.scenario != "task"

    def inputs(self, condition: Condition, batch: int) -> tuple[Tensor, Tensor]:
        """Inputs and labels of a batch that a condition learns from, normalised and permuted.

        Parameters
        ----------
        condition : Condition
        batch : int
            Number of its batch.

        Returns
        -------
        inputs : Tensor, shape (N, C, H, W), float32
        labels : Tensor, shape (N,), int64
        """
        if self.mixes_tasks:
            tasks = self.hierarchy.tree.topology.assigned(len(self.stream.tasks))[condition.solver]
            return self.mixed_inputs(tasks, batch * len(tasks) + tasks.index(condition.task))
        images, labels = self.batch(condition.task, batch)
        return self.task_data(condition.task).inputs(images), labels

    def mixed_inputs(self, tasks: Sequence[int], step: int) -> tuple[Tensor, Tensor]:
        """Inputs and labels of a batch drawn from all images of several tasks, each as its task has it.

        Parameters
        ----------
        tasks : sequence of int
        step : int
            Within their training: epoch after epoch, each in a new order.

        Returns
        -------
        inputs : Tensor, shape (N, C, H, W), float32
        labels : Tensor, shape (N,), int64
        """
        data = [self.task_data(task) for task in tasks]
        counts = [len(own.train_labels) for own in data]
        size = min(self.training.batch_size, sum(counts))
        epoch, place = divmod(step * size, sum(counts))
        index = self._mixed_order(tuple(tasks), epoch, sum(counts))[place : place + size]
        if len(index) < size:
            following = self._mixed_order(tuple(tasks), epoch + 1, sum(counts))[: size - len(index)]
            index = torch.cat([index, following])
        source = torch.Generator(self.device)
        if self.spec.stream.augment:
            source.manual_seed(derived_seed(self.spec.seed, "augment", tuple(tasks), step))
        inputs, labels, start = [], [], 0
        for own, count in zip(data, counts, strict=True):
            chosen = index[(index >= start) & (index < start + count)] - start
            start += count
            images = own.train_images[chosen]
            if self.spec.stream.augment and len(images):
                images = augment(images, source)
            inputs.append(own.inputs(images))
            labels.append(own.train_labels[chosen])
        return torch.cat(inputs), torch.cat(labels)

    def _mixed_order(self, tasks: tuple[int, ...], epoch: int, count: int) -> Tensor:
        if self._mixed is None or self._mixed[0] != (tasks, epoch):
            source = torch.Generator().manual_seed(derived_seed(self.spec.seed, "order", tasks, epoch))
            self._mixed = ((tasks, epoch), torch.randperm(count, generator=source).to(self.device))
        return self._mixed[1]

    def _epoch_order(self, task: int, epoch: int, count: int) -> Tensor:
        if self._order is None or self._order[0] != (task, epoch):
            source = torch.Generator().manual_seed(derived_seed(self.spec.seed, "order", task, epoch))
            order = torch.randperm(count, generator=source).to(self.device)
            self._order = ((task, epoch), order)
        return self._order[1]

    # solvers -------------------------------------------------------------------------------------------

    def logits(
        self,
        condition: Condition,
        weights: Mapping[str, Tensor],
        data: TaskData,
        images: Tensor,
        training: bool,
    ) -> Tensor:
        """Logits of a condition's solver that are in use.

        Parameters
        ----------
        condition : Condition
        weights : mapping of str to Tensor
            The solver's, by name.
        data : TaskData
            Of the images' task: how they are normalised and permuted.
        images : Tensor, shape (N, C, H, W), uint8
        training : bool
            Whether dropout and batch norm work as in training; updates the condition's statistics.

        Returns
        -------
        Tensor, shape (N, outputs in use)
            Of the task's head.
        """
        return self.answers(condition, weights, data.inputs(images), training)

    def answers(
        self, condition: Condition, weights: Mapping[str, Tensor], inputs: Tensor, training: bool
    ) -> Tensor:
        """:meth:`logits` for inputs that are normalised and permuted.

        Parameters
        ----------
        condition : Condition
        weights : mapping of str to Tensor
        inputs : Tensor, shape (N, C, H, W), float32
        training : bool

        Returns
        -------
        Tensor, shape (N, outputs in use)
        """
        solver = self.hierarchy.tree.solvers[condition.solver]
        inputs = inputs.to(self.arithmetic.dtype)
        if inputs.dim() == 4:
            inputs = inputs.contiguous(memory_format=self.memory_format)
        with self.products():
            outputs = solver.run(weights, self.buffers.get(condition, {}), inputs, training)
        first = self.stream.head_of(condition.task) * solver.classes_per_head
        return outputs[:, first : first + self.outputs(condition.task)]

    def outputs(self, task: int) -> int:
        """Outputs in use of the head that answers for a task; where all tasks that share it are learned at
        once, those of all.

        Parameters
        ----------
        task : int

        Returns
        -------
        int
        """
        if self.mixes_tasks:
            return max(self.stream.seen)
        return self.stream.outputs(task)

    @torch.no_grad()
    def solver_weights(self, conditions: Sequence[Condition]) -> dict[Condition, dict[str, Tensor]]:
        """Generated weights of several conditions, without gradients.

        Parameters
        ----------
        conditions : sequence of Condition

        Returns
        -------
        dict of Condition to dict of str to Tensor
        """
        with self.products():
            generated = self.hierarchy.generate(conditions)
        return {c: generated[c.solver].solver_weights(c) for c in conditions}

    def arrays_of(self, condition: Condition) -> dict[str, np.ndarray]:
        """Tensors of a solver as its ``state_dict`` has them: generated weights, constants, any statistics.

        Parameters
        ----------
        condition : Condition

        Returns
        -------
        dict of str to ndarray
        """
        solver = self.hierarchy.tree.solvers[condition.solver]
        weights = self.solver_weights([condition])[condition]
        tensors = solver.state_dict(weights, self.buffers.get(condition, {}))
        return {name: tensor.detach().cpu().numpy() for name, tensor in tensors.items()}

    def generated_names(self, condition: Condition) -> set[str]:
        """Those names of :meth:`arrays_of` whose tensors are generated.

        Parameters
        ----------
        condition : Condition

        Returns
        -------
        set of str
        """
        solver = self.hierarchy.tree.solvers[condition.solver]
        return {n for t in solver.spec.tensors for n in solver.recorded_names(t.name)}

    def probe(self, condition: Condition) -> np.ndarray:
        """Logits of a condition's solver for the images of :mod:`hhstudio.nets.recorded_solver`.

        Parameters
        ----------
        condition : Condition

        Returns
        -------
        ndarray, shape (N, outputs), float32
            Without rows where there is nothing to compare with.
        """
        solver = self.hierarchy.tree.solvers[condition.solver]
        weights = self.solver_weights([condition])[condition]
        return probe(solver, weights, self.buffers.get(condition, {}))

    def products(self) -> contextlib.AbstractContextManager:
        """Precision in which generators and solvers multiply (context manager)."""
        if self.arithmetic.autocast is None:
            return contextlib.nullcontext()
        return torch.autocast(self.device.type, self.arithmetic.autocast)

    def curvature_inputs(self, condition: Condition, flat: Tensor, task: int) -> Factors:
        """Curvature factors A of a condition's solver on training images of a task.

        Parameters
        ----------
        condition : Condition
        flat : Tensor, shape (size,)
            The solver's weights.
        task : int

        Returns
        -------
        dict of str to Tensor
            As :func:`~hhstudio.learn.consolidation.kronecker.input_factors` gives them.
        """
        run, _ = self._curvature_run(condition, flat, task)
        return input_factors(self.hierarchy.tree.solvers[condition.solver], run)

    def curvature_outputs(self, condition: Condition, flat: Tensor) -> Factors:
        """Curvature factors G of a condition's solver on training images of its task.

        Parameters
        ----------
        condition : Condition
        flat : Tensor, shape (size,)
            The solver's weights.

        Returns
        -------
        dict of str to Tensor
            As :func:`~hhstudio.learn.consolidation.kronecker.output_factors` gives them.
        """
        run, source = self._curvature_run(condition, flat, condition.task)
        return output_factors(self.hierarchy.tree.solvers[condition.solver], run, source)

    def _curvature_run(
        self, condition: Condition, flat: Tensor, task: int
    ) -> tuple[Callable[[], Tensor], torch.Generator]:
        """What gives the logits of some training images of a task, and the generator that chose them."""
        solver, data = self.hierarchy.tree.solvers[condition.solver], self.task_data(task)
        source = torch.Generator().manual_seed(derived_seed(self.spec.seed, "curvature", *condition, task))
        order = torch.randperm(len(data.train_labels), generator=source)
        images = data.train_images[order[: self.spec.consolidation.curvature_images].to(self.device)]
        weights = solver.spec.split(flat.clone().requires_grad_())
        return lambda: self.logits(condition, weights, data, images, False), source

    # learning ------------------------------------------------------------------------------------------

    def begin(self, conditions: Sequence[Condition], closed: bool | None = None) -> str:
        """Prepare to learn conditions: embeddings, statistics, what is frozen, consolidation, optimiser.

        Idempotent.

        Parameters
        ----------
        conditions : sequence of Condition
            Learned at the same time.
        closed : bool, optional
            Whether consolidation takes its closed form; by default it chooses.

        Returns
        -------
        str
            A line about consolidation.
        """
        for condition in conditions:
            self.hierarchy.add(condition)
            if condition not in self.buffers:
                solver = self.hierarchy.tree.solvers[condition.solver]
                self.buffers[condition] = solver.fresh_buffers(self.device)
        frozen = self._freeze()
        line = self.consolidation.begin(self.done, conditions[0], closed)
        if self.training.fresh_optimizer:
            self.optimiser.restart(self.hierarchy.stored)
        else:
            self.optimiser.extend(self.hierarchy.stored)
            self.optimiser.drop(frozen)
        return line

    def end(self, finished: Iterable[Condition]) -> None:
        """Finish a task: nothing is being learned now.

        Parameters
        ----------
        finished : iterable of Condition
            All that are learned, in order.
        """
        self.done = list(finished)
        if self.training.fresh_optimizer:
            self.optimiser.forget()

    def _freeze(self) -> set[str]:
        """Have the tensors that are not trained now need no gradient; their names."""
        frozen = self._frozen()
        for name, tensor in self.hierarchy.stored.items():
            tensor.requires_grad_(name not in frozen)
        return frozen

    def _frozen(self) -> set[str]:
        """Names of stored tensors that are not trained now."""
        tree, stored = self.hierarchy.tree, self.hierarchy.stored
        names: set[str] = set()
        frozen_nodes = {node.id for node in tree.topology.nodes if node.frozen}
        if tree.root in frozen_nodes:
            names.update(stored.owned_by(tree.root))
        free = {edge.anchor for edge in tree.edges.values() if edge.target not in frozen_nodes}
        for edge in tree.edges.values():
            if edge.target in frozen_nodes:
                names |= {edge.anchor} - free
                for contribution in edge.contributions:
                    names.update(stored.owned_by(contribution.key))
        if self.spec.consolidation.beta > 0:
            for solver in {c.solver for c in self.done}:
                names |= self.consolidation.uncovered(tree.chains[solver])
        if self.spec.consolidation.embeddings_on_task_loss_only:
            for condition in self.done:
                names.update(self.hierarchy.embeddings_of(condition))
        return names & stored.keys()

    def step(self, condition: Condition, batch: int, factor: float, step: int) -> tuple[float, Tensor]:
        """One step: generate, compute the loss and the penalty, change what is stored.

        Parameters
        ----------
        condition : Condition
            The one that is learned.
        batch : int
            Number of its batch.
        factor : float
            On all rates.
        step : int
            Global step, from which everything random is drawn.

        Returns
        -------
        lr : float
            Learning rate of the weights.
        values : Tensor, shape (3 + depth,) or (4 + 2 * depth,)
            On the device: loss, penalty, gradient norm, norm of every level's generated weights, and, at the
            steps at which it is recorded, the gradient's norm at each level from the root's stored weights
            (level 0) to the solver's.

        References
        ----------
        von Oswald et al. 2019, Continual learning with hypernetworks, eq. 2.
        """
        self.seed_dropout(step)
        lr = self.optimiser.set_rates(factor)
        chosen = self.consolidation.sample(step)
        apart = self.spec.consolidation.lookahead and bool(self.done) and self.beta > 0
        inputs, labels = self.inputs(condition, batch)
        with self.products():
            generated = self.hierarchy.generate([condition] if apart else [condition, *chosen])
        own = generated[condition.solver]
        watched = step % max(gradients.EVERY, self.spec.recording.metrics_every) == 0
        if watched:
            own.watch_gradients()
        logits = self.answers(condition, own.solver_weights(condition), inputs, True)
        loss = functional.cross_entropy(logits.float() if logits.dtype != torch.float64 else logits, labels)
        self.optimiser.zero_grad()
        if apart:
            loss.backward()
            penalty = self._look_ahead(chosen)
        else:
            penalty = self.consolidation.penalty(generated, chosen)
            (loss if penalty is None else loss + self.beta * penalty).backward()
        slopes = [self.hierarchy.root_gradient(), *own.gradient_norms()] if watched else []
        norm = self.optimiser.clip()
        if self.step_guard.passes(loss, norm):
            self.optimiser.step(self.step_guard.found_inf)
        return lr, _numbers(loss, penalty, norm, own, slopes)

    def seed_dropout(self, step: int) -> None:
        """Seed what a solver draws at a step, with whichever library: it depends on the step alone.

        Not ``torch.manual_seed``, which also seeds devices that are not used, at ten times the cost.

        Parameters
        ----------
        step : int
            Global step.
        """
        number = derived_seed(self.spec.seed, "step", step)
        random.seed(number)
        np.random.seed(number % 2**32)
        torch.default_generator.manual_seed(number)
        if self.device.type == "cuda":
            torch.cuda.manual_seed(number)
        elif self.device.type == "mps":
            torch.mps.manual_seed(number)

    def _look_ahead(self, chosen: Mapping[Condition, float]) -> Tensor | None:
        """The penalty at the weights after the task loss's own step, which counts as constant; adds its
        gradients (von Oswald et al. 2019, eq. 2)."""
        with self._moved(self.optimiser.planned_change()):
            with self.products():
                generated = self.hierarchy.generate(chosen) if chosen else {}
            penalty = self.consolidation.penalty(generated, chosen)
            if penalty is not None:
                (self.beta * penalty).backward()
        return penalty

    @contextlib.contextmanager
    def _moved(self, change: Mapping[str, Tensor]) -> Iterator[None]:
        stored = self.hierarchy.stored
        before = dict(stored)
        try:
            for name, delta in change.items():
                stored[name] = before[name] + delta
            yield
        finally:
            stored.update(before)

    # growth --------------------------------------------------------------------------------------------

    def grow(self, topology: Topology, begun: Sequence[Condition], learning: Sequence[Condition]) -> None:
        """Go on with another tree.

        What is stored for slots and paths that stay is kept, with the state of the optimiser; what is new is
        added and trained; what is frozen now is trained no longer.

        Parameters
        ----------
        topology : Topology
        begun : sequence of Condition
            Learned, or being learned.
        learning : sequence of Condition
            Being learned; empty between two tasks.

        Raises
        ------
        SpecError
            Where it would change what has begun to learn; nothing is changed then.
        """
        after = self._tree(topology, self._unchanged_solvers(topology))
        growth.check_built(self.hierarchy.tree, after, {c.solver for c in begun})
        self.hierarchy.adopt(after)
        self.done = [c for c in self.done if c.solver in after.chains]
        self.buffers = {c: buffers for c, buffers in self.buffers.items() if c.solver in after.chains}
        self.consolidation.forget_others(learning[0] if learning else None)
        if learning or not self.training.fresh_optimizer:
            frozen = self._freeze()
            self.optimiser.drop(frozen | (self.optimiser.names - self.hierarchy.stored.keys()))
            self.optimiser.extend(self.hierarchy.stored)


def _no_head(task: int) -> None:
    """One head serves all tasks: none of its outputs is another task's."""


def _numbers(
    loss: Tensor, penalty: Tensor | None, norm: Tensor, own: Generated, slopes: Sequence[Tensor]
) -> Tensor:
    with torch.no_grad():
        nothing = torch.zeros_like(loss) if penalty is None else penalty.detach().to(loss.dtype)
        norms = [torch.linalg.vector_norm(level[0]).to(loss.dtype) for level in own.levels]
        below = [slope.to(loss.dtype) for slope in slopes]
        return torch.stack([loss.detach(), nothing, norm.to(loss.dtype), *norms, *below])
