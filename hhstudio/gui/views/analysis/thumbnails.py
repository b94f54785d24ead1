"""Thumbnails of test images, to choose from."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QListView, QListWidget, QListWidgetItem

from hhstudio.core.analysis.answers import Images
from hhstudio.gui.widgets.markup import plain
from hhstudio.gui.widgets.pixels import enlarged, image_of

_INDEX = int(Qt.ItemDataRole.UserRole)
SIDE = 40


class Thumbnails(QListWidget):
    """``image_chosen(task, index)``: by mouse or arrow keys."""

    image_chosen = Signal(int, int)

    def __init__(self) -> None:
        super().__init__()
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setMovement(QListView.Movement.Static)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setIconSize(QSize(SIDE, SIDE))
        self.setGridSize(QSize(SIDE + 10, SIDE + 10))
        self.setSpacing(2)
        self.setAccessibleName("Test images")
        self.currentItemChanged.connect(self._changed)
        self._task = -1

    def show_images(self, images: Images, marks: Sequence[str] = ()) -> None:
        """``marks``: a word for each image's tool tip, as what it was taken for."""
        self.blockSignals(True)
        self.clear()
        self._task = images.task
        for at, (index, image) in enumerate(zip(images.indices.tolist(), images.images, strict=True)):
            item = QListWidgetItem(QIcon(enlarged(image_of(image), 2 * SIDE)), "")
            name = images.classes[int(images.labels[at])]
            taken = f", taken for {marks[at]}" if at < len(marks) else ""
            item.setToolTip(plain(f"{name}{taken} (test image {index})"))
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{name}, test image {index}")
            item.setData(_INDEX, int(index))
            self.addItem(item)
        self.blockSignals(False)

    def _changed(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self.image_chosen.emit(self._task, item.data(_INDEX))
