"""Disk usage of a run, before it is started: from formulas, without torch."""

from __future__ import annotations

from hhstudio.core.spec.costs import costs, steps
from hhstudio.core.spec.snapshot_policy import snapshot_plan
from hhstudio.core.spec.spec import Spec, solver_of
from hhstudio.core.tree.topology import Solver

_ROW = 7
"""Bytes a recorded number of a curve takes, compressed (quickstart: 6.6)."""
_A_STEP = 5.4
"""Numbers recorded a step: loss, penalty, gradient, rate, time, and a fifth of the gradients at levels."""
_A_TENSOR = 400
"""Bytes that HDF5 itself needs for a tensor with its name."""
_FIXED = 60_000


def total_steps(spec: Spec) -> int | None:
    """Training steps of the whole run, baselines included (solvers that are built alike are trained once);
    None where passes over images are counted instead."""
    own = steps(spec)
    if own is None or not spec.baselines:
        return own
    alike = set()
    for solver, tasks in spec.topology.assigned(_tasks(spec)).items():
        node = spec.topology.by_id[solver]
        assert isinstance(node, Solver)
        alike.add((repr(solver_of(spec, node)), tasks))
    once = spec.training.steps * sum(len(tasks) for _, tasks in alike)
    return own + len(set(spec.baselines)) * once


def disk(spec: Spec) -> int | None:
    """Bytes of the session at its end; None where what is generated cannot be counted.

    Weights of every condition and the state to go on from (what is stored, twice more for the optimiser),
    snapshots, and the curves.
    """
    cost, taken = costs(spec), steps(spec)
    if cost.total is None or taken is None:
        return None
    recording = spec.recording
    total = cost.total
    conditions = sum(len(own) for own in spec.topology.assigned(_tasks(spec)).values())
    weights = 4 * total.generated
    # Adam keeps two numbers for every one; early stopping keeps what is stored once more
    state = 4 * (3 * total.stored + total.targets)
    if spec.training.early_stopping.patience:
        state += 4 * total.stored
    snapshots = snapshot_plan(spec)
    assert snapshots is not None
    rows = taken / max(recording.metrics_every, 1) * _A_STEP
    return int(weights + state + snapshots.bytes + rows * _ROW + 12 * conditions * _A_TENSOR + _FIXED)


def _tasks(spec: Spec) -> int:
    return len(spec.stream.parts) or spec.stream.tasks
