"""Trust: what the user agreed to for as long as the window is open. Nothing of it is remembered."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import QObject, Signal


class Trust(QObject):
    """``unverified_data``: data files that no known checksum vouches for may be read. ``imports``: solvers
    whose code may be imported. ``consent_needed`` carries the names of others, and what to call when the user
    agrees."""

    consent_needed = Signal(object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.unverified_data = False
        self.imports: set[str] = set()

    def missing(self, solvers: Iterable[str]) -> tuple[str, ...]:
        """Those of the solvers that nobody has agreed to yet."""
        return tuple(name for name in solvers if name not in self.imports)

    def covers(self, solvers: Iterable[str], again: Callable[[], object]) -> bool:
        """Whether it was agreed that these are imported; otherwise that is asked, and then done ``again``."""
        missing = self.missing(solvers)

        def agreed() -> None:
            self.imports.update(missing)
            again()

        if missing:
            self.consent_needed.emit(missing, agreed)
        return not missing
