"""The tree as a canvas, an outline and a timeline."""
