"""Main window: the canvas, the docks around it, and who is told what; the workspace decides."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QRect, QSize, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import QMainWindow, QToolBar, QVBoxLayout, QWidget

from hhstudio.gui.shell import consent_dialog
from hhstudio.gui.shell.commands import all_actions
from hhstudio.gui.shell.context import AppContext
from hhstudio.gui.shell.docks import Docks
from hhstudio.gui.shell.files import Files
from hhstudio.gui.shell.guide_help import GuideHelp
from hhstudio.gui.shell.key_bindings import KeyBindings
from hhstudio.gui.shell.panel_registry import PANELS
from hhstudio.gui.shell.panels import Panels
from hhstudio.gui.shell.run_coordinator import RunCoordinator
from hhstudio.gui.shell.shortcuts import Shortcuts
from hhstudio.gui.shell.welcome import Welcome
from hhstudio.gui.state.actions import ActionRegistry
from hhstudio.gui.state.analysis import Analysis
from hhstudio.gui.state.opening import OPENABLE
from hhstudio.gui.state.refresh_scheduler import View
from hhstudio.gui.state.selection import Selection
from hhstudio.gui.state.session_files import shown_path
from hhstudio.gui.state.theming import Theming
from hhstudio.gui.state.workspace import Workspace
from hhstudio.gui.views.runs.run_bar import RunBar
from hhstudio.gui.views.tree.canvas.growth_mode import GrowthMode
from hhstudio.gui.views.tree.canvas.step_timing import StepTimer
from hhstudio.gui.views.tree.canvas.widget import TreeCanvas
from hhstudio.gui.widgets import dialogs
from hhstudio.gui.widgets.dialogs import ROLE
from hhstudio.gui.widgets.formatting import with_names
from hhstudio.gui.widgets.markup import plain
from hhstudio.gui.widgets.themed import Themed
from hhstudio.service import logs

_NOTICE_MS = 8000


class MainWindow(Themed, QMainWindow):
    """Made for one workspace; to panels and commands a :class:`~hhstudio.gui.shell.shell.Shell`.
    :meth:`place` puts it where it was, before it is shown."""

    def __init__(self, workspace: Workspace, theming: Theming) -> None:
        super().__init__()
        self.workspace = workspace
        self.theming = theming
        self.setObjectName("hhstudio")
        self.setAcceptDrops(True)
        self.registry = ActionRegistry(self)
        self.files = Files(workspace, self)
        self.canvas = TreeCanvas(workspace.document)
        self.canvas.cost_strip.set_measure(StepTimer(workspace))
        self.welcome = Welcome()
        self.selection = Selection(self)
        self.docks = Docks(self, workspace.preferences)
        self.analysis = Analysis(workspace)
        self.run_coordinator = RunCoordinator(workspace, self)
        context = AppContext(
            workspace=workspace,
            selection=self.selection,
            analysis=self.analysis,
            theming=theming,
            registry=self.registry,
            files=self.files,
            run_coordinator=self.run_coordinator,
            canvas=self.canvas,
            shell=self,
        )
        self.panels = Panels(PANELS, context, self.docks)
        self.growth_mode = GrowthMode(self.canvas, workspace, self.selection)
        workspace.scheduler.add(self.canvas)
        self.registry.add(*all_actions(context))
        self.canvas.register(self.registry)
        self.canvas.for_solver = ("weights.save",)
        self.registry.add(*self.growth_mode.actions())
        self.keys = KeyBindings(self.registry, workspace.preferences)
        self.run_bar = RunBar(workspace, self.registry)
        self.guide_help = GuideHelp(
            self, self.docks, self.panels, {self.canvas: "drawing", self.run_bar: "runs"}
        )
        self._question = dialogs.Question()
        self._closing = False
        self._build()
        self._connect()
        self.follow_theme()
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
        workspace.scheduler.broke.connect(self._view_broke)
        workspace.shown.connect(self._show_run)
        workspace.run_changed.connect(self._run_changed)
        workspace.source_changed.connect(lambda: self.panels.tell("set_source", workspace.source))
        workspace.problem.connect(lambda title, text: dialogs.tell(self, title, text))
        workspace.notice.connect(self._notice)
        workspace.damaged.connect(self.files.offer_recovery)
        workspace.trust.consent_needed.connect(lambda names, agreed: consent_dialog.ask(self, names, agreed))
        workspace.document.history_changed.connect(self._show_title)
        workspace.document.changed.connect(self._show_origin)
        self.canvas.path_selected.connect(self.selection.choose_path)
        self.canvas.node_selected.connect(self.selection.choose_node)
        self.selection.node_changed.connect(self.canvas.select_node)
        self.canvas.status_message.connect(self._notice)
        self.welcome.dismissed.connect(self._dismiss_welcome)
        self.run_bar.notices.log_requested.connect(self.show_log)
        self.run_bar.notices.place_requested.connect(self.run_coordinator.choose_place)

    def place(self, size: QSize | None = None) -> None:
        """Where the window was left; otherwise (or with ``size``) the default layout."""
        self.canvas.setFocus()
        room = QGuiApplication.primaryScreen().availableGeometry()
        if size is None and self.docks.restore():
            self._keep_within(self.screen().availableGeometry())
            return
        self.resize(size or QSize(min(1680, room.width() * 9 // 10), min(1000, room.height() * 9 // 10)))
        self.docks.arrange()
        QTimer.singleShot(0, self.docks.proportion)  # sizes hold only once the window is laid out
        if size is None:
            QTimer.singleShot(0, lambda: self._keep_within(self.screen().availableGeometry()))

    def _keep_within(self, room: QRect) -> None:
        """No larger than the screen with its frame; it may be another one than the window was left on."""
        frame = self.frameGeometry()
        if not room.contains(frame) and not self.isMaximized() and not self.isFullScreen():
            beside = frame.size() - self.size()
            size = self.size().boundedTo(room.size() - beside)
            left = min(max(frame.x(), room.left()), room.right() + 1 - beside.width() - size.width())
            top = min(max(frame.y(), room.top()), room.bottom() + 1 - beside.height() - size.height())
            self.resize(size)
            self.move(left, top)  # the frame's corner

    # what panels and commands ask -------------------------------------------------------------------

    def show_panel(self, name: str) -> Any:
        return self.panels.show(name)

    def made_panel(self, name: str) -> Any | None:
        return self.panels.made(name)

    def has_panel(self, name: str) -> bool:
        return not self.docks[name].isHidden()

    def toggle_panel(self, name: str) -> None:
        dock = self.docks[name]
        if dock.isHidden() or dock.visibleRegion().isEmpty():
            self.docks.show(name)
        else:
            dock.hide()

    def reset_layout(self) -> None:
        self.docks.reset()

    def show_welcome(self) -> None:
        self.workspace.preferences.welcomed = False
        self.welcome.show()

    def show_guide(self) -> None:
        self.guide_help.show()

    def what_is_this(self) -> None:
        self.guide_help.ask()

    def show_shortcuts(self) -> None:
        Shortcuts(self.keys, self).open()

    def show_log(self) -> None:
        self.panels.show("log").show_errors()

    # what the workspace says ------------------------------------------------------------------------

    def _view_broke(self, view: View, error: Exception) -> None:
        title = next((dock.windowTitle() for _, dock in self.docks if dock.widget() is view), "The tree")
        self.workspace.problem.emit(f"{title}: the view broke, the run goes on", logs.unexpected(error))

    def _show_run(self) -> None:
        history = self.workspace.history
        self.workspace.scheduler.forget()
        self.canvas.set_history(history)
        self.panels.tell("set_history", history)
        self.panels.tell("set_source", self.workspace.source)
        self._show_origin()
        self._show_title()

    def _show_origin(self, _diff: object = None) -> None:
        self.panels.tell("set_origin", self.workspace.origin)

    def _run_changed(self) -> None:
        running = self.workspace.running
        self.canvas.set_read_only(running)
        self.panels.tell("set_read_only", running)
        self._show_origin()
        if self._closing and not running:
            self.close()
            return
        if running and not self.workspace.preferences.welcomed:
            self._dismiss_welcome()
        self.registry.refresh()
        self._show_title()

    def _notice(self, text: str) -> None:
        self.statusBar().showMessage(with_names(text), _NOTICE_MS)
        self.statusBar().setToolTip(plain(text))

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

    def recolour(self) -> None:
        self.registry.recolour()

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
        """However often it is asked to close, the window puts each question once."""
        event.ignore()
        if self.workspace.running:
            if not self._closing:  # otherwise it closes when the run has ended
                self._ask_about_run()
            return
        if not self.panels.may_close(self.close):
            self._closing = False
            return
        if self.workspace.document.modified and not self._closing:
            self.files.unless_unsaved(self._close_now)
            return
        self.docks.remember()
        self.workspace.preferences.sync()
        self.growth_mode.dismiss()
        self.canvas.release()
        self.panels.tell("release")
        self.analysis.close()
        self.workspace.close()
        event.accept()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange and self.isActiveWindow():
            self.workspace.sessions_changed.emit()  # another program may have changed files

    def _close_now(self) -> None:
        self._closing = True
        self.close()

    def _ask_about_run(self) -> None:
        where = shown_path(self.workspace.session_path) if self.workspace.session_path else "its session"

        def stop() -> None:
            self._closing = True
            if self.workspace.running:
                self.workspace.runs.stop()
            else:
                self.close()

        self._question.ask(
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
