"""Preferences: what is remembered between two starts, as theme, layout, folders; nothing of a session."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QByteArray, QSettings

from hhstudio.core.session_names import default_folder
from hhstudio.core.spec.datasets import default_data_root

_RECENT = 20
ThemeChoice = Literal["system", "light", "dark"]


class Preferences:
    """Typed access to a QSettings. Whatever does not read back as expected counts as not set."""

    def __init__(self, settings: QSettings | None = None) -> None:
        self._settings = settings if settings is not None else QSettings("hhstudio", "hhstudio")

    @property
    def theme(self) -> ThemeChoice:
        choice = self._text("theme")
        return choice if choice in ("light", "dark") else "system"  # type: ignore[return-value]

    @theme.setter
    def theme(self, choice: ThemeChoice) -> None:
        self._settings.setValue("theme", choice)

    @property
    def data_folder(self) -> Path:
        """Where data sets are; the usual place unless the user chose another."""
        folder = self._text("folders/data")
        return Path(folder) if folder else default_data_root()

    @data_folder.setter
    def data_folder(self, folder: Path) -> None:
        self._settings.setValue("folders/data", str(folder))

    @property
    def sessions_folder(self) -> Path:
        """Where new sessions are put, and which the session list shows."""
        folder = self._text("folders/sessions")
        return Path(folder) if folder and Path(folder).is_dir() else default_folder()

    @sessions_folder.setter
    def sessions_folder(self, folder: Path) -> None:
        self._settings.setValue("folders/sessions", str(folder))

    @property
    def recent_files(self) -> list[Path]:
        """What was opened or saved lately, the newest first; files that are gone are left out."""
        stored = self._settings.value("recent")
        names = [stored] if isinstance(stored, str) else stored
        return [Path(name) for name in names if Path(name).is_file()] if isinstance(names, list) else []

    def remember_file(self, path: Path) -> None:
        files = [path, *(other for other in self.recent_files if other != path)]
        self._settings.setValue("recent", [str(each) for each in files[:_RECENT]])

    @property
    def welcomed(self) -> bool:
        """Whether the first steps have been dismissed."""
        return self._text("welcomed") == "yes"

    @welcomed.setter
    def welcomed(self, value: bool) -> None:
        self._settings.setValue("welcomed", "yes" if value else "no")

    @property
    def notify(self) -> bool:
        """Whether the end of a run is told to somebody who looks elsewhere."""
        return self._text("notify") != "no"

    @notify.setter
    def notify(self, value: bool) -> None:
        self._settings.setValue("notify", "yes" if value else "no")

    @property
    def live_tree(self) -> bool:
        """Whether the tree shows what a run does."""
        return self._text("live_tree") != "no"

    @live_tree.setter
    def live_tree(self, value: bool) -> None:
        self._settings.setValue("live_tree", "yes" if value else "no")

    @property
    def shortcuts(self) -> dict[str, str]:
        """Keys that the user chose, by action; an empty text: none."""
        try:
            stored = json.loads(self._text("shortcuts") or "{}")
        except ValueError:
            return {}
        if not isinstance(stored, dict):
            return {}
        return {str(name): keys for name, keys in stored.items() if isinstance(keys, str)}

    @shortcuts.setter
    def shortcuts(self, chosen: dict[str, str]) -> None:
        self._settings.setValue("shortcuts", json.dumps(chosen))

    def bytes_of(self, key: str) -> QByteArray:
        """A saved geometry or layout; empty when there is none."""
        value = self._settings.value(key)
        return value if isinstance(value, QByteArray) else QByteArray()

    def set_bytes(self, key: str, value: QByteArray) -> None:
        self._settings.setValue(key, value)

    def forget(self, key: str) -> None:
        self._settings.remove(key)

    def sync(self) -> None:
        """Write to disk now."""
        self._settings.sync()

    def _text(self, key: str) -> str:
        value = self._settings.value(key)
        return value if isinstance(value, str) else ""
