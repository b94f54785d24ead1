"""Origin label: one line above results that are not those of what is drawn; away otherwise."""

from __future__ import annotations

from hhstudio.gui.widgets.elided_label import ElidedLabel
from hhstudio.gui.widgets.markup import plain


class OriginLabel(ElidedLabel):
    """Hidden while it has nothing to say."""

    def __init__(self) -> None:
        super().__init__("")
        self.setObjectName("origin")
        self.setProperty("small", True)
        self.hide()

    def say(self, text: str) -> None:
        self.setText(text)
        self.setToolTip(plain(text))
        self.setVisible(bool(text))
