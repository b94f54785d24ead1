"""Divergence: origin of the first number that is not finite, found by repeating the step stage by stage."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from hhstudio.core.errors import DivergedError
from hhstudio.core.run.events import Diverged
from hhstudio.core.run.trainer_state import TrainerState
from hhstudio.learn.training.learner import Learner
from hhstudio.learn.training.metric_buffer import BadStep
from hhstudio.learn.training.step_guard import LossExplosion
from hhstudio.nets.build import Chain
from hhstudio.nets.hierarchy import Generated
from hhstudio.nets.stored import Condition

HUGE = 1e15
"""Magnitude from which a stored number is as bad as NaN: float32 cannot represent the product of three."""
_ADVICE = "try a smaller training.lr, a smaller training.clip, or anchored links"


class _Finding(NamedTuple):
    stage: str
    level: int
    tensor: str
    what: str


def unusable_array(state: TrainerState) -> str:
    """Name of the first array of a state that must not replace a good one.

    Parameters
    ----------
    state : TrainerState

    Returns
    -------
    str
        An array with NaN or infinity, or a stored tensor beyond :data:`HUGE`; empty when there is none.
    """
    for name, array in state.arrays.items():
        if array.dtype.kind != "f" or not array.size:
            continue
        low, high = float(array.min()), float(array.max())  # NaN comes through both
        limit = HUGE if name.startswith("stored/") else float("inf")
        if not (-limit < low and high < limit):
            return name
    return ""


def divergence_error(learner: Learner, condition: Condition, batch: int, bad_step: BadStep) -> DivergedError:
    """Error of a step that diverged, with its record.

    The step is computed again from the state before it
    (:class:`~hhstudio.learn.training.step_guard.StepGuard` kept that state), and every stage is checked:
    weights of each level, logits, loss, penalty, gradients. Where the repeated step is finite (on a device
    where bad steps are not held back), the step's own numbers tell.

    Parameters
    ----------
    learner : Learner
    condition : Condition
        The one that was learned.
    batch : int
        Number of the step's batch within its task.
    bad_step : BadStep

    Returns
    -------
    DivergedError
    """
    row, chain = bad_step.row, learner.hierarchy.tree.chains[condition.solver]
    if bad_step.exploded_since is not None:
        loss = float(row.values[0])
        finding = _Finding(
            "explosion", 0, "",
            f"the loss has been above {LossExplosion.ABOVE:g} for {LossExplosion.STEPS} steps "
            f"(last {loss:.3g}), though it was below {LossExplosion.BEGAN:g}",
        )  # fmt: skip
    else:
        finding = _origin(learner, condition, batch, row.step - 1) or _recorded(
            learner, chain, bad_step.where
        )
    task = learner.stream.tasks[condition.task].name
    step = row.step if bad_step.exploded_since is None else bad_step.exploded_since
    message = f"step {step}, path {chain.name}, task {task!r}: {finding.what}; {_ADVICE}"
    return DivergedError(
        Diverged(
            step=step,
            path=chain.name,
            task=condition.task,
            stage=finding.stage,  # type: ignore[arg-type]
            level=finding.level,
            tensor=finding.tensor,
            message=message,
        )
    )


def _origin(learner: Learner, condition: Condition, batch: int, step: int) -> _Finding | None:
    """Repeat the step, checking every stage in the order in which it is computed."""
    chain = learner.hierarchy.tree.chains[condition.solver]
    chosen = learner.consolidation.sample(step)
    with learner.products():
        generated = learner.hierarchy.generate([condition, *chosen])
    own = generated[condition.solver]
    for level in own.levels:
        if level.requires_grad:
            level.retain_grad()
    for at, (edge, weights) in enumerate(zip(chain.edges, own.levels, strict=True)):
        name = _first_bad(edge.spec.split(weights[0].detach()))
        if name:
            return _Finding("weights", at + 1, name, _weights_words(learner, chain, at, name))
    inputs, labels = learner.inputs(condition, batch)
    learner.seed_dropout(step)
    logits = learner.answers(condition, own.solver_weights(condition), inputs, True)
    largest = _largest(own.levels[-1])
    if not bool(torch.isfinite(logits).all()):
        words = (
            f"the logits are not finite, though the weights of every level are (the largest {largest:.3g})"
        )
        return _Finding("logits", 0, "", words)
    loss = functional.cross_entropy(logits.float() if logits.dtype != torch.float64 else logits, labels)
    if not bool(torch.isfinite(loss)):
        words = f"the loss is not finite, though the logits are (the largest {_largest(logits):.3g})"
        return _Finding("loss", 0, "", words)
    penalty = learner.consolidation.penalty(generated, chosen)
    if penalty is not None and not bool(torch.isfinite(penalty)):
        words = "the consolidation penalty is not finite, though the loss and the weights of every level are"
        return _Finding("consolidation", 0, "", words)
    learner.optimiser.zero_grad()
    (loss if penalty is None else loss + learner.beta * penalty).backward()
    return _bad_gradient(learner, chain, own)


def _bad_gradient(learner: Learner, chain: Chain, own: Generated) -> _Finding | None:
    """The first bad gradient on its way from the solver up to what is stored."""
    before = "though the loss is"
    for at in range(len(own.levels) - 1, -1, -1):
        gradient = own.levels[at].grad
        if gradient is None:
            continue
        name = _first_bad(chain.edges[at].spec.split(gradient[0]), torch.linalg.vector_norm)
        if name:
            words = (
                f"the gradient of the weights of {_target(learner, chain, at)}, generated by "
                f"{_source(learner, chain, at)} (level {at + 1}), is not finite, {before}: first {name}"
            )
            return _Finding("gradient", at + 1, name, words)
        before = f"though that of {_target(learner, chain, at)} is"
    stored = {n: t.grad for n, t in learner.hierarchy.stored.items() if t.grad is not None}
    name = _first_bad(stored, torch.linalg.vector_norm)
    return _Finding("gradient", 0, name, f"the gradient of {name} is not finite, {before}") if name else None


def _recorded(learner: Learner, chain: Chain, where: int) -> _Finding:
    """Finding from the step's own numbers. ``where``: index into :attr:`StepRow.values`."""
    if where < 3:
        stage = ("loss", "consolidation", "gradient")[where]
        what = ("the loss is", "the consolidation penalty is", "the gradient is")[where]
        return _Finding(stage, 0, "", f"{what} not finite, though the weights of every level are")
    return _Finding("weights", where - 2, "", _weights_words(learner, chain, where - 3, ""))


def _weights_words(learner: Learner, chain: Chain, at: int, name: str) -> str:
    words = (
        f"the weights of {_target(learner, chain, at)}, generated by {_source(learner, chain, at)} "
        f"(level {at + 1}), are not finite"
    )
    if name:
        words += f", first {name}"
    cause = next(_stored_causes(learner), "")
    return f"{words} ({cause})" if cause else words


def _stored_causes(learner: Learner) -> Iterator[str]:
    """Stored tensors from which nothing finite can be generated, in words."""
    for name, tensor in learner.hierarchy.stored.items():
        largest = _largest(tensor)
        if not largest < float("inf"):
            yield f"{name} itself is not finite"
        elif largest > HUGE:
            yield f"{name} has grown to {largest:.0e}"


def _target(learner: Learner, chain: Chain, at: int) -> str:
    by_id = learner.hierarchy.tree.topology.by_id
    return "the solver" if at == chain.depth - 1 else by_id[chain.nodes[at + 1]].name


def _source(learner: Learner, chain: Chain, at: int) -> str:
    return "the root" if at == 0 else learner.hierarchy.tree.topology.by_id[chain.nodes[at]].name


def _first_bad(
    tensors: Mapping[str, Tensor], seen: Callable[[Tensor], Tensor] = lambda tensor: tensor
) -> str:
    """Name of the first tensor with NaN or infinity; of gradients the norm is checked (``seen``), whose
    squares overflow before they do."""
    return next((name for name, t in tensors.items() if not bool(torch.isfinite(seen(t)).all())), "")


def _largest(tensor: Tensor) -> float:
    return float(tensor.detach().abs().max()) if tensor.numel() else 0.0
