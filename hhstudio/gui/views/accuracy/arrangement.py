"""Card layout: how the cards of all paths share an area (cell size, columns, place of the figures)."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

MARGIN, GAP, TITLE = 10, 8, 22
"""Pixels: inside a card, between cards, and the line of a card's title."""
LEFT, TOP = 34, 20
"""Pixels that a heat map's row and column labels take."""
FIGURE_WIDTH, FIGURE_HEIGHT, FIGURES = 62, 34, 4
WIDEST, WIDEST_FIGURE = 640, 96
"""Pixels that a card and a figure do not exceed, however much room there is."""
_NARROW = 60
"""Pixels that one column of figures can do with."""
LARGEST, SCROLLED, SMALLEST = 44, 34, 5
"""Cells: the largest, the largest in a view that scrolls, the smallest."""
ENOUGH = 20
"""Cells smaller than this are not worth having everything in sight: the view scrolls."""
_CLEAR = 26
"""Cells from which another column is better than larger cells, in a view that scrolls."""


class CardLayout(NamedTuple):
    """``beside``: figures to the right of the heat map, not below; ``width``, ``height``: of a card."""

    cell: int
    columns: int
    beside: bool
    width: int
    height: int


def heat_size(tasks: int, cell: int) -> tuple[int, int]:
    """Width and height of a heat map with its labels."""
    return LEFT + cell * tasks + 2, TOP + cell * tasks + 2


@lru_cache(maxsize=64)
def arrange(cards: int, tasks: int, width: int, height: int, bar: int = 0) -> CardLayout:
    """The largest cells with which ``cards`` (at least one) fit into an area; when those were too small
    to read, cards as wide as the area less a scroll bar of ``bar`` pixels, one below the other."""
    for cell in range(LARGEST, ENOUGH - 1, -1):
        for columns in range(1, cards + 1):
            lines = -(-cards // columns)
            layout = _card(tasks, cell, columns, width)
            if layout is not None and lines * (layout.height + GAP) - GAP <= height:
                return layout
    best = _widest(tasks, 1, width - bar)
    for columns in range(cards, 1, -1):
        layout = _widest(tasks, columns, width - bar)
        if layout is not None and best is not None and layout.cell >= min(_CLEAR, best.cell):
            best = layout
            break
    if best is None:  # too many tasks for the width: it scrolls sideways, too
        needed = max(heat_size(tasks, SMALLEST)[0], FIGURES * FIGURE_WIDTH) + 2 * MARGIN
        best = CardLayout(SMALLEST, 1, False, needed, _below(tasks, SMALLEST))
    return best


def _widest(tasks: int, columns: int, width: int) -> CardLayout | None:
    """The largest cells that the width of a column holds."""
    for cell in range(SCROLLED, SMALLEST - 1, -1):
        layout = _card(tasks, cell, columns, width)
        if layout is not None:
            return layout
    return None


def _card(tasks: int, cell: int, columns: int, width: int) -> CardLayout | None:
    """A card in one of ``columns``, as low as it can be; None where it does not fit."""
    heat = heat_size(tasks, cell)
    own = (width - (columns - 1) * GAP) // columns
    own = min(own, max(heat[0] + FIGURES * WIDEST_FIGURE + 3 * MARGIN, WIDEST))
    side = own - 2 * MARGIN - heat[0] - MARGIN
    if side >= _NARROW:
        figures = TITLE + FIGURE_HEIGHT * -(-FIGURES // figure_columns(side))
        return CardLayout(cell, columns, True, own, max(heat[1], figures) + 2 * MARGIN - 4)
    if max(heat[0], FIGURES * FIGURE_WIDTH - MARGIN) <= own - 2 * MARGIN:
        return CardLayout(cell, columns, False, own, _below(tasks, cell))
    return None


def _below(tasks: int, cell: int) -> int:
    return MARGIN + TITLE + heat_size(tasks, cell)[1] + 6 + FIGURE_HEIGHT + 6


def figure_columns(side: int) -> int:
    """How many figures stand next to each other in a block of ``side`` pixels: 4, 2 or 1."""
    return next((n for n in (FIGURES, 2) if side >= n * FIGURE_WIDTH), 1)
