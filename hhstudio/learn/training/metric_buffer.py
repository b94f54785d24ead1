"""Metric buffer: numbers of steps, gathered on the device, moved in blocks, checked for NaN and infinity."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch import Tensor

from hhstudio.core.run import gradients
from hhstudio.core.run.events import Metrics
from hhstudio.learn.training.step_guard import LossExplosion


class MetricColumns:
    """Rows on their way into one :class:`~hhstudio.core.run.events.Metrics`."""

    def __init__(self) -> None:
        self._names: dict[str, int] = {}
        self._rows: list[tuple[int, int, int, int, float]] = []

    def add(self, step: int, path: int, task: int, metric: str, value: float) -> None:
        """Append one number.

        Parameters
        ----------
        step, path, task : int
            ``task`` -1: of no single task.
        metric : str
        value : float
        """
        number = self._names.setdefault(metric, len(self._names))
        self._rows.append((step, path, task, number, value))

    def __len__(self) -> int:
        return len(self._rows)

    def take(self) -> Metrics:
        """Record of all rows, which are forgotten here."""
        names = tuple(self._names)
        step, path, task, metric, value = (list(c) for c in zip(*self._rows, strict=True))
        self._names, self._rows = {}, []
        return Metrics(names=names, step=step, path=path, task=task, metric=metric, value=value)


@dataclass(frozen=True)
class StepRow:
    """One step of a block.

    Attributes
    ----------
    step, path, task : int
    lr : float
    seconds : float
        That the step took.
    values : Tensor, shape (3 + depth,) or (4 + 2 * depth,)
        From :meth:`~hhstudio.learn.training.learner.Learner.step`, on the device.
    depth : int
        Levels of the path.
    """

    step: int
    path: int
    task: int
    lr: float
    seconds: float
    values: Tensor
    depth: int


class BadStep(NamedTuple):
    """Step with a number that is NaN or infinite, or whose loss has exploded.

    Attributes
    ----------
    row : StepRow
    where : int
        0 loss, 1 penalty, 2 gradient, 3 + i the weights of level i.
    exploded_since : int or None
        The step at which the loss exploded.
    """

    row: StepRow
    where: int
    exploded_since: int | None = None


@dataclass
class StepBlock:
    """Steps whose numbers are still on the device."""

    rows: list[StepRow] = field(default_factory=list)

    def flush(self, columns: MetricColumns, every: int, loss_explosion: LossExplosion) -> BadStep | None:
        """Move all rows at once, up to the first bad one.

        Parameters
        ----------
        columns : MetricColumns
            Takes the numbers.
        every : int
            Only steps that it divides are recorded.
        loss_explosion : LossExplosion
            Takes every loss.

        Returns
        -------
        BadStep or None
        """
        width = max(len(row.values) for row in self.rows)
        padded = [torch.nn.functional.pad(row.values, (0, width - len(row.values))) for row in self.rows]
        values = torch.stack(padded).cpu().double()
        finite = torch.isfinite(values)
        rows, self.rows = self.rows, []
        bad_step = None
        if not bool(finite.all()):
            bad = int((~finite).any(1).nonzero()[0, 0])
            bad_step = BadStep(
                rows[bad], _origin((~finite[bad]).nonzero().flatten().tolist(), rows[bad].depth)
            )
            rows, values = rows[:bad], values[:bad]
        for row, numbers in zip(rows, values.tolist(), strict=True):
            began = loss_explosion.update(row.path, row.task, row.step, numbers[0])
            if began is not None and bad_step is None:
                bad_step = BadStep(row, 0, exploded_since=began)
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
        return bad_step


def _origin(bad: list[int], depth: int) -> int:
    """Origin of bad values: the uppermost level, or else loss, penalty, gradient in this order."""
    levels = [index for index in bad if 3 <= index < 3 + depth]
    return min(levels) if levels else min(2, *bad)
