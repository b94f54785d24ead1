"""Metrics of a run: gathered on the device, moved in blocks, checked for numbers that are none."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor

from hhstudio.core.run import gradients
from hhstudio.core.run.events import Metrics

if TYPE_CHECKING:
    from hhstudio.learn.training.divergence import Explosion


class Columns:
    """Rows on their way into one :class:`~hhstudio.core.run.events.Metrics`."""

    def __init__(self) -> None:
        self._names: dict[str, int] = {}
        self._rows: list[tuple[int, int, int, int, float]] = []

    def add(self, step: int, path: int, task: int, metric: str, value: float) -> None:
        number = self._names.setdefault(metric, len(self._names))
        self._rows.append((step, path, task, number, value))

    def __len__(self) -> int:
        return len(self._rows)

    def take(self) -> Metrics:
        names = tuple(self._names)
        step, path, task, metric, value = (list(c) for c in zip(*self._rows, strict=True))
        self._names, self._rows = {}, []
        return Metrics(names=names, step=step, path=path, task=task, metric=metric, value=value)


@dataclass(frozen=True)
class StepRow:
    """One step as the block remembers it. ``values`` on the device: loss, penalty, gradient norm, then the
    norm of each of the ``depth`` levels' generated weights, then of the gradient at the root's weights and
    at each level's."""

    step: int
    path: int
    task: int
    lr: float
    seconds: float
    values: Tensor
    depth: int


class IllRow(NamedTuple):
    """A step with a number that is NaN or infinite (``where``: 0 loss, 1 penalty, 2 gradient, 3 + i the
    weights of level i), or one whose loss has ``exploded`` since that step."""

    row: StepRow
    where: int
    exploded: int | None = None


@dataclass
class Block:
    """Steps whose numbers are still on the device."""

    rows: list[StepRow] = field(default_factory=list)

    def flush(self, columns: Columns, every: int, explosion: Explosion) -> IllRow | None:
        """Move all rows at once, up to the first bad one, which is returned.

        ``every``: only steps that it divides are put into ``columns``.
        """
        width = max(len(row.values) for row in self.rows)
        padded = [torch.nn.functional.pad(row.values, (0, width - len(row.values))) for row in self.rows]
        values = torch.stack(padded).cpu().double()
        finite = torch.isfinite(values)
        rows, self.rows = self.rows, []
        ill = None
        if not bool(finite.all()):
            bad = int((~finite).any(1).nonzero()[0, 0])
            ill = IllRow(rows[bad], _origin((~finite[bad]).nonzero().flatten().tolist(), rows[bad].depth))
            rows, values = rows[:bad], values[:bad]
        for row, numbers in zip(rows, values.tolist(), strict=True):
            began = explosion.sees(row.path, row.task, row.step, numbers[0])
            if began is not None and ill is None:
                ill = IllRow(row, 0, exploded=began)
            if row.step % every:
                continue
            at = (row.step, row.path, row.task)
            columns.add(*at, "loss", numbers[0])
            columns.add(*at, "consolidation", numbers[1])
            columns.add(*at, "gradient_norm", numbers[2])
            first, last = 3 + row.depth, len(row.values)
            for level, norm in enumerate(numbers[first:last]):
                columns.add(*at, gradients.metric(level), norm)
            columns.add(row.step, row.path, -1, "lr", row.lr)
            columns.add(row.step, row.path, -1, "step_time", row.seconds)
        return ill


def _origin(bad: list[int], depth: int) -> int:
    """Where it began: the uppermost level, or else loss, penalty, gradient in this order."""
    levels = [index for index in bad if 3 <= index < 3 + depth]
    return min(levels) if levels else min(2, *bad)
