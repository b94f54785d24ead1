"""Run bar: what will be trained, the buttons of a run, and what it is doing."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QToolButton, QVBoxLayout, QWidget

from hhstudio.core.errors import HHStudioError
from hhstudio.core.run.history import Changes
from hhstudio.gui.forms.quick_settings import QuickSettings
from hhstudio.gui.state.actions import ActionRegistry
from hhstudio.gui.state.session_files import shown_path
from hhstudio.gui.state.workspace import Workspace
from hhstudio.gui.views.runs.divergence_banner import DivergenceBanner
from hhstudio.gui.views.runs.run_issues import sentence
from hhstudio.gui.views.runs.run_notices import RunNotices
from hhstudio.gui.views.runs.run_status import RunStatus
from hhstudio.gui.widgets.banner import Banner
from hhstudio.gui.widgets.icons import icon
from hhstudio.gui.widgets.markup import plain
from hhstudio.gui.widgets.theme import current_theme
from hhstudio.gui.widgets.themed import Themed

_BUTTONS = ("run.options", "run.pause", "run.stop", "run.checkpoint")


class RunBar(QWidget):
    """Reads the workspace and asks it for everything; keeps no state of its own."""

    def __init__(
        self,
        workspace: Workspace,
        registry: ActionRegistry,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.workspace = workspace
        self._registry = registry
        self.settings = QuickSettings()
        self.status = RunStatus()
        self.banner = Banner()
        self.data = _button("data.settings", registry)
        self.start = ActionButton(registry.qaction("run.start"), "start")
        self.resume = ActionButton(registry.qaction("run.continue"), "continue", primary=False)
        self.buttons = {name: _button(name, registry) for name in _BUTTONS}
        top = self._top = QHBoxLayout()
        top.setSpacing(6)
        top.addWidget(self.settings)
        bottom = Qt.AlignmentFlag.AlignBottom
        self.inspect = _menu_button("Inspect", "Look into what the tree generates", registry)
        top.insertWidget(1, self.data, 0, bottom)
        top.insertWidget(2, self.inspect, 0, bottom)
        top.addStretch(1)
        for button in (self.resume, self.start, *self.buttons.values()):
            top.addWidget(button, 0, bottom)
        column = self._column = QVBoxLayout(self)
        column.setContentsMargins(12, 6, 12, 8)
        column.setSpacing(7)
        column.addLayout(top)
        column.addWidget(self.status)
        column.addWidget(self.banner)
        self.settings.preset_requested.connect(workspace.use_preset)
        self.settings.edit_requested.connect(lambda title, fields: workspace.edit(title, fields))
        workspace.document.changed.connect(self._document_changed)
        workspace.scheduler.add(self)
        workspace.run_changed.connect(self.show_all)
        workspace.shown.connect(self.show_all)
        self.show_all()
        self.divergence = DivergenceBanner(workspace, self.banner)  # what these say goes before an issue
        self.notices = RunNotices(workspace, self.banner)

    def show_all(self) -> None:
        """Show document, run and problems as they are now."""
        workspace = self.workspace
        self.settings.show_spec(workspace.document.spec)
        self.settings.setEnabled(not workspace.running)
        self.data.setEnabled(not workspace.running)
        self.resume.setVisible(workspace.can_continue)
        self._fit()
        self._show_problem()
        self.status.set_origin(workspace.session_name, workspace.origin)
        self.status.show_run(workspace.history, workspace.running)
        self._registry.refresh()

    def minimumSizeHint(self) -> QSize:
        """The buttons, and the first setting: the others show themselves where there is room."""
        return QSize(
            self._beside_settings() + self.settings.least_width(), super().minimumSizeHint().height()
        )

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _beside_settings(self) -> int:
        """Pixels of what stands in the row beside the settings."""
        margins = self._column.contentsMargins()
        buttons: list[QWidget] = [self.data, self.inspect, self.resume, self.start, *self.buttons.values()]
        shown = [button for button in buttons if not button.isHidden()]
        wide = sum(button.sizeHint().width() for button in shown)
        return wide + (len(shown) + 1) * self._top.spacing() + margins.left() + margins.right()

    def _fit(self) -> None:
        self.settings.fit(self.width() - self._beside_settings())

    def _document_changed(self, _diff: object) -> None:
        self.show_all()

    def refresh(self, changes: Changes) -> None:
        if changes.progress or changes.state or changes.rewound:
            self.status.show_run(self.workspace.history, self.workspace.running)

    def _show_problem(self) -> None:
        error = None if self.workspace.running else self.workspace.first_error
        if error is not None:
            more = sum(issue.severity == "error" for issue in self.workspace.issues) - 1
            also = f"  (and {more} more)" if more > 0 else ""
            self.banner.say("issue", "warning", f"This cannot be trained yet: {sentence(error)}{also}")
        else:
            self.banner.clear("issue")
        try:
            where = f"Will be kept as {shown_path(self.workspace.runs.next_session)}"
        except HHStudioError as problem:
            where = str(problem)
        self.status.set_idle("Ready" if error is None else "Not ready", where, error is None)


class ActionButton(Themed, QPushButton):
    """A push button that does an action of the registry, and can be pressed when that can."""

    def __init__(self, action: QAction, symbol: str, primary: bool = True) -> None:
        super().__init__(action.text())
        self._action, self._symbol, self._primary = action, symbol, primary
        self.setObjectName(f"button:{action.objectName()}")
        self.setProperty("primary", primary)
        self.setProperty("run", True)
        self.setIconSize(QSize(16, 16))
        self.clicked.connect(action.trigger)
        action.changed.connect(self._follow)
        self._follow()
        self.follow_theme()

    def recolour(self) -> None:
        theme = current_theme()
        self.setIcon(icon(self._symbol, theme.accent_text if self._primary else theme.text, theme.muted))

    def _follow(self) -> None:
        self.setEnabled(self._action.isEnabled())
        self.setToolTip(plain(self._action.toolTip()))


def _menu_button(title: str, tip: str, registry: ActionRegistry) -> QToolButton:
    """Opens the menu of that title."""
    button = QToolButton()
    button.setObjectName(f"button:{title.lower()}")
    button.setText(title)
    button.setToolTip(plain(tip))
    button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setProperty("run", True)
    menu = QMenu(button)
    registry.fill_menu(menu, [action for action in registry if action.menu == title])
    button.setMenu(menu)
    return button


def _button(action: str, registry: ActionRegistry) -> QToolButton:
    button = QToolButton()
    button.setDefaultAction(registry.qaction(action))
    button.setObjectName(f"button:{action}")
    button.setIconSize(QSize(18, 18))
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setProperty("run", True)
    button.setAccessibleName(registry[action].title)
    return button
