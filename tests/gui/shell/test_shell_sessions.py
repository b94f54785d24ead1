"""The session list."""

import shutil

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from hhstudio.core.formatting import duration, percent, rate, size
from hhstudio.gui.views.sessions.descriptions import state_of, summary
from hhstudio.gui.views.sessions.model import ENTRY
from hhstudio.gui.widgets.formatting import when


def look(window, qtbot):
    with qtbot.waitSignal(window.panels["sessions"].model.read, timeout=10_000):
        window.panels["sessions"].look()


def with_sessions(window, qtbot, finished):
    folder = window.workspace.preferences.sessions_folder
    shutil.copy(finished, folder / "good.h5")
    (folder / "bad.h5").write_text("nothing of ours")
    look(window, qtbot)
    # A look that the copying itself set off may have seen only the first of them.
    qtbot.waitUntil(lambda: len(window.panels["sessions"].model.rows) == 2, timeout=10_000)
    return folder


def test_sessions_are_listed_with_what_they_reached(window, qtbot, finished_session):
    with_sessions(window, qtbot, finished_session)
    found = {row.session.path.name: row.session for row in window.panels["sessions"].model.rows}
    assert state_of(found["good.h5"]) == "finished"
    assert summary(found["good.h5"]).endswith("%")
    assert state_of(found["bad.h5"]) == "cannot be read"
    assert "text file" in summary(found["bad.h5"])


def test_a_new_file_appears_by_itself(window, qtbot, finished_session):
    folder = window.workspace.preferences.sessions_folder
    shutil.copy(finished_session, folder / "later.h5")
    qtbot.waitUntil(lambda: window.panels["sessions"].model.rowCount() == 1, timeout=10_000)


def test_a_double_click_opens_a_session(window, qtbot, finished_session):
    folder = with_sessions(window, qtbot, finished_session)
    index = window.panels["sessions"].model.find(folder / "good.h5")
    view = window.panels["sessions"].list
    place = view.visualRect(index).center()
    with qtbot.waitSignal(window.workspace.shown, timeout=10_000):
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
        QTest.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert window.workspace.session_path == folder / "good.h5"
    assert "good.h5" in window.windowTitle()


def test_the_menu_offers_what_can_be_done(window, qtbot, finished_session):
    folder = with_sessions(window, qtbot, finished_session)
    for name, enabled in (("good.h5", True), ("bad.h5", False)):
        menu = window.panels["sessions"].menu(window.panels["sessions"].model.find(folder / name).data(ENTRY))
        by_title = {a.text(): a.isEnabled() for a in menu.actions() if a.text()}
        assert by_title["Open"] is enabled
        assert by_title["Recover …"] is not enabled
        menu.deleteLater()


def test_the_settings_of_a_session_can_be_used_again(window, qtbot, finished_session):
    folder = with_sessions(window, qtbot, finished_session)
    with qtbot.waitSignal(window.workspace.shown, timeout=10_000):
        window.panels["sessions"].duplicate_requested.emit(folder / "good.h5")
    assert window.workspace.document.spec.name == "tiny-copy"
    assert window.workspace.session_path is None


def test_numbers_are_said_shortly():
    assert [duration(s) for s in (7, 754, 11_100, 187_200)] == ["0:07", "12:34", "3:05:00", "2 d 4 h"]
    assert [size(n) for n in (812, 34_000, 3_400_000, 120_000_000)] == ["812 B", "34 kB", "3.4 MB", "120 MB"]
    assert [percent(0.98765), percent(None)] == ["98.8 %", "–"]
    assert [rate(3.21), rate(1234.0)] == ["3.2 steps/s", "1\u202f234 steps/s"]
    assert when(0.0, now=86400.0 * 400).endswith("1970")
