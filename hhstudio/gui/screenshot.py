"""Pictures of the window and of every view in it: both themes, two sizes, no screen needed."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QEvent, QEventLoop, QSettings, QSize, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from hhstudio.core.errors import HHStudioError
from hhstudio.gui.app import application
from hhstudio.gui.main_window import MainWindow
from hhstudio.gui.part_list import PARTS
from hhstudio.gui.preferences import Preferences
from hhstudio.gui.studio import Studio
from hhstudio.gui.theme import DARK, LIGHT
from hhstudio.gui.theming import Theming

SIZES = (QSize(1280, 800), QSize(1920, 1080))
PATIENCE = 90.0
"""Seconds that the answers a view waits for may take; it is drawn as it is then."""
_SOON = 0.4
"""Seconds after which a view that has come to the front has asked."""


@dataclass(frozen=True)
class Wanted:
    """``only``: window, canvas and parts by their names, () for all. ``data``: folder of the data sets, for
    views that run solvers on images; ``allow_unverified``: also files that torchvision does not know.
    ``beside``: another session, for views that put one beside. ``size``: of single views, None as docked."""

    only: tuple[str, ...] = ()
    data: Path | None = None
    allow_unverified: bool = False
    beside: Path | None = None
    size: QSize | None = None

    def __contains__(self, name: str) -> bool:
        return not self.only or name in self.only


def render(session: Path | None, out_dir: Path, wanted: Wanted = Wanted()) -> list[Path]:
    """Write ``window-THEME-WxH.png`` and, at the larger size, ``VIEW-THEME.png`` of every part of the window;
    the paths, in order. A view that asks about the weights is drawn once its answers are there.

    Raises HHStudioError when the session cannot be opened, the folder not be written or nothing is called so.
    """
    out_dir = Path(out_dir)
    names = ("window", "canvas", *(part.name for part in PARTS))
    unknown = [name for name in wanted.only if name not in names]
    if unknown:
        raise HHStudioError(f"nothing is called {unknown[0]!r}; there are {', '.join(names)}")
    try:
        out_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise HHStudioError(f"{out_dir}: cannot be made ({error.strerror or error})") from None
    app = application()
    written: list[Path] = []
    with _window(app, session, wanted) as window:
        for theme in (LIGHT, DARK):
            window.choose_theme("dark" if theme.dark else "light")
            for size in SIZES:
                window.place(size)
                _settle_for(app, window, 0.0)
                if "window" in wanted:
                    name = f"window-{theme.name}-{size.width()}x{size.height()}.png"
                    _wait(app, window)
                    written.append(_grab(window, out_dir / name))
            for name in names[1:]:
                if name in wanted:
                    with _view(app, window, name, wanted) as widget:
                        written.append(_grab(widget, out_dir / f"{name}-{theme.name}.png"))
    return written


@contextmanager
def _view(app: QApplication, window: MainWindow, name: str, wanted: Wanted) -> Iterator[QWidget]:
    """A part, in front, with everything it waits for."""
    if name == "canvas":
        _settle_for(app, window, 0.0)
        yield window.canvas
        return
    dock = window.docks[name]
    dock.setFloating(wanted.size is not None)
    widget = window.parts.show(name)
    if wanted.size is not None:
        dock.resize(wanted.size)
    if wanted.beside is not None and hasattr(widget, "put_beside"):
        widget.put_beside(wanted.beside)
    _wait(app, window, widget)
    yield widget
    dock.setFloating(False)


def _wait(app: QApplication, window: MainWindow, widget: QWidget | None = None) -> None:
    """Until nothing is asked any more."""
    _settle_for(app, window, _SOON)
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and (window.inspection.busy or getattr(widget, "busy", False)):
        _settle_for(app, window, 0.05)
    settle(app)


def _settle_for(app: QApplication, window: MainWindow, seconds: float) -> None:
    loop = QEventLoop()
    QTimer.singleShot(round(1000 * seconds), window, loop.quit)
    loop.exec()
    settle(app)


@contextmanager
def _window(app: QApplication, session: Path | None, wanted: Wanted) -> Iterator[MainWindow]:
    """A window of its own settings, which leaves no trace in the user's."""
    with tempfile.TemporaryDirectory() as folder:
        preferences = Preferences(QSettings(f"{folder}/settings.ini", QSettings.Format.IniFormat))
        preferences.theme = "light"
        if wanted.data is not None:
            preferences.data_folder = wanted.data
        if session is not None:
            preferences.sessions_folder = Path(session).absolute().parent
        preferences.welcomed = session is not None
        studio = Studio(preferences)
        studio.allow_unverified = wanted.allow_unverified
        window = MainWindow(studio, Theming(app, preferences))
        try:
            window.place(SIZES[0])
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
