"""The canvas: the tree drawn, edited and, while it trains, alive."""

from hhstudio.gui.canvas.widget import TreeCanvas

__all__ = ["TreeCanvas"]
