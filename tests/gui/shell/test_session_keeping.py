"""Finding, naming, noting on, throwing away and taking back sessions, with mouse and keys."""

from __future__ import annotations

import shutil
import subprocess
import sys

import h5py
import pytest
from msgspec.structs import replace
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QLineEdit
from shell_helpers import PATIENCE, answer, message_box, message_boxes
from small_specs import tiny

from hhstudio.gui.views.sessions.model import ENTRY
from hhstudio.gui.views.sessions.notes_dialog import NotesDialog
from hhstudio.gui.views.sessions.recovery_dialog import RecoveryDialog
from hhstudio.gui.widgets.theme import current_theme
from hhstudio.store.catalog.notes import Notes, read_notes, write_notes
from hhstudio.store.journal.journal import journal_path

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def listed(window, qtbot, finished_session):
    """The list with three sessions: alpha (noted, tagged), beta, gamma."""
    folder = window.workspace.preferences.sessions_folder
    for name in ("alpha", "beta", "gamma"):
        shutil.copy(finished_session, folder / f"{name}.h5")
    write_notes(folder / "alpha.h5", Notes("the one with a small chunk", ("paper",)))
    view = window.panels["sessions"]
    view.look()
    qtbot.waitUntil(lambda: len(view.model.rows) == 3 and view.model.find(folder / "alpha.h5").isValid())
    qtbot.waitUntil(lambda: view.model.find(folder / "alpha.h5").data(ENTRY).notes.tags == ("paper",))
    return view


def names(view):
    return [entry.session.path.stem for entry in view.model.rows]


def click(view, name):
    index = view.model.find(view.model.folder / f"{name}.h5")
    view.list.scrollTo(index)
    QTest.mouseClick(view.list.viewport(), LEFT, pos=view.list.visualRect(index).center())
    return index


def a_dialog_is_there():
    return any(isinstance(w, QDialog) and w.isVisible() for w in QApplication.topLevelWidgets())


def dialog_of(kind):
    (found,) = [w for w in QApplication.topLevelWidgets() if isinstance(w, kind) and w.isVisible()]
    return found


def test_typing_finds_sessions_by_name_data_notes_and_tags(listed):
    QTest.mouseClick(listed.search, LEFT)
    every = {"alpha", "beta", "gamma"}
    for typed, found in (
        ("BETA", {"beta"}),
        ("digits finished", every),
        ("small chunk", {"alpha"}),
        ("#paper", {"alpha"}),
        ("no such word", set()),
    ):
        listed.search.selectAll()
        QTest.keyClicks(listed.search, typed)
        assert set(names(listed)) == found
    assert listed.empty.isVisible()
    assert "No session has all these words" in listed.empty.text()
    assert listed.where.text().startswith("0 of 3")
    listed.search.clear()
    assert len(names(listed)) == 3


def test_the_order_is_chosen_from_a_menu_and_the_selection_stays(listed):
    click(listed, "beta")
    by_title = {action.text(): action for action in listed.sorter.menu().actions()}
    by_title["Name"].trigger()
    assert names(listed) == ["alpha", "beta", "gamma"]
    by_title["Oldest first"].trigger()
    assert listed.list.currentIndex().data(ENTRY).session.path.stem == "beta"


def test_a_session_is_renamed_in_its_row(listed, qtbot):
    index = click(listed, "alpha")
    QTest.keyClick(listed.list, Qt.Key.Key_F2)
    editor = listed.list.findChild(QLineEdit)
    assert editor.text() == "alpha"
    editor.selectAll()
    QTest.keyClicks(editor, "a better name")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    folder = listed.model.folder
    qtbot.waitUntil(lambda: "a better name" in names(listed))
    assert not (folder / "alpha.h5").exists()
    assert read_notes(folder / "a better name.h5").tags == ("paper",)
    assert listed.list.currentIndex().data(ENTRY).session.path.stem == "a better name"
    assert index is not None


def test_renaming_is_given_up_with_escape_or_by_looking_elsewhere(listed):
    for leave in (lambda e: QTest.keyClick(e, Qt.Key.Key_Escape), lambda _: listed.search.setFocus()):
        click(listed, "beta")
        QTest.keyClick(listed.list, Qt.Key.Key_F2)
        editor = listed.list.findChild(QLineEdit)
        QTest.keyClicks(editor, "never")
        leave(editor)
        QApplication.processEvents()
        assert set(names(listed)) == {"alpha", "beta", "gamma"}


def test_a_name_that_is_taken_is_refused_in_words(listed, qtbot):
    click(listed, "alpha")
    QTest.keyClick(listed.list, Qt.Key.Key_F2)
    editor = listed.list.findChild(QLineEdit)
    editor.selectAll()
    QTest.keyClicks(editor, "beta")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(a_dialog_is_there, timeout=PATIENCE)
    assert "beta.h5 exists already" in message_box().informativeText()
    answer("OK")
    assert {"alpha", "beta", "gamma"} == set(names(listed))


def test_delete_moves_a_session_to_the_trash_and_undo_brings_it_back(listed, qtbot, tmp_path):
    folder = listed.model.folder
    before = (folder / "alpha.h5").read_bytes()
    click(listed, "alpha")
    QTest.keyClick(listed.list, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: names(listed).count("alpha") == 0 and listed.toast.isVisible())
    assert not (folder / "alpha.h5").exists()
    assert "alpha is in the trash" in listed.toast.text.text()
    QTest.mouseClick(listed.toast.action, LEFT)
    qtbot.waitUntil(lambda: "alpha" in names(listed))
    assert (folder / "alpha.h5").read_bytes() == before
    assert read_notes(folder / "alpha.h5").text == "the one with a small chunk"
    assert listed.toast.isHidden()
    assert not list(tmp_path.rglob("*.trashinfo"))


def test_a_session_that_is_gone_from_the_trash_is_not_brought_back(listed, qtbot, tmp_path):
    click(listed, "beta")
    QTest.keyClick(listed.list, Qt.Key.Key_Delete)
    qtbot.waitUntil(listed.toast.isVisible)
    for root in (tmp_path / "data", listed.model.folder / ".trash"):
        shutil.rmtree(root, ignore_errors=True)
    QTest.mouseClick(listed.toast.action, LEFT)
    qtbot.waitUntil(a_dialog_is_there, timeout=PATIENCE)
    assert "not in the trash any more" in message_box().informativeText()
    answer("OK")


def test_notes_and_tags_are_written_in_a_dialog_and_found(listed, qtbot):
    listed.notes_requested.emit(listed.model.folder / "gamma.h5")
    dialog = dialog_of(NotesDialog)
    QTest.keyClicks(dialog.text, "unlike the others")
    QTest.keyClicks(dialog.tags, "odd, #paper")
    QTest.keyClick(dialog.tags, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: read_notes(listed.model.folder / "gamma.h5").tags == ("odd", "paper"))
    qtbot.waitUntil(lambda: listed.model.tags == ["odd", "paper"])
    QTest.keyClicks(listed.search, "#odd")
    assert names(listed) == ["gamma"]


def test_the_command_of_a_session_is_copied(listed, qtbot):
    QGuiApplication.clipboard().clear()
    listed.command_requested.emit(listed.model.folder / "beta.h5")
    qtbot.waitUntil(lambda: QGuiApplication.clipboard().text() != "")
    first, second, *rest = QGuiApplication.clipboard().text().splitlines()
    assert first.startswith("hhstudio export ")
    assert second.startswith("hhstudio run beta.json ")
    assert any(line.startswith("# made with hhstudio") for line in rest)


def test_the_command_of_the_open_session_is_copied_from_the_file_menu(window, qtbot, finished_session):
    copy = window.registry["file.copy_command"]
    assert not copy.enabled
    with qtbot.waitSignal(window.workspace.shown, timeout=PATIENCE):
        window.workspace.open(finished_session)
    assert copy.enabled
    QGuiApplication.clipboard().clear()
    window.registry.trigger("file.copy_command")
    qtbot.waitUntil(lambda: QGuiApplication.clipboard().text() != "")
    assert f"{finished_session.stem}.json" in QGuiApplication.clipboard().text().splitlines()[1]


def test_a_file_from_elsewhere_is_taken_in_by_dropping_it_on_the_list(
    listed, qtbot, finished_session, tmp_path
):
    other = tmp_path / "elsewhere" / "alpha.h5"
    other.parent.mkdir()
    shutil.copy(finished_session, other)
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(other))])
    action, keys = Qt.DropAction.CopyAction, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(20, 60), action, mime, LEFT, keys)
    QApplication.sendEvent(listed, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(listed, QDropEvent(QPointF(20, 60), action, mime, LEFT, keys))
    qtbot.waitUntil(lambda: "alpha-2" in names(listed))
    assert other.exists()
    assert listed.list.currentIndex().data(ENTRY).session.path.stem == "alpha-2"


def test_a_damaged_session_is_recovered_with_a_report(window, qtbot, finished_session):
    folder = window.workspace.preferences.sessions_folder
    data = bytearray(finished_session.read_bytes())
    at = data.index(b"metric") if b"metric" in data else len(data) // 2
    data[at : at + 400] = bytes(400)
    (folder / "hurt.h5").write_bytes(data[: len(data) * 9 // 10])
    window.files.recover(folder / "hurt.h5")
    qtbot.waitUntil(a_dialog_is_there, timeout=PATIENCE)
    dialog = dialog_of(RecoveryDialog)
    assert dialog.saved.count() > 0
    assert dialog.lost.count() > 0
    with qtbot.waitSignal(window.workspace.shown, timeout=PATIENCE):
        QTest.mouseClick(dialog.open_button, LEFT)
    assert window.workspace.session_path == folder / "hurt.h5"


def test_damage_is_known_by_the_type_of_an_error_not_by_a_word_in_it(window, qtbot, finished_session):
    hurt = window.workspace.preferences.sessions_folder / "hurt.h5"
    shutil.copy(finished_session, hurt)
    with h5py.File(hurt, "r+") as file:
        file.attrs["version"] = 0
    window.workspace.open(hurt)
    qtbot.waitUntil(lambda: message_boxes() != [], timeout=PATIENCE)
    box = message_box()
    assert "recover" not in box.informativeText().split("\n")[0]
    assert box.text() == "hurt.h5 is damaged"
    answer("Cancel")
    (hurt.parent / "recover.h5").write_text("a text, which is not damaged")
    window.workspace.open(hurt.parent / "recover.h5")
    qtbot.waitUntil(lambda: message_boxes() != [], timeout=PATIENCE)
    assert message_box().text() == "Open"
    answer("OK")


def test_a_session_without_its_file_is_listed_and_rebuilt_from_its_journal(window, qtbot, tmp_path):
    from hhstudio.service.run.client import RunClient

    folder = window.workspace.preferences.sessions_folder
    elsewhere = tmp_path / "elsewhere" / "lone.h5"
    elsewhere.parent.mkdir()
    client = RunClient(tiny(400), elsewhere, data=tmp_path)
    client.start()
    qtbot.waitUntil(lambda: any("TaskFinished" in type(e).__name__ for e in client.drain()), timeout=PATIENCE)
    shutil.copy(journal_path(elsewhere), journal_path(folder / "lone.h5"))  # as a crash leaves it
    client.kill()
    assert client.wait(30)
    view = window.panels["sessions"]
    view.look()
    qtbot.waitUntil(
        lambda: any("journal" in entry.session.error for entry in view.model.rows),
        timeout=PATIENCE,
    )
    entry = view.model.find(folder / "lone.h5").data(ENTRY)
    menu = view.menu(entry)
    {a.text(): a for a in menu.actions()}["Recover …"].trigger()
    qtbot.waitUntil(a_dialog_is_there, timeout=PATIENCE)
    dialog = dialog_of(RecoveryDialog)
    assert "from the journal alone" in dialog.saved.item(0).text()
    dialog.reject()
    assert not journal_path(folder / "lone.h5").exists()


@pytest.mark.parametrize("width", [190, 290, 420])
def test_tree_and_curves_are_pictured_however_narrow_the_list_is(listed, width):
    listed.setMinimumWidth(width)
    listed.list.setFixedWidth(width)
    QApplication.processEvents()
    index = listed.model.find(listed.model.folder / "beta.h5")
    listed.list.scrollTo(index)
    row = listed.list.viewport().grab(listed.list.visualRect(index)).toImage()
    seen = {row.pixelColor(x, y).name() for x in range(row.width()) for y in range(row.height())}
    theme = current_theme()
    assert {theme.node_solver, theme.node_hypernetwork, theme.task_pen(0)[0]} <= seen


def test_what_was_undone_or_not_is_said_in_a_list_as_narrow_as_a_side(listed, qtbot, qtlog):
    listed.list.setFixedWidth(190)
    for name in ("a", "split-cifar100-direct-seed-3-beta-0.05-chunk-8000-embedding-400"):
        listed.toast.say(f"{name} is in the trash", action="Undo", answer=lambda: None)
        QApplication.processEvents()
        assert listed.toast.action.isVisible()
        assert listed.toast.height() < 90
        assert name in listed.toast.text.toolTip()
        listed.toast.dismiss()
    assert not [r.message for r in qtlog.records if "Negative" in r.message]


HOLD = """
import sys
from pathlib import Path
from hhstudio.store.journal.lock import Lock
lock = Lock(Path(sys.argv[1]), "hhstudio")
print("held", flush=True)
sys.stdin.read()
"""


def test_a_session_that_another_program_writes_opens_read_only_and_says_who_writes_it(
    window, qtbot, finished_session
):
    path = window.workspace.preferences.sessions_folder / "theirs.h5"
    shutil.copy(finished_session, path)
    command = [sys.executable, "-c", HOLD, str(path)]
    holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout.readline() == "held\n"
        with qtbot.waitSignal(window.workspace.shown, timeout=PATIENCE):
            window.workspace.open(path)
        banner = window.run_bar.banner
        assert banner.isVisible()
        assert f"is being written by hhstudio (process {holder.pid}, since" in banner.text.text()
        assert not window.workspace.can_continue
    finally:
        holder.kill()
        holder.communicate()
    with qtbot.waitSignal(window.workspace.shown, timeout=PATIENCE):
        QTest.mouseClick(banner.buttons[0], LEFT)
    assert banner.isHidden()
    assert window.workspace.read_only == ""


def test_start_asks_before_it_imports_what_a_spec_names(window, qtbot):
    spec = tiny()
    foreign = replace(spec, solver=replace(spec.solver, architecture="of_a_stranger:Net", options={}))
    window.workspace.document.reset(foreign)
    window.workspace.runs.start()
    assert "Import of_a_stranger and run its code?" in message_box().text()
    QTest.keyClick(message_box(), Qt.Key.Key_Return)  # the default is not to
    QApplication.processEvents()
    assert not window.workspace.running
    window.workspace.runs.start()
    answer("Import of_a_stranger")
    assert window.workspace.running
    qtbot.waitUntil(lambda: not window.workspace.running, timeout=PATIENCE)
    assert "cannot be imported" in window.workspace.history.end.message
