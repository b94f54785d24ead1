"""Consequences of a tree's settings in words: chunks that are generated, and weights of what is built."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hhstudio.core import formatting
from hhstudio.core.spec.costs import costs
from hhstudio.core.spec.spec import Spec
from hhstudio.core.tree.topology import Hypernetwork, Solver


def consequences(spec: Spec, node_ids: Iterable[str]) -> dict[str, str]:
    """What follows from the present settings of nodes, by field (``chunk``, ``hidden``; for solvers
    ``architecture``). Without ids, of the defaults for all.
    """
    topology = spec.topology
    ids = list(node_ids)
    chosen = [topology.by_id[i] for i in ids] if ids else list(topology.nodes)
    hypernetworks = [node for node in chosen if isinstance(node, Hypernetwork)]
    weights = costs(spec).nodes
    sentences: dict[str, str] = {}
    for line in _chunk_lines(spec, hypernetworks):
        sentences["chunk"] = line
        break
    solvers = [node for node in chosen if isinstance(node, Solver)]
    for field, nodes in (("hidden", hypernetworks), ("architecture", solvers)):
        sizes = [weights[node.id].weights for node in nodes if node.id in weights]
        known = [size for size in sizes if size is not None]
        if known:
            low, high = formatting.count(min(known)), formatting.count(max(known))
            each = low if low == high else f"{low} to {high}"
            sentences[field] = f"makes {each} weights" + (" each" if len(known) > 1 else "")
    return sentences


def _chunk_lines(spec: Spec, hypernetworks: list[Hypernetwork]) -> Iterator[str]:
    """What each chunk size means for the targets: the most surprising first."""
    topology, weights = spec.topology, costs(spec).nodes
    pieces: list[tuple[int, str, int, int]] = []
    for node in hypernetworks:
        chunk = node.chunk if node.chunk is not None else spec.hypernetwork.chunk
        for target in topology.children(node.id):
            size = weights[target.id].weights if target.id in weights else None
            if size is not None and chunk > 0:
                pieces.append((-(-size // chunk), target.name, size, chunk))
    if not pieces:
        return
    count, name, size, chunk = min(pieces, key=lambda piece: (piece[0], piece[2]))
    if count == 1 and chunk > size:
        what = f"{name}'s {formatting.count(size)} weights"
        yield f"{formatting.count(chunk)} is larger than {what}: one chunk, the rest unused"
    most = max(pieces)
    if most[0] > 1:
        yield f"{most[1]} is generated in {formatting.count(most[0])} chunks"
    yield f"{name} is generated in one chunk"
