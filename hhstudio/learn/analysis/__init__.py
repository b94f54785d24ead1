"""Inspecting what a tree generates: a workshop in which a session's hierarchy is rebuilt and tried."""

from hhstudio.learn.analysis.analyzer import Workshop

__all__ = ["Workshop"]
