"""Import consent: code that a spec names but does not contain, solvers given by import path.

Importing a module runs it. A spec or a session may come from anybody, so that nothing it names is imported
before the user has agreed to that very name.
"""

from __future__ import annotations

from collections.abc import Collection

from hhstudio.core.errors import HHStudioError
from hhstudio.core.spec.architectures import is_import_path
from hhstudio.core.spec.spec import Spec
from hhstudio.core.tree.topology import Solver, Topology


class ConsentError(HHStudioError):
    """A module would be imported that nobody agreed to. ``names``: the import paths."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names
        listed = " and ".join(f"{name!r}" for name in names)
        flags = " ".join(f"--allow-import {name}" for name in names)
        modules = " and ".join(dict.fromkeys(module_of(name) for name in names))
        super().__init__(
            f"the solver is {listed}: building it imports {modules} and runs its code. "
            f"If you trust it, say so: {flags}"
        )


def module_of(name: str) -> str:
    """``package.module`` of ``package.module:Class``."""
    return name.partition(":")[0]


def imported(spec: Spec, *topologies: Topology) -> tuple[str, ...]:
    """Import paths of the solvers of a spec, and of trees that it grew to; each once, in their order.

    A name that has not the form of an import path is none, whatever stands in it: it is never imported.
    """
    names = [spec.solver.architecture]
    for topology in (spec.topology, *topologies):
        names += [node.architecture or "" for node in topology.nodes if isinstance(node, Solver)]
    return tuple(name for name in dict.fromkeys(names) if is_import_path(name))


def check(allowed: Collection[str], spec: Spec, *topologies: Topology) -> None:
    """Raises :class:`ConsentError` naming what has not been agreed to."""
    missing = tuple(name for name in imported(spec, *topologies) if name not in allowed)
    if missing:
        raise ConsentError(missing)
