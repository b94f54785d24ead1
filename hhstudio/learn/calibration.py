"""What a step costs on each path, from a few that are computed and not taken.

Gradients are computed for conditions that are never learned; nothing that is stored changes.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable

import torch
from torch import Tensor
from torch.nn import functional

from hhstudio.learn.baselines import Baselines
from hhstudio.learn.learner import Learner
from hhstudio.learn.schedule import Position
from hhstudio.nets.chain import Condition

REPEATS = 12
"""Timed steps of a kind at most, of which the median counts; one more comes before them."""
EACH = 0.08
"""Seconds after which a kind has been timed well enough."""


def step_costs(
    learner: Learner, at: Position, baselines: Baselines, seconds: float
) -> dict[str, tuple[float, float]]:
    """Seconds a step, alone and with earlier conditions to be kept, by path and by phase.

    Paths of the same depth and solver are timed once. Takes about ``seconds`` at most; what there was no
    time for is missing.
    """
    due = time.perf_counter() + seconds
    known: dict[tuple[int, str], tuple[float, float]] = {}
    found: dict[str, tuple[float, float]] = {}
    for solver, chain in learner.hierarchy.tree.chains.items():
        key = chain.depth, chain.last.spec.kind
        if key not in known:
            if known and time.perf_counter() > due:
                continue
            known[key] = _path_costs(learner, solver, due)
        found[at.name(solver)] = known[key]
    for phase in baselines.steps_by_phase():
        if not found or time.perf_counter() <= due:
            own = timed(learner, baselines.trial(phase, Scratch), due)
            found[phase] = own, own
    return found


def _path_costs(learner: Learner, solver: str, due: float) -> tuple[float, float]:
    spec = learner.spec
    own = Condition(solver, -1)
    probes = [own, *_earlier(learner, solver, spec.consolidation.sample or 4)]
    for c in probes:
        learner.hierarchy.add(c)
    try:
        scratch = Scratch(t for t in learner.hierarchy.stored.values() if t.requires_grad)
        alone = timed(learner, lambda: _try(learner, probes[:1], scratch), due)
        if spec.training.mode == "joint" or spec.consolidation.beta <= 0:
            return alone, alone
        return alone, max(alone, timed(learner, lambda: _try(learner, probes, scratch), due))
    finally:
        for c in probes:
            for name in learner.hierarchy.embeddings_of(c):
                del learner.hierarchy.stored[name]


def _earlier(learner: Learner, solver: str, count: int) -> list[Condition]:
    """Conditions that a step of that path may have to keep: of the paths learned before it, in turn."""
    solvers = list(learner.hierarchy.tree.chains)
    if learner.spec.stream.order == "path-major":
        solvers = solvers[: solvers.index(solver) + 1]
    return [Condition(solvers[-1 - i % len(solvers)], -2 - i) for i in range(count)]


def _try(learner: Learner, conditions: list[Condition], scratch: Scratch) -> None:
    """Gradients of one step on the first; with a stand-in for the penalty on what the others generate."""
    condition = conditions[0]
    images, labels = learner.batch(0, 0)
    solver = learner.hierarchy.tree.solvers[condition.solver]
    inputs = learner.task_data(0).inputs(images).to(learner.arithmetic.dtype)
    with learner.products():
        generated = learner.hierarchy.generate(conditions)
        weights = generated[condition.solver].solver_weights(condition)
        logits = solver.run(weights, solver.fresh_buffers(learner.device), inputs, True)
    loss = functional.cross_entropy(logits.float(), labels.clamp(max=logits.shape[1] - 1))
    if len(conditions) > 1:
        kept = [g.levels[-1] for g in generated.values()]
        apart = [(2.0 * (level - level.detach())).square().mean(1).sum() for level in kept]
        loss = loss + torch.stack(apart).sum()
    scratch.step(loss)


class Scratch:
    """Copies of tensors, on which an optimiser's step is as dear as on the tensors themselves."""

    def __init__(self, tensors: Iterable[Tensor]) -> None:
        self.tensors = list(tensors)
        self._copies = [t.detach().clone().requires_grad_() for t in self.tensors]
        self._optimizer = torch.optim.Adam(self._copies, fused=True)

    def step(self, loss: Tensor) -> None:
        """Gradients of a loss for the tensors, and a clipped step on the copies."""
        found = torch.autograd.grad(loss, self.tensors, allow_unused=True)
        for copy, gradient in zip(self._copies, found, strict=True):
            copy.grad = gradient
        gradients = [g for g in found if g is not None]
        norm = torch.nn.utils.get_total_norm(gradients, foreach=True)
        torch._foreach_mul_(gradients, (1.0 / (norm + 1e-6)).clamp(max=1.0))
        self._optimizer.step()


def timed(learner: Learner, step: Callable[[], object], due: float) -> float:
    """Seconds that a step takes, from a few."""
    step()
    found: list[float] = []
    ends = time.perf_counter() + EACH
    while len(found) < REPEATS:
        began = time.perf_counter()
        step()
        if learner.device.type == "cuda":
            torch.cuda.synchronize(learner.device)
        elif learner.device.type == "mps":
            torch.mps.synchronize()
        now = time.perf_counter()
        found.append(now - began)
        if len(found) > 1 and now > min(ends, due):
            break
    return statistics.median(found)
