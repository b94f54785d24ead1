"""A window with a studio of its own, and a look at what a test leaves behind."""

import threading

import psutil
import pytest
from msgspec.structs import replace
from PySide6.QtCore import QEvent, QSettings, QSize, QTimer
from PySide6.QtWidgets import QApplication

from hhstudio.core import edits
from hhstudio.core.spec import (
    Evaluation,
    HypernetworkDefaults,
    Recording,
    SolverDefaults,
    Spec,
    Stream,
    Training,
)
from hhstudio.gui.app import application
from hhstudio.gui.main_window import MainWindow
from hhstudio.gui.preferences import Preferences
from hhstudio.gui.studio import Studio
from hhstudio.gui.theming import Theming


@pytest.fixture(scope="session")
def qapp_cls():
    application()
    return QApplication


@pytest.fixture
def a_spec():
    """A spec that trains in about a second; fields of Spec may be given."""

    def make(steps=40, **fields):
        spec = Spec(
            name="tiny",
            stream=Stream(dataset="digits", tasks=2, classes_per_task=2, train_limit=200, test_limit=50),
            solver=SolverDefaults(architecture="mlp", options={"hidden": (8,)}),
            hypernetwork=HypernetworkDefaults(hidden=(8,), chunk=64, task_embedding=4, chunk_embedding=4),
            training=Training(steps=steps, batch_size=16, threads=1),
            evaluation=Evaluation(every=20, limit=20),
            recording=Recording(checkpoint_seconds=1000.0),
            topology=edits.single(),
        )
        return replace(spec, **fields)

    return make


@pytest.fixture(autouse=True)
def nothing_is_left_behind(qtbot):
    children = set(psutil.Process().children(recursive=True))
    yield
    app = QApplication.instance()
    for _ in range(3):
        app.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        app.processEvents()
    assert [w for w in app.topLevelWidgets() if w.isVisible()] == []
    assert [t for t in app.findChildren(QTimer) if t.isActive() and not t.isSingleShot()] == []
    assert [t.name for t in threading.enumerate() if t.name.startswith("hhstudio")] == []
    assert set(psutil.Process().children(recursive=True)) - children == set()


@pytest.fixture
def preferences(tmp_path):
    found = Preferences(QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat))
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
    made = MainWindow(studio, Theming(application(), studio.preferences))
    made.canvas.scene.animated = False
    made.place(QSize(1400, 900))
    with qtbot.waitExposed(made):
        made.show()
    yield made
    studio.close()
    studio.document.mark_saved()
    made.close()
    made.deleteLater()
