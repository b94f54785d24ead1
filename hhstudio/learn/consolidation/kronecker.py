"""Kronecker-factored curvature: the effect of a change of a solver's weights on its outputs.

For a layer with inputs a (1 appended; patches of a convolution) and gradients g of -log p(c) with respect
to its outputs, the change D of [W, b] raises the expected divergence of the predictions by about
tr(G D A D') / 2, with A = sum over positions and mean over images of aa', G = mean over images and
positions of the expectation of gg' over the labels c that the solver predicts (Martens & Grosse 2015;
Grosse & Martens 2016). A diagonal would miss that the drift of generated weights is coherent.

The expectation is taken exactly. One label an image, drawn from the predictions, is unbiased and of no
use: a solver that has learned its task is sure, the label that carries the curvature is drawn once in
thousands of images, and the estimate is a hundredth or a thousandth of the truth, and now and then many
times it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from hhstudio.nets.solvers import SolverTarget
from hhstudio.nets.stored import Condition
from hhstudio.nets.target_spec import TargetSpec

Factors = dict[str, Tensor]
"""By layer: A (in + 1, in + 1), or G (out, out)."""

PASSES = 20
"""Backward passes at most over which the expectation over labels is taken."""

LARGEST = 2400
"""Inputs of a layer up to which its factor is kept; larger layers are left to the plain penalty."""


def covered_layers(solver: SolverTarget) -> dict[str, nn.Linear | nn.Conv2d]:
    """Layers whose curvature is kept: linear and ungrouped convolutional ones, with generated weights of
    their own (a weight that several layers share is left to the plain penalty).

    Parameters
    ----------
    solver : SolverTarget

    Returns
    -------
    dict of str to nn.Linear or nn.Conv2d
        By name; only those with at most :data:`LARGEST` inputs.
    """
    generated = {tensor.name for tensor in solver.spec.tensors} - solver.shared
    return {
        name: module
        for name, module in solver.module.named_modules()
        if f"{name}.weight" in generated
        and (isinstance(module, nn.Linear) or (isinstance(module, nn.Conv2d) and module.groups == 1))
        and module.weight[0].numel() <= LARGEST
    }


def input_factors(solver: SolverTarget, run: Callable[[], Tensor]) -> Factors:
    """Factor A of a solver's layers for a set of images.

    Parameters
    ----------
    solver : SolverTarget
    run : callable
        () -> Tensor, shape (N, classes): logits of the images, differentiable with respect to the weights.

    Returns
    -------
    dict of str to Tensor
        By layer: shape (in + 1, in + 1), at least float32. Without layers that do not reach the logits.
    """
    logits, calls = _watched(solver, run)
    rows: dict[str, list[Tensor]] = {}
    for call, gradient in zip(calls, _gradients(logits.sum(), calls, last=True), strict=True):
        if gradient is not None:
            rows.setdefault(call.name, []).append(_input_rows(call.layer, call.inputs))
    return {name: _second_moment(x) / len(logits) for name, x in rows.items()}


def output_factors(solver: SolverTarget, run: Callable[[], Tensor], source: torch.Generator) -> Factors:
    """Factor G of a solver's layers for a set of images.

    One backward pass a class, up to :data:`PASSES` of them. Of more classes, the half of the passes takes
    each image's likeliest ones exactly; the other half samples the rest evenly, each weighed for as many
    classes as it stands for: the estimate is unbiased, and what is sampled has little probability.

    Parameters
    ----------
    solver : SolverTarget
    run : callable
        () -> Tensor, shape (N, classes): logits of the images, differentiable with respect to the weights.
    source : torch.Generator
        On the CPU; used only where there are more classes than passes.

    Returns
    -------
    dict of str to Tensor
        By layer: shape (out, out), at least float32. Without layers that do not reach the logits.

    References
    ----------
    Martens & Grosse 2015, Optimizing neural networks with Kronecker-factored approximate curvature;
    Grosse & Martens 2016, A Kronecker-factored approximate Fisher matrix for convolution layers.
    """
    logits, calls = _watched(solver, run)
    labels, weights = _labels(logits.detach(), source)
    factors: Factors = {}
    for column in range(labels.shape[1]):
        losses = functional.cross_entropy(logits, labels[:, column], reduction="none")
        # The square of a gradient is weighed by the square of its factor.
        loss = (losses * weights[:, column].sqrt()).sum()
        rows: dict[str, list[Tensor]] = {}
        gradients = _gradients(loss, calls, last=column == labels.shape[1] - 1)
        for call, gradient in zip(calls, gradients, strict=True):
            if gradient is not None:
                rows.setdefault(call.name, []).append(_gradient_rows(call.layer, gradient))
        for name, x in rows.items():
            moment = _second_moment(x) / sum(len(one) for one in x)
            factors[name] = factors[name] + moment if name in factors else moment
    return factors


def _labels(logits: Tensor, source: torch.Generator) -> tuple[Tensor, Tensor]:
    """(N, passes) labels of each image, and the probability for which each stands."""
    count, classes = logits.shape
    probabilities = logits.softmax(1)
    if classes <= PASSES:
        return torch.arange(classes, device=logits.device).expand(count, -1), probabilities
    likeliest = PASSES // 2
    order = probabilities.argsort(1, descending=True)
    rest, drawn = classes - likeliest, PASSES - likeliest
    # Every image draws without repetition, so that over images all classes are seen evenly.
    choice = torch.rand(count, rest, generator=source).argsort(1)[:, :drawn].to(logits.device)
    labels = torch.cat([order[:, :likeliest], order[:, likeliest:].gather(1, choice)], 1)
    weights = probabilities.gather(1, labels)
    weights[:, likeliest:] *= rest / drawn
    return labels, weights


class MeasuresCurvature(Protocol):
    """What measures curvature factors of solvers (a learner, which has their images)."""

    def curvature_inputs(self, condition: Condition, flat: Tensor, task: int) -> Factors:
        """Factors A of a condition's solver.

        Parameters
        ----------
        condition : Condition
        flat : Tensor, shape (size,)
            The solver's weights.
        task : int
            On whose training images.

        Returns
        -------
        dict of str to Tensor
            As :func:`input_factors` gives them.
        """
        ...

    def curvature_outputs(self, condition: Condition, flat: Tensor) -> Factors:
        """Factors G of a condition's solver, on training images of its task.

        Parameters
        ----------
        condition : Condition
        flat : Tensor, shape (size,)
            The solver's weights.

        Returns
        -------
        dict of str to Tensor
            As :func:`output_factors` gives them.
        """
        ...


class SolverCurvature:
    """Curvature factors of earlier conditions: G of each is kept, A is measured anew for every task.

    A comes from the new task's images in the solver that was learned last, so that it takes no storage:
    on what an earlier task's images have in common with those of other tasks, it is as good.
    """

    def __init__(self) -> None:
        self._inputs: dict[str, dict[str, Tensor]] = {}
        self._outputs: dict[Condition, dict[str, Tensor]] = {}

    def __contains__(self, condition: Condition) -> bool:
        return condition in self._outputs

    def add(self, condition: Condition, factors: Factors) -> None:
        """Keep G of a condition.

        Parameters
        ----------
        condition : Condition
        factors : dict of str to Tensor
            From :func:`output_factors`.
        """
        self._outputs[condition] = factors

    def keep(self, solvers: Collection[str]) -> None:
        """Forget conditions of other solvers than these.

        Parameters
        ----------
        solvers : collection of str
            Ids.
        """
        self._outputs = {c: factors for c, factors in self._outputs.items() if c.solver in solvers}

    def set_inputs(self, kind: str, factors: Factors) -> None:
        """Use this A for all solvers of one kind.

        Parameters
        ----------
        kind : str
            :attr:`TargetSpec.kind`.
        factors : dict of str to Tensor
            From :func:`input_factors`.
        """
        self._inputs[kind] = factors

    def curvature_term(
        self, weight: float, spec: TargetSpec, conditions: Sequence[Condition], change: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Weighted expected divergence of the predictions of B conditions, and its gradient G D A.

        Parameters
        ----------
        weight : float
            Factor on both.
        spec : TargetSpec
            The solver's.
        conditions : sequence of Condition
            B of them.
        change : Tensor, shape (B, size)
            Of the solver's weights.

        Returns
        -------
        total : Tensor, shape (B,)
            ``weight`` * tr(G D A D') / 2, summed over layers.
        gradient : Tensor, shape (B, size)
            Of each total, with respect to ``change``; 0 at tensors that are not covered.

        References
        ----------
        Martens & Grosse 2015, Optimizing neural networks with Kronecker-factored approximate curvature.
        """
        if not self._inputs[spec.kind]:
            return change.new_zeros(len(change)), torch.zeros_like(change)
        total, gradient = change.new_zeros(len(change)), torch.zeros_like(change)
        parts, slopes = spec.split(change), spec.split(gradient)
        for name, a in self._inputs[spec.kind].items():
            if any(name not in self._outputs[c] for c in conditions):
                continue
            d = parts[f"{name}.weight"].flatten(2)
            biased = f"{name}.bias" in parts
            if biased:
                d = torch.cat([d, parts[f"{name}.bias"][..., None]], -1)
            else:
                a = a[:-1, :-1]
            slope = torch.stack([self._outputs[c][name] for c in conditions]) @ (d @ a)
            total += (weight / 2) * torch.linalg.vecdot(d.flatten(1), slope.flatten(1))
            own = slopes[f"{name}.weight"]
            torch.mul(slope[..., :-1].view_as(own) if biased else slope.view_as(own), weight, out=own)
            if biased:
                torch.mul(slope[..., -1], weight, out=slopes[f"{name}.bias"])
        return total, gradient

    def unseen(self, spec: TargetSpec) -> list[str]:
        """Tensors of a solver that no factor weighs, vectors left out.

        Parameters
        ----------
        spec : TargetSpec
            The solver's.

        Returns
        -------
        list of str
        """
        weighed = {f"{name}.weight" for name in self._inputs.get(spec.kind, {})}
        return [t.name for t in spec.tensors if len(t.shape) > 1 and t.name not in weighed]

    def arrays(self) -> dict[str, np.ndarray]:
        """G of every condition, to be saved as "SOLVER/TASK/LAYER"; A is measured again.

        Returns
        -------
        dict of str to ndarray, each (out, out)
        """
        return {
            f"{condition.solver}/{condition.task}/{name}": g.cpu().numpy().copy()
            for condition, by_layer in self._outputs.items()
            for name, g in by_layer.items()
        }

    def load(self, arrays: Mapping[str, np.ndarray], like: Tensor) -> None:
        """The inverse of :meth:`arrays`.

        Parameters
        ----------
        arrays : mapping of str to ndarray
        like : Tensor
            Its device and dtype are taken.
        """
        for full, array in arrays.items():
            solver, task, name = full.split("/", 2)
            value = torch.from_numpy(np.array(array)).to(like)
            self._outputs.setdefault(Condition(solver, int(task)), {})[name] = value


def _at_least_float32(x: Tensor) -> Tensor:
    """Products may have been taken in half precision; sums of squares must not be."""
    return x.to(torch.promote_types(x.dtype, torch.float32))


@dataclass(frozen=True)
class _Call:
    """One run of a layer: a layer that runs several times is seen each time."""

    name: str
    layer: nn.Linear | nn.Conv2d
    inputs: Tensor
    outputs: Tensor


def _watched(solver: SolverTarget, run: Callable[[], Tensor]) -> tuple[Tensor, list[_Call]]:
    """The logits of a run, and the calls of covered layers on batches whose outputs can have gradients."""
    calls: list[_Call] = []

    def watcher(name: str) -> Callable[[nn.Module, tuple[Tensor, ...], dict[str, Tensor], Tensor], None]:
        def hook(layer: nn.Module, args: tuple[Tensor, ...], named: dict[str, Tensor], out: Tensor) -> None:
            inputs = args[0] if args else named["input"]
            assert isinstance(layer, nn.Linear | nn.Conv2d)
            if out.requires_grad and inputs.dim() >= (4 if isinstance(layer, nn.Conv2d) else 2):
                calls.append(_Call(name, layer, inputs.detach(), out))

        return hook

    layers = covered_layers(solver)
    handles = [layer.register_forward_hook(watcher(name), with_kwargs=True) for name, layer in layers.items()]
    try:
        logits = run()
    finally:
        for handle in handles:
            handle.remove()
    order = list(layers)
    return _at_least_float32(logits), sorted(calls, key=lambda call: order.index(call.name))


def _gradients(loss: Tensor, calls: Sequence[_Call], last: bool) -> Sequence[Tensor | None]:
    """Of a loss with respect to the outputs of calls; None where an output is looked at but not used."""
    if not calls or not loss.requires_grad:
        return [None] * len(calls)
    outputs = [call.outputs for call in calls]
    return torch.autograd.grad(loss, outputs, allow_unused=True, retain_graph=not last)


def _second_moment(rows: Sequence[Tensor]) -> Tensor:
    """X'X of rows (n, k)."""
    x = _at_least_float32(rows[0] if len(rows) == 1 else torch.cat(list(rows)))
    return x.T @ x


def _input_rows(layer: nn.Linear | nn.Conv2d, inputs: Tensor) -> Tensor:
    """(rows, in + 1) inputs with 1 appended: a row for each image and position."""
    if isinstance(layer, nn.Conv2d):
        padding = layer.padding if not isinstance(layer.padding, str) else _same(layer)
        patches = functional.unfold(inputs, layer.kernel_size, layer.dilation, padding, layer.stride)
        rows = patches.transpose(1, 2).flatten(0, 1)
    else:
        rows = inputs.flatten(0, -2)
    return functional.pad(rows, (0, 1), value=1.0)


def _gradient_rows(layer: nn.Linear | nn.Conv2d, gradient: Tensor) -> Tensor:
    """(rows, out) gradients: a row for each image and position."""
    if isinstance(layer, nn.Conv2d):
        return gradient.flatten(2).transpose(1, 2).flatten(0, 1)
    return gradient.flatten(0, -2)


def _same(layer: nn.Conv2d) -> tuple[int, int]:
    """Padding in numbers of a layer that names it; "same" with even kernels is near enough."""
    if layer.padding == "valid":
        return 0, 0
    height, width = (d * (k - 1) // 2 for d, k in zip(layer.dilation, layer.kernel_size, strict=True))
    return height, width
