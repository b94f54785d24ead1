"""The real application on a screen, with a real mouse and keys: the main job from drawing to reopening."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QSettings, QSize
from PySide6.QtWidgets import QApplication
from small_specs import tiny
from xvfb_screen import MISSING, Screen, save, share_of, until

import hhstudio
from hhstudio.core.errors import HHStudioError
from hhstudio.core.spec.spec import Stream
from hhstudio.gui.screenshots.session import settle
from hhstudio.gui.shell.app import application
from hhstudio.gui.shell.main_window import MainWindow
from hhstudio.gui.state.preferences import Preferences
from hhstudio.gui.state.session_files import save_spec
from hhstudio.gui.state.theming import Theming
from hhstudio.gui.state.workspace import Workspace
from hhstudio.gui.widgets.theme import LIGHT

WIDTH, HEIGHT = 1440, 900
PATIENCE = 90.0

pytestmark = [
    pytest.mark.xvfb,
    pytest.mark.skipif(bool(MISSING), reason=f"needs {' and '.join(MISSING)}: install xvfb and xdotool"),
    pytest.mark.timeout(400),
]


def spec():
    return tiny(steps=2500, checkpoint_seconds=2.0, name="digits-tour", stream=Stream(tasks=3))


class Twin:
    """The same window, offscreen: it knows where on screen things are."""

    def __init__(self, folder: Path) -> None:
        self.app = application()
        preferences = Preferences(QSettings(str(folder / "twin.ini"), QSettings.Format.IniFormat))
        preferences.theme = "light"
        self.workspace = Workspace(preferences)
        self.window = MainWindow(self.workspace, Theming(self.app, preferences))
        self.window.canvas.scene.animated = False
        self.window.place(QSize(WIDTH * 9 // 10, HEIGHT * 9 // 10))
        self.window.show()
        self.workspace.document.reset(spec())
        self.workspace.shown.emit()
        settle(self.app)

    def widget(self, widget):
        return widget.mapTo(self.window, widget.rect().center())

    def node(self, name):
        canvas = self.window.canvas
        node = next(n.id for n in canvas.document.topology.nodes if n.name == name)
        place = canvas.view.mapFromScene(QPointF(canvas.scene.nodes[node].pos()))
        return canvas.view.viewport().mapTo(self.window, place)

    def area(self, widget):
        corner = widget.mapTo(self.window, QPoint(0, 0))
        return corner.x(), corner.y(), widget.width(), widget.height()

    def close(self):
        self.workspace.document.mark_saved()
        self.window.close()
        self.window.deleteLater()
        QApplication.processEvents()


@pytest.fixture
def screen(tmp_path):
    made = Screen(tmp_path, WIDTH, HEIGHT)
    yield made
    made.close()


@pytest.fixture
def twin(tmp_path, qapp):
    made = Twin(tmp_path)
    yield made
    made.close()


@pytest.fixture
def pictures(tmp_path):
    """Where the pictures are left: ``$HHSTUDIO_TEST_PICTURES``, or pytest's folder of this test."""
    folder = Path(os.environ.get("HHSTUDIO_TEST_PICTURES", tmp_path / "pictures"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def start(screen, tmp_path):
    """Start the application as a user does, in a home of its own; nothing of it outlives the test."""
    home = tmp_path / "home"
    home.mkdir()
    kept = {
        k: v
        for k, v in os.environ.items()
        if not k.startswith(("XDG_", "QT_", "PYTEST", "HHSTUDIO_SESSIONS"))
    }
    running = []

    def run(file):
        command = [sys.executable, "-m", "hhstudio", str(file)]
        process = subprocess.Popen(command, env={**kept, **screen.environment(), "HOME": str(home)}, cwd=home)
        running.append(process)
        return process

    run.sessions = home / "Documents" / "hhstudio"
    yield run
    for process in running:
        if process.poll() is None:
            process.kill()
            process.wait(10)


def recorded(session):
    """State and step that the session file and its journal tell; None before there are any."""
    try:
        with hhstudio.open(session) as found:
            return found.history.state, found.history.step
    except HHStudioError:
        return None


def wait_for(session, state, step=0):
    return until(
        lambda: (now := recorded(session)) is not None and now[0] == state and now[1] >= step and [now],
        PATIENCE,
        f"the session never was {state} at step {step}: {recorded(session)}",
    )[0][1]


def test_draw_train_pause_stop_close_and_reopen(screen, twin, start, pictures, tmp_path):
    save_spec(spec(), tmp_path / "digits-tour.json")
    studio = start(tmp_path / "digits-tour.json")
    window = screen.window("digits-tour.json")
    left, top = screen.origin(window)

    def click(place):
        screen.click(left + place.x(), top + place.y())

    def look(name, area=None):
        picture = screen.picture()
        save(picture, pictures / f"{name}.png")
        if area is None:
            return picture
        x, y, width, height = twin.area(area)
        return picture[top + y : top + y + height, left + x : left + x + width]

    # draw: the root gets a child, the child a solver
    screen.settled()
    look("1-opened")
    click(twin.node("H0"))
    before = screen.settled()
    screen.key("c")
    screen.settled_after(before)
    twin.window.canvas.scene.select([twin.workspace.document.topology.root])
    twin.window.registry.trigger("tree.add_child")
    settle(twin.app)
    click(twin.node("H1"))
    before = screen.settled()
    screen.key("s")
    screen.settled_after(before)
    look("2-drawn")

    # train, and watch the curves move
    click(twin.widget(twin.window.run_bar.start))
    session = start.sessions / "digits-tour.h5"
    until(session.exists, PATIENCE, "no session was begun")
    seen = wait_for(session, "training", 100)
    before = look("3-training", twin.window.panels["curves"])
    # The journal is flushed once a second: on a fast machine a thousand steps may be told at once.
    wait_for(session, "training", seen + 500)
    after = look("4-later", twin.window.panels["curves"])
    color = LIGHT.task_colors[0]
    grown = share_of(after, color) - share_of(before, color)
    assert grown > 20, "the curves stand still"  # 500 of 2 500 steps: some 70 pixels of a fine line

    # pause, resume, stop
    click(twin.widget(twin.window.run_bar.buttons["run.pause"]))
    paused_at = wait_for(session, "paused")
    screen.settled()
    look("5-paused")
    assert recorded(session) == ("paused", paused_at)
    click(twin.widget(twin.window.run_bar.buttons["run.pause"]))
    wait_for(session, "training", max(paused_at + 50, 2600))
    click(twin.widget(twin.window.run_bar.buttons["run.stop"]))
    stopped_at = wait_for(session, "stopped")
    until(lambda: not session.with_name(session.name + ".journal").exists(), PATIENCE, "a journal is left")
    screen.settled()
    look("6-stopped")

    # close, and see everything again
    screen.key("ctrl+q")
    assert studio.wait(30) == 0
    again = start(session)
    window = screen.window("digits-tour.h5")
    left, top = screen.origin(window)
    view = twin.window.panels["curves"]
    until(lambda: share_of(look("7-reopened", view), color) > 50, PATIENCE, "the curves do not come back")
    screen.key("ctrl+4")
    screen.settled()
    look("8-filters")
    filters = look("8-filters", twin.window.docks["matrix"])
    assert len(np.unique(filters.reshape(-1, 3), axis=0)) > 100, "no filters are to be seen"
    screen.key("ctrl+q")
    assert again.wait(30) == 0

    with hhstudio.open(session) as kept:
        assert list(kept.paths) == ["P1", "P2-0"]
        assert kept.history.step == stopped_at
        assert ("P1", 0) in kept.available()
