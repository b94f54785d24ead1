"""The window: the canvas, the docks around it, and who is told what. Deciding is the workspace's business."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QSize, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import QMainWindow, QMessageBox, QToolBar, QVBoxLayout, QWidget

from hhstudio.core.run.events import Finished, Resumed
from hhstudio.gui.shell import consent_dialog
from hhstudio.gui.shell.command_palette import command_palette
from hhstudio.gui.shell.commands import all_actions
from hhstudio.gui.shell.docks import Docks
from hhstudio.gui.shell.files import Files
from hhstudio.gui.shell.key_bindings import KeyBindings
from hhstudio.gui.shell.panel_registry import PANELS
from hhstudio.gui.shell.panels import AppContext, Panels
from hhstudio.gui.shell.run_coordinator import RunCoordinator
from hhstudio.gui.shell.shortcuts import Shortcuts
from hhstudio.gui.shell.welcome import Welcome
from hhstudio.gui.state.actions import ActionRegistry
from hhstudio.gui.state.analysis import Inspection
from hhstudio.gui.state.opening import OPENABLE
from hhstudio.gui.state.preferences import ThemeChoice
from hhstudio.gui.state.refresh_scheduler import RefreshScheduler, View
from hhstudio.gui.state.selection import Selection
from hhstudio.gui.state.session_files import shown_path
from hhstudio.gui.state.theming import Theming
from hhstudio.gui.state.workspace import Workspace
from hhstudio.gui.views.runs.run_bar import RunBar
from hhstudio.gui.views.tree.canvas.growth_mode import Growing
from hhstudio.gui.views.tree.canvas.step_timing import Measuring
from hhstudio.gui.views.tree.canvas.widget import TreeCanvas
from hhstudio.gui.widgets import dialogs
from hhstudio.gui.widgets.dialogs import ROLE
from hhstudio.gui.widgets.formatting import with_names
from hhstudio.service import logs

_NOTICE_MS = 8000


class MainWindow(QMainWindow):
    """Made for one workspace. :meth:`place` puts it where it was, before it is shown."""

    def __init__(self, workspace: Workspace, theming: Theming) -> None:
        super().__init__()
        self.workspace = workspace
        self.theming = theming
        theme = theming.theme
        self.setObjectName("hhstudio")
        self.setAcceptDrops(True)
        self.setMinimumSize(QSize(900, 560))
        self.registry = ActionRegistry(self)
        self.files = Files(workspace, self, theming)
        self.canvas = TreeCanvas(workspace.document)
        self.canvas.cost_strip.set_measure(Measuring(workspace))
        self.welcome = Welcome(theme=theme)
        self.selection = Selection(self)
        self.docks = Docks(self, workspace.preferences)
        self._scheduler = RefreshScheduler((self.canvas,), self._view_broke, self)
        self.inspection = Inspection(workspace)
        context = AppContext(
            workspace, self.selection, self.inspection, theming, self.registry, self.files, self
        )
        self.panels = Panels(PANELS, context, self.docks, self._scheduler)
        self.run_coordinator = RunCoordinator(self)
        self.growing = Growing(self.canvas, workspace, self.selection)
        self.registry.add(*all_actions(self))
        self.registry.add(*self.canvas.actions(), owner=self.canvas)
        self.canvas.for_solvers = (self.registry["weights.save"],)
        self.keys = KeyBindings(self.registry, workspace.preferences)
        self.run_bar = RunBar(workspace, self.registry, theme=theme)
        self.run_coordinator.attach(self.run_bar.banner)
        self._closing = False
        self._told: Resumed | None = None
        self._build()
        self._connect()
        self._theme_changed()
        self.registry.fill_menu_bar(self.menuBar())
        self._show_run()
        self._show_title()

    def _build(self) -> None:
        middle = QWidget()
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.welcome)
        column.addWidget(self.canvas, 1)
        self.setCentralWidget(middle)
        bar = QToolBar("Run")
        bar.setObjectName("toolbar:run")
        bar.setMovable(False)
        bar.setFloatable(False)
        bar.toggleViewAction().setEnabled(False)
        bar.addWidget(self.run_bar)
        self.addToolBar(Qt.ToolBarArea.TopToolBarArea, bar)
        self.statusBar().setSizeGripEnabled(False)
        self.welcome.setVisible(not self.workspace.preferences.welcomed)

    def _connect(self) -> None:
        workspace = self.workspace
        workspace.changed.connect(self._scheduler.take)
        workspace.shown.connect(self._show_run)
        workspace.run_changed.connect(self._run_changed)
        workspace.source_changed.connect(lambda: self.panels.tell("set_source", workspace.source))
        workspace.problem.connect(lambda title, text: dialogs.tell(self, title, text))
        workspace.notice.connect(self._notice)
        workspace.run_failed.connect(self._run_failed)
        workspace.damaged.connect(self.files.offer_recovery)
        workspace.consent_needed.connect(lambda names, agreed: consent_dialog.ask(self, names, agreed))
        workspace.document.history_changed.connect(self._show_title)
        self.canvas.path_selected.connect(self.selection.choose_path)
        self.canvas.node_selected.connect(self.selection.choose_node)
        self.selection.node_changed.connect(self.canvas.select_node)
        self.canvas.status_message.connect(self._notice)
        self.welcome.dismissed.connect(self._dismiss_welcome)
        self.theming.changed.connect(self._theme_changed)

    def place(self, size: QSize | None = None) -> None:
        """Where the window was left; otherwise (or with ``size``) the default layout."""
        self.canvas.setFocus()
        if size is None and self.docks.restore():
            return
        room = QGuiApplication.primaryScreen().availableGeometry()
        self.resize(size or QSize(min(1680, room.width() * 9 // 10), min(1000, room.height() * 9 // 10)))
        self.docks.arrange()
        QTimer.singleShot(0, self.docks.proportion)  # sizes hold only once the window is laid out

    # what actions ask -------------------------------------------------------------------------------

    def run_bar_data(self) -> None:
        self.run_bar.choose_data()

    def open_palette(self) -> None:
        command_palette(self.registry, self).show()

    def toggle_dock(self, name: str) -> None:
        """Hide a dock that is in front, show it otherwise."""
        dock = self.docks[name]
        if dock.isHidden() or dock.visibleRegion().isEmpty():
            self.docks.show(name)
        else:
            dock.hide()

    def choose_theme(self, choice: ThemeChoice) -> None:
        self.theming.choose(choice)

    def reset_layout(self) -> None:
        self.docks.reset()

    def toggle_full_screen(self) -> None:
        (self.showNormal if self.isFullScreen() else self.showFullScreen)()

    def show_welcome(self) -> None:
        self.workspace.preferences.welcomed = False
        self.welcome.show()

    def show_shortcuts(self) -> None:
        Shortcuts(self.keys, self.theming.theme, self).open()

    def show_about(self) -> None:
        dialogs.about(self)

    def show_log(self) -> None:
        self.panels.show("log").show_errors()

    # what the workspace says ---------------------------------------------------------------------------

    def _view_broke(self, view: View, error: Exception) -> None:
        title = next((dock.windowTitle() for _, dock in self.docks if dock.widget() is view), "The tree")
        self.workspace.problem.emit(f"{title}: the view broke, the run goes on", logs.unexpected(error))

    def _show_run(self) -> None:
        history = self.workspace.history
        self._scheduler.forget()
        self.canvas.set_history(history)
        self.panels.tell("set_history", history)
        self.panels.tell("set_source", self.workspace.source)
        self._show_title()
        self._offer_to_continue()

    def _run_changed(self) -> None:
        workspace = self.workspace
        self.canvas.set_read_only(workspace.running)
        self.panels.tell("set_read_only", workspace.running)
        if workspace.running:
            self.run_bar.banner.clear("run")
            self._say_if_inexact()
            if not workspace.preferences.welcomed:
                self._dismiss_welcome()
        elif self._closing:
            self.close()
            return
        self._say_if_waiting()
        self.registry.refresh()
        self._show_title()

    def _run_failed(self, end: Finished) -> None:
        history = self.workspace.history
        if history is not None and history.diverged is not None:
            return  # what is said of that says more
        text = end.message[:1].upper() + end.message[1:]
        buttons = [("Show the log", self.show_log)]
        if self.workspace.runs.can_continue:
            buttons.insert(0, ("Continue from the last checkpoint", self.workspace.runs.resume_session))
        self.run_bar.banner.say("run", "error", text, buttons)

    def _offer_to_continue(self) -> None:
        """A session that was opened and had been interrupted says so."""
        workspace, history = self.workspace, self.workspace.history
        self.run_bar.banner.clear("run")
        self.run_bar.banner.clear("read-only")
        if self._say_if_read_only():
            return
        if history is None or history.end is None or workspace.running or history.end.state != "failed":
            return
        self._run_failed(history.end)

    def _say_if_read_only(self) -> bool:
        """A session that can be looked at only says why. Whether it said so."""
        source, why = self.workspace.source, self.workspace.runs.read_only
        if not why or source is None or (source.state == "finished" and not source.live):
            return False
        text = f"Read-only: {why}."
        again = [("Look again", lambda: self.workspace.open(source.path))] if source.live else []
        seen = " What it records from now on shows when you look again." if source.live else ""
        self.run_bar.banner.say("read-only", "warning", f"{text}{seen}", again)
        return True

    def _say_if_waiting(self) -> None:
        """A run that the disk holds up says so until it goes on."""
        workspace, history = self.workspace, self.workspace.history
        detail = history.state_detail if history is not None and workspace.paused else ""
        if detail.startswith("waiting: "):
            text = f"The run waits: {detail.removeprefix('waiting: ')}."
            self.run_bar.banner.say("storage", "error", text, [("Try again now", workspace.runs.unpause)])
        else:
            self.run_bar.banner.clear("storage")

    def _say_if_inexact(self) -> None:
        """A run that goes on otherwise than it began says so, once."""
        history = self.workspace.history
        resumed = history.resumed[-1] if history is not None and history.resumed else None
        if resumed is None or resumed.exact or resumed is self._told:
            return
        self._told = resumed
        why = "; ".join(resumed.differs)
        text = f"The run goes on, but not bit for bit as it would have without the break: {why}."
        self.run_bar.banner.say("exact", "warning", text)

    def _notice(self, text: str) -> None:
        self.statusBar().showMessage(with_names(text), _NOTICE_MS)
        self.statusBar().setToolTip(text)

    def _dismiss_welcome(self) -> None:
        self.workspace.preferences.welcomed = True
        self.welcome.hide()

    def _show_title(self) -> None:
        workspace = self.workspace
        name = workspace.document.spec.name
        if workspace.session_path is not None:
            name = workspace.session_path.name
        elif workspace.spec_path is not None:
            name = workspace.spec_path.name
        self.setWindowModified(workspace.document.modified)
        self.setWindowTitle(f"{name}[*] – hhstudio")

    def _theme_changed(self) -> None:
        theme = self.theming.theme
        self.registry.set_theme(theme)
        for panel in (self.canvas, self.run_bar, self.welcome):
            panel.set_theme(theme)
        self.panels.tell("set_theme", theme)

    # files dropped, and the end ---------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _dropped(event) is not None and not self.workspace.running:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        path = _dropped(event)
        if path is not None:
            event.acceptProposedAction()
            self.files.open(path)

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.workspace.running:
            event.ignore()
            self._ask_about_run()
            return
        if not self.panels.may_close(self.close):
            self._closing = False
            event.ignore()
            return
        if self.workspace.document.modified and not self._closing:
            event.ignore()
            self.files.unless_unsaved(self._close_now)
            return
        self.docks.remember()
        self.workspace.preferences.sync()
        self.canvas.release()
        self.panels.tell("release")
        self.inspection.close()
        self.workspace.close()
        event.accept()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange and self.isActiveWindow():
            self.workspace.sessions_changed.emit()  # another program may have changed files

    def _close_now(self) -> None:
        self._closing = True
        self.close()

    def _ask_about_run(self) -> QMessageBox:
        where = shown_path(self.workspace.session_path) if self.workspace.session_path else "its session"

        def stop() -> None:
            self._closing = True
            if self.workspace.running:
                self.workspace.runs.stop()
            else:
                self.close()

        return dialogs.ask(
            self,
            "Stop the training?",
            f"A run is going on. If it is stopped, {where} keeps everything so far, and the run can be "
            "continued later.",
            [
                ("Stop and save", ROLE.AcceptRole, stop),
                ("Keep training", ROLE.RejectRole, None),
            ],
        )


def _dropped(event: QDragEnterEvent | QDropEvent) -> Path | None:
    """The one local file that is dragged, if it is one that can be opened."""
    urls = event.mimeData().urls()
    if len(urls) != 1 or not urls[0].isLocalFile():
        return None
    path = Path(urls[0].toLocalFile())
    return path if path.suffix.lower() in OPENABLE else None
