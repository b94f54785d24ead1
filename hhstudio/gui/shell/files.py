"""Files: opening, saving and recovering them, with the questions that belong to it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QFileDialog, QMainWindow

from hhstudio.core.errors import HHStudioError
from hhstudio.core.formatting import moment
from hhstudio.core.session_names import file_stem
from hhstudio.gui.state.autosave import Leftover
from hhstudio.gui.state.session_files import shown_path
from hhstudio.gui.state.workspace import Workspace
from hhstudio.gui.views.sessions.recovery_dialog import RecoveryDialog
from hhstudio.gui.views.tree.canvas.scene import TreeScene
from hhstudio.gui.views.tree.canvas.tree_export import write_tree
from hhstudio.gui.widgets import dialogs
from hhstudio.gui.widgets.chooser import Chooser, ChooserItem
from hhstudio.gui.widgets.dialogs import ROLE

if TYPE_CHECKING:
    from hhstudio.store.recovery.recover import Report

_OPENABLE = (
    "What can be opened (*.h5 *.json *.png *.svg);;Sessions (*.h5);;Specs and trees (*.json);;"
    "Pictures that hold a document (*.png *.svg);;All files (*)"
)
_EXPORTS = "Picture, SVG (*.svg);;Picture, PNG (*.png);;Tree, JSON (*.json);;Graph, GraphML (*.graphml)"


class Files(QObject):
    """Asks the user, then the workspace."""

    def __init__(self, workspace: Workspace, window: QMainWindow) -> None:
        super().__init__(window)
        self.workspace = workspace
        self.window = window
        self._unsaved = dialogs.Question()
        self._then: Callable[[], object] = _nothing
        self._save_dialog: QFileDialog | None = None

    def new(self) -> None:
        self.unless_unsaved(self.workspace.new)

    def new_from(self, example: str) -> None:
        self.unless_unsaved(lambda: self.workspace.new_from(example))

    def choose_recent(self) -> Chooser:
        """What was opened or saved lately."""
        entries = [
            ChooserItem(path.name, partial(self.open, path), shown_path(path.parent), tip=str(path))
            for path in self.workspace.preferences.recent_files
        ]
        chooser = Chooser(entries, "Type a part of the name" if entries else "Nothing yet", self.window)
        chooser.show()
        return chooser

    def export_tree(self, scene: TreeScene) -> QFileDialog:
        """Ask where the tree is to be drawn or written; the suffix is the format."""
        spec = self.workspace.document.spec
        name = f"{file_stem(spec.name)}.svg"
        dialog = QFileDialog(self.window, "Export the tree", name, _EXPORTS)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.selectFile(name)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)

        def chosen(file: str) -> None:
            path = Path(file)
            if not path.suffix:
                path = path.with_suffix(dialog.selectedNameFilter().split("*")[1].rstrip(")"))
            if self.workspace.guarded("Export", lambda: write_tree(spec, scene, path)):
                self.workspace.notice.emit(f"Saved {shown_path(path)}")

        dialog.fileSelected.connect(chosen)
        dialog.open()
        return dialog

    def choose(self) -> None:
        """The open dialog."""
        dialog = QFileDialog(self.window, "Open a session or a spec", "", _OPENABLE)
        dialog.setDirectory(str(self.workspace.preferences.sessions_folder))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda name: self.open(Path(name)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def open(self, path: Path) -> None:
        self.unless_unsaved(lambda: self.workspace.open(path))

    def save(self) -> None:
        if self.workspace.spec_path is None:
            self.save_as()
        else:
            self.workspace.save_spec(self.workspace.spec_path)

    def save_as(self, then: Callable[[], object] | None = None) -> None:
        """The save dialog; ``then`` is called when it was saved."""
        self._save_dialog = dialog = self._ask_where_to_save()

        def chosen(name: str) -> None:
            if self.workspace.save_spec(Path(name)) and then is not None:
                then()

        def finished() -> None:
            self._save_dialog = None
            dialog.deleteLater()

        dialog.fileSelected.connect(chosen)
        dialog.finished.connect(finished)
        dialog.open()

    def _ask_where_to_save(self) -> QFileDialog:
        name = f"{file_stem(self.workspace.document.spec.name)}.json"
        dialog = QFileDialog(self.window, "Save settings and tree", name, "Specs (*.json)")
        dialog.setDirectory(str(self.workspace.preferences.sessions_folder))
        dialog.selectFile(name)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("json")
        return dialog

    def choose_sessions_folder(self) -> None:
        folder = str(self.workspace.preferences.sessions_folder)
        chosen = QFileDialog.getExistingDirectory(self.window, "Sessions folder", folder)
        if chosen:
            self.workspace.preferences.sessions_folder = Path(chosen)
            self.workspace.sessions_changed.emit()
            self.workspace.run_changed.emit()

    def unless_unsaved(self, then: Callable[[], object]) -> None:
        """Do it at once, or after asking what becomes of a changed document. That is asked once: of what is
        asked for meanwhile, the last is done."""
        if not self.workspace.document.modified or self.workspace.running:
            then()
            return
        self._then = then
        if self._save_dialog is not None:  # the answer was to save: where to is being asked
            self._save_dialog.raise_()
            self._save_dialog.activateWindow()
            return

        def go_on() -> None:
            then, self._then = self._then, _nothing
            then()

        def save() -> None:
            if self.workspace.spec_path is None:
                self.save_as(go_on)
            elif self.workspace.save_spec(self.workspace.spec_path):
                go_on()

        self._unsaved.ask(
            self.window,
            f"Save the changes of {self.workspace.document.spec.name}?",
            "Its tree and settings are not in a session or a file yet.",
            [
                ("Save", ROLE.AcceptRole, save),
                ("Discard", ROLE.DestructiveRole, go_on),
                ("Cancel", ROLE.RejectRole, None),
            ],
        )

    def offer_leftover(self, left: Leftover) -> None:
        """A window was not closed properly: its unsaved document can be had back."""
        when = moment(left.document.saved, "%d %B %Y, %H:%M")
        dialogs.ask(
            self.window,
            f"Restore {left.document.spec.name or 'the unsaved document'}?",
            f"The studio ended before this document was saved. It is kept as it was on {when}. "
            "Sessions are not concerned: they keep themselves.",
            [
                ("Restore", ROLE.AcceptRole, lambda: self.workspace.restore(left)),
                ("Discard", ROLE.DestructiveRole, left.forget),
                ("Ask again next time", ROLE.RejectRole, None),
            ],
        )

    def offer_recovery(self, path: Path, problem: str) -> None:
        """Say what is wrong with a session, and offer to save what can be saved."""
        dialogs.ask(
            self.window,
            f"{path.name} is damaged",
            f"{problem}\n\nRecovery writes a new file with everything that can still be read; "
            "the damaged one is kept beside it.",
            [
                ("Recover", ROLE.AcceptRole, lambda: self.recover(path)),
                ("Cancel", ROLE.RejectRole, None),
            ],
        )

    def recover(self, path: Path) -> None:
        from hhstudio.store.recovery.recover import recover

        def done(report: Report) -> None:
            self.workspace.sessions_changed.emit()
            dialog = RecoveryDialog(report, self.window)
            dialog.accepted.connect(lambda: self.workspace.open(path))
            dialog.open()

        def failed(error: Exception) -> None:
            text = str(error) if isinstance(error, HHStudioError) else f"unexpected error: {error}"
            dialogs.tell(self.window, f"{path.name} could not be recovered", text)

        self.workspace.jobs.submit(lambda: recover(path), done, failed)


def _nothing() -> None:
    """Nothing waits for an answer."""
