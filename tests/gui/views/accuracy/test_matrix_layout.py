"""The matrix view in a dock, narrow or wide: nothing is cut, nothing overlaps, room is used."""

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QApplication

from hhstudio.gui.shell.app import load_fonts
from hhstudio.gui.views.accuracy.arrangement import ENOUGH, GAP, LEFT, TOP, arrange
from hhstudio.gui.views.accuracy.view import MatrixView
from hhstudio.gui.widgets.heat_map import TEXT_FROM

NARROW, DOCK = (368, 584), (499, 468)
"""The dock of a window of 1280 x 800, and of 1920 x 1080."""
PATHS = ("P1", "P2-0", "P3-00")


def cell_of(card):
    heatmap = card.heatmap
    return (heatmap.sizeHint().width() - LEFT) // len(heatmap.content.values)


@pytest.fixture
def put(show, make_run, qapp):
    """Shows a finished run of some paths and tasks at a size, in the studio's own font."""
    before = qapp.font()
    load_fonts()
    qapp.setFont(QFont("Inter"))

    def shown(size, paths=PATHS, tasks=5):
        view = show(MatrixView(), *size)
        view.set_history(make_run(paths=paths, tasks=tasks, steps=1).all().history)
        QApplication.processEvents()
        assert (view.width(), view.height()) == size
        return view

    yield shown
    qapp.setFont(before)


def test_a_few_paths_have_whole_names_on_tabs_that_do_not_scroll(put):
    view = put((330, 584))
    texts = [view.tabs.tabText(n) for n in range(view.tabs.count())]
    assert texts == ["All", *PATHS]
    for number, text in enumerate(texts):
        rect = view.tabs.tabRect(number)
        assert rect.width() > view.tabs.fontMetrics().horizontalAdvance(text)
        assert view.tabs.rect().contains(rect)


def test_many_paths_scroll_and_very_long_names_are_shortened(put):
    view = put(NARROW, paths=(*(f"P{n}" for n in range(20)), "a path with a very long name"))
    last = view.tabs.count() - 1
    assert view.tabs.tabRect(last).right() > view.tabs.width()
    assert "…" in view.tabs.tabText(last)
    assert view.tabs.tabToolTip(last) == "a path with a very long name"
    view.tabs.setCurrentIndex(last)
    assert view.tabs.rect().contains(view.tabs.tabRect(last).center())


def test_the_caption_is_not_cut_in_the_narrowest_dock(put):
    view = put((330, 584))
    assert view.caption.width() >= view.caption.fontMetrics().horizontalAdvance(view.caption.text())
    assert view.caption.geometry().right() < view.scale.x()
    assert view.scale.width() >= view.scale.minimumSizeHint().width()


@pytest.mark.parametrize("size", [NARROW, DOCK])
def test_three_paths_of_five_tasks_fill_the_width_and_fit_the_height(put, size):
    view = put(size)
    assert max(card.geometry().right() for card in view.cards.values()) >= view.area.width() - GAP
    assert view.body.height() <= view.area.viewport().height()
    assert all(cell_of(card) >= ENOUGH for card in view.cards.values())


def test_twenty_tasks_fit_the_width_and_small_cells_have_no_text(put):
    view = put(NARROW, tasks=20)
    assert view.body.width() <= view.area.viewport().width()
    card = view.cards["P1"]
    size = cell_of(card)
    assert size < TEXT_FROM
    inside = card.heatmap.grab().toImage().copy(LEFT + 3, TOP + 10 * size + 3, size - 6, size - 6)
    colours = {inside.pixel(x, y) for x in range(inside.width()) for y in range(inside.height())}
    assert len(colours) == 1
    assert card.heatmap.cell_at(QPoint(LEFT + 3, TOP + 10 * size + 3)) == (10, 0)


def test_nothing_overlaps_at_any_size(put):
    view = put(NARROW)
    for width in range(300, 1300, 67):
        for height in (200, 450, 900):
            view.resize(width, height)
            QApplication.processEvents()
            boxes = [card.geometry() for card in view.cards.values()]
            assert not any(one.intersects(two) for n, one in enumerate(boxes) for two in boxes[:n])
            for card in view.cards.values():
                parts = [card.heatmap, card.title, *card.tiles.values()]
                shapes = [part.geometry() for part in parts]
                assert all(card.rect().contains(shape) for shape in shapes), (width, height)
                assert not any(a.intersects(b) for n, a in enumerate(shapes) for b in shapes[:n])


def test_figures_are_not_cut_however_narrow_the_card(put):
    for width in (330, 368, 499, 640):
        view = put((width, 468))
        for card in view.cards.values():
            for tile in card.tiles.values():
                needed = tile.value.fontMetrics().horizontalAdvance("−11.5 pt")
                assert tile.value.width() >= needed, width


def test_the_largest_cells_that_fit_are_chosen():
    for cards, tasks, width, height in (
        (3, 5, 352, 520),
        (3, 5, 483, 380),
        (6, 20, 1884, 930),
        (1, 5, 352, 300),
    ):
        layout = arrange(cards, tasks, width, height, 13)
        lines = -(-cards // layout.columns)
        assert layout.columns * (layout.width + GAP) - GAP <= width
        assert lines * (layout.height + GAP) - GAP <= height
        assert arrange(cards, tasks, width, height + 300, 13).cell >= layout.cell


def test_a_hundred_tasks_still_have_a_card():
    layout = arrange(3, 100, 352, 520, 13)
    assert layout.width > 352
    assert layout.height > 520
