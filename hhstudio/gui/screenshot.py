"""Pictures of the window and of every view: both themes, two sizes, no screen needed."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtCore import QEvent, QEventLoop, QSettings, QSize
from PySide6.QtWidgets import QApplication, QWidget

from hhstudio.core.errors import HHStudioError
from hhstudio.gui.app import application
from hhstudio.gui.main_window import MainWindow
from hhstudio.gui.preferences import Preferences
from hhstudio.gui.studio import Studio
from hhstudio.gui.theme import DARK, LIGHT, Theme
from hhstudio.gui.theming import Theming

SIZES = (QSize(1280, 800), QSize(1920, 1080))
_VIEWS = ("canvas", "curves", "matrix", "filters", "sessions", "outline", "log")


def render(session: Path | None, out_dir: Path) -> list[Path]:
    """Write ``window-THEME-WxH.png`` and, at the larger size, ``VIEW-THEME.png``; the paths, in order.

    Raises HHStudioError when the session cannot be opened or the folder not be written.
    """
    out_dir = Path(out_dir)
    try:
        out_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise HHStudioError(f"{out_dir}: cannot be made ({error.strerror or error})") from None
    app = application()
    written: list[Path] = []
    for theme in (LIGHT, DARK):
        for size in SIZES:
            with _window(app, session, theme, size) as window:
                name = f"window-{theme.name}-{size.width()}x{size.height()}.png"
                written.append(_grab(window, out_dir / name))
                if size == SIZES[-1]:
                    for view in _VIEWS:
                        widget = window.canvas if view == "canvas" else window.parts.show(view)
                        settle(app)
                        written.append(_grab(widget, out_dir / f"{view}-{theme.name}.png"))
    return written


@contextmanager
def _window(app: QApplication, session: Path | None, theme: Theme, size: QSize) -> Iterator[MainWindow]:
    """A window of its own settings, which leaves no trace in the user's."""
    with tempfile.TemporaryDirectory() as folder:
        preferences = Preferences(QSettings(f"{folder}/settings.ini", QSettings.Format.IniFormat))
        preferences.theme = "dark" if theme.dark else "light"
        if session is not None:
            preferences.sessions_folder = Path(session).absolute().parent
        preferences.welcomed = session is not None
        studio = Studio(preferences)
        window = MainWindow(studio, Theming(app, preferences))
        try:
            window.place(size)
            window.show()
            window.parts["sessions"].set_folder(preferences.sessions_folder)
            if session is not None:
                studio.load(session)
            _wait_for_sessions(window)
            settle(app)
            yield window
        finally:
            studio.document.mark_saved()
            window.close()
            studio.close()
            window.deleteLater()
            app.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def _wait_for_sessions(window: MainWindow) -> None:
    loop = QEventLoop()
    window.parts["sessions"].model.read.connect(loop.quit)
    loop.exec()


def settle(app: QApplication) -> None:
    """Until nothing is left to lay out or to draw."""
    for _ in range(5):
        app.sendPostedEvents()
        app.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 50)


def _grab(widget: QWidget, path: Path) -> Path:
    if not widget.grab().save(str(path)):
        raise HHStudioError(f"{path}: the picture cannot be written")
    return path
