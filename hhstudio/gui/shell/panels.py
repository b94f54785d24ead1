"""The panels of the window: each a dock with a view in it, made when it is first seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QWidget

if TYPE_CHECKING:
    from hhstudio.gui.shell.docks import Docks
    from hhstudio.gui.shell.files import Files
    from hhstudio.gui.shell.main_window import MainWindow
    from hhstudio.gui.state.actions import ActionRegistry
    from hhstudio.gui.state.analysis import Inspection
    from hhstudio.gui.state.refresh_scheduler import RefreshScheduler
    from hhstudio.gui.state.selection import Selection
    from hhstudio.gui.state.theming import Theming
    from hhstudio.gui.state.workspace import Workspace

Side = Literal["left", "right", "bottom"]


@dataclass(frozen=True)
class AppContext:
    """What the maker of a panel can reach."""

    workspace: Workspace
    selection: Selection
    inspection: Inspection
    theming: Theming
    registry: ActionRegistry
    files: Files
    window: MainWindow


@dataclass(frozen=True)
class Panel:
    """One view of the window.

    ``key``: shortcut that brings it to the front or hides it. ``side`` and ``row`` (0 upper, 1 lower):
    where it stands at first; panels of one place are tabs in the order of the list, the first in front.
    ``shown``: whether it is there in the default layout; ``roomy``: only in one that is high enough for two
    rows. ``late``: made only after the window has been
    painted, because its imports take long. ``tip``: what it is for, in a sentence. ``menu``: where its action
    is found.

    The widget that ``make`` returns connects itself to what it needs, and may have any of
    ``set_history(History | None)``, ``refresh(Changes)``, ``set_source(Session | None)``,
    ``set_theme(Theme)``, ``set_read_only(bool)``, ``may_close(close)``, ``release()`` and a signal
    ``status_message(str)``.
    """

    name: str
    title: str
    make: Callable[[AppContext], QWidget]
    side: Side
    row: int = 0
    key: str = ""
    shown: bool = True
    roomy: bool = False
    late: bool = False
    tip: str = ""
    menu: str = "View/Panels"


class Panels(QObject):
    """Makes panels when they are first looked at, and tells those that exist what is shown."""

    def __init__(
        self, listed: tuple[Panel, ...], context: AppContext, docks: Docks, scheduler: RefreshScheduler
    ) -> None:
        super().__init__(context.window)
        self.listed = listed
        self._by_name = {panel.name: panel for panel in listed}
        self._context, self._docks, self._scheduler = context, docks, scheduler
        self._made: dict[str, Any] = {}
        self._painted = False
        self._late: list[str] = []
        context.window.installEventFilter(self)
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

    def show(self, name: str) -> Any:
        """Bring a panel to the front; its widget."""
        widget = self[name]
        self._docks.show(name)
        return widget

    def tell(self, method: str, *words: object) -> None:
        """Call a method of every panel that has it."""
        for widget in list(self):
            if hasattr(widget, method):
                getattr(widget, method)(*words)

    def may_close(self, close: Callable[[], object]) -> bool:
        """Whether no panel is in the way of closing the window. One that is asks, and calls ``close``
        when the window may close."""
        return all(panel.may_close(close) for panel in self._made.values() if hasattr(panel, "may_close"))

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
        for method, word in (
            ("set_theme", context.theming.theme),
            ("set_history", workspace.history),
            ("set_source", workspace.source),
            ("set_read_only", workspace.running),
        ):
            if hasattr(widget, method):
                getattr(widget, method)(word)
        if hasattr(widget, "refresh"):
            self._scheduler.add(widget)
        if hasattr(widget, "status_message"):
            widget.status_message.connect(workspace.notice)
        self._docks[panel.name].setWidget(widget)
