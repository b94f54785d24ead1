"""Opening, saving and removing files, with the questions that belong to it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QFile, QObject
from PySide6.QtWidgets import QFileDialog, QMainWindow

from hhstudio.core.errors import HHStudioError
from hhstudio.gui import dialogs
from hhstudio.gui.dialogs import ROLE
from hhstudio.gui.session_files import file_stem, shown_path
from hhstudio.gui.studio import Studio

_OPENABLE = "Sessions and specs (*.h5 *.json);;Sessions (*.h5);;Specs (*.json);;All files (*)"


class Files(QObject):
    """Asks the user, then the studio."""

    def __init__(self, studio: Studio, window: QMainWindow) -> None:
        super().__init__(window)
        self.studio = studio
        self.window = window

    def new(self) -> None:
        self.unless_unsaved(self.studio.new)

    def choose(self) -> None:
        """The open dialog."""
        dialog = QFileDialog(self.window, "Open a session or a spec", "", _OPENABLE)
        dialog.setDirectory(str(self.studio.preferences.sessions_folder))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda name: self.open(Path(name)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def open(self, path: Path) -> None:
        self.unless_unsaved(lambda: self.studio.open(path))

    def save(self) -> None:
        if self.studio.spec_path is None:
            self.save_as()
        else:
            self.studio.save_spec(self.studio.spec_path)

    def save_as(self, then: Callable[[], object] | None = None) -> None:
        """The save dialog; ``then`` is called when it was saved."""
        name = f"{file_stem(self.studio.document.spec.name)}.json"
        dialog = QFileDialog(self.window, "Save settings and tree", name, "Specs (*.json)")
        dialog.setDirectory(str(self.studio.preferences.sessions_folder))
        dialog.selectFile(name)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("json")

        def chosen(name: str) -> None:
            if self.studio.save_spec(Path(name)) and then is not None:
                then()

        dialog.fileSelected.connect(chosen)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def choose_sessions_folder(self) -> None:
        folder = str(self.studio.preferences.sessions_folder)
        found = QFileDialog.getExistingDirectory(self.window, "Sessions folder", folder)
        if found:
            self.studio.preferences.sessions_folder = Path(found)
            self.studio.sessions_changed.emit()
            self.studio.run_changed.emit()

    def unless_unsaved(self, then: Callable[[], object]) -> None:
        """Do it at once, or after asking what becomes of a changed document."""
        if not self.studio.document.modified or self.studio.running:
            then()
            return

        def save() -> None:
            if self.studio.spec_path is None:
                self.save_as(then)
            elif self.studio.save_spec(self.studio.spec_path):
                then()

        dialogs.ask(
            self.window,
            f"Save the changes of {self.studio.document.spec.name}?",
            "Its tree and settings are not in a session or a file yet.",
            [
                ("Save", ROLE.AcceptRole, save),
                ("Discard", ROLE.DestructiveRole, then),
                ("Cancel", ROLE.RejectRole, None),
            ],
        )

    def remove(self, path: Path) -> None:
        """Move a session to the trash, after asking."""
        if path == self.studio.session_path and self.studio.running:
            dialogs.tell(self.window, "This session is being trained", "Stop it before you remove it.")
            return

        def sure() -> None:
            if not QFile.moveToTrash(str(path)):
                dialogs.tell(
                    self.window, "It could not be moved to the trash",
                    f"{path}: this system has no trash for it. Nothing was removed.",
                )  # fmt: skip
            self.studio.sessions_changed.emit()

        dialogs.ask(
            self.window,
            f"Move {path.name} to the trash?",
            f"{shown_path(path)}: its curves, weights and checkpoint go with it.",
            [("Cancel", ROLE.RejectRole, None), ("Move to the trash", ROLE.DestructiveRole, sure)],
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
        from hhstudio.store.recover import recover

        def done(report: object) -> None:
            self.studio.sessions_changed.emit()
            dialogs.ask(
                self.window,
                f"{path.name} was recovered",
                str(report),
                [
                    ("Open it", ROLE.AcceptRole, lambda: self.studio.open(path)),
                    ("Close", ROLE.RejectRole, None),
                ],
            )

        def failed(error: Exception) -> None:
            text = str(error) if isinstance(error, HHStudioError) else f"unexpected error: {error}"
            dialogs.tell(self.window, f"{path.name} could not be recovered", text)

        self.studio.jobs.submit(lambda: recover(path), done, failed)
