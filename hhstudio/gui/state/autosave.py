"""Autosave: a changed document is kept in a file of its own while it is not saved, against crashes."""

from __future__ import annotations

import os
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

import msgspec
import platformdirs
import psutil
from PySide6.QtCore import QObject, QTimer

from hhstudio.core.atomic_write import write_file
from hhstudio.core.errors import NOT_DECODED, HHStudioError
from hhstudio.core.ordinary_files import read_bytes
from hhstudio.core.spec.document import Document
from hhstudio.core.spec.spec import Spec

_DELAY_MS = 1500
"""A document that is being changed is written when it has rested for so long."""
_LARGEST = 64 * 1024 * 1024


class SavedDocument(msgspec.Struct, frozen=True, kw_only=True):
    """``pid`` and ``started`` (seconds since 1970) say whose it is; ``saved``: when it was written."""

    pid: int
    started: float
    saved: float
    spec: Spec


@dataclass(frozen=True)
class Leftover:
    """A document that a window left behind without being closed."""

    path: Path
    document: SavedDocument

    def forget(self) -> None:
        """It has been restored, or is not wanted."""
        try:
            self.path.unlink(missing_ok=True)
        except OSError:
            return


def default_folder() -> Path:
    return platformdirs.user_state_path("hhstudio", appauthor=False) / "recovery"


class RecoveryFile(QObject):
    """Follows a document: writes it where it is modified, and takes the file away where it is not."""

    def __init__(self, document: Document, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self.path = folder / f"{os.getpid()}-{uuid.uuid4().hex[:8]}.json"
        self._started = psutil.Process().create_time()
        self._due = QTimer(self, singleShot=True, interval=_DELAY_MS)
        self._due.timeout.connect(self.write)
        document.history_changed.connect(self._changed)

    def write(self) -> None:
        """Now. A disk that cannot take it must not disturb who is drawing."""
        saved = SavedDocument(
            pid=os.getpid(), started=self._started, saved=time.time(), spec=self._document.spec
        )
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            write_file(self.path, msgspec.json.encode(saved))
        except (OSError, HHStudioError):
            return

    def close(self) -> None:
        """The window is closed properly: there is nothing to recover."""
        self._document.history_changed.disconnect(self._changed)
        self._forget()

    def _changed(self) -> None:
        if self._document.modified:
            self._due.start()
        else:
            self._forget()

    def _forget(self) -> None:
        self._due.stop()
        try:
            self.path.unlink(missing_ok=True)
        except OSError:
            return


def leftovers(folder: Path) -> list[Leftover]:
    """Documents of windows that are no longer there, newest first; files that are none are left alone."""
    left = []
    for path in folder.glob("*.json") if folder.is_dir() else ():
        try:
            if path.stat().st_size > _LARGEST:
                continue
            saved = msgspec.json.decode(read_bytes(path), type=SavedDocument)
        except (OSError, *NOT_DECODED):
            continue
        if not _alive(saved):
            left.append(Leftover(path, saved))
    return sorted(left, key=lambda each: -each.document.saved)


def _alive(saved: SavedDocument) -> bool:
    try:
        return abs(psutil.Process(saved.pid).create_time() - saved.started) < 1.0
    except (psutil.Error, ValueError, OverflowError):
        return False
