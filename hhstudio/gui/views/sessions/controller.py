"""Session actions: names, notes, the trash and back, files from elsewhere."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject

from hhstudio.core import session_names
from hhstudio.core.atomic_write import replacing
from hhstudio.core.errors import HHStudioError, WriteError
from hhstudio.core.ordinary_files import open_to_read
from hhstudio.gui.state import session_files
from hhstudio.gui.state.rerun_command import copy_command
from hhstudio.gui.state.workspace import Workspace
from hhstudio.gui.views.sessions import trash
from hhstudio.gui.views.sessions.notes_dialog import NotesDialog
from hhstudio.gui.views.sessions.trash import Thrown
from hhstudio.gui.views.sessions.view import SessionList
from hhstudio.store.journal.journal import journal_path


class SessionActions(QObject):
    """Works off the window's thread wherever files are touched; says what went wrong."""

    def __init__(self, workspace: Workspace, view: SessionList) -> None:
        super().__init__(view)
        self.workspace, self.view = workspace, view
        view.rename_requested.connect(self.rename)
        view.delete_requested.connect(self.throw_away)
        view.notes_requested.connect(self.write_notes)
        view.command_requested.connect(lambda path: copy_command(workspace, path))
        view.added.connect(self.take_in)

    def rename(self, path: Path, name: str) -> None:
        from hhstudio.store.catalog.file_operations import rename

        if self._is_shown(path) and self.workspace.running:
            self.workspace.problem.emit("Rename", "This session is being trained: stop it first.")
            return

        def done(new: Path) -> None:
            if self._is_shown(path):
                self.workspace.open(new)
            self.view.choose_session(new)

        self._do("Rename", lambda: rename(path, name), done)

    def throw_away(self, paths: list[Path]) -> None:
        """Into the trash at once: it can be undone."""
        if self.workspace.running and any(map(self._is_shown, paths)):
            self.workspace.problem.emit("Move to the trash", "This session is being trained: stop it first.")
            return
        thrown: list[Thrown] = []

        def work() -> None:
            for path in paths:
                thrown.append(trash.throw_away(path))

        def done(_: object) -> None:
            what = f"{paths[0].stem} is" if len(paths) == 1 else f"{len(paths)} sessions are"
            self.view.toast.say(f"{what} in the trash", action="Undo", answer=lambda: self.take_back(thrown))

        self._do("Move to the trash", work, done)

    def take_back(self, thrown: list[Thrown]) -> None:
        def work() -> None:
            for each in thrown:
                trash.take_back(each)

        def done(_: object) -> None:
            self.view.choose_session(thrown[0].session)

        self._do("Undo", work, done)

    def write_notes(self, path: Path) -> NotesDialog:
        from hhstudio.store.catalog.notes import read_notes, write_notes

        dialog = NotesDialog(path, read_notes(path), self.view.model.tags, self.view.window())
        dialog.saved.connect(lambda notes: self._do("Notes", lambda: write_notes(path, notes)))
        dialog.open()
        return dialog

    def take_in(self, files: list[Path]) -> None:
        """Copy sessions from elsewhere into the folder; those that are in it already are opened."""
        folder = self.view.model.folder

        def work() -> list[Path]:
            session_files.make_folder(folder)
            return [_copied(file, folder) for file in files]

        def done(taken: list[Path]) -> None:
            self.workspace.notice.emit(f"{len(taken)} sessions taken in" if len(taken) > 1 else
                                    f"{taken[0].name} taken in")  # fmt: skip
            self.view.choose_session(taken[-1])

        self._do("Take in", work, done)

    def _is_shown(self, path: Path) -> bool:
        return path == self.workspace.session_path

    def _do(self, title: str, work: Callable[[], Any], done: Callable[[Any], object] | None = None) -> None:
        def well(result: Any) -> None:
            if done is not None:
                done(result)
            self.workspace.sessions_changed.emit()

        def failed(error: Exception) -> None:
            self.workspace.tell(title, error)
            self.workspace.sessions_changed.emit()

        self.workspace.jobs.submit(work, well, failed)


def _copied(file: Path, folder: Path) -> Path:
    """A session's copy in a folder, under a name that is free, whole or not there. Raises HHStudioError."""
    if file.parent.resolve() == folder.resolve():
        return folder / file.name
    target = session_names.unused_path(folder, file.stem)
    try:
        with replacing(target) as copy:
            _copy(file, copy)
            journal = journal_path(file)
            if journal.exists():
                with replacing(journal_path(target)) as copied_journal:
                    _copy(journal, copied_journal)
    except WriteError as error:
        raise HHStudioError(f"{file}: cannot be copied: {error}") from None
    return target


def _copy(source: Path, into: Path) -> None:
    with open_to_read(source) as original, into.open("wb") as copy:
        shutil.copyfileobj(original, copy, 1 << 20)
