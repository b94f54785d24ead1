"""The window around the canvas: layout, title, questions, reopening."""

import shutil
import subprocess
import sys

from msgspec.structs import replace
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from shell_helpers import answer, message_box, message_boxes
from small_specs import tiny

from hhstudio.core.run import events
from hhstudio.core.run.history import History
from hhstudio.core.tree import editing
from hhstudio.core.tree.topology import Topology
from hhstudio.gui.shell.app import application
from hhstudio.gui.shell.main_window import MainWindow
from hhstudio.gui.state.session_files import save_spec
from hhstudio.gui.state.theming import Theming
from hhstudio.gui.state.workspace import Workspace
from hhstudio.gui.views.tree.outline.view import ID


def test_the_windows_process_imports_no_torch():
    code = (
        "import sys, hhstudio.gui.shell.app; sys.exit('torch' in sys.modules or 'torchvision' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0


def test_a_first_window_says_what_to_do(window):
    window.workspace.preferences.welcomed = False
    window.show_welcome()
    assert window.welcome.isVisible()
    QTest.mouseClick(window.welcome.close_button, Qt.MouseButton.LeftButton)
    assert not window.welcome.isVisible()
    assert window.workspace.preferences.welcomed


def test_the_title_says_when_there_are_changes(window):
    window.workspace.edit("Set the seed", {"seed": 7})
    assert window.isWindowModified()
    window.registry.trigger("edit.undo")
    assert not window.isWindowModified()


def test_the_run_bar_shows_and_changes_the_document(window, qtbot):
    settings = window.run_bar.settings
    settings.tasks.setValue(3)
    assert window.workspace.document.spec.stream.tasks == 3
    settings.seed.selectAll()
    QTest.keyClicks(settings.seed, "12")
    QTest.keyClick(settings.seed, Qt.Key.Key_Return)
    assert window.workspace.document.spec.seed == 12
    assert settings.preset.currentText() == "Own settings"
    window.workspace.document.undo()
    window.workspace.document.undo()
    assert settings.tasks.value() == window.workspace.document.spec.stream.tasks == 5
    assert settings.preset.currentText() == "quickstart"


def test_another_data_set_gets_tasks_that_it_has_classes_for(window):
    settings = window.run_bar.settings
    window.workspace.edit(
        "Ten by ten", {"stream.dataset": "cifar100", "stream.tasks": 10, "stream.classes_per_task": 10}
    )
    settings.data.setCurrentIndex(settings.data.findData("digits"))
    settings.data.activated.emit(settings.data.currentIndex())
    stream = window.workspace.document.spec.stream
    assert stream.tasks * stream.classes_per_task <= 10


def test_what_cannot_run_says_why_before_it_is_started(window):
    window.workspace.document.apply("Empty", replace(window.workspace.document.spec, topology=Topology()))
    assert not window.run_bar.start.isEnabled()
    assert "tree is empty" in window.run_bar.start.toolTip()
    assert window.run_bar.banner.isVisible()
    assert "tree is empty" in window.run_bar.banner.text.text()
    window.workspace.document.undo()
    assert window.run_bar.start.isEnabled()
    assert not window.run_bar.banner.isVisible()


def test_unverified_files_are_allowed_by_a_switch_only(window):
    assert not window.workspace.trust.unverified_data
    dialog = window.run_coordinator.choose_data()
    assert "pickles" in dialog.unverified.toolTip()
    QTest.keyClick(dialog.unverified, Qt.Key.Key_Space)
    assert window.workspace.trust.unverified_data
    dialog.reject()


def test_closing_asks_about_changes_and_can_be_cancelled(window):
    window.workspace.edit("Set the seed", {"seed": 7})
    window.close()
    assert window.isVisible()
    assert "Save the changes" in message_box().text()
    answer("Cancel")
    assert window.isVisible()
    window.close()
    answer("Discard")
    assert not window.isVisible()


def test_the_layout_is_remembered_and_can_be_reset(window, qtbot):
    window.toggle_panel("log")
    window.docks["sessions"].hide()
    window.toggle_panel("outline")
    window.workspace.document.mark_saved()
    window.close()
    workspace = Workspace(window.workspace.preferences)
    again = MainWindow(workspace, Theming(application(), window.workspace.preferences))
    again.place()
    again.show()
    for name in ("sessions", "outline"):
        assert again.docks[name].isHidden()
    again.registry.trigger("view.reset")
    for name in ("sessions", "outline"):
        assert not again.docks[name].isHidden()
    again.close()
    again.deleteLater()


def test_every_dock_can_be_reached_by_keys(window, qtbot):
    window.resize(1280, 800)
    window.reset_layout()
    window.activateWindow()
    for key, name in ((Qt.Key.Key_5, "log"), (Qt.Key.Key_2, "curves"), (Qt.Key.Key_6, "outline")):
        QTest.keyClick(window, key, Qt.KeyboardModifier.ControlModifier)
        assert not window.docks[name].visibleRegion().isEmpty()


def row_of(window, node_id):
    outline = window.panels["outline"]
    found = outline.model().match(
        outline.model().index(0, 0), ID, node_id, 1, Qt.MatchFlag.MatchExactly | Qt.MatchFlag.MatchRecursive
    )
    return outline.visualRect(found[0]).center()


def test_outline_and_canvas_select_the_same_node(window):
    window.workspace.document.reset(replace(tiny(), topology=editing.single()))
    window.docks.show("outline")
    QApplication.processEvents()
    outline, canvas = window.panels["outline"], window.canvas
    QTest.mouseClick(outline.viewport(), Qt.MouseButton.LeftButton, pos=row_of(window, "s1"))
    assert canvas.scene.selected_nodes == ["s1"]
    QTest.keyClick(outline, Qt.Key.Key_Up)
    assert canvas.scene.selected_nodes == ["h0"]
    at = canvas.view.mapFromScene(canvas.scene.nodes["s1"].pos())
    QTest.mouseClick(canvas.view.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert outline.selection == ["s1"]
    corner = canvas.view.viewport().rect().bottomRight() - QPoint(30, 30)
    QTest.mouseClick(canvas.view.viewport(), Qt.MouseButton.LeftButton, pos=corner)
    assert outline.selection == []

    QTest.mouseClick(outline.viewport(), Qt.MouseButton.LeftButton, pos=row_of(window, "h0"))
    QTest.keyClick(outline, Qt.Key.Key_Insert)
    added = next(node.id for node in window.workspace.document.topology.nodes if node.name == "H1")
    assert canvas.scene.selected_nodes == outline.selection == [added]


def test_the_outline_stands_behind_the_sessions_or_below_them(window):
    sessions, outline = window.docks["sessions"], window.docks["outline"]
    window.resize(1280, 800)
    window.registry.trigger("view.reset")
    QApplication.processEvents()
    assert outline in window.tabifiedDockWidgets(sessions)
    assert outline.visibleRegion().isEmpty()
    assert not sessions.visibleRegion().isEmpty()
    window.resize(1920, 1080)
    window.registry.trigger("view.reset")
    QApplication.processEvents()
    assert outline.geometry().top() > sessions.geometry().bottom()
    assert outline.geometry().left() == sessions.geometry().left()


def test_a_dropped_file_is_opened(window, qtbot, tmp_path):
    save_spec(replace(tiny(), name="dropped"), tmp_path / "dropped.json")
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / "dropped.json"))])
    event = QDropEvent(
        QPointF(50, 50),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    with qtbot.waitSignal(window.workspace.shown, timeout=10_000):
        window.dropEvent(event)
    assert window.workspace.document.spec.name == "dropped"


def test_a_finished_session_shows_everything_again(window, qtbot, finished_session, tmp_path):
    file = shutil.copy(finished_session, tmp_path / "again.h5")
    with qtbot.waitSignal(window.workspace.shown, timeout=10_000):
        window.files.open(file)
    history = window.workspace.history
    assert history.state == "finished"
    assert list(window.panels["curves"].panels) == [("P1", "accuracy")]
    assert list(window.panels["matrix"].cards) == ["P1"]
    assert window.workspace.source.available() == {("P1", 0), ("P1", 1)}
    assert window.panels["log"].model.lines
    assert "Finished" in window.run_bar.status.state.text()
    assert len(window.canvas.scene.nodes) == 2
    assert not window.workspace.can_continue


def test_a_problem_is_a_dialog_with_a_sentence(window):
    window.workspace.problem.emit("Open", "x.h5: there is no such file")
    assert message_box().informativeText() == "x.h5: there is no such file"
    answer("OK")


def test_a_damaged_session_is_offered_recovery(window, qtbot, finished_session, tmp_path):
    file = tmp_path / "cut.h5"
    file.write_bytes(finished_session.read_bytes()[:-5000])
    with qtbot.waitSignal(window.workspace.damaged, timeout=10_000):
        window.files.open(file)
    assert "is damaged" in message_box().text()
    answer("Cancel")


def test_the_log_is_filtered_and_copied(window, qtbot):
    history = History()
    for level, text in (
        ("info", "hello"),
        ("warning", "careful"),
        ("error", "first\nsecond"),
        ("debug", "detail"),
    ):
        history.apply(events.Log(time=1.0, level=level, message=text))
    window.docks.show("log")
    window.panels["log"].set_history(history)
    assert window.panels["log"].filter.rowCount() == 4
    window.panels["log"].level.setCurrentIndex(3)
    assert window.panels["log"].filter.rowCount() == 2
    window.panels["log"].level.setCurrentIndex(0)
    QTest.keyClicks(window.panels["log"].words, "HELLO")
    window.panels["log"].copy_lines()
    assert QApplication.clipboard().text().endswith("hello")
    history.apply(events.Log(time=2.0, level="error", message="late"))
    window.panels["log"].refresh(history.take_changes())
    window.show_log()
    assert window.panels["log"].list.currentIndex().data().endswith("late")


def test_the_end_of_a_run_names_its_file_and_tells_the_whole_path_on_asking(window, qtbot, tmp_path):
    file = tmp_path / "a folder" / "mine.h5"
    message = (
        f"out of memory: 3 GB; kept: the checkpoint at step 7 and the curves, in {file}; go on from there"
    )
    history = History()
    history.apply(events.Finished(state="failed", step=7, seconds=1.0, message=message))
    window.workspace.history = history
    window.workspace.shown.emit()
    banner = window.run_bar.banner
    assert banner.text.text().endswith("and the curves, in mine.h5; go on from there")
    assert str(file) in banner.text.toolTip()
    assert window.panels["log"].model.lines[-1].text == message

    history.apply(events.Finished(state="stopped", step=7, seconds=1.0, message=f"kept in {file}"))
    window.workspace.scheduler.take(history.take_changes())
    qtbot.waitUntil(lambda: len(window.panels["log"].model.lines) == 2)  # views take turns
    assert window.run_bar.status.detail.text() == "kept in mine.h5"
    assert window.run_bar.status.detail.toolTip() == f"kept in {file}"
    assert [line.text for line in window.panels["log"].model.lines] == [message, f"kept in {file}"]
    window.workspace.notice.emit(f"Stopped: kept as {file}")
    assert window.statusBar().currentMessage() == "Stopped: kept as mine.h5"
    assert window.statusBar().toolTip() == f"Stopped: kept as {file}"


def test_a_view_that_breaks_is_left_out_and_the_others_go_on(window, qtbot, monkeypatch):
    def broken(_changes):
        raise RuntimeError("a view broke")

    history = History()
    window.workspace.history = history
    window.workspace.shown.emit()
    monkeypatch.setattr(window.panels["matrix"], "refresh", broken)
    for text in ("one", "two"):
        history.apply(events.Log(time=1.0, level="info", message=text))
        window.workspace.scheduler.take(history.take_changes())
    qtbot.waitUntil(lambda: len(window.panels["log"].model.lines) == 2 and message_boxes() != [])
    assert [line.text for line in window.panels["log"].model.lines] == ["one", "two"]
    assert "a view broke" in message_box().informativeText()
    assert "Accuracy matrix" in message_box().text()
    answer("OK")


def test_rows_of_the_trees_keep_their_height_when_the_theme_changes(window):
    heights = []
    for theme in ("light", "dark", "light"):
        window.theming.choose(theme)
        outline, contents = window.panels.show("outline"), window.panels.show("guide").contents
        QApplication.processEvents()
        first = contents.visualItemRect(contents.topLevelItem(0))
        heights.append((outline.visualRect(outline.model().index(0, 0)).height(), first.height()))
    assert heights == heights[:1] * 3
