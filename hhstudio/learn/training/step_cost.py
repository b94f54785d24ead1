"""Step cost of each path, from a few steps that are computed and not taken.

Gradients are computed for conditions that are never learned; nothing that is stored changes.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping

import torch
from torch.nn import functional

from hhstudio.learn.consolidation.condition_sampling import LARGEST_SAMPLE, affordable_sample
from hhstudio.learn.training.baselines import Baselines
from hhstudio.learn.training.learner import Learner
from hhstudio.learn.training.schedule import RunPosition
from hhstudio.learn.training.trial_optimiser import TrialOptimiser
from hhstudio.nets.stored import Condition

ROUNDS = 12
"""Timed steps of a kind at most, of which the quickest counts; the kinds take turns, so that a busy machine
slows all of them, and one more of each comes before them."""

Trial = Callable[[], object]


def step_costs(
    learner: Learner, at: RunPosition, baselines: Baselines, seconds: float
) -> dict[str, tuple[float, float]]:
    """Seconds a step, by path and by phase.

    Paths of the same depth and solver are timed once.

    Parameters
    ----------
    learner : Learner
    at : RunPosition
    baselines : Baselines
    seconds : float
        About as long as the trials may take; what there was no time to begin with is missing.

    Returns
    -------
    dict of str to (float, float)
        Alone, and with earlier conditions to be kept.
    """
    kinds: dict[object, tuple[Trial, Trial]] = {}
    of: dict[str, object] = {}
    with contextlib.ExitStack() as stack:
        for solver, chain in learner.hierarchy.tree.chains.items():
            kind = chain.depth, chain.last.spec.kind
            of[at.name(solver)] = kind
            if kind not in kinds:
                kinds[kind] = stack.enter_context(_trials(learner, solver))
        for phase in baselines.steps_by_phase():
            of[phase] = phase
            own = baselines.trial(phase)
            kinds[phase] = own, own
        next(iter(kinds.values()))[0]()  # what is loaded at the first step is no part of what steps cost
        quickest = _quickest(learner, kinds, time.perf_counter() + seconds)
    return {key: quickest[kind] for key, kind in of.items() if kind in quickest}


def _quickest(
    learner: Learner, kinds: Mapping[object, tuple[Trial, Trial]], due: float
) -> dict[object, tuple[float, float]]:
    best: dict[object, tuple[float, float]] = {}
    for round_number in range(ROUNDS + 1):
        for kind, (alone, consolidating) in kinds.items():
            if time.perf_counter() > due and (round_number > 1 or (best and kind not in best)):
                return best
            first = second = _seconds(learner, alone)
            if consolidating is not alone:
                second = max(first, _seconds(learner, consolidating))
            seconds = first, second
            before = best.get(kind, seconds) if round_number > 1 else seconds  # the first one only warms up
            best[kind] = min(seconds[0], before[0]), min(seconds[1], before[1])
    return best


@contextlib.contextmanager
def _trials(learner: Learner, solver: str) -> Iterator[tuple[Trial, Trial]]:
    """A step of a path alone, and one that keeps earlier conditions."""
    spec = learner.spec
    probes = [Condition(solver, -1), *_earlier(learner, solver, _sample_size(learner, solver))]
    added = [c for c in probes if learner.hierarchy.embeddings_of(c)[0] not in learner.hierarchy.stored]
    for c in added:
        learner.hierarchy.add(c)
    try:
        trial_optimiser = TrialOptimiser(t for t in learner.hierarchy.stored.values() if t.requires_grad)

        def alone() -> None:
            _try(learner, probes[:1], trial_optimiser)

        def consolidating() -> None:
            _try(learner, probes, trial_optimiser)

        free = spec.training.mode == "joint" or spec.consolidation.beta <= 0
        yield alone, alone if free else consolidating
    finally:
        for c in added:
            learner.hierarchy.remove(c)


def _sample_size(learner: Learner, solver: str) -> int:
    """Earlier conditions a step; of all, so many as a sample would have at most."""
    settings, tree = learner.spec.consolidation, learner.hierarchy.tree
    if settings.sample is None and learner.device.type == "cpu":
        return affordable_sample(
            tree, tree.chains[solver], learner.training.batch_size, settings.curvature > 0
        )
    return settings.sample or LARGEST_SAMPLE


def _earlier(learner: Learner, solver: str, count: int) -> list[Condition]:
    """Conditions that a step of that path may have to keep: of the paths learned before it, in turn."""
    solvers = list(learner.hierarchy.tree.chains)
    if learner.spec.stream.order == "path-major":
        solvers = solvers[: solvers.index(solver) + 1]
    return [Condition(solvers[-1 - i % len(solvers)], -2 - i) for i in range(count)]


def _try(learner: Learner, conditions: list[Condition], trial_optimiser: TrialOptimiser) -> None:
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
        earlier_levels = [g.levels[-1] for g in generated.values()]
        stand_ins = [(2.0 * (level - level.detach())).square().mean(1).sum() for level in earlier_levels]
        loss = loss + torch.stack(stand_ins).sum()
    trial_optimiser.step(loss)


def _seconds(learner: Learner, step: Trial) -> float:
    began = time.perf_counter()
    step()
    if learner.device.type == "cuda":
        torch.cuda.synchronize(learner.device)
    elif learner.device.type == "mps":
        torch.mps.synchronize()
    return time.perf_counter() - began
