"""Runs panel: the run that goes on, what it has kept and can be changed, and those that wait."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QMenu,
    QPushButton,
    QScrollArea,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from hhstudio.core.formatting import count, duration
from hhstudio.core.run.history import Changes, History
from hhstudio.core.run.state_words import STATE_WORDS, state_word
from hhstudio.core.spec.document import Diff
from hhstudio.gui.forms.live_settings import LiveSettings
from hhstudio.gui.widgets.formatting import with_names
from hhstudio.gui.widgets.icons import icon
from hhstudio.gui.widgets.markup import TextLabel, plain
from hhstudio.gui.widgets.theme import current_theme
from hhstudio.gui.widgets.themed import Themed

if TYPE_CHECKING:
    from hhstudio.gui.state.workspace import Workspace
    from hhstudio.service.run.run_queue import QueuedRun

_ID = int(Qt.ItemDataRole.UserRole)
_ICONS = {"running": "running", "finished": "finished", "stopped": "stopped", "failed": "failed"}
_EMPTY = "No run waits. Use “Run with options …” to put one in the queue."
_QUEUE_ROOM = 92
"""Pixels of height for the queue's header and two runs."""


class RunsView(Themed, QWidget):
    """Reads the workspace and asks it for everything."""

    status_message = Signal(str)

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._controller = workspace.runs.queue
        self._history: History | None = None
        self.now = TextLabel("No run")
        self.now.setProperty("title", True)
        self.checkpoint = TextLabel("")
        self.checkpoint.setWordWrap(True)
        self.checkpoint.setProperty("muted", True)
        self.back = QPushButton("Go back")
        self.back.setAccessibleName("Go back to the checkpoint")
        self.back.clicked.connect(lambda: workspace.runs.go_back())
        self.live = LiveSettings(self.back)
        self.live.chosen.connect(workspace.runs.change_setting)
        self.head = TextLabel("Queue")
        self.head.setProperty("title", True)
        self.go = QPushButton()
        self.go.clicked.connect(self._toggle)
        self.queue = QTreeWidget()
        self.queue.setHeaderLabels(["Run", "State"])
        self.queue.setRootIsDecorated(False)
        self.queue.setUniformRowHeights(True)
        self.queue.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.queue.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.queue.setAccessibleName("Queue of runs")
        # the list scrolls by itself: it takes what is left of the panel, and asks for no more than it holds
        self.queue.setSizeAdjustPolicy(QAbstractItemView.SizeAdjustPolicy.AdjustToContents)
        self.queue.setMinimumHeight(_QUEUE_ROOM)
        self.queue.header().setStretchLastSection(False)
        self.queue.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.queue.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.queue.customContextMenuRequested.connect(self._menu_at)
        self.note = TextLabel("")
        self.note.setWordWrap(True)
        self.note.setProperty("muted", True)
        for title, keys, call in (
            ("Earlier", "Alt+Up", lambda: self._move(-1)),
            ("Later", "Alt+Down", lambda: self._move(1)),
            ("Take out", "Delete", self._remove),
        ):
            action = QAction(title, self.queue)
            action.setShortcut(QKeySequence(keys))
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
            action.triggered.connect(call)
            self.queue.addAction(action)
        top = QHBoxLayout()
        top.addWidget(self.head)
        top.addStretch(1)
        top.addWidget(self.go)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(10, 8, 10, 8)
        column.setSpacing(6)
        for widget in (self.now, self.checkpoint, self.live):
            column.addWidget(widget)
        column.addSpacing(6)
        column.addLayout(top)
        column.addWidget(self.queue, 1)
        column.addWidget(self.note)
        area = QScrollArea()  # so that other panels beside it need not make room
        area.setWidget(inside)
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setMinimumWidth(inside.minimumSizeHint().width())
        outside = QVBoxLayout(self)
        outside.setContentsMargins(0, 0, 0, 0)
        outside.addWidget(area)
        self._controller.changed.connect(self._fill)
        workspace.run_changed.connect(self._show_run)
        workspace.document.changed.connect(self._document_changed)
        workspace.sessions_changed.connect(self._fill)
        self.follow_theme()

    def recolour(self) -> None:
        self._fill()
        self._show_run()

    def set_history(self, history: History | None) -> None:
        self._history = history
        self._show_run()

    def release(self) -> None:
        """Stop following the document; for when the window goes."""
        self._workspace.document.changed.disconnect(self._document_changed, missing_ok=True)

    def _document_changed(self, diff: Diff) -> None:
        if diff.settings:
            self._show_run()

    def refresh(self, changes: Changes) -> None:
        if changes.progress or changes.state or changes.rewound:
            self._show_run()

    # the run that goes on -----------------------------------------------------------------------------

    def _show_run(self) -> None:
        workspace, history = self._workspace, self._history
        running = workspace.running
        self.live.show_history(history, running, workspace.document.spec)
        checkpoint = (
            history.checkpoint.step if history is not None and history.checkpoint is not None else None
        )
        self.back.setEnabled(running and checkpoint is not None)
        self.back.setToolTip(
            "Go back to the checkpoint, as if what came after it had not been"
            if checkpoint is not None
            else "There is no checkpoint yet"
        )
        if history is None or not running:
            self.now.setText("No run" if history is None else STATE_WORDS[history.state])
            self.checkpoint.hide()
            return
        self.checkpoint.show()
        name = workspace.session_path.stem if workspace.session_path is not None else ""
        self.now.setText(f"{STATE_WORDS[history.state]}: {name}")
        if checkpoint is None:
            self.checkpoint.setText("Nothing is kept yet")
        else:
            since = max(history.step - checkpoint, 0)
            rate = history.progress.rate if history.progress is not None else 0.0
            ago = f", {duration(since / rate)} ago" if since and rate else ""
            wrong = history.diverged is not None
            keeps = "that checkpoint" if wrong else f"all up to step {count(history.step)}"
            self.checkpoint.setText(f"Checkpoint at step {count(checkpoint)}{ago}. Stop keeps {keeps}.")

    # the queue --------------------------------------------------------------------------------------

    def _fill(self) -> None:
        queue, chosen = self._controller.stored, self.chosen()
        self.queue.clear()
        for entry in queue.entries:
            item = QTreeWidgetItem([entry.name, state_word(entry.state)])
            item.setData(0, _ID, entry.id)
            item.setToolTip(0, plain(entry.out))
            item.setToolTip(1, plain(with_names(entry.message)))
            color = {"failed": current_theme().error, "running": current_theme().accent}.get(
                entry.state, current_theme().muted
            )
            item.setIcon(0, icon(_ICONS.get(entry.state, "pause"), color))
            self.queue.addTopLevelItem(item)
            if entry.id == chosen:
                self.queue.setCurrentItem(item)
        waits = sum(entry.state == "waiting" for entry in queue.entries)
        self.head.setText(f"Queue · {waits} waiting" if waits else "Queue")
        going = self._controller.going_on
        self.go.setText("Hold" if going else "Go on")
        tip = "Start nothing after this run" if going else "Start what waits, one after the other"
        self.go.setToolTip(plain(tip))
        self.go.setEnabled(bool(waits))
        failed = next((e for e in reversed(queue.entries) if e.state == "failed" and e.message), None)
        text = queue.problem or ("" if queue.entries else _EMPTY)
        if not text and failed is not None:
            text = f"{failed.name}: {with_names(failed.message)}"
        self.note.setText(text)
        self.note.setVisible(bool(text))

    def chosen(self) -> int | None:
        """The id of the chosen run."""
        item = self.queue.currentItem()
        return item.data(0, _ID) if item is not None else None

    def _entry(self) -> QueuedRun | None:
        number = self.chosen()
        return self._controller.stored[number] if number is not None else None

    def _toggle(self) -> None:
        (self._controller.hold if self._controller.going_on else self._controller.go_on)()

    def _move(self, by: int) -> None:
        entry = self._entry()
        if entry is not None:
            self._controller.move(entry.id, by)

    def _remove(self) -> None:
        entry = self._entry()
        if entry is not None and entry.state == "running":
            self.status_message.emit("It is running: stop it first")
        elif entry is not None:
            self._controller.remove(entry.id)

    def _menu_at(self, at: QPoint) -> None:
        entry = self._entry()
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addActions(self.queue.actions())
        for action in self.queue.actions():
            action.setEnabled(entry is not None)
        again = menu.addAction("Wait again")
        again.setEnabled(entry is not None and entry.state in ("failed", "stopped"))
        if entry is not None:
            again.triggered.connect(lambda: self._controller.retry(entry.id))
        menu.addAction("Take out the finished", self._controller.clear)
        menu.popup(self.queue.viewport().mapToGlobal(at))
