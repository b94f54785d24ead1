"""The consolidation penalty of a stored hypernetwork in closed form: exact, flat, and without targets.

With a = [h, 1] the augmented last hidden activations for one chunk, A = [W, b] the last layer, stars for
the values at the start of the task, D = A - A* and d = a - a*, the change of one chunk's raw output obeys

    |a A' - a* A*'|^2 = d A'A d' + 2 d A'D a*' + a* D'D a*'

The three Gram matrices are computed once a step, whatever the number of earlier conditions; a chunk then
costs a few products of the hidden width. Raw outputs that belong to no tensor, or to another task's head,
are subtracted the same way on their rows of A alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from hhstudio.nets.chain import Condition, Hierarchy


@dataclass(frozen=True)
class _Exclusion:
    """Rows (chunks of conditions) whose raw outputs at ``outputs`` do not count."""

    rows: Tensor
    outputs: Tensor


class RootGram:
    """Keeps the root's raw output for earlier conditions near what it is when this is made.

    ``factors``: for each condition the weight of its squared change. ``uncounted``: for each condition
    a (size,) mask of numbers that do not count.
    """

    def __init__(
        self,
        hierarchy: Hierarchy,
        conditions: Sequence[Condition],
        factors: Sequence[float],
        uncounted: Sequence[Tensor],
    ) -> None:
        self._hierarchy = hierarchy
        self._conditions = tuple(conditions)
        with torch.no_grad():
            self._last = self._last_layer().clone()
            self._hidden = self._activations().clone()
        chunks = [self._chunks(c) for c in conditions]
        weights = [torch.full((n,), f, dtype=torch.float64) for n, f in zip(chunks, factors, strict=True)]
        self._weights = torch.cat(weights).to(self._hidden)
        self._exclusions = self._excluded(uncounted)

    def penalty(self) -> Tensor:
        """Sum over conditions of factor * squared change of the counted raw outputs; differentiable."""
        last = self._last_layer()
        hidden = self._activations()
        total = _squared_change(last, self._last, hidden, self._hidden) @ self._weights
        for out in self._exclusions:
            now, then = hidden[out.rows], self._hidden[out.rows]
            rows, rows_then = last[out.outputs], self._last[out.outputs]
            if len(out.rows) < last.shape[1]:
                change = (now @ rows.T - then @ rows_then.T).square().sum(1)
            else:
                change = _squared_change(rows, rows_then, now, then)
            total = total - change @ self._weights[out.rows]
        return total

    def arrays(self) -> dict[str, np.ndarray]:
        return {"last": self._last.cpu().numpy().copy(), "hidden": self._hidden.cpu().numpy().copy()}

    def load(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Go back to values saved with :meth:`arrays`, for the same conditions."""
        self._last = torch.from_numpy(np.array(arrays["last"])).to(self._last)
        self._hidden = torch.from_numpy(np.array(arrays["hidden"])).to(self._hidden)

    def _chunks(self, condition: Condition) -> int:
        return self._hierarchy.tree.chains[condition.solver].edges[0].contributions[-1].layout.chunks

    def _last_layer(self) -> Tensor:
        """A = [W, b]: (chunk, hidden + 1)."""
        tree = self._hierarchy.tree
        layer = len(tree.generators[tree.root].hidden)
        weights = self._hierarchy.root_weights()
        return torch.cat([weights[f"layers.{layer}.weight"], weights[f"layers.{layer}.bias"][:, None]], 1)

    def _activations(self) -> Tensor:
        """a = [h, 1] of every chunk of every condition: (rows, hidden + 1)."""
        tree = self._hierarchy.tree
        # The first rows of a condition are its own chunks; residual contributions come after them.
        inputs = [self._hierarchy.root_inputs(c)[: self._chunks(c)] for c in self._conditions]
        hidden = tree.generators[tree.root].hidden_activations(
            self._hierarchy.root_weights(), torch.cat(inputs)
        )
        return functional.pad(hidden, (0, 1), value=1.0)

    def _excluded(self, uncounted: Sequence[Tensor]) -> list[_Exclusion]:
        """Rows with the same uncounted outputs, put together."""
        groups: dict[bytes, list[int]] = {}
        outputs: dict[bytes, Tensor] = {}
        row = 0
        for condition, mask in zip(self._conditions, uncounted, strict=True):
            layout = self._hierarchy.tree.chains[condition.solver].edges[0].contributions[-1].layout
            counted = layout.cut((~mask).cpu().to(torch.uint8))
            for chunk in counted:
                if not bool(chunk.all()):
                    key = np.packbits(chunk.numpy()).tobytes()
                    groups.setdefault(key, []).append(row)
                    outputs.setdefault(key, (chunk == 0).nonzero().flatten())
                row += 1
        device = self._hidden.device
        return [
            _Exclusion(torch.tensor(rows, device=device), outputs[key].to(device))
            for key, rows in groups.items()
        ]


def _squared_change(last: Tensor, last_then: Tensor, hidden: Tensor, hidden_then: Tensor) -> Tensor:
    """(rows,) squared norm of hidden @ last.T - hidden_then @ last_then.T, row by row."""
    change = last - last_then
    moved = hidden - hidden_then
    own = ((moved @ (last.T @ last)) * moved).sum(1)
    cross = ((moved @ (last.T @ change)) * hidden_then).sum(1)
    rest = ((hidden_then @ (change.T @ change)) * hidden_then).sum(1)
    return own + 2 * cross + rest
