"""Growing on the canvas: a preview with its cost, what grew and when, and its replay."""

from hhstudio.gui.growing.growing import Growing

__all__ = ["Growing"]
