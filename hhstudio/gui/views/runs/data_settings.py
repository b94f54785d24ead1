"""Data settings: where data sets are, and whether files that nobody vouches for may be read."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from hhstudio.gui.state.session_files import shown_path
from hhstudio.gui.widgets.elided_label import ElidedLabel
from hhstudio.gui.widgets.markup import TextLabel, plain

EXPLANATION = (
    "CIFAR's own files are Python pickles: reading one that somebody has changed can run any program. "
    "hhstudio reads only files with the checksum that torchvision knows, unless you allow others here. "
    "Do so only for files that you trust; the session records it."
)


class DataSettings(QDialog):
    """``folder_chosen`` carries a Path, ``unverified_chosen`` a bool; both take effect at once."""

    folder_chosen = Signal(object)
    unverified_chosen = Signal(bool)

    def __init__(self, folder: Path, allowed: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Data")
        self._folder = folder
        title = TextLabel("Data folder")
        title.setProperty("title", True)
        self.shown = ElidedLabel("")
        self.browse = QPushButton("Choose …")
        self.browse.clicked.connect(self._browse)
        self.browse.setAutoDefault(False)  # Enter closes the dialog
        self.unverified = QCheckBox("Allow unverified files")
        self.unverified.setChecked(allowed)
        self.unverified.setToolTip(plain(EXPLANATION))
        self.unverified.toggled.connect(self.unverified_chosen)
        row = QHBoxLayout()
        row.addWidget(self.shown, 1)
        row.addWidget(self.browse)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 16, 18, 14)
        column.setSpacing(8)
        column.addWidget(title)
        column.addLayout(row)
        column.addWidget(_note("Data sets that are not there are downloaded into it when a run starts."))
        column.addSpacing(8)
        column.addWidget(self.unverified)
        column.addWidget(_note(EXPLANATION))
        column.addSpacing(4)
        column.addWidget(buttons)
        self.setFixedWidth(440)
        self._show_folder(folder)

    def _show_folder(self, folder: Path) -> None:
        self._folder = folder
        self.shown.setText(shown_path(folder))
        self.shown.setToolTip(plain(str(folder)))

    def _browse(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Data folder", str(self._folder))
        if folder:
            self._show_folder(Path(folder))
            self.folder_chosen.emit(Path(folder))


def _note(text: str) -> QLabel:
    label = TextLabel(text)
    label.setWordWrap(True)
    label.setProperty("muted", True)
    return label
