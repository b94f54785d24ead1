"""Panel arrangement: in the grid, in which order, hidden, or in windows of their own."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtGui import QCloseEvent, Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from hhstudio.gui.views.curves.grid import PanelGrid
from hhstudio.gui.views.curves.panel import CurvePanel
from hhstudio.gui.views.curves.settings import Settings

Key = tuple[str, str]


class PanelWindow(QWidget):
    """A panel by itself, beside the main window; closing it puts the panel back."""

    closed = Signal(object)

    def __init__(self, panel: CurvePanel, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.panel = panel
        self.setWindowTitle(f"{panel.path} · {panel.measure.title}")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.addWidget(panel)
        panel.show()
        self.resize(720, 440)

    def closeEvent(self, event: QCloseEvent) -> None:
        self.closed.emit(self.panel)
        super().closeEvent(event)


class PanelArrangement(QObject):
    """Decides which panels stand in the grid, and keeps the windows of the others. ``changed``: some are to
    be placed anew."""

    changed = Signal()

    def __init__(self, settings: Settings, grid: PanelGrid, home: QWidget) -> None:
        super().__init__(home)
        self._settings, self._grid, self._home = settings, grid, home
        self._panels: dict[Key, CurvePanel] = {}
        self.windows: dict[Key, PanelWindow] = {}

    def place(self, panels: dict[Key, CurvePanel], row: int) -> int:
        """Put panels where they belong: the grid, or nowhere; those in windows stay there. ``row``: how many
        belong side by side while none is away, 0 for as it fits. How many are not in the grid."""
        self._panels = panels
        for key in [key for key in self.windows if key not in panels]:
            self.drop_window(key)
        standing = self.in_grid()
        for key, panel in panels.items():
            if panel not in standing and key not in self.windows:
                panel.hide()
        away = len(panels) - len(standing)
        self._grid.set_panels(standing, 0 if away else row)
        return away

    def in_grid(self) -> list[CurvePanel]:
        """Panels of the grid, in order."""
        away = self._settings.hidden_panels | self.windows.keys()
        return [
            self._panels[key] for key in self._settings.arranged([k for k in self._panels if k not in away])
        ]

    def hide(self, panel: CurvePanel) -> None:
        """Until all panels are asked for again."""
        self._settings.hidden_panels.add(key_of(panel))
        self.changed.emit()

    def show_all(self) -> None:
        """In the grid, in their first order; windows are closed."""
        self._settings.hidden_panels.clear()
        self._settings.order = []
        self.close()
        self.changed.emit()

    def toggle_detached(self, panel: CurvePanel) -> None:
        """Give a panel a window of its own, or put it back."""
        key = key_of(panel)
        if key in self.windows:
            self.windows[key].close()
            return
        window = self.windows[key] = PanelWindow(panel, self._home.window())
        window.closed.connect(self._put_back)
        window.show()
        panel.dirty = True
        self.changed.emit()

    def move(self, panel: CurvePanel, by: int) -> None:
        """Before the one before it, or behind the one behind it."""
        order = self._settings.arranged(list(self._panels))
        at = order.index(key_of(panel))
        order.insert(max(0, min(at + by, len(order) - 1)), order.pop(at))
        self._settings.order = order
        self.changed.emit()
        panel.setFocus()

    def drop(self, panel: CurvePanel, at: QPoint) -> None:
        """Put a panel in the place of the one at a global position, where there is one."""
        for key, other in self._panels.items():
            inside = other.rect().contains(other.mapFromGlobal(at))
            if other is not panel and other.isVisible() and key not in self.windows and inside:
                order = self._settings.arranged(list(self._panels))
                target = order.index(key)
                order.remove(key_of(panel))
                order.insert(target, key_of(panel))
                self._settings.order = order
                self.changed.emit()
                return

    def drop_window(self, key: Key) -> None:
        """The panel goes, and with it its window, if it has one."""
        window = self.windows.pop(key, None)
        if window is not None:
            window.close()

    def close(self) -> None:
        """Close every window."""
        for window in list(self.windows.values()):
            window.close()

    def _put_back(self, panel: CurvePanel) -> None:
        if self.windows.pop(key_of(panel), None) is not None:
            panel.dirty = True
            self.changed.emit()


def key_of(panel: CurvePanel) -> Key:
    return panel.path, panel.measure.name
