"""Sessions panel: a list with search, order, names, and a menu of what can be done with each."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt, QUrl, Signal
from PySide6.QtGui import (
    QAction,
    QActionGroup,
    QDesktopServices,
    QDragEnterEvent,
    QDragMoveEvent,
    QDropEvent,
    QGuiApplication,
    QKeyEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QListView,
    QMenu,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from hhstudio.gui.state.background import BackgroundJobs
from hhstudio.gui.state.rerun_command import TITLE
from hhstudio.gui.state.session_files import shown_path
from hhstudio.gui.views.sessions.delegate import NARROW, SessionDelegate
from hhstudio.gui.views.sessions.model import ENTRY, ORDERS, SessionModel
from hhstudio.gui.widgets.elided_label import ElidedLabel
from hhstudio.gui.widgets.empty_label import EmptyLabel
from hhstudio.gui.widgets.icons import icon
from hhstudio.gui.widgets.markup import Markup, plain
from hhstudio.gui.widgets.theme import current_theme
from hhstudio.gui.widgets.themed import Themed
from hhstudio.gui.widgets.toast import Toast

if TYPE_CHECKING:
    from hhstudio.store.catalog.index import IndexedSession

_EMPTY = Markup(
    "<p style='font-size:15px'><b>Sessions appear here</b></p>"
    "<p>Every run is kept as one file. Press Start, or drop a session here.</p>"
)
_READING = Markup("<p>Reading the folder …</p>")
_NOTHING_FOUND = Markup("<p>No session has all these words.</p>")


class SessionView(QListView):
    """The keys of a list of files: Enter opens, F2 renames, Delete throws away."""

    delete_pressed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMouseTracking(True)
        self.setUniformItemSizes(True)
        self.setSelectionMode(QListView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QListView.EditTrigger.EditKeyPressed)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setAccessibleName("Sessions")

    def resizeEvent(self, event: QResizeEvent) -> None:
        delegate = self.itemDelegate()
        narrow = event.size().width() < NARROW
        if isinstance(delegate, SessionDelegate) and delegate.narrow != narrow:
            delegate.narrow = narrow
            self.scheduleDelayedItemsLayout()
        super().resizeEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Delete and self.currentIndex().isValid():
            self.delete_pressed.emit()
            return
        super().keyPressEvent(event)


class SessionList(Themed, QWidget):
    """Asks for what the user wants: signals ``…_requested`` carry a Path, ``rename_requested`` the new name
    too; ``delete_requested`` and ``compare_requested`` carry a list of them, ``added`` a list of files that
    were dropped."""

    open_requested = Signal(object)
    duplicate_requested = Signal(object)
    delete_requested = Signal(object)
    compare_requested = Signal(object)
    recover_requested = Signal(object)
    notes_requested = Signal(object)
    command_requested = Signal(object)
    rename_requested = Signal(object, str)
    added = Signal(object)
    folder_requested = Signal()
    selection_changed = Signal()

    def __init__(self, jobs: BackgroundJobs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAcceptDrops(True)
        self.model = SessionModel(jobs, self)
        self.list = SessionView()
        self.delegate = SessionDelegate(self.list)
        self.list.setModel(self.model)
        self.list.setItemDelegate(self.delegate)
        self.list.customContextMenuRequested.connect(self._menu_at)
        self.list.activated.connect(lambda index: self.open_requested.emit(index.data(ENTRY).session.path))
        self.list.delete_pressed.connect(lambda: self.delete_requested.emit(self.selected_paths()))
        self.list.selectionModel().selectionChanged.connect(self.selection_changed)
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search: name, data, state, #tag")
        self.search.setClearButtonEnabled(True)
        self.search.setAccessibleName("Search sessions")
        self.search.textChanged.connect(self._searched)
        self.search.returnPressed.connect(self._open_first)
        self.sorter = QToolButton()
        self.sorter.setToolTip("Order of the list")
        self.sorter.setAccessibleName("Order of the list")
        self.sorter.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.sorter.setMenu(self._order_menu())
        self.empty = EmptyLabel(_EMPTY)
        self.empty.setMargin(14)
        self.toast = Toast()
        self.where = ElidedLabel("")
        self.where.setProperty("muted", True)
        self.choose = QToolButton()
        self.choose.setToolTip("Choose the sessions folder")
        self.choose.setAccessibleName("Choose the sessions folder")
        self.choose.clicked.connect(self.folder_requested)
        self._stack = QStackedLayout()
        self._arrange()
        self.model.modelAboutToBeReset.connect(self._remember)
        self.model.modelReset.connect(self._shown)
        self.model.read.connect(self._shown)
        self.model.renamed.connect(self.rename_requested)
        self._chosen: Path | None = None
        self._scrolled = 0
        self.follow_theme()
        self._shown()

    def recolour(self) -> None:
        theme = current_theme()
        self.choose.setIcon(icon("folder", theme.text))
        self.sorter.setIcon(icon("sort", theme.text))

    def _arrange(self) -> None:
        self._stack.addWidget(self.list)
        self._stack.addWidget(self.empty)
        head, foot = QHBoxLayout(), QHBoxLayout()
        head.setContentsMargins(8, 2, 6, 0)
        head.setSpacing(4)
        head.addWidget(self.search, 1)
        head.addWidget(self.sorter)
        foot.setContentsMargins(10, 0, 6, 4)
        foot.addWidget(self.where, 1)
        foot.addWidget(self.choose)
        word = QHBoxLayout()
        word.setContentsMargins(6, 0, 6, 0)
        word.addWidget(self.toast)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(4)
        column.addLayout(head)
        column.addLayout(self._stack, 1)
        column.addLayout(word)
        column.addLayout(foot)

    def set_folder(self, folder: Path) -> None:
        self.where.setToolTip(plain(str(folder)))
        self.model.set_folder(folder)
        self._shown()

    def look(self) -> None:
        self.model.look()

    def set_current(self, path: Path | None) -> None:
        """Mark the session that the window shows."""
        self.delegate.current = path
        self.list.viewport().update()

    def selected_paths(self) -> list[Path]:
        """The sessions that are selected, in the order of the list."""
        rows = sorted(index.row() for index in self.list.selectedIndexes())
        return [self.model.rows[row].session.path for row in rows]

    def choose_session(self, path: Path) -> None:
        """Select a session once it is in the list."""
        self._chosen = path
        self._choose_again()

    def menu(self, entry: IndexedSession) -> QMenu:
        """What can be done with a session."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        path, session = entry.session.path, entry.session
        selected = self.selected_paths()
        several = selected if path in selected else [path]
        fine, idle = not session.error, session.state != "running"

        def add(title: str, call: object, enabled: bool = True, keys: str = "") -> None:
            action = menu.addAction(title)
            action.setEnabled(enabled)
            if keys:
                action.setShortcut(keys)  # shown only: the list itself answers the key
            action.triggered.connect(lambda: call())  # type: ignore[operator]

        add("Open", lambda: self.open_requested.emit(path), fine)
        add("Use its settings for a new run", lambda: self.duplicate_requested.emit(path), fine)
        add(TITLE, lambda: self.command_requested.emit(path), fine)
        title = f"Compare {len(several)} sessions" if len(several) > 1 else "Add to the comparison"
        add(title, lambda: self.compare_requested.emit(several), fine)
        add("Recover …", lambda: self.recover_requested.emit(path), bool(session.error))
        menu.addSeparator()
        add("Rename", lambda: self.list.edit(self.model.find(path)), idle and fine, "F2")
        add("Notes and tags …", lambda: self.notes_requested.emit(path))
        menu.addSeparator()
        add("Show in its folder", lambda: reveal(path))
        add("Copy its path", lambda: QGuiApplication.clipboard().setText(str(path)))
        menu.addSeparator()
        trash = "Move to the trash" if len(several) < 2 else f"Move {len(several)} sessions to the trash"
        add(trash, lambda: self.delete_requested.emit(several), idle, "Del")
        return menu

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _sessions_in(event):
            event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        if _sessions_in(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        files = _sessions_in(event)
        if files:
            event.acceptProposedAction()
            self.added.emit(files)

    def _order_menu(self) -> QMenu:
        menu, group = QMenu(self), QActionGroup(self)
        for order, (title, _) in ORDERS.items():
            action = QAction(title, menu, checkable=True)
            action.setChecked(order == self.model.order)
            action.triggered.connect(lambda _=False, order=order: self.model.set_order(order))
            group.addAction(action)
            menu.addAction(action)
        return menu

    def _menu_at(self, at: QPoint) -> None:
        index = self.list.indexAt(at)
        if index.isValid():
            self.menu(index.data(ENTRY)).popup(self.list.viewport().mapToGlobal(at))

    def _searched(self, text: str) -> None:
        self.model.set_search(text)
        self._shown()

    def _open_first(self) -> None:
        if self.model.rows:
            self.open_requested.emit(self.model.rows[0].session.path)

    def _remember(self) -> None:
        index = self.list.currentIndex()
        if index.isValid() and self._chosen is None:
            self._chosen = index.data(ENTRY).session.path
        self._scrolled = self.list.verticalScrollBar().value()

    def _shown(self) -> None:
        some = bool(self.model.rows)
        self._stack.setCurrentWidget(self.list if some else self.empty)
        self.empty.setText(_READING if self.model.unread else _NOTHING_FOUND if self.model.count else _EMPTY)
        count, all_of_them = len(self.model.rows), self.model.count
        number = f"{count} of {all_of_them}" if count < all_of_them else str(count)
        sessions = f"{number} session{'' if all_of_them == 1 else 's'} in " if all_of_them else ""
        self.where.setText(sessions + shown_path(self.model.folder))
        if some:
            self.list.verticalScrollBar().setValue(self._scrolled)
            self._choose_again()

    def _choose_again(self) -> None:
        if self._chosen is None:
            return
        index = self.model.find(self._chosen)
        if index.isValid():
            self.list.setCurrentIndex(index)
            self._chosen = None


def reveal(path: Path) -> None:
    """Show a file's folder in the system's file manager."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path.parent)))


def _sessions_in(event: QDropEvent) -> list[Path]:
    """The local session files that are dragged."""
    files = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
    return [file for file in files if file.suffix.lower() == ".h5"]
