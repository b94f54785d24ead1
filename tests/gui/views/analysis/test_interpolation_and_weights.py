"""Interpolation, and weights in figures: dragging, keys, clicks, and the numbers that follow."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

import hhstudio
from hhstudio.gui.views.analysis.interpolation import InterpolationView
from hhstudio.gui.views.analysis.weights import WeightsView
from hhstudio.gui.widgets.simplex import Simplex
from hhstudio.gui.widgets.theme import DARK, LIGHT

LEFT = Qt.MouseButton.LeftButton
PATIENCE = 60_000


@pytest.fixture
def mixing(show, qtbot):
    made = show(InterpolationView, 760, 460)
    qtbot.waitUntil(lambda: made.bars.values != (), timeout=PATIENCE)
    return made


def drag(widget, start, end):
    QTest.mousePress(widget, LEFT, pos=start)
    QTest.mouseMove(widget, start + QPoint(2, 0))
    QTest.mouseMove(widget, end)
    QTest.mouseRelease(widget, LEFT, pos=end)


def test_dragging_between_two_tasks_changes_filters_and_accuracies(mixing, qtbot):
    simplex = mixing.simplex
    before = (mixing.bars.values, mixing.image.canvas._mosaic.tiles.values.copy())
    start = simplex.handle().toPoint()
    drag(simplex, start, QPoint(int(simplex.corners()[1, 0]), start.y()))
    assert simplex.shares.tolist() == pytest.approx([0.0, 1.0])
    qtbot.waitUntil(
        lambda: not np.allclose(mixing.image.canvas._mosaic.tiles.values, before[1]), timeout=PATIENCE
    )
    assert [task for task, _ in mixing.bars.values] == [0, 1]


def test_a_corner_is_the_task_itself(mixing, session, qtbot):
    mixing.simplex.setFocus()
    QTest.keyClick(mixing.simplex, Qt.Key.Key_1)
    with hhstudio.open(session) as opened:
        expected = np.sort(opened.weights("P1", 0)[mixing.layer.value].ravel())

    def is_the_task():
        shown = mixing.image.canvas._mosaic.tiles.values
        return np.allclose(np.sort(shown.ravel()), expected, atol=1e-5)

    qtbot.waitUntil(is_the_task, timeout=PATIENCE)


def test_a_walk_along_a_direction_is_led_by_a_slider(mixing, qtbot):
    mixing.along.box.setFocus()
    QTest.keyClick(mixing.along.box, Qt.Key.Key_Down)
    mixing.along.box.activated.emit(1)
    assert mixing.slider.isVisible()
    assert not mixing.simplex.isVisible()
    qtbot.waitUntil(lambda: not mixing.analysis.busy, timeout=PATIENCE)
    before = mixing.image.canvas._mosaic.tiles.values.copy()
    mixing.slider.setFocus()
    QTest.keyClick(mixing.slider, Qt.Key.Key_End)
    qtbot.waitUntil(
        lambda: not np.allclose(mixing.image.canvas._mosaic.tiles.values, before), timeout=PATIENCE
    )


def test_another_theme_paints_the_filters_in_its_own_colours(mixing, wear):
    wear(DARK)
    dim = mixing.image.canvas._mosaic
    wear(LIGHT)
    pale = mixing.image.canvas._mosaic
    assert pale.tiles is dim.tiles
    assert pale.image[..., :3].mean() > dim.image[..., :3].mean() + 30
    wear(DARK)
    assert np.array_equal(mixing.image.canvas._mosaic.image, dim.image)


def test_shares_between_three_corners_are_barycentric(qtbot):
    simplex = Simplex()
    qtbot.addWidget(simplex)
    simplex.resize(300, 240)
    simplex.set_corners(("T0", "T1", "T2"), ("#ff0000", "#00ff00", "#0000ff"))
    for shares in ([1, 0, 0], [0.2, 0.3, 0.5], [1 / 3] * 3):
        simplex.set_shares(np.array(shares))
        assert simplex.shares_at(simplex.handle()) == pytest.approx(shares, abs=1e-6)
    outside = simplex.shares_at(simplex.handle() + QPoint(0, 5000))
    assert outside.min() >= 0
    assert outside.sum() == pytest.approx(1.0)


def test_a_drag_in_the_triangle_mixes_three_tasks_and_stays_inside(qtbot):
    simplex = Simplex()
    qtbot.addWidget(simplex)
    simplex.resize(300, 240)
    simplex.set_corners(("T0", "T1", "T2"), ("#ff0000", "#00ff00", "#0000ff"))
    with qtbot.waitExposed(simplex):
        simplex.show()
    corners = [QPoint(round(x), round(y)) for x, y in simplex.corners()]
    start = simplex.handle().toPoint()
    drag(simplex, start, QPoint((corners[0].x() + corners[1].x()) // 2, corners[0].y()))
    assert simplex.shares == pytest.approx([0.5, 0.5, 0.0], abs=0.02)
    drag(simplex, simplex.handle().toPoint(), corners[2])
    assert simplex.shares == pytest.approx([0.0, 0.0, 1.0], abs=0.02)
    drag(simplex, simplex.handle().toPoint(), corners[2] - QPoint(0, 90))  # beyond the corner
    assert simplex.shares == pytest.approx([0.0, 0.0, 1.0], abs=0.02)


@pytest.fixture
def weights(show, qtbot):
    made = show(WeightsView, 720, 620)
    qtbot.waitUntil(lambda: bool(made.ridges) and made.table.rowCount() > 0, timeout=PATIENCE)
    qtbot.waitUntil(lambda: not made.analysis.busy, timeout=PATIENCE)
    return made


def test_every_tensor_has_a_histogram_and_a_row(weights, session):
    with hhstudio.open(session) as opened:
        expected = opened.weights("P1", 0)
    assert set(weights.ridges) == set(expected)
    rows = {weights.table.item(r, 0).text(): r for r in range(weights.table.rowCount())}
    name, values = next(iter(expected.items()))
    assert weights.table.item(rows[name], 4).text() == f"{np.linalg.norm(values):.3g}"
    assert weights.table.item(rows[name], 7).text().endswith(f"of {len(values)}")


def test_a_click_on_a_snapshot_is_told_to_the_window(weights, qtbot):
    ridge = next(iter(weights.ridges.values()))
    with qtbot.waitSignal(weights.step_chosen) as chosen:
        QTest.mouseClick(ridge, LEFT, pos=ridge.center_of(1).toPoint())
    assert chosen.args == [int(ridge._steps[1])]
    before = ridge.grab().toImage()
    weights.set_step(chosen.args[0])
    assert ridge.grab().toImage() != before


def test_the_table_and_lines_of_python_are_copied(weights, session):
    QTest.mouseClick(weights.copy, LEFT)
    lines = QGuiApplication.clipboard().text().splitlines()
    assert lines[0].startswith("tensor\tshape")
    assert len(lines) == 1 + weights.table.rowCount()
    QTest.mouseClick(weights.python, LEFT)
    assert str(session) in QGuiApplication.clipboard().text()


def test_a_generated_hypernetwork_has_histograms_through_time_and_a_table(weights, session, qtbot):
    weights.path.box.setFocus()
    QTest.keyClick(weights.path.box, Qt.Key.Key_Down)
    weights.path.box.activated.emit(1)
    assert weights.level.isVisible()
    weights.level.box.setFocus()
    QTest.keyClick(weights.level.box, Qt.Key.Key_Down)
    weights.level.box.activated.emit(1)
    with hhstudio.open(session) as opened:
        expected = opened.histograms("P2-0", 0, level=0)
        steps = opened.snapshots("P2-0", 0).steps.tolist()
    names = {layer.name for layer in expected.layers}
    qtbot.waitUntil(lambda: set(weights.ridges) == names, timeout=PATIENCE)
    qtbot.waitUntil(lambda: weights.table.item(0, 0).text() in names, timeout=PATIENCE)
    ridge = weights.ridges[expected.layers[0].name]
    assert ridge._steps.tolist() == expected.steps.tolist()
    assert ridge._steps.tolist()[:-1] == steps
    assert np.allclose(ridge._layer.std, expected.layers[0].std)
    assert weights.table.item(0, 7).text() == ""  # dead units are a solver's
