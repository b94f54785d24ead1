"""Parameter counts: numbers stored against numbers generated, for each path and for the whole tree."""

from __future__ import annotations

from msgspec.structs import replace

from hhstudio.core.spec.costs import ParameterCount
from hhstudio.learn.consolidation.task_start import uses_task_start
from hhstudio.nets.build import Chain, Contribution, Tree


def count_parameters(
    tree: Tree, tasks: int, task_chunks: bool, level: str | None, reference: str = "auto"
) -> tuple[ParameterCount, ...]:
    """Counts of every path, after all tasks assigned to it, and of the whole tree.

    Parameters
    ----------
    tree : Tree
    tasks : int
        Of the stream.
    task_chunks : bool
        ``hypernetwork.task_chunks``.
    level : {"solver", "root", "all"} or None
        Where consolidation keeps targets; None when it keeps none.
    reference : {"auto", "start", "learned"}
        ``consolidation.reference``; where targets are generated from a copy of what is stored, the tree's are
        that copy, and no path has any of its own.

    Returns
    -------
    tuple of ParameterCount
        The whole tree's (path "") last.
    """
    root = tree.generators[tree.root].spec.size
    counts = []
    slots: dict[str, int] = {}
    anchors: dict[str, int] = {}
    assigned = {solver: len(own) for solver, own in tree.topology.assigned(tasks).items()}
    for solver, chain in tree.chains.items():
        learns = assigned[solver]
        own_slots = {c.key: _slot_numbers(tree, chain, c.key, task_chunks) for c in _contributions(chain)}
        own_anchors = {e.anchor: e.spec.size for e in chain.edges if e.link.stored}
        slots |= own_slots
        anchors |= own_anchors
        counts.append(
            ParameterCount(
                path=chain.name,
                root=root,
                embeddings=sum(own_slots.values()) + learns * _task_numbers(tree, chain, task_chunks),
                anchors=sum(own_anchors.values()),
                targets=learns * _target_numbers(chain, level),
                generated=learns * chain.last.spec.size,
            )
        )
    total = ParameterCount(
        root=root,
        embeddings=sum(slots.values())
        + sum(
            assigned[solver] * _task_numbers(tree, chain, task_chunks)
            for solver, chain in tree.chains.items()
        ),
        anchors=sum(anchors.values()),
        targets=sum(c.targets for c in counts),
        generated=sum(c.generated for c in counts),
    )
    copied = total.root + total.embeddings + total.anchors
    if level is not None and uses_task_start(reference, total.targets, copied):
        counts = [replace(count, targets=0) for count in counts]
        total = replace(total, targets=copied)
    return (*counts, total)


def _contributions(chain: Chain) -> list[Contribution]:
    return [c for edge in chain.edges for c in edge.contributions]


def _slot_numbers(tree: Tree, chain: Chain, key: str, task_chunks: bool) -> int:
    contribution = next(c for c in _contributions(chain) if c.key == key)
    generator = tree.generators[contribution.node]
    own = task_chunks and contribution is chain.last.contributions[-1]
    return generator.slot + (0 if own else contribution.layout.chunks * generator.code)


def _task_numbers(tree: Tree, chain: Chain, task_chunks: bool) -> int:
    own = chain.last.contributions[-1]
    codes = own.layout.chunks * tree.generators[own.node].code if task_chunks else 0
    return sum(tree.generators[node].task for node in chain.nodes) + codes


def _target_numbers(chain: Chain, level: str | None) -> int:
    sizes = [edge.spec.size for edge in chain.edges]
    return {None: 0, "solver": sizes[-1], "root": sizes[0], "all": sum(sizes)}[level]
