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
    """``beside``: figures to the right of the heat map, not below; ``width``, ``height``: of a card;
    ``end``: its heat map has a row for the end of the run."""

    cell: int
    columns: int
    beside: bool
    width: int
    height: int
    end: bool = False


def heat_size(tasks: int, cell: int, end: bool) -> tuple[int, int]:
    """Width and height of a heat map with its labels."""
    return LEFT + cell * tasks + 2, TOP + cell * (tasks + end) + 2


@lru_cache(maxsize=64)
def arrange(cards: int, tasks: int, width: int, height: int, bar: int = 0, end: bool = False) -> CardLayout:
    """The largest cells with which ``cards`` (at least one) fit into an area; when those were too small
    to read, cards as wide as the area less a scroll bar of ``bar`` pixels, one below the other. ``end``: heat
    maps have a row for the end of the run."""
    for cell in range(LARGEST, ENOUGH - 1, -1):
        for columns in range(1, cards + 1):
            lines = -(-cards // columns)
            layout = _card(tasks, cell, columns, width, end)
            if layout is not None and lines * (layout.height + GAP) - GAP <= height:
                return layout
    best = _widest(tasks, 1, width - bar, end)
    for columns in range(cards, 1, -1):
        layout = _widest(tasks, columns, width - bar, end)
        if layout is not None and best is not None and layout.cell >= min(_CLEAR, best.cell):
            best = layout
            break
    if best is None:  # too many tasks for the width: it scrolls sideways, too
        needed = max(heat_size(tasks, SMALLEST, end)[0], (FIGURES + end) * FIGURE_WIDTH) + 2 * MARGIN
        best = CardLayout(SMALLEST, 1, False, needed, _below(tasks, SMALLEST, needed, end), end=end)
    return best


def _widest(tasks: int, columns: int, width: int, end: bool) -> CardLayout | None:
    """The largest cells that the width of a column holds."""
    for cell in range(SCROLLED, SMALLEST - 1, -1):
        layout = _card(tasks, cell, columns, width, end)
        if layout is not None:
            return layout
    return None


def _card(tasks: int, cell: int, columns: int, width: int, end: bool) -> CardLayout | None:
    """A card in one of ``columns``, as low as it can be; None where it does not fit."""
    heat = heat_size(tasks, cell, end)
    own = (width - (columns - 1) * GAP) // columns
    own = min(own, max(heat[0] + FIGURES * WIDEST_FIGURE + 3 * MARGIN, WIDEST))
    side = own - 2 * MARGIN - heat[0] - MARGIN
    if side >= _NARROW:
        figures = TITLE + FIGURE_HEIGHT * figure_lines(side, end)
        height = max(heat[1], figures) + 2 * MARGIN - 4
        return CardLayout(cell, columns, True, own, height, end=end)
    if max(heat[0], (3 if end else FIGURES) * FIGURE_WIDTH - MARGIN) <= own - 2 * MARGIN:
        return CardLayout(cell, columns, False, own, _below(tasks, cell, own, end), end=end)
    return None


def _below(tasks: int, cell: int, own: int, end: bool) -> int:
    """Height of a card ``own`` pixels wide with its figures below the heat map."""
    lines = figure_lines(own - MARGIN, end)
    return MARGIN + TITLE + heat_size(tasks, cell, end)[1] + 6 + FIGURE_HEIGHT * lines + 6


def figure_columns(side: int, end: bool) -> int:
    """How many figures stand next to each other in a block of ``side`` pixels: all, 3 of five, 2 or 1."""
    return next((n for n in ((5, 3, 2) if end else (FIGURES, 2)) if side >= n * FIGURE_WIDTH), 1)


def figure_lines(side: int, end: bool) -> int:
    """Lines of figures in a block of ``side`` pixels; with ``end`` there is one more figure."""
    return -(-(FIGURES + end) // figure_columns(side, end))
