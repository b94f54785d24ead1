"""The docks around the canvas: which there are, where they stand at first, and how that is remembered."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow, QWidget

from hhstudio.gui.preferences import Preferences

VERSION = 2
"""Of the default layout; a remembered layout of another version is not restored."""
_STACKED_FROM = 900
"""Height of the window from which there is room for two docks above each other at the sides."""
_GEOMETRY, _LAYOUT = "window/geometry", "window/layout"
Area = Qt.DockWidgetArea


class Docks:
    """Docks by name, made once for a window."""

    def __init__(self, window: QMainWindow, preferences: Preferences) -> None:
        self._window = window
        self._preferences = preferences
        self._docks: dict[str, QDockWidget] = {}
        window.setDockOptions(
            QMainWindow.DockOption.AnimatedDocks
            | QMainWindow.DockOption.AllowTabbedDocks
            | QMainWindow.DockOption.AllowNestedDocks
        )
        window.setCorner(Qt.Corner.BottomLeftCorner, Area.BottomDockWidgetArea)
        window.setCorner(Qt.Corner.BottomRightCorner, Area.RightDockWidgetArea)

    def __iter__(self):  # type: ignore[no-untyped-def]
        return iter(self._docks.items())

    def __getitem__(self, name: str) -> QDockWidget:
        return self._docks[name]

    def add(self, name: str, title: str, widget: QWidget) -> QDockWidget:
        dock = QDockWidget(title, self._window)
        dock.setObjectName(f"dock:{name}")
        dock.setWidget(widget)
        self._docks[name] = dock
        return dock

    def arrange(self) -> None:
        """The default: sessions and outline left, curves and log below, matrix and filters right."""
        window, docks = self._window, self._docks
        for dock in docks.values():
            dock.setFloating(False)
            window.removeDockWidget(dock)
        for name, area in (
            ("sessions", Area.LeftDockWidgetArea),
            ("outline", Area.LeftDockWidgetArea),
            ("curves", Area.BottomDockWidgetArea),
            ("log", Area.BottomDockWidgetArea),
            ("matrix", Area.RightDockWidgetArea),
            ("filters", Area.RightDockWidgetArea),
        ):
            window.addDockWidget(area, docks[name])
        window.tabifyDockWidget(docks["curves"], docks["log"])
        for upper, lower in (("sessions", "outline"), ("matrix", "filters")):
            if window.height() < _STACKED_FROM:
                window.tabifyDockWidget(docks[upper], docks[lower])
            else:
                window.splitDockWidget(docks[upper], docks[lower], Qt.Orientation.Vertical)
        for dock in docks.values():
            dock.show()
        for name in ("sessions", "curves", "matrix"):
            docks[name].raise_()
        self.proportion()

    def proportion(self) -> None:
        """Sizes that suit the window as large as it is."""
        width, height = self._window.width(), self._window.height()
        docks = self._docks
        sides = [max(width * 15 // 100, 200), max(width * 26 // 100, 360)]
        self._window.resizeDocks([docks["sessions"], docks["matrix"]], sides, Qt.Orientation.Horizontal)
        self._window.resizeDocks([docks["curves"]], [height * 42 // 100], Qt.Orientation.Vertical)
        self._window.resizeDocks(
            [docks["matrix"], docks["filters"]],
            [height * 46 // 100, height * 42 // 100],
            Qt.Orientation.Vertical,
        )
        if not self._window.tabifiedDockWidgets(docks["sessions"]):
            self._window.resizeDocks(
                [docks["sessions"], docks["outline"]], [height * 25 // 100] * 2, Qt.Orientation.Vertical
            )

    def show(self, name: str) -> None:
        """Bring a dock to the front, wherever it is."""
        self._docks[name].show()
        self._docks[name].raise_()

    def restore(self) -> bool:
        """Window and docks as they were left; False when nothing usable was remembered."""
        geometry = self._preferences.bytes_of(_GEOMETRY)
        layout = self._preferences.bytes_of(_LAYOUT)
        placed = not geometry.isEmpty() and self._window.restoreGeometry(geometry)
        return placed and not layout.isEmpty() and self._window.restoreState(layout, VERSION)

    def remember(self) -> None:
        self._preferences.set_bytes(_GEOMETRY, self._window.saveGeometry())
        self._preferences.set_bytes(_LAYOUT, self._window.saveState(VERSION))

    def reset(self) -> None:
        """Back to the default, and forget what was remembered."""
        self._preferences.forget(_LAYOUT)
        self.arrange()
