"""Screenshot session: a window to take pictures of, with settings and sessions of its own."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from PySide6.QtCore import QEvent, QEventLoop, QPoint, QSettings, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QPainter, QPixmap
from PySide6.QtWidgets import QApplication, QDockWidget, QWidget

from hhstudio.core.errors import HHStudioError
from hhstudio.gui.screenshots.request import ScreenshotRequest
from hhstudio.gui.shell.app import application
from hhstudio.gui.shell.main_window import MainWindow
from hhstudio.gui.state.preferences import Preferences
from hhstudio.gui.state.theming import Theming
from hhstudio.gui.state.workspace import Workspace
from hhstudio.gui.views.tree.canvas.widget import TreeCanvas

PATIENCE = 120.0
"""Seconds that a view's answers may take."""
LONGEST = 900.0
"""Seconds that a run may take to get where it is to be seen, on a machine that is busy."""
_SOON = 0.4
"""Seconds after which a view that has come to the front has asked."""


class ScreenshotSession:
    """Use it as a context. ``folder``: an empty folder in which sessions are kept; ``window`` and
    ``workspace`` as a user has them; ``size``: what single views are taken at now, None as usual. Whatever is
    started for a picture is ended through :meth:`after`."""

    def __init__(self, request: ScreenshotRequest, session: Path | None = None) -> None:
        self.request, self.session = request, session
        self.size: QSize | None = None
        self.app = application()
        self._ends = ExitStack()
        self.folder = Path()
        self.window: MainWindow
        self.workspace: Workspace

    def __enter__(self) -> ScreenshotSession:
        request, session = self.request, self.session
        home = Path(self._ends.enter_context(tempfile.TemporaryDirectory()))
        if session is None:
            self._ends.enter_context(environment("HOME", str(home)))  # paths on screen begin with ~
        self.folder = home / "sessions"
        self.folder.mkdir()
        preferences = Preferences(QSettings(str(home / "settings.ini"), QSettings.Format.IniFormat))
        preferences.theme = request.themes[0].name  # type: ignore[assignment]
        preferences.sessions_folder = self.folder if session is None else session.absolute().parent
        preferences.welcomed = True
        preferences.notify = False
        if request.data is not None:
            preferences.data_folder = request.data
        self.workspace = Workspace(preferences)
        self.workspace.trust.unverified_data = request.allow_unverified
        self.window = MainWindow(self.workspace, Theming(self.app, preferences))
        self.window.canvas.scene.animated = False
        self._ends.callback(self._close)
        self.place(request.window_sizes[0])
        self.window.show()
        self.look()
        if session is not None:
            self.workspace.load(session)
        self.settle()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._ends.close()

    def _close(self) -> None:
        for over in self.over():
            over.close()
        self.workspace.document.mark_saved()
        self.workspace.close()
        self.window.close()
        self.window.deleteLater()
        self.app.sendPostedEvents(None, QEvent.Type.DeferredDelete)

    # what is to be seen -------------------------------------------------------------------------------------

    @property
    def canvas(self) -> TreeCanvas:
        return self.window.canvas

    def after(self, call: Callable[[], object]) -> None:
        """To be done in the end, latest first, before the window is closed."""
        self._ends.callback(call)

    def place(self, size: QSize) -> None:
        """The window at a size, with its default layout, and nothing open over it."""
        for over in self.over():
            if over.windowType() == Qt.WindowType.Popup:
                over.close()
        self.window.place(size)
        self.settle()

    def look(self) -> None:
        """Read the folder of sessions, until the list shows it."""
        sessions = self.window.panels["sessions"]
        loop = QEventLoop()
        sessions.model.read.connect(loop.quit)
        QTimer.singleShot(round(1000 * PATIENCE), loop, loop.quit)
        sessions.set_folder(self.workspace.preferences.sessions_folder)
        sessions.look()
        loop.exec()

    def compare_sweep(self, folder: Path) -> Any:
        """Have the comparison show a sweep, with all its curves; its view."""
        view = self.window.panels.show("compare")
        view.compare_sweep(folder)
        self.until(lambda: len(view.lines) > 1, "the sweep's table")
        self.until(lambda: view.sessions.pending == 0, "the sweep's curves")
        self.pause(0.5)
        return view

    def alone(self, name: str, usual: QSize | None) -> QWidget:
        """A view in front, in a window of its own of the size that is asked for, else of its ``usual`` one;
        with neither where it is docked. The view, without the frame around it."""
        size = self.size or usual
        dock = self.window.docks[name]
        dock.setFloating(size is not None)
        view = self.window.panels.show(name)
        if size is not None:
            dock.resize(size)
            self.settle()
            dock.resize(size + (size - view.size()))  # its frame is not in the picture
        self.settle()
        return view

    # waiting ----------------------------------------------------------------------------------------

    def until(self, so: Callable[[], object], what: str, seconds: float = LONGEST) -> None:
        """Raises HHStudioError when it does not come about in time."""
        end = time.monotonic() + seconds
        while not so():
            if time.monotonic() > end:
                raise HHStudioError(f"{what} did not come about within {seconds:.0f} s")
            self.pause(0.03)

    def answered(self, widget: QWidget | None = None) -> None:
        """Until nothing is asked any more; a view that waits for ever is drawn as it is."""
        self.pause(_SOON)
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and (self.window.analysis.busy or getattr(widget, "busy", False)):
            self.pause(0.05)
        self.settle()

    def pause(self, seconds: float) -> None:
        """Let the window go on for so long."""
        loop = QEventLoop()
        QTimer.singleShot(round(1000 * seconds), loop, loop.quit)
        loop.exec()
        self.settle()

    def settle(self) -> None:
        settle(self.app)

    # pictures ---------------------------------------------------------------------------------------

    def picture(self, widget: QWidget) -> QPixmap:
        """The widget; of the window, with the menus and dialogs that are open over it."""
        self.settle()
        picture = widget.grab()
        if widget is not self.window:
            return picture
        painter = QPainter(picture)
        painter.setPen(QColor(self.window.theming.theme.border))
        for over in self.over():
            at = over.mapToGlobal(QPoint()) - widget.mapToGlobal(QPoint())
            painter.drawPixmap(at, over.grab())
            painter.drawRect(at.x(), at.y(), over.width() - 1, over.height() - 1)
        painter.end()
        return picture

    def over(self) -> list[QWidget]:
        """Top-level widgets that are open beside the window."""
        mine = (w for w in self.app.topLevelWidgets() if w.isVisible() and w is not self.window)
        return [w for w in mine if not isinstance(w, QDockWidget)]


def settle(app: QApplication) -> None:
    """Until nothing is left to lay out or to draw."""
    for _ in range(5):
        app.sendPostedEvents()
        app.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 50)


@contextmanager
def environment(name: str, value: str) -> Iterator[None]:
    """An environment variable for a while."""
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
