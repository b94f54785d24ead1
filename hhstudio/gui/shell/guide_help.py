"""Guide help: F1 and *What is this?* open the guide where it tells of what a user looks at."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QWhatsThisClickedEvent
from PySide6.QtWidgets import QApplication, QToolTip, QWhatsThis, QWidget

from hhstudio.core import guide
from hhstudio.gui.shell.docks import Docks
from hhstudio.gui.shell.panels import Panels
from hhstudio.gui.widgets import glossary


class GuideHelp(QObject):
    """Made once for a window. ``addresses``: of widgets that are no panels."""

    def __init__(
        self, window: QWidget, docks: Docks, panels: Panels, addresses: Mapping[QWidget, str]
    ) -> None:
        super().__init__(window)
        self._docks, self._panels, self._addresses = docks, panels, addresses
        window.installEventFilter(self)
        for _, dock in docks:
            dock.installEventFilter(self)

    def show(self) -> None:
        """Open the guide at the term whose tool tip is shown, else at the panel that has the keyboard; where
        that is the guide itself, it stays as it is."""
        if QToolTip.isVisible() and (address := glossary.address_in(QToolTip.text())):
            QToolTip.hideText()
            self.open(address)
            return
        self.open(self._address_of(QApplication.focusWidget()))

    def open(self, address: str) -> None:
        """Bring the guide to the front, at an address if there is one, and give it the keyboard."""
        view = self._panels.show("guide")
        if address:
            view.open_address(address)
        view.setFocus()

    def ask(self) -> None:
        """Let the user click on something to be told what it is."""
        QWhatsThis.enterWhatsThisMode()

    def _address_of(self, widget: QWidget | None) -> str:
        docks: dict[QWidget, str] = {dock: name for name, dock in self._docks}
        while widget is not None:
            if widget in self._addresses:
                return self._addresses[widget]
            if name := docks.get(widget):
                return "" if name == "guide" else self._panels.guide_of(name)
            widget = widget.parentWidget()
        return guide.FIRST

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A click on the link in the answer to *What is this?*."""
        if event.type() == QEvent.Type.WhatsThisClicked and isinstance(event, QWhatsThisClickedEvent):
            QWhatsThis.hideText()
            self.open(event.href())
            return True
        return super().eventFilter(watched, event)
