"""The inspector's filters, from recorded weights and live, with mouse and keys."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from hhstudio.core.errors import HHStudioError
from hhstudio.core.run import events
from hhstudio.gui.views.filters.view import FilterView
from hhstudio.gui.widgets.theme import DARK, LIGHT


def _solver(seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {
        "bias": rng.standard_normal(4).astype(np.float32),
        "conv1.weight": rng.standard_normal((4, 1, 3, 3)).astype(np.float32),
        "conv2.weight": rng.standard_normal((6, 4, 3, 3)).astype(np.float32),
        "fc.weight": rng.standard_normal((5, 64)).astype(np.float32),
    }


@pytest.fixture
def source(make_run, recorded_weights):
    """P1 has learned all three tasks, P2-0 only the first."""
    run = make_run().all()
    learned = [("P1", 0), ("P1", 1), ("P1", 2), ("P2-0", 0)]
    return recorded_weights(run.history, {condition: _solver(n) for n, condition in enumerate(learned)})


@pytest.fixture
def view(show, source):
    view = show(FilterView(), 700, 800)
    view.set_source(source)
    QApplication.processEvents()
    return view


def _choose(choice, data):
    """As a user does it: the entry is activated."""
    assert choice.set_value(data)
    choice.box.activated.emit(choice.box.currentIndex())


def test_an_empty_view_says_what_will_appear(show):
    view = show(FilterView())
    assert view.empty.isVisible()
    assert "Generated filters appear here" in view.empty.text()


def test_the_first_convolution_is_shown_at_first(view):
    assert view.caption.text() == "P1 · T0 digits 0-1 · conv1.weight  4 × 1 × 3 × 3"
    assert view.image.canvas.isVisible()
    assert not view.empty.isVisible()


def test_another_task_keeps_the_layer_and_shows_its_weights(view, source):
    _choose(view.controls.tensor, "conv2.weight")
    _choose(view.controls.channel, 2)
    _choose(view.controls.task, 1)
    assert view.caption.text() == "P1 · T1 digits 2-3 · conv2.weight  6 × 4 × 3 × 3"
    shown = source.tensor("P1", 1, "conv2.weight")[3, 2]
    text = view.image.canvas.describe(3)
    expected = f"filter 3, input 2: min {shown.min():.4g}, max {shown.max():.4g}, mean {shown.mean():.4g}"
    assert text == expected.replace("-", "−")


def test_tasks_that_were_not_learned_cannot_be_chosen(view):
    _choose(view.controls.path, "P2-0")
    assert view.condition == ("P2-0", 0)
    model = view.controls.task.box.model()
    assert [model.item(n).isEnabled() for n in range(3)] == [True, False, False]


def test_the_table_lists_every_tensor_and_chooses_the_one_that_is_clicked(view, qtbot):
    table = view.table
    names = [table.item(n, 0).text() for n in range(table.rowCount())]
    assert names == ["bias", "conv1.weight", "conv2.weight", "fc.weight"]
    rect = table.visualItemRect(table.item(3, 0))
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=rect.center())
    assert "fc.weight" in view.caption.text()
    assert view.description.text() == "each neuron's weights in the shape of the image"
    table.setFocus()
    qtbot.keyClick(table, Qt.Key.Key_Up)
    assert "conv2.weight" in view.caption.text()


def test_the_difference_to_another_task_is_shown(view, source):
    _choose(view.controls.other, 2)
    difference = source.tensor("P1", 0, "conv1.weight") - source.tensor("P1", 2, "conv1.weight")
    assert view.histogram.limit == pytest.approx(float(np.abs(difference).max()))
    assert "T0 digits 0-1 − T2 digits 4-5" in view.caption.text()


def test_the_histogram_counts_every_shown_weight_on_the_scale_of_the_colours(view, source):
    tensor = source.tensor("P1", 0, "conv1.weight")
    assert view.histogram.counts.sum() == tensor.size
    assert view.histogram.limit == pytest.approx(float(np.abs(tensor).max()))
    _choose(view.controls.scale, False)
    assert view.histogram.limit is None


def test_the_mouse_and_the_arrow_keys_say_what_a_filter_holds(view, qtbot):
    canvas = view.image.canvas
    canvas.setFocus()
    qtbot.keyClick(canvas, Qt.Key.Key_Right)
    assert view.description.text().startswith("filter 0: min ")
    qtbot.keyClick(canvas, Qt.Key.Key_Right)
    assert canvas.tile == 1
    zoom = view.image.zoom
    qtbot.mouseMove(canvas, _at(1.5 * zoom, 1.5 * zoom))
    assert canvas.tile == 0
    assert "[0, 0] = " in view.description.text()


def _at(x, y):
    return QPoint(int(x), int(y))


def test_zooming_with_keys_and_fitting_again(view, qtbot):
    fitted = view.image.zoom
    view.image.canvas.setFocus()
    qtbot.keyClick(view.image.canvas, Qt.Key.Key_Minus)
    assert view.image.zoom == pytest.approx(fitted / 1.25)
    qtbot.keyClick(view.image.canvas, Qt.Key.Key_0)
    assert view.image.zoom == fitted


def test_a_room_of_another_shape_puts_the_tiles_into_other_columns(view):
    _choose(view.controls.tensor, "fc.weight")
    view.resize(320, 1000)
    QApplication.processEvents()
    canvas = view.image.canvas
    high = canvas.width() / canvas.height()
    view.resize(1500, 420)
    QApplication.processEvents()
    assert canvas.width() / canvas.height() > 2 * high


def test_a_live_tensor_is_asked_for_shown_and_marked(show, make_run, qtbot):
    run = make_run()
    run.begin(0, 0)
    view = show(FilterView(), 700, 800)
    view.set_history(run.history)
    asked, ended = [], []
    view.watch_requested.connect(lambda *what: asked.append(what))
    view.watch_ended.connect(lambda: ended.append(True))
    qtbot.mouseClick(
        view.controls.live, Qt.MouseButton.LeftButton, pos=_at(8, view.controls.live.height() / 2)
    )
    assert asked == [("P1", 0, "")]
    tensor = _solver(9)["conv1.weight"]

    def watched(step, values, task=0):
        return events.Watched(
            step=step, path="P1", task=task, name="conv1.weight", tensor=events.Tensor.of(values)
        )

    run.apply(watched(1200, tensor))
    view.refresh(run.history.take_changes())
    assert view.badge.text() == "live, step 1\u202f200"
    assert view.badge.isVisible()
    assert view.histogram.limit == pytest.approx(float(np.abs(tensor).max()))
    view.show_watched(watched(1210, 2 * tensor))
    assert view.badge.text() == "live, step 1\u202f210"
    assert view.histogram.limit == pytest.approx(2 * float(np.abs(tensor).max()))
    view.show_watched(watched(1220, 3 * tensor, task=1))  # somebody else's
    assert view.badge.text() == "live, step 1\u202f210"
    qtbot.mouseClick(
        view.controls.live, Qt.MouseButton.LeftButton, pos=_at(8, view.controls.live.height() / 2)
    )
    assert ended == [True]
    assert not view.badge.isVisible()


def test_new_weights_of_a_task_replace_the_old_ones(show, make_run, recorded_weights):
    run = make_run(paths=("P1",))
    tensors = {("P1", 0): _solver(0)}
    view = show(FilterView(), 700, 800)
    view.set_history(run.history)
    view.set_source(recorded_weights(run.history, tensors))
    before = view.table.item(1, 2).text()
    tensors["P1", 0] = _solver(5)
    run.apply(events.Weights(step=1, path="P1", task=0, tensors={}))
    view.refresh(run.history.take_changes())
    view.set_source(recorded_weights(run.history, tensors))
    assert view.table.item(1, 2).text() != before


def test_4096_kernels_are_one_image(show, make_run, recorded_weights):
    run = make_run(paths=("P1",)).all()
    tensor = np.random.default_rng(0).standard_normal((64, 64, 3, 3)).astype(np.float32)
    view = show(FilterView(), 700, 800)
    view.set_source(recorded_weights(run.history, {("P1", 0): {"conv.weight": tensor}}))
    image = view.image.canvas.image()
    assert (image.width(), image.height()) == (64 * 4 + 1, 64 * 4 + 1)
    assert len(view.image.canvas.children()) == 0


def test_both_themes_and_the_export(view, tmp_path, wear):
    for theme in (DARK, LIGHT):
        wear(theme)
    view.export_to(tmp_path / "filters.png")
    assert QImage(str(tmp_path / "filters.png")).width() >= 500
    with pytest.raises(HHStudioError, match="absent"):
        view.export_to(tmp_path / "absent" / "filters.png")
    view.set_source(None)
    with pytest.raises(HHStudioError, match="no generated weights"):
        view.export_to(tmp_path / "filters.png")
