"""Empty label: the words of a view that has nothing to show, which never ask for room."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QSizePolicy, QWidget

from hhstudio.gui.widgets.markup import TextLabel


class EmptyLabel(TextLabel):
    """Wrapped, muted, centred text. A wrapped label is as high as its words need at its width; before
    a window is laid out that width is a guess, and the window would grow to fit it, beyond its screen.
    """

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setWordWrap(True)
        self.setProperty("muted", True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def hasHeightForWidth(self) -> bool:
        return False

    def minimumSizeHint(self) -> QSize:
        line = self.fontMetrics().height() + 2 * self.margin()
        return QSize(24, line)
