"""Overlays of the canvas: buttons of a hovered hypernetwork, messages, the hint of an empty one."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from hhstudio.gui.widgets.markup import TextLabel, plain
from hhstudio.gui.widgets.themed import set_style_property

MESSAGE_MS = 4000


class AddButtons(QWidget):
    """ "Child" and "Solver" beside a hypernetwork, so that nobody has to know a gesture."""

    child_wanted = Signal(str)
    solver_wanted = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.node_id = ""
        rows = QHBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(4)
        self.child = _button("+ Child", "Add a child hypernetwork", self)
        self.solver = _button("+ Solver", "Add a solver, and with it a path", self)
        self.child.clicked.connect(lambda: self.child_wanted.emit(self.node_id))
        self.solver.clicked.connect(lambda: self.solver_wanted.emit(self.node_id))
        rows.addWidget(self.child)
        rows.addWidget(self.solver)
        self.hide()

    def show_at(self, node_id: str, corner: QPoint) -> None:
        """Astride the card's border: ``corner`` is where their right end is, in the parent's pixels."""
        self.node_id = node_id
        self.adjustSize()
        self.move(max(2, corner.x() - self.width()), corner.y() - self.height() // 2)
        self.show()
        self.raise_()


class Message(TextLabel):
    """The canvas' own status line: what the gesture in hand would do, or why not. It lets the mouse through
    (a toast can be clicked), is replaced by every move, and stays while it is ``pinned``."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent=parent)
        self._view = parent
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._pinned = ""
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(lambda: self.say(""))
        self.hide()

    def say(self, text: str, warn: bool = False) -> None:
        """Show a line for a while; empty shows what is pinned, if anything."""
        self._timer.stop()
        shown = text or self._pinned
        self.setVisible(bool(shown))
        if not shown:
            return
        self.setText(shown)
        set_style_property(self, "warn", warn)
        self.place()
        if text:
            self._timer.start(MESSAGE_MS)

    def pin(self, text: str) -> None:
        """What stands there when nothing else is said."""
        self._pinned = text
        if not self._timer.isActive():
            self.say("")

    def place(self) -> None:
        self.adjustSize()
        room = self._view.rect()
        self.resize(min(self.width(), room.width() - 24), self.height())
        self.move((room.width() - self.width()) // 2, room.height() - self.height() - 14)
        self.raise_()


class EmptyHint(QFrame):
    """What an empty canvas says, with the two ways to begin."""

    start_wanted = Signal()
    root_wanted = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._view = parent
        rows = QVBoxLayout(self)
        rows.setContentsMargins(36, 28, 36, 28)
        rows.setSpacing(8)
        self._title = TextLabel("Draw a hierarchy", self)
        self._title.setProperty("title", True)
        self._text = TextLabel(
            "A root hypernetwork generates the weights of its targets:\n"
            "solvers that learn tasks, or child hypernetworks that go on.",
            self,
        )
        buttons = QHBoxLayout()
        self.start = _button("Root and solver", "Start with a root and one solver on path P1", self)
        self.root = _button("Root only", "Start with a root hypernetwork", self)
        self.start.setProperty("main", True)
        self.start.clicked.connect(self.start_wanted)
        self.root.clicked.connect(self.root_wanted)
        for widget in (self._title, self._text):
            widget.setAlignment(Qt.AlignmentFlag.AlignCenter)
            rows.addWidget(widget)
        rows.addSpacing(8)
        buttons.addStretch(1)
        buttons.addWidget(self.start)
        buttons.addWidget(self.root)
        buttons.addStretch(1)
        rows.addLayout(buttons)

    def place(self) -> None:
        self.adjustSize()
        room = self._view.rect()
        self.move((room.width() - self.width()) // 2, (room.height() - self.height()) // 2)


def _button(text: str, name: str, parent: QWidget) -> QPushButton:
    button = QPushButton(text, parent)
    button.setToolTip(plain(name))
    button.setAccessibleName(name)
    button.setCursor(Qt.CursorShape.PointingHandCursor)
    return button
