"""Kronecker-factored curvature: the effect of a change of a solver's weights on its outputs.

For a layer with inputs a (1 appended; patches of a convolution) and gradients g with respect to its
outputs, labels drawn from the solver's own predictions, the change D of [W, b] raises the expected
divergence of the predictions by about tr(G D A D') / 2, with A = sum over positions and mean over images
of aa', G = mean over images and positions of gg' (Martens & Grosse 2015; Grosse & Martens 2016). A
diagonal would miss that the drift of generated weights is coherent.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from hhstudio.nets.hierarchy import Condition
from hhstudio.nets.solvers import SolverTarget
from hhstudio.nets.target_spec import TargetSpec

KroneckerFactors = dict[str, tuple[Tensor, Tensor]]
"""By layer: A (in + 1, in + 1) and G (out, out)."""

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


def kronecker_factors(
    solver: SolverTarget, run: Callable[[], Tensor], drawn: Callable[[Tensor], Tensor]
) -> KroneckerFactors:
    """Curvature factors of a solver for a set of images.

    Parameters
    ----------
    solver : SolverTarget
    run : callable
        () -> Tensor, shape (N, classes): logits of the images, differentiable with respect to the weights.
    drawn : callable
        Tensor (N, classes) -> Tensor (N,): labels drawn from the predictions.

    Returns
    -------
    dict of str to (Tensor, Tensor)
        By layer: A, shape (in + 1, in + 1), and G, shape (out, out), at least float32. Without layers that
        do not reach the logits.

    References
    ----------
    Martens & Grosse 2015, Optimizing neural networks with Kronecker-factored approximate curvature;
    Grosse & Martens 2016, A Kronecker-factored approximate Fisher matrix for convolution layers.
    """
    layers = covered_layers(solver)
    with _watching(layers) as (inputs, outputs):
        logits = run()  # a layer that runs several times is seen each time
    logits = _at_least_float32(logits)
    loss = functional.cross_entropy(logits, drawn(logits.detach()), reduction="sum")
    seen = [(name, at) for name in layers for at in range(len(outputs[name]))]
    if not seen or not loss.requires_grad:
        return {}
    # A layer whose output is looked at but not used has no gradient.
    gradients = torch.autograd.grad(loss, [outputs[name][at] for name, at in seen], allow_unused=True)
    rows: dict[str, list[tuple[Tensor, Tensor]]] = {}
    for (name, at), gradient in zip(seen, gradients, strict=True):
        if gradient is not None:
            rows.setdefault(name, []).append(_rows(layers[name], inputs[name][at], gradient))
    by_layer: KroneckerFactors = {}
    for name, calls in rows.items():
        a, g = (_at_least_float32(x[0] if len(x) == 1 else torch.cat(x)) for x in zip(*calls, strict=True))
        by_layer[name] = (a.T @ a / len(logits), g.T @ g / len(g))
    return by_layer


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

    def add(self, condition: Condition, measured: KroneckerFactors) -> None:
        """Keep G of a condition.

        Parameters
        ----------
        condition : Condition
        measured : dict of str to (Tensor, Tensor)
            From :func:`kronecker_factors`.
        """
        self._outputs[condition] = {name: g for name, (_, g) in measured.items()}

    def keep(self, solvers: Collection[str]) -> None:
        """Forget conditions of other solvers than these.

        Parameters
        ----------
        solvers : collection of str
            Ids.
        """
        self._outputs = {c: factors for c, factors in self._outputs.items() if c.solver in solvers}

    def set_inputs(self, kind: str, measured: KroneckerFactors) -> None:
        """Use this A for all solvers of one kind.

        Parameters
        ----------
        kind : str
            :attr:`TargetSpec.kind`.
        measured : dict of str to (Tensor, Tensor)
            From :func:`kronecker_factors`.
        """
        self._inputs[kind] = {name: a for name, (a, _) in measured.items()}

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


@contextmanager
def _watching(
    layers: Mapping[str, nn.Module],
) -> Iterator[tuple[dict[str, list[Tensor]], dict[str, list[Tensor]]]]:
    """Inputs and outputs of every call of layers, by name, of the run that happens meanwhile; only of calls
    on batches whose outputs can have gradients."""
    inputs: dict[str, list[Tensor]] = {name: [] for name in layers}
    outputs: dict[str, list[Tensor]] = {name: [] for name in layers}

    def keep(name: str) -> Callable[[nn.Module, tuple[Tensor, ...], dict[str, Tensor], Tensor], None]:
        def hook(module: nn.Module, given: tuple[Tensor, ...], named: dict[str, Tensor], out: Tensor) -> None:
            taken = given[0] if given else named["input"]
            if out.requires_grad and taken.dim() >= (4 if isinstance(module, nn.Conv2d) else 2):
                inputs[name].append(taken.detach())
                outputs[name].append(out)

        return hook

    handles = [module.register_forward_hook(keep(name), with_kwargs=True) for name, module in layers.items()]
    try:
        yield inputs, outputs
    finally:
        for handle in handles:
            handle.remove()


def _rows(layer: nn.Linear | nn.Conv2d, inputs: Tensor, gradient: Tensor) -> tuple[Tensor, Tensor]:
    """(rows, in + 1) inputs with 1 appended, (rows, out) gradients: a row for each image and position."""
    if isinstance(layer, nn.Conv2d):
        padding = layer.padding if not isinstance(layer.padding, str) else _same(layer)
        patches = functional.unfold(inputs, layer.kernel_size, layer.dilation, padding, layer.stride)
        a, g = patches.transpose(1, 2).flatten(0, 1), gradient.flatten(2).transpose(1, 2).flatten(0, 1)
    else:
        a, g = inputs.flatten(0, -2), gradient.flatten(0, -2)
    return functional.pad(a, (0, 1), value=1.0), g


def _same(layer: nn.Conv2d) -> tuple[int, int]:
    """Padding in numbers of a layer that names it; "same" with even kernels is near enough."""
    if layer.padding == "valid":
        return 0, 0
    height, width = (d * (k - 1) // 2 for d, k in zip(layer.dilation, layer.kernel_size, strict=True))
    return height, width
