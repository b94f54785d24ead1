"""A spec that really trains, in about a second."""

from __future__ import annotations

from hhstudio.core.spec.spec import (
    Evaluation,
    HypernetworkDefaults,
    Recording,
    SolverDefaults,
    Spec,
    Stream,
    Training,
)
from hhstudio.core.tree import editing


def tiny(steps: int = 40, tasks: int = 2, checkpoint_seconds: float = 1000.0, **fields) -> Spec:
    """Digits, one path, an MLP of a few hundred weights: about a millisecond a step. Any field of the spec
    may be given."""
    chosen = {
        "name": "tiny",
        "stream": Stream(dataset="digits", tasks=tasks, classes_per_task=2, train_limit=200, test_limit=50),
        "solver": SolverDefaults(architecture="mlp", options={"hidden": (8,)}),
        "hypernetwork": HypernetworkDefaults(hidden=(8,), chunk=64, task_embedding=4, chunk_embedding=4),
        "training": Training(steps=steps, batch_size=16, threads=1),
        "evaluation": Evaluation(every=20, limit=20),
        "recording": Recording(checkpoint_seconds=checkpoint_seconds),
        "topology": editing.single(),
    }
    return Spec(**(chosen | fields))
