"""Themed widgets: those that keep something in the colours of the theme."""

from __future__ import annotations

from PySide6.QtCore import QEvent
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from hhstudio.gui.widgets.theme import Theme, current_theme


class Themed:
    """Mix-in, before the Qt class, of widgets that keep icons, pens or rich text in colours.

    The constructor calls `follow_theme`; from then on Qt's PaletteChange does, when another theme is on. One
    that was never shown has no palette yet, and catches up as it is shown. A widget that only paints needs
    none of this: it is painted anew, and asks `current_theme` as it paints.
    """

    _worn: Theme | None = None

    def recolour(self) -> None:
        """Make what is kept in the colours of the current theme."""
        raise NotImplementedError

    def follow_theme(self, recolour: bool = True) -> None:
        """``recolour``: whether there is something to colour already."""
        self._worn = current_theme()
        if recolour:
            self.recolour()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)  # type: ignore[misc]
        if event.type() == QEvent.Type.PaletteChange:
            self._catch_up()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)  # type: ignore[misc]
        self._catch_up()

    def _catch_up(self) -> None:
        if self._worn is not None and self._worn is not current_theme():
            self.follow_theme()


def set_style_property(widget: QWidget, name: str, value: object) -> None:
    """Set a property by which the stylesheet of the application chooses, and have it look again."""
    if widget.property(name) != value:
        widget.setProperty(name, value)
        widget.style().unpolish(widget)
        widget.style().polish(widget)
        widget.update()
