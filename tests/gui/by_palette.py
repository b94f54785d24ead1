"""Commands chosen as a user does it who knows a word of their names."""

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from hhstudio.gui.widgets.chooser import Chooser


def choose(window, words):
    """Come back to the window, open the palette of commands by its keys, type, and take the first that is
    found."""
    window.activateWindow()
    QApplication.processEvents()
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    QTest.keyClick(window, Qt.Key.Key_P, both)
    (palette,) = [popup for popup in window.findChildren(Chooser) if popup.isVisible()]
    QTest.keyClicks(palette.search, words)
    QTest.keyClick(palette.search, Qt.Key.Key_Return)
