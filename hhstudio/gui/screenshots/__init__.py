"""Pictures of the window and of every view in it: both themes, any size, no screen needed."""

from hhstudio.gui.screenshots.render import listing, render
from hhstudio.gui.screenshots.request import SIZES, ScreenshotRequest

__all__ = ["SIZES", "ScreenshotRequest", "listing", "render"]
