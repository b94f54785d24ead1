"""Closed-form consolidation penalty of a stored hypernetwork: exact, flat in cost, and without targets.

The root's last layer is linear and stored, so the change of its raw output for any number of earlier
conditions is a quadratic form of small matrices (:mod:`hhstudio.learn.consolidation.quadratic_form`). Raw
outputs that belong to no tensor, or to another task's head, are taken out on their rows of the layer alone.

Not for anchors that are learned: their change is the same for all conditions of a slot, and would add a
product of it with the mean change of the rows of each chunk, which is linear in the layer and cheap. But
where anchors are learned, drift is weighted by curvature (our recipe), whose form between all numbers of a
layer of the solver is no sum over rows of the root's output, and the closed form would not serve it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from hhstudio.learn.consolidation.quadratic_form import Correction, QuadraticForm
from hhstudio.nets.hierarchy import Hierarchy
from hhstudio.nets.stored import Condition


class ClosedFormPenalty:
    """Penalty on the change of the root's raw output for earlier conditions, since this was made.

    Parameters
    ----------
    hierarchy : Hierarchy
    conditions : sequence of Condition
        The earlier ones, of any paths.
    factors : sequence of float
        For each condition, the weight of its squared change.
    uncounted : sequence of Tensor, each of shape (size,), bool
        For each condition, the numbers of the root's target that do not count.

    References
    ----------
    von Oswald et al. 2019, Continual learning with hypernetworks, eq. 2 (the penalty itself).
    """

    def __init__(
        self,
        hierarchy: Hierarchy,
        conditions: Sequence[Condition],
        factors: Sequence[float],
        uncounted: Sequence[Tensor],
    ) -> None:
        self._hierarchy = hierarchy
        self._groups: dict[str, list[Condition]] = {}
        for condition in conditions:
            self._groups.setdefault(condition.solver, []).append(condition)
        # Rows stand path by path, as they are computed.
        order = sorted(range(len(conditions)), key=lambda i: list(self._groups).index(conditions[i].solver))
        conditions = [conditions[i] for i in order]
        masks = [uncounted[i] for i in order]
        chunks = [self._chunks(c.solver) for c in conditions]
        weights = torch.cat(
            [torch.full((n,), factors[i], dtype=torch.float64) for n, i in zip(chunks, order, strict=True)]
        )
        corrections = self._partly_counted(conditions, masks)
        whole = weights.clone()
        for part in corrections:
            if part.sign > 0:
                whole[part.rows] = 0.0
        with torch.no_grad():
            weight, bias = self._last_layer()
            hidden = self._activations()
            here = hidden.device
            on_device = [Correction(p.rows.to(here), p.outputs.to(here), p.sign) for p in corrections]
            correction_weights = [weights[p.rows].to(hidden) for p in corrections]
            self._change = QuadraticForm(
                weight, bias, hidden, whole.to(hidden), on_device, correction_weights
            )

    def penalty(self) -> Tensor:
        """Sum over conditions of factor * squared change of the counted raw outputs.

        Returns
        -------
        Tensor, shape ()
            Differentiable once, with respect to what is stored.
        """
        return self._change(*self._last_layer(), self._activations())

    def arrays(self) -> dict[str, np.ndarray]:
        """The reference values, to be saved.

        Returns
        -------
        dict of str to ndarray
            ``last`` (chunk, hidden + 1): the last layer with its bias; ``hidden`` (rows, hidden + 1):
            activations of every chunk of every condition, 1 appended.
        """
        return {
            "last": self._change.last.cpu().numpy().copy(),
            "hidden": self._change.hidden.cpu().numpy().copy(),
        }

    def load(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Take reference values back, for the same conditions.

        Parameters
        ----------
        arrays : mapping of str to ndarray
            From :meth:`arrays`.
        """
        change = self._change
        change.last = torch.from_numpy(np.array(arrays["last"])).to(change.last)
        change.hidden = torch.from_numpy(np.array(arrays["hidden"])).to(change.hidden)
        change.fix()

    def _chunks(self, solver: str) -> int:
        return self._hierarchy.tree.chains[solver].edges[0].contributions[-1].layout.chunks

    def _last_layer(self) -> tuple[Tensor, Tensor]:
        """W (chunk, hidden) and b (chunk,)."""
        tree = self._hierarchy.tree
        layer = len(tree.generators[tree.root].hidden)
        weights = self._hierarchy.root_weights()
        return weights[f"layers.{layer}.weight"], weights[f"layers.{layer}.bias"]

    def _activations(self) -> Tensor:
        """h of every chunk of every condition: (rows, hidden)."""
        tree = self._hierarchy.tree
        # The first rows of a condition are its own chunks; residual contributions come after them.
        inputs = [
            self._hierarchy.root_inputs(conditions)[:, : self._chunks(solver)].flatten(0, 1)
            for solver, conditions in self._groups.items()
        ]
        rows = inputs[0] if len(inputs) == 1 else torch.cat(inputs)
        return tree.generators[tree.root].hidden_activations(self._hierarchy.root_weights(), rows)

    def _partly_counted(
        self, conditions: Sequence[Condition], uncounted: Sequence[Tensor]
    ) -> list[Correction]:
        """Rows of which some outputs do not count: those are subtracted, or the others alone are added,
        whichever are fewer. Rows with the same outputs are put together."""
        groups: dict[bytes, list[int]] = {}
        counted: dict[bytes, Tensor] = {}
        row = 0
        for condition, mask in zip(conditions, uncounted, strict=True):
            layout = self._hierarchy.tree.chains[condition.solver].edges[0].contributions[-1].layout
            for chunk in layout.cut((~mask).cpu().to(torch.uint8)):
                if not bool(chunk.all()):
                    key = np.packbits(chunk.numpy()).tobytes()
                    groups.setdefault(key, []).append(row)
                    counted.setdefault(key, chunk.bool())
                row += 1
        parts = []
        for key, rows in groups.items():
            few = int(counted[key].sum()) * 2 < len(counted[key])
            outputs = (counted[key] if few else ~counted[key]).nonzero().flatten()
            parts.append(Correction(torch.tensor(rows), outputs, 1.0 if few else -1.0))
        return parts
