"""Colour maps as 256-entry tables: one for accuracies (light to strong), one for signed weights.

Both change lightness evenly, so that they also read in grey and for colour-blind eyes. The signed one is
blue below zero and orange-red above; zero takes the colour of the panel.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

_ACCURACY = {
    False: ("#f4f7fb", "#c9dcef", "#86b6dc", "#3f86bf", "#155a97", "#083462"),
    True: ("#20262e", "#243f5c", "#2b618f", "#3f8ac2", "#74b5e2", "#bfe1f7"),
}
_SIGNED = {
    False: ("#0b3c78", "#2f79b5", "#8dbfdd", "#f5f5f4", "#f2b48a", "#d0583a", "#7f1717"),
    True: ("#9fd0ff", "#4f9be0", "#255a91", "#16191d", "#94402a", "#e27a4f", "#ffc9a3"),
}


@lru_cache
def accuracy_map(dark: bool) -> np.ndarray:
    """(256, 3) uint8, from low to high."""
    return _table(_ACCURACY[dark])


@lru_cache
def signed_map(dark: bool) -> np.ndarray:
    """(256, 3) uint8, from most negative over zero (entry 127.5) to most positive."""
    return _table(_SIGNED[dark])


def signed_colors(values: np.ndarray, limit: np.ndarray | float, dark: bool) -> np.ndarray:
    """RGB uint8 of ``values`` (any shape) on the scale -limit to limit; NaN becomes mid grey."""
    factor = 127.5 / np.maximum(np.asarray(limit, np.float32), 1e-30)
    with np.errstate(invalid="ignore", over="ignore"):
        product = np.asarray(values, np.float32) * factor
        share = np.array(product, ndmin=1, copy=None)
        np.clip(share, -127.5, 127.5, out=share)
        unknown = None if np.isfinite(share.sum()) else np.isnan(share)
        share += 127.5
        np.rint(share, out=share)
        if unknown is not None:
            share[unknown] = 0
    # four bytes a color: a table of words is read several times as fast as one of rows
    words = _signed_words(dark)[share.astype(np.uint8)]
    colors = words.view(np.uint8).reshape(*np.shape(product), 4)[..., :3]
    if unknown is not None:
        colors[unknown.reshape(np.shape(product))] = 128
    return colors


@lru_cache
def _signed_words(dark: bool) -> np.ndarray:
    """(256,) uint32: red, green, blue and nothing, in the order of bytes."""
    rows = np.zeros((256, 4), np.uint8)
    rows[:, :3] = signed_map(dark)
    return rows.view(np.uint32).reshape(-1)


def _table(stops: tuple[str, ...]) -> np.ndarray:
    rgb = np.array([[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in stops], float)
    at = np.linspace(0, len(stops) - 1, 256)
    table = np.stack([np.interp(at, np.arange(len(stops)), rgb[:, k]) for k in range(3)], axis=1)
    return np.round(table).astype(np.uint8)
