"""The heat map: one for accuracies, distances and confusions, by mouse and by keyboard."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from hhstudio.gui.widgets.heat_map import Content, HeatMap, labels


def content(values, **options):
    values = np.asarray(values, float)
    rows, columns = (
        labels([f"{side}{n}" for n in range(count)]) for side, count in zip("rc", values.shape, strict=True)
    )
    return Content(
        values, rows, columns, 0.0, 1.0, False, lambda v: f"{v:.3f}", lambda i, j: f"{i}/{j}", **options
    )


@pytest.fixture
def heat_map(qtbot):
    def shown(values, size=(500, 400), **options):
        widget = HeatMap("numbers")
        qtbot.addWidget(widget)
        widget.resize(*size)
        widget.show()
        widget.set_content(content(values, **options))
        return widget

    return shown


def colors_of(widget, i, j):
    at = widget.center_of(i, j).toPoint()
    image = widget.grab().toImage()
    return {image.pixelColor(at.x() + x, at.y() + y).name() for x in range(-6, 7) for y in range(-5, 6)}


def test_keys_walk_to_every_corner_and_stay_within(heat_map):
    widget = heat_map(np.zeros((2, 3)))
    QTest.keyClick(widget, Qt.Key.Key_End)
    assert widget.current == (1, 2)
    QTest.keyClick(widget, Qt.Key.Key_Right)
    assert widget.current == (1, 2)
    QTest.keyClick(widget, Qt.Key.Key_Home)
    assert (widget.current, widget.accessibleDescription()) == ((0, 0), "0/0")


def test_a_click_and_return_choose_a_cell(heat_map, qtbot):
    widget = heat_map(np.zeros((2, 3)))
    with qtbot.waitSignal(widget.chosen) as clicked:
        QTest.mouseClick(widget, Qt.MouseButton.LeftButton, pos=widget.center_of(1, 2).toPoint())
    assert clicked.args == [1, 2]
    QTest.keyClick(widget, Qt.Key.Key_Up)
    with qtbot.waitSignal(widget.chosen) as entered:
        QTest.keyClick(widget, Qt.Key.Key_Return)
    assert entered.args == [0, 2]


def test_a_smaller_matrix_keeps_the_place_within_it(heat_map):
    widget = heat_map(np.zeros((5, 5)))
    QTest.keyClick(widget, Qt.Key.Key_End)
    widget.set_content(content(np.zeros((2, 2))))
    assert widget.current == (1, 1)


def test_values_are_written_only_where_they_fit(heat_map):
    assert len(colors_of(heat_map(np.full((2, 2), 0.5)), 1, 1)) > 1
    assert len(colors_of(heat_map(np.full((18, 18), 0.5)), 1, 1)) == 1


def test_what_was_not_measured_has_no_colour(heat_map):
    widget = heat_map([[1.0, np.nan], [1.0, 1.0]], size=(300, 300))
    empty, full = colors_of(widget, 0, 1), colors_of(widget, 1, 0)
    assert len(empty) == 1
    assert not empty & full


def test_nothing_to_show_is_no_error(heat_map):
    widget = heat_map(np.zeros((0, 0)))
    QTest.keyClick(widget, Qt.Key.Key_End)
    widget.setFocus()
    assert widget.current is None
    widget.set_content(None)
    assert not widget.grab().isNull()
