"""Panels of the window: each a dock with a view in it, made when it is first seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QWidget

if TYPE_CHECKING:
    from hhstudio.gui.shell.context import AppContext
    from hhstudio.gui.shell.docks import Docks
    from hhstudio.gui.shell.panel import Panel


class Panels(QObject):
    """Makes panels when they are first looked at, and tells those that exist what is shown."""

    def __init__(self, listed: tuple[Panel, ...], context: AppContext, docks: Docks) -> None:
        window = context.shell.window()
        super().__init__(window)
        self._by_name = {panel.name: panel for panel in listed}
        self._context, self._docks = context, docks
        self._made: dict[str, Any] = {}
        self._painted = False
        self._late: list[str] = []
        window.installEventFilter(self)
        for panel in listed:
            docks.add(panel)
            docks[panel.name].visibilityChanged.connect(lambda seen, name=panel.name: self._seen(name, seen))

    def __getitem__(self, name: str) -> Any:
        """The widget of a panel, made now if it has not been. Raises KeyError."""
        if name not in self._made:
            self._make(self._by_name[name])
        return self._made[name]

    def __iter__(self) -> Iterator[QWidget]:
        """The widgets that there are."""
        return iter(self._made.values())

    def made(self, name: str) -> Any | None:
        """The widget of a panel, None where it has not been made yet."""
        return self._made.get(name)

    def show(self, name: str) -> Any:
        """Bring a panel to the front; its widget."""
        widget = self[name]
        self._docks.show(name)
        return widget

    def guide_of(self, name: str) -> str:
        """Where the guide tells of a panel. Raises KeyError."""
        return self._by_name[name].guide

    def tell(self, method: str, *values: object) -> None:
        """Call a method of every panel that has it."""
        for widget in list(self):
            if hasattr(widget, method):
                getattr(widget, method)(*values)

    def may_close(self, close: Callable[[], object]) -> bool:
        """Whether no panel is in the way of closing the window. One that is asks, and calls ``close``
        when the window may close."""
        return all(widget.may_close(close) for widget in self if hasattr(widget, "may_close"))

    def _seen(self, name: str, seen: bool) -> None:
        if not seen or name in self._made:
            return
        if not self._by_name[name].late:
            self._make(self._by_name[name])
        elif self._painted:
            QTimer.singleShot(0, self, lambda: self[name])
        elif name not in self._late:
            self._late.append(name)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Late panels are made once the window has been painted: a person sees it 0.3 s earlier."""
        if event.type() == QEvent.Type.Paint:
            watched.removeEventFilter(self)
            self._painted = True
            QTimer.singleShot(0, self, self._make_late)
        return False

    def _make_late(self) -> None:
        late, self._late = self._late, []
        for name in late:
            self[name]

    def _make(self, panel: Panel) -> None:
        context, workspace = self._context, self._context.workspace
        widget: Any = panel.make(context)
        self._made[panel.name] = widget
        for method, value in (
            ("set_history", workspace.history),
            ("set_source", workspace.source),
            ("set_read_only", workspace.running),
            ("set_origin", workspace.origin),
        ):
            if hasattr(widget, method):
                getattr(widget, method)(value)
        if hasattr(widget, "refresh"):
            workspace.scheduler.add(widget)
        if hasattr(widget, "status_message"):
            widget.status_message.connect(workspace.notice)
        self._docks[panel.name].setWidget(widget)
