"""Base of the analysis views: they ask when they are looked at, and say when they wait."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QShowEvent
from PySide6.QtWidgets import QStackedLayout, QVBoxLayout, QWidget

from hhstudio.core.analysis.questions import Question
from hhstudio.core.run.history import Changes, History
from hhstudio.gui.state.analysis import Analysis
from hhstudio.gui.widgets.empty_label import EmptyLabel
from hhstudio.gui.widgets.flow_layout import FlowLayout
from hhstudio.gui.widgets.formatting import with_names
from hhstudio.gui.widgets.markup import Markup, TextLabel
from hhstudio.gui.widgets.origin_label import OriginLabel
from hhstudio.gui.widgets.task_style import task_short
from hhstudio.gui.widgets.themed import Themed
from hhstudio.service.analysis.protocol import Reply

_SOON_MS = 150
"""Changes that come together are asked about once."""


def readers_in_words(task: int, readers: tuple[int, ...]) -> str:
    """Whether accuracies were measured with the task told, as a part of a sentence."""
    if readers == (task,):
        return f"read by the solver of {task_short(task)} alone: the task is told"
    return f"read by all {len(readers)} solvers, the most certain answers: the task is not told"


class AnalysisView(Themed, QWidget):
    """A line of controls, a body, and one line of words.

    A view implements :meth:`question` (what to ask, None for nothing), :meth:`show_answer` and, where it
    has colours of its own, :meth:`recolour`. ``nothing``: what is said while there is nothing to see.
    """

    status_message = Signal(str)
    nothing = Markup("<p><b>Nothing to see yet</b></p><p>Train a tree, or open a session.</p>")

    def __init__(self, analysis: Analysis) -> None:
        super().__init__()
        self.analysis = analysis
        self.history: History | None = None
        self.origin = OriginLabel()
        self.controls = QWidget()
        self.flow = FlowLayout(self.controls, spacing=8)
        self.body = QWidget()
        self.waiting = EmptyLabel(self.nothing)
        self.waiting.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.words = TextLabel()
        self.words.setWordWrap(True)
        self.words.setProperty("muted", True)
        middle = QWidget()
        self._stack = QStackedLayout(middle)
        self._stack.addWidget(self.waiting)
        self._stack.addWidget(self.body)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 6, 8, 6)
        column.setSpacing(6)
        column.addWidget(self.origin)
        column.addWidget(self.controls)
        column.addWidget(middle, 1)
        column.addWidget(self.words)
        self._due = True
        self._soon = QTimer(self, singleShot=True, interval=_SOON_MS)
        self._soon.timeout.connect(self.ask_now)
        analysis.changed.connect(self.ask_soon)
        self.follow_theme(recolour=False)

    # what a view says ---------------------------------------------------------------------------------

    def question(self) -> Question | None:
        """What has to be asked for what is chosen."""
        raise NotImplementedError

    def show_answer(self, reply: Reply) -> None:
        """Show ``reply.answer``, which is there."""
        raise NotImplementedError

    def recolour(self) -> None:
        """The theme is another one."""

    # what the window calls ----------------------------------------------------------------------------

    def set_history(self, history: History | None) -> None:
        self.history = history
        self._stack.setCurrentWidget(self.waiting)
        self.waiting.setText(self.nothing)
        self.words.clear()
        self.history_changed()
        self.ask_soon()

    def history_changed(self) -> None:
        """Another run is shown: offer its paths and tasks."""

    def set_origin(self, text: str) -> None:
        """Say whose results these are, where they are not of what is drawn; "" where they are."""
        self.origin.say(text)

    def refresh(self, changes: Changes) -> None:
        if changes.topology or changes.rewound:
            self.history_changed()

    # asking -------------------------------------------------------------------------------------------

    def ask_soon(self) -> None:
        """Ask when it is looked at; at once where it is."""
        self._due = True
        if self.isVisible():
            self._soon.start()

    def ask_now(self) -> None:
        """Ask what :meth:`question` says."""
        self._due = False
        question = self.question() if self.analysis.available else None
        if question is None:
            return
        if self._stack.currentWidget() is self.waiting:
            self.waiting.setText("Asking …" if self.analysis.busy else "Starting the analysis …")
        self.ask(question, self._replied)

    def ask(self, question: Question, receive: Callable[[Reply], object], key: str = "") -> None:
        """Ask something beside; each view has keys of its own."""
        self.analysis.ask(question, receive, f"{type(self).__name__} {key}")

    def complain(self, error: str) -> None:
        """Say why there is nothing to see."""
        text = with_names(error[:1].upper() + error[1:])
        if self._stack.currentWidget() is self.waiting:
            self.waiting.setText(text)
        else:
            self.words.setText(text)

    def _replied(self, reply: Reply) -> None:
        if reply.answer is None:
            self._stack.setCurrentWidget(self.waiting)
            self.complain(reply.error)
            return
        self._stack.setCurrentWidget(self.body)
        self.words.clear()
        self.show_answer(reply)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._due:
            self._soon.start()

    def copy_text(self, text: str, what: str) -> None:
        QGuiApplication.clipboard().setText(text)
        self.status_message.emit(f"Copied {what}")
