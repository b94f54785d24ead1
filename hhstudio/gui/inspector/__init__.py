"""What the tree generates: filters, their statistics, live or from a session."""

from hhstudio.gui.inspector.view import FilterView

__all__ = ["FilterView"]
