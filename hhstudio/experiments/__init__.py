"""Experiments: named reproductions, run by ``hhstudio reproduce NAME``.

Each module has a TITLE and a ``run(context)``. The names are known without importing torch: what an
experiment needs is imported when it runs.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from hhstudio.core.errors import SpecError

EXPERIMENTS: dict[str, str] = {
    "original-figure": "the original project's figure, with its recipe and with ours",
    "depth": "what recursion costs, by depth and recipe",
    "speed": "training steps a second against hypnettorch 0.0.4",
    "flat": "cost of a step as earlier conditions pile up",
}


def experiment(name: str) -> ModuleType:
    """The module of an experiment. Raises :class:`SpecError` naming the known ones."""
    if name not in EXPERIMENTS:
        raise SpecError(f"there is no experiment {name!r}; known: {', '.join(EXPERIMENTS)}")
    return import_module(f"hhstudio.experiments.{name.replace('-', '_')}")
