"""Accuracy matrices, a heat map for each path."""

from hhstudio.gui.matrix.view import MatrixView

__all__ = ["MatrixView"]
