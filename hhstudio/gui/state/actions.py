"""Action registry: everything that can be done, once, and the one table of keys. Menus, toolbars, context
menus, the palette, the shortcut editor and the keys of every area of the window read it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction, QIcon, QKeySequence, QShortcut
from PySide6.QtWidgets import QMenu, QMenuBar, QWidget

from hhstudio.gui.widgets.icons import icon
from hhstudio.gui.widgets.markup import plain
from hhstudio.gui.widgets.theme import current_theme

MENUS = ("File", "Edit", "Tree", "Run", "Inspect", "View", "Help")
"""Menus in their order on the bar; a menu that no action names is left out."""


@dataclass(frozen=True)
class Action:
    """One thing that a user can do.

    ``id``: dotted, as ``run.start``. ``title``: as in the menu, without an ampersand. ``shortcut``: a
    portable key sequence (``Ctrl+Shift+P``; several separated by ``; ``) or empty. ``enabled_when`` is
    asked when the registry is refreshed and before each use; ``checked_when`` makes a check box.
    ``reason_when_disabled`` may say why it cannot be done now. ``menu``: one of :data:`MENUS`, with a
    sub-menu behind a slash, or empty for the palette only. ``group``: a separator stands between
    groups. ``where``: the areas of the window in which the shortcut counts, while one of them has the
    focus (see :class:`FocusKeys`); empty for the whole window. So two areas may use one key differently.
    """

    id: str
    title: str
    callback: Callable[[], object]
    shortcut: str = ""
    enabled_when: Callable[[], bool] | None = None
    checked_when: Callable[[], bool] | None = None
    reason_when_disabled: Callable[[], str] | None = None
    icon: str = ""
    menu: str = ""
    group: str = ""
    tip: str = ""
    where: tuple[str, ...] = ()

    @property
    def enabled(self) -> bool:
        return self.enabled_when is None or self.enabled_when()

    @property
    def why_not(self) -> str:
        """What to say to somebody who wants it while it cannot be done."""
        reason = self.reason_when_disabled() if self.reason_when_disabled is not None else ""
        return reason or f"{self.title}: not with what is selected"

    def meets(self, other: Action) -> bool:
        """Whether there is a place in the window where the keys of both count."""
        return not self.where or not other.where or not set(self.where).isdisjoint(other.where)


class ActionRegistry(QObject):
    """Actions by id, each with one QAction that all menus and buttons share. ``keys_changed``: an
    action, by id, is new or has other keys."""

    keys_changed = Signal(str)

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._actions: dict[str, Action] = {}
        self._shown: dict[str, QAction] = {}
        self.areas: list[FocusKeys] = []

    def __iter__(self) -> Iterator[Action]:
        return iter(self._actions.values())

    def __getitem__(self, action_id: str) -> Action:
        return self._actions[action_id]

    def __contains__(self, action_id: object) -> bool:
        return action_id in self._actions

    def add(self, *actions: Action) -> None:
        """Register. Raises ValueError when an id is taken, or a shortcut where the action's would count."""
        for action in actions:
            if action.id in self._actions:
                raise ValueError(f"there is an action {action.id!r} already")
            for key in key_sequences(action.shortcut):
                holder = self.holder(action, key)
                if holder is not None:
                    raise ValueError(f"{action.id}: {key.toString()} already belongs to {holder.id}")
            self._actions[action.id] = action
            self._shown[action.id] = self._make(action)
            self.keys_changed.emit(action.id)

    def holder(self, action: Action, key: QKeySequence) -> Action | None:
        """The other action that has a key in a place where this one's keys count."""
        for other in self:
            if other.id != action.id and other.meets(action) and key in key_sequences(other.shortcut):
                return other
        return None

    def rebind(self, action_id: str, shortcut: str) -> None:
        """Give an action other keys (:attr:`Action.shortcut`), everywhere. Who asks has looked for
        conflicts."""
        action = replace(self._actions[action_id], shortcut=shortcut)
        self._actions[action_id] = action
        self._shown[action_id].setShortcuts(key_sequences(shortcut))
        self._shown[action_id].setToolTip(plain(_tooltip(action, "")))
        self.keys_changed.emit(action_id)

    def qaction(self, action_id: str) -> QAction:
        """The QAction of an id, to be put on a button or in a menu. Raises KeyError."""
        return self._shown[action_id]

    def trigger(self, action_id: str) -> bool:
        """Do it, if it can be done now; says whether it was."""
        action = self._actions[action_id]
        if not action.enabled:
            return False
        area = next((area for area in self.areas if area.has_focus), None)
        if area is None or not area.do_own(action_id):
            action.callback()
        self.refresh()
        return True

    def refresh(self) -> None:
        """Ask every action anew whether it can be done."""
        for action_id, action in self._actions.items():
            shown, enabled = self._shown[action_id], action.enabled
            shown.setEnabled(enabled)
            why = "" if enabled or action.reason_when_disabled is None else action.reason_when_disabled()
            shown.setToolTip(plain(_tooltip(action, why)))
            if action.checked_when is not None:
                shown.setChecked(action.checked_when())

    def recolour(self) -> None:
        """Give the actions icons in the colours of the current theme."""
        for action_id, action in self._actions.items():
            if action.icon:
                self._shown[action_id].setIcon(_icon(action))

    def fill_menu_bar(self, bar: QMenuBar) -> None:
        """Build the menus in order; their actions are brought up to date whenever one opens."""
        bar.clear()
        for title in MENUS:
            mine = [a for a in self if a.menu.split("/")[0] == title]
            if mine:
                self.fill_menu(bar.addMenu(f"&{title}"), mine, depth=1)

    def fill_menu(self, menu: QMenu, actions: Iterable[Action], depth: int = 0) -> None:
        """Put actions into a menu, groups apart, sub-menus where :attr:`Action.menu` names them below
        ``depth`` levels."""
        menu.setToolTipsVisible(True)
        menu.aboutToShow.connect(self.refresh)
        below: dict[str, QMenu] = {}
        group: str | None = None
        for action in actions:
            if group is not None and action.group != group:
                menu.addSeparator()
            group = action.group
            parts = action.menu.split("/")[depth:] if depth else []
            if parts and parts[0] not in below:
                below[parts[0]] = menu.addMenu(parts[0])
            (below[parts[0]] if parts else menu).addAction(self._shown[action.id])

    def _make(self, action: Action) -> QAction:
        shown = QAction(action.title, self)
        shown.setObjectName(action.id)
        shown.setShortcuts(key_sequences(action.shortcut))
        shown.setToolTip(plain(_tooltip(action, "")))
        shown.setCheckable(action.checked_when is not None)
        if action.icon:
            shown.setIcon(_icon(action))
        shown.triggered.connect(lambda: self.trigger(action.id))
        if action.where:  # shown beside the title only: FocusKeys listens
            shown.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        else:
            self._window.addAction(shown)
        return shown


class FocusKeys(QObject):
    """The keys of one area of the window: those of the actions whose ``where`` names the area count while
    ``widget`` itself has the focus. What cannot be done now is answered with the reason, by ``say``.
    ``own``: what this area does in its own way while it has the focus, by action; it says whether it did."""

    def __init__(
        self,
        registry: ActionRegistry,
        area: str,
        widget: QWidget,
        say: Callable[[str], object],
        own: Mapping[str, Callable[[], bool]] | None = None,
    ) -> None:
        super().__init__(widget)
        self._registry, self._area, self._widget = registry, area, widget
        self._say, self._own = say, own or {}
        self._shortcuts: dict[str, list[QShortcut]] = {}
        registry.areas.append(self)
        widget.destroyed.connect(lambda: registry.areas.remove(self))
        registry.keys_changed.connect(self._listen_for)
        for action in registry:
            self._listen_for(action.id)

    @property
    def has_focus(self) -> bool:
        return self._widget.hasFocus()

    def do_own(self, action_id: str) -> bool:
        """Do an action in this area's own way; False where it has none."""
        return action_id in self._own and self._own[action_id]()

    def _pressed(self, action_id: str) -> None:
        if not self._registry.trigger(action_id):
            self._say(self._registry[action_id].why_not)

    def _listen_for(self, action_id: str) -> None:
        action = self._registry[action_id]
        for shortcut in self._shortcuts.pop(action_id, []):
            shortcut.setEnabled(False)
            shortcut.deleteLater()
        if self._area not in action.where:
            return
        for key in key_sequences(action.shortcut):
            shortcut = QShortcut(key, self._widget)
            shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
            shortcut.activated.connect(lambda: self._pressed(action_id))
            self._shortcuts.setdefault(action_id, []).append(shortcut)


@cache
def key_sequences(shortcut: str) -> tuple[QKeySequence, ...]:
    """The sequences of :attr:`Action.shortcut`, in order."""
    return tuple(QKeySequence(key.strip()) for key in shortcut.split(";") if key.strip())


def _tooltip(action: Action, why: str) -> str:
    first = action.shortcut.split(";")[0].strip()
    keys = f" ({QKeySequence(first).toString(QKeySequence.SequenceFormat.NativeText)})" if first else ""
    text = f"{action.tip or action.title}{keys}"
    return f"{text}\n{why}" if why else text


def _icon(action: Action) -> QIcon:
    theme = current_theme()
    return icon(action.icon, theme.text, theme.border)
