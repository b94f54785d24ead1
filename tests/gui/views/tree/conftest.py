"""Fixtures of the canvas's tests."""

from canvas_hand import canvas, hand, make_canvas

__all__ = ["canvas", "hand", "make_canvas"]
