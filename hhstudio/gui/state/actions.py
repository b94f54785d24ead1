"""Everything that can be done, once: menus, toolbars, context menus and the palette read this registry."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar, QWidget

from hhstudio.gui.widgets.icons import icon
from hhstudio.gui.widgets.theme import LIGHT, Theme

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
    groups. ``scope``: "widget" limits the shortcut to the widget that registered the action.
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
    scope: str = "window"

    @property
    def enabled(self) -> bool:
        return self.enabled_when is None or self.enabled_when()

    def with_keys(self, shortcut: str) -> Action:
        """The same with other keys."""
        return replace(self, shortcut=shortcut)


class ActionRegistry(QObject):
    """Actions by id, each with one QAction that all menus and buttons share."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._actions: dict[str, Action] = {}
        self._shown: dict[str, QAction] = {}
        self._owners: dict[str, QWidget] = {}
        self._theme = LIGHT

    def __iter__(self) -> Iterator[Action]:
        return iter(self._actions.values())

    def __getitem__(self, action_id: str) -> Action:
        return self._actions[action_id]

    def __contains__(self, action_id: object) -> bool:
        return action_id in self._actions

    def add(self, *actions: Action, owner: QWidget | None = None) -> None:
        """Register. Raises ValueError when an id or a window-wide shortcut is taken already."""
        for action in actions:
            if action.id in self._actions:
                raise ValueError(f"there is an action {action.id!r} already")
            self._refuse_taken_shortcuts(action)
            self._actions[action.id] = action
            self._owners[action.id] = owner or self._window
            self._shown[action.id] = self._make(action, owner)

    def owner(self, action_id: str) -> QWidget:
        """The widget that registered an action; the window for those of the whole window."""
        return self._owners[action_id]

    def rebind(self, action_id: str, shortcut: str) -> None:
        """Give an action other keys (:attr:`Action.shortcut`), everywhere. Who asks has looked for
        conflicts. An owner with a method ``rebind`` is told."""
        action = self._actions[action_id].with_keys(shortcut)
        self._actions[action_id] = action
        self._shown[action_id].setShortcuts(key_sequences(shortcut))
        self._shown[action_id].setToolTip(_tooltip(action, ""))
        tell = getattr(self._owners[action_id], "rebind", None)
        if tell is not None:
            tell(action_id, shortcut)

    def qaction(self, action_id: str) -> QAction:
        """The QAction of an id, to be put on a button or in a menu. Raises KeyError."""
        return self._shown[action_id]

    def trigger(self, action_id: str) -> bool:
        """Do it, if it can be done now; says whether it was."""
        action = self._actions[action_id]
        if not action.enabled:
            return False
        action.callback()
        self.refresh()
        return True

    def refresh(self) -> None:
        """Ask every action anew whether it can be done."""
        for action_id, action in self._actions.items():
            shown, enabled = self._shown[action_id], action.enabled
            shown.setEnabled(enabled)
            why = "" if enabled or action.reason_when_disabled is None else action.reason_when_disabled()
            shown.setToolTip(_tooltip(action, why))
            if action.checked_when is not None:
                shown.setChecked(action.checked_when())

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        for action_id, action in self._actions.items():
            if action.icon:
                self._shown[action_id].setIcon(icon(action.icon, theme.text, theme.border))

    def fill_menu_bar(self, bar: QMenuBar) -> None:
        """Build the menus in order; their actions are brought up to date whenever one opens."""
        bar.clear()
        for title in MENUS:
            mine = [a for a in self if a.menu.split("/")[0] == title]
            if mine:
                self.fill_menu(bar.addMenu(f"&{title}"), mine, depth=1)

    def fill_menu(self, menu: QMenu, actions: Iterable[Action], depth: int = 0) -> None:
        """Put actions into a menu, groups apart, sub-menus where :attr:`Action.menu` names them."""
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

    def _make(self, action: Action, owner: QWidget | None) -> QAction:
        shown = QAction(action.title, self)
        shown.setObjectName(action.id)
        shown.setShortcuts(key_sequences(action.shortcut))
        if action.scope == "widget":
            shown.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        shown.setToolTip(_tooltip(action, ""))
        shown.setCheckable(action.checked_when is not None)
        if action.icon:
            shown.setIcon(icon(action.icon, self._theme.text, self._theme.border))
        shown.triggered.connect(lambda: self.trigger(action.id))
        (owner or self._window).addAction(shown)
        return shown

    def _refuse_taken_shortcuts(self, action: Action) -> None:
        if action.scope != "window":
            return
        for key in filter(None, (k.strip() for k in action.shortcut.split(";"))):
            for other in self:
                if other.scope == "window" and key in (k.strip() for k in other.shortcut.split(";")):
                    raise ValueError(f"{action.id}: {key} already belongs to {other.id}")


def key_sequences(shortcut: str) -> list[QKeySequence]:
    """The sequences of :attr:`Action.shortcut`, in order."""
    return [QKeySequence(key.strip()) for key in shortcut.split(";") if key.strip()]


def _tooltip(action: Action, why: str) -> str:
    first = action.shortcut.split(";")[0].strip()
    keys = f" ({QKeySequence(first).toString(QKeySequence.SequenceFormat.NativeText)})" if first else ""
    text = f"{action.tip or action.title}{keys}"
    return f"{text}\n{why}" if why else text
