"""A studio with settings, folders and sessions of its own, and a look at what a test leaves behind."""

import threading

import psutil
import pytest
from PySide6.QtCore import QEvent, QSettings, QSize, QThread, QTimer
from PySide6.QtWidgets import QApplication
from shell_helpers import tiny

from hhstudio.gui.app import application
from hhstudio.gui.main_window import MainWindow
from hhstudio.gui.preferences import Preferences
from hhstudio.gui.studio import Studio
from hhstudio.gui.theming import Theming
from hhstudio.service.client import RunClient


@pytest.fixture(scope="session")
def qapp_cls():
    application()
    return QApplication


@pytest.fixture(autouse=True)
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


@pytest.fixture(autouse=True)
def own_trash(tmp_path, monkeypatch):
    """What a test throws away does not end in the trash of whoever runs it."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


@pytest.fixture
def preferences(tmp_path):
    found = Preferences(QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat))
    found.sessions_folder = tmp_path / "sessions"
    (tmp_path / "sessions").mkdir()
    found.sessions_folder = tmp_path / "sessions"
    found.theme = "light"
    found.welcomed = True
    return found


@pytest.fixture
def studio(preferences, qtbot):
    made = Studio(preferences)
    made.said = []
    made.problem.connect(lambda title, text: made.said.append(text))
    yield made
    made.close()


@pytest.fixture
def window(studio, qtbot):
    theming = Theming(application(), studio.preferences)
    made = MainWindow(studio, theming)
    made.canvas.scene.animated = False
    made.place(QSize(1400, 900))
    with qtbot.waitExposed(made):
        made.show()
    made.parts["sessions"].set_folder(studio.preferences.sessions_folder)
    with qtbot.waitSignal(made.parts["sessions"].model.read, timeout=10_000):
        made.parts["sessions"].look()
    yield made
    studio.close()
    studio.document.mark_saved()
    made.close()
    made.deleteLater()
    theming.deleteLater()


@pytest.fixture(scope="session")
def finished_session(tmp_path_factory):
    """A session that a real worker process has trained to its end."""
    out = tmp_path_factory.mktemp("trained") / "tiny.h5"
    client = RunClient(tiny(), out)
    client.start()
    assert client.wait(90.0)
    assert client.status == 0, client.drain()[-3:]
    return out
