"""Export dialog: asks where to save what a view shows, and says afterwards what was saved."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QWidget

from hhstudio.core.errors import HHStudioError


def ask_where(
    view: QWidget, title: str, name: str, save: Callable[[Path], None], say: Callable[[str], None]
) -> QFileDialog:
    """Ask for a file like ``name`` (its suffix is the format), without waiting for the answer.

    ``save`` may raise HHStudioError or OSError; ``say`` is told of that, or of what was saved.
    """
    suffix = Path(name).suffix[1:]
    dialog = QFileDialog(view, title, name, f"{suffix.upper()} (*.{suffix})")
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix(suffix)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)

    def chosen(file: str) -> None:
        try:
            save(Path(file))
        except HHStudioError as error:
            say(str(error))
        except OSError as error:
            say(f"{file}: {error.strerror or error}")
        else:
            say(f"Saved {file}")

    dialog.fileSelected.connect(chosen)
    dialog.open()
    return dialog
