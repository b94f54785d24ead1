"""Run issues: what is in the way of a run, each with the buttons that remove it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from hhstudio.core.issues import Issue
from hhstudio.core.spec.fixes import fixes
from hhstudio.core.spec.spec import Spec
from hhstudio.gui.widgets.icons import pixmap
from hhstudio.gui.widgets.markup import TextLabel
from hhstudio.gui.widgets.theme import current_theme

_SHOWN = 5


class RunIssues(QWidget):
    """A line an issue, errors first. ``fixed`` carries the spec that a fix leads to."""

    fixed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(6)
        self.texts: list[str] = []
        self.fixes: list[QPushButton] = []

    def show_issues(self, spec: Spec, issues: list[Issue], also: str = "") -> None:
        """``also``: an error that is none of the spec."""
        while (item := self._column.takeAt(0)) is not None:
            if (row := item.widget()) is not None:
                row.setParent(None)
                row.deleteLater()
        self.texts, self.fixes = [], []
        if also:
            self._add("error", capitalised(also))
        for issue in issues[:_SHOWN]:
            self._add(issue.severity, sentence(issue), [(f.title, f.spec) for f in fixes(spec, issue)[:2]])
        if len(issues) > _SHOWN:
            self._add("warning", f"and {len(issues) - _SHOWN} more")
        self.setVisible(bool(self.texts))

    def _add(self, severity: str, text: str, ways: list[tuple[str, Spec]] | None = None) -> None:
        self.texts.append(text)
        row = QWidget()
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(8)
        symbol, label = TextLabel(), TextLabel(text)
        error = severity == "error"
        color = current_theme().error if error else current_theme().warn
        symbol.setPixmap(pixmap("error" if error else "warning", color, 16))
        symbol.setFixedWidth(18)
        label.setWordWrap(True)
        line.addWidget(symbol, 0, Qt.AlignmentFlag.AlignTop)
        line.addWidget(label, 1)
        for title, spec in ways or []:
            button = QPushButton(title)
            button.setAutoDefault(False)
            button.clicked.connect(lambda _=False, after=spec: self.fixed.emit(after))
            line.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
            self.fixes.append(button)
        self._column.addWidget(row)


def sentence(issue: Issue) -> str:
    """What an issue says, with a capital letter; the name of a setting keeps the letters that it has."""
    names_setting = bool(issue.field) and issue.message.startswith(issue.field)
    return issue.message if names_setting else capitalised(issue.message)


def capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]
