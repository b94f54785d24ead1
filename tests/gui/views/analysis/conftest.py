"""A session that a real worker trained, and the analysis that answers about it from its own process."""

import psutil
import pytest
from msgspec.structs import replace
from PySide6.QtCore import QEvent, QSettings
from PySide6.QtWidgets import QApplication

from hhstudio.core.spec.spec import (
    Evaluation,
    HypernetworkDefaults,
    Recording,
    SolverDefaults,
    Spec,
    Stream,
    Training,
)
from hhstudio.core.tree import editing
from hhstudio.gui.state.analysis import Analysis
from hhstudio.gui.state.preferences import Preferences
from hhstudio.gui.state.workspace import Workspace
from hhstudio.gui.widgets.theme import DARK
from hhstudio.service.run.client import RunClient


def small():
    """Digits, P1 and P2-0, two tasks, a small convolutional solver, snapshots every ten steps."""
    topology = editing.single()
    topology, child = editing.add_child(topology, topology.root)
    topology, _ = editing.add_solver(topology, child)
    return Spec(
        name="small",
        stream=Stream(dataset="digits", tasks=2, classes_per_task=2, train_limit=200, test_limit=60),
        solver=SolverDefaults(architecture="small-cnn", options={"channels": (4, 8)}),
        hypernetwork=HypernetworkDefaults(hidden=(16, 16), chunk=128, task_embedding=4, chunk_embedding=4),
        training=Training(steps=30, batch_size=16, threads=1),
        evaluation=Evaluation(every=15, limit=20),
        recording=Recording(checkpoint_seconds=5.0, snapshot_every=10),
        topology=topology,
    )


@pytest.fixture(scope="session")
def session(tmp_path_factory):
    out = tmp_path_factory.mktemp("trained") / "small.h5"
    client = RunClient(replace(small()), out)
    client.start()
    assert client.wait(110.0)
    assert client.status == 0, client.drain()[-3:]
    return out


@pytest.fixture(scope="module")
def workspace(session, tmp_path_factory, qapp):
    """One for all tests of a file, and with it one helper process: starting one takes seconds."""
    children = set(psutil.Process().children(recursive=True))
    preferences = Preferences(
        QSettings(str(tmp_path_factory.mktemp("settings") / "s.ini"), QSettings.Format.IniFormat)
    )
    workspace = Workspace(preferences)
    workspace.load(session)
    yield workspace
    workspace.close()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert set(psutil.Process().children(recursive=True)) - children == set()


@pytest.fixture(scope="module")
def analysis(workspace):
    analysis = Analysis(workspace)
    yield analysis
    analysis.close()


@pytest.fixture
def show(analysis, workspace, qtbot, wear):
    """Makes a view of the session that is shown, of a size, and waits until it is on screen."""
    shown = []

    def put(kind, width=620, height=560):
        view = kind(analysis)
        wear(DARK)
        view.set_history(workspace.history)
        if hasattr(view, "set_source"):
            view.set_source(workspace.source)
        view.resize(width, height)
        shown.append(view)
        with qtbot.waitExposed(view):
            view.show()
        return view

    yield put
    for view in shown:
        if hasattr(view, "release"):
            view.release()
        view.close()
        view.deleteLater()
