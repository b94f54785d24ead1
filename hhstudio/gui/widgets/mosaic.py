"""Mosaic: tiles put together into one image, and back: which tile is under a pixel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hhstudio.gui.widgets.colormap import signed_colors
from hhstudio.gui.widgets.filter_tiles import Tiles


@dataclass(frozen=True)
class Mosaic:
    """``image``: (height, width, 4) uint8 RGBA, one pixel a weight, tiles a pixel apart (transparent)."""

    tiles: Tiles
    image: np.ndarray
    columns: int
    limits: np.ndarray
    """Per tile: the absolute value at the ends of its colour scale."""

    def tile_at(self, x: int, y: int) -> tuple[int, int, int] | None:
        """(tile, row, column) of an image pixel; None between tiles."""
        height, width = self.tiles.values.shape[1:3]
        row, inside_y = divmod(y - self.gap, height + self.gap)
        column, inside_x = divmod(x - self.gap, width + self.gap)
        number = row * self.columns + column
        good = 0 <= column < self.columns and inside_x < width and inside_y < height
        return (number, inside_y, inside_x) if good and 0 <= number < len(self.tiles.values) else None

    def rect_of(self, tile: int) -> tuple[int, int, int, int]:
        """x, y, width, height of a tile in image pixels."""
        height, width = self.tiles.values.shape[1:3]
        row, column = divmod(tile, self.columns)
        step_x, step_y = width + self.gap, height + self.gap
        return self.gap + column * step_x, self.gap + row * step_y, width, height

    @property
    def gap(self) -> int:
        return 1 if len(self.tiles.values) > 1 else 0


def assemble(
    tiles: Tiles, common: bool, dark: bool, shape: float = 1.6, limit: float | None = None
) -> Mosaic:
    """One image of all tiles.

    ``common``: one colour scale for all, symmetric about zero, otherwise one for each tile. ``limit``: its
    ends, where pictures are compared. ``shape``: wanted width over height.
    """
    values = tiles.values
    count, height, width = values.shape[:3]
    with np.errstate(all="ignore"):
        whole = np.isfinite(values.sum())
    finite = values if whole else np.where(np.isfinite(values), values, 0)
    finite = finite.reshape(count, -1)
    limits = np.maximum(finite.max(axis=1, initial=0.0), -finite.min(axis=1, initial=0.0))
    if common:
        limits = np.full(count, limits.max(initial=0.0) if limit is None else limit, np.float32)
    colors = _colors(tiles, limits, dark)
    columns = tiles.columns or _columns(count, height, width, shape)
    rows = -(-count // columns)
    gap = 1 if count > 1 else 0
    cells = np.zeros((rows * columns, height + gap, width + gap, 4), np.uint8)
    cells[:count, gap:, gap:, :3] = colors
    cells[:count, gap:, gap:, 3] = 255
    grid = cells.reshape(rows, columns, height + gap, width + gap, 4).swapaxes(1, 2)
    grid = grid.reshape(rows * (height + gap), columns * (width + gap), 4)
    image = np.zeros((grid.shape[0] + gap, grid.shape[1] + gap, 4), np.uint8)
    image[: grid.shape[0], : grid.shape[1]] = grid
    return Mosaic(tiles, np.ascontiguousarray(image), columns, limits)


def _colors(tiles: Tiles, limits: np.ndarray, dark: bool) -> np.ndarray:
    if not tiles.colored:
        return signed_colors(tiles.values, limits[:, None, None], dark)
    # colour filters: zero is mid grey, the limit full red, green or blue
    scale = np.maximum(limits, 1e-30)[:, None, None, None]
    share = np.nan_to_num(np.clip(tiles.values / scale, -1, 1))
    return np.round(127.5 + 127.5 * share).astype(np.uint8)


def _columns(count: int, height: int, width: int, shape: float) -> int:
    """Columns with which the whole grid has about the columns shape."""
    columns = np.sqrt(count * shape * (height + 1) / (width + 1))
    return int(min(max(round(float(columns)), 1), count))
