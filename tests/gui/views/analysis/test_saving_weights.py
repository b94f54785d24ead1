"""Saving a condition's weights from the window: the dialog, the file, what is said when it cannot be."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialogButtonBox, QFileDialog, QLineEdit

import hhstudio
from hhstudio.gui.views.analysis.weights import WeightsView

LEFT = Qt.MouseButton.LeftButton
PATIENCE = 60_000


@pytest.fixture
def view(show, qtbot):
    made = show(WeightsView, 720, 620)
    qtbot.waitUntil(lambda: bool(made.ridges) and not made.analysis.busy, timeout=PATIENCE)
    return made


def dialog_of(view):
    return next(d for d in view.findChildren(QFileDialog) if d.isVisible())


def accept(view, name, filter_text=""):
    """Press the button, choose a format, give a name, press Save."""
    QTest.mouseClick(view.export, LEFT)
    dialog = dialog_of(view)
    if filter_text:
        chosen = next(text for text in dialog.nameFilters() if filter_text in text)
        dialog.selectNameFilter(chosen)
        dialog.filterSelected.emit(chosen)
    dialog.findChild(QLineEdit).setText(str(name))  # typed, its completer would take the click
    save = dialog.findChild(QDialogButtonBox).button(QDialogButtonBox.StandardButton.Save)
    QTest.mouseClick(save, LEFT)


def test_the_saved_file_holds_the_sessions_weights(view, session, tmp_path, qtbot):
    accept(view, tmp_path / "mine")
    qtbot.waitUntil(lambda: view.words.text() == f"Saved {tmp_path / 'mine.npz'}", timeout=PATIENCE)
    with hhstudio.open(session) as opened, np.load(tmp_path / "mine.npz") as found:
        expected = opened.weights("P1", 0)
        assert set(found) == set(expected)
        assert all(np.array_equal(found[name], values) for name, values in expected.items())


def test_an_onnx_solver_is_written_by_the_helper_and_answers_as_the_session(view, session, tmp_path, qtbot):
    onnxruntime = pytest.importorskip("onnxruntime")
    accept(view, tmp_path / "ready", "ONNX")
    qtbot.waitUntil(lambda: view.words.text().startswith("Saved"), timeout=PATIENCE)
    with hhstudio.open(session) as opened:
        expected = opened.predict((0, 0), "P1", 0)
    image = expected.image.transpose(2, 0, 1)[None].astype(np.float32) / 255
    model = onnxruntime.InferenceSession(str(tmp_path / "ready.onnx"))
    (found,) = model.run(None, {"image": image})
    assert np.allclose(found[0], expected.guesses[0].logits, atol=1e-4)


def test_what_cannot_be_written_is_said_and_leaves_nothing(view, tmp_path, qtbot):
    view.saver.save(tmp_path / "nowhere" / "w.npz", "P1", 0)
    qtbot.waitUntil(lambda: "cannot be written" in view.words.text(), timeout=PATIENCE)
    assert "Traceback" not in view.words.text()
    view.saver.save(tmp_path / "w.txt", "P1", 0)
    assert "weights are written as .npz, .safetensors, .pt, .onnx" in view.words.text()
    assert list(tmp_path.iterdir()) == []
