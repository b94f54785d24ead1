"""Property panel: groups of rows about what is selected, kept in step with the document."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QScrollArea, QToolButton, QVBoxLayout, QWidget

from hhstudio.core.errors import HHStudioError
from hhstudio.core.spec import rules
from hhstudio.core.spec.document import Diff, Document
from hhstudio.core.spec.fields import edit_title
from hhstudio.core.spec.setting import Field
from hhstudio.gui.forms.bindings import Binding, bindings
from hhstudio.gui.forms.field_editor import FieldRow
from hhstudio.gui.widgets.markup import plain

READ_ONLY = "Settings are read-only while a run is on: stop the run to change them"
_OPEN_AT_FIRST = ("hypernetwork", "link")


class PropertyPanel(QScrollArea):
    """Selection in (:meth:`show_selection`), edits of the document out; one undo step an edit, and one a
    movement of a slider."""

    status_message = Signal(str)

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.document = document
        self.groups: list[Group] = []
        self._selection: tuple[str, ...] = ()
        self._locked = ""
        self._open = set(_OPEN_AT_FIRST)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Properties of what is selected")
        self._late = QTimer(self, singleShot=True, interval=0)
        self._late.timeout.connect(self._catch_up)
        self._build()
        document.changed.connect(self._on_changed)

    def show_selection(self, ids: Iterable[str]) -> None:
        """Ids of nodes and slots; others are passed over. None of them: the settings of everything."""
        known = self.document.topology
        chosen = tuple(i for i in ids if i in known.by_id or i in known.slot_by_id)
        if chosen != self._selection:
            self._selection = chosen
            self._build()

    def set_read_only(self, on: bool, reason: str = READ_ONLY) -> None:
        self._locked = reason if on else ""
        for group in self.groups:
            group.body.setEnabled(not on)
            group.setToolTip(plain(self._locked))

    def release(self) -> None:
        """Stop following the document; for when the window goes."""
        self.document.changed.disconnect(self._on_changed, missing_ok=True)
        self._late.stop()

    def row(self, name: str) -> FieldRow:
        """The row of a setting, by its field's name. Raises KeyError."""
        for group in self.groups:
            for row in group.rows:
                if row.field.name == name:
                    return row
        raise KeyError(name)

    # inside --------------------------------------------------------------------------------------------

    def _on_changed(self, diff: Diff) -> None:
        known = self.document.topology
        left = tuple(i for i in self._selection if i in known.by_id or i in known.slot_by_id)
        if left != self._selection:
            self._selection = left
            self._build()
        elif diff.tree or diff.settings:
            self._late.start()  # once, however many edits come before the next paint

    def _build(self) -> None:
        rows = QWidget()
        rows.setObjectName("rows")
        column = QVBoxLayout(rows)
        column.setContentsMargins(12, 4, 12, 12)
        column.setSpacing(2)
        self.groups = []
        for binding in bindings(self.document.spec, self._selection):
            section = getattr(binding, "section", None)
            group = Group(binding, section is None or section in self._open)
            if section is not None:
                group.toggled.connect(lambda opened, name=section: self._toggled(name, opened))
            group.edited.connect(self._edit)
            group.settled.connect(self.document.end_merge)
            group.cancelled.connect(self.document.cancel_merge)
            group.filled.connect(self.refresh_rows)
            column.addWidget(group)
            self.groups.append(group)
        column.addStretch(1)
        self.setWidget(rows)
        self.refresh_rows()
        self.set_read_only(bool(self._locked), self._locked)

    def _catch_up(self) -> None:
        """Show the document as it is: other values, or other rows, as those of another solver."""
        present = [(s.title, s.fields) for s in bindings(self.document.spec, self._selection)]
        if present == [(group.binding.title, group.binding.fields) for group in self.groups]:
            self.refresh_rows()
            return
        at = self.verticalScrollBar().value()
        named = next((r.field.name for g in self.groups for r in g.rows if r.editor.hasFocus()), "")
        self._build()
        for row in (row for group in self.groups for row in group.rows if row.field.name == named):
            row.take_focus()
        self.verticalScrollBar().setValue(at)

    def _toggled(self, section: str, opened: bool) -> None:
        (self._open.add if opened else self._open.discard)(section)

    def refresh_rows(self) -> None:
        """Show the values as they are."""
        spec = self.document.spec
        issues = rules.issues(spec)
        for group in self.groups:
            if not group.rows:
                continue
            binding = group.binding
            notes, wrong = binding.notes(spec), binding.issues(spec, issues)
            for row in group.rows:
                name = row.field.name
                row.show_value(binding.shown(spec, row.field), notes.get(name, ""))
                if name in wrong:
                    row.show_problem(wrong[name])

    def _edit(self, binding: Binding, field: Field, value: Any, more: bool) -> None:
        if self._locked:
            self.status_message.emit(self._locked)
            self.refresh_rows()
            return
        spec = self.document.spec
        try:
            if field.name == "name" and isinstance(value, str) and hasattr(binding, "ids"):
                problem = rules.name_problem(spec.topology, binding.ids[0], value)
                if problem:
                    raise HHStudioError(problem)
            after = binding.edited(spec, field, value)
        except HHStudioError as error:
            self.row(field.name).show_problem(str(error))
            return
        title = edit_title(field)
        if hasattr(binding, "ids"):
            title = f"{title} of {binding.title.partition(':')[0]}"
        merge = f"{binding.title} {field.name}" if more else None
        self.document.apply(title, after, merge)


class Group(QWidget):
    """A title that folds, and the rows below it; the rows are made when they are first seen."""

    edited = Signal(object, object, object, bool)
    settled = Signal()
    cancelled = Signal()
    toggled = Signal(bool)
    filled = Signal()

    def __init__(self, binding: Binding, opened: bool) -> None:
        super().__init__()
        self.binding = binding
        self.rows: list[FieldRow] = []
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.head = QToolButton()
        self.head.setProperty("head", True)
        self.head.setText(binding.title)
        self.head.setCheckable(True)
        self.head.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.head.setAccessibleName(f"{binding.title}, section")
        self.head.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.body = QWidget()
        self._rows_column = QVBoxLayout(self.body)
        self._rows_column.setContentsMargins(2, 0, 0, 8)
        self._rows_column.setSpacing(5)
        column.addWidget(self.head)
        column.addWidget(self.body)
        self.head.toggled.connect(self._fold)
        self.head.setChecked(opened)
        self._fold(opened)

    def _fold(self, opened: bool) -> None:
        self.head.setArrowType(Qt.ArrowType.DownArrow if opened else Qt.ArrowType.RightArrow)
        self.body.setVisible(opened)
        if opened and not self.rows:
            for field in self.binding.fields:
                self._rows_column.addWidget(self._row(field))
            self.filled.emit()
        self.toggled.emit(opened)

    def _row(self, field: Field) -> FieldRow:
        row = FieldRow(field, self.binding.full_name(field), self.binding.resettable)
        row.edited.connect(lambda value, more: self.edited.emit(self.binding, field, value, more))
        row.reset_wanted.connect(lambda: self.edited.emit(self.binding, field, None, False))
        row.settled.connect(self.settled)
        row.cancelled.connect(self.cancelled)
        self.rows.append(row)
        return row
