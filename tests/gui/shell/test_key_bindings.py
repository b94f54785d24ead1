"""Keys that the user chooses: kept, refused with a reason, taken back."""

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMainWindow

from hhstudio.core.spec.document import Document
from hhstudio.core.spec.spec import Spec
from hhstudio.core.tree import editing
from hhstudio.gui.shell.key_bindings import KeyBindings
from hhstudio.gui.shell.shortcuts import Shortcuts
from hhstudio.gui.state.actions import Action, ActionRegistry
from hhstudio.gui.state.preferences import Preferences
from hhstudio.gui.views.edit_history import EditHistory
from hhstudio.gui.views.tree.canvas.widget import TreeCanvas


@pytest.fixture
def window(qtbot):
    made = QMainWindow()
    made.canvas = TreeCanvas(Document(Spec(topology=editing.single())))
    made.canvas.scene.animated = False
    made.setCentralWidget(made.canvas)
    qtbot.addWidget(made)
    with qtbot.waitExposed(made):
        made.show()
    made.canvas.setFocus()
    yield made
    made.canvas.release()


@pytest.fixture
def preferences(tmp_path):
    return Preferences(QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat))


def bindings(window, preferences):
    registry = ActionRegistry(window)
    registry.add(
        Action("edit.undo", "Undo", window.canvas.document.undo, "Ctrl+Z", menu="Edit"),
        Action("file.open", "Open", lambda: None, "Ctrl+O", menu="File"),
    )
    window.canvas.register(registry)
    return KeyBindings(registry, preferences)


def test_a_chosen_key_works_at_once_and_the_old_one_no_longer(window, preferences, qtbot):
    keys = bindings(window, preferences)
    assert keys.choose("tree.add_solver", "Y") == ""
    window.canvas.select_node("h0")
    QTest.keyClick(window.canvas.view, Qt.Key.Key_S)
    assert window.canvas.document.done == ()
    QTest.keyClick(window.canvas.view, Qt.Key.Key_Y)
    assert window.canvas.document.done[-1].title == "Add path P1b"


def test_keys_are_remembered_and_reset(window, preferences):
    bindings(window, preferences).choose("file.open", "Ctrl+Alt+O")
    again = bindings(window, preferences)
    assert again.registry["file.open"].shortcut == "Ctrl+Alt+O"
    assert again.registry.qaction("file.open").shortcut() == QKeySequence("Ctrl+Alt+O")
    assert again.is_changed("file.open")
    assert again.reset("file.open") == ""
    assert preferences.shortcuts == {}


@pytest.mark.parametrize(
    ("action", "key", "said"),
    [
        ("file.open", "Ctrl+Z", "already belongs to “Undo”"),
        ("tree.tidy", "Ctrl+Z", "already belongs to “Undo”"),
        ("file.open", "Ctrl+L", "already belongs to “Tidy layout”"),
        ("tree.tidy", "F", "already belongs to “Fit the tree”"),
        ("tree.tidy", "Esc", "Esc cancels what is going on"),
    ],
)
def test_a_key_that_is_taken_is_refused_with_the_reason(window, preferences, action, key, said):
    keys = bindings(window, preferences)
    before = keys.registry[action].shortcut
    assert said in keys.choose(action, key)
    assert keys.registry[action].shortcut == before


def test_damaged_or_conflicting_memories_are_passed_over(window, preferences):
    preferences.shortcuts = {"no.such": "Ctrl+1", "file.open": "Ctrl+Z"}
    keys = bindings(window, preferences)
    assert keys.registry["file.open"].shortcut == "Ctrl+O"


def test_in_the_dialog_keys_are_pressed_judged_and_set(window, preferences, qtbot):
    dialog = Shortcuts(bindings(window, preferences), window)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.search.setText("tidy")
    dialog.choose("tree.tidy")
    QTest.keyClick(dialog.edit, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert "already belongs to “Undo”" in dialog.problem.text()
    assert not dialog.set.isEnabled()
    dialog.edit.clear()
    QTest.keyClick(dialog.edit, Qt.Key.Key_T, Qt.KeyboardModifier.ControlModifier)
    qtbot.mouseClick(dialog.set, Qt.MouseButton.LeftButton)
    assert dialog.keys.registry["tree.tidy"].shortcut == "Ctrl+T"
    qtbot.mouseClick(dialog.reset_all, Qt.MouseButton.LeftButton)
    assert dialog.keys.registry["tree.tidy"].shortcut == "Ctrl+L"
    dialog.close()


def test_the_history_jumps_by_click_and_by_key(qtbot):
    document = Document(Spec(topology=editing.single()))
    view = EditHistory(document)
    qtbot.addWidget(view)
    view.resize(200, 300)
    view.show()
    for name in ("one", "two", "three"):
        document.apply_topology(f"Rename to {name}", editing.update(document.topology, "h0", name=name))
    model = view.model()
    assert [model.index(row).data() for row in range(4)] == [
        "The beginning", "Rename to one", "Rename to two", "Rename to three",
    ]  # fmt: skip
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=view.visualRect(model.index(1)).center())
    assert document.topology.by_id["h0"].name == "one"
    assert (document.position, document.steps) == (1, 3)
    view.setFocus()
    QTest.keyClick(view, Qt.Key.Key_Down)
    QTest.keyClick(view, Qt.Key.Key_Return)
    QApplication.processEvents()
    assert document.topology.by_id["h0"].name == "two"
    view.set_read_only(True)
    with qtbot.waitSignal(view.status_message):
        view.clicked.emit(model.index(0))
    assert document.position == 2
    view.release()
