"""Numbers gone wrong: stopping before they reach the weights, and finding out where they began.

A step whose loss or gradient is not finite is not taken, and none after it, so that what is learned stays
as it was when it happened. Looking for the origin is taking that step once more, with open eyes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from hhstudio.core.errors import DivergedError
from hhstudio.core.run.events import Diverged
from hhstudio.core.run.trainer_state import TrainerState
from hhstudio.learn.training.metric_buffer import IllRow
from hhstudio.nets.build import Chain
from hhstudio.nets.hierarchy import Condition, Generated

if TYPE_CHECKING:
    from hhstudio.learn.training.learner import Learner

HUGE = 1e15
"""Magnitude from which a stored number is as bad as none: float32 cannot hold the product of three such."""
_ADVICE = "try a smaller training.lr, a smaller training.clip, or anchored links"


class Gate:
    """Lets steps pass until the first whose numbers are not finite, and none after it.

    On CUDA the optimiser is told on the device (its ``found_inf``), so that no step waits for the host.
    Elsewhere the number is looked at.
    """

    def __init__(self, device: torch.device) -> None:
        self._on_device = device.type == "cuda"
        self.found = torch.zeros((), device=device) if self._on_device else None
        self._closed = False

    def passes(self, loss: Tensor, norm: Tensor) -> bool:
        """Whether the step may be taken, as far as the host knows."""
        if self.found is not None:
            good = torch.isfinite(loss.detach()) & torch.isfinite(norm)
            self.found = torch.maximum(self.found, (~good).to(self.found.dtype))
            return True
        if not self._closed:
            self._closed = not bool(torch.isfinite(loss.detach() + norm))
        return not self._closed


@dataclass
class Explosion:
    """The rule of an exploded loss: above :data:`ABOVE` for :data:`STEPS` steps in a row, on a task on which
    it has been below :data:`BEGAN`. A loss that begins high (direct links) is left to come down."""

    ABOVE = 1e3
    BEGAN = 10.0
    STEPS = 10

    _task: tuple[int, int] | None = None
    _was_low: bool = False
    _high: int = 0
    _first: int = field(default=0)

    def sees(self, path: int, task: int, step: int, loss: float) -> int | None:
        """Take in a step's loss; the step at which an explosion began, None while there is none."""
        if self._task != (path, task):
            self._task, self._was_low, self._high = (path, task), False, 0
        if loss <= self.ABOVE:
            self._was_low |= loss < self.BEGAN
            self._high = 0
            return None
        self._first = self._first if self._high else step
        self._high += 1
        return self._first if self._was_low and self._high >= self.STEPS else None

    @property
    def suspected(self) -> bool:
        """The last loss was far too high after it had been low: no state to keep."""
        return self._was_low and self._high > 0


class _Finding(NamedTuple):
    stage: str
    level: int
    tensor: str
    what: str


def bad_state(state: TrainerState) -> str:
    """The first array of a trainer's state that must not replace a good one: a number that is none, or a
    stored one beyond :data:`HUGE`. Empty when there is none."""
    for name, array in state.arrays.items():
        if array.dtype.kind != "f" or not array.size:
            continue
        low, high = float(array.min()), float(array.max())  # NaN comes through both
        limit = HUGE if name.startswith("stored/") else float("inf")
        if not (-limit < low and high < limit):
            return name
    return ""


def diverged(learner: Learner, condition: Condition, batch: int, ill: IllRow) -> DivergedError:
    """What went wrong at a step, as an error with its record. ``batch``: the number of the step's batch.

    The learner stands where it stood then (:class:`Gate`); where it does not (a device on which steps are
    not held), what the step itself recorded has to do.
    """
    row, chain = ill.row, learner.hierarchy.tree.chains[condition.solver]
    if ill.exploded is not None:
        loss = float(row.values[0])
        finding = _Finding(
            "explosion", 0, "",
            f"the loss has been above {Explosion.ABOVE:g} for {Explosion.STEPS} steps (last {loss:.3g}), "
            f"though it was below {Explosion.BEGAN:g}",
        )  # fmt: skip
    else:
        finding = _origin(learner, condition, batch, row.step - 1) or _recorded(learner, chain, ill.where)
    task = learner.stream.tasks[condition.task].name
    step = row.step if ill.exploded is None else ill.exploded
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
    """The step once more, looking at everything in the order in which it is computed."""
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
    images, labels = learner.batch(condition.task, batch)
    learner.seed_dropout(step)
    logits = learner.logits(
        condition, own.solver_weights(condition), learner.task_data(condition.task), images, True
    )
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
    """What the step's own numbers tell. ``where``: index into :attr:`StepRow.values`."""
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
    """What is stored that cannot make anything finite."""
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
    """The first tensor in which a number is none; of gradients their norm is ``seen``, whose squares overflow
    before they do."""
    return next((name for name, t in tensors.items() if not bool(torch.isfinite(seen(t)).all())), "")


def _largest(tensor: Tensor) -> float:
    return float(tensor.detach().abs().max()) if tensor.numel() else 0.0
