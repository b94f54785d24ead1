"""Pictures of the window, of every view in it, and of scenes: both themes, any size, no screen needed."""

from hhstudio.gui.screenshots.render import listing, render
from hhstudio.gui.screenshots.wanted import SIZES, Wanted

__all__ = ["SIZES", "Wanted", "listing", "render"]
