"""The search palette: what can be added here, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from hhstudio.core.spec import rules
from hhstudio.core.spec.architectures import ARCHITECTURES
from hhstudio.core.spec.costs import image_shape
from hhstudio.core.tree.topology import Hypernetwork
from hhstudio.gui.state.tree_editor import TreeEditor
from hhstudio.gui.widgets.node_text import architecture_title
from hhstudio.gui.widgets.theme import Theme


@dataclass(frozen=True)
class Offer:
    """One line of the palette. ``refused``: why it cannot be chosen here, if it cannot."""

    title: str
    words: str
    choose: Callable[[], object]
    refused: str = ""


def offers(editor: TreeEditor, source: str, at: tuple[float, float] | None) -> list[Offer]:
    """What ``source`` (empty: nothing) can generate that would appear at a scene position."""
    topology, spec = editor.topology, editor.document.spec
    parent = topology.by_id.get(source)
    if not isinstance(parent, Hypernetwork):
        what = "Loose hypernetwork" if topology.root else "Root hypernetwork"
        return [Offer(what, "add hypernetwork root loose", lambda: editor.add_root(at))]
    default = architecture_title(spec.solver.architecture)
    found = [
        Offer("Child hypernetwork", "add generated", lambda: editor.add_child(source, at)),
        Offer(f"Solver ({default}, as all)", "add path", lambda: editor.add_solver(source, None, at)),
    ]
    shape = image_shape(spec.stream)
    for info in ARCHITECTURES.values():
        side = min(shape[1:]) if shape else info.smallest
        small = f"needs {info.smallest}×{info.smallest} pixels" if side < info.smallest else ""
        found.append(
            Offer(f"Solver: {info.title}", info.summary, _adds(editor, source, info.name, at), small)
        )
    for node in topology.nodes:
        if node.id not in topology.incoming and rules.can_connect(topology, source, node.id).ok:
            found.append(Offer(f"Connect {node.name}", "loose slot", _connects(editor, source, node.id)))
    return found


def _adds(
    editor: TreeEditor, source: str, architecture: str, at: tuple[float, float] | None
) -> Callable[[], object]:
    return lambda: editor.add_solver(source, architecture, at)


def _connects(editor: TreeEditor, source: str, target: str) -> Callable[[], object]:
    return lambda: editor.connect(source, target)


class Palette(QFrame):
    """A popup with a search field; arrows choose, Enter adds, Esc closes."""

    def __init__(self, editor: TreeEditor, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self._editor = editor
        self._offers: list[Offer] = []
        rows = QVBoxLayout(self)
        rows.setContentsMargins(8, 8, 8, 8)
        rows.setSpacing(6)
        self.search = QLineEdit(self)
        self.search.setPlaceholderText("Search what to add")
        self.search.setAccessibleName("Search what to add")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._filter)
        self.search.installEventFilter(self)
        self.list = QListWidget(self)
        self.list.setAccessibleName("What can be added here")
        self.list.setUniformItemSizes(True)
        self.list.itemClicked.connect(self._choose)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        rows.addWidget(self.search)
        rows.addWidget(self.list)
        self.resize(300, 290)

    def open(self, source: str, at: QPointF | None, on_screen: QPoint) -> None:
        """``at``: scene position for what is added, None leaves it to the layout; ``on_screen``: global."""
        if not self._editor.may_edit():
            return
        place = (round(at.x()), round(at.y())) if at is not None else None
        self._offers = offers(self._editor, source, place)
        self.search.clear()
        self._filter("")
        self.move(on_screen)
        self.show()
        self.search.setFocus()

    def set_theme(self, theme: Theme) -> None:
        self.setStyleSheet(
            f"Palette {{ background: {theme.panel}; border: 1px solid {theme.border}; border-radius: 8px; }}"
            f"QListWidget {{ border: none; background: {theme.panel}; color: {theme.text}; outline: none; }}"
            "QListWidget::item { padding: 5px 6px; border-radius: 5px; }"
            f"QListWidget::item:selected {{ background: {theme.selection}; color: {theme.text}; }}"
            f"QListWidget::item:disabled {{ color: {theme.muted}; }}"
        )

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.search and event.type() == QEvent.Type.ShortcutOverride:
            event.accept()  # keys typed here are no commands of the canvas
            return True
        if watched is self.search and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
                self._step(1 if event.key() == Qt.Key.Key_Down else -1)
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Tab):
                self._choose(self.list.currentItem())
                return True
            if event.key() == Qt.Key.Key_Escape:
                self.hide()
                return True
        return super().eventFilter(watched, event)

    def _filter(self, text: str) -> None:
        """Every word typed must occur in an offer's title or words."""
        wanted = text.casefold().split()
        self.list.clear()
        for offer in self._offers:
            if all(word in f"{offer.title} {offer.words}".casefold() for word in wanted):
                item = QListWidgetItem(f"{offer.title}  ({offer.refused})" if offer.refused else offer.title)
                item.setData(Qt.ItemDataRole.UserRole, offer)
                item.setToolTip(offer.refused or offer.words)
                if offer.refused:
                    item.setFlags(Qt.ItemFlag.NoItemFlags)
                self.list.addItem(item)
        self.list.setCurrentRow(-1)
        self._step(1)

    def _step(self, by: int) -> None:
        """To the next line that can be chosen."""
        row, count = self.list.currentRow(), self.list.count()
        for _ in range(count):
            row = (row + by) % count
            if self.list.item(row).flags() & Qt.ItemFlag.ItemIsEnabled:
                self.list.setCurrentRow(row)
                return

    def _choose(self, item: QListWidgetItem | None) -> None:
        if item is None or not item.flags() & Qt.ItemFlag.ItemIsEnabled:
            return
        self.hide()
        item.data(Qt.ItemDataRole.UserRole).choose()
