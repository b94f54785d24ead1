"""Where panels are: in the grid, in which order, hidden, or in windows of their own."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Signal
from PySide6.QtGui import QCloseEvent, Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from hhstudio.gui.curves.panel import CurvePanel
from hhstudio.gui.curves.settings import Settings

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


class Arrangement:
    """Decides which panels stand in the grid, and keeps the windows of the others."""

    def __init__(self, settings: Settings, home: QWidget) -> None:
        self._settings, self._home = settings, home
        self.windows: dict[Key, PanelWindow] = {}

    def in_grid(self, panels: dict[Key, CurvePanel]) -> list[CurvePanel]:
        """Panels of the grid, in order; windows of panels that are gone are closed."""
        for key in [key for key in self.windows if key not in panels]:
            self.windows.pop(key).close()
        shown = [key for key in panels if key not in self._settings.hidden_panels and key not in self.windows]
        return [panels[key] for key in self._settings.arranged(shown)]

    def detach(self, panel: CurvePanel) -> PanelWindow:
        """A window for a panel, shown; None of the grid's business until it is closed."""
        window = self.windows[key_of(panel)] = PanelWindow(panel, self._home.window())
        window.closed.connect(lambda panel: self.windows.pop(key_of(panel), None))
        window.show()
        return window

    def move(self, panel: CurvePanel, by: int, panels: dict[Key, CurvePanel]) -> None:
        """Before the one before it, or behind the one behind it."""
        order = self._settings.arranged(list(panels))
        at = order.index(key_of(panel))
        order.insert(max(0, min(at + by, len(order) - 1)), order.pop(at))
        self._settings.order = order

    def drop(self, panel: CurvePanel, at: QPoint, panels: dict[Key, CurvePanel]) -> bool:
        """Put a panel in the place of the one at a global position; False where there is none."""
        for key, other in panels.items():
            inside = other.rect().contains(other.mapFromGlobal(at))
            if other is not panel and other.isVisible() and key not in self.windows and inside:
                order = self._settings.arranged(list(panels))
                target = order.index(key)
                order.remove(key_of(panel))
                order.insert(target, key_of(panel))
                self._settings.order = order
                return True
        return False

    def close(self) -> None:
        """Close every window."""
        for window in list(self.windows.values()):
            window.close()


def key_of(panel: CurvePanel) -> Key:
    return panel.path, panel.measure.name
