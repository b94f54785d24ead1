"""Documents as files: examples, recent files, reverting, pictures that hold them, what a crash leaves."""

import json
import os
import subprocess
import sys

import msgspec
import pytest
from msgspec.structs import replace
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit
from shell_helpers import answer, message_box
from small_specs import tiny

from hhstudio.core.errors import HHStudioError, SpecError
from hhstudio.core.spec import examples
from hhstudio.core.spec import spec as specs
from hhstudio.core.spec.document import Document
from hhstudio.gui.state import autosave
from hhstudio.gui.state.session_files import save_spec
from hhstudio.gui.views.tree.canvas.tree_export import write_tree
from hhstudio.gui.widgets import picture_files
from hhstudio.gui.widgets.chooser import Chooser


def proposal():
    return replace(tiny(), name="für „alle“ <&>", topology=examples.example("proposal").topology)


def drop(window, path):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    window.dropEvent(QDropEvent(QPointF(50, 50), Qt.DropAction.CopyAction, data, left, none))


@pytest.mark.parametrize("suffix", ["svg", "png"])
def test_a_picture_of_the_tree_opens_as_the_document_it_shows(window, qtbot, tmp_path, suffix):
    window.workspace.document.reset(proposal())
    picture = tmp_path / f"tree.{suffix}"
    write_tree(window.workspace.document.spec, window.canvas.scene, picture)
    image = QImage(str(picture))
    assert image.width() > 200
    assert (
        len({image.pixel(x, y) for x in range(0, image.width(), 7) for y in range(0, image.height(), 7)}) > 3
    )
    window.workspace.document.reset(tiny())
    with qtbot.waitSignal(window.workspace.shown, timeout=10_000):
        drop(window, picture)
    assert window.workspace.document.spec == proposal()
    assert window.workspace.spec_path is None  # saving asks where: a picture is not written over as JSON


def test_a_picture_without_a_document_says_so(tmp_path):
    image = QImage(20, 20, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.red)
    image.save(str(tmp_path / "red.png"))
    (tmp_path / "none.svg").write_text("<svg></svg>")
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    (tmp_path / "hostile.svg").write_text('<svg><metadata id="hhstudio-spec">{"seed": "x"}</metadata></svg>')
    for name in ("red.png", "none.svg", "broken.png", "hostile.svg"):
        with pytest.raises(SpecError, match=name):
            picture_files.read(tmp_path / name)


def test_the_tree_is_exported_as_the_suffix_says(window, tmp_path):
    spec, scene = proposal(), window.canvas.scene
    write_tree(spec, scene, tmp_path / "tree.json")
    write_tree(spec, scene, tmp_path / "tree.graphml")
    assert json.loads((tmp_path / "tree.json").read_bytes())["format"] == "hhstudio-topology"
    assert b"<graphml" in (tmp_path / "tree.graphml").read_bytes()
    with pytest.raises(HHStudioError, match="graphml"):
        write_tree(spec, scene, tmp_path / "tree.docx")
    with pytest.raises(HHStudioError, match="cannot be written"):
        write_tree(spec, scene, tmp_path / "nowhere" / "tree.svg")


def test_the_export_dialog_writes_what_it_is_asked_for(window, qtbot, tmp_path):
    window.workspace.document.reset(proposal())
    QTest.keyClick(window, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    dialog = window.findChild(QFileDialog)
    field = dialog.findChild(QLineEdit)
    field.setText(str(tmp_path / "drawn.svg"))
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert picture_files.read(tmp_path / "drawn.svg") == proposal()


def test_an_example_begins_a_document_with_the_settings_at_hand(window, qtbot):
    window.workspace.document.reset(tiny())
    window.registry.trigger("file.example.proposal")
    spec = window.workspace.document.spec
    assert spec.topology == examples.example("proposal").topology
    assert spec.training == tiny().training
    assert len(window.canvas.scene.nodes) == 6


def test_a_tree_in_a_file_opens_with_the_settings_at_hand(window, qtbot, tmp_path):
    window.workspace.document.reset(tiny())
    write_tree(proposal(), window.canvas.scene, tmp_path / "tree.json")
    with qtbot.waitSignal(window.workspace.shown, timeout=10_000):
        drop(window, tmp_path / "tree.json")
    assert window.workspace.document.spec.topology == proposal().topology
    assert window.workspace.document.spec.training == tiny().training


def test_all_problems_of_a_file_are_shown_at_once(window, qtbot, tmp_path):
    tree = msgspec.to_builtins(tiny())
    tree["training"]["steps"], tree["seed"] = "many", "none"
    (tmp_path / "bad.json").write_text(json.dumps(tree))
    with qtbot.waitSignal(window.workspace.problem, timeout=10_000):
        drop(window, tmp_path / "bad.json")
    text = message_box().informativeText()
    assert "training.steps" in text
    assert "`seed`" in text
    answer("OK")


def test_reverting_can_be_undone(window):
    window.workspace.document.reset(tiny())
    window.workspace.edit("Steps", {"training.steps": 7})
    window.registry.trigger("file.revert")
    assert window.workspace.document.spec == tiny()
    assert not window.workspace.document.modified
    QTest.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert window.workspace.document.spec.training.steps == 7


def test_what_was_opened_lately_is_opened_by_its_name(window, qtbot, tmp_path):
    for name in ("first", "second"):
        save_spec(replace(tiny(), name=name), tmp_path / f"{name}.json")
        with qtbot.waitSignal(window.workspace.shown, timeout=10_000):
            drop(window, tmp_path / f"{name}.json")
    (tmp_path / "second.json").unlink()  # what is gone is not offered
    keys = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    QTest.keyClick(window, Qt.Key.Key_O, keys)
    chooser = next(w for w in QApplication.topLevelWidgets() if isinstance(w, Chooser) and w.isVisible())
    assert [chooser.list.item(i).text().split()[0] for i in range(chooser.list.count())] == ["first.json"]
    QTest.keyClicks(chooser.search, "firs")
    with qtbot.waitSignal(window.workspace.shown, timeout=10_000):
        QTest.keyClick(chooser.search, Qt.Key.Key_Return)
    assert window.workspace.document.spec.name == "first"


# what a crash leaves ------------------------------------------------------------------------------------


def test_a_changed_document_is_kept_beside_and_goes_when_it_is_saved(qtbot, tmp_path):
    document = Document(tiny())
    kept = autosave.RecoveryFile(document, tmp_path)
    changed = specs.with_fields(tiny(), {"training.steps": 7})
    document.apply("Steps", changed)
    qtbot.waitUntil(kept.path.exists, timeout=10_000)
    assert msgspec.json.decode(kept.path.read_bytes(), type=autosave.SavedDocument).spec == changed
    document.mark_saved()
    assert not kept.path.exists()
    document.undo()
    qtbot.waitUntil(kept.path.exists, timeout=10_000)
    kept.close()
    assert list(tmp_path.iterdir()) == []


_CRASHES = """
import os, signal, sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication
from hhstudio.core.spec import spec as specs
from hhstudio.core.spec.document import Document
from hhstudio.gui.state.autosave import RecoveryFile
app = QCoreApplication([])
document = Document()
kept = RecoveryFile(document, Path(sys.argv[1]))
document.apply("Name", specs.with_fields(document.spec, {"name": "lost and found"}))
kept.write()
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_after_a_crash_and_only_then_the_document_is_offered(window, tmp_path):
    mine = autosave.RecoveryFile(window.workspace.document, tmp_path)
    mine.write()
    assert autosave.leftovers(tmp_path) == []  # its window is open
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    subprocess.run([sys.executable, "-c", _CRASHES, str(tmp_path)], env=environment, timeout=60)
    (tmp_path / "foreign.json").write_text("{}")
    (left,) = autosave.leftovers(tmp_path)
    window.files.offer_leftover(left)
    assert "lost and found" in message_box().text()
    answer("Restore")
    assert window.workspace.document.spec.name == "lost and found"
    assert window.workspace.document.modified
    assert autosave.leftovers(tmp_path) == []
    mine.close()
