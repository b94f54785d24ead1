"""Consent dialog: asks before code that a spec or a session names is imported."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QMessageBox, QWidget

from hhstudio.core.spec.consent import module_of
from hhstudio.gui.widgets import dialogs
from hhstudio.gui.widgets.dialogs import ROLE


def ask(parent: QWidget, names: tuple[str, ...], agreed: Callable[[], object]) -> QMessageBox:
    """Names the modules; ``agreed`` is called when the user lets their code run."""
    modules = " and ".join(dict.fromkeys(map(module_of, names)))
    solvers = ", ".join(names)
    return dialogs.ask(
        parent,
        f"Import {modules} and run its code?",
        f"This tree's solver is {solvers}. To build it the worker imports that module, which runs whatever "
        "is in it, with your rights. Agree only if you know where it comes from: the file that you opened "
        "merely names it. The answer holds until the window is closed.",
        [
            ("Cancel", ROLE.RejectRole, None),
            (f"Import {modules}", ROLE.AcceptRole, agreed),
        ],
        QMessageBox.Icon.Warning,
    )
