"""Sessions side by side: a table of what differs, their curves over each other, settings against accuracy."""

from hhstudio.gui.compare.view import CompareView

__all__ = ["CompareView"]
