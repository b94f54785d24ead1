"""Every view at every size of screen: nothing stands over anything else, nothing leaves the window."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import shell_helpers
from PySide6.QtCore import QPoint, QRect, QSize
from PySide6.QtWidgets import QApplication, QPushButton
from shell_helpers import PATIENCE, settled

from hhstudio.gui.shell.app import application
from hhstudio.gui.shell.main_window import MainWindow
from hhstudio.gui.shell.panel_registry import PANELS
from hhstudio.gui.state.theming import Theming

SIZES = [(800, 600), (960, 540), (1024, 768), (1280, 720), (1440, 900), (1920, 1080)]
"""In pixels of the desktop: 800 × 600 at 100 % is the least, 1920 × 1080 is 3840 × 2160 at 200 %."""


@pytest.fixture
def opened(workspace, qtbot):
    """Opens a window of a size, as it is first seen."""
    made = []

    def open_at(width, height):
        window = MainWindow(workspace, Theming(application(), workspace.preferences))
        made.append(window)
        window.place(QSize(width, height))
        with qtbot.waitExposed(window):
            window.show()
        qtbot.waitUntil(lambda: settled(window), timeout=PATIENCE)
        return window

    yield open_at
    workspace.close()
    workspace.document.mark_saved()
    for window in made:
        window.close()
        window.deleteLater()
        window.theming.deleteLater()


def misplaced(window):
    """What is wrong with where things stand, in words."""
    QApplication.processEvents()
    centre = window.centralWidget()
    places = {"the tree": QRect(centre.mapTo(window, QPoint(0, 0)), centre.size())}
    docked = [(n, d) for n, d in window.docks if d.isVisible() and not d.visibleRegion().isEmpty()]
    places |= {name: dock.geometry() for name, dock in docked}
    wrong = [f"{name} leaves the window" for name, at in places.items() if not window.rect().contains(at)]
    names = list(places)
    for at, one in enumerate(names):
        wrong += [f"{one} over {two}" for two in names[at + 1 :] if places[one].intersects(places[two])]
    for name, dock in docked:
        view, least = dock.widget(), dock.widget().minimumSizeHint()
        if view.width() < least.width() or view.height() < least.height():
            wrong.append(f"{name} has {view.size().toTuple()}, needs {least.toTuple()}")
    buttons = [b for b in window.run_bar.findChildren(QPushButton) if b.isVisible()]
    wrong += [f"{b.text()} is cut" for b in buttons if b.width() < b.minimumSizeHint().width()]
    return wrong


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_every_view_has_its_place(opened, finished_session, size):
    window = opened(*size)
    window.workspace.load(finished_session)
    for panel in PANELS:
        window.panels.show(panel.name)
        assert misplaced(window) == [], panel.name
        assert window.size().toTuple() == size, panel.name


def test_a_window_that_is_made_as_small_as_it_goes_cuts_nothing(opened):
    window = opened(1920, 1080)
    for panel in PANELS:
        window.panels.show(panel.name)
        window.resize(1, 1)
        assert misplaced(window) == [], panel.name
        window.resize(1920, 1080)
        assert misplaced(window) == [], panel.name


def test_a_first_window_has_room_for_its_welcome_on_the_least_screen(opened):
    window = opened(800, 600)
    window.show_welcome()
    assert misplaced(window) == []
    assert window.size().toTuple() == (800, 600)


def test_the_queue_is_in_sight_below_the_settings_of_a_run(opened):
    window = opened(1280, 800)
    runs = window.panels.show("runs")
    QApplication.processEvents()
    for widget in (runs.queue.viewport(), runs.back, *runs.live.boxes.values()):
        assert widget.visibleRegion().boundingRect() == widget.rect()


def test_settings_that_have_no_room_give_way_and_come_back(opened):
    window = opened(800, 600)
    settings = window.run_bar.settings
    assert settings.preset.isVisible()
    assert not settings.device.isVisible()
    window.resize(1600, 900)
    QApplication.processEvents()
    shown = (settings.preset, settings.data, settings.tasks, settings.steps, settings.seed, settings.device)
    assert all(box.isVisible() for box in shown)
    assert not settings.epochs.isVisible()


_CHILD = """
import sys
from PySide6.QtCore import QEventLoop, QSettings
from shell_helpers import settled
from hhstudio.gui.shell.app import application
from hhstudio.gui.shell.main_window import MainWindow
from hhstudio.gui.state.preferences import Preferences
from hhstudio.gui.state.theming import Theming
from hhstudio.gui.state.workspace import Workspace

app = application()
preferences = Preferences(QSettings(sys.argv[1] + "/settings.ini", QSettings.Format.IniFormat))
workspace = Workspace(preferences)
window = MainWindow(workspace, Theming(app, preferences))
window.place()
window.show()
while not settled(window):
    app.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
app.processEvents()
room, frame = window.screen().availableGeometry(), window.frameGeometry()
print(window.devicePixelRatio(), room.contains(frame), frame.getRect(), room.getRect())
window.close()
workspace.document.mark_saved()
workspace.close()
"""


@pytest.mark.parametrize(("width", "height", "scale"), [(800, 600, 1), (1920, 1080, 2), (3840, 2160, 2)])
def test_a_window_opens_within_its_screen_and_so_does_one_that_was_left_on_a_larger_one(
    tmp_path, width, height, scale
):
    helpers = str(Path(shell_helpers.__file__).parent)

    def opened_on(*screen):
        wide, high, ratio = screen
        config = tmp_path / "screen.json"
        one = {"name": "one", "x": 0, "y": 0, "width": wide, "height": high, "logicalDpi": 96, "dpr": 1}
        config.write_text(json.dumps({"screens": [one]}))
        run = subprocess.run(
            [sys.executable, "-c", _CHILD, str(tmp_path)],
            env=os.environ
            | {
                "QT_QPA_PLATFORM": f"offscreen:configfile={config}",
                "QT_SCALE_FACTOR": str(ratio),
                "PYTHONPATH": os.pathsep.join(filter(None, [helpers, os.environ.get("PYTHONPATH")])),
            },
            cwd=Path.cwd(),
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert run.returncode == 0, run.stderr
        return run.stdout.split(maxsplit=2)

    for screen in ((width, height, scale), (2560, 1440, 1), (width, height, scale)):
        ratio, within, places = opened_on(*screen)
        assert float(ratio) == screen[2]
        assert within == "True", (screen, places)
