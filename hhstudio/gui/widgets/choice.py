"""Labelled combo box whose entries carry data."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QWidget

from hhstudio.gui.widgets.markup import TextLabel, plain


class Choice(QWidget):
    """A label and a combo box whose entries carry data. Emits ``chosen`` only when a user chooses."""

    chosen = Signal()

    def __init__(self, label: str, meaning: str, name: str = "") -> None:
        """``name``: for screen readers, where the label is too short."""
        super().__init__()
        self.box = QComboBox()
        self.box.setToolTip(plain(meaning))
        self.box.setAccessibleName(name or label)
        self.box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.box.setMaximumWidth(190)
        self.box.activated.connect(lambda _: self.chosen.emit())
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(5)
        text = TextLabel(label)
        text.setBuddy(self.box)
        row.addWidget(text)
        row.addWidget(self.box)

    @property
    def value(self) -> object:
        return self.box.currentData()

    def offer(
        self,
        entries: Sequence[tuple[str, object]],
        disabled: Sequence[object] = (),
        tips: Sequence[str] = (),
    ) -> None:
        """Replace the entries (text, data); what was chosen stays chosen if it is still there."""
        now = [(self.box.itemText(n), self.box.itemData(n)) for n in range(self.box.count())]
        chosen = self.value
        if now != list(entries):
            self.box.clear()
            for text, data in entries:
                self.box.addItem(text, data)
            self.set_value(chosen)
            self.updateGeometry()
        model = self.box.model()
        assert isinstance(model, QStandardItemModel)
        for number, (_, data) in enumerate(entries):
            model.item(number).setEnabled(data not in disabled)
        for number, tip in enumerate(tips):
            self.box.setItemData(number, plain(tip), Qt.ItemDataRole.ToolTipRole)

    def set_value(self, data: object) -> bool:
        """Choose an entry by its data; False (and the first entry) if it is not there."""
        for number in range(self.box.count()):
            if self.box.itemData(number) == data:
                self.box.setCurrentIndex(number)
                return True
        return False
