"""Editing the stream: the order of its tasks, with what paths learn kept the same."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from hhstudio.core import edits
from hhstudio.core.errors import SpecError
from hhstudio.core.spec import Part, Spec
from hhstudio.core.tasks import plan
from hhstudio.core.topology import Solver


def moved(spec: Spec, tasks: Sequence[int], before: int) -> Spec:
    """With those tasks, in their present order, before the task ``before`` (the number of tasks: last).

    Raises :class:`SpecError` where the order is not free, or the tasks cannot be planned.
    """
    count = len(plan(spec.stream, spec.seed))
    chosen = [task for task in range(count) if task in set(tasks)]
    head = [task for task in range(min(before, count)) if task not in chosen]
    tail = [task for task in range(min(before, count), count) if task not in chosen]
    return reordered(spec, [*head, *chosen, *tail])


def reordered(spec: Spec, order: Sequence[int]) -> Spec:
    """With the tasks in that order (indices of the present one), listed one by one in ``stream.parts``.

    Tasks assigned to a path stay assigned to it. Raises :class:`SpecError`.
    """
    tasks = plan(spec.stream, spec.seed)
    if sorted(order) != list(range(len(tasks))):
        raise SpecError(f"an order of {len(tasks)} tasks names each of them once")
    if list(order) == list(range(len(tasks))):
        return spec
    if spec.stream.kind == "permuted":
        raise SpecError(
            "the tasks of a permuted stream are permutations drawn in order from the seed: "
            "they cannot be reordered"
        )
    parts = spec.stream.parts or tuple(Part(dataset=t.dataset, classes=t.classes) for t in tasks)
    new_place = {old: new for new, old in enumerate(order)}
    topology = spec.topology
    for node in topology.nodes:
        if isinstance(node, Solver) and node.tasks is not None:
            kept = [new_place.get(task, task) for task in node.tasks]
            topology = edits.assign_tasks(topology, [node.id], kept)
    stream = replace(spec.stream, parts=tuple(parts[old] for old in order))
    return replace(spec, stream=stream, topology=topology)


def own_order(spec: Spec) -> Spec:
    """With the tasks as the data set's own classes give them, where listed ones are of one data set.

    Raises :class:`SpecError` where they are not.
    """
    parts = spec.stream.parts
    names = {part.dataset for part in parts}
    sizes = {len(part.classes) for part in parts}
    if not parts:
        return spec
    if len(names) > 1 or len(sizes) > 1:
        raise SpecError(
            "these tasks are of several data sets or sizes: they have no other order of their own"
        )
    stream = replace(
        spec.stream, parts=(), dataset=names.pop(), tasks=len(parts), classes_per_task=sizes.pop()
    )
    return replace(spec, stream=stream)
