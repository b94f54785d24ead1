"""The property panel: settings of what is selected, and of everything."""

from hhstudio.gui.properties.panel import PropertyPanel

__all__ = ["PropertyPanel"]
