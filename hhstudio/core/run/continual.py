"""Continual-learning measures of an accuracy matrix R: ACC, BWT, FWT, forgetting.

R[i, j] is the accuracy on task j after learning task i (rows and columns in stream order, NaN where it
was not measured). Definitions after Lopez-Paz & Ranzato 2017 (ACC, BWT, FWT) and Chaudhry et al. 2018
(forgetting); :data:`DEFINITIONS` has them in words for the screen. A path that learns only some of the
tasks has rows for those only, and is measured by those. What a path's accuracies became while other paths
were learned is no row of R: it is the end, and its difference from R[T, ·] a figure of its own.
"""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

DEFINITIONS = {
    "average": "ACC: mean accuracy over all tasks after learning the last one: mean of R[T, ·]",
    "backward_transfer": "BWT: mean change of the earlier tasks since they were learned: "
    "mean of R[T, k] − R[k, k]; none where all are learned at once",
    "forward_transfer": "FWT: mean of R[k−1, k] − accuracy of an untrained solver on task k, k−1 being the "
    "task that the path learned before; none where all are learned at once",
    "forgetting": "Forgetting: mean over the earlier tasks of the best accuracy before the last task was "
    "learned minus the one after it: max over i before T of R[i, k] − R[T, k]; negative where the last task "
    "helped; none where all are learned at once",
    "end_average": "End: mean accuracy over all tasks when every path has learned",
    "through_other_paths": "Other paths: mean change of the accuracies while other paths were learned, after "
    "the path's own last task: mean of the end − R[T, ·]; no part of BWT and forgetting",
}


def measured(accuracies: npt.ArrayLike) -> np.ndarray:
    """Accuracies as float64, NaN where one is not finite: no measurement gives that, a file may hold it."""
    values = np.array(accuracies, float)
    with np.errstate(over="ignore"):  # they are kept in 32 bits
        values[~np.isfinite(values.astype(np.float32))] = np.nan
    return values


class Summary(NamedTuple):
    """Fractions of 1; None where the matrix does not say (DEFINITIONS). ``final``: R[T, ·]."""

    final: tuple[float | None, ...]
    average: float | None
    backward_transfer: float | None
    forward_transfer: float | None
    forgetting: float | None
    end_average: float | None = None
    through_other_paths: float | None = None

    @property
    def left(self) -> float | None:
        """Mean accuracy that is left: at the end where it was measured, else ACC."""
        return self.average if self.end_average is None else self.end_average


def summary(matrix: np.ndarray, untrained: np.ndarray | None = None, joint: bool = False) -> Summary:
    """The figures of a T x T accuracy matrix; its last row with a measurement counts as the end.

    ``untrained``: T accuracies of an untrained solver, for forward transfer. ``joint``: all tasks were
    learned at once, so that none is earlier than another. Raises ValueError when the matrix is not square.
    """
    matrix = np.asarray(matrix, dtype=float)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise ValueError(f"an accuracy matrix is square, not {matrix.shape}")
    rows = np.flatnonzero(~np.isnan(matrix).all(axis=1)) if matrix.size else np.empty(0, int)
    if not rows.size:
        return Summary((None,) * len(matrix), None, None, None, None)
    last = int(rows[-1])
    final = matrix[last]
    average = _mean(final[: last + 1])
    accuracies = tuple(None if np.isnan(v) else float(v) for v in final)
    if joint:
        return Summary(accuracies, average, None, None, None)
    learned = rows.tolist()
    earlier = learned[:-1]
    forward = None
    if untrained is not None:
        forward = _mean([matrix[i, k] - untrained[k] for i, k in itertools.pairwise(learned)])
    return Summary(
        final=accuracies,
        average=average,
        backward_transfer=_mean([final[k] - matrix[k, k] for k in earlier]),
        forward_transfer=forward,
        forgetting=_mean([_best(matrix[:last, k]) - final[k] for k in earlier]),
    )


def with_end(figures: Summary, end: np.ndarray | None) -> Summary:
    """The figures with those of the end of the run, from a path's T accuracies then (None: not measured)."""
    if end is None:
        return figures
    values = np.asarray(end, dtype=float)
    last = np.array([np.nan if value is None else value for value in figures.final])
    return figures._replace(
        end_average=_mean(values),
        through_other_paths=_mean(values - last),
    )


def _best(column: np.ndarray) -> float:
    measured = column[~np.isnan(column)]
    return float(measured.max()) if measured.size else float("nan")


def _mean(values: object) -> float | None:
    array = np.asarray(values, dtype=float)
    array = array[~np.isnan(array)]
    return float(array.mean()) if array.size else None
