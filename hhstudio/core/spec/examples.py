"""Example trees to start from: ``resources/topologies``."""

from __future__ import annotations

from hhstudio.core.errors import SpecError
from hhstudio.core.resources import resource
from hhstudio.core.spec import interchange
from hhstudio.core.spec.interchange import TopologyFile

#: Smallest first; a tree that is not named here follows, by name.
_ORDER = ("single", "chain", "wide", "proposal", "binary")


def example_names() -> tuple[str, ...]:
    names = [file.stem for file in resource("topologies").glob("*.json")]
    return tuple(sorted(names, key=lambda n: (_ORDER.index(n) if n in _ORDER else len(_ORDER), n)))


def example(name: str) -> TopologyFile:
    """The tree of that name. Raises :class:`SpecError` naming the known ones."""
    if name not in example_names():
        raise SpecError(f"there is no example {name!r}; known: {', '.join(example_names())}")
    tree = interchange.load(resource(f"topologies/{name}.json"))
    assert isinstance(tree, TopologyFile)
    return tree
