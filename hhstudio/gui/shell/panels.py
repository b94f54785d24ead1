"""The parts of the window: each a dock with a view in it, made when it is first seen."""

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
    from hhstudio.gui.state.refresh_scheduler import Turns
    from hhstudio.gui.state.selection import Selection
    from hhstudio.gui.state.theming import Theming
    from hhstudio.gui.state.workspace import Studio

Side = Literal["left", "right", "bottom"]


@dataclass(frozen=True)
class Workbench:
    """What the maker of a part can reach."""

    studio: Studio
    selection: Selection
    inspection: Inspection
    theming: Theming
    registry: ActionRegistry
    files: Files
    window: MainWindow


@dataclass(frozen=True)
class Part:
    """One view of the window.

    ``key``: shortcut that brings it to the front or hides it. ``side`` and ``row`` (0 upper, 1 lower):
    where it stands at first; parts of one place are tabs in the order of the list, the first in front.
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
    make: Callable[[Workbench], QWidget]
    side: Side
    row: int = 0
    key: str = ""
    shown: bool = True
    roomy: bool = False
    late: bool = False
    tip: str = ""
    menu: str = "View/Panels"


class Parts(QObject):
    """Makes parts when they are first looked at, and tells those that exist what is shown."""

    def __init__(self, listed: tuple[Part, ...], bench: Workbench, docks: Docks, turns: Turns) -> None:
        super().__init__(bench.window)
        self.listed = listed
        self._by_name = {part.name: part for part in listed}
        self._bench, self._docks, self._turns = bench, docks, turns
        self._made: dict[str, Any] = {}
        self._painted = False
        self._late: list[str] = []
        bench.window.installEventFilter(self)
        for part in listed:
            docks.add(part)
            docks[part.name].visibilityChanged.connect(lambda seen, name=part.name: self._seen(name, seen))

    def __getitem__(self, name: str) -> Any:
        """The widget of a part, made now if it has not been. Raises KeyError."""
        if name not in self._made:
            self._make(self._by_name[name])
        return self._made[name]

    def __iter__(self) -> Iterator[QWidget]:
        """The widgets that there are."""
        return iter(self._made.values())

    def show(self, name: str) -> Any:
        """Bring a part to the front; its widget."""
        widget = self[name]
        self._docks.show(name)
        return widget

    def tell(self, method: str, *words: object) -> None:
        """Call a method of every part that has it."""
        for widget in list(self):
            if hasattr(widget, method):
                getattr(widget, method)(*words)

    def may_close(self, close: Callable[[], object]) -> bool:
        """Whether no part is in the way of closing the window. One that is asks, and calls ``close`` when the
        window may close."""
        return all(part.may_close(close) for part in self._made.values() if hasattr(part, "may_close"))

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
        """Late parts are made once the window has been painted: a person sees it 0.3 s earlier."""
        if event.type() == QEvent.Type.Paint:
            watched.removeEventFilter(self)
            self._painted = True
            QTimer.singleShot(0, self, self._make_late)
        return False

    def _make_late(self) -> None:
        late, self._late = self._late, []
        for name in late:
            self[name]

    def _make(self, part: Part) -> None:
        bench, studio = self._bench, self._bench.studio
        widget: Any = part.make(bench)
        self._made[part.name] = widget
        for method, word in (
            ("set_theme", bench.theming.theme),
            ("set_history", studio.history),
            ("set_source", studio.source),
            ("set_read_only", studio.running),
        ):
            if hasattr(widget, method):
                getattr(widget, method)(word)
        if hasattr(widget, "refresh"):
            self._turns.add(widget)
        if hasattr(widget, "status_message"):
            widget.status_message.connect(studio.notice)
        self._docks[part.name].setWidget(widget)
