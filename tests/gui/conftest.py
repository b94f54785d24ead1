"""A studio with settings, folders and sessions of its own, and a look at what a test leaves behind.

Folders whose tests open windows or start workers ask for ``nothing_is_left_behind`` for all of them.
"""

import threading
from functools import partial

import psutil
import pytest
from PySide6.QtCore import QEvent, QSettings, QSize, QThread, QTimer
from PySide6.QtWidgets import QApplication

from hhstudio.gui.shell.app import application
from hhstudio.gui.shell.main_window import MainWindow
from hhstudio.gui.state.preferences import Preferences
from hhstudio.gui.state.theming import Theming
from hhstudio.gui.state.workspace import Workspace
from hhstudio.gui.widgets import appearance
from hhstudio.gui.widgets.theme import LIGHT


@pytest.fixture(scope="session")
def qapp_cls():
    """The application with fonts and style as the studio makes it."""
    appearance.apply(application(), LIGHT)
    return QApplication


@pytest.fixture
def wear(qapp):
    """Have the application wear another theme; afterwards it is the light one again."""
    yield partial(appearance.apply, qapp)
    appearance.apply(qapp, LIGHT)


@pytest.fixture
def nothing_is_left_behind(qtbot):
    """No visible window, no running timer of ours, no thread, no child process."""
    children = set(psutil.Process().children(recursive=True))
    yield
    app = QApplication.instance()
    for _ in range(3):
        app.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        app.processEvents()
    assert [w for w in app.topLevelWidgets() if w.isVisible()] == []
    assert [t for t in app.findChildren(QTimer) if t.isActive() and not t.isSingleShot()] == []
    assert [t for t in app.findChildren(QThread) if t.isRunning()] == []
    assert [t.name for t in threading.enumerate() if t.name.startswith("hhstudio")] == []
    assert set(psutil.Process().children(recursive=True)) - children == set()


@pytest.fixture
def own_trash(tmp_path, monkeypatch):
    """What a test throws away does not end in the trash of whoever runs it."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


@pytest.fixture
def preferences(tmp_path):
    preferences = Preferences(QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat))
    (tmp_path / "sessions").mkdir()
    preferences.sessions_folder = tmp_path / "sessions"
    preferences.theme = "light"
    preferences.welcomed = True
    return preferences


@pytest.fixture
def workspace(preferences, qtbot):
    workspace = Workspace(preferences)
    workspace.said = []
    workspace.problem.connect(lambda title, text: workspace.said.append(text))
    yield workspace
    workspace.close()


@pytest.fixture
def window(workspace, qtbot):
    theming = Theming(application(), workspace.preferences)
    window = MainWindow(workspace, theming)
    window.canvas.scene.animated = False
    window.place(QSize(1400, 900))
    with qtbot.waitExposed(window):
        window.show()
    window.panels["sessions"].set_folder(workspace.preferences.sessions_folder)
    with qtbot.waitSignal(window.panels["sessions"].model.read, timeout=10_000):
        window.panels["sessions"].look()
    yield window
    workspace.close()
    workspace.document.mark_saved()
    window.close()
    window.deleteLater()
    theming.deleteLater()
