"""One training step, and everything it touches: hierarchy, data, solvers' statistics, optimiser.

Every random draw of a step (order of the data, augmentation, dropout, sampled conditions) is a function
of the seed and of the step, so that a run goes on from a saved state as if it had never stopped.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from hhstudio.core.run import gradients
from hhstudio.core.spec.spec import Spec
from hhstudio.core.tree.topology import Topology
from hhstudio.learn.consolidation.kronecker import Factors, factors
from hhstudio.learn.consolidation.penalty import Consolidation
from hhstudio.learn.data import TaskData, TaskStream, augment
from hhstudio.learn.devices import memory_format, prepare
from hhstudio.learn.training import growth
from hhstudio.learn.training.divergence import Gate
from hhstudio.learn.training.evaluation import Tally
from hhstudio.learn.training.optimiser import Optimiser
from hhstudio.nets.build import Tree, build_tree
from hhstudio.nets.hierarchy import Condition, Generated, Hierarchy
from hhstudio.nets.seeding import derived_seed


class Learner:
    """Holds what is learned and takes steps. Raises :class:`SpecError` for a spec that cannot be built."""

    def __init__(self, spec: Spec, topology: Topology, stream: TaskStream, device: str) -> None:
        self.spec, self.stream = spec, stream
        self.device = torch.device(device)
        self.arithmetic = prepare(device, spec.training)
        self.memory_format = memory_format(self.device, spec.training)
        self.training = spec.training
        self.beta = spec.consolidation.beta
        tree = self._tree(topology)
        self.hierarchy = Hierarchy(
            tree, spec.seed, self.device, self.arithmetic.dtype, spec.hypernetwork.task_chunks
        )
        self.consolidation = Consolidation(
            spec.consolidation,
            self.hierarchy,
            spec.seed,
            stream.head_of if len(stream.heads) > 1 else _no_head,
            self.curvature_of,
            spec.training.batch_size,
        )
        self.optimiser = Optimiser(self.training, self.device)
        self.gate = Gate(self.device)
        self.tally = Tally()
        self.buffers: dict[Condition, dict[str, Tensor]] = {}
        self.done: list[Condition] = []
        self._data: dict[int, TaskData] = {}
        self._order: tuple[tuple[int, int], Tensor] | None = None

    def _tree(self, topology: Topology) -> Tree:
        heads = self.stream.heads
        tree = build_tree(self.spec, topology, self.stream.image_shape, max(heads), len(heads))
        for solver in tree.solvers.values():
            solver.module.to(self.device, self.arithmetic.dtype)
        return tree

    # data ----------------------------------------------------------------------------------------------

    def task_data(self, task: int) -> TaskData:
        """The task's data, on the device."""
        if task not in self._data:
            self._data[task] = self.stream.task(task, self.device)
        return self._data[task]

    def steps_of(self, task: int) -> int:
        """Steps that one task takes."""
        t = self.training
        if t.epochs <= 0:
            return t.steps
        images = len(self.stream.task(task).train_labels)
        return max(1, round(t.epochs * images / min(t.batch_size, images)))

    def batch(self, task: int, step: int) -> tuple[Tensor, Tensor]:
        """Images (uint8) and labels of a task's step: epoch after epoch, each in a new order."""
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
        """(N, outputs in use) of a condition's solver for stored images, which are normalised here."""
        solver = self.hierarchy.tree.solvers[condition.solver]
        inputs = data.inputs(images).to(self.arithmetic.dtype)
        if inputs.dim() == 4:
            inputs = inputs.contiguous(memory_format=self.memory_format)
        with self.products():
            found = solver.run(weights, self.buffers.get(condition, {}), inputs, training)
        first = self.stream.head_of(condition.task) * solver.classes_per_head
        return found[:, first : first + self.stream.outputs(condition.task)]

    @torch.no_grad()
    def solver_weights(self, conditions: Sequence[Condition]) -> dict[Condition, dict[str, Tensor]]:
        """Generated weights of several conditions, without gradients."""
        with self.products():
            generated = self.hierarchy.generate(conditions)
        return {c: generated[c.solver].solver_weights(c) for c in conditions}

    def arrays_of(self, condition: Condition) -> dict[str, np.ndarray]:
        """A solver's tensors as a ``state_dict`` has them: generated weights, and any statistics."""
        weights = {**self.solver_weights([condition])[condition], **self.buffers.get(condition, {})}
        return {name: tensor.detach().cpu().numpy() for name, tensor in weights.items()}

    def products(self) -> contextlib.AbstractContextManager:
        """The precision in which generators and solvers multiply."""
        if self.arithmetic.autocast is None:
            return contextlib.nullcontext()
        return torch.autocast(self.device.type, self.arithmetic.autocast)

    def curvature_of(self, condition: Condition, flat: Tensor, task: int) -> Factors:
        """Curvature factors of a condition's solver with weights ``flat`` on training images of a task."""
        solver, data = self.hierarchy.tree.solvers[condition.solver], self.task_data(task)
        source = torch.Generator().manual_seed(derived_seed(self.spec.seed, "curvature", *condition, task))
        order = torch.randperm(len(data.train_labels), generator=source)
        images = data.train_images[order[: self.spec.consolidation.curvature_images].to(self.device)]
        weights = solver.spec.split(flat.clone().requires_grad_())

        def drawn(logits: Tensor) -> Tensor:
            return torch.multinomial(logits.softmax(1).cpu(), 1, generator=source)[:, 0].to(self.device)

        return factors(solver, lambda: self.logits(condition, weights, data, images, False), drawn)

    # learning ------------------------------------------------------------------------------------------

    def begin(self, conditions: Sequence[Condition], closed: bool | None = None) -> str:
        """Prepare to learn conditions: embeddings, statistics, what is frozen, consolidation, optimiser.

        Idempotent. ``closed``: the form of consolidation, None chooses. Returns a line about it.
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
        """These are learned; nothing is being learned now."""
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
        held = {node.id for node in tree.topology.nodes if node.frozen}
        if tree.root in held:
            names |= {name for name in stored if name.startswith("root/")}
        free = {edge.anchor for edge in tree.edges.values() if edge.target not in held}
        for edge in tree.edges.values():
            if edge.target in held:
                names |= {edge.anchor} - free
                for contribution in edge.contributions:
                    names |= {f"slot/{contribution.key}", f"code/{contribution.key}"}
        if self.spec.consolidation.beta > 0:
            for solver in {c.solver for c in self.done}:
                names |= self.consolidation.uncovered(tree.chains[solver])
        if self.spec.consolidation.embeddings_on_task_loss_only:
            for condition in self.done:
                names.update(self.hierarchy.embeddings_of(condition))
        return names & stored.keys()

    def step(self, condition: Condition, batch: int, factor: float, step: int) -> tuple[float, Tensor]:
        """One step on the condition's batch of that number, rates times ``factor``. Returns the learning
        rate and, on the device, loss, penalty, gradient norm, the norm of every level's generated weights,
        and, at the steps of which it is recorded, the gradient's norm at each level from the root's stored
        weights (level 0) to the solver's."""
        self.seed_dropout(step)
        lr = self.optimiser.set_rates(factor)
        chosen = self.consolidation.sample(step)
        apart = self.spec.consolidation.lookahead and bool(self.done) and self.beta > 0
        images, labels = self.batch(condition.task, batch)
        with self.products():
            generated = self.hierarchy.generate([condition] if apart else [condition, *chosen])
        own = generated[condition.solver]
        watched = step % max(gradients.EVERY, self.spec.recording.metrics_every) == 0
        if watched:
            own.watch_gradients()
        logits = self.logits(
            condition, own.solver_weights(condition), self.task_data(condition.task), images, True
        )
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
        if self.gate.passes(loss, norm):
            self.optimiser.step(self.gate.found)
        return lr, _numbers(loss, penalty, norm, own, slopes)

    def seed_dropout(self, step: int) -> None:
        """What the solver draws at a step, with whichever library, depends on the step alone. Not
        ``torch.manual_seed``, which also seeds devices that are not used, at ten times the cost."""
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
        """Go on with another tree. What is stored for slots and paths that stay is kept, with the state of
        the optimiser; what is new is added and trained; what is frozen now is trained no longer.

        Raises :class:`SpecError`, and changes nothing, where it would change what has begun to learn.
        """
        after = self._tree(topology)
        growth.check_built(self.hierarchy.tree, after, {c.solver for c in begun})
        self.hierarchy.adopt(after)
        self.done = [c for c in self.done if c.solver in after.chains]
        self.buffers = {c: found for c, found in self.buffers.items() if c.solver in after.chains}
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
