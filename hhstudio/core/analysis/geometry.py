"""Distances, maps and neighbours of many long vectors, from their products with each other.

Generated weights of a hundred conditions or snapshots do not fit into memory together, but the matrix of
their scalar products (Gram matrix) is small, is summed up piece by piece, and holds all that is asked here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

Metric = Literal["euclidean", "cosine"]


def gram(vectors: np.ndarray) -> np.ndarray:
    """(N, size) -> (N, N) float64 scalar products. Sums over disjoint pieces of the vectors add up."""
    wide = np.asarray(vectors, np.float64).reshape(len(vectors), -1)
    return wide @ wide.T


def gram_of(pieces: Iterable[np.ndarray], count: int) -> np.ndarray:
    """Of N vectors that come in pieces (N, any shape); only one piece is in memory at a time."""
    products = np.zeros((count, count))
    for piece in pieces:
        products += gram(piece)
    return products


def distances(products: np.ndarray, metric: Metric = "euclidean") -> np.ndarray:
    """(N, N) distances from scalar products; zero on the diagonal, NaN where a vector is not finite.

    euclidean: relative, |a - b| / sqrt((|a|^2 + |b|^2) / 2): 0 for equal vectors, sqrt(2) for unrelated
    ones of any length, 2 for opposite ones. cosine: 1 - cos(a, b), from 0 to 2. Distances below 1e-7 are
    rounding.
    """
    squares = np.diag(products)
    with np.errstate(invalid="ignore", divide="ignore"):
        if metric == "cosine":
            lengths = np.sqrt(squares)
            matrix = 1 - np.clip(products / np.outer(lengths, lengths), -1, 1)
        else:
            apart = squares[:, None] + squares[None, :]
            matrix = np.sqrt(np.maximum(apart - 2 * products, 0) / (apart / 2))
    both_zero = (squares[:, None] == 0) & (squares[None, :] == 0)
    matrix[both_zero] = 0
    finite = np.isfinite(squares)
    matrix[np.diag_indices_from(matrix)] = np.where(finite, 0, np.nan)
    return matrix


def relative_change(now: np.ndarray, then: np.ndarray) -> float:
    """|now - then| / |then|, any shapes of equal size; 0 where both are zero."""
    a, b = np.asarray(now, np.float64).ravel(), np.asarray(then, np.float64).ravel()
    apart, length = float(np.linalg.norm(a - b)), float(np.linalg.norm(b))
    if length == 0:
        return 0.0 if apart == 0 else float("inf")
    return apart / length


@dataclass(frozen=True)
class Principal:
    """Principal components of N vectors around their mean.

    ``coordinates``: (N, k); ``share``: (k,) of the variance, 0 to 1; ``spread``: (k,) standard deviations;
    ``combination``: (k, N), the unit direction of component j is sum over n of combination[j, n] times
    vector n (its rows sum to 0). In every component the coordinate largest in absolute value is positive.
    """

    coordinates: np.ndarray
    share: np.ndarray
    spread: np.ndarray
    combination: np.ndarray


def principal(products: np.ndarray, components: int = 3) -> Principal:
    """Principal components from scalar products, the same as by singular values of the centred vectors.

    Fewer than ``components`` where the vectors span less. Non-finite products count as zero.
    """
    count = len(products)
    products = np.nan_to_num(np.asarray(products, np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    centre = np.eye(count) - 1.0 / max(1, count)
    values, vectors = np.linalg.eigh(centre @ products @ centre)
    order = np.argsort(values)[::-1]
    values, vectors = np.maximum(values[order], 0), vectors[:, order]
    floor = 1e-12 * max(float(np.trace(products)), 1e-300)
    rank = min(components, int((values > floor).sum()))
    total = float(values.sum()) or 1.0
    values, vectors = values[:rank], vectors[:, :rank]
    vectors = vectors * _signs(vectors)
    vectors = vectors - vectors.mean(axis=0, keepdims=True)  # rounding only: they are orthogonal to 1
    singular = np.sqrt(values)
    return Principal(
        coordinates=vectors * singular,
        share=values / total,
        spread=singular / np.sqrt(max(1, count - 1)),
        combination=(vectors / np.where(singular > 0, singular, 1)).T,
    )


def neighbours(apart: np.ndarray, count: int = 3) -> np.ndarray:
    """(N, min(count, N - 1)) indices of the nearest others by a matrix of distances, nearest first."""
    own = np.array(apart, float)
    np.fill_diagonal(own, np.inf)
    own[np.isnan(own)] = np.inf
    return np.argsort(own, axis=1, kind="stable")[:, : min(count, max(0, len(own) - 1))]


def t_sne(apart: np.ndarray, seed: int = 0) -> np.ndarray | None:
    """Map by t-SNE (van der Maaten and Hinton 2008) of a matrix of distances.

    Parameters
    ----------
    apart : ndarray (N, N)
        Distances; N >= 4. Those that are not finite count as zero.
    seed : int
        Of the first, random places.

    Returns
    -------
    ndarray (N, 2), or None where scikit-learn is not installed
    """
    try:
        from sklearn.manifold import TSNE
    except ImportError:
        return None
    perplexity = min(30.0, (len(apart) - 1) / 3)
    model = TSNE(metric="precomputed", init="random", perplexity=perplexity, random_state=seed % 2**32)
    return np.asarray(model.fit_transform(np.nan_to_num(apart)), np.float64)


def _signs(vectors: np.ndarray) -> np.ndarray:
    """(k,) +1 or -1, so that the largest entry of every column becomes positive."""
    if vectors.size == 0:
        return np.ones(vectors.shape[1])
    largest = vectors[np.abs(vectors).argmax(axis=0), np.arange(vectors.shape[1])]
    return np.where(largest < 0, -1.0, 1.0)
