"""Checkpoint of a learner: everything that cannot be made again from the spec, as plain arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch

from hhstudio.core.errors import SessionError
from hhstudio.learn.training.learner import Learner
from hhstudio.nets.stored import Condition


def arrays(learner: Learner) -> dict[str, np.ndarray]:
    """State of a learner.

    Parameters
    ----------
    learner : Learner

    Returns
    -------
    dict of str to ndarray
        Names begin with stored/, gain/, optimiser/, consolidation/, buffer/, solver/ (what is not generated).
    """
    saved = {
        f"stored/{name}": t.detach().cpu().numpy().copy() for name, t in learner.hierarchy.stored.items()
    }
    saved |= {f"gain/{key}": np.array(value) for key, value in learner.hierarchy.gains.items()}
    saved |= {f"optimiser/{name}": array for name, array in learner.optimiser.arrays().items()}
    saved |= {f"consolidation/{name}": array for name, array in learner.consolidation.arrays().items()}
    for condition, buffers in learner.buffers.items():
        for name, tensor in buffers.items():
            key = f"buffer/{condition.solver}/{condition.task}/{name}"
            saved[key] = tensor.detach().cpu().numpy().copy()
    for name, solver in learner.hierarchy.tree.solvers.items():
        for tensor_name, tensor in (solver.constants | solver.buffers).items():
            saved[f"solver/{name}/{tensor_name}"] = tensor.detach().cpu().numpy().copy()
    return saved


def restore(
    learner: Learner,
    saved: Mapping[str, np.ndarray],
    finished: list[Condition],
    current: tuple[Condition, ...],
) -> None:
    """Put a fresh learner of the same spec where the saved one was.

    Parameters
    ----------
    learner : Learner
    saved : mapping of str to ndarray
        From :func:`arrays`.
    finished : list of Condition
        Learned by then, in order.
    current : tuple of Condition
        Being learned then; empty between two tasks.

    Raises
    ------
    SessionError
        For a state that belongs to another spec.
    """
    restore_generation(learner, saved, [*finished, *current])
    learner.done = list(finished)
    consolidation = _below(saved, "consolidation")
    learner.consolidation.load(consolidation, finished, within=bool(current))
    optimiser = _below(saved, "optimiser")
    if current:
        learner.begin(current, closed="gram/last" in consolidation)
        learner.consolidation.load_closed_form(consolidation)
    elif optimiser:
        learner.optimiser.extend(learner.hierarchy.stored)
    learner.optimiser.load(optimiser)


def restore_generation(learner: Learner, saved: Mapping[str, np.ndarray], begun: Sequence[Condition]) -> None:
    """Restore only what generates: stored tensors, gains, and the solvers' statistics.

    Parameters
    ----------
    learner : Learner
    saved : mapping of str to ndarray
        From :func:`arrays`.
    begun : sequence of Condition
        Conditions with embeddings by then.

    Raises
    ------
    SessionError
        For a state that belongs to another spec.
    """
    for name, solver in learner.hierarchy.tree.solvers.items():
        fixed = _below(saved, f"solver/{name}")
        solver.load({n: torch.from_numpy(np.array(a)) for n, a in fixed.items()})
    for condition in begun:
        learner.hierarchy.add(condition)
        solver = learner.hierarchy.tree.solvers[condition.solver]
        learner.buffers[condition] = solver.fresh_buffers(learner.device)
    stored = {n: torch.from_numpy(np.array(a)) for n, a in _below(saved, "stored").items()}
    own = learner.hierarchy.stored
    if stored.keys() != own.keys() or any(stored[n].shape != own[n].shape for n in own):
        raise SessionError("the saved state belongs to another spec: its tensors are not those of this tree")
    learner.hierarchy.load(stored, {k: float(v) for k, v in _below(saved, "gain").items()})
    with torch.no_grad():
        for name, array in _below(saved, "buffer").items():
            solver_id, task, tensor = name.split("/", 2)
            buffer = learner.buffers[Condition(solver_id, int(task))][tensor]
            buffer.copy_(torch.from_numpy(np.array(array)).view(buffer.shape))


def _below(saved: Mapping[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    start = prefix + "/"
    return {name[len(start) :]: array for name, array in saved.items() if name.startswith(start)}
