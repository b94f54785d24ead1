"""Application: font, theme, window, and their start. PyTorch is never imported in this process."""

from __future__ import annotations

import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QSocketNotifier, QTimer
from PySide6.QtGui import QFont, QFontDatabase, QIcon
from PySide6.QtWidgets import QApplication

from hhstudio import __version__
from hhstudio.core.resources import resource
from hhstudio.gui.shell.main_window import MainWindow
from hhstudio.gui.state import autosave
from hhstudio.gui.state.preferences import Preferences
from hhstudio.gui.state.theming import Theming
from hhstudio.gui.state.workspace import Workspace
from hhstudio.service import logs

_FAMILY = "Inter"
_POINTS = 9.5


def main(path: Path | None = None) -> int:
    """Open the window, on a session or a spec if one is given, and run until it is closed."""
    app = application()
    preferences = Preferences()
    workspace = Workspace(preferences)
    window = MainWindow(workspace, Theming(app, preferences))
    window.place()
    window.show()
    leftovers = autosave.leftovers(autosave.default_folder())
    recovery = autosave.RecoveryFile(workspace.document, autosave.default_folder())
    if path is not None:
        QTimer.singleShot(0, lambda: workspace.open(Path(path)))
    elif leftovers:
        QTimer.singleShot(0, lambda: window.files.offer_leftover(leftovers[0]))
    with _interruptible(window), _reporting(workspace):
        status = app.exec()
    recovery.close()
    workspace.close()
    return status


def application() -> QApplication:
    """The QApplication, with the studio's name, icon and font; the present one if there is one."""
    instance = QApplication.instance()
    app = instance if isinstance(instance, QApplication) else QApplication(sys.argv[:1])
    app.setApplicationName("hhstudio")
    app.setApplicationDisplayName("hhstudio")
    app.setDesktopFileName("hhstudio")
    app.setApplicationVersion(__version__)
    app.setWindowIcon(QIcon(str(resource("icons/hhstudio.svg"))))
    load_fonts()
    font = QFont(_FAMILY)
    font.setPointSizeF(_POINTS)
    app.setFont(font)
    return app


def load_fonts() -> None:
    """Make the bundled font known; where there is no other font, text would be empty boxes."""
    if _FAMILY in QFontDatabase.families():
        return
    for file in sorted(resource("fonts").glob("*.otf")):
        QFontDatabase.addApplicationFont(str(file))


@contextmanager
def _interruptible(window: MainWindow) -> Iterator[None]:
    """Ctrl-C in the terminal closes the window as its cross does. Python hears signals only between
    its own instructions, which an idle event loop does not run: a socket wakes it."""
    near, far = socket.socketpair()
    near.setblocking(False)
    far.setblocking(False)
    notifier = QSocketNotifier(near.fileno(), QSocketNotifier.Type.Read)

    def wake() -> None:
        try:
            near.recv(64)
        except BlockingIOError:
            pass

    notifier.activated.connect(wake)
    before = signal.signal(signal.SIGINT, lambda *_: QTimer.singleShot(0, window.close))
    previous = signal.set_wakeup_fd(far.fileno(), warn_on_full_buffer=False)
    try:
        yield
    finally:
        signal.set_wakeup_fd(previous)
        signal.signal(signal.SIGINT, before)
        notifier.setEnabled(False)
        near.close()
        far.close()


@contextmanager
def _reporting(workspace: Workspace) -> Iterator[None]:
    """A defect of ours in a slot: said in a dialog, its traceback kept in a file."""
    before = sys.excepthook

    def report(kind: type[BaseException], error: BaseException, where: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            return
        before(kind, error, where)
        workspace.problem.emit("Something went wrong", logs.unexpected(error))

    sys.excepthook = report
    try:
        yield
    finally:
        sys.excepthook = before
