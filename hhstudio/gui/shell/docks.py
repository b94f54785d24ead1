"""Docks around the canvas: where they stand at first, and how that is remembered."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow, QWidget

from hhstudio.gui.shell.panel import Panel
from hhstudio.gui.state.preferences import Preferences

VERSION = 5
"""Of the default layout; a remembered layout of another version is not restored."""
_STACKED_FROM = 900
"""Height of the window in pixels."""
_GEOMETRY, _LAYOUT = "window/geometry", "window/layout"
Area = Qt.DockWidgetArea
_AREAS = {
    "left": Area.LeftDockWidgetArea,
    "right": Area.RightDockWidgetArea,
    "bottom": Area.BottomDockWidgetArea,
}


class _Unmade(QWidget):
    """Keeps the place of a view that has not been made yet."""

    def sizeHint(self) -> QSize:
        return QSize(320, 240)


class Docks:
    """Docks by name, made once for a window."""

    def __init__(self, window: QMainWindow, preferences: Preferences) -> None:
        self._window = window
        self._preferences = preferences
        self._docks: dict[str, QDockWidget] = {}
        self._panels: list[Panel] = []
        window.setDockOptions(
            QMainWindow.DockOption.AnimatedDocks
            | QMainWindow.DockOption.AllowTabbedDocks
            | QMainWindow.DockOption.AllowNestedDocks
        )
        window.setCorner(Qt.Corner.BottomLeftCorner, Area.BottomDockWidgetArea)
        window.setCorner(Qt.Corner.BottomRightCorner, Area.RightDockWidgetArea)

    def __iter__(self) -> Iterator[tuple[str, QDockWidget]]:
        return iter(self._docks.items())

    def __getitem__(self, name: str) -> QDockWidget:
        return self._docks[name]

    def add(self, panel: Panel) -> QDockWidget:
        """A dock for a panel, without its view."""
        dock = QDockWidget(panel.title, self._window)
        dock.setObjectName(f"dock:{panel.name}")
        dock.setWidget(_Unmade())
        self._docks[panel.name] = dock
        self._panels.append(panel)
        return dock

    def arrange(self) -> None:
        """The default: every panel on its side, in its row where the window is high enough for two."""
        window = self._window
        for dock in self._docks.values():
            dock.setFloating(False)
            window.removeDockWidget(dock)
        for side, area in _AREAS.items():
            self._arrange_side([panel for panel in self._panels if panel.side == side], area)
        for panel in self._panels:
            self._docks[panel.name].setVisible(self._is_shown(panel))
        for name in self._fronts():
            self._docks[name].raise_()
        self.proportion()

    def _arrange_side(self, panels: list[Panel], area: Area) -> None:
        window, stacked = self._window, self._stacked
        first: QDockWidget | None = None
        heads: dict[int, QDockWidget] = {}
        for panel in sorted(panels, key=lambda panel: panel.row):
            dock, row = self._docks[panel.name], panel.row if stacked else 0
            window.addDockWidget(area, dock)
            if row in heads:
                window.tabifyDockWidget(heads[row], dock)
            elif first is not None:
                window.splitDockWidget(first, dock, Qt.Orientation.Vertical)
            first = first or dock
            heads.setdefault(row, dock)

    @property
    def _stacked(self) -> bool:
        """Whether there is room for two docks above each other at the sides."""
        return self._window.height() >= _STACKED_FROM

    def _is_shown(self, panel: Panel) -> bool:
        """In the default layout. Where everything on a side shares one place, only what has no other place
        has a tab there: names of more would be cut."""
        return panel.shown and (self._stacked or not panel.roomy)

    def _fronts(self) -> list[str]:
        """The first panel that is shown of every place, lower rows first: where both rows share one place,
        the upper one's comes to the front."""
        front: dict[tuple[str, int], str] = {}
        for panel in self._panels:
            if self._is_shown(panel):
                front.setdefault((panel.side, panel.row), panel.name)
        return [front[place] for place in sorted(front, key=lambda place: -place[1])]

    def proportion(self) -> None:
        """Sizes that suit the window as large as it is."""
        width, height = self._window.width(), self._window.height()
        front = {
            (panel.side, panel.row): self._docks[panel.name]
            for panel in reversed(self._panels)
            if self._is_shown(panel)
        }
        narrow = max(width * 15 // 100, min(244, width * 24 // 100))
        wide = max(width * 26 // 100, min(360, width * 36 // 100))
        sides = [narrow, wide]
        self._resize([front.get(("left", 0)), front.get(("right", 0))], sides, Qt.Orientation.Horizontal)
        self._resize([front.get(("bottom", 0))], [height * 42 // 100], Qt.Orientation.Vertical)
        if self._stacked:
            right = [height * 46 // 100, height * 42 // 100]
            self._resize([front.get(("right", 0)), front.get(("right", 1))], right, Qt.Orientation.Vertical)
            left = [height * 26 // 100, height * 20 // 100]
            self._resize([front.get(("left", 0)), front.get(("left", 1))], left, Qt.Orientation.Vertical)

    def _resize(self, docks: list[QDockWidget | None], sizes: list[int], way: Qt.Orientation) -> None:
        there = [(dock, size) for dock, size in zip(docks, sizes, strict=True) if dock is not None]
        self._window.resizeDocks([dock for dock, _ in there], [size for _, size in there], way)

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
