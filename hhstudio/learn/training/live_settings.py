"""Live settings: how a learner takes another value of a setting in the middle of a run.

Which settings are live is said where they are typed, by ``live=True`` in :mod:`hhstudio.core.spec.spec`; each
has one line in :data:`APPLY`.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from hhstudio.learn.training.learner import Learner


def _training(name: str) -> Callable[[Learner, float], None]:
    """Sets a field of the learner's training settings; the optimiser takes it at its next step."""

    def apply(learner: Learner, value: float) -> None:
        learner.training = learner.optimiser.training = replace(learner.training, **{name: value})

    return apply


def _beta(learner: Learner, value: float) -> None:
    learner.beta = value


APPLY: dict[str, Callable[[Learner, float], None]] = {
    "training.lr": _training("lr"),
    "training.embedding_lr": _training("embedding_lr"),
    "consolidation.beta": _beta,
}
"""By the dotted name of the setting."""
