"""Weight statistics: a tensor's row in a table, histograms and their digests, units that do nothing."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

QUIET = 1e-2
"""A unit whose incoming weights have less than this share of its layer's median norm is quiet."""


class TensorRow(msgspec.Struct, frozen=True, kw_only=True):
    """One tensor. ``scale``: root mean square around the wanted mean, over the wanted standard deviation
    (fan-in scale), NaN where the wanted scale is not known. ``units``: outputs; ``quiet``: of these, units
    whose incoming weights are next to nothing (0 for tensors with fewer than two dimensions)."""

    name: str
    shape: tuple[int, ...]
    role: str
    mean: float
    std: float
    norm: float
    low: float
    high: float
    finite: float
    scale: float
    units: int
    quiet: int


def tensor_row(
    name: str,
    values: np.ndarray,
    role: str = "",
    sigma: float = float("nan"),
    centre: float = 0.0,
) -> TensorRow:
    """Statistics of the finite numbers of a tensor; ``finite`` is their share."""
    wide = np.asarray(values, np.float64)
    finite = wide[np.isfinite(wide)] if not np.isfinite(wide).all() else wide.ravel()
    some = finite if finite.size else np.array([np.nan])
    units, quiet = quiet_units(wide)
    return TensorRow(
        name=name,
        shape=tuple(np.shape(values)),
        role=role,
        mean=float(some.mean()),
        std=float(some.std()),
        norm=float(np.linalg.norm(some)),
        low=float(some.min()),
        high=float(some.max()),
        finite=finite.size / max(1, wide.size),
        scale=float(np.sqrt(np.mean((some - centre) ** 2)) / sigma) if sigma > 0 else float("nan"),
        units=units,
        quiet=quiet,
    )


def quiet_units(values: np.ndarray) -> tuple[int, int]:
    """(units, quiet ones) of a weight matrix or convolution whose first dimension is the output."""
    if values.ndim < 2:
        return (int(values.size), 0)
    norms = np.linalg.norm(values.reshape(len(values), -1), axis=1)
    median = float(np.median(norms)) if norms.size else 0.0
    return len(norms), int((norms < QUIET * median).sum()) if median > 0 else len(norms)


def common_edges(low: float, high: float, bins: int = 64) -> np.ndarray:
    """(bins + 1,) edges, symmetric about zero where both signs occur, never of zero width."""
    if not (np.isfinite(low) and np.isfinite(high)):
        low, high = -1.0, 1.0
    if low < 0 < high:
        low, high = -max(-low, high), max(-low, high)
    if high - low < 1e-12 * max(1.0, abs(low), abs(high)):
        low, high = low - 0.5e-6, high + 0.5e-6
    return np.linspace(low, high, bins + 1)


def histogram(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """(bins,) int64 counts of the finite values; what lies beyond the ends counts in the end bins."""
    flat = np.asarray(values, np.float64).ravel()
    flat = np.clip(flat[np.isfinite(flat)], edges[0], edges[-1])
    return np.histogram(flat, bins=edges)[0].astype(np.int64)


QUANTILES: tuple[float, ...] = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Quantiles that accompany histograms."""


def quantiles(values: np.ndarray, shares: Sequence[float] = QUANTILES) -> np.ndarray:
    """(len(shares),) quantiles of the finite values, NaN where there are none."""
    flat = np.asarray(values, np.float64).ravel()
    flat = flat[np.isfinite(flat)]
    return np.quantile(flat, shares) if flat.size else np.full(len(shares), np.nan)


EXACT = 1 << 14
"""Numbers up to which quantiles of a row are exact."""
_FINE = 64
"""Parts of a bin, from which the quantiles of longer rows are taken."""


def ends(rows: np.ndarray) -> tuple[float, float]:
    """Smallest and largest finite value; (inf, -inf) where there is none."""
    wide = rows.astype(np.float32) if rows.dtype == np.float16 else rows  # half precision is slow to compare
    low, high = (float(wide.min()), float(wide.max())) if wide.size else (np.inf, -np.inf)
    if np.isfinite(low) and np.isfinite(high):
        return low, high
    finite = wide[np.isfinite(wide)]
    return (float(finite.min()), float(finite.max())) if finite.size else (np.inf, -np.inf)


def rows_in_figures(
    rows: np.ndarray, edges: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Of each row (N, size): counts over evenly spaced edges (N, bins), :data:`QUANTILES` (N, 5), mean,
    standard deviation and norm (N,). What is not finite is left out. Quantiles of rows longer than
    :data:`EXACT` are right to a 64th of a bin."""
    wide = np.asarray(rows, np.float64)
    if wide.size and np.isfinite(wide.sum()):
        return _in_figures(wide, edges)
    none = (np.zeros((1, len(edges) - 1), np.int64), np.full((1, len(QUANTILES)), np.nan), *[[np.nan]] * 3)
    finite = [row[np.isfinite(row)][None] for row in wide]
    figures = [_in_figures(row, edges) if row.size else none for row in finite]
    counts, spans, mean, std, norm = (np.concatenate(column) for column in zip(*figures, strict=True))
    return counts, spans, mean, std, norm


def _in_figures(
    rows: np.ndarray, edges: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """:func:`rows_in_figures` of finite numbers."""
    count, size = rows.shape
    bins, low = len(edges) - 1, edges[0]
    fineness = _FINE if size > EXACT else 1
    parts = bins * fineness
    places = ((rows - low) * (parts / (edges[-1] - low))).astype(np.int64)
    places = np.clip(places, 0, parts - 1) + parts * np.arange(count)[:, None]
    fine = np.bincount(places.ravel(), minlength=count * parts).reshape(count, parts)
    if size <= EXACT:
        spans = np.quantile(rows, QUANTILES, axis=1).T
    else:
        below = np.concatenate([np.zeros((count, 1)), np.cumsum(fine, axis=1)], axis=1) / size
        at = np.linspace(low, edges[-1], parts + 1)
        spans = np.stack([np.interp(QUANTILES, row, at) for row in below])
    square = np.einsum("ij,ij->i", rows, rows)
    mean = rows.mean(axis=1)
    std = np.sqrt(np.maximum(square / size - mean**2, 0.0))
    return fine.reshape(count, bins, fineness).sum(axis=2), spans, mean, std, np.sqrt(square)


DIGEST = np.linspace(0.0, 1.0, 81)
"""Shares at which a digest has quantiles."""


def digest(values: np.ndarray) -> np.ndarray:
    """(85,) float32: count of finite values, mean, standard deviation, norm, then quantiles at
    :data:`DIGEST`. NaN where nothing is finite. Enough for a histogram over any edges, near enough."""
    flat = np.asarray(values, np.float64).ravel()
    flat = flat[np.isfinite(flat)]
    if not flat.size:
        return np.append(np.zeros(1), np.full(3 + len(DIGEST), np.nan)).astype(np.float32)
    figures = [flat.size, flat.mean(), flat.std(), np.linalg.norm(flat)]
    return np.concatenate([figures, np.quantile(flat, DIGEST)]).astype(np.float32)


def digested_histogram(digest: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """(bins,) counts of the values that a digest stands for, as if each lay evenly between two quantiles."""
    count, spans = float(digest[0]), np.asarray(digest[4:], np.float64)
    if not count or not np.isfinite(spans).all():
        return np.zeros(len(edges) - 1)
    # the share below an edge: where many values are equal quantiles are, too, and an edge on them has none
    # of them below it, as in np.histogram
    at = np.clip(np.searchsorted(spans, edges, side="left") - 1, 0, len(spans) - 2)
    width = spans[at + 1] - spans[at]
    within = np.clip((edges - spans[at]) / np.where(width > 0, width, 1.0), 0.0, 1.0)
    share = DIGEST[at] + within * (DIGEST[at + 1] - DIGEST[at])
    share[0], share[-1] = 0.0, 1.0  # what lies beyond the ends counts in the end bins
    return np.maximum(np.diff(share), 0.0) * count
