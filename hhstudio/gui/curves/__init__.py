"""Live curves: one panel per path, one curve per task."""

from hhstudio.gui.curves.panels import CurvePanels

__all__ = ["CurvePanels"]
