"""Shell: what commands and panels may ask of the window, which they do not know."""

from __future__ import annotations

from typing import Any, Protocol

from PySide6.QtWidgets import QWidget


class Shell(Protocol):
    """The window around the panels."""

    def window(self) -> QWidget:
        """The top-level widget: the parent of dialogs."""
        ...

    def show_panel(self, name: str) -> Any:
        """Bring a panel to the front; its widget, made now if it has not been."""
        ...

    def made_panel(self, name: str) -> Any | None:
        """The widget of a panel, None where it has not been made yet."""
        ...

    def toggle_panel(self, name: str) -> None:
        """Hide a panel that is in front, show it otherwise."""
        ...

    def has_panel(self, name: str) -> bool:
        """Whether a panel is there, be it behind another."""
        ...

    def reset_layout(self) -> None:
        """The default layout."""
        ...

    def show_welcome(self) -> None:
        """The first steps."""
        ...

    def show_guide(self) -> None:
        """The guide, at what the user looks at."""
        ...

    def what_is_this(self) -> None:
        """Let the user click on something to be told what it is."""
        ...

    def show_shortcuts(self) -> None:
        """The editor of key sequences."""
        ...
